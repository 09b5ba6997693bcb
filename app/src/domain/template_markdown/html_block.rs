//! What a block of HTML says without its tags and comments.

use super::{
    html_tag::{ClosedNames, HtmlTag, TagGap, TagRole, is_name_sign},
    prose::{ProseChange, ProseEdit},
};
use std::ops::Range;

/// A tag or a comment of a block that is not left as it is.
struct HtmlPiece {
    /// Within the block.
    range: Range<usize>,
    change: ProseChange,
    gap: TagGap,
    is_comment: bool,
    /// Text of the same line is before it, and behind it.
    has_text: (bool, bool),
}

fn is_blank(text: &str) -> bool {
    text.chars().all(|it| it.is_whitespace() || it == '>')
}

/// Whether a line has text up to the end of `gap`; `before` says whether it has some before the gap.
fn has_text_up_to(gap: &str, before: bool) -> bool {
    match gap.rsplit_once('\n') {
        Some((_, last)) => !is_blank(last),
        None => before || !is_blank(gap),
    }
}

/// Whether a line has text from the start of `gap` on; `behind` says whether it has some behind the gap.
fn has_text_from(gap: &str, behind: bool) -> bool {
    match gap.split_once('\n') {
        Some((first, _)) => !is_blank(first),
        None => behind || !is_blank(gap),
    }
}

/// The length of the comment or declaration that a text begins with; 0 if there is none. Without `has_end` no `>` is behind it.
fn declaration_len(rest: &str, has_end: bool) -> usize {
    if rest.starts_with("<!--") {
        return rest.find("-->").map_or(rest.len(), |it| it + 3);
    }
    let behind = rest.strip_prefix("<!").or_else(|| rest.strip_prefix("<?"));
    let is_declaration =
        behind.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphabetic() || it == '['));
    // Without this, many open ones would each look through the whole text.
    if !is_declaration || !has_end {
        return 0;
    }
    rest.find('>').map_or(0, |it| it + 1)
}

/// The tags and comments of a block, in order.
fn pieces(text: &str, closed: &ClosedNames<'_>) -> Vec<HtmlPiece> {
    let mut pieces: Vec<HtmlPiece> = Vec::new();
    let last_end = text.rfind('>').unwrap_or(0);
    // Whether the line has text before the place, and whether the open link is kept.
    let (mut has_text, mut is_link_kept) = (false, false);
    let mut at = 0;
    while let Some(start) = text[at..].find('<').map(|it| at + it) {
        has_text = has_text_up_to(&text[at..start], has_text);
        let rest = &text[start..];
        let tag = HtmlTag::at_start(rest);
        let mut role = tag.as_ref().map(|it| it.role(closed, !has_text));
        if let Some(link) = tag.as_ref().filter(|it| it.name.eq_ignore_ascii_case("a")) {
            if link.is_closing && is_link_kept {
                role = Some(TagRole::OfLine);
            }
            is_link_kept = !link.is_closing && role == Some(TagRole::OfLine);
        }
        let len = match (&tag, role) {
            (_, Some(TagRole::Text)) => 0,
            (Some(tag), _) => tag.len,
            (None, _) => declaration_len(rest, start < last_end),
        };
        if len == 0 {
            has_text = true;
            at = start + 1;
            continue;
        }
        let is_kept = role == Some(TagRole::OfLine);
        pieces.push(HtmlPiece {
            range: start..start + len,
            change: if is_kept {
                ProseChange::RemoveIfAlone
            } else {
                ProseChange::Remove
            },
            gap: tag.as_ref().map_or(TagGap::None, HtmlTag::gap),
            is_comment: tag.is_none(),
            has_text: (has_text, false),
        });
        has_text |= is_kept;
        at = start + len;
    }
    let (mut has_text, mut from) = (false, text.len());
    for piece in pieces.iter_mut().rev() {
        has_text = has_text_from(&text[piece.range.end..from], has_text);
        piece.has_text.1 = has_text;
        has_text |= piece.change == ProseChange::RemoveIfAlone;
        from = piece.range.start;
    }
    pieces
}

/// What is to be done with a block of HTML.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct HtmlEdits {
    pub edits: Vec<ProseEdit>,
    /// Where tags were first taken out between two texts of a line.
    pub taken_out: Option<usize>,
}

