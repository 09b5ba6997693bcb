//! The variables of a cluster, customer or release: keys, typed values and their limits (R6). Used by drafts, forms,
//! REST and imports; which value a text gets in the end is decided in `variables`.
use super::{field_error::FieldError, text::check_control_characters};
use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{self, Visitor},
};
use std::{collections::BTreeMap, fmt};

/// Bytes of JSON in the variables of one cluster, customer or release.
pub const METADATA_MAX_BYTES: usize = 16 * 1024;

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
        // A text area ends lines with CR LF, and shows a carriage return alone as a line end too.
        let typed = lines.split(['\n', '\r']).map(str::trim);
        let typed = typed.filter(|it| !it.is_empty());
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
