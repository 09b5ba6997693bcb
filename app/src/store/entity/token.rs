//! Row of `tokens`. A token that was revoked has no row.
use super::{parse_word, read_scope, write_scope};
use crate::{
    domain::{
        id::{TokenId, UserId},
        token::ApiToken,
        transfer::credentials::HashedToken,
    },
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "tokens")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    pub name: String,
    pub hint: String,
    /// The SHA-256 of the token's text.
    #[sea_orm(unique)]
    pub sha256: String,
    pub role: Option<String>,
    pub scope: Option<String>,
    pub expires_at: DateTimeUtc,
    pub last_used_at: Option<DateTimeUtc>,
    pub created_at: DateTimeUtc,
}

/// The one relation that is loaded: its owner, in the query that every request makes.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {
    #[sea_orm(
        belongs_to = "super::user::Entity",
        from = "Column::UserId",
        to = "super::user::Column::Id"
    )]
    User,
}

impl Related<super::user::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::User.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for ApiToken {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let Model {
            id,
            user_id,
            name,
            hint,
            sha256: _,
            role,
            scope,
            expires_at,
            last_used_at,
            created_at,
        } = row;
        let role = role.map(|it| parse_word("tokens", &it));
        Ok(Self {
            id: TokenId(id),
            user_id: UserId(user_id),
            name,
            hint,
            role: role.transpose()?,
            scope: read_scope("tokens", scope.as_deref())?,
            expires_at,
            last_used_at,
            created_at,
        })
    }
}

impl TryFrom<Model> for HashedToken {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        Ok(Self {
            sha256: row.sha256.clone(),
            token: row.try_into()?,
        })
    }
}

impl From<HashedToken> for Model {
    fn from(hashed: HashedToken) -> Self {
        let HashedToken { token, sha256 } = hashed;
        let ApiToken {
            id,
            user_id,
            name,
            hint,
            role,
            scope,
            expires_at,
            last_used_at,
            created_at,
        } = token;
        Self {
            id: id.0,
            user_id: user_id.0,
            name,
            hint,
            sha256,
            role: role.map(|it| it.to_string()),
            scope: write_scope(scope.as_ref()),
            expires_at,
            last_used_at,
            created_at,
        }
    }
}
