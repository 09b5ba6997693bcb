//! The source of a runbook as it is given to the Markdown parser. Where that would not see what people mean, signs are blanked out or
//! replaced: lines of tags directly above a fence, which would make HTML of the fence, odd blanks behind the `##` of a heading, headings in
//! HTML, and what site generators write around blocks. Every byte that is left keeps its offset.

use super::{
    asides::{self, AsideMark, Asides},
    containers::{self, IndentedBody, SHORTCODE_FENCE},
    fence::{begins_code_between_colons, colon_fence, fence_sign},
    prose::{ProseChange, ProseEdit},
};
use std::{borrow::Cow, ops::Range};

/// A text for the parser, as long as the source.
#[derive(Debug, PartialEq, Eq)]
pub struct MaskedText<'a> {
    pub text: Cow<'a, str>,
    /// Lines of tags that are blank in the text.
    pub tags: Vec<Range<usize>>,
    /// What becomes of lines that are blank in the text and no tags.
    pub edits: Vec<ProseEdit>,
    pub asides: Asides,
}

/// How far the body of an admonition of `MkDocs` is indented.
const BODY_INDENT: usize = 4;
/// An item of a list, whose text begins where the body of an admonition does: so the parser takes the body for Markdown.
const BODY_ITEM: &str = "-   x";
/// Directives within more of them are taken for code.
const DIRECTIVES_MAX: usize = 8;

/// Whether a line begins and ends with a tag; not `<https://x>`, a comment, or a tag whose text is taken as it is.
fn is_tag_line(line: &str) -> bool {
    let Some(tag) = line.strip_prefix('<').filter(|_| line.ends_with('>')) else {
        return false;
    };
    let tag = tag.trim_start_matches('/');
    let end = tag.find(|it: char| it.is_whitespace() || matches!(it, '>' | '/'));
    let name = end.map_or(tag, |it| &tag[..it]);
    let is_raw = ["pre", "script", "style", "textarea"]
        .iter()
        .any(|it| name.eq_ignore_ascii_case(it));
    !is_raw
        && name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name
            .chars()
            .all(|it| it.is_ascii_alphanumeric() || it == '-')
}

/// Where the odd blank behind the signs of a heading is: a no-break space in `## Verify` makes a paragraph of it.
fn odd_blank(line: &str) -> Option<Range<usize>> {
    let text = line.trim_start_matches(' ');
    let name = text.trim_start_matches('#');
    let n_signs = text.len() - name.len();
    let blank = name.chars().next()?;
    let is_odd = !blank.is_ascii() && blank.is_whitespace();
    let at = line.len() - name.len();
    let is_heading = (1..=6).contains(&n_signs) && line.len() - text.len() <= 3;
    (is_odd && is_heading).then(|| at..at + blank.len_utf8())
}

/// One line of the source.
#[derive(Clone, Copy)]
struct SourceLine<'a> {
    start: usize,
    /// Without blanks at its end.
    text: &'a str,
    /// In columns.
    indent: usize,
}

impl SourceLine<'_> {
    fn end(&self) -> usize {
        self.start + self.text.len()
    }
}

fn source_lines(source: &str) -> Vec<SourceLine<'_>> {
    let mut lines = Vec::new();
    let mut start = 0;
    for whole in source.split_inclusive('\n') {
        let text = whole.trim_end();
        let blanks = text.chars().take_while(|it| matches!(it, ' ' | '\t'));
        let indent = blanks.fold(0, |at, it| match it {
            '\t' => at / BODY_INDENT * BODY_INDENT + BODY_INDENT,
            _ => at + 1,
        });
        lines.push(SourceLine {
            start,
            text,
            indent,
        });
        start += whole.len();
    }
    lines
}

/// What is open at a line.
enum OpenCode {
    /// A fence, by its sign and how often that is there.
    Fence(char, usize),
    /// Code between shortcodes.
    Highlight,
    /// Code between colons, by the index of the line that ends it.
    Colons(usize),
}

