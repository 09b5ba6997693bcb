//! Row of `audit_events`: one event of the audit trail.
use super::parse_word;
use crate::{
    domain::{
        event::Event,
        id::{BatchId, CustomerId, EventId, ReleaseId, UserId},
        unique_members,
    },
    store::error::StoreError,
};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_events")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub batch_id: String,
    pub entity: String,
    pub entity_id: i64,
    pub release_id: Option<i64>,
    pub customer_id: Option<i64>,
    pub action: String,
    pub actor: String,
    pub at: DateTimeUtc,
    pub before: Option<String>,
    pub after: Option<String>,
    pub resolved_text: Option<String>,
    pub resolved_sha256: Option<String>,
    pub undoes: Option<String>,
    pub hash: Option<String>,
    pub previous_hash: Option<String>,
    pub text_shown: Option<bool>,
    pub user_id: Option<i64>,
    pub via: Option<String>,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Event {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        let json = |column: &str, text: Option<String>| {
            text.map(|it| unique_members::from_str(&it))
                .transpose()
                .map_err(|error| StoreError::corrupt("audit_events", format!("{column}: {error}")))
        };
        Ok(Self {
            id: EventId(row.id),
            batch_id: BatchId(row.batch_id),
            entity: parse_word("audit_events", &row.entity)?,
            entity_id: row.entity_id,
            release_id: row.release_id.map(ReleaseId),
            customer_id: row.customer_id.map(CustomerId),
            action: parse_word("audit_events", &row.action)?,
            actor: row.actor,
            at: row.at,
            before: json("before", row.before)?,
            after: json("after", row.after)?,
            resolved_text: row.resolved_text,
            resolved_sha256: row.resolved_sha256,
            undoes: row.undoes.map(BatchId),
            hash: row.hash,
            previous_hash: row.previous_hash,
            text_shown: row.text_shown,
            user_id: row.user_id.map(UserId),
            via: row
                .via
                .map(|it| parse_word("audit_events", &it))
                .transpose()?,
        })
    }
}

impl From<Event> for Model {
    fn from(event: Event) -> Self {
        Self {
            id: event.id.0,
            batch_id: event.batch_id.0,
            entity: event.entity.to_string(),
            entity_id: event.entity_id,
            release_id: event.release_id.map(|it| it.0),
            customer_id: event.customer_id.map(|it| it.0),
            action: event.action.to_string(),
            actor: event.actor,
            at: event.at,
            before: event.before.map(|it| it.to_string()),
            after: event.after.map(|it| it.to_string()),
            resolved_text: event.resolved_text,
            resolved_sha256: event.resolved_sha256,
            undoes: event.undoes.map(|it| it.0),
            hash: event.hash,
            previous_hash: event.previous_hash,
            text_shown: event.text_shown,
            user_id: event.user_id.map(|it| it.0),
            via: event.via.map(|it| it.to_string()),
        }
    }
}
