//! What site generators write between the prose of a page: containers, shortcodes, and the statements of MDX.

use super::{
    fence::{self, FenceLanguage},
    html_tag::HtmlTag,
};

/// The title of a container of a site generator, `:::tip Beware`, `:::tip[Beware]`, `:::{tip} Beware` or `=== "Tab"`; empty if it
/// has none, as at its end.
pub fn container_title(line: &str) -> Option<&str> {
    if let Some(tab) = line.trim().strip_prefix("=== ") {
        let tab = tab.trim_start_matches(['!', '+', ' ']);
        return tab.strip_prefix('"')?.strip_suffix('"');
    }
    let rest = line.trim().strip_prefix(":::")?.trim_start_matches(':');
    let rest = rest.trim_start();
    let end = rest.find(|it: char| !(it.is_alphanumeric() || matches!(it, '-' | '_')));
    let title = end.map_or("", |it| rest[it..].trim());
    let title = title
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .unwrap_or(title);
    // `{.note}` are attributes, `{note} Beware` is a directive with its title.
    Some(match title.strip_prefix('{').map(|it| it.split_once('}')) {
        None => title,
        Some(directive) => directive.map_or("", |it| it.1.trim()),
    })
}

/// A tab of a page. Tabs hold alternatives, of which one is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageTab<'a> {
    pub title: &'a str,
    /// A tab of `MkDocs`, which ends with the indent of its text.
    pub is_indented: bool,
}

/// What lines say of the tab that the text behind them is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TabChange<'a> {
    In(PageTab<'a>),
    Out,
}

/// The value of an attribute of a tag: `Linux` of `<TabItem label="Linux">`.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}="))?;
    let quote = rest.chars().next().filter(|it| matches!(*it, '"' | '\''))?;
    rest[1..].split(quote).next()
}

/// What one line says of tabs: `=== "Linux"` of `MkDocs`, `<TabItem label="Linux">` of Docusaurus.
fn tab_change_of(line: &str) -> Option<TabChange<'_>> {
    let line = line.trim();
    if line.starts_with("</TabItem") || line.starts_with("</Tabs") {
        return Some(TabChange::Out);
    }
    let is_indented = line.starts_with("=== ");
    let title = if is_indented {
        container_title(line)?
    } else {
        let tag = line.strip_prefix("<TabItem")?;
        attribute(tag, "label").or_else(|| attribute(tag, "value"))?
    };
    let title = title.trim();
    (!title.is_empty()).then_some(TabChange::In(PageTab { title, is_indented }))
}

/// What the last of these lines that says anything of tabs says.
pub fn tab_change(lines: &str) -> Option<TabChange<'_>> {
    lines.lines().rev().find_map(tab_change_of)
}

/// The language that the classes of tags name: `bash` of `<code class="language-bash">`.
fn language_of(tags: &str) -> FenceLanguage {
    let classes = ["class", "lang", "data-lang", "data-language"]
        .iter()
        .filter_map(|it| attribute(tags, it));
    classes
        .flat_map(|it| it.split([' ', ':', ';']))
        .map(fence::language)
        .find(|it| {
            !matches!(
                it,
                FenceLanguage::Unknown | FenceLanguage::Unmarked | FenceLanguage::Description
            )
        })
        .unwrap_or(FenceLanguage::Unmarked)
}

/// The most signs of an entity such as `&#x1F680;`.
const ENTITY_MAX: usize = 10;

/// A text with the signs that entities stand for.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('&') {
        out.push_str(before);
        let end = behind.bytes().take(ENTITY_MAX).position(|it| it == b';');
        let letter = end.and_then(|end| {
            let name = &behind[..end];
            let number = name.strip_prefix('#');
            match (name, number.and_then(|it| it.strip_prefix(['x', 'X']))) {
                ("lt", _) => Some('<'),
                ("gt", _) => Some('>'),
                ("quot", _) => Some('"'),
                ("apos", _) => Some('\''),
                ("amp", _) => Some('&'),
                ("nbsp", _) => Some(' '),
                (_, Some(hex)) => char::from_u32(u32::from_str_radix(hex, 16).ok()?),
                _ => char::from_u32(number?.parse().ok()?),
            }
        });
        // A control sign is none that anybody sees.
        let letter = letter.filter(|it| !it.is_control() || matches!(it, '\n' | '\t'));
        if let (Some(letter), Some(end)) = (letter, end) {
            out.push(letter);
            rest = &behind[end + 1..];
        } else {
            out.push('&');
            rest = behind;
        }
    }
    out + rest
}

/// A text without the tags that only colour it.
fn without_spans(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let (before, behind) = rest.split_at(at);
        out.push_str(before);
        let span = HtmlTag::at_start(behind).filter(|it| it.name.eq_ignore_ascii_case("span"));
        let len = span.map_or(0, |it| it.len);
        if len == 0 {
            out.push('<');
        }
        rest = &behind[len.max(1)..];
    }
    out + rest
}

