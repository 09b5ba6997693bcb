//! WAL checkpoints in the background. By default `SQLite` checkpoints within the commit that makes the log too long,
//! so a user who activates a release would wait for the disk twice.
use super::sqlite;
use sea_orm::DbErr;
use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// The log is checkpointed above this size in bytes, about `SQLite`'s own default of 1,000 pages.
const CHECKPOINT_WAL_BYTES: u64 = 4 * 1024 * 1024;

/// Starts checkpoints; clones share the state.
#[derive(Clone, Debug)]
pub struct WalCheckpointer {
    /// None without such a log.
    database: Option<PathBuf>,
    is_running: Arc<AtomicBool>,
}

impl WalCheckpointer {
    /// For the database file at this path.
    pub fn new(database: PathBuf) -> Self {
        Self {
            database: Some(database),
            is_running: Arc::default(),
        }
    }

    /// For a database that looks after its log itself.
    pub fn none() -> Self {
        Self {
            database: None,
            is_running: Arc::default(),
        }
    }

    /// Starts a checkpoint in the background if the log is long and none is running. Called after each commit.
    pub fn checkpoint_if_long(&self) {
        let Some(database) = self.database.clone() else {
            return;
        };
        let wal = sqlite::with_suffix(&database, "-wal");
        let is_long = std::fs::metadata(wal).is_ok_and(|it| it.len() > CHECKPOINT_WAL_BYTES);
        if !is_long || self.is_running.swap(true, Ordering::Relaxed) {
            return;
        }
        let this = self.clone();
        tokio::spawn(async move {
            if let Err(error) = checkpoint(&database).await {
                // Nothing is lost: the log has all commits, and the next commit tries again.
                tracing::warn!(%error, "the write-ahead log could not be merged");
            }
            this.is_running.store(false, Ordering::Relaxed);
        });
    }
}

async fn checkpoint(database: &Path) -> Result<(), DbErr> {
    let db = sqlite::connect(database, sqlite::ConnectionRole::Existing).await?;
    sqlite::checkpoint_and_truncate(&db).await?;
    db.close().await
}
