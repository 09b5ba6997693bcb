//! Validated text types (names, namespaces, descriptions, step texts) and variables. The only constructor of each is
//! `parse`, which enforces the limits of R6. All limits are defined here.
use super::{field_error::FieldError, invisible::is_bidi_control, normalize::normalized};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use std::{collections::BTreeMap, fmt};
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
/// Bytes of JSON in the variables of one cluster, customer or release.
pub const METADATA_MAX_BYTES: usize = 16 * 1024;

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
fn check_control_characters(text: &str) -> Result<(), FieldError> {
    refuse(text, |it| {
        it.is_control() && !matches!(it, '\t' | '\n' | '\r')
    })
}

/// Rejects control characters, and those that turn the direction of the text beside them.
fn check_one_line(text: &str) -> Result<(), FieldError> {
    refuse(text, |it| it.is_control() || is_bidi_control(it))
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
    /// At most 4,000 characters.
    Description
    /// Notes of a step: at most 10,000 characters.
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
        let text = trimmed_nfc(text);
        check_control_characters(&text)?;
        check_max_chars(&text, DESCRIPTION_MAX_CHARS)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Notes {
    /// An empty input is none. Errors: a control character, too long.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = trimmed_nfc(text);
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

/// The value of a variable. A number or boolean keeps its JSON type unless the user edits it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Boolean(bool),
    /// As written in JSON.
    Number(String),
    Text(String),
}

/// Plain values in JSON; in other formats a tag and a text.
impl Serialize for Value {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        if !to.is_human_readable() {
            let (kind, text) = match self {
                Self::Boolean(it) => (0_u8, it.to_string()),
                Self::Number(it) => (1, it.clone()),
                Self::Text(it) => (2, it.clone()),
            };
            return (kind, text).serialize(to);
        }
        match self {
            Self::Boolean(it) => to.serialize_bool(*it),
            Self::Text(it) => to.serialize_str(it),
            Self::Number(it) => {
                if let Ok(it) = it.parse::<u64>() {
                    to.serialize_u64(it)
                } else if let Ok(it) = it.parse::<i64>() {
                    to.serialize_i64(it)
                } else {
                    to.serialize_f64(it.parse().unwrap_or_default())
                }
            }
        }
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        if from.is_human_readable() {
            return from.deserialize_any(ValueVisitor);
        }
        let (kind, text) = <(u8, String)>::deserialize(from)?;
        Ok(match kind {
            0 => Self::Boolean(text == "true"),
            1 => Self::Number(text),
            _ => Self::Text(text),
        })
    }
}

struct ValueVisitor;

impl Visitor<'_> for ValueVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text, a number, or true or false")
    }

    fn visit_bool<E: de::Error>(self, it: bool) -> Result<Value, E> {
        Ok(Value::Boolean(it))
    }

    fn visit_u64<E: de::Error>(self, it: u64) -> Result<Value, E> {
        Ok(Value::Number(it.to_string()))
    }

    fn visit_i64<E: de::Error>(self, it: i64) -> Result<Value, E> {
        Ok(Value::Number(it.to_string()))
    }

    fn visit_f64<E: de::Error>(self, it: f64) -> Result<Value, E> {
        Ok(Value::Number(format!("{it:?}")))
    }

    fn visit_str<E: de::Error>(self, it: &str) -> Result<Value, E> {
        Ok(Value::Text(it.to_owned()))
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(it) => it.fmt(f),
            Self::Number(it) | Self::Text(it) => it.fmt(f),
        }
    }
}

/// The variables of a cluster, customer or release: at most 16 KiB of JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, Value>);

impl Metadata {
    /// As lines of `key=value`, for a form without JavaScript. Values with several lines are left out.
    pub fn lines(&self) -> String {
        let mut lines = String::new();
        for (key, value) in &self.0 {
            let value = value.to_string();
            if !has_line_break(&value) {
                lines.extend([key, "=", &value, "\n"]);
            }
        }
        lines
    }

    /// The variables after `lines` were edited: unchanged values keep their type, and values with several lines are
    /// kept.
    pub fn from_lines(lines: &str, before: &Self) -> Self {
        let typed = lines.lines().map(str::trim).filter(|it| !it.is_empty());
        let typed = typed.map(|line| {
            let (key, text) = line.split_once('=').unwrap_or((line, ""));
            let (key, text) = (key.trim(), text.trim());
            // Blanks around a value cannot be seen in a form: a value that differs only by them was not touched.
            let untouched = before.0.get(key);
            let untouched = untouched.filter(|it| it.to_string().trim() == text);
            let value = untouched
                .cloned()
                .unwrap_or_else(|| Value::Text(text.to_owned()));
            (key.to_owned(), value)
        });
        let long = before
            .0
            .iter()
            .filter(|(_, value)| has_line_break(&value.to_string()));
        let long = long.map(|(key, value)| (key.clone(), value.clone()));
        Self(long.chain(typed).collect())
    }

