//! Row of `webhook_deliveries`: a message to one hook, and what became of it.
use super::parse_word;
use crate::{domain::webhook::Delivery, store::error::StoreError};
use sea_orm::entity::prelude::*;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "webhook_deliveries")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub webhook_id: i64,
    pub message_id: String,
    pub event: String,
    /// JSON of a `HookMessage`.
    pub message: String,
    pub state: String,
    pub tries: i32,
    pub created_at: DateTimeUtc,
    /// None: never.
    pub next_at: Option<DateTimeUtc>,
    /// Until when a sender has it.
    pub lease_until: Option<DateTimeUtc>,
    pub status: Option<i32>,
    pub answer: Option<String>,
    pub error: Option<String>,
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl TryFrom<Model> for Delivery {
    type Error = StoreError;
    fn try_from(row: Model) -> Result<Self, StoreError> {
        const TABLE: &str = "webhook_deliveries";
        let Model {
            id,
            webhook_id: _,
            message_id,
            event,
            message: _,
            state,
            tries,
            created_at,
            next_at,
            lease_until: _,
            status,
            answer,
            error,
        } = row;
        Ok(Self {
            n: id,
            message_id,
            event: parse_word(TABLE, &event)?,
            state: parse_word(TABLE, &state)?,
            tries: u32::try_from(tries).unwrap_or_default(),
            at: created_at,
            next_at,
            status: status.and_then(|it| u16::try_from(it).ok()),
            answer,
            error,
        })
    }
}
