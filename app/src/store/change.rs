//! One change of the database: its transaction, the events that record it, and its end. Every write of the store is
//! made through a `Change`, so that no row changes without its line in the history (R17).
use super::{
    Store,
    audit::{
        events::{self, NewEvent},
        idempotency,
        last_change::LastChange,
    },
    engine::{db_timing, wal_checkpoint::WalCheckpointer},
    error::StoreError,
};
use crate::domain::{actor_stamp::ActorStamp, event::Entity, id::BatchId};
use sea_orm::{
    DatabaseTransaction, DbErr, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};
use serde::Serialize;
use std::time::Instant;

/// A change in progress: its transaction and the events that it will be remembered by. Dropping it undoes it.
pub struct Change {
    pub tx: DatabaseTransaction,
    pub stamp: ActorStamp,
    pub batch: BatchId,
    pub undoes: Option<BatchId>,
    pub key: Option<String>,
    pub events: Vec<NewEvent>,
    /// How many events are written already, by `flush`.
    pub n_written: usize,
    pub began: Instant,
    pub wal_checkpoint: WalCheckpointer,
}

impl Store {
    pub(in crate::store) async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let asked = Instant::now();
        let tx = self
            .write
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await;
        db_timing::waited(asked.elapsed());
        tx
    }

    /// One state of the database, as long as the transaction lasts; whoever writes is not held up.
    pub(in crate::store) async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        self.read
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                ..TransactionOptions::default()
            })
            .await
    }

    /// Begins a change by somebody, now.
    pub(in crate::store) async fn change(&self, stamp: ActorStamp) -> Result<Change, StoreError> {
        Ok(Change {
            tx: self.begin().await?,
            stamp,
            batch: BatchId(uuid::Uuid::now_v7().to_string()),
            undoes: None,
            key: self.key.clone(),
            events: Vec::new(),
            n_written: 0,
            began: Instant::now(),
            wal_checkpoint: self.wal_checkpoint.clone(),
        })
    }
}

impl Change {
    pub fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Writes the events so far, within the transaction: a large change need not keep all of them until its end.
    pub async fn flush(&mut self) -> Result<(), StoreError> {
        let events = std::mem::take(&mut self.events);
        self.n_written += events.len();
        let undoes = self.undoes.as_ref();
        events::write(&self.tx, &self.stamp, &self.batch, undoes, events).await?;
        Ok(())
    }

    /// Writes the events and commits. No events: nothing was changed, and nothing is written.
    pub async fn commit(mut self) -> Result<Option<BatchId>, StoreError> {
        self.flush().await?;
        if self.n_written == 0 {
            self.tx.rollback().await?;
            return Ok(None);
        }
        if let Some(key) = &self.key {
            idempotency::carried_out(&self.tx, key, &self.batch).await?;
        }
        self.tx.commit().await?;
        db_timing::wrote(self.began.elapsed());
        self.wal_checkpoint.look();
        Ok(Some(self.batch))
    }

    /// R3: refuses a change that was based on an earlier version, with the row as it is and who changed it when.
    pub async fn must_be_fresh(
        &self,
        entity: Entity,
        id: i64,
        current: &impl Serialize,
        version: i64,
        based_on: Option<i64>,
    ) -> Result<(), StoreError> {
        if based_on.is_none_or(|it| it == version) {
            return Ok(());
        }
        let last = events::last_change(&self.tx, entity, id).await?;
        Err(stale(current, last))
    }
}

/// R3: the row has changed since the version that a change was based on; `last` says who changed it, and when.
pub fn stale(current: &impl Serialize, last: Option<LastChange>) -> StoreError {
    let (changed_by, changed_at) = last.unzip();
    StoreError::Stale(Box::new(crate::error::Stale {
        current: serde_json::to_string(current).unwrap_or_default(),
        changed_by,
        changed_at,
    }))
}
