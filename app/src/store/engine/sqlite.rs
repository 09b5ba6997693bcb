//! Whatever is `SQLite`'s own: where the file lies, pragmas, backup. Another database would replace this file.
use super::db_timing;
use crate::store::error::chain;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, Statement,
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use std::{ffi::OsString, io, path::Path, path::PathBuf, time::Duration};

/// What a connection is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Writer,
    Readers,
    /// Maintenance of a database that is there, also while a server works on it.
    Existing,
    /// Looking at a file that is not ours to change.
    File,
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
    // Without a log beside it nobody is writing, and nothing has to be put beside it.
    let is_at_rest = !beside(&path, "-wal").exists();
    // In kB, for each connection. Readers are eight, and what they are asked for most is kept already (`grids.rs`).
    let cache = if role == Role::Readers {
        "-6000"
    } else {
        "-16000"
    };
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(if role == Role::Readers { 8 } else { 1 })
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
                .pragma("cache_size", cache)
                .statement_cache_capacity(256);
            match role {
                Role::Writer => sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // `merging` does that, aside.
                    .pragma("wal_autocheckpoint", "0"),
                Role::Readers => sqlite.read_only(true),
                Role::Existing => sqlite,
                Role::File => sqlite.read_only(true).immutable(is_at_rest),
            }
        });
    let mut db = Database::connect(options).await?;
    db.set_metric_callback(|it| db_timing::query(&it.statement.sql, it.elapsed, it.failed));
    Ok(db)
}

/// The file with more behind its name: `app.db-wal`.
pub fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(ending);
    PathBuf::from(name)
}

/// What to do about a failure, from what `SQLite` and the system say.
pub fn advice(failure: &str) -> &'static str {
    const KNOWN: &[(&[&str], &str)] = &[
        (
            &["disk is full", "disk I/O error", "No space left"],
            "Free some space on its disk",
        ),
        (
            &["malformed", "not a database"],
            "It is damaged, or no database: put a backup in its place with `rollcall restore FILE`",
        ),
        (
            &["is locked", "is busy"],
            "Another program holds it: end that first",
        ),
        (
            &[
                "unable to open",
                "readonly",
                "Read-only",
                "denied",
                "Not a directory",
            ],
            "Make its folder writable for this user, or name another place in DATABASE_URL",
        ),
    ];
    KNOWN
        .iter()
        .find(|known| known.0.iter().any(|it| failure.contains(*it)))
        .map_or("Check the path and its permissions", |known| known.1)
}

/// The first column of every row.
async fn texts(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = db
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

async fn number(db: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// What is wrong with the file itself; empty if nothing is.
pub async fn damage(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let mut lines = texts(db, "PRAGMA integrity_check").await?;
    lines.retain(|it| it != "ok");
    let one_line = |it: String| it.trim_end().replace('\n', " ");
    Ok(lines.into_iter().map(one_line).collect())
}

/// Rows that refer to a row that is not there.
pub async fn broken_keys(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT \"table\" || ' ' || coalesce(rowid, '') || ' refers to a missing row of ' || parent \
               FROM pragma_foreign_key_check";
    texts(db, sql).await
}

/// The tables of a database.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    texts(db, "SELECT name FROM sqlite_master WHERE type = 'table'").await
}

/// How large the database is, in bytes, without its log.
pub async fn size(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let pages = number(db, "PRAGMA page_count").await?;
    let bytes = number(db, "PRAGMA page_size").await?;
    Ok(u64::try_from(pages.saturating_mul(bytes)).unwrap_or_default())
}

/// The newest migration that the database has seen.
pub async fn schema(db: &impl ConnectionTrait) -> Result<String, DbErr> {
    let sql = "SELECT version FROM seaql_migrations ORDER BY version DESC LIMIT 1";
    let versions = texts(db, sql).await?;
    Ok(versions.into_iter().next().unwrap_or_default())
}

/// The highest id that a table has ever given to a row.
pub async fn last_id(db: &impl ConnectionTrait, table: &str) -> Result<i64, DbErr> {
    let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
    number(db, &sql).await
}

/// So that no later row gets this id, or one below it.
pub async fn set_last_id(tx: &DatabaseTransaction, table: &str, id: i64) -> Result<(), DbErr> {
    tx.execute_unprepared(&format!(
        "DELETE FROM sqlite_sequence WHERE name = '{table}'"
    ))
    .await?;
    tx.execute_unprepared(&format!(
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('{table}', {id})"
    ))
    .await?;
    Ok(())
}

/// A whole and consistent copy, also while others write. The target must not be there yet.
pub async fn copy_into(db: &DatabaseConnection, target: &Path) -> Result<(), DbErr> {
    let target = target.display().to_string().replace('\'', "''");
    db.execute_unprepared(&format!("VACUUM INTO '{target}'"))
        .await?;
    Ok(())
}

/// Whether a failure says that the file is damaged, or no database: then no program works on it.
pub fn is_damage(error: &DbErr) -> bool {
    let text = chain(error);
    text.contains("malformed") || text.contains("not a database")
}

/// Whether a failure says that another program holds the database.
pub fn is_held(error: &DbErr) -> bool {
    let text = chain(error);
    text.contains("is locked") || text.contains("is busy")
}

/// Whether nobody else has the database open. If so, its log is merged into it, and it is one file. Any failure but damage
/// leaves that open, and is an error.
pub async fn is_alone(db: &DatabaseConnection) -> Result<bool, DbErr> {
    // Not to be waited for: who works on it does so for days.
    let _ = db.execute_unprepared("PRAGMA busy_timeout = 0").await;
    match db.execute_unprepared("PRAGMA journal_mode = DELETE").await {
        Ok(_) => Ok(true),
        Err(error) if is_held(&error) => Ok(false),
        Err(error) if is_damage(&error) => Ok(true),
        Err(error) => Err(error),
    }
}

/// Merges the write-ahead log while others read and write, and then makes it short if nobody needs it just now.
pub async fn merge_aside(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)")
        .await?;
    db.execute_unprepared("PRAGMA busy_timeout = 0").await?;
    checkpoint(db).await
}

/// Merges the write-ahead log into the file.
pub async fn checkpoint(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)")
        .await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_comes_with_what_to_do() {
        for (failure, word) in [
            ("(code: 13) database or disk is full", "space"),
            ("(code: 26) file is not a database", "restore"),
            ("(code: 14) unable to open database file", "writable"),
            ("something else", "permissions"),
        ] {
            assert!(advice(failure).contains(word), "{failure}");
        }
    }

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
