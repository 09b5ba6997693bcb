//! Prose between headings and blocks, as text: without comments, link definitions and lone tags, which are no steps.
//! Links by reference become links in place, so that a text does not need its definition. Nothing else is changed, and
//! an indented first line keeps its indent.

use super::site_markup::{container_title, is_back_link, is_markup, n_statement_lines};
use std::ops::Range;

/// Prose of more lines is taken as it is: it is over every limit in any case.
const LINES_MAX: usize = 100_000;

/// A change to the prose of a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProseEdit {
    pub range: Range<usize>,
    pub change: ProseChange,
}

/// What becomes of a piece of prose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProseChange {
    /// A comment, a link definition, or a tag of an HTML block.
    Remove,
    /// A tag within a line: it goes if the line has nothing else.
    RemoveIfAlone,
    Replace(String),
    /// Code: its lines stay as they are.
    Keep,
}

/// One line of prose with its edits made.
struct ProseLine<'a> {
    text: String,
    /// The line as it is in the source.
    source: &'a str,
    offset: usize,
    /// Something was taken out and nothing is left, or it is markup alone.
    is_gone: bool,
    is_code: bool,
}

/// A line without the signs of a quotation and of a list item. An item's number is no text.
fn without_signs(line: &str) -> &str {
    let mut text = line.trim();
    loop {
        let before = text;
        text = text.trim_start_matches(['>', ' ', '\t']);
        text = text
            .strip_prefix(['-', '*', '+'])
            .filter(|it| it.is_empty() || it.starts_with([' ', '\t']))
            .unwrap_or(text);
        let n_digits = text.bytes().take_while(u8::is_ascii_digit).count();
        if (1..=9).contains(&n_digits)
            && let Some(rest) = text[n_digits..].strip_prefix(['.', ')'])
            && (rest.is_empty() || rest.starts_with([' ', '\t']))
        {
            text = rest;
        }
        for mark in ["[ ]", "[x]", "[X]"] {
            text = text.strip_prefix(mark).unwrap_or(text);
        }
        if text == before {
            return text;
        }
    }
}

/// Whether a line at the edge of a text says nothing: empty, a rule, or the sign of a list item or quotation alone.
fn is_filler(line: &str) -> bool {
    let text = without_signs(line);
    let is_rule = |sign: char| text.chars().all(|it| it == sign || it.is_whitespace());
    text.is_empty() || is_rule('-') || is_rule('*') || is_rule('_') || is_rule('=')
}

