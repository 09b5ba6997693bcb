//! Finds the byte ranges of headings, fenced blocks, and ignored parts (comments, link definitions) of Markdown, with
//! pulldown-cmark.

use super::{
    asides::Asides,
    fence::{self, FenceLanguage},
    front_matter,
    html_block::html_edits,
    html_tag::{ClosedNames, is_inline_markup},
    link_definition::{LinkDefinition, folded},
    masked::masked,
    prose::{ProseChange, ProseEdit},
    site_markup, write,
};
use crate::domain::vocabulary::Category;
use pulldown_cmark::{CodeBlockKind, Event, LinkType, OffsetIter, Options, Parser, Tag, TagEnd};
use std::{collections::BTreeSet, ops::Range};

/// A heading outside of lists and quotations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// 1 to 6.
    pub level: u8,
    /// Its words, without markup.
    pub text: String,
    /// The name of an older export: its first letter is written as a number, so it starts no category.
    pub is_escaped: bool,
    /// The category that the comment below it marks, as an export writes it.
    pub mark: Option<Category>,
    /// How many spaces the lines below it begin with: it is bold, and an item of a list.
    pub text_indent: usize,
}

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CodeFence {
    pub language: FenceLanguage,
    pub text: String,
    /// How many spaces the lines of its list item begin with; 0 outside of lists.
    pub list_indent: usize,
    /// Where the quote, the note or the details begin that it is in.
    pub aside: Option<usize>,
}

/// A heading or a fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MarkdownElement {
    Heading(Heading),
    CodeFence(CodeFence),
}

/// What a Markdown text consists of. Ranges are in bytes of the whole source, front matter included.
#[derive(Debug, Default)]
pub struct MarkdownScan {
    /// Where the text behind the front matter begins.
    pub start: usize,
    /// The title that the front matter gives.
    pub title: Option<String>,
    /// In the order of the text.
    pub elements: Vec<(Range<usize>, MarkdownElement)>,
    /// Sorted, without overlaps.
    pub edits: Vec<ProseEdit>,
    /// Where fences begin that are never closed.
    pub open_fences: Vec<usize>,
    /// Where fences begin that hold the beginning of another one, and whether a heading is above that.
    pub swallowing: Vec<(usize, bool)>,
    /// Headings in HTML are there that are not read, as over several lines.
    pub has_html_headings: bool,
    /// Where a comment begins that is never closed: what is behind it is not read.
    pub open_comment: Option<usize>,
    /// Where tags were taken out between two texts of a line, first of each block.
    pub taken_out: Vec<usize>,
}

/// How many spaces make code of a line.
const CODE_INDENT: usize = 4;

/// A link's target of more bytes is not put in place: it is an image's data.
const TARGET_MAX: usize = 500;

/// Tags that are markup in a heading. Any other is a placeholder, such as `<namespace>`.
const HEADING_TAGS: &str =
    " a b big br code del em font i img ins kbd mark p s small span strong sub sup u ";

fn is_markup(tag: &str) -> bool {
    let name = tag.trim_start_matches(['<', '/']);
    let end = name
        .find(|it: char| !it.is_ascii_alphanumeric())
        .unwrap_or(name.len());
    tag.starts_with("<!")
        || HEADING_TAGS.contains(&format!(" {} ", name[..end].to_ascii_lowercase()))
}

/// `Verify {#verify .unnumbered}` without the attributes.
fn without_attributes(text: &str) -> &str {
    let text = text.trim();
    let Some((head, attributes)) = text.strip_suffix('}').and_then(|it| it.rsplit_once('{')) else {
        return text;
    };
    let is_attribute = attributes
        .trim_start_matches(':')
        .trim_start()
        .starts_with(['#', '.', '-']);
    let is_apart = head.ends_with(char::is_whitespace);
    if is_attribute && is_apart && !attributes.contains('{') {
        head.trim_end()
    } else {
        text
    }
}

/// What makes `[text](target)` of `[text][1]`, `[text][]` or `[text]`, which is at `link`.
fn in_place(source: &str, link: Range<usize>, target: &str) -> ProseEdit {
    // The parser leaves the empty brackets of `[text][]` behind the link.
    let behind = &source[link.end..];
    let label = source[link.clone()].rfind("][");
    let (range, new) = match label {
        _ if behind.starts_with("[]") => (link.end..link.end + 2, format!("({target})")),
        Some(at) => (link.start + at + 1..link.end, format!("({target})")),
        None => (link.end - 1..link.end, format!("]({target})")),
    };
    ProseEdit {
        range,
        change: ProseChange::Replace(new),
    }
}

