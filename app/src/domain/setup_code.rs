//! The one-time code by which the first admin is made (R26), as the log shows it: two groups of four characters with a dash between them.
use std::fmt;

/// Letters and digits that are not mistaken for each other: 32 of them, so a character is 5 bits.
const ALPHABET: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";
/// Characters of a code: 40 bits, which is enough for half an hour behind the throttle of logins.
const CODE_CHARS: usize = 8;
/// Minutes that a code can be used.
pub const SETUP_CODE_MINUTES: i64 = 30;

/// A code, without its hyphen.
#[derive(Clone, PartialEq, Eq)]
pub struct SetupCode(String);

impl SetupCode {
    /// The code of these random bytes.
    pub fn from_random(bytes: [u8; CODE_CHARS]) -> Self {
        let letters = bytes.map(|it| char::from(ALPHABET[usize::from(it) % ALPHABET.len()]));
        Self(letters.iter().collect())
    }

    /// Reads a code as people type it: in small letters, with or without the hyphen. None if it can be none.
    pub fn parse(text: &str) -> Option<Self> {
        let code: String = text
            .chars()
            .filter(|it| !it.is_whitespace() && *it != '-')
            .map(|it| it.to_ascii_uppercase())
            .collect();
        let is_code = code.len() == CODE_CHARS && code.bytes().all(|it| ALPHABET.contains(&it));
        is_code.then_some(Self(code))
    }

    /// What is hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (head, tail) = self.0.split_at(CODE_CHARS / 2);
        write!(f, "{head}-{tail}")
    }
}

impl fmt::Debug for SetupCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SetupCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_it_is_shown_and_as_it_is_typed() {
        let code = SetupCode::from_random([0, 1, 31, 32, 255, 7, 8, 9]);
        assert_eq!(code.to_string(), "AB9A-9HJK");
        for typed in ["AB9A-9HJK", "ab9a9hjk", " ab9a 9hjk "] {
            assert_eq!(SetupCode::parse(typed), Some(code.clone()), "{typed}");
        }
        for wrong in ["", "AB9A-9HJ", "AB9A-9HJKK", "AB9A-9HJ0", "AB9A-9HJÄ"] {
            assert_eq!(SetupCode::parse(wrong), None, "{wrong}");
        }
    }
}