struct Masking<'a> {
    lines: Vec<SourceLine<'a>>,
    /// What replaces a range of the source, in as many bytes.
    patches: Vec<(Range<usize>, String)>,
    tags: Vec<Range<usize>>,
    edits: Vec<ProseEdit>,
    /// Lines of tags since the last empty line.
    above: Vec<Range<usize>>,
    open: Option<OpenCode>,
    /// Lines that end a directive, by index, the innermost last.
    ends: Vec<usize>,
    /// Where code between shortcodes ends for the last time.
    last_highlight_end: usize,
    marks: Vec<(Range<usize>, AsideMark)>,
    asides: Vec<Range<usize>>,
}

impl<'a> Masking<'a> {
    fn patch(&mut self, range: Range<usize>, new: &str) {
        let mut text = new.to_owned();
        text.extend(std::iter::repeat_n(' ', range.len() - new.len()));
        self.patches.push((range, text));
    }

    /// Blanks out a line of a directive; its title stays in the prose.
    fn take_out(&mut self, range: Range<usize>, title: &str) {
        self.patch(range.clone(), "");
        let change = match title {
            "" => ProseChange::Remove,
            title => ProseChange::Replace(title.to_owned()),
        };
        self.edits.push(ProseEdit { range, change });
    }

    /// The line that ends the directive of a line; none if another fence with as many signs begins before it.
    fn end_of_directive(&self, index: usize, sign: char, n_signs: usize) -> Option<usize> {
        let (behind, (.., info)) =
            self.lines[index + 1..]
                .iter()
                .zip(index + 1..)
                .find_map(|(line, at)| {
                    let found = fence_sign(without_indent(line.text))?;
                    (found.0 == sign && found.1 >= n_signs).then_some((at, found))
                })?;
        info.is_empty().then_some(behind)
    }

