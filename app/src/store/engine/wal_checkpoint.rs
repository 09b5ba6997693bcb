//! The write-ahead wal is merged into the database behind everybody's back: `SQLite` would do it within the commit
//! that makes the wal long, and whoever activates a release would wait for the disk twice.
use super::sqlite;
use sea_orm::DbErr;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A wal that is longer, in bytes, is merged: as long as `SQLite` would let it become by itself.
const CHECKPOINT_WAL_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct WalCheckpointer {
    database: PathBuf,
    is_running: Arc<AtomicBool>,
}

impl WalCheckpointer {
    pub fn new(database: PathBuf) -> Self {
        Self {
            database,
            is_running: Arc::default(),
        }
    }

    /// After a commit: begins to checkpoint if the wal is long and nobody is at it.
    pub fn checkpoint_if_long(&self) {
        let wal = sqlite::with_suffix(&self.database, "-wal");
        let is_long = std::fs::metadata(wal).is_ok_and(|it| it.len() > CHECKPOINT_WAL_BYTES);
        if !is_long || self.is_running.swap(true, Ordering::Relaxed) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = this.checkpoint().await {
                // Nothing is lost: the wal has it all, and the next commit tries again.
                tracing::warn!(%error, "the write-ahead log could not be merged");
            }
            this.is_running.store(false, Ordering::Relaxed);
        });
    }

    async fn checkpoint(&self) -> Result<(), DbErr> {
        let db = sqlite::connect(&self.database, sqlite::Role::Existing).await?;
        sqlite::checkpoint_and_truncate(&db).await?;
        db.close().await
    }
}
