//! DTOs of people: users, their sessions and tokens. None has a hash or a secret, but a new token, which is shown once.
use app::domain::{
    permission::Role,
    scope::ScopeIds,
    session::{self, SignIn},
    token, user,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The customers that somebody sees: these, and all of these clusters. Both empty is nobody's.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Scope {
    pub clusters: Vec<i64>,
    pub customers: Vec<i64>,
}

impl From<ScopeIds> for Scope {
    fn from(scope: ScopeIds) -> Self {
        Self {
            clusters: scope.clusters.into_iter().map(|it| it.0).collect(),
            customers: scope.customers.into_iter().map(|it| it.0).collect(),
        }
    }
}

/// Somebody who may sign in. Deleting one deactivates it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: i64,
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    /// `viewer`, `operator`, `manager` or `admin`.
    #[schema(value_type = String)]
    pub role: Role,
    /// Null is everywhere.
    pub scope: Option<Scope>,
    /// Whether it can sign in with a password.
    pub has_password: bool,
    pub oidc_issuer: Option<String>,
    pub oidc_subject: Option<String>,
    pub is_active: bool,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<user::User> for User {
    fn from(row: user::User) -> Self {
        Self {
            id: row.id.0,
            login: row.login,
            name: row.name,
            email: row.email,
            role: row.role,
            scope: row.scope.map(Into::into),
            has_password: row.has_password,
            oidc_issuer: row.oidc_issuer,
            oidc_subject: row.oidc_subject,
            is_active: row.is_active,
            version: row.version,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A session of one's own.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: i64,
    /// `password`, `oidc` or `setup`.
    #[schema(value_type = String)]
    pub how: SignIn,
    /// Where it began from.
    pub address: Option<String>,
    /// The browser, as it calls itself.
    pub agent: Option<String>,
    pub created_at: DateTime<Utc>,
    pub used_at: DateTime<Utc>,
    /// When it ends if it is not used again.
    pub ends_at: DateTime<Utc>,
    /// Whether this request came with it.
    pub is_current: bool,
}

impl From<session::SessionInfo> for Session {
    fn from(row: session::SessionInfo) -> Self {
        Self {
            id: row.id.0,
            how: row.how,
            address: row.address,
            agent: row.agent,
            created_at: row.created_at,
            used_at: row.used_at,
            ends_at: row.ends_at,
            is_current: row.is_current,
        }
    }
}

/// A token for a program.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Token {
    pub id: i64,
    pub user_id: i64,
    pub name: String,
    /// The first characters of its text.
    pub hint: String,
    /// Null follows its owner's.
    #[schema(value_type = Option<String>)]
    pub role: Option<Role>,
    /// Null is its owner's.
    pub scope: Option<Scope>,
    pub expires_at: DateTime<Utc>,
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

impl From<token::ApiToken> for Token {
    fn from(row: token::ApiToken) -> Self {
        Self {
            id: row.id.0,
            user_id: row.user_id.0,
            name: row.name,
            hint: row.hint,
            role: row.role,
            scope: row.scope.map(Into::into),
            expires_at: row.expires_at,
            last_used_at: row.last_used_at,
            created_at: row.created_at,
        }
    }
}
