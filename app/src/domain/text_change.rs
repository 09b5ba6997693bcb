//! What changed in a step's text since it was shown, started or activated (R81): the value of a variable, the template, or
//! the step's own text.
use super::{diff::DiffRow, vocabulary::StepStatus};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

words! {
    /// What was changed.
    TextChangeKind { Variable = "variable", Template = "template", Override = "override" }
}

/// One change of a step's text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextChange {
    pub kind: TextChangeKind,
    /// `var.HOST`, `customer.name`; else the step's name.
    pub name: String,
    /// Who made the change.
    pub by: String,
    #[serde(with = "crate::domain::time_serde")]
    pub at: DateTime<Utc>,
    /// The value or the text before; none where there was no value.
    pub from: Option<String>,
    /// The value or the text after; none where there is no value any more.
    pub to: Option<String>,
}

/// The sentence of the refusal.
pub const TEXT_CHANGED: &str = "The text changed since it was shown. Look at it again";

/// A step's text that is another than the one that was shown, and what changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangedText {
    /// The text of today with its variables resolved.
    pub resolved_content: String,
    /// The SHA-256 of `resolved_content`, as 64 lowercase hexadecimal digits.
    pub resolved_sha256: String,
    /// Oldest first.
    pub changes: Vec<TextChange>,
}

/// A step's text as it is now beside an earlier one, line by line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextComparison {
    pub now: ChangedText,
    pub rows: Vec<DiffRow>,
    /// The step's state, which somebody else may have set meanwhile.
    pub status: StepStatus,
    pub state_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub state_at: Option<DateTime<Utc>>,
    /// Why it failed, or was skipped or reverted.
    pub reason: Option<String>,
}

impl TextComparison {
    /// What a person agrees to: a text, and the state that it is proved in.
    pub fn agreed(&self) -> (&str, StepStatus, Option<DateTime<Utc>>) {
        (&self.now.resolved_sha256, self.status, self.state_at)
    }
}

/// The text that a done step was done with, as its event kept it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptText {
    pub text: String,
    pub sha256: String,
    /// Whether the person had it on the page.
    pub is_shown: bool,
}

/// What the text is that a done step kept.
pub fn kept_label(is_shown: bool) -> &'static str {
    if is_shown {
        "Text as shown"
    } else {
        "Text at that time"
    }
}

/// Whether a whole line of a text is in what was selected on a page, where blanks may differ.
pub fn holds_line_of(selected: &str, text: &str) -> bool {
    let is_same = |a: &str, b: &str| a.split_whitespace().eq(b.split_whitespace());
    let mut lines = text.lines().filter(|it| !it.trim().is_empty());
    lines.any(|line| selected.lines().any(|it| is_same(it, line)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_selection_counts_from_a_whole_line_on() {
        let text = "set -e\n\n  curl https://a.example";
        assert!(holds_line_of("Upgrade\nset -e\n\n  cur", text));
        assert!(holds_line_of("curl https://a.example", text));
        assert!(!holds_line_of("set", text));
        assert!(!holds_line_of("Upgrade\n\n", text));
        assert!(!holds_line_of("", "\n"));
    }
}
