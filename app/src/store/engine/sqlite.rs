//! Connections to `SQLite` and its own statements: file path, connection options, pragmas, integrity checks, sequences,
//! `VACUUM INTO`, WAL checkpoints, and what to do about its errors. No table of the product is named here.
use super::db_timing;
use crate::store::error::chain;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, DatabaseTransaction, DbBackend,
    DbErr, SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait,
    sea_query::{Expr, ExprTrait, Func, JoinType, LikeExpr, SelectStatement},
    sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous},
};
use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    time::Duration,
};

/// What a connection is for; selects its options in `connect`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ConnectionRole {
    Writer,
    Readers,
    /// Maintenance of an existing database, also while a server uses it.
    Existing,
    /// Reading a file that must not be changed.
    File,
}

/// Connections of the read-only pool.
const READERS: u32 = 8;

/// What stands in a pattern before a sign that means itself.
pub const LIKE_ESCAPE: char = '!';

/// The file path of a setting: `sqlite://PATH`, `sqlite:PATH`, `file:PATH` or a bare path, with or without a query.
pub fn path_of(url: &str) -> PathBuf {
    let path = ["sqlite://", "sqlite:", "file://", "file:"]
        .into_iter()
        .find_map(|scheme| url.strip_prefix(scheme))
        .unwrap_or(url);
    PathBuf::from(path.split_once('?').map_or(path, |(path, _)| path))
}

/// Creates the folder of the file if it is missing.
pub fn create_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => {
            fs::create_dir_all(folder).map_err(|error| {
                io::Error::new(
                    error.kind(),
                    format!("the folder {} cannot be created: {error}", folder.display()),
                )
            })
        }
        _ => Ok(()),
    }
}

/// Makes an empty file that only its owner may read, for a database, which holds hashes of passwords and sessions. Its log gets
/// the same rights by `SQLite`. A file that is there keeps its own; another failure is left to `SQLite`, which meets it too.
fn create_private(path: &Path) {
    let mut options = fs::OpenOptions::new();
    let _ = options.write(true).create_new(true).mode(0o600).open(path);
}

/// Opens a connection pool: 8 connections for `Readers`, else one. `synchronous=NORMAL` in WAL mode cannot corrupt
/// the database; only a loss of power (not of the process) can lose the last commits, and a commit needs no fsync.
pub async fn connect(path: &Path, role: ConnectionRole) -> Result<DatabaseConnection, DbErr> {
    let path = path.to_owned();
    if role == ConnectionRole::Writer {
        create_private(&path);
    }
    // Without a log file there is no writer, and the file can be opened as immutable, so that no files are created.
    let is_at_rest = !with_suffix(&path, "-wal").exists();
    // A negative `cache_size` is in KiB, per connection. The 8 readers need little, since the matrix cache answers most of
    // their queries.
    let cache = if role == ConnectionRole::Readers {
        "-2000"
    } else {
        "-16000"
    };
    let mut options = ConnectOptions::new("sqlite::memory:");
    options
        .max_connections(if role == ConnectionRole::Readers {
            READERS
        } else {
            1
        })
        .min_connections(1)
        .acquire_timeout(Duration::from_secs(30))
        // A file does not hang up: to ask each connection for that takes as long as a short query.
        .test_before_acquire(false)
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
                ConnectionRole::Writer => sqlite
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    // `wal_checkpoint` does this in the background.
                    .pragma("wal_autocheckpoint", "0"),
                ConnectionRole::Readers => sqlite.read_only(true),
                ConnectionRole::Existing => sqlite,
                ConnectionRole::File => sqlite.read_only(true).immutable(is_at_rest),
            }
        });
    let mut db = Database::connect(options).await?;
    db.set_metric_callback(|it| db_timing::record_query(&it.statement.sql, it.elapsed, it.failed));
    Ok(db)
}