    /// Validates keys, values and total size. The error names the first wrong key.
    pub fn checked(self) -> Result<Self, FieldError> {
        for (key, value) in &self.0 {
            if !is_key(key) {
                return Err(FieldError::NotAKey { key: key.clone() });
            }
            if let Value::Text(text) = value {
                check_control_characters(text)?;
            }
        }
        // In JSON each entry also takes a colon and a comma, or one of the two braces.
        let long = self.0.iter().fold(1, |sum, (key, value)| {
            let value = match value {
                Value::Text(text) => json_bytes(text),
                other => other.to_string().len(),
            };
            sum + json_bytes(key) + value + 2
        });
        if long > METADATA_MAX_BYTES {
            return Err(FieldError::TooManyBytes {
                max: METADATA_MAX_BYTES,
                long,
            });
        }
        Ok(self)
    }
}

/// Bytes of UTF-8 in the key of a variable.
const KEY_MAX_BYTES: usize = 64;

/// Whether a text area shows a value as several lines. A carriage return alone begins a new line there, too.
fn has_line_break(value: &str) -> bool {
    value.contains(['\n', '\r'])
}

/// Bytes that a text takes in JSON.
fn json_bytes(text: &str) -> usize {
    let escaped = text.bytes().map(|it| match it {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..=31 => 6,
        _ => 1,
    });
    2 + escaped.sum::<usize>()
}

/// Whether a text is a valid key: a letter or underscore, then letters, digits, `_`, `.` and `-`; at most 64.
pub fn is_key(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == b'_')
        && text.len() <= KEY_MAX_BYTES
        && bytes.all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b'-'))
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
    fn what_turns_the_direction_of_text_is_refused_in_names() {
        for letter in ['\u{202e}', '\u{2066}', '\u{200f}', '\u{61c}'] {
            let text = format!("/a{letter}b");
            assert!(Name::parse(&text).is_err() && VersionNumber::parse(&text).is_err());
            assert!(KubeconfigPath::parse(&text).is_err() && KubectlContext::parse(&text).is_err());
            assert!(Content::parse(&text).is_ok());
        }
    }

    #[test]
    fn lines_of_variables_keep_types_and_values_of_several_lines() {
        let before: Metadata =
            serde_json::from_str(r#"{"A":1.5,"B":true,"C":"x = y","D":"two\nlines"}"#).unwrap();
        assert_eq!(before.lines(), "A=1.5\nB=true\nC=x = y\n");
        assert_eq!(Metadata::from_lines(&before.lines(), &before), before);
        let edited = Metadata::from_lines("A = 2\r\n\nE=\n", &before);
        let json = r#"{"A":"2","D":"two\nlines","E":""}"#;
        assert_eq!(serde_json::to_string(&edited).unwrap(), json);
    }

    #[test]
    fn values_that_were_not_touched_keep_their_blanks_and_carriage_returns() {
        let json = r#"{"A":"  two blanks ","B":"a\rb","C":"   ","D":"a\r\nb","E":" 1.5 "}"#;
        let before: Metadata = serde_json::from_str(json).unwrap();
        assert_eq!(before.lines(), "A=  two blanks \nC=   \nE= 1.5 \n");
        // A browser sends CR LF, and may have trimmed the last line.
        let sent = before.lines().trim_end().replace('\n', "\r\n");
        assert_eq!(Metadata::from_lines(&sent, &before), before);
        let edited = Metadata::from_lines("A=two  blanks\nC=\nE=1.5", &before);
        let json = r#"{"A":"two  blanks","B":"a\rb","C":"   ","D":"a\r\nb","E":" 1.5 "}"#;
        assert_eq!(serde_json::to_string(&edited).unwrap(), json);
    }

    #[test]
    fn variables_have_keys_that_a_shell_would_like_and_keep_their_types() {
        let read = |json: &str| serde_json::from_str::<Metadata>(json).unwrap().checked();
        let json = r#"{"A.b-c":"x","_n":1.5,"big":18446744073709551615,"on":true}"#;
        assert_eq!(serde_json::to_string(&read(json).unwrap()).unwrap(), json);
        assert_eq!(
            read(r#"{"1a":""}"#),
            Err(FieldError::NotAKey { key: "1a".into() })
        );
        assert!(read(&format!(r#"{{"a":"{}"}}"#, "x".repeat(METADATA_MAX_BYTES))).is_err());
        assert!(serde_json::from_str::<Metadata>(r#"{"a":[1]}"#).is_err());
    }
}
