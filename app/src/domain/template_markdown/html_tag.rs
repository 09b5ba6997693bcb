//! Tags of HTML in prose: which are markup. A name in angle brackets that is no element of HTML, such as `<namespace>`, is text,
//! as are `<https://x>` and `<a@b.example>`.

use std::collections::BTreeSet;

/// Elements whose names are hardly ever a placeholder.
const SURE: &str = " a abbr b big blockquote br center dd del details div dl dt em fieldset figcaption figure font h1 h2 h3 h4 h5 h6 \
hr i iframe img ins kbd li nav ol p s small span strike strong sub summary sup svg table tbody td tfoot th thead tr tt u ul wbr ";
/// Elements whose names may be placeholders, too: only with attributes, or if the text closes them.
const UNSURE: &str = " address area article aside audio base bdi bdo body button canvas caption cite code col colgroup data datalist dfn \
dialog embed footer form frame frameset head header hgroup html input label legend link main map mark menu meta meter noscript object \
optgroup option output param path picture progress q ruby rp rt samp search section select slot source template time title track var \
video ";
/// Elements without an end.
const VOID: &str = " br hr img wbr ";
/// Elements that begin or end a line.
const LINES: &str = " address article aside blockquote body br center dd details div dl dt fieldset figcaption figure footer form h1 h2 \
h3 h4 h5 h6 header hr html legend li main nav ol optgroup option p section summary table tbody tfoot thead title tr ul ";
/// Attributes that need no value.
const SWITCHES: &str = " open hidden disabled checked selected multiple required readonly controls muted loop autoplay reversed nowrap \
noshade allowfullscreen default defer async ";

fn is_in(list: &str, word: &str) -> bool {
    list.contains(&format!(" {word} "))
}

/// A tag: `<details open>`, `</p>`, `<br/>`.
pub struct HtmlTag<'a> {
    pub name: &'a str,
    /// What is behind the name.
    attributes: &'a str,
    pub is_closing: bool,
    /// In bytes.
    pub len: usize,
}

impl<'a> HtmlTag<'a> {
    /// The tag that a text begins with.
    pub fn at_start(text: &'a str) -> Option<Self> {
        let inner = text.strip_prefix('<')?;
        let is_closing = inner.starts_with('/');
        let inner = inner.strip_prefix('/').unwrap_or(inner);
        let end = inner.find(|it: char| !is_name_sign(it))?;
        let (name, rest) = inner.split_at(end);
        let is_apart = rest.starts_with(|it: char| it.is_ascii_whitespace() || "/>".contains(it));
        if !name.starts_with(|it: char| it.is_ascii_alphabetic()) || !is_apart {
            return None;
        }
        let end = tag_end(rest)?;
        Some(Self {
            name,
            attributes: rest[..end].trim(),
            is_closing,
            len: text.len() - rest.len() + end + 1,
        })
    }

    fn has_value(&self) -> bool {
        self.attributes.contains('=')
    }

    /// What the tag is; `is_first` says that nothing but tags is before it in its line.
    pub fn role(&self, closed: &ClosedNames<'_>, is_first: bool) -> TagRole {
        let name = self.name.to_ascii_lowercase();
        // In "a<b and c=d>" nothing is an attribute.
        let first = self.attributes.split_ascii_whitespace().next();
        let is_plain = first.is_none_or(|it| {
            it == "/" || it.contains('=') || is_in(SWITCHES, it.trim_end_matches('/'))
        });
        if !is_plain {
            return TagRole::Text;
        }
        let is_whole = self.is_closing || self.has_value() || closed.0.contains(self.name);
        let is_sure = is_in(SURE, &name);
        let is_markup = if is_sure {
            is_whole
                || is_in(VOID, &name)
                || is_first && (is_in(LINES, &name) || matches!(name.as_str(), "td" | "th"))
        } else {
            is_whole && is_in(UNSURE, &name)
        };
        // A component of MDX: `<TabItem value="mac">`.
        let is_component = || {
            self.name.starts_with(|it: char| it.is_ascii_uppercase())
                && (is_whole || self.attributes.ends_with('/'))
        };
        let has_target = || {
            let lower = self.attributes.to_ascii_lowercase();
            lower.contains("href=") || lower.contains("src=")
        };
        if is_markup && !has_target() {
            TagRole::Markup
        } else if is_markup || !is_sure && is_component() {
            TagRole::OfLine
        } else {
            TagRole::Text
        }
    }

    /// What stands for the tag between two texts of a line.
    pub fn gap(&self) -> TagGap {
        let name = self.name.to_ascii_lowercase();
        if matches!(name.as_str(), "td" | "th") {
            TagGap::Cell
        } else if is_in(LINES, &name) {
            TagGap::Line
        } else {
            TagGap::None
        }
    }
}

/// Whether a name of an element may have this sign.
pub fn is_name_sign(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '.')
}

/// Where a tag ends; a sign in a quoted value is no end.
fn tag_end(rest: &str) -> Option<usize> {
    let mut quote = None::<char>;
    for (at, letter) in rest.char_indices() {
        match (quote, letter) {
            (None, '>') => return Some(at),
            (None, '<') => return None,
            (None, '"' | '\'') => quote = Some(letter),
            (Some(open), _) if open == letter => quote = None,
            _ => {}
        }
    }
    None
}

/// What becomes of a tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagRole {
    /// It is no tag, and stays.
    Text,
    /// It has something to say, such as a target: it goes only if its line has nothing else.
    OfLine,
    Markup,
}

/// What stands between two texts of a line where tags were.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagGap {
    None,
    Cell,
    Line,
}

/// Names that a text closes: `details` of `</details>`.
pub struct ClosedNames<'a>(BTreeSet<&'a str>);

impl<'a> ClosedNames<'a> {
    /// Looks through a whole text.
    pub fn of(source: &'a str) -> Self {
        let name = |at: usize| {
            let rest = &source[at + 2..];
            let end = rest.find(|it: char| !is_name_sign(it));
            &rest[..end.unwrap_or(rest.len())]
        };
        let names = source.match_indices("</").map(|it| name(it.0));
        Self(names.filter(|it| !it.is_empty()).collect())
    }
}

/// Whether a tag within a paragraph is markup, and goes if its line has nothing else.
pub fn is_inline_markup(html: &str, closed: &ClosedNames<'_>) -> bool {
    // Declarations and the like are no tags.
    HtmlTag::at_start(html).is_none_or(|it| it.role(closed, true) != TagRole::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_within_a_paragraph_are_markup_if_html_has_them() {
        let is_markup = |html: &str| is_inline_markup(html, &ClosedNames::of("</b></code>"));
        for tag in [
            "<br>",
            "<b>",
            "</b>",
            "<code>",
            "<img src=\"x\">",
            "<?php ?>",
        ] {
            assert!(is_markup(tag), "{tag}");
        }
        for tag in [
            "<namespace>",
            "<time>",
            "<i>",
            "<p and q>",
            "<b and c=d>",
            "<NAME>",
        ] {
            assert!(!is_markup(tag), "{tag}");
        }
    }
}