/// The path with a suffix after the file name: `app.db-wal`.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// What to do about a failure, from the message of `SQLite` or the operating system; none if it is unknown here.
pub fn advice(failure: &str) -> Option<&'static str> {
    // `SQLite` says "disk I/O error" of many failures. 4874: the index of the log could not be made longer. 778: a write failed, and
    // not because the disk is full; so it is where a file that may only be read has a log that is to be merged.
    const KNOWN: &[(&[&str], &str)] = &[
        (
            &["disk is full", "No space left", "(code: 4874)"],
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
                "(code: 778)",
                "unable to open",
                "readonly",
                "Read-only",
                "denied",
                "Not a directory",
            ],
            "Make the file and its folder writable for this user, or name another place in DATABASE_URL",
        ),
        (
            &["disk I/O error"],
            "Check its disk: it may be full or failing",
        ),
    ];
    KNOWN
        .iter()
        .find(|known| known.0.iter().any(|it| failure.contains(*it)))
        .map(|known| known.1)
}

/// Fails if the file may only be read: it is opened all the same, and so it is by `BEGIN IMMEDIATE`. Changes nothing. That another
/// program is writing is no failure.
pub async fn must_be_writable(write: &DatabaseConnection) -> Result<(), DbErr> {
    let changes_no_row = "DELETE FROM seaql_migrations WHERE 0";
    match write.execute_unprepared(changes_no_row).await {
        Err(error) if !is_locked(&error) => Err(error),
        _ => Ok(()),
    }
}

/// Begins a write transaction with `BEGIN IMMEDIATE`. It waits for the one writer connection.
pub async fn begin(write: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    begin_as(write, SqliteTransactionMode::Immediate).await
}

/// Begins a read transaction.
pub async fn snapshot(read: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    begin_as(read, SqliteTransactionMode::Deferred).await
}

async fn begin_as(
    db: &DatabaseConnection,
    mode: SqliteTransactionMode,
) -> Result<DatabaseTransaction, DbErr> {
    db.begin_with_options(TransactionOptions {
        sqlite_transaction_mode: Some(mode),
        ..TransactionOptions::default()
    })
    .await
}

/// The first column of every row.
async fn query_texts(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = db
        .query_all_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The first column of the first row; 0 without rows.
async fn query_number(db: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Sqlite, sql))
        .await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// Damages of the file (`PRAGMA integrity_check`); empty if it is intact.
pub async fn integrity_errors(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let mut lines = query_texts(db, "PRAGMA integrity_check").await?;
    lines.retain(|it| it != "ok");
    let one_line = |it: String| it.trim_end().replace('\n', " ");
    Ok(lines.into_iter().map(one_line).collect())
}

/// Rows whose foreign key refers to a missing row.
pub async fn foreign_key_errors(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let sql = "SELECT \"table\" || ' ' || coalesce(rowid, '') || ' refers to a missing row of ' || parent \
               FROM pragma_foreign_key_check";
    query_texts(db, sql).await
}

/// The names of all tables.
pub async fn tables(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    query_texts(db, "SELECT name FROM sqlite_master WHERE type = 'table'").await
}

/// The size of the database in bytes, without its write-ahead log.
pub async fn size(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let pages = query_number(db, "PRAGMA page_count").await?;
    let bytes = query_number(db, "PRAGMA page_size").await?;
    Ok(u64::try_from(pages.saturating_mul(bytes)).unwrap_or_default())
}

/// The name of the newest migration.
pub async fn schema(db: &impl ConnectionTrait) -> Result<String, DbErr> {
    let sql = "SELECT version FROM seaql_migrations ORDER BY version DESC LIMIT 1";
    let versions = query_texts(db, sql).await?;
    Ok(versions.into_iter().next().unwrap_or_default())
}

/// The highest id ever assigned in a table.
pub async fn last_id(db: &impl ConnectionTrait, table: &str) -> Result<i64, DbErr> {
    let sql = format!("SELECT seq FROM sqlite_sequence WHERE name = '{table}'");
    query_number(db, &sql).await
}

