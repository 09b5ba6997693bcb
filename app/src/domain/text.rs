//! Validated text types: names, namespaces, descriptions, step texts. The only constructor of each is `parse`, which
//! enforces the limits of R6. All limits of single texts are defined here; those of variables in `metadata`.
use super::{field_error::FieldError, invisible, normalize::normalized};
use unicode_normalization::UnicodeNormalization;

/// Characters of a name.
pub const NAME_MAX_CHARS: usize = 100;
/// Characters of a namespace, the limit of RFC 1123.
pub const NAMESPACE_MAX_CHARS: usize = 63;
/// Characters of a version number.
pub const VERSION_MAX_CHARS: usize = 50;
/// Characters of a description.
pub const DESCRIPTION_MAX_CHARS: usize = 4_000;
/// Characters of notes and of a reason.
pub const NOTES_MAX_CHARS: usize = 10_000;
/// Characters of a path.
pub const PATH_MAX_CHARS: usize = 4_096;
/// Characters of a kubectl context.
pub const CONTEXT_MAX_CHARS: usize = 253;
/// Bytes of UTF-8 in a step's text.
pub const CONTENT_MAX_BYTES: usize = 256 * 1024;

/// Trims, and composes to NFC so that two spellings of one name are equal. In the browser the text is composed
/// already (`browser::form`), which keeps the Unicode tables out of the WASM.
fn trimmed_nfc(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() || cfg!(target_family = "wasm") {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

fn check_max_chars(text: &str, max: usize) -> Result<(), FieldError> {
    let long = text.chars().count();
    if long > max {
        Err(FieldError::TooLong { max, long })
    } else {
        Ok(())
    }
}

/// Allows line breaks and tabs, and rejects other control characters.
pub(super) fn check_control_characters(text: &str) -> Result<(), FieldError> {
    refuse(text, |it| {
        it.is_control() && !matches!(it, '\t' | '\n' | '\r')
    })
}

/// Rejects control characters, those that nobody sees, and those that turn the direction of the text beside them.
pub(super) fn check_one_line(text: &str) -> Result<(), FieldError> {
    refuse(text, char::is_control)?;
    match invisible::unseen(text) {
        Some(it) => Err(FieldError::ControlCharacter { code: it.into() }),
        None => Ok(()),
    }
}

fn refuse(text: &str, is_refused: impl Fn(char) -> bool) -> Result<(), FieldError> {
    match text.chars().find(|it| is_refused(*it)) {
        Some(it) => Err(FieldError::ControlCharacter { code: it.into() }),
        None => Ok(()),
    }
}

macro_rules! texts {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The validated text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }
    )*};
}

texts! {
    /// The name of a cluster, customer, release, step or person: 1 to 100 characters on one line.
    Name
    /// An RFC 1123 label: lower-case letters, digits and hyphens, at most 63.
    Namespace
    /// At most 50 characters on one line.
    VersionNumber
    /// At most 4,000 characters, with LF line breaks.
    Description
    /// Notes of a step: at most 10,000 characters, with LF line breaks.
    Notes
    /// Why a step was skipped, failed or reverted: 1 to 10,000 characters.
    Reason
    /// A step's text: at most 256 KiB, with LF line breaks and without a byte order mark at its start; otherwise unchanged.
    Content
    /// An absolute path without `..`. It is stored, never opened.
    KubeconfigPath
    /// What kubectl calls a cluster and its user together: up to 253 characters on one line.
    KubectlContext
}

impl Name {
    /// Errors: empty, a control character, too long.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = trimmed_nfc(text);
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        check_one_line(&text)?;
        check_max_chars(&text, NAME_MAX_CHARS)?;
        Ok(Self(text))
    }
}

impl Namespace {
    /// Errors: empty, too long, not an RFC 1123 label.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = trimmed_nfc(text);
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        check_max_chars(&text, NAMESPACE_MAX_CHARS)?;
        let label = text
            .bytes()
            .all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'-'))
            && !text.starts_with('-')
            && !text.ends_with('-');
        if label {
            Ok(Self(text))
        } else {
            Err(FieldError::NotANamespace { text })
        }
    }
}

