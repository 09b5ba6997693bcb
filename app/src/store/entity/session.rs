//! Row of `sessions`: a sign-in that is still valid. A session that ended has no row.
use super::parse_word;
use crate::{
    domain::{
        id::SessionId,
        session::{SessionInfo, SessionTimes},
    },
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub user_id: i64,
    /// The SHA-256 of the secret in the cookie.
    #[sea_orm(unique)]
    pub sha256: String,
    pub how: String,
    pub address: Option<String>,
    pub agent: Option<String>,
    pub created_at: DateTimeUtc,
    pub used_at: DateTimeUtc,
}

/// The one relation that is loaded: its user, in the query that every request makes.
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

impl Model {
    /// When it began and was used last.
    pub fn times(&self) -> SessionTimes {
        SessionTimes {
            created_at: self.created_at,
            used_at: self.used_at,
        }
    }

    /// The session as its owner sees it; `current` is the one that asks. Errors: `Corrupt`.
    pub fn info(self, current: Option<SessionId>) -> Result<SessionInfo, StoreError> {
        let ends_at = self.times().ends_at();
        Ok(SessionInfo {
            id: SessionId(self.id),
            how: parse_word("sessions", &self.how)?,
            address: self.address,
            agent: self.agent,
            created_at: self.created_at,
            used_at: self.used_at,
            ends_at,
            is_current: current == Some(SessionId(self.id)),
        })
    }
}
