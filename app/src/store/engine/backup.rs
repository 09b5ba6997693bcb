//! Whole copies of a database, verified, also while others write to it; and a look at a file before it takes the
//! database's place.
use super::sqlite::{self, Role};
use crate::store::error::StoreError;
use sea_orm::DatabaseConnection;
use std::{fs, io, path::Path};

fn failed(error: io::Error) -> StoreError {
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
        .map_err(failed)?;
    let copy = look(to).await?;
    let damage = sqlite::damage(&copy).await?;
    copy.close().await?;
    match damage.first() {
        None => Ok(()),
        Some(damage) => Err(StoreError::Open(format!("the copy is damaged: {damage}"))),
    }
}

/// Opens a file to look at it; nothing in it or beside it is changed.
pub async fn look(file: &Path) -> Result<DatabaseConnection, StoreError> {
    Ok(sqlite::connect(file, Role::File).await?)
}

/// Whether nobody works on the database, so that its file may be moved. A damaged file is worked on by nobody; one that
/// cannot be opened for another reason may well be, so that is an error.
pub async fn is_free(path: &Path) -> Result<bool, StoreError> {
    let db = match sqlite::connect(path, Role::Existing).await {
        Ok(db) => db,
        Err(error) if sqlite::is_held(&error) => return Ok(false),
        Err(error) if sqlite::is_damage(&error) => return Ok(true),
        Err(error) => return Err(error.into()),
    };
    let is_alone = sqlite::is_alone(&db).await;
    let _ = db.close().await;
    Ok(is_alone?)
}
