//! Lines by which site generators hold parts of a page together, in forms that are no Markdown: admonitions and tabs with an
//! indented body, directives in the form of a fence, code between shortcodes, headings in HTML.

use super::{guess::contains_word, html_tag::HtmlTag};

/// Directives of `MyST` whose bodies are Markdown.
const DIRECTIVES: &str = " admonition attention caution danger error hint important note seealso tip warning todo topic sidebar margin \
dropdown details card tab-set tab-item grid grid-item grid-item-card div container versionadded versionchanged deprecated ";
/// Those of them that only arrange what is in them.
const ARRANGING: &str = " tab-set grid div container ";
/// What a code block between shortcodes becomes for the parser: a fence that its text will hardly have.
pub const SHORTCODE_FENCE: &str = "~~~~~~~";

/// A directive in the form of a fence whose body is Markdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Directive<'a> {
    pub title: &'a str,
    /// Its body is a note beside the text, not a part of it.
    pub is_aside: bool,
}

/// The directive that the words behind a fence's signs begin: `{warning}`, `{admonition} Title`, and `ad-warning` of Obsidian.
pub fn directive(info: &str) -> Option<Directive<'_>> {
    let info = info.trim();
    if info.starts_with("ad-") && !info.contains(char::is_whitespace) {
        return Some(Directive {
            title: "",
            is_aside: true,
        });
    }
    let (name, title) = info.strip_prefix('{')?.split_once('}')?;
    contains_word(DIRECTIVES, name).then(|| Directive {
        title: title.trim(),
        is_aside: !contains_word(ARRANGING, name),
    })
}

/// Whether a line at the start of a directive's body is an option: `:class: dropdown`.
pub fn is_option(line: &str) -> bool {
    let name = line.trim_start().strip_prefix(':');
    let name = name.and_then(|it| it.split_once(':')).map(|it| it.0);
    name.is_some_and(|it| {
        !it.is_empty()
            && it
                .chars()
                .all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_'))
    })
}

/// What holds an indented body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IndentedBody {
    /// `!!! warning "Title"`, `??? tip`.
    Admonition,
    /// `=== "Title"`.
    Tab,
}

/// The `MkDocs` block that a line opens; the line comes without its indent.
pub fn indented_body(line: &str) -> Option<IndentedBody> {
    let line = line.trim();
    let is_quoted = |it: &str| it.len() >= 2 && it.starts_with('"') && it.ends_with('"');
    if let Some(rest) = line.strip_prefix("===") {
        let title = rest.trim_start_matches(['!', '+']);
        let is_tab = title.starts_with(' ') && is_quoted(title.trim_start());
        return is_tab.then_some(IndentedBody::Tab);
    }
    let rest = line.strip_prefix("!!!").or_else(|| {
        let rest = line.strip_prefix("???")?;
        Some(rest.strip_prefix('+').unwrap_or(rest))
    })?;
    let rest = rest.strip_prefix(' ')?.trim_start();
    let (words, title) = match rest.find('"') {
        Some(at) => (&rest[..at], Some(&rest[at..])),
        None => (rest, None),
    };
    let is_word = |it: &str| {
        it.chars()
            .all(|it| it.is_alphanumeric() || matches!(it, '-' | '_'))
    };
    let is_admonition =
        !rest.is_empty() && words.split_whitespace().all(is_word) && title.is_none_or(is_quoted);
    is_admonition.then_some(IndentedBody::Admonition)
}

/// What is between the signs of a shortcode that is all of a line.
fn shortcode(line: &str) -> Option<&str> {
    let line = line.trim();
    let signs = [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}")];
    let inner = signs
        .iter()
        .find_map(|it| line.strip_prefix(it.0)?.strip_suffix(it.1))?;
    let inner = inner.trim_matches(|it: char| it == '-' || it.is_whitespace());
    (!inner.contains('}')).then_some(inner)
}

/// The words behind `{% highlight` or `{{< highlight`, which begin code.
pub fn highlight(line: &str) -> Option<&str> {
    let rest = shortcode(line)?.strip_prefix("highlight")?;
    (rest.is_empty() || rest.starts_with(' ')).then_some(rest.trim())
}

/// Whether a line ends such code.
pub fn is_highlight_end(line: &str) -> bool {
    let is_end = |it: &str| {
        it == "endhighlight"
            || it
                .strip_prefix('/')
                .is_some_and(|it| it.trim() == "highlight")
    };
    shortcode(line).is_some_and(is_end)
}

