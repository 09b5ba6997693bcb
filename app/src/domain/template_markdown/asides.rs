//! Parts of a page that stand beside its text: details to open, notes and warnings, containers of site generators. Their blocks are
//! often alternatives, such as the commands of a rollback.

use super::{guess::contains_word, html_tag::HtmlTag};
use std::{collections::HashMap, ops::Range};

/// Elements and components that hold such a part.
const TAGS: &str = " details aside blockquote accordion admonition alert callout caution check collapse collapsible danger error \
expandable expander hint important info note tip update warning ";
/// Shortcodes that only arrange what is in them, or hold code.
const ARRANGING: &str =
    " tabs steps step stepper raw highlight code codeblock capture comment column columns row ";

/// What a line says of such a part, with what tells its kind from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AsideMark {
    Begins(String),
    Ends(String),
}

/// What a shortcode says: `{% hint style="danger" %}`, `{{< /expand >}}`.
fn of_shortcode(text: &str) -> Option<AsideMark> {
    let signs = [("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}")];
    let inner = signs
        .iter()
        .find_map(|it| text.strip_prefix(it.0)?.strip_suffix(it.1))?;
    // Two in one line hold no block.
    if inner.contains('}') {
        return None;
    }
    let inner = inner.trim_matches(|it: char| it == '-' || it.is_whitespace());
    let (is_end, words) = match inner.strip_prefix('/').or(inner.strip_prefix("end")) {
        Some(rest) => (true, rest),
        None => (false, inner),
    };
    let name = words.split_whitespace().next()?;
    if contains_word(ARRANGING, name) || words.ends_with('/') {
        return None;
    }
    let kind = format!("% {name}");
    Some(if is_end {
        AsideMark::Ends(kind)
    } else {
        AsideMark::Begins(kind)
    })
}

/// What a tag says: `<details>`, `<Warning title="x">`, `</details>`.
fn of_tag(text: &str) -> Option<AsideMark> {
    let name = |tag: HtmlTag<'_>| {
        let name = tag.name.to_ascii_lowercase();
        contains_word(TAGS, &name).then_some(name)
    };
    let mut ends = text
        .match_indices("</")
        .filter_map(|it| HtmlTag::at_start(&text[it.0..]))
        .filter_map(name);
    let begins = HtmlTag::at_start(text)
        .filter(|it| !it.is_closing && !text[..it.len].ends_with("/>"))
        .and_then(name);
    match begins {
        Some(begun) => (!ends.any(|it| it == begun)).then_some(AsideMark::Begins(begun)),
        None => ends.next().map(AsideMark::Ends),
    }
}

/// What a line outside of code says of a part beside the text.
pub fn mark(line: &str) -> Option<AsideMark> {
    let text = line.trim();
    if let Some(rest) = text.strip_prefix(":::") {
        let kind = ":".to_owned();
        let is_end = rest.trim_start_matches(':').trim().is_empty();
        return Some(if is_end {
            AsideMark::Ends(kind)
        } else {
            AsideMark::Begins(kind)
        });
    }
    of_shortcode(text).or_else(|| of_tag(text))
}

/// Where such parts are: sorted, none within another.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Asides(Vec<Range<usize>>);

impl Asides {
    /// Pairs the marks of lines, and adds parts that are known otherwise. What is begun and never ended is none.
    pub fn new(marks: Vec<(Range<usize>, AsideMark)>, mut ranges: Vec<Range<usize>>) -> Self {
        let mut last_ends: HashMap<String, usize> = HashMap::new();
        for (line, mark) in &marks {
            if let AsideMark::Ends(kind) = mark {
                last_ends.insert(kind.clone(), line.start);
            }
        }
        // Where the outermost begins, its kind, and how many of its kind are open.
        let mut open: Option<(usize, String, usize)> = None;
        for (line, mark) in marks {
            match mark {
                AsideMark::Begins(kind) => match &mut open {
                    Some((_, of, depth)) if *of == kind => *depth += 1,
                    Some(_) => {}
                    None => {
                        let is_ended = last_ends.get(&kind).is_some_and(|it| *it > line.start);
                        open = is_ended.then_some((line.start, kind, 1));
                    }
                },
                AsideMark::Ends(kind) => {
                    if let Some((start, of, depth)) = &mut open
                        && *of == kind
                    {
                        *depth -= 1;
                        if *depth == 0 {
                            ranges.push(*start..line.end);
                            open = None;
                        }
                    }
                }
            }
        }
        ranges.sort_by_key(|it| (it.start, std::cmp::Reverse(it.end)));
        let mut end = 0;
        ranges.retain(|it| {
            let is_outermost = it.start >= end;
            end = end.max(it.end);
            is_outermost
        });
        Self(ranges)
    }

    /// Where the part begins that a place is in.
    pub fn at(&self, offset: usize) -> Option<usize> {
        let index = self.0.partition_point(|it| it.end <= offset);
        let range = self.0.get(index).filter(|it| it.start <= offset)?;
        Some(range.start)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranges(source: &str) -> Vec<&str> {
        let mut offset = 0;
        let mut marks = Vec::new();
        for line in source.split_inclusive('\n') {
            let range = offset..offset + line.len();
            marks.extend(mark(line).map(|it| (range, it)));
            offset += line.len();
        }
        let found = Asides::new(marks, Vec::new()).0;
        found.into_iter().map(|it| &source[it]).collect()
    }

    #[test]
    fn parts_beside_the_text_are_found_with_their_ends() {
        for aside in [
            "<details><summary>x</summary>\na\n</details>\n",
            "<details open>\n<details>\na\n</details>\n</details>\n",
            "<Warning title=\"x\">\na\n</Warning>\n",
            ":::danger Rollback\na\n:::\n",
            "::::note\n:::tip\na\n:::\n::::\n",
            "{% hint style=\"danger\" %}\na\n{% endhint %}\n",
            "{{< expand \"Rollback\" >}}\na\n{{< /expand >}}\n",
            "{{% notice %}}\na\n{{% /notice %}}\n",
            "{%- if x -%}\na\n{%- endif -%}\n",
        ] {
            assert_eq!(ranges(&format!("b\n{aside}c\n")), [aside]);
        }
    }

    #[test]
    fn what_is_never_ended_or_only_arranges_is_no_such_part() {
        for source in [
            "",
            "<details>\na\n",
            "</details>\n<details>\n",
            ":::\na\n",
            "<details><summary>x</summary>y</details>\na\n</details>\n",
            "{{< toc >}}\na\n",
            "{% tabs %}\na\n{% endtabs %}\n",
            "<Tabs>\na\n</Tabs>\n",
            "<note>\na\n",
        ] {
            assert_eq!(ranges(source), [""; 0], "{source}");
        }
    }

    #[test]
    fn a_place_is_in_the_outermost_part() {
        let asides = Asides::new(Vec::new(), vec![8..9, 2..6, 3..4]);
        let at: Vec<_> = [1, 2, 5, 6, 8, 9].map(|it| asides.at(it)).into();
        assert_eq!(at, [None, Some(2), Some(2), None, Some(8), None]);
    }
}