struct MarkdownScanner<'a> {
    source: &'a str,
    /// The text that is parsed.
    masked: &'a str,
    scan: MarkdownScan,
    asides: Asides,
    /// Where the quotation begins that is read.
    quote: usize,
    /// Elements that the source closes.
    closed: ClosedNames<'a>,
    /// Labels of links and images.
    labels: BTreeSet<String>,
    n_lists: usize,
    n_quotes: usize,
}

impl<'a> MarkdownScanner<'a> {
    fn edit(&mut self, range: Range<usize>, change: ProseChange) {
        self.scan.edits.push(ProseEdit { range, change });
    }

    /// Takes the tags out of a block of HTML.
    fn edit_html(&mut self, block: Range<usize>) {
        let found = html_edits(self.source, block, &self.closed);
        self.scan.edits.extend(found.edits);
        self.scan.taken_out.extend(found.taken_out);
    }

    fn heading(&mut self, level: u8, range: &Range<usize>, events: &mut OffsetIter<'a>) {
        let mut text = String::new();
        for (event, _) in events.by_ref() {
            match event {
                Event::End(TagEnd::Heading(_)) => break,
                Event::Text(it) | Event::Code(it) => text.push_str(&it),
                Event::InlineHtml(it) if !is_markup(&it) => text.push_str(&it),
                Event::SoftBreak | Event::HardBreak => text.push(' '),
                Event::Start(Tag::Link { id, .. } | Tag::Image { id, .. }) => {
                    self.labels.insert(folded(&id));
                }
                _ => {}
            }
        }
        // A name has no tabs.
        let text = text.replace('\t', " ");
        let raw = &self.source[self.scan.start..][range.clone()];
        let heading = Heading {
            level,
            text,
            is_escaped: raw.contains("&#"),
            mark: None,
            text_indent: 0,
        };
        self.push(range, MarkdownElement::Heading(heading));
    }

    fn push(&mut self, range: &Range<usize>, element: MarkdownElement) {
        let start = self.scan.start;
        self.scan
            .elements
            .push((start + range.start..start + range.end, element));
    }

    /// Where the part beside the text begins that a place is in.
    fn aside(&self, offset: usize) -> Option<usize> {
        let quote = (self.n_quotes > 0).then_some(self.quote);
        self.asides.at(offset).or(quote)
    }

    fn fence(&mut self, info: &str, range: &Range<usize>, inner: &str) {
        let language = fence::language(info);
        let offset = self.scan.start + range.start;
        let mut body = &self.source[self.scan.start..];
        let signs = body[range.start..].trim_start();
        if !signs.starts_with(['`', '~']) {
            // Shortcodes stand for it in the source.
            body = &self.masked[self.scan.start..];
        }
        let (text, is_closed) = fence::text(body, range, inner);
        let first = body[range.clone()].lines().next().unwrap_or_default();
        if !is_closed {
            self.scan.open_fences.push(offset);
        } else if let Some(has_heading) = fence::holds_another(first, &text) {
            self.scan.swallowing.push((offset, has_heading));
        }
        let text = fence::without_options(info, text);
        if language == FenceLanguage::Other {
            return;
        }
        let line_start = body[..range.start].rfind('\n').map_or(0, |it| it + 1);
        let list_indent = if self.n_lists > 0 {
            range.start - line_start
        } else {
            0
        };
        let aside = self.aside(offset);
        self.push(
            range,
            MarkdownElement::CodeFence(CodeFence {
                language,
                text,
                list_indent,
                aside,
            }),
        );
    }

    /// A fence that is indented like code, as in the tabs of some site generators: it stays a fence.
    fn indented_fence(&mut self, range: &Range<usize>, code: &str) {
        let Some((info, text)) = fence::within(code) else {
            return;
        };
        let language = fence::language(info);
        if language != FenceLanguage::Other {
            let fence = CodeFence {
                language,
                text: text.to_owned(),
                list_indent: CODE_INDENT,
                aside: self.aside(self.scan.start + range.start),
            };
            self.push(range, MarkdownElement::CodeFence(fence));
        }
    }

