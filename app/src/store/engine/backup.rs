//! Verified backups of a database of `SQLite`, also while it is in use, and inspection of a file before it replaces the
//! database.
use super::sqlite;
pub use super::sqlite::{
    ConnectionRole, create_folder, foreign_key_errors, integrity_errors, tables, with_suffix,
};
use crate::store::error::StoreError;
use rustix::{
    fs::{FlockOperation, fcntl_lock},
    io::Errno,
};
use sea_orm::DatabaseConnection;
use std::{fs, io, path::Path};

fn open_error(error: io::Error) -> StoreError {
    StoreError::Open(error.to_string())
}

/// Copies a database to a new file and verifies the copy. Errors: the target exists; the copy is damaged.
pub async fn copy(from: &Path, to: &Path, role: ConnectionRole) -> Result<(), StoreError> {
    let db = sqlite::connect(from, role).await?;
    let copied = sqlite::copy_into(&db, to).await;
    db.close().await?;
    copied?;
    // A backup counts only once it is on the disk.
    fs::File::open(to)
        .and_then(|it| it.sync_all())
        .map_err(open_error)?;
    let copy = open_read_only(to).await?;
    let errors = integrity_errors(&copy).await?;
    copy.close().await?;
    match errors.first() {
        None => Ok(()),
        Some(error) => Err(StoreError::Open(format!("the copy is damaged: {error}"))),
    }
}

/// Opens a database file without changing it or creating files beside it.
pub async fn open_read_only(file: &Path) -> Result<DatabaseConnection, StoreError> {
    Ok(sqlite::connect(file, ConnectionRole::File).await?)
}

/// Whether no process has the database open, so that its file may be replaced. A damaged one too may be in use; its locks
/// tell. If they do not, or the file cannot be opened for another reason, it may well be in use, so that is an error.
pub async fn is_unused(path: &Path) -> Result<bool, StoreError> {
    let taken = match sqlite::connect(path, ConnectionRole::Existing).await {
        Ok(db) => {
            let taken = sqlite::take_exclusively(&db).await;
            // Before the locks are asked for: a process that closes a file loses its own locks on it.
            let _ = db.close().await;
            taken
        }
        Err(error) => Err(error),
    };
    match taken {
        Ok(()) => Ok(true),
        Err(error) if sqlite::is_locked(&error) => Ok(false),
        Err(error) if sqlite::is_damage(&error) => Ok(!is_locked_by_others(path)?),
        Err(error) => Err(error.into()),
    }
}

/// Whether another process holds one of `SQLite`'s locks: in WAL mode, each that has the database open holds one on the file
/// itself and one on the `-shm` file beside it.
fn is_locked_by_others(path: &Path) -> Result<bool, StoreError> {
    for file in [path.to_owned(), with_suffix(path, "-shm")] {
        let file = match fs::OpenOptions::new().read(true).write(true).open(file) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(open_error(error)),
        };
        match fcntl_lock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::AGAIN | Errno::ACCESS) => return Ok(true),
            Err(error) => return Err(open_error(error.into())),
        }
    }
    Ok(false)
}
