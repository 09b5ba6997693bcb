//! The metadata block that site generators and note apps put at the head of a Markdown file: YAML between `---` lines or
//! TOML between `+++` lines. It is skipped; its title names the release.

/// Where the text behind the front matter begins, and the title that the front matter gives.
#[derive(Debug, PartialEq, Eq)]
pub struct FrontMatter {
    /// In bytes from the start of the source.
    pub end: usize,
    pub title: Option<String>,
}

/// Finds front matter at the start of a text. None if there is none, or if it is never closed.
pub fn find(source: &str) -> Option<FrontMatter> {
    let mut lines = source.split_inclusive('\n');
    let first = lines.next()?;
    let (fence, separator) = match first.trim_end() {
        "---" => ("---", ':'),
        "+++" => ("+++", '='),
        _ => return None,
    };
    let mut end = first.len();
    let mut body: Vec<&str> = Vec::new();
    for line in lines {
        end += line.len();
        let text = line.trim_end();
        if text == fence || (fence == "---" && text == "...") {
            let is_metadata = body.is_empty() || body.iter().any(|it| key(it, separator).is_some());
            let title = title(&body, separator);
            return is_metadata.then_some(FrontMatter { end, title });
        }
        // A thematic break at the top of a file has an empty line, a heading or prose below it.
        if body.is_empty() && text.is_empty() {
            return None;
        }
        body.push(text);
    }
    None
}

/// The key of a line such as `title: June` that is not indented, and what is behind the separator.
fn key(line: &str, separator: char) -> Option<(&str, &str)> {
    let (key, value) = line.split_once(separator)?;
    let key = key.trim_end();
    let is_key = !key.is_empty()
        && key
            .chars()
            .all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | '"' | '\''));
    // In YAML `a:b` is a text, not a key.
    let is_separated = separator == '=' || value.is_empty() || value.starts_with([' ', '\t']);
    (is_key && is_separated).then_some((key.trim_matches(['"', '\'']), value.trim()))
}

fn title(body: &[&str], separator: char) -> Option<String> {
    let (index, value) = body.iter().enumerate().find_map(|(index, line)| {
        let (key, value) = key(line, separator)?;
        key.eq_ignore_ascii_case("title").then_some((index, value))
    })?;
    let is_block = value.starts_with(['>', '|']);
    let text = if is_block {
        // A folded text of several lines: its lines are indented.
        let lines = body[index + 1..]
            .iter()
            .take_while(|it| it.starts_with([' ', '\t']));
        lines.map(|it| it.trim()).collect::<Vec<_>>().join(" ")
    } else {
        scalar(value)
    };
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// A value of one line, without quotes and comment.
fn scalar(value: &str) -> String {
    let quoted = |sign: char| {
        let inner = value.strip_prefix(sign)?;
        Some(inner.split_at(inner.rfind(sign)?).0)
    };
    if let Some(text) = quoted('"') {
        return text.replace("\\\"", "\"").replace("\\\\", "\\");
    }
    if let Some(text) = quoted('\'') {
        return text.replace("''", "'");
    }
    let text = value.split(" #").next().unwrap_or(value);
    text.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(source: &str) -> Option<(usize, Option<String>)> {
        find(source).map(|it| (it.end, it.title))
    }

    fn title_of(source: &str) -> Option<String> {
        find(source).and_then(|it| it.title)
    }

    #[test]
    fn yaml_and_toml_are_skipped_and_give_their_title() {
        let yaml = "---\nlayout: page\ntitle: June rollout # final\n---\n# A\n";
        assert_eq!(found(yaml), Some((49, Some("June rollout".into()))));
        let toml = "+++\r\ntitle = \"June \\\"6\\\"\"\r\n+++\r\n";
        assert_eq!(found(toml), Some((32, Some("June \"6\"".into()))));
        assert_eq!(
            title_of("---\ntitle: 'It''s June'\n---\n").unwrap(),
            "It's June"
        );
        assert_eq!(
            title_of("---\ntitle: >-\n  June\n  rollout\ntags: []\n---\n").unwrap(),
            "June rollout"
        );
        assert_eq!(
            title_of("---\n\"Title\": C#7: step one\n...\n").unwrap(),
            "C#7: step one"
        );
        assert_eq!(found("---\ntags: [a]\n---\n"), Some((18, None)));
        assert_eq!(found("---\n---\n"), Some((8, None)));
    }

    #[test]
    fn a_rule_or_an_open_block_is_no_front_matter() {
        for source in [
            "---\n\n# A\n\n---\n",
            "---\nSome prose.\n---\n",
            "---\ntitle: A\n",
            "# A\n---\ntitle: B\n---\n",
            "----\ntitle: A\n----\n",
            "---",
            "",
        ] {
            assert_eq!(found(source), None, "{source}");
        }
    }

    #[test]
    fn a_nested_title_is_not_the_title() {
        assert_eq!(title_of("---\nmeta:\n  title: Inner\n---\n"), None);
    }
}
