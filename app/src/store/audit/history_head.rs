//! The end of the history's chain (R89): the hash that the next event continues, the head (id and hash of the newest event), and
//! whether a head that was kept elsewhere is part of this history.
use crate::domain::{
    event::{Entity, EventAction},
    history_chain::Head,
    id::EventId,
};
use crate::store::{
    Database, Store,
    engine::{Engine, row_decode::unreadable_column},
    entity::audit_event,
    error::StoreError,
};
use audit_event::Column;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Deserialize;

/// What the next event of a transaction follows.
#[derive(Clone, Debug)]
pub struct ChainEnd {
    /// The highest id that an event ever had.
    pub last_id: i64,
    /// The hash of the last event.
    pub last_hash: String,
}

/// What the event of an import says of the history that its events are from.
#[derive(Deserialize)]
struct ImportedHead {
    #[serde(default)]
    partial: bool,
    head: Option<Head>,
}

/// The end of the chain, inside the transaction that writes the next event.
pub async fn end(tx: &DatabaseTransaction) -> Result<ChainEnd, DbErr> {
    let last_id = Engine::of(tx).last_id(tx, "audit_events").await?;
    let last: Option<Option<String>> = audit_event::Entity::find()
        .select_only()
        .column(Column::Hash)
        .order_by_desc(Column::Id)
        .into_tuple()
        .one(tx)
        .await?;
    Ok(ChainEnd {
        last_id,
        last_hash: last.flatten().unwrap_or_else(|| Head::default().hash),
    })
}

/// The newest event and its time; none in a history without events.
pub async fn newest(
    db: &impl ConnectionTrait,
) -> Result<Option<(Head, DateTime<Utc>)>, StoreError> {
    let row: Option<(i64, Option<String>, DateTime<Utc>)> = audit_event::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Hash, Column::At])
        .order_by_desc(Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    row.map(|(id, hash, at)| {
        let hash = hash.ok_or_else(|| no_hash(id))?;
        let id = EventId(id);
        Ok((Head { id, hash }, at))
    })
    .transpose()
}

fn no_hash(id: i64) -> StoreError {
    StoreError::corrupt("audit_events", format!("event {id} has no hash"))
}

impl Store {
    /// The newest event of the history and its time, which prove all of it. Errors: a caller with a scope (R89).
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn head(&self) -> Result<Option<(Head, DateTime<Utc>)>, StoreError> {
        if self.caller.sees_all() {
            newest(&self.read).await
        } else {
            Err(StoreError::NeedsAll)
        }
    }
}

impl Database {
    /// Whether this history began with the import of a release, whose event names this head. The event of the head may be of
    /// another release, and not here: nothing else tells of it.
    pub async fn names_imported_head(&self, head: &Head) -> Result<bool, StoreError> {
        let imports = audit_event::Entity::find()
            .select_only()
            .columns([Column::Id, Column::After])
            .filter(Column::Entity.eq(Entity::Database.as_str()))
            .filter(Column::Action.eq(EventAction::Import.as_str()))
            .order_by_asc(Column::Id)
            .into_tuple::<(i64, Option<String>)>()
            .all(&self.read)
            .await;
        let imports = match imports {
            Err(error) if unreadable_column(&error).is_some() => return Ok(false),
            imports => imports?,
        };
        let said = imports.into_iter().find_map(|(id, after)| {
            let said: ImportedHead = serde_json::from_str(&after?).ok()?;
            said.partial.then_some((id, said.head?))
        });
        // A check accepts only the first such event, and only if all before it are of the release.
        Ok(said.is_some_and(|(id, said)| said == *head && head.id.0 < id))
    }

    /// The newest event of the history and its time, for the program itself.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn head(&self) -> Result<Option<(Head, DateTime<Utc>)>, StoreError> {
        newest(&self.read).await
    }

    /// Why a head is not part of today's history; none if it is.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn head_mismatch(&self, head: &Head) -> Result<Option<String>, StoreError> {
        if *head == Head::default() {
            return Ok(None);
        }
        let id = head.id;
        let found = audit_event::Entity::find()
            .select_only()
            .column(Column::Hash)
            .filter(Column::Id.eq(id.0))
            .into_tuple::<Option<String>>()
            .one(&self.read)
            .await;
        let found = match found {
            Err(error) if unreadable_column(&error).is_some() => Some(None),
            found => found?,
        };
        Ok(match found {
            None => Some(format!("event {id} is not in the history")),
            Some(hash) if hash.as_ref() == Some(&head.hash) => None,
            Some(_) => Some(format!(
                "event {id} has another hash: the history up to it was changed since"
            )),
        })
    }
}
