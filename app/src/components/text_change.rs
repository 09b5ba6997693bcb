//! What changed in a step's text, in words (R81).
use crate::domain::text_change::{TextChange, TextChangeKind};

/// How much of a value a line shows, in characters.
const VALUE_MAX_CHARS: usize = 80;

/// A value, cut where it is too long for a line.
fn cut(value: &str) -> String {
    match value.char_indices().nth(VALUE_MAX_CHARS) {
        Some((at, _)) => [&value[..at], "…"].concat(),
        None => value.to_owned(),
    }
}

/// "HOST changed 14:02 by Ana: old -> new"
pub fn change_text(change: &TextChange, at: &str) -> String {
    let TextChange {
        kind,
        name,
        by,
        from,
        to,
        ..
    } = change;
    match kind {
        TextChangeKind::Variable => {
            let name = name.strip_prefix("var.").unwrap_or(name);
            let value =
                |it: &Option<String>| it.as_deref().map_or_else(|| "not set".to_owned(), cut);
            let (from, to) = (value(from), value(to));
            format!("{name} changed {at} by {by}: {from} -> {to}")
        }
        TextChangeKind::Template => format!("{by} edited the template {at}"),
        TextChangeKind::Override => format!("{by} changed this customer's text {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::DateTime;

    #[test]
    fn a_long_value_is_cut_for_its_line() {
        let short = "é".repeat(VALUE_MAX_CHARS);
        assert_eq!(cut(&short), short);
        assert_eq!(cut(&format!("{short}a")), format!("{short}…"));
    }

    #[test]
    fn a_change_says_what_when_by_whom_from_and_to() {
        let change = |kind, from: Option<&str>| TextChange {
            kind,
            name: "var.HOST".into(),
            by: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            from: from.map(Into::into),
            to: Some("new".into()),
        };
        let text = |kind, from| change_text(&change(kind, from), "14:02");
        assert_eq!(
            text(TextChangeKind::Variable, Some("old")),
            "HOST changed 14:02 by Ana: old -> new"
        );
        assert_eq!(
            text(TextChangeKind::Variable, None),
            "HOST changed 14:02 by Ana: not set -> new"
        );
        assert_eq!(
            text(TextChangeKind::Template, Some("a")),
            "Ana edited the template 14:02"
        );
    }
}