/// A heading in HTML, `<h2 id="x">Deploy</h2>`, as one in Markdown. A picture is none.
pub fn html_heading(line: &str) -> Option<String> {
    let text = line.trim_start();
    if line.len() - text.len() > 3 {
        return None;
    }
    let tag = HtmlTag::at_start(text).filter(|it| !it.is_closing)?;
    let digit = tag.name.strip_prefix(['h', 'H'])?;
    let level = match digit.as_bytes() {
        [level @ b'1'..=b'6'] => usize::from(level - b'0'),
        _ => return None,
    };
    let rest = &text[tag.len..];
    let end = rest.len().checked_sub("</h1>".len())?;
    let is_closed = rest
        .get(end..)?
        .eq_ignore_ascii_case(&format!("</h{level}>"));
    let words = rest.get(..end)?.trim();
    let mut pieces = words.split('<').enumerate().map(|(index, it)| {
        let behind_tag = it.split_once('>').map_or("", |it| it.1);
        if index == 0 { it } else { behind_tag }
    });
    let has_text = pieces.any(|it| it.contains(char::is_alphanumeric));
    (is_closed && has_text).then(|| format!("{} {words}", "#".repeat(level)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_holds_an_indented_body_is_known() {
        for line in [
            "!!! tip",
            "!!! tip \"Take care\"",
            "!!! tip \"\"",
            "!!! danger inline end",
            "??? tip",
            "???+ tip \"x\"",
            "    !!! note",
        ] {
            assert_eq!(
                indented_body(line),
                Some(IndentedBody::Admonition),
                "{line}"
            );
        }
        for line in ["=== \"US\"", "===+ \"US\"", "===! \"US\""] {
            assert_eq!(indented_body(line), Some(IndentedBody::Tab), "{line}");
        }
        for line in [
            "",
            "!!!",
            "!!!!",
            "!!! Do it, now",
            "===",
            "=== US",
            "????",
            "??? \"x\" y",
        ] {
            assert_eq!(indented_body(line), None, "{line}");
        }
    }

    #[test]
    fn directives_with_markdown_in_them_and_their_options_are_known() {
        let of = |info: &str| directive(info).map(|it| (it.title.to_owned(), it.is_aside));
        assert_eq!(of("{warning}"), Some((String::new(), true)));
        assert_eq!(
            of("{admonition} Take care"),
            Some(("Take care".into(), true))
        );
        assert_eq!(of("{tab-set}"), Some((String::new(), false)));
        assert_eq!(of("ad-danger"), Some((String::new(), true)));
        for info in ["", "bash", "{code-block} bash", "{.bash}", "ad-hoc script"] {
            assert_eq!(of(info), None, "{info}");
        }
        assert!(is_option(":linenos:") && is_option("  :class: dropdown"));
        assert!(!is_option(": ") && !is_option("::") && !is_option(":a b: c") && !is_option("ls"));
    }

    #[test]
    fn code_between_shortcodes_is_known() {
        assert_eq!(
            highlight("{% highlight bash linenos %}"),
            Some("bash linenos")
        );
        assert_eq!(highlight("{%- highlight sql -%}"), Some("sql"));
        assert_eq!(
            highlight("{{< highlight bash \"x\" >}}"),
            Some("bash \"x\"")
        );
        assert_eq!(highlight("{% highlighter %}"), None);
        assert!(is_highlight_end("{% endhighlight %}"));
        assert!(is_highlight_end("{{< / highlight >}}"));
        assert!(!is_highlight_end("{% endhint %}"));
    }

    #[test]
    fn a_heading_in_html_is_one_in_markdown() {
        let heading = |line: &str| html_heading(line).unwrap_or_default();
        assert_eq!(heading("<h2>Deploy</h2>"), "## Deploy");
        assert_eq!(
            heading("<H1 align=\"center\"> The <b>API</b> </H1>"),
            "# The <b>API</b>"
        );
        for line in [
            "<h2>Deploy",
            "<h2>Deploy</h3>",
            "<h7>Deploy</h7>",
            "<h1><img src=\"logo.svg\"></h1>",
            "<h1></h1>",
            "    <h1>Deploy</h1>",
            "<hr>",
        ] {
            assert_eq!(heading(line), "", "{line}");
        }
    }
}
