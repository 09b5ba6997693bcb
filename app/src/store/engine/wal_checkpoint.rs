//! The write-ahead log is merged into the database behind everybody's back: `SQLite` would do it within the commit that
//! makes the log long, and whoever activates a release would wait for the disk twice.
use super::sqlite;
use sea_orm::DbErr;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// A log that is longer, in bytes, is merged: as long as `SQLite` would let it become by itself.
const CHECKPOINT_WAL_BYTES: u64 = 4 * 1024 * 1024;

#[derive(Clone, Debug)]
pub struct WalCheckpointer {
    database: PathBuf,
    is_at_it: Arc<AtomicBool>,
}

impl WalCheckpointer {
    pub fn of(database: PathBuf) -> Self {
        Self {
            database,
            is_at_it: Arc::default(),
        }
    }

    /// After a commit: begins to merge if the log is long and nobody is at it.
    pub fn look(&self) {
        let log = sqlite::beside(&self.database, "-wal");
        let is_long = std::fs::metadata(log).is_ok_and(|it| it.len() > CHECKPOINT_WAL_BYTES);
        if !is_long || self.is_at_it.swap(true, Ordering::Relaxed) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = this.merge().await {
                // Nothing is lost: the log has it all, and the next commit tries again.
                tracing::warn!(%error, "the write-ahead log could not be merged");
            }
            this.is_at_it.store(false, Ordering::Relaxed);
        });
    }

    async fn merge(&self) -> Result<(), DbErr> {
        let db = sqlite::connect(&self.database, sqlite::Role::Existing).await?;
        sqlite::merge_aside(&db).await?;
        db.close().await
    }
}