/// The tags and comments of an HTML block as edits. Text between them stays. Cells of a row are kept apart by `|`, and what
/// begins a line begins one.
pub fn html_edits(source: &str, block: Range<usize>, closed: &ClosedNames<'_>) -> HtmlEdits {
    let text = &source[block.clone()];
    let edit = |range: Range<usize>, change: ProseChange| ProseEdit {
        range: block.start + range.start..block.start + range.end,
        change,
    };
    let first = text.trim_start().strip_prefix('<').unwrap_or_default();
    let end = first.find(|it: char| !is_name_sign(it));
    let first = first[..end.unwrap_or(first.len())].to_ascii_lowercase();
    let mut found = HtmlEdits::default();
    match first.as_str() {
        "script" | "style" => {
            found.edits.push(edit(0..text.len(), ProseChange::Remove));
            return found;
        }
        "pre" | "textarea" => return found,
        _ => {}
    }
    let pieces = pieces(text, closed);
    let is_same_gap = |one: &HtmlPiece, other: &HtmlPiece| {
        let between = &text[one.range.end..other.range.start];
        one.change == ProseChange::Remove
            && other.change == ProseChange::Remove
            && between.chars().all(|it| matches!(it, ' ' | '\t'))
    };
    for run in pieces.chunk_by(is_same_gap) {
        let (Some(first), Some(last)) = (run.first(), run.last()) else {
            continue;
        };
        let gap = run.iter().map(|it| it.gap).max();
        let is_between = first.has_text.0 && last.has_text.1 && first.change == ProseChange::Remove;
        if is_between && run.iter().any(|it| !it.is_comment) {
            found
                .taken_out
                .get_or_insert(block.start + first.range.start);
        }
        let sign = match gap {
            Some(TagGap::Cell) if is_between => " | ",
            Some(TagGap::Line) if is_between => "\n",
            _ => {
                let edits = run
                    .iter()
                    .map(|it| edit(it.range.clone(), it.change.clone()));
                found.edits.extend(edits);
                continue;
            }
        };
        let blank = [' ', '\t'];
        let start = text[..first.range.start].trim_end_matches(blank).len();
        let rest = &text[last.range.end..];
        let end = text.len() - rest.trim_start_matches(blank).len();
        let change = ProseChange::Replace(sign.to_owned());
        found.edits.push(edit(start..end, change));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::prose::text;
    use super::*;

    fn edits(source: &str) -> HtmlEdits {
        html_edits(source, 0..source.len(), &ClosedNames::of(source))
    }

    fn html(source: &str) -> Option<String> {
        text(source, 0..source.len(), &edits(source).edits, 0, true).map(|it| it.1)
    }

    #[test]
    fn comments_and_tags_of_html_blocks_go_and_their_text_stays() {
        for source in [
            "<!-- to do -->\n",
            "<!--\nof\nmany\nlines\n-->",
            "<br>\n<hr/>",
            "<BR />",
            "<details>\n",
            "<details open>",
            "</details>",
            "<a name=\"x\"></a>",
            "<a href=\"https://x\"><img src=\"y\"></a>",
            "<style>\n.a { }\n</style>",
            "<Tabs>\n<TabItem value=\"a\">\n</TabItem>\n</Tabs>",
            "<Toc />",
            "<!-- open",
        ] {
            assert_eq!(html(source), None, "{source:?}");
        }
        for (source, read) in [
            ("<details>\n<summary>Show it</summary>\n", "Show it"),
            (
                "<p align=\"center\">\n  Ask <b>Ana</b> <!-- or Ben --> a < b\n</p>",
                "  Ask Ana a < b",
            ),
            ("<pre>\nhelm <name>\n</pre>", "<pre>\nhelm <name>\n</pre>"),
            ("<div title=\"a > b\">\nx\n</div>", "x"),
        ] {
            assert_eq!(html(source).unwrap(), read, "{source}");
        }
    }

    #[test]
    fn placeholders_and_addresses_in_html_blocks_stay() {
        for (source, read) in [
            (
                "<details><summary>How to</summary>\nOpen <https://grafana.example.com/d/1> and set HOST=<host>.",
                "How to\nOpen <https://grafana.example.com/d/1> and set HOST=<host>.",
            ),
            (
                "<div>\nkubectl get ns -l app=<name>\n</div>",
                "kubectl get ns -l app=<name>",
            ),
            (
                "<p>Stop if used<total and free>0</p>",
                "Stop if used<total and free>0",
            ),
            (
                "<div>ssh host-<i> on <address></div>",
                "ssh host-<i> on <address>",
            ),
            (
                "<p>Wait for <time and date>.</p>",
                "Wait for <time and date>.",
            ),
        ] {
            assert_eq!(html(source).unwrap(), read, "{source}");
        }
        for source in [
            "<namespace>\nis the namespace of <customer>, see <ops@acme.example>.",
            "<namespace>",
            "<script-name>\nis the name of the script",
            "<previous-version>\nis <NAMESPACE>",
            "<address>",
            "<config>\n  <host>x</host>\n</config>",
            "See <a href=\"https://x\">the wiki</a>.",
            "<Note>Beware</Note>",
        ] {
            assert_eq!(html(source).unwrap(), source);
        }
    }

    #[test]
    fn cells_and_lines_are_kept_apart() {
        for (source, read) in [
            (
                "<tr><td>Run</td><td>kubectl -n <ns> get pods</td></tr>",
                "Run | kubectl -n <ns> get pods",
            ),
            (
                "<tr><th>A</th> <th>B</th></tr><tr><td>1</td><td>2</td></tr>",
                "A | B\n1 | 2",
            ),
            ("<p>Stop api<br>Start web</p>", "Stop api\nStart web"),
            ("<ul><li>One</li> <li>Two</li></ul>", "One\nTwo"),
            ("<tr>\n<td>Run</td>\n<td>it</td>\n</tr>", "Run\nit"),
        ] {
            assert_eq!(html(source).unwrap(), read, "{source}");
        }
    }

    #[test]
    fn what_is_taken_out_between_two_texts_is_told() {
        assert_eq!(edits("<p>\nAsk <b>Ana</b> now\n</p>").taken_out, Some(8));
        assert_eq!(edits("<td>a</td><td>b</td>").taken_out, Some(5));
        for source in [
            "<p>Ask Ana</p>",
            "<details><summary>Show</summary>",
            "<p>Ask <!-- or not --> Ana</p>",
            "<p>Open <https://x> as <name></p>",
            "<tr>\n<td>a</td>\n<td>b</td>\n</tr>",
        ] {
            assert_eq!(edits(source).taken_out, None, "{source}");
        }
    }
}
