//! Texts of several lines as they come in (R84), by REST, form, import or paste: line breaks become LF, and a byte order mark
//! at the start goes. Values of variables are not changed.
use super::warning::{Warning, WarningKind};

/// The text with LF only and without a byte order mark. Any other character stays.
pub fn normalized(text: &str) -> String {
    text.trim_start_matches('\u{feff}')
        .replace("\r\n", "\n")
        .replace('\r', "\n")
}

/// What `normalized` changes, for the person who sent the text.
pub fn notices(text: &str) -> Vec<Warning> {
    let mut notices = Vec::new();
    if text.contains('\r') {
        notices.push(Warning::new(
            WarningKind::LineBreaks,
            if text.contains("\r\n") { "CRLF" } else { "CR" },
            "Line breaks were changed to LF",
        ));
    }
    if text.starts_with('\u{feff}') {
        notices.push(Warning::new(
            WarningKind::ByteOrderMark,
            "Byte order mark",
            "The byte order mark at the start was removed",
        ));
    }
    notices
}

/// The message after a text was saved. `done` is for example "Saved Upgrade"; that a byte order mark at the start of `sent` was
/// removed is added. Line breaks need no notice: a browser gives the content of a text area with LF.
pub fn saved_message(done: &str, sent: &str) -> String {
    let mark = if sent.starts_with('\u{feff}') {
        ", without the byte order mark at its start"
    } else {
        ""
    };
    format!("{done}{mark}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn every_line_break_becomes_lf_and_the_first_mark_goes() {
        assert_eq!(normalized("\u{feff}a\r\nb\rc\n\r\n"), "a\nb\nc\n\n");
        assert_eq!(normalized("a\u{feff}\u{85}\tb "), "a\u{feff}\u{85}\tb ");
    }

    #[test]
    fn what_was_changed_is_said() {
        let names = |text| -> Vec<String> { notices(text).into_iter().map(|it| it.name).collect() };
        assert_eq!(names("\u{feff}a\r\nb"), ["CRLF", "Byte order mark"]);
        assert_eq!(names("a\rb"), ["CR"]);
        assert!(names("a\nb\u{feff}").is_empty());
    }

    #[test]
    fn a_page_tells_of_a_mark_that_is_not_kept() {
        assert_eq!(saved_message("Saved Upgrade", "set -e"), "Saved Upgrade");
        assert_eq!(
            saved_message("Text overridden", "\u{feff}set -e"),
            "Text overridden, without the byte order mark at its start"
        );
    }

    proptest! {
        #[test]
        fn there_is_a_notice_exactly_if_the_text_changes(text in "[\u{feff}\r\na]{0,8}") {
            prop_assert_eq!(notices(&text).is_empty(), normalized(&text) == text);
        }
    }
}
