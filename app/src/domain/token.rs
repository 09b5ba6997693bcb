//! API tokens (R25): how one is written (`rcp_`, 40 characters, 6 of checksum), what a request for one says, and when it ends.
//! Only the SHA-256 of a token is stored.
use super::{
    crc32::crc32,
    field_error::FieldError,
    id::{TokenId, UserId},
    permission::Role,
    scope::ScopeIds,
    text::Name,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;

/// How every token begins, so that scanners find one that was published by mistake.
pub const TOKEN_PREFIX: &str = "rcp_";
/// Random characters: 238 bits.
const RANDOM_CHARS: usize = 40;
/// 62 to the sixth is more than 2 to the 32nd.
const CHECKSUM_CHARS: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/// Characters of a token that lists show.
const HINT_CHARS: usize = 8;

/// Days that a token lives if its request does not say.
pub const TOKEN_DEFAULT_DAYS: i64 = 90;
/// Days that a token lives at most.
pub const TOKEN_MAX_DAYS: i64 = 365;

/// The text of a token: a bearer secret.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenText(String);

impl TokenText {
    /// Writes a new token from random bytes. Bytes are taken until there are enough: those that would favour some characters
    /// are passed over.
    pub fn generate(random_byte: impl FnMut() -> u8) -> Self {
        Self(generate(TOKEN_PREFIX, random_byte))
    }

    /// Reads a token; none for a text that no token can be. A typing error is found without asking the database.
    pub fn parse(text: &str) -> Option<Self> {
        is_token(TOKEN_PREFIX, text).then(|| Self(text.to_owned()))
    }

    /// The token, to be shown once or hashed.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The beginning, by which its owner tells it from others.
    pub fn hint(&self) -> &str {
        self.0.get(..HINT_CHARS).unwrap_or_default()
    }
}

impl fmt::Debug for TokenText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenText({}..)", self.hint())
    }
}

/// A new token with this prefix.
pub(super) fn generate(prefix: &str, mut random_byte: impl FnMut() -> u8) -> String {
    let unbiased_below = u8::try_from(DIGITS.len() * 4).unwrap_or(u8::MAX);
    let mut random = String::with_capacity(RANDOM_CHARS);
    while random.len() < RANDOM_CHARS {
        let byte = random_byte();
        if byte < unbiased_below {
            random.push(char::from(DIGITS[usize::from(byte) % DIGITS.len()]));
        }
    }
    let checksum = checksum(&random);
    format!("{prefix}{random}{checksum}")
}

/// Whether a text can be a token with this prefix.
pub(super) fn is_token(prefix: &str, text: &str) -> bool {
    let Some(body) = text.strip_prefix(prefix) else {
        return false;
    };
    let is_long_enough = body.len() == RANDOM_CHARS + CHECKSUM_CHARS
        && body.bytes().all(|it| it.is_ascii_alphanumeric());
    is_long_enough && {
        let (random, sum) = body.split_at(RANDOM_CHARS);
        checksum(random) == sum
    }
}

/// The CRC32 of the random characters as 6 digits to the base 62.
fn checksum(random: &str) -> String {
    let mut rest = crc32(random.as_bytes());
    let mut digits = [DIGITS[0]; CHECKSUM_CHARS];
    for digit in digits.iter_mut().rev() {
        let index = usize::try_from(rest % 62).unwrap_or_default();
        *digit = DIGITS[index];
        rest /= 62;
    }
    digits.iter().copied().map(char::from).collect()
}

/// A token as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    pub id: TokenId,
    pub user_id: UserId,
    pub name: String,
    /// The first characters of its text.
    pub hint: String,
    /// None: the owner's.
    pub role: Option<Role>,
    /// None: the owner's.
    pub scope: Option<ScopeIds>,
    #[serde(with = "crate::domain::time_serde")]
    pub expires_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub last_used_at: Option<DateTime<Utc>>,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
}

/// What a request for a token says, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TokenDraft {
    pub name: String,
    /// The word of a `Role`; none: the owner's.
    pub role: Option<String>,
    /// None: the owner's.
    pub scope: Option<ScopeIds>,
    /// Days from now.
    pub expires_in_days: Option<i64>,
}

/// The fields of a token after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFields {
    pub name: Name,
    pub role: Option<Role>,
    pub scope: Option<ScopeIds>,
    pub lifetime: TimeDelta,
}