    /// A comment that marks the heading before it; any other block of HTML is edited.
    fn html(&mut self, range: Range<usize>) {
        let start = self.scan.start;
        let range = start + range.start..start + range.end;
        let html = &self.source[range.clone()];
        if let Some(category) = write::marked(html)
            && let Some((_, MarkdownElement::Heading(heading))) = self.scan.elements.last_mut()
        {
            heading.mark = Some(category);
            self.edit(range, ProseChange::Remove);
            return;
        }
        if let Some(at) = html.rfind("<!--").filter(|it| !html[*it..].contains("-->")) {
            self.scan.open_comment.get_or_insert(range.start + at);
        }
        if let Some((language, text)) = site_markup::preformatted(html) {
            let fence = CodeFence {
                language,
                text,
                list_indent: 0,
                aside: self.aside(range.start),
            };
            let element = MarkdownElement::CodeFence(fence);
            self.scan.elements.push((range, element));
            return;
        }
        self.scan.has_html_headings |= site_markup::has_heading(html);
        self.edit_html(range);
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>, events: &mut OffsetIter<'a>) {
        let start = self.scan.start;
        let whole = start + range.start..start + range.end;
        match event {
            Event::Start(Tag::List(_)) => self.n_lists += 1,
            Event::End(TagEnd::List(_)) => self.n_lists = self.n_lists.saturating_sub(1),
            Event::Start(Tag::BlockQuote(_)) => {
                if self.n_quotes == 0 {
                    self.quote = whole.start;
                }
                self.n_quotes += 1;
            }
            Event::End(TagEnd::BlockQuote(_)) => self.n_quotes = self.n_quotes.saturating_sub(1),
            Event::Start(Tag::Heading { level, .. }) if self.n_lists + self.n_quotes == 0 => {
                self.heading(level as u8, &range, events);
            }
            Event::Start(Tag::CodeBlock(kind)) => {
                let mut inner = String::new();
                for (event, _) in events.by_ref() {
                    match event {
                        Event::End(TagEnd::CodeBlock) => break,
                        Event::Text(it) => inner.push_str(&it),
                        _ => {}
                    }
                }
                self.edit(whole, ProseChange::Keep);
                match kind {
                    CodeBlockKind::Fenced(info) => self.fence(&info, &range, &inner),
                    CodeBlockKind::Indented => self.indented_fence(&range, &inner),
                }
            }
            Event::Start(Tag::HtmlBlock) => self.html(range),
            Event::InlineHtml(html) if html.starts_with("<!--") => {
                self.edit(whole, ProseChange::Remove);
            }
            Event::InlineHtml(html) if is_inline_markup(&html, &self.closed) => {
                self.edit(whole, ProseChange::RemoveIfAlone);
            }
            Event::Start(
                Tag::Link {
                    link_type,
                    dest_url,
                    id,
                    ..
                }
                | Tag::Image {
                    link_type,
                    dest_url,
                    id,
                    ..
                },
            ) if matches!(
                link_type,
                LinkType::Reference | LinkType::Collapsed | LinkType::Shortcut
            ) =>
            {
                self.labels.insert(folded(&id));
                if dest_url.len() <= TARGET_MAX {
                    self.scan
                        .edits
                        .push(in_place(self.source, whole, &dest_url));
                }
            }
            _ => {}
        }
    }
}

