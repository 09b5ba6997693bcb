//! The chain of the history (R89), followed while it grows.
use app::{
    domain::history_walk::{Break, Walk},
    store::{
        Database,
        audit::event_texts,
        entity::{audit_event, sha256},
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

/// Walks the history as it grows.
pub struct ChainWatch(Walk);

impl ChainWatch {
    pub fn new() -> Self {
        Self(Walk::new(sha256))
    }

    /// The id of the last event that was read; 0 before the first.
    pub fn last_id(&self) -> i64 {
        self.0.last().map_or(0, |it| it.id.0)
    }

    /// Whether every event that is new follows the one before it.
    pub async fn follow(&mut self, database: &Database) -> Result<(), Break> {
        let last = self.last_id();
        let rows = audit_event::Entity::find()
            .filter(audit_event::Column::Id.gt(last))
            .order_by_asc(audit_event::Column::Id)
            .all(database.writer())
            .await
            .unwrap();
        let events = event_texts::read(database.writer(), rows).await.unwrap();
        for event in &events {
            self.0.take(event)?;
        }
        Ok(())
    }
}