impl TokenDraft {
    /// Validates all fields for this owner. Whether the ids of the scope exist is the store's question. Errors: a role above
    /// the owner's; a scope beside a role that has none; a lifetime out of 1 to 365 days.
    pub fn parse(self, owner: Role) -> Result<TokenFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let role = self.role.as_deref().map(|it| parse_role(it, owner));
        let role = errors.check(Field::Role, role.transpose());
        let effective = role.flatten().unwrap_or(owner);
        let scope = if self.scope.is_some() && !effective.may_have_scope() {
            Err(FieldError::ScopeNotAllowed {
                role: effective.label().to_owned(),
            })
        } else {
            Ok(self.scope)
        };
        let scope = errors.check(Field::Scope, scope);
        let days = self.expires_in_days.unwrap_or(TOKEN_DEFAULT_DAYS);
        let lifetime = if (1..=TOKEN_MAX_DAYS).contains(&days) {
            Ok(TimeDelta::days(days))
        } else {
            Err(FieldError::DaysOutOfRange {
                max: TOKEN_MAX_DAYS,
            })
        };
        let lifetime = errors.check(Field::ExpiresInDays, lifetime);
        errors.finish((|| {
            Some(TokenFields {
                name: name?,
                role: role?,
                scope: scope?,
                lifetime: lifetime?,
            })
        })())
    }
}

fn parse_role(text: &str, owner: Role) -> Result<Role, FieldError> {
    let role: Role = text.parse()?;
    if role > owner {
        return Err(FieldError::RoleAboveOwner {
            owner: owner.to_string(),
        });
    }
    Ok(role)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::iter;

    fn generate(bytes: &[u8]) -> TokenText {
        let mut bytes = bytes.iter().copied().chain(iter::repeat(0));
        TokenText::generate(|| bytes.next().unwrap())
    }

    #[test]
    fn a_token_is_a_prefix_40_characters_and_their_checksum() {
        let token = generate(&[]);
        // The checksum by another program: zlib's CRC32 of 40 zeros is 0x963f_bb8e.
        let zeros = "0".repeat(40);
        assert_eq!(token.as_str(), format!("rcp_{zeros}2kaqcA"));
        assert_eq!(TokenText::parse(token.as_str()), Some(token.clone()));
        assert_eq!(token.hint(), "rcp_0000");
        assert!(!format!("{token:?}").contains("rcp_00000"));
    }

    #[test]
    fn bytes_that_would_favour_a_character_are_passed_over() {
        let token = generate(&[255, 248, 249, 1]);
        assert!(token.as_str().starts_with("rcp_10"));
    }

    #[test]
    fn a_typing_error_and_a_foreign_text_are_no_token() {
        let text = generate(&[7, 9, 200, 61]).as_str().to_owned();
        for wrong in [
            "",
            "rcp_",
            &text[..49],
            &format!("{text}0"),
            &text.replacen("rcp_", "rcr_", 1),
            &text.replacen("79", "97", 1),
            &text.replacen('7', "_", 1),
            &format!(" {text}"),
        ] {
            assert_eq!(TokenText::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn every_token_is_read_back_and_none_with_one_other_character(
            bytes in prop::collection::vec(any::<u8>(), 60),
            at in 4..50_usize,
            other in 0..62_usize,
        ) {
            let token = generate(&bytes);
            prop_assert_eq!(TokenText::parse(token.as_str()), Some(token.clone()));
            let mut changed = token.as_str().as_bytes().to_vec();
            changed[at] = DIGITS[other];
            let changed = String::from_utf8(changed).unwrap();
            let read = TokenText::parse(&changed).is_some();
            prop_assert_eq!(read, changed == token.as_str());
        }
    }

    fn parse(draft: TokenDraft, owner: Role) -> Result<TokenFields, ValidationErrors> {
        let name = "nightly".to_owned();
        TokenDraft { name, ..draft }.parse(owner)
    }

    #[test]
    fn without_a_word_a_token_follows_its_owner_for_90_days() {
        let fields = parse(TokenDraft::default(), Role::Manager).unwrap();
        assert_eq!((fields.role, fields.scope), (None, None));
        assert_eq!(fields.lifetime, TimeDelta::days(90));
    }

    #[test]
    fn a_role_above_the_owner_s_a_scope_for_a_manager_and_a_year_and_a_day_are_refused() {
        let role = |it: &str| TokenDraft {
            role: Some(it.to_owned()),
            ..TokenDraft::default()
        };
        assert!(parse(role("operator"), Role::Operator).is_ok());
        for (draft, owner, field) in [
            (role("manager"), Role::Operator, Field::Role),
            (role("owner"), Role::Admin, Field::Role),
            (
                TokenDraft {
                    scope: Some(ScopeIds::default()),
                    ..TokenDraft::default()
                },
                Role::Manager,
                Field::Scope,
            ),
            (
                TokenDraft {
                    expires_in_days: Some(366),
                    ..TokenDraft::default()
                },
                Role::Admin,
                Field::ExpiresInDays,
            ),
            (
                TokenDraft {
                    expires_in_days: Some(0),
                    ..TokenDraft::default()
                },
                Role::Admin,
                Field::ExpiresInDays,
            ),
        ] {
            let wrong = parse(draft, owner).unwrap_err();
            assert!(wrong.error_for(field).is_some(), "{wrong}");
        }
        let scoped = TokenDraft {
            scope: Some(ScopeIds::default()),
            ..role("viewer")
        };
        assert!(parse(scoped, Role::Admin).is_ok());
    }
}
