//! Users (R22): who may sign in, with which role and scope. Users are never deleted, only deactivated, since the history names
//! them. A password's hash is the store's alone and no part of a user.
use super::{
    field_error::FieldError,
    id::UserId,
    login::Login,
    password::Password,
    permission::Role,
    rule_violation::RuleViolation,
    scope::ScopeIds,
    text::Name,
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Characters of an e-mail address (RFC 5321).
pub const EMAIL_MAX_CHARS: usize = 254;

/// A user as stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: UserId,
    /// Lower case, unique (R22).
    pub login: String,
    /// The name that people see, and that events bear.
    pub name: String,
    pub email: Option<String>,
    pub role: Role,
    /// None: all customers. Managers and admins have none.
    pub scope: Option<ScopeIds>,
    /// Whether the user can sign in with a password.
    pub has_password: bool,
    /// Issuer and subject of the provider's account; both or none. They are the identity, never login or e-mail.
    pub oidc_issuer: Option<String>,
    pub oidc_subject: Option<String>,
    /// False after a deletion: users are never removed, since the history names them.
    pub is_active: bool,
    /// Counts up by one with each change of the row; an edit names the one that it is based on (R3).
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// The input of the form of a user, unchecked. Nothing else can be set by a request: no version, no times, no hash, no identity
/// of a provider.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct UserDraft {
    pub login: String,
    pub name: String,
    pub email: String,
    /// The word of a `Role`.
    pub role: String,
    pub scope: Option<ScopeIds>,
    /// None leaves it as it is; a new user then has none.
    pub password: Option<String>,
}

/// The fields of a user after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserFields {
    pub login: Login,
    pub name: Name,
    pub email: Option<String>,
    pub role: Role,
    pub scope: Option<ScopeIds>,
    pub password: Option<Password>,
}

impl UserDraft {
    /// Validates all fields; the errors name every wrong one. Whether the ids of the scope exist is the store's question.
    pub fn parse(self) -> Result<UserFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let login = errors.check(Field::Login, Login::parse(&self.login));
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let email = errors.check(Field::Email, parse_email(&self.email));
        let role = errors.check(Field::Role, self.role.trim().parse::<Role>());
        let scope = match role {
            Some(role) if self.scope.is_some() && !role.may_have_scope() => {
                Err(FieldError::ScopeNotAllowed {
                    role: role.label().to_owned(),
                })
            }
            _ => Ok(self.scope),
        };
        let scope = errors.check(Field::Scope, scope);
        let password = self.password.as_deref();
        let password = password.map(|it| Password::parse(it, login.as_ref()));
        let password = errors.check(Field::Password, password.transpose());
        errors.finish((|| {
            Some(UserFields {
                login: login?,
                name: name?,
                email: email?,
                role: role?,
                scope: scope?,
                password: password?,
            })
        })())
    }
}

impl From<User> for UserDraft {
    fn from(user: User) -> Self {
        Self {
            login: user.login,
            name: user.name,
            email: user.email.unwrap_or_default(),
            role: user.role.to_string(),
            scope: user.scope,
            password: None,
        }
    }
}

/// An e-mail address; none of an empty text. Errors: too long; no address.
pub fn parse_email(text: &str) -> Result<Option<String>, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(None);
    }
    let long = text.chars().count();
    if long > EMAIL_MAX_CHARS {
        return Err(FieldError::TooLong {
            max: EMAIL_MAX_CHARS,
            long,
        });
    }
    let is_plain = text
        .chars()
        .all(|it| !it.is_whitespace() && !it.is_control());
    let has_both_parts = text
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && !domain.is_empty());
    if is_plain && has_both_parts {
        Ok(Some(text.to_owned()))
    } else {
        Err(FieldError::NotAnEmail)
    }
}

impl User {
    /// Whether this is an active admin.
    pub fn is_active_admin(&self) -> bool {
        self.is_active && self.role == Role::Admin
    }

    /// Refuses a change that would leave no active admin. `other_admins` are the active admins beside this one.
    pub fn may_become(&self, after: &Self, other_admins: u64) -> Result<(), RuleViolation> {
        if self.is_active_admin() && !after.is_active_admin() && other_admins == 0 {
            return Err(RuleViolation::LastAdmin {
                login: self.login.clone(),
            });
        }
        Ok(())
    }