/// A block of HTML without the elements that are around all of it.
fn without_wrappers(html: &str) -> &str {
    let mut html = html.trim();
    while let Some(tag) = HtmlTag::at_start(html).filter(|it| {
        !it.is_closing
            && ["div", "figure"]
                .iter()
                .any(|name| it.name.eq_ignore_ascii_case(name))
    }) && let Some(end) = html.len().checked_sub(tag.name.len() + "</>".len())
        && let Some(inner) = html.get(tag.len..end)
        && html[end..].starts_with("</")
        && html[end + 2..].starts_with(tag.name)
    {
        html = inner.trim();
    }
    html
}

/// The language and the text of a block of HTML that is all preformatted: `<pre><code class="language-bash">ls</code></pre>`.
pub fn preformatted(html: &str) -> Option<(FenceLanguage, String)> {
    let html = without_wrappers(html);
    let end = html.len().checked_sub("</pre>".len())?;
    let is_pre = html.get(..4)?.eq_ignore_ascii_case("<pre")
        && html.get(end..)?.eq_ignore_ascii_case("</pre>");
    if !is_pre {
        return None;
    }
    let (mut tags, mut text) = html[..end].split_once('>')?;
    if let Some(code) = text.trim_start().strip_prefix("<code") {
        let behind = code.split_once('>')?.1;
        tags = &html[..end - behind.len()];
        text = behind.trim_end().strip_suffix("</code>")?;
    }
    let text = without_spans(text);
    if text.contains("</") {
        return None;
    }
    let text = unescaped(&text).trim_matches('\n').to_owned();
    Some((language_of(tags), text))
}

/// Whether a block of HTML has headings.
pub fn has_heading(html: &str) -> bool {
    html.match_indices('<').any(|(at, _)| {
        let name = html.get(at + 1..at + 3).unwrap_or_default().as_bytes();
        matches!(name, [b'h' | b'H', b'1'..=b'6'])
    })
}

/// Whether a line imports a component, as MDX does: `import Tabs from '@theme/Tabs';`.
fn is_import(line: &str) -> bool {
    let what = line.strip_prefix("import ");
    let what = what.map(|it| it.trim_end_matches(';').trim());
    what.is_some_and(|it| {
        it.ends_with(['\'', '"']) && (it.starts_with(['\'', '"']) || it.contains(" from "))
    })
}

/// Whether a line is only markup of a site generator: `{{< hint >}}`, `{% endhint %}`, `{: .note }`, `:::tip`, an import.
pub fn is_markup(line: &str) -> bool {
    let text = line.trim();
    let is_between = |start: &str, end: &str| {
        text.len() >= start.len() + end.len() && text.starts_with(start) && text.ends_with(end)
    };
    container_title(text).is_some_and(str::is_empty)
        || is_import(text)
        || is_between("{{<", ">}}")
        || is_between("{{%", "%}}")
        || is_between("{%", "%}")
        || is_between("{:", "}")
}

/// Whether a line only leads back to the start of the page: `[↑ Back to top](#contents)`, `(back to top)`.
pub fn is_back_link(line: &str) -> bool {
    let (label, is_link) = line
        .split_once("](#")
        .map_or((line, line.trim().starts_with('(')), |it| (it.0, true));
    let label = label.trim_matches(|it: char| !it.is_alphanumeric());
    let labels = [
        "back to top",
        "back to the top",
        "back to contents",
        "top",
        "nach oben",
        "zurück nach oben",
        "retour en haut",
    ];
    is_link && labels.iter().any(|it| label.eq_ignore_ascii_case(it))
}

/// Statements of MDX of more lines are taken for prose.
const STATEMENT_LINES_MAX: usize = 200;

/// Whether a line begins a statement that MDX runs: `import { A } from 'x'`, `export const version = '1'`.
fn begins_statement(line: &str) -> bool {
    // `{{` begins a variable of ours.
    let is_list = |it: &str| it.starts_with('{') && !it.starts_with("{{");
    if let Some(rest) = line.strip_prefix("import ") {
        return is_import(line) || is_list(rest) || rest.trim_end().ends_with(", {");
    }
    let Some(rest) = line.strip_prefix("export ") else {
        return false;
    };
    let mut words = rest.split_whitespace();
    match words.next() {
        Some("const" | "let" | "var") => rest.contains('='),
        Some("function" | "class" | "async") => rest.contains(['(', '{']),
        Some("default") => words.next().is_some_and(|it| {
            it.starts_with(['(', '{', '[', '<']) || matches!(it, "function" | "class" | "async")
        }),
        Some("*") => is_import(&line.replacen("export", "import", 1)),
        _ => is_list(rest),
    }
}

