//! The store: SQLite through sea-orm. It loads, asks the domain, saves, and writes the history in the same
//! transaction. It speaks domain types only; no caller ever sees a connection.
//!
//! One writer connection with `BEGIN IMMEDIATE` and a read-only pool: a write that forgets its transaction fails at
//! once instead of sometimes.
mod activity;
mod audit;
pub mod backup;
mod bulk;
mod check;
mod clusters;
mod copies;
mod custom_steps;
mod customers;
mod dashboard;
mod details;
pub mod entity;
pub mod error;
pub mod export;
mod grids;
pub mod idempotency;
mod import;
mod matrix;
mod members;
mod merging;
mod missing;
mod open_step;
pub mod pages;
mod part_of;
mod paste;
mod releases;
mod sheet;
pub mod sqlite;
pub mod step_patch;
pub use steps::Ask;
mod steps;
mod tallies;
mod template_order;
mod templates;
mod texts;
mod timing;
mod undo;
mod undo_templates;
mod work;
mod writing;

use crate::domain::{id::BatchId, stamp::Stamp};
use audit::NewEvent;
use error::StoreError;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, SqliteTransactionMode,
    TransactionOptions, TransactionTrait,
};
use std::time::Instant;

/// The one owner of the database.
#[derive(Clone, Debug)]
pub struct Store {
    read: DatabaseConnection,
    write: DatabaseConnection,
    /// The idempotency key that the changes of this handle are made under, if a request brought one.
    key: Option<String>,
    grids: grids::Grids,
    tallies: tallies::Tallies,
    merging: merging::Merging,
}

/// A change in progress: its transaction and the events that it will be remembered by. Dropping it undoes it.
struct Change {
    tx: DatabaseTransaction,
    stamp: Stamp,
    batch: BatchId,
    undoes: Option<BatchId>,
    key: Option<String>,
    events: Vec<NewEvent>,
    began: Instant,
    merging: merging::Merging,
}

impl Store {
    /// Opens the database, creating file and folder if there are none. `url` as in `sqlite::path_of`.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let path = sqlite::path_of(url);
        sqlite::create_folder(&path).map_err(|it| StoreError::Open(it.to_string()))?;
        // The writer comes first: it creates the file that the readers open.
        let write = sqlite::connect(&path, sqlite::Role::Writer)
            .await
            .map_err(StoreError::Db)?;
        let read = sqlite::connect(&path, sqlite::Role::Readers)
            .await
            .map_err(StoreError::Db)?;
        Ok(Self {
            read,
            write,
            key: None,
            grids: grids::Grids::default(),
            tallies: tallies::Tallies::default(),
            merging: merging::Merging::of(path),
        })
    }

    /// For migrations and maintenance only.
    pub fn writer(&self) -> &DatabaseConnection {
        &self.write
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), StoreError> {
        self.read.execute_unprepared("SELECT 1").await?;
        Ok(())
    }

    /// How large the database is, in bytes, without its write-ahead log.
    pub async fn size(&self) -> Result<u64, StoreError> {
        Ok(sqlite::size(&self.read).await?)
    }

    /// Ends both pools; the write-ahead log is merged into the file.
    pub async fn close(self) -> Result<(), StoreError> {
        self.read.close().await?;
        sqlite::checkpoint(&self.write).await?;
        self.write.close().await?;
        Ok(())
    }

    async fn begin(&self) -> Result<DatabaseTransaction, DbErr> {
        let asked = Instant::now();
        let tx = self
            .write
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
                ..TransactionOptions::default()
            })
            .await;
        timing::waited(asked.elapsed());
        tx
    }

    /// One state of the database, as long as the transaction lasts; whoever writes is not held up.
    async fn snapshot(&self) -> Result<DatabaseTransaction, DbErr> {
        self.read
            .begin_with_options(TransactionOptions {
                sqlite_transaction_mode: Some(SqliteTransactionMode::Deferred),
                ..TransactionOptions::default()
            })
            .await
    }

    /// Begins a change by somebody, now.
    async fn change(&self, stamp: Stamp) -> Result<Change, StoreError> {
        Ok(Change {
            tx: self.begin().await?,
            stamp,
            batch: BatchId(uuid::Uuid::now_v7().to_string()),
            undoes: None,
            key: self.key.clone(),
            events: Vec::new(),
            began: Instant::now(),
            merging: self.merging.clone(),
        })
    }
}

impl Change {
    fn record(&mut self, event: NewEvent) {
        self.events.push(event);
    }

    /// Writes the events and commits. No events: nothing was changed, and nothing is written.
    async fn commit(self) -> Result<Option<BatchId>, StoreError> {
        if self.events.is_empty() {
            self.tx.rollback().await?;
            return Ok(None);
        }
        audit::write(
            &self.tx,
            &self.stamp,
            &self.batch,
            self.undoes.as_ref(),
            self.events,
        )
        .await?;
        if let Some(key) = &self.key {
            idempotency::carried_out(&self.tx, key, &self.batch).await?;
        }
        self.tx.commit().await?;
        timing::wrote(self.began.elapsed());
        self.merging.look();
        Ok(Some(self.batch))
    }
}
