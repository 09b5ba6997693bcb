//! Markdown of our own documents as HTML. Headings get the ids that GitHub gives them, so that a link to one works in both places. HTML
//! in the text stays text, and of a link to a file of the repository only its words are left.
use app::{domain::vocabulary::StepType, highlight};
use maud::{Markup, PreEscaped, html};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag};
use std::mem;

/// A heading below the title, for a table of contents.
pub struct ContentsEntry {
    pub id: String,
    pub text: String,
    /// Whether it is below another one.
    pub is_sub: bool,
}

/// A document as HTML.
pub struct RenderedMarkdown {
    pub body: Markup,
    /// The headings below the title, in order.
    pub contents: Vec<ContentsEntry>,
}

/// Renders a document; `picture` renders the picture at an address of the text, with its description.
pub fn render<'a>(text: &'a str, picture: &'a dyn Fn(&str, &str) -> Markup) -> RenderedMarkdown {
    let mut renderer = MarkdownRenderer {
        events: Parser::new_ext(text, Options::ENABLE_TABLES),
        picture,
        plain: String::new(),
        in_table_head: false,
        contents: Vec::new(),
    };
    let body = renderer.children();
    RenderedMarkdown {
        body,
        contents: renderer.contents,
    }
}

/// As GitHub makes it: lowercase letters, digits, hyphens for spaces, no other signs.
fn heading_id(text: &str) -> String {
    let kept = text.chars().filter_map(|it| match it {
        ' ' => Some('-'),
        _ => (it.is_alphanumeric() || matches!(it, '-' | '_')).then_some(it),
    });
    kept.flat_map(char::to_lowercase).collect()
}

/// A link within the document or to another site; files of the repository are not served.
fn link(address: &str, words: Markup) -> Markup {
    if address.starts_with('#') {
        html! { a href=(address) { (words) } }
    } else if address.starts_with("https://") {
        html! { a href=(address) rel="noreferrer" { (words) } }
    } else {
        words
    }
}

struct MarkdownRenderer<'a> {
    events: Parser<'a>,
    picture: &'a dyn Fn(&str, &str) -> Markup,
    /// The words since the last element whose words are needed began, without markup.
    plain: String,
    in_table_head: bool,
    contents: Vec<ContentsEntry>,
}