/// Sets the highest assigned id, so that later rows get higher ones.
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

/// Selects from all pairs of two queries. A cross join keeps the order of both.
pub fn select_pairs(
    select: &mut SelectStatement,
    first: (SelectStatement, &'static str),
    second: (SelectStatement, &'static str),
) {
    select.from_subquery(first.0, first.1).join_subquery(
        JoinType::CrossJoin,
        second.0,
        second.1,
        Expr::val(true),
    );
}

/// The rows of a group as one JSON text, a list of lists.
pub fn json_rows(columns: impl IntoIterator<Item = Expr>) -> Expr {
    let row = Func::cust("json_array").args(columns);
    Expr::from(Func::cust("json_group_array").arg(row))
}

/// Whether a text is of a pattern. `LIKE` knows A to Z in two cases, and no others.
pub fn like(text: Expr, pattern: String) -> Expr {
    text.like(LikeExpr::new(pattern).escape(LIKE_ESCAPE))
}

/// A member of the JSON object in a column, as JSON text.
pub fn json_member(column: &str, name: &str) -> Expr {
    Expr::cust(format!("json_extract(\"{column}\", '$.{name}')"))
}

/// Writes a consistent copy, also while the database is in use. Errors: the target exists, and is not empty.
pub async fn copy_into(db: &DatabaseConnection, target: &Path) -> Result<(), DbErr> {
    create_private(target);
    let target = target.display().to_string().replace('\'', "''");
    db.execute_unprepared(&format!("VACUUM INTO '{target}'"))
        .await?;
    Ok(())
}

/// Writes the file anew without its unused space, while others read and write. Needs the file's size once more on its disk.
pub async fn vacuum(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared("VACUUM").await?;
    checkpoint(db).await
}

/// Whether an error says that the file is damaged or no database at all.
pub fn is_damage(error: &DbErr) -> bool {
    let text = chain(error);
    text.contains("malformed") || text.contains("not a database")
}

/// Whether an error says that another connection holds the database.
pub fn is_locked(error: &DbErr) -> bool {
    let text = chain(error);
    text.contains("is locked") || text.contains("is busy")
}

/// Leaves WAL mode, which needs the file exclusively for a moment: the log is merged, and the database is one file. No lock is
/// held afterwards. Errors: another connection works on it (`is_locked`).
pub async fn take_exclusively(db: &DatabaseConnection) -> Result<(), DbErr> {
    // Do not wait: another process may have it open for days.
    let _ = db.execute_unprepared("PRAGMA busy_timeout = 0").await;
    // In WAL mode the first statement needs the file for itself; without WAL only the second asks for a lock.
    let alone = "PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; ROLLBACK";
    db.execute_unprepared(alone).await?;
    Ok(())
}

/// Checkpoints the write-ahead log while others read and write, then truncates it if no reader needs it. Waits for nobody, and
/// leaves the connection without a `busy_timeout`.
pub async fn checkpoint_and_truncate(db: &impl ConnectionTrait) -> Result<(), DbErr> {
    db.execute_unprepared("PRAGMA wal_checkpoint(PASSIVE)")
        .await?;
    db.execute_unprepared("PRAGMA busy_timeout = 0").await?;
    checkpoint(db).await
}

/// Merges the write-ahead log into the database file and truncates it; waits for readers and the writer as long as the
/// connection's `busy_timeout`.
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
            ("(code: 8) attempt to write a readonly database", "writable"),
            ("(code: 778) disk I/O error", "the file and its folder"),
            ("(code: 4874) disk I/O error", "Free some space"),
            ("(code: 266) disk I/O error", "Check its disk"),
        ] {
            assert!(advice(failure).unwrap().contains(word), "{failure}");
        }
        assert_eq!(advice("something else"), None);
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