    /// Takes the fence of a directive away, so that its body is Markdown. False if it is none.
    fn unwrap_directive(&mut self, index: usize, fence: (char, usize, &str)) -> bool {
        let Some(directive) = containers::directive(fence.2) else {
            return false;
        };
        if self.ends.len() >= DIRECTIVES_MAX {
            return false;
        }
        let Some(end) = self.end_of_directive(index, fence.0, fence.1) else {
            return false;
        };
        // The one around it ends first.
        if self.ends.last().is_some_and(|it| end >= *it) {
            return false;
        }
        let of_line = |line: SourceLine<'_>| {
            let text = without_indent(line.text);
            line.end() - text.len()..line.end()
        };
        let first = of_line(self.lines[index]);
        let last = of_line(self.lines[end]);
        if directive.is_aside {
            self.asides.push(first.start..last.end);
        }
        self.take_out(first, directive.title);
        self.take_out(last, "");
        for option in index + 1..end {
            let line = self.lines[option];
            if !containers::is_option(without_indent(line.text)) {
                break;
            }
            self.take_out(of_line(line), "");
        }
        self.ends.push(end);
        true
    }

    /// The line that ends code between colons; none if the parser would end it elsewhere, or another directive begins first.
    fn end_of_colons(&self, index: usize, n_signs: usize) -> Option<usize> {
        let end = self.ends.last().copied().unwrap_or(self.lines.len());
        for (line, at) in self.lines[index + 1..end].iter().zip(index + 1..) {
            let inner = without_indent(line.text);
            if fence_sign(inner).is_some_and(|it| it.0 == '~' && it.1 >= n_signs) {
                return None;
            }
            if let Some((_, info)) = colon_fence(inner).filter(|it| it.0 >= n_signs) {
                return info.is_empty().then_some(at);
            }
        }
        None
    }

    /// Makes a fence of the colons around code: `:::{code-block} bash`, `::: mermaid`. False if it is none.
    fn colons_around_code(&mut self, index: usize, n_signs: usize, info: &str) -> bool {
        if !begins_code_between_colons(info) {
            return false;
        }
        let Some(end) = self.end_of_colons(index, n_signs) else {
            return false;
        };
        for at in [index, end] {
            let line = self.lines[at];
            let inner = without_indent(line.text);
            let n_signs = inner.len() - inner.trim_start_matches(':').len();
            let start = line.end() - inner.len();
            self.patch(start..start + n_signs, &"~".repeat(n_signs));
        }
        self.tags.append(&mut self.above);
        self.open = Some(OpenCode::Colons(end));
        true
    }

    /// Takes the options of a directive between colons out of its prose.
    fn options_between_colons(&mut self, index: usize, info: &str) {
        if containers::directive(info).is_none() {
            return;
        }
        for option in index + 1..self.lines.len() {
            let line = self.lines[option];
            let inner = without_indent(line.text);
            if !containers::is_option(inner) {
                break;
            }
            self.take_out(line.end() - inner.len()..line.end(), "");
        }
    }

    /// Makes an item of a list of the line above an indented body.
    fn indented_body(&mut self, line: SourceLine<'a>, index: usize, kind: IndentedBody) {
        let behind = self.lines[index + 1..].iter();
        let body = behind
            .take_while(|it| it.text.is_empty() || it.indent > line.indent)
            .filter(|it| !it.text.is_empty());
        let Some((first, last)) = body.fold(None, |ends, it| {
            let (first, _) = ends.unwrap_or((it, it));
            Some((first, it))
        }) else {
            return;
        };
        let (indent, end) = (first.indent, last.end());
        if kind == IndentedBody::Admonition {
            self.asides.push(line.start..end);
        }
        if indent >= line.indent + BODY_INDENT {
            let text_at = line.end() - line.text.trim_start().len();
            self.patch(text_at..line.end(), BODY_ITEM);
        }
    }

    fn line(&mut self, index: usize) {
        let line = self.lines[index];
        if self.ends.last() == Some(&index) {
            self.ends.pop();
            self.open = None;
            return;
        }
        let inner = without_indent(line.text);
        let sign = fence_sign(inner);
        let range = line.start..line.end();
        match self.open {
            Some(OpenCode::Fence(open, n_open)) => {
                if sign.is_some_and(|it| it.0 == open && it.1 >= n_open && it.2.is_empty()) {
                    self.open = None;
                }
                return;
            }
            Some(OpenCode::Highlight) => {
                if containers::is_highlight_end(inner) {
                    self.open = None;
                    self.patch(range.end - inner.len()..range.end, SHORTCODE_FENCE);
                }
                return;
            }
            Some(OpenCode::Colons(end)) => {
                if index == end {
                    self.open = None;
                }
                return;
            }
            None => {}
        }
        if let Some((n_signs, info)) = colon_fence(inner) {
            if self.colons_around_code(index, n_signs, info) {
                return;
            }
            self.options_between_colons(index, info);
        }
        if let Some(fence) = sign {
            if !self.unwrap_directive(index, fence) {
                self.tags.append(&mut self.above);
                self.open = Some(OpenCode::Fence(fence.0, fence.1));
            }
            return;
        }
        if let Some(words) =
            containers::highlight(inner).filter(|_| line.start < self.last_highlight_end)
        {
            self.tags.append(&mut self.above);
            self.open = Some(OpenCode::Highlight);
            let fence = format!("{SHORTCODE_FENCE}{words}");
            self.patch(range.end - inner.len()..range.end, &fence);
            return;
        }
        let mark = asides::mark(line.text);
        self.marks.extend(mark.map(|it| (range.clone(), it)));
        if line.text.is_empty() {
            self.above.clear();
        } else if let Some(heading) = containers::html_heading(line.text) {
            self.tags.append(&mut self.above);
            self.patch(range, &heading);
        } else if is_tag_line(line.text.trim_start()) {
            self.above.push(range);
        } else if let Some(blank) = odd_blank(line.text) {
            self.patch(line.start + blank.start..line.start + blank.end, "");
        } else if let Some(kind) = containers::indented_body(line.text) {
            self.indented_body(line, index, kind);
        }
    }
}

/// A line without its indent and the signs of a quotation.
fn without_indent(line: &str) -> &str {
    line.trim_start_matches([' ', '\t', '>'])
}

/// The source with its patches, which are sorted and do not overlap.
fn patched<'a>(source: &'a str, patches: &[(Range<usize>, String)]) -> Cow<'a, str> {
    if patches.is_empty() {
        return Cow::Borrowed(source);
    }
    let mut text = String::with_capacity(source.len());
    let mut from = 0;
    for (range, new) in patches {
        text.push_str(&source[from..range.start]);
        text.push_str(new);
        from = range.end;
    }
    text.push_str(&source[from..]);
    Cow::Owned(text)
}

