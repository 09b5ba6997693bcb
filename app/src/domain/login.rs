//! The login of a user: typed to sign in, or sent by a proxy or a provider.
use super::{field_error::FieldError, fold::lowercase};
use std::fmt;

/// Characters of a login.
pub const LOGIN_MAX_CHARS: usize = 100;

/// 1 to 100 of `a-z 0-9 . _ @ -`. Capital letters become small ones, so that a login is compared as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Login(String);

impl Login {
    /// Errors: empty, too long, another character.
    pub fn parse(text: &str) -> Result<Self, FieldError> {
        let text = text.trim().to_ascii_lowercase();
        let long = text.chars().count();
        if long == 0 {
            return Err(FieldError::Missing);
        }
        if long > LOGIN_MAX_CHARS {
            return Err(FieldError::TooLong {
                max: LOGIN_MAX_CHARS,
                long,
            });
        }
        if text.bytes().all(is_login_byte) {
            Ok(Self(text))
        } else {
            Err(FieldError::NotALogin)
        }
    }

    /// The login made from a provider's user name: characters that are not allowed become hyphens. None if nothing is left.
    pub fn nearest(text: &str) -> Option<Self> {
        let text: String = lowercase(text.trim())
            .chars()
            .map(|it| {
                let is_kept = u8::try_from(it).is_ok_and(is_login_byte);
                if is_kept { it } else { '-' }
            })
            .take(LOGIN_MAX_CHARS)
            .collect();
        let text = text.trim_matches('-');
        Self::parse(text).ok()
    }

    /// The same login with a number behind it: `ana-2`. A long one is cut.
    pub fn numbered(&self, number: u32) -> Self {
        let suffix = format!("-{number}");
        let kept = LOGIN_MAX_CHARS - suffix.len();
        // All characters are ASCII, so bytes are characters.
        let head = self.0.get(..kept).unwrap_or(&self.0);
        Self(format!("{head}{suffix}"))
    }

    /// The login as it is stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Login> for String {
    fn from(login: Login) -> Self {
        login.0
    }
}

fn is_login_byte(it: u8) -> bool {
    it.is_ascii_lowercase() || it.is_ascii_digit() || matches!(it, b'.' | b'_' | b'@' | b'-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_is_compared_in_small_letters() {
        let ana = Login::parse(" Ana.Ferreira@Example.com ").unwrap();
        assert_eq!(ana.as_str(), "ana.ferreira@example.com");
        assert_eq!(Login::parse("ANA.FERREIRA@EXAMPLE.COM"), Ok(ana));
    }

    #[test]
    fn nothing_that_only_looks_alike_is_a_login() {
        // A Cyrillic a, a full-width a, a blank, a Kelvin sign, which has a small letter in ASCII.
        for text in [
            "\u{430}na",
            "\u{ff41}na",
            "a na",
            "\u{212a}im",
            "a\nb",
            "a/b",
            "a\0",
        ] {
            assert!(Login::parse(text).is_err(), "{text:?}");
        }
        assert_eq!(Login::parse("  "), Err(FieldError::Missing));
        assert!(Login::parse(&"a".repeat(LOGIN_MAX_CHARS + 1)).is_err());
        assert!(Login::parse(&"a".repeat(LOGIN_MAX_CHARS)).is_ok());
    }

    #[test]
    fn a_provider_s_name_becomes_the_nearest_login() {
        let nearest = |text: &str| Login::nearest(text).map(String::from);
        assert_eq!(nearest("Zoë O'Hara"), Some("zo--o-hara".to_owned()));
        assert_eq!(nearest("DOMAIN\\ana"), Some("domain-ana".to_owned()));
        assert_eq!(nearest("李"), None);
        assert_eq!(nearest(""), None);
    }

    #[test]
    fn a_login_that_is_taken_gets_a_number() {
        let ana = Login::parse("ana").unwrap();
        assert_eq!(ana.numbered(2).as_str(), "ana-2");
        let long = Login::parse(&"a".repeat(LOGIN_MAX_CHARS)).unwrap();
        assert_eq!(long.numbered(12).as_str().len(), LOGIN_MAX_CHARS);
        assert!(long.numbered(12).as_str().ends_with("a-12"));
    }
}