/// Reads the structure of a text.
pub fn scan(source: &str) -> MarkdownScan {
    let masked = masked(source);
    let front_matter = front_matter::find(source);
    let (start, title) = front_matter.map_or((0, None), |it| (it.end, it.title));
    let mut scanner = MarkdownScanner {
        source,
        scan: MarkdownScan {
            start,
            title,
            edits: masked.edits,
            ..MarkdownScan::default()
        },
        masked: &masked.text,
        asides: masked.asides,
        quote: 0,
        closed: ClosedNames::of(source),
        labels: BTreeSet::new(),
        n_lists: 0,
        n_quotes: 0,
    };
    for line in &masked.tags {
        scanner.edit_html(line.clone());
    }
    let parser = Parser::new_ext(&masked.text[start..], Options::ENABLE_TABLES);
    let definitions = parser.reference_definitions().iter();
    let definitions: Vec<LinkDefinition> = definitions
        .map(|(label, it)| {
            let span = start + it.span.start..start + it.span.end;
            LinkDefinition::new(source, label, span, &it.dest)
        })
        .collect();
    let mut events = parser.into_offset_iter();
    while let Some((event, range)) = events.next() {
        scanner.event(event, range, &mut events);
    }
    for definition in definitions {
        if !definition.is_prose(&scanner.labels) {
            scanner.edit(definition.span, ProseChange::Remove);
        }
    }
    let mut scan = scanner.scan;
    for (_, element) in &mut scan.elements {
        if let MarkdownElement::Heading(heading) = element
            && heading.mark.is_none()
        {
            heading.text = without_attributes(&heading.text).to_owned();
        }
    }
    // An edit within another one is made with it.
    scan.edits
        .sort_by_key(|it| (it.range.start, std::cmp::Reverse(it.range.end)));
    let mut end = 0;
    scan.edits.retain(|it| {
        let is_free = it.range.start >= end;
        end = end.max(it.range.end);
        is_free
    });
    scan
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headings(source: &str) -> Vec<String> {
        let elements = scan(source).elements.into_iter();
        elements
            .filter_map(|it| match it.1 {
                MarkdownElement::Heading(it) => Some(format!("{} {}", it.level, it.text)),
                MarkdownElement::CodeFence(_) => None,
            })
            .collect()
    }

    #[test]
    fn headings_lose_markup_attributes_and_tags_but_keep_placeholders() {
        let source = "# `kubectl` *drain* [it](x)\n\nDump <db>\n---\n\n## Verify {#verify}\n### <a name=\"x\"></a>Keep {a} <!-- x -->\n> # quoted\n\n- # listed\n";
        assert_eq!(
            headings(source),
            [
                "1 kubectl drain it",
                "2 Dump <db>",
                "2 Verify",
                "3 Keep {a}"
            ]
        );
    }

    #[test]
    fn a_mark_belongs_to_the_heading_above_it() {
        let source = "## A\n<!-- rollcall: verify -->\n\n## B\n";
        let marks: Vec<_> = scan(source)
            .elements
            .iter()
            .map(|it| match &it.1 {
                MarkdownElement::Heading(it) => it.mark,
                MarkdownElement::CodeFence(_) => None,
            })
            .collect();
        assert_eq!(marks, [Some(Category::Verify), None]);
    }

    #[test]
    fn a_fence_in_a_list_knows_the_indent_of_its_item() {
        let scan = scan("1. Look:\n   ```bash\n   ls\n     -l\n   ```\n");
        let (_, MarkdownElement::CodeFence(fence)) = &scan.elements[0] else {
            panic!("no fence")
        };
        assert_eq!((fence.list_indent, fence.text.as_str()), (3, "ls\n  -l"));
    }

    #[test]
    fn a_fence_that_is_indented_like_code_stays_a_fence() {
        let scan = scan("=== \"CLI\"\n\n    ```bash\n    ls \\\n      -l\n    ```\n\nMore.\n");
        let (_, MarkdownElement::CodeFence(fence)) = &scan.elements[0] else {
            panic!("no fence")
        };
        assert_eq!(fence.text, "ls \\\n  -l");
    }

    #[test]
    fn links_by_reference_are_put_in_place_and_their_definitions_removed() {
        let source = "See [the\nwiki][1], [grafana] and [x][].\n\n[1]: https://wiki\n[grafana]: <https://g> \"t\"\n[x]: y\n";
        let scan = scan(source);
        let text = super::super::prose::text(source, 0..source.len(), &scan.edits, 0, false);
        assert_eq!(
            text.unwrap().1,
            "See [the\nwiki](https://wiki), [grafana](https://g) and [x](y)."
        );
    }

    #[test]
    fn a_comment_or_fence_that_is_never_closed_is_found() {
        assert_eq!(scan("# A\n\n```yaml\na: 1\n").open_fences, [5]);
        assert!(scan("# A\n\n```yaml\na: 1\n```\n").open_fences.is_empty());
        assert_eq!(scan("# A\n\n<!-- x\n\n# B\n").open_comment, Some(5));
        assert_eq!(scan("# A\n\n<!-- x -->\n").open_comment, None);
    }
}
