//! Who did it, and when: nothing is recorded as done by nobody (R20).
use super::{refusal::Problem, text::Name};
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};

/// The author and the time of a change; times are kept to the millisecond.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    pub by: String,
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
}

impl Stamp {
    pub fn new(by: &str, at: DateTime<Utc>) -> Result<Self, Problem> {
        // What was read and is no text has become this sign.
        if by.contains(char::REPLACEMENT_CHARACTER) {
            return Err(Problem::NotUtf8);
        }
        Ok(Self {
            by: Name::parse(by)?.into(),
            at: at.trunc_subsecs(3),
        })
    }
}

/// The letters that stand for a person in a cell: "Ana Ferreira" is AF, "jonas" is JO.
pub fn initials(name: &str) -> String {
    let mut words = name
        .split_whitespace()
        .filter_map(|word| word.chars().next());
    match (words.next(), words.next_back()) {
        (Some(first), Some(last)) => [first, last]
            .iter()
            .flat_map(|it| it.to_uppercase())
            .collect(),
        _ => name
            .trim()
            .chars()
            .take(2)
            .flat_map(char::to_uppercase)
            .collect(),
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
            Stamp::new("  ", DateTime::UNIX_EPOCH),
            Err(Problem::Missing)
        );
        assert_eq!(
            Stamp::new(&String::from_utf8_lossy(b"Zo\xeb"), DateTime::UNIX_EPOCH),
            Err(Problem::NotUtf8)
        );
    }
}