    /// Whether a change of the user ends its sessions (R24): deactivation and another role do. Another scope counts at once,
    /// and ends nothing.
    pub fn ends_sessions(&self, after: &Self) -> bool {
        self.role != after.role || (self.is_active && !after.is_active)
    }
}

#[cfg(test)]
impl User {
    /// A user for tests.
    pub(crate) fn example() -> Self {
        Self {
            id: UserId(1),
            login: "ana".into(),
            name: "Ana Ferreira".into(),
            email: None,
            role: Role::Viewer,
            scope: None,
            has_password: true,
            oidc_issuer: None,
            oidc_subject: None,
            is_active: true,
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft() -> UserDraft {
        UserDraft {
            login: "Ana".into(),
            name: " Ana Ferreira ".into(),
            role: "viewer".into(),
            ..UserDraft::default()
        }
    }

    #[test]
    fn a_draft_reports_all_its_problems() {
        let draft = UserDraft {
            login: "a b".into(),
            name: String::new(),
            email: "ana".into(),
            role: "root".into(),
            ..UserDraft::default()
        };
        let wrong = draft.parse().unwrap_err();
        for field in [Field::Login, Field::Name, Field::Email, Field::Role] {
            assert!(wrong.error_for(field).is_some(), "{field}");
        }
    }

    #[test]
    fn fields_are_trimmed_and_a_login_is_in_small_letters() {
        let fields = draft().parse().unwrap();
        assert_eq!(
            (fields.login.as_str(), fields.name.as_str()),
            ("ana", "Ana Ferreira")
        );
        assert_eq!((fields.email, fields.password), (None, None));
    }

    #[test]
    fn who_plans_for_all_has_no_scope() {
        for (role, is_right) in [
            ("viewer", true),
            ("operator", true),
            ("manager", false),
            ("admin", false),
        ] {
            let with_scope = UserDraft {
                role: role.into(),
                scope: Some(ScopeIds::default()),
                ..draft()
            };
            assert_eq!(with_scope.parse().is_ok(), is_right, "{role}");
        }
    }

    #[test]
    fn the_password_is_judged_beside_the_login() {
        let with_password = |text: &str| UserDraft {
            login: "ana.ferreira".into(),
            password: Some(text.into()),
            ..draft()
        };
        let wrong = with_password("Ana.Ferreira").parse().unwrap_err();
        assert_eq!(
            wrong.error_for(Field::Password),
            Some(&FieldError::PasswordIsLogin)
        );
        assert!(with_password("eine lange Nacht").parse().is_ok());
        // Beside a wrong login too, so that both are reported at once.
        let both = UserDraft {
            login: "a b".into(),
            ..with_password("short")
        };
        let wrong = both.parse().unwrap_err();
        for field in [Field::Login, Field::Password] {
            assert!(wrong.error_for(field).is_some(), "{field}");
        }
    }

    #[test]
    fn the_last_active_admin_stays_one() {
        let admin = User {
            role: Role::Admin,
            ..User::example()
        };
        let demoted = User {
            role: Role::Manager,
            ..admin.clone()
        };
        let gone = User {
            is_active: false,
            ..admin.clone()
        };
        for after in [&demoted, &gone] {
            assert!(admin.may_become(after, 0).is_err());
            assert_eq!(admin.may_become(after, 1), Ok(()));
        }
        let renamed = User {
            name: "Ana".into(),
            ..admin.clone()
        };
        assert_eq!(admin.may_become(&renamed, 0), Ok(()));
        assert_eq!(gone.may_become(&demoted, 0), Ok(()));
    }

    #[test]
    fn another_role_ends_the_sessions_and_another_scope_does_not() {
        let viewer = User::example();
        let operator = User {
            role: Role::Operator,
            ..viewer.clone()
        };
        let scoped = User {
            scope: Some(ScopeIds::default()),
            ..viewer.clone()
        };
        let gone = User {
            is_active: false,
            ..viewer.clone()
        };
        assert!(viewer.ends_sessions(&operator) && viewer.ends_sessions(&gone));
        assert!(!viewer.ends_sessions(&scoped) && !gone.ends_sessions(&viewer));
    }

    #[test]
    fn json_of_a_user_has_no_hash() {
        let json = serde_json::to_value(User::example()).unwrap();
        let members: Vec<&String> = json.as_object().unwrap().keys().collect();
        assert!(
            members
                .iter()
                .all(|it| !it.to_ascii_lowercase().contains("hash")),
            "{members:?}"
        );
    }
}