/// How many lines at the start are a statement of MDX, or a comment: `{/* later */}`.
pub fn n_statement_lines<'a>(lines: impl Iterator<Item = &'a str>) -> usize {
    let mut lines = lines
        .map(str::trim_end)
        .take(STATEMENT_LINES_MAX)
        .peekable();
    let first = lines.peek().copied().unwrap_or_default();
    if first.starts_with("{/*") {
        let end = lines.position(|it| it.ends_with("*/}"));
        return end.map_or(0, |it| it + 1);
    }
    if !begins_statement(first) {
        return 0;
    }
    let mut depth = 0_i32;
    let mut is_template = false;
    let end = lines.position(|line| {
        for letter in line.chars() {
            match letter {
                '`' => is_template = !is_template,
                '(' | '[' | '{' if !is_template => depth += 1,
                ')' | ']' | '}' if !is_template => depth -= 1,
                _ => {}
            }
        }
        let goes_on = line.ends_with(['=', ',', '?', ':', '+']) || line.ends_with("=>");
        depth <= 0 && !is_template && !goes_on
    });
    end.map_or(0, |it| it + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::StepType;

    fn n_lines(source: &str) -> usize {
        n_statement_lines(source.lines())
    }

    #[test]
    fn tabs_are_known_by_their_titles() {
        let title = |line: &str| match tab_change(line) {
            Some(TabChange::In(it)) => Some((it.title.to_owned(), it.is_indented)),
            _ => None,
        };
        assert_eq!(title("x\n\n=== \"RHEL\"\n"), Some(("RHEL".into(), true)));
        assert_eq!(title("===! \"RHEL\""), None);
        let item = "<Tabs>\n<TabItem value=\"mac\" label=\"macOS\">\n\n";
        assert_eq!(title(item), Some(("macOS".into(), false)));
        assert_eq!(title("<TabItem value='mac'>"), Some(("mac".into(), false)));
        assert_eq!(tab_change("</TabItem>\n</Tabs>\n"), Some(TabChange::Out));
        assert_eq!(tab_change("Wait.\n"), None);
    }

    #[test]
    fn preformatted_text_is_taken_without_its_tags() {
        let (language, text) = preformatted(
            "<pre><code class=\"x\">kubectl get &lt;ns&gt; &amp;&amp; ls &amp;lt;\n</code></pre>\n",
        )
        .unwrap();
        assert_eq!(text, "kubectl get <ns> && ls &lt;");
        assert_eq!(language, FenceLanguage::Unmarked);
        assert_eq!(preformatted("<PRE>\nls\n</PRE>").unwrap().1, "ls");
        for html in [
            "",
            "<pre>",
            "<pre>ls",
            "<pre><b>ls</b></pre>",
            "<div>ls</div>",
            "</pre>",
        ] {
            assert_eq!(preformatted(html), None, "{html}");
        }
    }

    #[test]
    fn the_class_of_preformatted_text_names_its_language() {
        for html in [
            "<pre><code class=\"language-bash\">echo &#39;a&#x27; &#62; b</code></pre>",
            "<pre class='hljs language-sh'>\necho 'a' > b\n</pre>",
            "<pre class=\"sourceCode bash\"><code>echo 'a' > b</code></pre>",
            "<pre lang=\"sh\"><code>echo 'a' > b</code></pre>",
            "<pre class=\"brush: bash\">echo 'a' > b</pre>",
            "<div class=\"highlight\">\n<pre class=\"bash\"><code><span class=\"k\">echo</span> 'a' &gt; b</code></pre>\n</div>",
        ] {
            let bash = FenceLanguage::Script(StepType::Bash);
            let read = preformatted(html);
            assert_eq!(read, Some((bash, "echo 'a' > b".to_owned())), "{html}");
        }
        assert_eq!(
            unescaped("&lt &x; &; & &#0; &#xfffffff;"),
            "&lt &x; &; & &#0; &#xfffffff;"
        );
    }

    #[test]
    fn headings_in_html_are_found() {
        assert!(has_heading("<div>\n<h1\nid=\"x\">") && has_heading("<H2>A</H2>"));
        assert!(!has_heading("<hr>") && !has_heading("<h7>") && !has_heading("<"));
    }

    #[test]
    fn a_link_to_the_top_is_known() {
        for line in [
            "[Back to top](#contents)",
            "**[⬆ back to top](#readme)**",
            "(back to top)",
            "[Top](#)",
        ] {
            assert!(is_back_link(line), "{line}");
        }
        for line in [
            "Back to top",
            "[Deploy](#deploy)",
            "(see above)",
            "[top](https://x)",
            "",
        ] {
            assert!(!is_back_link(line), "{line}");
        }
    }

    #[test]
    fn a_statement_ends_where_its_brackets_are_closed() {
        assert_eq!(n_lines("import A from 'a';\nMore."), 1);
        assert_eq!(n_lines("import {\n  A,\n} from 'a';\n\nMore."), 3);
        assert_eq!(n_lines("export const a =\n  1;\nMore."), 2);
        assert_eq!(
            n_lines("export const a = () => (\n  <b>it's</b>\n);\nMore."),
            3
        );
        assert_eq!(n_lines("{/* a\n\nb */}\nMore."), 3);
        for prose in [
            "",
            "More.",
            "{/* open",
            "export const a = {\n  b",
            "import it first",
        ] {
            assert_eq!(n_lines(prose), 0, "{prose}");
        }
    }
}
