//! Definitions of links, `[wiki]: https://wiki`: which are none, but prose in their form, such as `[Warning]: stop`.

use crate::domain::fold::lowercase;
use std::{collections::BTreeSet, ops::Range};

/// How names of files end that a definition may lead to.
const FILES: &str = " md mdx markdown html htm txt pdf png jpg jpeg gif svg webp json yaml yml sh rst adoc docx xlsx csv ";

/// A definition as the Markdown parser finds it.
#[derive(Debug)]
pub struct LinkDefinition {
    /// Its bytes in the source.
    pub span: Range<usize>,
    /// As [`folded`] answers it.
    pub label: String,
    is_target: bool,
}

/// A label as labels are compared: the case and the blanks do not matter.
pub fn folded(label: &str) -> String {
    let words: Vec<&str> = label.split_whitespace().collect();
    lowercase(&words.join(" "))
}

/// Whether a text is a URL, a path, or a place in the page.
fn is_target(text: &str) -> bool {
    let is_scheme = |it: &&str| text.starts_with(*it);
    let starts = [
        "#", "/", "./", "../", "?", "www.", "mailto:", "tel:", "data:",
    ];
    let file = text.split(['#', '?']).next().unwrap_or_default();
    let ending = file.rsplit_once('.').map_or("", |it| it.1);
    let is_file =
        !ending.is_empty() && FILES.contains(&format!(" {} ", ending.to_ascii_lowercase()));
    // `docs/setup`, but not `n/a` and `1/2`.
    let is_path = text.contains('/') && text.split('/').all(|it| it.len() > 1);
    text.is_empty() || text.contains("://") || starts.iter().any(is_scheme) || is_file || is_path
}

impl LinkDefinition {
    /// The definition of a label at a place of a source, and what it leads to.
    pub fn new(source: &str, label: &str, span: Range<usize>, target: &str) -> Self {
        let text = source.get(span.clone()).unwrap_or_default().trim_end();
        let behind = text.split_once("]:").map_or("", |it| it.1.trim_start());
        // `[1]: <b> "title"` is written for a parser.
        let has_title = behind.starts_with('<') && text.ends_with(['"', '\'', ')']);
        Self {
            span,
            label: folded(label),
            is_target: has_title || is_target(target),
        }
    }

    /// Whether nothing says that it is more than prose. `used` are the labels of links and images.
    pub fn is_prose(&self, used: &BTreeSet<String>) -> bool {
        !self.is_target && !used.contains(&self.label)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn definition(source: &str) -> LinkDefinition {
        let (label, target) = source[1..].split_once("]:").unwrap();
        let target = target.trim().trim_matches(['<', '>']);
        LinkDefinition::new(source, label, 0..source.len(), target)
    }

    fn is_prose(source: &str) -> bool {
        definition(source).is_prose(&BTreeSet::new())
    }

    #[test]
    fn a_definition_that_leads_nowhere_and_that_nothing_uses_is_prose() {
        for source in [
            "[NOTE]: wait-10-minutes",
            "[Warning]: stop",
            "[Warning]: stop.",
            "[Owner]: n/a",
            "[Version]: v1.2",
            "[Namespace]: <namespace>",
            "[Time]: 10:30",
        ] {
            assert!(is_prose(source), "{source}");
        }
        for source in [
            "[wiki]: https://wiki",
            "[a]: #stop",
            "[a]: ./x",
            "[a]: /x",
            "[a]: docs/setup",
            "[a]: setup.md#stop",
            "[a]: mailto:ana@acme.example",
            "[1]: <b> \"t\"",
        ] {
            assert!(!is_prose(source), "{source}");
        }
        let used = BTreeSet::from([folded("my wiki")]);
        assert!(!definition("[My  Wiki]: stop").is_prose(&used));
        assert!(definition("[Wiki]: stop").is_prose(&used));
    }
}