/// Takes out statements and comments of MDX.
fn remove_statements(lines: &mut [ProseLine<'_>]) {
    let mut at = 0;
    while at < lines.len() {
        let n_lines = if lines[at].is_code {
            0
        } else {
            n_statement_lines(lines[at..].iter().map(|it| it.source))
        };
        for line in &mut lines[at..at + n_lines] {
            line.is_gone = true;
        }
        at += n_lines.max(1);
    }
}

/// Whether a text names a table of contents.
pub fn names_contents(text: &str) -> bool {
    let text = text.trim_matches(|it: char| !it.is_alphanumeric());
    [
        "contents",
        "table of contents",
        "toc",
        "inhalt",
        "inhaltsverzeichnis",
        "sommaire",
    ]
    .iter()
    .any(|it| text.eq_ignore_ascii_case(it))
}

/// Where a generator puts a table of contents.
fn is_contents_marker(line: &str) -> bool {
    const MARKERS: [&str; 8] = [
        // Kramdown fills the item "1. TOC".
        "toc",
        "[toc]",
        "[[toc]]",
        "[[_toc_]]",
        "{:toc}",
        "{{toc}}",
        "{{< toc >}}",
        "${toc}",
    ];
    MARKERS
        .iter()
        .any(|it| without_signs(line).eq_ignore_ascii_case(it))
}

/// An item that only links to a place in the page.
fn is_contents_item(line: &str) -> bool {
    let text = without_signs(line);
    text.starts_with('[')
        && text.ends_with(')')
        && text.matches("](").count() == 1
        && text.contains("](#")
}

/// The lines without tables of contents: markers, and two or more items in a row with the line that names them. Without such a
/// line they are one only if `is_likely`.
fn without_contents(lines: Vec<ProseLine<'_>>, is_likely: bool) -> Vec<ProseLine<'_>> {
    let mut kept: Vec<ProseLine<'_>> = Vec::with_capacity(lines.len());
    let mut lines = lines.into_iter().peekable();
    while let Some(line) = lines.next() {
        let is_marker = is_contents_marker(&line.text);
        if line.is_code || !(is_marker || is_contents_item(&line.text)) {
            kept.push(line);
            continue;
        }
        let mut run = vec![line];
        while let Some(line) = lines.next_if(|it| it.text.is_empty() || is_contents_item(&it.text))
        {
            run.push(line);
        }
        let name = kept.iter().rposition(|it| !it.text.is_empty());
        let name = name.filter(|it| names_contents(&kept[*it].text));
        let is_list = run.iter().filter(|it| !it.text.is_empty()).count() > 1;
        if !is_marker && !(is_list && (is_likely || name.is_some())) {
            kept.append(&mut run);
            continue;
        }
        if let Some(index) = name {
            kept.truncate(index);
        }
    }
    kept
}

/// The lines of a range with the edits made. `edits` are sorted and do not overlap.
fn lines<'a>(source: &'a str, range: Range<usize>, edits: &[ProseEdit]) -> Vec<ProseLine<'a>> {
    let mut lines = Vec::new();
    let mut offset = range.start;
    for whole in source[range.clone()].split_inclusive('\n') {
        let line = whole.trim_end_matches('\n');
        let end = offset + line.len();
        let first = edits.partition_point(|it| it.range.end <= offset);
        let mut text = String::with_capacity(line.len());
        // The line without tags, to see whether anything else is there.
        let mut bare = String::new();
        let mut at = offset;
        let (mut is_edited, mut is_code) = (false, false);
        for edit in edits[first..]
            .iter()
            .take_while(|it| it.range.start < end.max(offset + 1))
        {
            let (from, to) = (
                edit.range.start.clamp(at, end),
                edit.range.end.clamp(at, end),
            );
            if edit.change == ProseChange::Keep {
                is_code = true;
                continue;
            }
            text.push_str(&source[at..from]);
            bare.push_str(&source[at..from]);
            match &edit.change {
                ProseChange::RemoveIfAlone => text.push_str(&source[from..to]),
                ProseChange::Replace(new) if edit.range.start >= offset => {
                    text.push_str(new);
                    bare.push_str(new);
                }
                // A replacement is made where the edit begins.
                ProseChange::Remove | ProseChange::Replace(_) | ProseChange::Keep => {}
            }
            is_edited = true;
            at = to;
            // Of the spaces around what was taken out, one is enough.
            if text.ends_with(' ') && source[at..end].starts_with(' ') {
                at += 1;
            }
        }
        text.push_str(&source[at..end]);
        bare.push_str(&source[at..end]);
        let bare = bare.replace("&nbsp;", " ");
        let is_empty = !without_signs(&bare).contains(|it: char| !it.is_whitespace());
        let is_spacer = is_empty && (is_edited || line.contains("&nbsp;"));
        let is_gone = !is_code && (is_spacer || is_markup(line) || is_back_link(&text));
        let title = container_title(line).filter(|it| !is_code && !it.is_empty());
        let text = title.unwrap_or(text.trim_end()).to_owned();
        lines.push(ProseLine {
            text,
            source: line,
            offset,
            is_gone,
            is_code,
        });
        offset += whole.len();
    }
    lines
}

