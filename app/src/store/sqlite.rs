//! Whatever is `SQLite`'s own: where the file lies, pragmas, backup. Another database would replace this file.
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DbErr,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use std::{io, path::Path, path::PathBuf, time::Duration};

/// Which of the two pools.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Writer,
    Readers,
}

/// The file that a setting names: `sqlite://PATH`, `sqlite:PATH`, `file:PATH` or a bare path, with or without a query.
pub fn path_of(url: &str) -> PathBuf {
    let path = ["sqlite://", "sqlite:", "file://", "file:"]
        .into_iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .unwrap_or(url);
    PathBuf::from(path.split_once('?').map_or(path, |(path, _)| path))
}

/// The folder of the file, if it is missing.
pub fn create_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            std::fs::create_dir_all(folder).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("the folder {} cannot be created: {error}", folder.display()),
                )
            })
        }
        _ => Ok(()),
    }
}

/// Opens a pool. `synchronous=NORMAL` in WAL mode never corrupts; only the last commits before a loss of power (not of
/// the process) can be lost, and a commit costs no fsync.
pub async fn connect(path: &Path, role: Role) -> Result<DatabaseConnection, DbErr> {
    let path = path.to_owned();
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(if role == Role::Writer { 1 } else { 8 })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        .sqlx_logging(false)
        .map_sqlx_sqlite_opts(move |sqlite| {
            let sqlite = sqlite
                .in_memory(false)
                .shared_cache(false)
                .filename(&path)
                .foreign_keys(true)
                .busy_timeout(Duration::from_secs(10))
                .synchronous(SqliteSynchronous::Normal)
                .pragma("cache_size", "-16000")
                .statement_cache_capacity(256);
            match role {
                Role::Writer => sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal),
                Role::Readers => sqlite.read_only(true),
            }
        });
    Database::connect(options).await
}

/// Merges the write-ahead log into the file.
pub async fn checkpoint(db: &DatabaseConnection) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_the_setting_names_its_file() {
        for (url, path) in [
            ("sqlite://data/app.db?mode=rwc", "data/app.db"),
            ("sqlite:///var/lib/rollcall.db", "/var/lib/rollcall.db"),
            ("sqlite:data/app.db", "data/app.db"),
            ("file:./data/app.db", "./data/app.db"),
            ("data/app.db", "data/app.db"),
        ] {
            assert_eq!(path_of(url), PathBuf::from(path), "{url}");
        }
    }
}
