//! Row of `audit_events`: one event of the audit trail. Its texts are in `texts`; `audit/event_texts` puts them back.
use super::{parse_word, text};
use crate::{
    domain::{
        event::Event,
        id::{BatchId, CustomerId, EventId, ReleaseId, UserId},
        unique_members,
    },
    store::error::StoreError,
};
use sea_orm::{ActiveValue::NotSet, entity::prelude::*};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Eq, DeriveModel, DeriveActiveModel)]
pub struct Model {
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
    /// Read from `texts`, never written here; none if the event has none, or there is no such row.
    pub resolved_text: Option<String>,
    pub resolved_sha256: Option<String>,
    pub undoes: Option<String>,
    pub hash: Option<String>,
    pub previous_hash: Option<String>,
    pub text_shown: Option<bool>,
    pub user_id: Option<i64>,
    pub via: Option<String>,
    /// The row of `texts`.
    pub text_id: Option<i64>,
}

/// The table.
#[derive(Copy, Clone, Default, Debug, DeriveEntity)]
pub struct Entity;

impl EntityName for Entity {
    fn table_name(&self) -> &'static str {
        "audit_events"
    }
}

/// The columns of the table.
#[derive(Copy, Clone, Debug, EnumIter, DeriveColumn)]
pub enum Column {
    Id,
    BatchId,
    Entity,
    EntityId,
    ReleaseId,
    CustomerId,
    Action,
    Actor,
    At,
    Before,
    After,
    /// No column of the table: wherever it is selected, the text is read.
    ResolvedText,
    ResolvedSha256,
    Undoes,
    Hash,
    PreviousHash,
    TextShown,
    UserId,
    Via,
    TextId,
}

impl ColumnTrait for Column {
    type EntityName = Entity;

    fn def(&self) -> ColumnDef {
        match self {
            Self::Id | Self::EntityId => ColumnType::BigInteger.def(),
            Self::BatchId | Self::Entity | Self::Action | Self::Actor => ColumnType::Text.def(),
            Self::ReleaseId | Self::CustomerId | Self::UserId | Self::TextId => {
                ColumnType::BigInteger.def().nullable()
            }
            Self::At => ColumnType::TimestampWithTimeZone.def(),
            Self::Before
            | Self::After
            | Self::ResolvedText
            | Self::ResolvedSha256
            | Self::Undoes
            | Self::Hash
            | Self::PreviousHash
            | Self::Via => ColumnType::Text.def().nullable(),
            Self::TextShown => ColumnType::Boolean.def().nullable(),
        }
    }

    fn select_as(&self, expr: Expr) -> Expr {
        match self {
            Self::ResolvedText => text::body_of((Entity, Self::TextId)),
            _ => self.select_enum_as(expr),
        }
    }
}

/// The primary key of the table.
#[derive(Copy, Clone, Debug, EnumIter, DerivePrimaryKey)]
pub enum PrimaryKey {
    Id,
}

impl PrimaryKeyTrait for PrimaryKey {
    type ValueType = i64;

    fn auto_increment() -> bool {
        true
    }
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    /// The event without its texts in `before` and `after`: they are references (`audit/event_texts`).
    pub(in crate::store) fn without_texts(self) -> Result<Event, StoreError> {
        let row = self;
        let json = |column: &str, text: Option<String>| {
            text.map(|it| unique_members::from_str(&it))
                .transpose()
                .map_err(|error| StoreError::corrupt("audit_events", format!("{column}: {error}")))
        };
        Ok(Event {
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

impl ActiveModel {
    /// All columns of an event; `text` is the row of `texts` with its `resolved_text`.
    pub fn of(event: Event, text: Option<i64>) -> Self {
        let row = Model {
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
            resolved_text: None,
            resolved_sha256: event.resolved_sha256,
            undoes: event.undoes.map(|it| it.0),
            hash: event.hash,
            previous_hash: event.previous_hash,
            text_shown: event.text_shown,
            user_id: event.user_id.map(|it| it.0),
            via: event.via.map(|it| it.to_string()),
            text_id: text,
        };
        Self {
            resolved_text: NotSet,
            ..Self::from(row).reset_all()
        }
    }
}
