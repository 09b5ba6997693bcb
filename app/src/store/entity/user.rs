//! Row of `users`. The hash of the password stays in the store: no domain type has it.
use super::{parse_word, read_scope, write_scope};
use crate::{
    domain::{id::UserId, user::User},
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;
use std::fmt;

/// A row of the table.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    #[sea_orm(unique)]
    pub login: String,
    pub name: String,
    pub email: Option<String>,
    pub role: String,
    pub scope: Option<String>,
    pub password_hash: Option<String>,
    pub oidc_issuer: Option<String>,
    pub oidc_subject: Option<String>,
    pub is_active: bool,
    pub version: i64,
    pub created_at: DateTimeUtc,
    pub updated_at: DateTimeUtc,
}

/// Without the hash, which belongs into no log.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "users::Model {{ id: {}, login: {:?}, .. }}",
            self.id, self.login
        )
    }
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for User {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            login,
            name,
            email,
            role,
            scope,
            password_hash,
            oidc_issuer,
            oidc_subject,
            is_active,
            version,
            created_at,
            updated_at,
        } = row;
        Ok(Self {
            id: UserId(id),
            login,
            name,
            email,
            role: parse_word("users", &role)?,
            scope: read_scope("users", scope.as_deref())?,
            has_password: password_hash.is_some(),
            oidc_issuer,
            oidc_subject,
            is_active,
            version,
            created_at,
            updated_at,
        })
    }
}

impl Model {
    /// The row of a user with this hash.
    pub fn of(user: User, password_hash: Option<String>) -> Self {
        let User {
            id,
            login,
            name,
            email,
            role,
            scope,
            has_password: _,
            oidc_issuer,
            oidc_subject,
            is_active,
            version,
            created_at,
            updated_at,
        } = user;
        Self {
            id: id.0,
            login,
            name,
            email,
            role: role.to_string(),
            scope: write_scope(scope.as_ref()),
            password_hash,
            oidc_issuer,
            oidc_subject,
            is_active,
            version,
            created_at,
            updated_at,
        }
    }
}