/// The lines that are left, without the second of two empty lines around a line that is gone.
fn without_gone(lines: Vec<ProseLine<'_>>) -> Vec<ProseLine<'_>> {
    let mut kept: Vec<ProseLine<'_>> = Vec::with_capacity(lines.len());
    let mut was_gone = false;
    for line in lines {
        let is_double = line.text.is_empty() && kept.last().is_none_or(|it| it.text.is_empty());
        if line.is_gone || (was_gone && is_double) {
            was_gone = true;
        } else {
            was_gone = false;
            kept.push(line);
        }
    }
    kept
}

/// The prose in a range, and where it begins; none if it says nothing. Lines that continue a list item lose up to
/// `list_indent` spaces, until a line has fewer: then the item has ended. `may_have_contents` says that a list of links to
/// places in the page is a table of contents here, as in an introduction; in a step it is part of the text.
pub fn text(
    source: &str,
    range: Range<usize>,
    edits: &[ProseEdit],
    list_indent: usize,
    may_have_contents: bool,
) -> Option<(usize, String)> {
    if source[range.clone()].lines().count() > LINES_MAX {
        let text = source[range.clone()].trim();
        return (!text.is_empty()).then(|| (range.start, text.to_owned()));
    }
    let mut lines = lines(source, range, edits);
    remove_statements(&mut lines);
    let lines = without_contents(without_gone(lines), may_have_contents);
    let from = lines.iter().position(|it| !is_filler(&it.text))?;
    let to = lines.iter().rposition(|it| !is_filler(&it.text))? + 1;
    let lines = &lines[from..to];
    if !lines
        .iter()
        .any(|it| without_signs(&it.text).contains(char::is_alphanumeric))
    {
        return None;
    }
    let mut indent = list_indent;
    let mut text = String::new();
    for (index, line) in lines.iter().enumerate() {
        let n_spaces = line.text.bytes().take_while(|it| *it == b' ').count();
        if !line.text.is_empty() {
            indent = if n_spaces < indent { 0 } else { indent };
        }
        if index > 0 {
            text.push('\n');
        }
        text.push_str(&line.text[indent.min(n_spaces)..]);
    }
    let first = &lines[0];
    let offset = first.offset + (first.source.len() - first.source.trim_start().len());
    Some((offset, text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(source: &str) -> Option<String> {
        text(source, 0..source.len(), &[], 0, true).map(|it| it.1)
    }

    #[test]
    fn rules_list_signs_and_contents_are_no_prose() {
        for source in [
            "",
            "\n\n",
            "---\n",
            "{{< hint warning >}}\n{{< /hint >}}",
            "{% endhint %}",
            "{: .no_toc }\n",
            "&nbsp;",
            "&nbsp;&nbsp;\n\n&nbsp;",
            ":::tip\n:::",
            ":::tip{.wide}\n:::",
            "::: {.note}\n:::",
            "import Tabs from '@theme/Tabs';\nimport TabItem from \"@theme/TabItem\"",
            "import './style.css'",
            "import {\n  A,\n  B,\n} from 'y';\nimport C, { D } from 'z'",
            "export const version = '1.2';\n\nexport const x = {\n  a: 1,\n\n  b: 2,\n};",
            "export const C = () => (\n  <div>\n    hi\n  </div>\n);",
            "export default ({ children }) => <div>{children}</div>",
            "export { a, b } from './c'",
            "export * from './c'",
            "export const text = `\nx (\n`;",
            "{/* later */}",
            "{/* later\n\nor never */}",
            "* * *",
            "1.\n",
            "- \n>",
            "- [ ]",
            "[TOC]",
            "[Back to top](#contents)",
            "[[_TOC_]]\n",
            "- [Deploy](#deploy)\n  - [Verify](#verify)\n",
            "1. [A](#a)\n2. [B](#b)",
            "…",
            "***",
        ] {
            assert_eq!(whole(source), None, "{source:?}");
        }
        assert_eq!(
            whole("\n---\n\nTell them.  \n\n- twice\n\n---\n").unwrap(),
            "Tell them.\n\n- twice"
        );
        assert_eq!(
            whole("- [Deploy](#deploy)\n- and more").unwrap(),
            "- [Deploy](#deploy)\n- and more"
        );
        assert_eq!(
            whole("Intro.\n\n**Table of contents**\n\n- [A](#a)\n- [B](#b)\n\nMore.").unwrap(),
            "Intro.\n\nMore."
        );
        let in_step = |source: &str| text(source, 0..source.len(), &[], 0, false).map(|it| it.1);
        let links = "Do these:\n- [Stop the API first](#stop)\n- [Then the web](#web)";
        assert_eq!(in_step(links).unwrap(), links);
        let named = format!("Contents:\n\n{}", &links[10..]);
        assert_eq!(in_step(&named), None);
        assert_eq!(in_step(&format!("[TOC]\n{}", &links[10..])), None);
        assert_eq!(whole("3 nodes").unwrap(), "3 nodes");
        assert_eq!(whole("```yaml\na: 1\n```\n").unwrap(), "```yaml\na: 1\n```");
    }

    #[test]
    fn the_title_of_a_container_stays() {
        for source in [
            ":::caution Beware\n\nIt is slow.\n\n:::",
            ":::caution[Beware]\n\nIt is slow.\n\n:::\n",
            "::: warning Beware\n\nIt is slow.\n\n:::",
            ":::{warning} Beware\n\nIt is slow.\n\n:::",
            "=== \"Beware\"\n\nIt is slow.",
        ] {
            assert_eq!(whole(source).unwrap(), "Beware\n\nIt is slow.", "{source}");
        }
        for prose in [
            "import the data from \"old\" first",
            "import {{customer.name}} into the ledger",
            "export FOO=1 first",
            "export default values of the old host",
            "export function and class",
            "{customer} comes first",
        ] {
            assert_eq!(whole(prose).unwrap(), prose);
        }
        assert_eq!(
            whole("import {\n  A\n} from 'y'\n\nIt is slow.\n\nexport const a = 1\n\nIt is.")
                .unwrap(),
            "It is slow.\n\nIt is."
        );
    }

    #[test]
    fn an_indented_first_line_keeps_its_indent() {
        assert_eq!(
            whole("\n    kubectl get pods\n    true\n").unwrap(),
            "    kubectl get pods\n    true"
        );
    }

    #[test]
    fn lines_of_a_list_item_lose_its_indent_until_it_ends() {
        let source = "   Wait.\n\n       code\n2. Then\n   more\n";
        let read = text(source, 0..source.len(), &[], 3, false);
        assert_eq!(
            read,
            Some((3, "Wait.\n\n    code\n2. Then\n   more".to_owned()))
        );
    }

    #[test]
    fn a_tag_within_a_line_goes_only_if_it_is_alone() {
        let source = "<b>Stop</b>\n<br/>\nend";
        let alone = |range| ProseEdit {
            range,
            change: ProseChange::RemoveIfAlone,
        };
        let edits = [alone(0..3), alone(7..11), alone(12..17)];
        assert_eq!(
            text(source, 0..source.len(), &edits, 0, false).unwrap().1,
            "<b>Stop</b>\nend"
        );
    }
}