impl VersionNumber {
    /// An empty input is none. Errors: a control character, too long.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = trimmed_nfc(text);
        check_one_line(&text)?;
        check_max_chars(&text, VERSION_MAX_CHARS)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Description {
    /// An empty input is none. Errors: a control character, too long.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = trimmed_nfc(&normalized(text));
        check_control_characters(&text)?;
        check_max_chars(&text, DESCRIPTION_MAX_CHARS)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Notes {
    /// An empty input is none. Errors: a control character, too long.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = trimmed_nfc(&normalized(text));
        check_control_characters(&text)?;
        check_max_chars(&text, NOTES_MAX_CHARS)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Reason {
    /// An empty input is none; the transition decides whether a reason is required (R2). Errors: those of `Notes`.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        Ok(Notes::parse(text)?.map(|it| Self(it.0)))
    }
}

impl Content {
    /// Errors: only white space, too many bytes, a control character.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = normalized(text);
        if text.trim().is_empty() {
            return Err(FieldError::Missing);
        }
        if text.len() > CONTENT_MAX_BYTES {
            return Err(FieldError::TooManyBytes {
                max: CONTENT_MAX_BYTES,
                long: text.len(),
            });
        }
        check_control_characters(&text)?;
        Ok(Self(text))
    }
}

impl KubectlContext {
    /// An empty input is none: the context has the cluster's name. Errors: a control character, too long.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = trimmed_nfc(text);
        check_one_line(&text)?;
        check_max_chars(&text, CONTEXT_MAX_CHARS)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl KubeconfigPath {
    /// An empty input is none. Errors: a control character, too long, a relative path, a `..` component.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = trimmed_nfc(text);
        if text.is_empty() {
            return Ok(None);
        }
        check_one_line(&text)?;
        check_max_chars(&text, PATH_MAX_CHARS)?;
        if !text.starts_with('/') {
            return Err(FieldError::PathNotAbsolute);
        }
        if text.split('/').any(|it| it == "..") {
            return Err(FieldError::PathGoesUp);
        }
        Ok(Some(Self(text)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_trimmed_composed_and_counted_in_characters() {
        assert_eq!(Name::parse("  Acme ").unwrap().as_str(), "Acme");
        assert_eq!(Name::parse("Cafe\u{301}").unwrap().as_str(), "Caf\u{e9}");
        assert!(Name::parse(&"é".repeat(100)).is_ok());
        assert_eq!(
            Name::parse(&"é".repeat(101)),
            Err(FieldError::TooLong {
                max: 100,
                long: 101
            })
        );
        assert_eq!(Name::parse(" \t "), Err(FieldError::Missing));
        assert_eq!(
            Name::parse("a\nb"),
            Err(FieldError::ControlCharacter { code: 10 })
        );
    }

    #[test]
    fn a_namespace_is_an_rfc_1123_label() {
        assert!(Namespace::parse("acme-2").is_ok());
        for wrong in ["Acme", "acme_2", "-acme", "acme-", "a.b", "ä"] {
            assert!(Namespace::parse(wrong).is_err(), "{wrong}");
        }
        assert!(Namespace::parse(&"a".repeat(64)).is_err());
    }

    #[test]
    fn a_kubeconfig_path_is_absolute_and_never_goes_up() {
        assert_eq!(KubeconfigPath::parse(" ").unwrap(), None);
        assert!(KubeconfigPath::parse("/etc/a..b/config").unwrap().is_some());
        assert_eq!(
            KubeconfigPath::parse("etc/x"),
            Err(FieldError::PathNotAbsolute)
        );
        assert_eq!(
            KubeconfigPath::parse("/etc/../x"),
            Err(FieldError::PathGoesUp)
        );
        assert!(KubeconfigPath::parse("/etc/\0x").is_err());
    }

    #[test]
    fn content_has_lf_and_no_byte_order_mark_and_keeps_all_else() {
        let content = |text| Content::parse(text).unwrap();
        assert_eq!(content("\u{feff}a\r\nb\rc").as_str(), "a\nb\nc");
        let text = "  a\tb\n\u{301}\u{a0}\u{feff}  \n";
        assert_eq!(content(text).as_str(), text);
        assert!(Content::parse("a\0").is_err());
        assert!(Content::parse("\u{feff}\r\n").is_err());
        assert!(Content::parse(&"a".repeat(CONTENT_MAX_BYTES + 1)).is_err());
    }

    #[test]
    fn descriptions_notes_and_reasons_have_lf() {
        let text = "\u{feff} a\r\nb\rc \r\n";
        assert_eq!(
            Description::parse(text).unwrap().unwrap().as_str(),
            "a\nb\nc"
        );
        assert_eq!(Notes::parse(text).unwrap().unwrap().as_str(), "a\nb\nc");
        assert_eq!(Reason::parse(text).unwrap().unwrap().as_str(), "a\nb\nc");
        assert_eq!(Notes::parse("\u{feff}\r\n"), Ok(None));
    }

    #[test]
    fn what_nobody_sees_is_refused_in_names() {
        for letter in [
            '\u{200b}',
            '\u{ad}',
            '\u{2028}',
            '\u{3164}',
            '\u{fe0f}',
            '\u{e0041}',
        ] {
            let text = format!("/a{letter}b");
            assert!(Name::parse(&text).is_err() && VersionNumber::parse(&text).is_err());
            assert!(KubeconfigPath::parse(&text).is_err() && KubectlContext::parse(&text).is_err());
            assert!(Content::parse(&text).is_ok());
        }
        assert!(Name::parse("\u{26a0}\u{fe0f} Müller\u{a0}AG").is_ok());
    }

    #[test]
    fn what_turns_the_direction_of_text_is_refused_in_names() {
        for letter in ['\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}'] {
            let text = format!("/a{letter}b");
            assert!(Name::parse(&text).is_err() && VersionNumber::parse(&text).is_err());
            assert!(KubeconfigPath::parse(&text).is_err() && KubectlContext::parse(&text).is_err());
            assert!(Content::parse(&text).is_ok());
        }
    }
}