impl MarkdownRenderer<'_> {
    /// What comes before the end of the open element.
    fn children(&mut self) -> Markup {
        let mut children = String::new();
        while let Some(event) = self.events.next() {
            let child = match event {
                Event::End(_) => break,
                Event::Start(tag) => self.element(tag),
                Event::Text(text) | Event::Html(text) | Event::InlineHtml(text) => {
                    self.plain.push_str(&text);
                    html! { (&*text) }
                }
                Event::Code(text) => {
                    self.plain.push_str(&text);
                    html! { code { (&*text) } }
                }
                Event::SoftBreak => {
                    self.plain.push(' ');
                    html! { " " }
                }
                Event::HardBreak => html! { br; },
                Event::Rule => html! { hr; },
                // Without their options there are none.
                Event::InlineMath(_)
                | Event::DisplayMath(_)
                | Event::FootnoteReference(_)
                | Event::TaskListMarker(_) => continue,
            };
            children.push_str(&child.0);
        }
        PreEscaped(children)
    }

    /// The same, and its words without markup.
    fn words(&mut self) -> (Markup, String) {
        let before = mem::take(&mut self.plain);
        let children = self.children();
        (children, mem::replace(&mut self.plain, before))
    }

    fn element(&mut self, tag: Tag<'_>) -> Markup {
        match tag {
            Tag::Heading { level, .. } => self.heading(level),
            Tag::CodeBlock(kind) => self.code_block(&kind),
            Tag::Image { dest_url, .. } => {
                let description = self.words().1;
                (self.picture)(&dest_url, &description)
            }
            Tag::Link { dest_url, .. } => {
                let words = self.children();
                link(&dest_url, words)
            }
            Tag::TableHead => {
                self.in_table_head = true;
                let cells = self.children();
                self.in_table_head = false;
                html! { thead { tr { (cells) } } }
            }
            Tag::TableCell if self.in_table_head => {
                html! { th scope="col" { (self.children()) } }
            }
            Tag::Paragraph => html! { p { (self.children()) } },
            Tag::BlockQuote(_) => html! { blockquote { (self.children()) } },
            Tag::List(None) => html! { ul { (self.children()) } },
            Tag::List(Some(first)) => html! { ol start=(first) { (self.children()) } },
            Tag::Item => html! { li { (self.children()) } },
            Tag::Table(_) => html! { table { (self.children()) } },
            Tag::TableRow => html! { tr { (self.children()) } },
            Tag::TableCell => html! { td { (self.children()) } },
            Tag::Emphasis => html! { em { (self.children()) } },
            Tag::Strong => html! { strong { (self.children()) } },
            // A block of HTML; without their options there are no others.
            _ => self.children(),
        }
    }

    fn heading(&mut self, level: HeadingLevel) -> Markup {
        let (words, text) = self.words();
        if level == HeadingLevel::H1 {
            return html! { h1 { (words) } };
        }
        let id = heading_id(&text);
        let is_sub = level != HeadingLevel::H2;
        let heading = if is_sub {
            html! { h3 id=(id) { (words) } }
        } else {
            html! { h2 id=(id) { (words) } }
        };
        self.contents.push(ContentsEntry { id, text, is_sub });
        heading
    }

    fn code_block(&mut self, kind: &CodeBlockKind<'_>) -> Markup {
        let language = match kind {
            CodeBlockKind::Fenced(language) => &**language,
            CodeBlockKind::Indented => "",
        };
        let kind = match language {
            "bash" | "sh" => StepType::Bash,
            "sql" => StepType::Sql,
            _ => StepType::Text,
        };
        let text = self.words().1;
        html! {
            div class="code" {
                pre {
                    code {
                        @for (class, piece) in highlight::tokens(text.trim_end(), kind) {
                            span class=[class.name()] { (piece) }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> (String, Vec<(String, String, bool)>) {
        let picture = |address: &str, alt: &str| html! { img src=(address) alt=(alt); };
        let page = render(text, &picture);
        let contents = page.contents.into_iter();
        let contents = contents.map(|it| (it.id, it.text, it.is_sub)).collect();
        (page.body.into_string(), contents)
    }

    #[test]
    fn html_in_the_text_stays_text() {
        let hostile = "<script>alert(1)</script>\n\nA <b onclick=x>word</b>, `<i>`, ![<u>](<x\"y>) \n\n```bash\n<s>\n```\n";
        let (html, _) = rendered(hostile);
        for tag in ["<script", "<b", "<i>", "<u>", "<s>", "x\"y"] {
            assert!(!html.contains(tag), "{tag}: {html}");
        }
        assert!(html.contains("&lt;script&gt;alert(1)"), "{html}");
    }

    #[test]
    fn headings_are_the_contents_and_their_ids_are_those_of_github() {
        let (html, contents) =
            rendered("# Guide\n\n## Steps, variables & `bash`\n\n### Two-part_name");
        let own = |id: &str, text: &str, is_sub| (id.to_owned(), text.to_owned(), is_sub);
        let expected = [
            own("steps-variables--bash", "Steps, variables & bash", false),
            own("two-part_name", "Two-part_name", true),
        ];
        assert_eq!(contents, expected);
        let head = "<h1>Guide</h1><h2 id=\"steps-variables--bash\">Steps, variables &amp; <code>bash</code></h2>";
        assert!(html.starts_with(head), "{html}");
    }

    #[test]
    fn links_lead_within_the_document_or_to_other_sites() {
        let (html, _) =
            rendered("[a](#b), [c](https://d.example), [e](../f.md), [g](javascript:h)");
        let expected = "<p><a href=\"#b\">a</a>, <a href=\"https://d.example\" rel=\"noreferrer\">c</a>, e, g</p>";
        assert_eq!(html, expected);
    }

    #[test]
    fn a_table_has_a_head_and_rows_and_code_has_its_colours() {
        let (html, _) = rendered("| a | b |\n| --- | --- |\n| `c` | d |\n");
        let expected = "<table><thead><tr><th scope=\"col\">a</th><th scope=\"col\">b</th></tr></thead>\
            <tr><td><code>c</code></td><td>d</td></tr></table>";
        assert_eq!(html, expected);
        let (html, _) = rendered("1. x\n\n   ```bash\n   set -e # why\n   ```\n");
        assert!(
            html.starts_with("<ol start=\"1\"><li><p>x</p><div class=\"code\"><pre><code>"),
            "{html}"
        );
        assert!(html.contains("<span class=\"c\"># why</span>"), "{html}");
    }
}
