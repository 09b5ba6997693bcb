//! The text as the Markdown parser gets it. Where that would not see what people mean, signs are blanked out: lines of tags directly
//! above a fence, which would make HTML of the fence, and odd blanks behind the `##` of a heading. Every byte keeps its place.

use std::{borrow::Cow, ops::Range};

/// A text with blanks in the place of some signs.
#[derive(Debug, PartialEq, Eq)]
pub struct MaskedText<'a> {
    pub text: Cow<'a, str>,
    /// Lines of tags that are blank in the text.
    pub tags: Vec<Range<usize>>,
}

/// The sign of a fence at the start of a line, how often it is there, and what is behind it.
fn fence_sign(line: &str) -> Option<(char, usize, &str)> {
    let sign = line.chars().next().filter(|it| matches!(*it, '`' | '~'))?;
    let rest = line.trim_start_matches(sign);
    let n_signs = line.len() - rest.len();
    (n_signs >= 3 && !(sign == '`' && rest.contains('`'))).then_some((sign, n_signs, rest))
}

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

fn blanked<'a>(source: &'a str, ranges: &[Range<usize>]) -> Cow<'a, str> {
    if ranges.is_empty() {
        return Cow::Borrowed(source);
    }
    let mut text = String::with_capacity(source.len());
    let mut from = 0;
    for range in ranges {
        text.push_str(&source[from..range.start]);
        text.extend(std::iter::repeat_n(' ', range.len()));
        from = range.end;
    }
    text.push_str(&source[from..]);
    Cow::Owned(text)
}

/// The text for the parser.
pub fn masked(source: &str) -> MaskedText<'_> {
    let mut tags: Vec<Range<usize>> = Vec::new();
    let mut blanks: Vec<Range<usize>> = Vec::new();
    // Lines of tags since the last empty line.
    let mut above: Vec<Range<usize>> = Vec::new();
    let mut fence: Option<(char, usize)> = None;
    let mut offset = 0;
    for whole in source.split_inclusive('\n') {
        let line = whole.trim_end();
        let start = offset;
        offset += whole.len();
        let sign = fence_sign(line.trim_start_matches([' ', '\t', '>']));
        if let Some((open, n_open)) = fence {
            if sign.is_some_and(|it| it.0 == open && it.1 >= n_open && it.2.is_empty()) {
                fence = None;
            }
        } else if let Some((open, n_open, _)) = sign {
            tags.append(&mut above);
            fence = Some((open, n_open));
        } else if line.is_empty() {
            above.clear();
        } else if is_tag_line(line.trim_start()) {
            above.push(start..start + line.len());
        } else if let Some(blank) = odd_blank(line) {
            blanks.push(start + blank.start..start + blank.end);
        }
    }
    blanks.extend(tags.iter().cloned());
    blanks.sort_by_key(|it| it.start);
    MaskedText {
        text: blanked(source, &blanks),
        tags,
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
    fn everything_else_stays_as_it_is() {
        for source in [
            "",
            "<br>\n\n```sh\nls\n```\n",
            "<https://x>\n```sh\nls\n```\n",
            "<a@b.example>\n```sh\nls\n```\n",
            "<!-- rollcall: verify -->\n```sh\nls\n```\n",
            "<pre>\n```\n</pre>\n",
            "text\n```sh\n<br>\n~~~\n<br>\n```\n",
            "## A\n#\u{e9}\n#######\u{a0}B\n",
        ] {
            assert_eq!(masked(source).text, source);
        }
    }
}
