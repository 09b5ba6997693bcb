//! DTOs of accounts: users, their sessions, their tokens. None has a hash, nor a secret but that of a token that was just made.
use super::enums::{AuthModeSchema, RoleSchema, SignInSchema};
use crate::ops::auth_settings::AuthMode;
use app::domain::{permission::Role, scope::ScopeIds, session, session::SignIn, token, user};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::borrow::Cow;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        ArrayBuilder, ObjectBuilder, RefOr, Schema, Type,
        schema::{AdditionalProperties, ArrayItems},
    },
};

/// Writes the `From` of a DTO that has the fields of its row, with ids as numbers. All fields are named, so that a new one is not
/// forgotten.
macro_rules! from_row {
    ($module:ident :: $row:ident => $dto:ident { ids: $($id:ident),+; same: $($field:ident),+; }) => {
        impl From<$module::$row> for $dto {
            fn from(row: $module::$row) -> Self {
                let $module::$row { $($id,)+ $($field,)+ } = row;
                Self { $($id: $id.0,)+ $($field,)+ }
            }
        }
    };
}

/// The customers that a user sees and works on: single ones, and all of some clusters.
pub enum ScopeSchema {}

impl PartialSchema for ScopeSchema {
    fn schema() -> RefOr<Schema> {
        let ids = || {
            let id = ObjectBuilder::new().schema_type(Type::Integer).build();
            ArrayBuilder::new().items(ArrayItems::RefOrSchema(Box::new(id.into())))
        };
        ObjectBuilder::new()
            .description(Some(
                "These customers, and all customers of these clusters; without any it is nobody's",
            ))
            .schema_type(Type::Object)
            .property("clusters", ids())
            .property("customers", ids())
            .additional_properties(Some(AdditionalProperties::FreeForm(false)))
            .into()
    }
}

impl ToSchema for ScopeSchema {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Scope")
    }
}

/// A user, who may sign in while active. Deleting one deactivates it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct User {
    pub id: i64,
    /// What is typed to sign in, in lowercase.
    pub login: String,
    /// What people see, and events bear.
    pub name: String,
    pub email: Option<String>,
    #[schema(value_type = RoleSchema)]
    pub role: Role,
    /// Null is everywhere.
    #[schema(value_type = Option<ScopeSchema>)]
    pub scope: Option<ScopeIds>,
    /// Whether the user can sign in with a password.
    pub has_password: bool,
    /// The provider's account that the user signs in by, if it does.
    pub oidc_issuer: Option<String>,
    pub oidc_subject: Option<String>,
    pub is_active: bool,
    /// Counts up with every change; changes name the one that they are based on.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

from_row! { user::User => User {
    ids: id;
    same: login, name, email, role, scope, has_password, oidc_issuer, oidc_subject, is_active, version, created_at, updated_at;
} }

/// The user of a new session.
#[derive(Debug, Serialize, ToSchema)]
pub struct NewSession {
    pub user: User,
}

/// The caller, and how it was authenticated.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentSession {
    /// Null in `open` mode, where there are no users.
    pub user: Option<User>,
    #[schema(value_type = AuthModeSchema)]
    pub mode: AuthMode,
}

/// One of the caller's sessions.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Session {
    pub id: i64,
    #[schema(value_type = SignInSchema)]
    pub how: SignIn,
    /// The address that it began from.
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

from_row! { session::SessionInfo => Session {
    ids: id;
    same: how, address, agent, created_at, used_at, ends_at, is_current;
} }

/// A token, without its text.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ApiToken {
    pub id: i64,
    /// Its owner.
    pub user_id: i64,
    pub name: String,
    /// The first characters of its text.
    pub hint: String,
    /// Null follows the owner's.
    #[schema(value_type = Option<RoleSchema>)]
    pub role: Option<Role>,
    /// Beside the owner's scope; null is all of that.
    #[schema(value_type = Option<ScopeSchema>)]
    pub scope: Option<ScopeIds>,
    pub expires_at: DateTime<Utc>,
    /// Within five minutes.
    pub last_used_at: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
}

from_row! { token::ApiToken => ApiToken {
    ids: id, user_id;
    same: name, hint, role, scope, expires_at, last_used_at, created_at;
} }

/// A token that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewApiToken {
    #[serde(flatten)]
    pub row: ApiToken,
    /// Its text: it is told this once.
    pub token: String,
}
