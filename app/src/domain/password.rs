//! What a password must be like (R24): 12 to 128 characters, not the login, not one of the ten thousand commonest. Hashing is the
//! store's. The list of common ones is no part of the WASM: the browser leaves that question to the server.
use super::{field_error::FieldError, fold::lowercase, login::Login};
use std::{collections::HashSet, fmt, sync::OnceLock};
use unicode_normalization::UnicodeNormalization;

/// Characters of a password.
pub const PASSWORD_MIN_CHARS: usize = 12;
/// Characters of a password.
pub const PASSWORD_MAX_CHARS: usize = 128;

/// The ten thousand commonest passwords of at least 12 characters, in small letters, one a line, sorted.
const COMMON_PASSWORDS: &str = include_str!("common_passwords.txt");

/// A password that may be set. It is composed to NFC, so that two keyboards write the same one; blanks count.
#[derive(Clone, PartialEq, Eq)]
pub struct Password(String);

impl Password {
    /// Errors: too short, too long, the login, too common. Without a login, because that is wrong too, it is not compared.
    pub fn parse(text: &str, login: Option<&Login>) -> Result<Self, FieldError> {
        let text = composed(text);
        let long = text.chars().count();
        if long == 0 {
            return Err(FieldError::Missing);
        }
        if long < PASSWORD_MIN_CHARS {
            return Err(FieldError::TooShort {
                min: PASSWORD_MIN_CHARS,
                short: long,
            });
        }
        if long > PASSWORD_MAX_CHARS {
            return Err(FieldError::TooLong {
                max: PASSWORD_MAX_CHARS,
                long,
            });
        }
        let small = lowercase(&text);
        if login.is_some_and(|it| it.as_str() == small) {
            return Err(FieldError::PasswordIsLogin);
        }
        if !cfg!(target_family = "wasm") && is_common(&small) {
            return Err(FieldError::PasswordIsCommon);
        }
        Ok(Self(text))
    }

    /// The password, to be hashed.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A password as it is compared with a hash: it may be one that could not be set today. In the browser it is unchanged: the
/// tables would be too large for the WASM.
pub fn composed(text: &str) -> String {
    if text.is_ascii() || cfg!(target_family = "wasm") {
        text.to_owned()
    } else {
        text.nfc().collect()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password(..)")
    }
}

fn is_common(small: &str) -> bool {
    static COMMON: OnceLock<HashSet<&str>> = OnceLock::new();
    let common = COMMON.get_or_init(|| COMMON_PASSWORDS.lines().collect());
    common.contains(small)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Password, FieldError> {
        Password::parse(
            text,
            Some(&Login::parse("ana.ferreira@example.com").unwrap()),
        )
    }

    #[test]
    fn a_password_has_12_to_128_characters() {
        assert_eq!(
            parse("elevenchars"),
            Err(FieldError::TooShort { min: 12, short: 11 })
        );
        assert!(parse("twelve chars").is_ok());
        let long = "Zürich ".repeat(20);
        assert!(parse(&long[..long.len() - 15]).is_ok());
        assert!(matches!(
            parse(&long),
            Err(FieldError::TooLong { max: 128, .. })
        ));
        assert_eq!(parse(""), Err(FieldError::Missing));
    }

    #[test]
    fn the_login_and_the_commonest_are_refused_whatever_their_case() {
        assert_eq!(
            parse("Ana.Ferreira@example.COM"),
            Err(FieldError::PasswordIsLogin)
        );
        for common in [
            "123456789012",
            "Password1234",
            "qwerty123456",
            "1QAZ2wsx3edc",
        ] {
            assert_eq!(parse(common), Err(FieldError::PasswordIsCommon), "{common}");
        }
        assert!(parse("ana.ferreira@example.com.").is_ok());
    }

    #[test]
    fn blanks_count_and_two_spellings_of_a_letter_are_one() {
        let [composed, apart] =
            ["caf\u{e9} au lait!", "cafe\u{301} au lait!"].map(|it| parse(it).unwrap());
        assert_eq!(composed.as_bytes(), apart.as_bytes());
        assert_ne!(parse("twelve chars "), parse("twelve chars"));
    }

    #[test]
    fn the_list_has_ten_thousand_of_the_commonest_sorted_and_none_that_length_refuses_anyway() {
        let all: Vec<&str> = COMMON_PASSWORDS.lines().collect();
        assert_eq!(all.len(), 10_000);
        assert!(all.is_sorted() && all.windows(2).all(|it| it[0] != it[1]));
        assert!(
            all.iter()
                .all(|it| it.len() >= PASSWORD_MIN_CHARS && it.is_ascii())
        );
        assert!(all.iter().all(|it| *it == it.to_ascii_lowercase()));
    }

    #[test]
    fn no_log_shows_a_password() {
        let password = parse("twelve chars").unwrap();
        assert!(!format!("{password:?}").contains("twelve"));
    }
}