/// The text for the parser.
pub fn masked(source: &str) -> MaskedText<'_> {
    let lines = source_lines(source);
    let mut ends = lines.iter().rev();
    let last_end = ends.find(|it| containers::is_highlight_end(without_indent(it.text)));
    let mut masking = Masking {
        last_highlight_end: last_end.map_or(0, |it| it.start),
        lines,
        patches: Vec::new(),
        tags: Vec::new(),
        edits: Vec::new(),
        above: Vec::new(),
        open: None,
        ends: Vec::new(),
        marks: Vec::new(),
        asides: Vec::new(),
    };
    for index in 0..masking.lines.len() {
        masking.line(index);
    }
    for line in masking.tags.clone() {
        masking.patch(line, "");
    }
    masking.patches.sort_by_key(|it| it.0.start);
    MaskedText {
        text: patched(source, &masking.patches),
        tags: masking.tags,
        edits: masking.edits,
        asides: Asides::new(masking.marks, masking.asides),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_directly_above_a_fence_and_odd_blanks_of_headings_are_blanked_out() {
        let source = "<div>\n<p align=center>\n```sh\n<br>\n```\n##\u{a0}A\n";
        let masked = masked(source);
        assert_eq!(
            masked.text,
            "     \n                \n```sh\n<br>\n```\n##  A\n"
        );
        assert_eq!(masked.tags, [0..5, 6..22]);
    }

    #[test]
    fn what_site_generators_write_around_blocks_becomes_markdown() {
        for (source, text) in [
            ("!!! tip \"Care\"\n\n    a\n", "-   x         \n\n    a\n"),
            ("=== \"US\"\n    a\n", "-   x   \n    a\n"),
            (
                "{% highlight sh %}\n!!! a\n    b\n{% endhighlight %}\n",
                "~~~~~~~sh         \n!!! a\n    b\n~~~~~~~           \n",
            ),
            ("<h2>Deploy</h2>\n", "## Deploy      \n"),
            (
                "````{note} Care\n:class: x\n\n```sh\nls\n```\n````\n",
                "               \n         \n\n```sh\nls\n```\n    \n",
            ),
        ] {
            assert_eq!(masked(source).text, text);
        }
        let change = |it: &ProseEdit| it.change.clone();
        let edits = masked("````{note} Care\n```sh\nls\n```\n````\n").edits;
        assert_eq!(
            edits.iter().map(change).collect::<Vec<_>>(),
            [ProseChange::Replace("Care".into()), ProseChange::Remove]
        );
    }

    #[test]
    fn admonitions_and_directives_stand_beside_the_text() {
        let at = |source: &str| masked(source).asides.at(source.find("ls").unwrap());
        assert_eq!(at("a\n!!! tip\n\n    ls\n\nb\n"), Some(2));
        assert_eq!(at("a\n!!! tip\n\n    b\n\nls\n"), None);
        assert_eq!(at("=== \"US\"\n\n    ls\n"), None);
        assert_eq!(at("````{warning}\n```sh\nls\n```\n````\n"), Some(0));
        assert_eq!(at("<details>\n\n```sh\nls\n```\n</details>\n"), Some(0));
        assert_eq!(at("```\n:::note\n```\nls\n```\n:::\n```\n"), None);
    }

    #[test]
    fn everything_else_stays_as_it_is() {
        for source in [
            "",
            "<br>\n\n```sh\nls\n```\n",
            "<https://x>\n```sh\nls\n```\n",
            "<a@b.example>\n```sh\nls\n```\n",
            "<!-- rollcall: verify -->\n```sh\nls\n```\n",
            "<pre>\n```\n</pre>\n",
            "text\n```sh\n<br>\n~~~\n<br>\n```\n",
            "!!! tip\nls\n",
            "{% highlight sh %}\nls\n",
            "```{note}\nls\n",
            "```{note}\n```sh\nls\n```\n```\n",
            "```{code-block} sh\n:linenos:\nls\n```\n",
            "## A\n#\u{e9}\n#######\u{a0}B\n",
        ] {
            assert_eq!(masked(source).text, source);
        }
    }
}
