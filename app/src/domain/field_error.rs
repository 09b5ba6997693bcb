//! Validation errors of a single field, each with the sentence that the user reads. Sentences begin with a capital, have
//! no full stop, and say what to do.
use super::digit_groups::{group_digits, grouped};
use serde::{Deserialize, Serialize};

/// What is wrong with one field.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum FieldError {
    #[error("Enter a value")]
    Missing,
    #[error("At most {} characters, you have {}", grouped(*max), grouped(*long))]
    TooLong { max: usize, long: usize },
    #[error("At most {} bytes, you have {}", grouped(*max), grouped(*long))]
    TooManyBytes { max: usize, long: usize },
    #[error("Remove the invisible character (U+{code:04X})")]
    ControlCharacter { code: u32 },
    #[error("Use lowercase letters, digits and hyphens, such as acme-prod")]
    NotANamespace { text: String },
    #[error("Use an absolute path, such as /etc/rollcall/prod-eu.yaml")]
    PathNotAbsolute,
    #[error("The path can't contain \"..\"")]
    PathGoesUp,
    #[error(
        "{key} isn't a valid variable name: start with a letter or _, then letters, digits, _ . or -, 64 at most"
    )]
    NotAKey { key: String },
    #[error("{key} is listed twice")]
    KeyTwice { key: String },
    #[error("Choose one of: {}", words.join(", "))]
    NotOneOf { words: Vec<String> },
    #[error("{text} isn't a date: write it as 2026-02-01")]
    NotADate { text: String },
    #[error("Choose at least one")]
    EmptyList,
    #[error("At most {}, you have {}", grouped(*max), grouped(*long))]
    TooMany { max: usize, long: usize },
    #[error("Unknown: {}", listed(ids))]
    Unknown { ids: Vec<i64> },
    #[error("There is no {noun} with the id {id}")]
    NoSuchRow { noun: String, id: i64 },
    #[error("Not active: {}", listed(names))]
    Inactive { names: Vec<String> },
    #[error("Unknown: {}; not active: {}", listed(ids), listed(names))]
    UnknownAndInactive { ids: Vec<i64>, names: Vec<String> },
    #[error("List every step of this category exactly once: {detail}")]
    NotAPermutation { detail: String },
    #[error("Choose one position")]
    TwoNeighbours,
    #[error("The text must be UTF-8")]
    NotUtf8,
    /// What is wrong with a text or a list, each with its place.
    #[error("{}", sentences(faults))]
    Faults { faults: Vec<String> },
    #[error("Enter 64 lowercase hexadecimal digits")]
    NotASha256,
    #[error("Use at least {min} characters; you have {short}")]
    TooShort { min: usize, short: usize },
    #[error("Use lowercase letters, digits and . _ @ -")]
    NotALogin,
    #[error("Another user has this name. Choose one that tells you apart")]
    NameTaken,
    #[error("Enter an email address, such as ana@example.com")]
    NotAnEmail,
    #[error("Choose a password other than the login")]
    PasswordIsLogin,
    #[error("This password is too common. Choose another")]
    PasswordIsCommon,
    #[error("Wrong password")]
    WrongPassword,
    #[error("Wrong or expired code. Check the log for the current one")]
    WrongCode,
    #[error("{role}s see everything. Leave the scope out")]
    ScopeNotAllowed { role: String },
    #[error("Choose {owner} or a lower role")]
    RoleAboveOwner { owner: String },
    #[error("Use an address of this site, such as ?status=failed")]
    NotAnAddress,
    #[error("Enter an address such as https://example.com/hooks")]
    NotAUrl,
    /// An address that the program never calls, with the reason.
    #[error("{reason}")]
    TargetRefused { reason: String },
    #[error("Enter 1 to {max} days")]
    DaysOutOfRange { max: i64 },
    #[error("Enter the job's path at Jenkins, such as folder/deploy")]
    NotAJob,
    #[error(
        "{name} isn't a parameter's name: use letters, digits, _ . and -, 100 at most, and write NAME=value"
    )]
    NotAParameter { name: String },
    #[error("Enter a number from {min} to {}", group_digits(&max.to_string()))]
    NumberOutOfRange { min: u32, max: u32 },
}

/// A message names at most this number of ids or names, however many the client sent.
const NAMED_MAX: usize = 100;

/// The first entries of a list, and the number of the others.
fn listed<T: ToString>(items: &[T]) -> String {
    let named = items.iter().take(NAMED_MAX);
    let named: Vec<String> = named.map(ToString::to_string).collect();
    named.join(", ") + &and_others(items.len().saturating_sub(NAMED_MAX))
}

/// The first sentences, and the number of the others.
fn sentences(all: &[String]) -> String {
    let named = all.get(..NAMED_MAX).unwrap_or(all);
    named.join("; ") + &and_others(all.len() - named.len())
}

/// The end of a list of which only the first entries are named; empty for 0.
fn and_others(n: usize) -> String {
    match n {
        0 => String::new(),
        n => format!(", and {n} more"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn large_numbers_have_separators() {
        let (max, long) = (5_000, 5_001);
        let texts = [
            FieldError::TooMany { max, long }.to_string(),
            FieldError::TooLong { max, long }.to_string(),
            FieldError::TooManyBytes { max, long }.to_string(),
        ];
        assert_eq!(
            texts,
            [
                "At most 5,000, you have 5,001",
                "At most 5,000 characters, you have 5,001",
                "At most 5,000 bytes, you have 5,001"
            ]
        );
    }

    #[test]
    fn sentences_about_people_say_what_to_do() {
        let says = [
            FieldError::NotALogin,
            FieldError::TooShort { min: 12, short: 5 },
            FieldError::ScopeNotAllowed {
                role: "Manager".into(),
            },
            FieldError::DaysOutOfRange { max: 365 },
        ]
        .map(|it| it.to_string());
        assert_eq!(
            says,
            [
                "Use lowercase letters, digits and . _ @ -",
                "Use at least 12 characters; you have 5",
                "Managers see everything. Leave the scope out",
                "Enter 1 to 365 days",
            ]
        );
    }
}
