//! The store: SQLite through sea-orm. It loads, asks the domain, saves, and writes the history in the same
//! transaction. It speaks domain types only; no caller ever sees a connection.
//!
//! One writer connection with `BEGIN IMMEDIATE` and a read-only pool: a write that forgets its transaction fails at
//! once instead of sometimes.
//! Folders, from the ground up: error and entity, engine, audit, change, `text_variables`, records, templates, steps,
//! undo, views, transfer. None imports from a later one.
pub mod audit;
mod change;
pub mod engine;
pub mod entity;
pub mod error;

mod records;
pub mod steps;
mod templates;
mod text_variables;
pub mod transfer;
mod undo;
pub mod views;

use engine::{sqlite, wal_checkpoint::WalCheckpointer};
use error::StoreError;
use sea_orm::{ConnectionTrait, DatabaseConnection};
use views::{matrix_cache::MatrixCache, progress_cache::ProgressCache};

/// The one owner of the database.
#[derive(Clone, Debug)]
pub struct Store {
    read: DatabaseConnection,
    write: DatabaseConnection,
    /// The idempotency idempotency_key that the changes of this handle are made under, if a request brought one.
    idempotency_key: Option<String>,
    matrix_cache: MatrixCache,
    progress_cache: ProgressCache,
    wal_checkpointer: WalCheckpointer,
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
            idempotency_key: None,
            matrix_cache: MatrixCache::default(),
            progress_cache: ProgressCache::default(),
            wal_checkpointer: WalCheckpointer::new(path),
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
}
