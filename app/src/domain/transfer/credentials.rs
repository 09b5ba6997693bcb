//! Hashes of passwords and tokens in an export (`rollcall export --with-credentials`), so that people and programs get in after a
//! move as before. They stand beside the fields of their user; any other export has none.
use super::{JSON_INTEGER_MAX, checked_row::CheckedRow, json_error_message, json_lines::JsonItem};
use crate::domain::{
    history_chain::is_sha256, id::UserId, text::Name, token::ApiToken, user::User,
};
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// Bytes of a password's hash.
const PASSWORD_HASH_MAX_BYTES: usize = 512;

/// What a user is let in by, as hashes.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserCredentials {
    /// As a PHC string.
    pub password_hash: Option<String>,
    pub tokens: Vec<HashedToken>,
}

/// A token with the SHA-256 of its text.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HashedToken {
    #[serde(flatten)]
    pub token: ApiToken,
    /// The SHA-256 of the token's text, as 64 lowercase hexadecimal digits.
    pub sha256: String,
}

/// A user as such an export has it.
#[derive(Serialize)]
pub struct UserWithCredentials {
    #[serde(flatten)]
    pub user: User,
    #[serde(flatten)]
    pub credentials: UserCredentials,
}

impl UserCredentials {
    /// The fields beside those of a user.
    pub const FIELDS: [&'static str; 2] = ["passwordHash", "tokens"];

    /// Reads them from the row of a user. `known` are ids and hashes of earlier tokens.
    pub fn read(
        item: &JsonItem<'_>,
        owner: UserId,
        known: &mut HashSet<String>,
        row: &mut CheckedRow<'_>,
    ) -> Option<Self> {
        let read: Self = match serde_json::from_str(item.text) {
            Ok(read) => read,
            Err(error) => {
                row.add("tokens", json_error_message(&error));
                return None;
            }
        };
        let is_hash = read.password_hash.as_deref().is_none_or(is_password_hash);
        row.check(
            "passwordHash",
            is_hash,
            "write an argon2id hash as a PHC string",
        );
        for token in &read.tokens {
            row.check("tokens", token.is_of(owner), "this is no token of the user");
            let is_new = known.insert(token.token.id.0.to_string());
            let is_new = known.insert(token.sha256.clone()) && is_new;
            row.check("tokens", is_new, "an earlier token has this id or hash");
        }
        Some(read)
    }
}

impl HashedToken {
    fn is_of(&self, owner: UserId) -> bool {
        let Self { token, sha256 } = self;
        let is_named = Name::parse(&token.name).is_ok_and(|it| it.as_str() == token.name);
        token.user_id == owner
            && (1..=JSON_INTEGER_MAX).contains(&token.id.0)
            && is_named
            && token.hint.bytes().all(|it| it.is_ascii_graphic())
            && is_sha256(sha256)
    }
}

fn is_password_hash(text: &str) -> bool {
    text.starts_with("$argon2id$")
        && text.len() <= PASSWORD_HASH_MAX_BYTES
        && text.bytes().all(|it| it.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::super::{ImportErrors, TransferPart};
    use super::*;

    fn read(text: &str) -> (Option<UserCredentials>, String) {
        let (mut errors, mut known) = (ImportErrors::default(), HashSet::new());
        let item = JsonItem {
            text,
            line: 7,
            offset: 0,
        };
        let mut row = CheckedRow {
            errors: &mut errors,
            part: TransferPart::Users,
            line: 7,
        };
        let read = UserCredentials::read(&item, UserId(3), &mut known, &mut row);
        (read, errors.to_string())
    }

    #[test]
    fn a_user_of_a_plain_export_has_no_credentials() {
        let (read, errors) = read(r#"{"id":3,"login":"ana"}"#);
        assert!(read == Some(UserCredentials::default()) && errors.is_empty());
    }

    #[test]
    fn hashes_are_taken_as_they_are_and_what_is_none_is_named() {
        let sha256 = "a0".repeat(32);
        let token = format!(
            r#"{{"id":5,"userId":3,"name":"nightly","hint":"rcp_1234","role":null,"scope":null,
            "expiresAt":"2026-06-01T09:00:00Z","lastUsedAt":null,"createdAt":"2026-05-01T09:00:00Z","sha256":"{sha256}"}}"#
        );
        let good = format!(r#"{{"passwordHash":"$argon2id$v=19$x","tokens":[{token}]}}"#);
        let (taken, errors) = read(&good);
        assert_eq!(errors, "");
        let taken = taken.unwrap();
        assert_eq!(taken.tokens[0].sha256, sha256);
        let again = serde_json::to_string(&taken).unwrap();
        assert!(read(&again).0 == Some(taken));
        for (from, to, problem) in [
            ("$argon2id$", "secret", "line 7, users.passwordHash"),
            ("\"userId\":3", "\"userId\":4", "no token of the user"),
            (sha256.as_str(), "a0", "no token of the user"),
            ("\"id\":5", "\"id\":0", "no token of the user"),
        ] {
            let (_, errors) = read(&good.replace(from, to));
            assert!(errors.contains(problem), "{errors}");
        }
        let (_, errors) = read(&format!(r#"{{"tokens":[{token},{token}]}}"#));
        assert!(errors.contains("an earlier token"), "{errors}");
        assert!(read(r#"{"tokens":1}"#).0.is_none());
    }
}
