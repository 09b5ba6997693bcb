//! Author and time of a change. Every change has both (R20).
use super::{field_error::FieldError, letter_case::upper, text::Name};
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// The author and the time of a change. Times have millisecond precision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActorStamp {
    /// The name of the person.
    pub by: String,
    #[serde(with = "crate::domain::time_serde")]
    pub at: DateTime<Utc>,
}

impl ActorStamp {
    /// Checks the name against the limits of `Name`, rejects text that was not UTF-8, and truncates the time to
    /// milliseconds.
    pub fn new(by: &str, at: DateTime<Utc>) -> Result<Self, FieldError> {
        // Invalid UTF-8 was replaced by this character when the name was decoded.
        if by.contains(char::REPLACEMENT_CHARACTER) {
            return Err(FieldError::NotUtf8);
        }
        Ok(Self {
            by: Name::parse(by)?.into(),
            at: at.trunc_subsecs(3),
        })
    }
}

/// The initials that stand for a person in a cell: "Ana Ferreira" is AF, "jonas" is JO.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => upper(&String::from_iter([first, last])),
        _ => upper(&name.trim().chars().take(2).collect::<String>()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_are_the_first_and_the_last_word_s() {
        assert_eq!(initials("Ana Maria Ferreira"), "AF");
        assert_eq!(initials("jonas"), "JO");
        assert_eq!(initials(""), "");
    }

    #[test]
    fn nobody_cannot_do_anything() {
        assert_eq!(
            ActorStamp::new("  ", DateTime::UNIX_EPOCH),
            Err(FieldError::Missing)
        );
        assert_eq!(
            ActorStamp::new(&String::from_utf8_lossy(b"Zo\xeb"), DateTime::UNIX_EPOCH),
            Err(FieldError::NotUtf8)
        );
    }
}
