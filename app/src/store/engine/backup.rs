//! Verified backups of a database, also while it is in use, and inspection of a file before it replaces the database.
use super::sqlite::{self, ConnectionRole};
use crate::store::error::StoreError;
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
    let errors = sqlite::integrity_errors(&copy).await?;
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

/// Whether no process has the database open, so that its file may be replaced. A damaged file counts as unused. One that
/// cannot be opened for another reason may well be in use, so that is an error.
pub async fn is_unused(path: &Path) -> Result<bool, StoreError> {
    let db = match sqlite::connect(path, ConnectionRole::Existing).await {
        Ok(db) => db,
        Err(error) if sqlite::is_locked(&error) => return Ok(false),
        Err(error) if sqlite::is_damage(&error) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    let is_unused = sqlite::take_exclusively(&db).await;
    let _ = db.close().await;
    Ok(is_unused?)
}
