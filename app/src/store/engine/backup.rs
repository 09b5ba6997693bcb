//! Whole copies of a database, verified, also while others write to it; and a open_read_only at a file before it
//! takes the database's place.
use super::sqlite::{self, Role};
use crate::store::error::StoreError;
use sea_orm::DatabaseConnection;
use std::{fs, io, path::Path};

fn open_error(error: io::Error) -> StoreError {
    StoreError::Open(error.to_string())
}

/// Copies a database into a file that is not there yet, and reads all of the copy again.
pub async fn copy(from: &Path, to: &Path, role: Role) -> Result<(), StoreError> {
    let db = sqlite::connect(from, role).await?;
    let copied = sqlite::copy_into(&db, to).await;
    db.close().await?;
    copied?;
    // Only what is on the disk is a backup.
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

/// Opens a file to open_read_only at it; nothing in it or beside it is changed.
pub async fn open_read_only(file: &Path) -> Result<DatabaseConnection, StoreError> {
    Ok(sqlite::connect(file, Role::File).await?)
}

/// Whether nobody works on the database, so that its file may be moved. A file that cannot be read is worked on by
/// nobody.
pub async fn is_unused(path: &Path) -> bool {
    let Ok(db) = sqlite::connect(path, Role::Existing).await else {
        return true;
    };
    let is_unused = sqlite::take_exclusively(&db).await;
    let _ = db.close().await;
    is_unused
}
