//! Texts that people type, as types with one door each: `parse`. The limits are those of R6 and stand only here.
use super::rule_violation::FieldError;
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use std::{collections::BTreeMap, fmt};
use unicode_normalization::UnicodeNormalization;

pub const NAME_MAX: usize = 100;
pub const NAMESPACE_MAX: usize = 63;
pub const VERSION_MAX: usize = 50;
pub const DESCRIPTION_MAX: usize = 4_000;
pub const NOTE_MAX: usize = 10_000;
pub const PATH_MAX: usize = 4_096;
/// In bytes of UTF-8.
pub const CONTENT_MAX: usize = 256 * 1024;
/// In bytes of JSON.
pub const METADATA_MAX: usize = 16 * 1024;

/// Trimmed and in Unicode's composed form, so that two spellings of one name are one name. In the browser a text comes
/// composed (`browser::form`), which spares the WASM the tables.
fn tidy(text: &str) -> String {
    let text = text.trim();
    if text.is_ascii() || cfg!(target_family = "wasm") {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

fn at_most(text: &str, max: usize) -> Result<(), FieldError> {
    let long = text.chars().count();
    if long > max {
        Err(FieldError::TooLong { max, long })
    } else {
        Ok(())
    }
}

/// Line breaks and tabs belong in a text; other control characters do not.
fn no_control_characters(text: &str) -> Result<(), FieldError> {
    match text
        .chars()
        .find(|it| it.is_control() && !matches!(it, '\t' | '\n' | '\r'))
    {
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
    /// 1 to 100 characters on one line: of a cluster, customer, release, step or person.
    Name
    /// An RFC 1123 label: small letters, digits and hyphens, 63 at most.
    Namespace
    /// At most 50 characters on one line.
    VersionNumber
    /// Up to 4,000 characters.
    Description
    /// What somebody noted at a step: up to 10,000 characters.
    Notes
    /// Why something was skipped, failed or reverted: up to 10,000 characters, not empty.
    Reason
    /// A step's text: up to 256 KiB, kept byte for byte.
    Content
    /// An absolute path without `..`. It is stored, never opened.
    KubeconfigPath
}

impl Name {
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = tidy(text);
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        if let Some(it) = text.chars().find(|it| it.is_control()) {
            return Err(FieldError::ControlCharacter { code: it.into() });
        }
        at_most(&text, NAME_MAX)?;
        Ok(Self(text))
    }
}

impl Namespace {
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = tidy(text);
        if text.is_empty() {
            return Err(FieldError::Missing);
        }
        at_most(&text, NAMESPACE_MAX)?;
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
    /// Nothing typed is no version.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = tidy(text);
        if let Some(it) = text.chars().find(|it| it.is_control()) {
            return Err(FieldError::ControlCharacter { code: it.into() });
        }
        at_most(&text, VERSION_MAX)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Description {
    /// Nothing typed is no description.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = tidy(text);
        no_control_characters(&text)?;
        at_most(&text, DESCRIPTION_MAX)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Notes {
    /// Nothing typed is no note.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = tidy(text);
        no_control_characters(&text)?;
        at_most(&text, NOTE_MAX)?;
        Ok((!text.is_empty()).then_some(Self(text)))
    }
}

impl Reason {
    /// Nothing typed is no reason; whether one is needed, the transition knows (R2).
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        Ok(Notes::parse(text)?.map(|it| Self(it.0)))
    }
}

impl Content {
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        if text.trim().is_empty() {
            return Err(FieldError::Missing);
        }
        if text.len() > CONTENT_MAX {
            return Err(FieldError::TooManyBytes {
                max: CONTENT_MAX,
                long: text.len(),
            });
        }
        no_control_characters(text)?;
        Ok(Self(text.to_owned()))
    }
}

impl KubeconfigPath {
    /// Nothing typed is no path.
    pub fn parse(text: &str) -> Result<Option<Self>, FieldError> {
        let text = tidy(text);
        if text.is_empty() {
            return Ok(None);
        }
        if let Some(it) = text.chars().find(|it| it.is_control()) {
            return Err(FieldError::ControlCharacter { code: it.into() });
        }
        at_most(&text, PATH_MAX)?;
        if !text.starts_with('/') {
            return Err(FieldError::PathNotAbsolute);
        }
        if text.split('/').any(|it| it == "..") {
            return Err(FieldError::PathGoesUp);
        }
        Ok(Some(Self(text)))
    }
}

/// A variable's value, as JSON has it: a number or boolean that nobody touches keeps its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Boolean(bool),
    /// As JSON writes it.
    Number(String),
    Text(String),
}

/// In JSON a value is what it looks like; other formats say which kind comes.
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

/// The Variables of a cluster, customer or release: at most 16 KiB of JSON.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Metadata(pub BTreeMap<String, Value>);

impl Metadata {
    /// As lines of `key=value`, for a form without JavaScript. A value of several lines is left out.
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

    /// What `lines` were edited to: untouched values keep their type, and those of several lines stay.
    pub fn from_lines(lines: &str, before: &Self) -> Self {
        let typed = lines.lines().map(str::trim).filter(|it| !it.is_empty());
        let typed = typed.map(|line| {
            let (key, text) = line.split_once('=').unwrap_or((line, ""));
            let (key, text) = (key.trim(), text.trim());
            // Blanks around a value cannot be seen in a form: a value that differs by them alone was not touched.
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

    /// Checks keys, values and size; each wrong key is named.
    pub fn checked(self) -> Result<Self, FieldError> {
        for (key, value) in &self.0 {
            if !is_key(key) {
                return Err(FieldError::NotAKey { key: key.clone() });
            }
            if let Value::Text(text) = value {
                no_control_characters(text)?;
            }
        }
        // In JSON each entry also has a colon and a comma, or one of the two braces.
        let long = self.0.iter().fold(1, |sum, (key, value)| {
            let value = match value {
                Value::Text(text) => json_length(text),
                other => other.to_string().len(),
            };
            sum + json_length(key) + value + 2
        });
        if long > METADATA_MAX {
            return Err(FieldError::TooManyBytes {
                max: METADATA_MAX,
                long,
            });
        }
        Ok(self)
    }
}

/// Whether a text area shows a value as several lines: also a carriage return alone begins a new line there.
fn has_line_break(value: &str) -> bool {
    value.contains(['\n', '\r'])
}

/// How many bytes a text takes in JSON.
fn json_length(text: &str) -> usize {
    let escaped = text.bytes().map(|it| match it {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' => 2,
        0..=31 => 6,
        _ => 1,
    });
    2 + escaped.sum::<usize>()
}

/// A variable's key: a letter or underscore, then letters, digits, `_`, `.` and `-`; 64 at most.
pub fn is_key(text: &str) -> bool {
    let mut letters = text.bytes();
    letters
        .next()
        .is_some_and(|it| it.is_ascii_alphabetic() || it == b'_')
        && text.len() <= 64
        && letters.all(|it| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'.' | b'-'))
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
    fn content_keeps_every_byte_and_refuses_nul() {
        let text = "  a\tb\r\n\u{301}  ";
        assert_eq!(Content::parse(text).unwrap().as_str(), text);
        assert!(Content::parse("a\0").is_err());
        assert!(Content::parse(&"a".repeat(CONTENT_MAX + 1)).is_err());
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
        assert!(read(&format!(r#"{{"a":"{}"}}"#, "x".repeat(METADATA_MAX))).is_err());
        assert!(serde_json::from_str::<Metadata>(r#"{"a":[1]}"#).is_err());
    }
}
