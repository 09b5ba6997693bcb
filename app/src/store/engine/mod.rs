//! The database engines: `SQLite`, which is the default, and `PostgreSQL`. What is an engine's own (connections, locks,
//! sequences, sizes, SQL that differs, errors) is in `sqlite` and `postgres`; only this file chooses between them. Also here:
//! database addresses, backups and WAL checkpoints of `SQLite`, notifications of `PostgreSQL`, query timings, and rows that
//! cannot be decoded. No table of the product is named in this folder.
pub mod backup;
pub mod compute;
pub mod database_url;
pub mod db_timing;
pub mod notices;
mod postgres;
pub mod row_decode;
pub mod sqlite;
pub mod wal_checkpoint;

use super::error::StoreError;
use notices::Notice;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    sea_query::{Expr, SelectStatement},
};
use sqlx::PgConnection;
use std::time::Duration;
use tokio::sync::mpsc;
use wal_checkpoint::WalCheckpointer;

/// Ids in one `IN (...)`: `SQLite` accepts 32,766 values per statement, `PostgreSQL` 65,535.
pub const IDS_PER_STATEMENT_MAX: usize = 10_000;

/// Which engine a database is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// An opened database: its readers, its one writer, and what is done after a commit.
#[derive(Debug)]
pub struct Connections {
    pub engine: Engine,
    pub read: DatabaseConnection,
    pub write: DatabaseConnection,
    pub wal_checkpointer: WalCheckpointer,
}

/// The lock that a process holds while it migrates the schema. `SQLite`'s file is locked by the migration itself.
#[derive(Debug)]
pub struct MigrationLock(Option<PgConnection>);

impl MigrationLock {
    /// Takes the lock, and waits for it. Errors: the database cannot be reached.
    pub async fn take(url: &str) -> Result<Self, StoreError> {
        Ok(Self(match Engine::of_url(url) {
            Engine::Sqlite => None,
            Engine::Postgres => Some(postgres::lock_migrations(url).await?),
        }))
    }

    /// Gives the lock back.
    pub async fn release(self) {
        use sqlx::Connection;
        if let Some(connection) = self.0 {
            // The lock ends with the connection, even if closing it fails.
            let _ = connection.close().await;
        }
    }
}

impl Engine {
    /// The engine that an address chooses.
    pub fn of_url(url: &str) -> Self {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            Self::Postgres
        } else {
            Self::Sqlite
        }
    }

    /// The engine of a connection or transaction.
    pub fn of(db: &impl ConnectionTrait) -> Self {
        match db.get_database_backend() {
            DbBackend::Postgres => Self::Postgres,
            _ => Self::Sqlite,
        }
    }

    /// Opens a database. `SQLite`'s file and folder are created if they are missing; a database of `PostgreSQL` never is.
    /// Errors: `Open` or `Db` if it cannot be had.
    pub async fn open(url: &str) -> Result<Connections, StoreError> {
        let engine = Self::of_url(url);
        let (read, write, wal_checkpointer) = match engine {
            Self::Sqlite => {
                let path = sqlite::path_of(url);
                sqlite::create_folder(&path).map_err(|it| StoreError::Open(it.to_string()))?;
                // The writer comes first because it creates the file that the readers open.
                let write = sqlite::connect(&path, sqlite::ConnectionRole::Writer).await?;
                let read = sqlite::connect(&path, sqlite::ConnectionRole::Readers).await?;
                (read, write, WalCheckpointer::new(path))
            }
            Self::Postgres => {
                let (read, write) = postgres::connect(url).await?;
                (read, write, WalCheckpointer::none())
            }
        };
        Ok(Connections {
            engine,
            read,
            write,
            wal_checkpointer,
        })
    }

    /// Fails if nothing can be written: a file of `SQLite` may only be read. Its migrations were applied.
    pub async fn must_be_writable(self, write: &DatabaseConnection) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => sqlite::must_be_writable(write).await,
            Self::Postgres => Ok(()),
        }
    }

    /// Begins a write transaction, which sees all changes before it. There is one at a time, on all servers together. It waits
    /// for its turn. Errors: not in time, or the database is lost.
    pub async fn begin(
        self,
        write: &DatabaseConnection,
        read: &DatabaseConnection,
    ) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Sqlite => sqlite::begin(write).await,
            Self::Postgres => postgres::begin(write, read).await,
        }
    }

    /// Begins a read transaction: it sees one state of the database until it ends, and does not block writers.
    pub async fn snapshot(self, read: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
        match self {
            Self::Sqlite => sqlite::snapshot(read).await,
            Self::Postgres => postgres::snapshot(read).await,
        }
    }

    /// What is to be done before the writer connection is closed: merges `SQLite`'s write-ahead log.
    pub async fn finish(self, write: &DatabaseConnection) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => sqlite::checkpoint(write).await,
            Self::Postgres => Ok(()),
        }
    }

    /// Gives unused space back to the disk. `PostgreSQL` keeps it for what comes, and needs all other work to stop to do more.
    pub async fn compact(self, write: &DatabaseConnection) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => sqlite::vacuum(write).await,
            Self::Postgres => Ok(()),
        }
    }

    /// Tells other processes of a commit, once it is made; `last` is its last event. On `SQLite` they look.
    pub async fn announce(self, tx: &DatabaseTransaction, last: i64) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres => notices::announce(tx, last).await,
        }
    }

    /// Says a word to all processes on the database; on `SQLite` to nobody.
    pub async fn say(self, read: &DatabaseConnection, word: &str) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres => notices::say(read, word).await,
        }
    }

    /// Passes on what other processes say, until the receiver is dropped; on `SQLite` they say nothing.
    pub async fn hear(self, write: &DatabaseConnection, notices: mpsc::Sender<Notice>) {
        match self {
            Self::Sqlite => {}
            Self::Postgres => notices::hear(write, notices).await,
        }
    }

    /// How often commits of other processes are looked for. On `PostgreSQL` only for what was not heard.
    pub fn look_interval(self) -> Duration {
        match self {
            Self::Sqlite => Duration::from_millis(500),
            Self::Postgres => Duration::from_secs(5),
        }
    }

    /// The size of the database in bytes, without a write-ahead log.
    pub async fn size(self, db: &impl ConnectionTrait) -> Result<u64, DbErr> {
        match self {
            Self::Sqlite => sqlite::size(db).await,
            Self::Postgres => postgres::size(db).await,
        }
    }

    /// Damages of the file; empty if it is intact, and on `PostgreSQL`, which looks after its files itself.
    pub async fn integrity_errors(self, db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
        match self {
            Self::Sqlite => sqlite::integrity_errors(db).await,
            Self::Postgres => Ok(Vec::new()),
        }
    }

    /// Rows whose foreign key refers to a missing row.
    pub async fn foreign_key_errors(self, db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
        match self {
            Self::Sqlite => sqlite::foreign_key_errors(db).await,
            Self::Postgres => postgres::foreign_key_errors(db).await,
        }
    }

    /// The name of the newest migration.
    pub async fn schema(self, db: &impl ConnectionTrait) -> Result<String, DbErr> {
        match self {
            Self::Sqlite => sqlite::schema(db).await,
            Self::Postgres => postgres::schema(db).await,
        }
    }

    /// The highest id ever assigned in a table.
    pub async fn last_id(self, db: &impl ConnectionTrait, table: &str) -> Result<i64, DbErr> {
        match self {
            Self::Sqlite => sqlite::last_id(db, table).await,
            Self::Postgres => postgres::last_id(db, table).await,
        }
    }

    /// Sets the highest assigned id, so that later rows get higher ones.
    pub async fn set_last_id(
        self,
        tx: &DatabaseTransaction,
        table: &str,
        id: i64,
    ) -> Result<(), DbErr> {
        match self {
            Self::Sqlite => sqlite::set_last_id(tx, table, id).await,
            Self::Postgres => postgres::set_last_id(tx, table, id).await,
        }
    }

    /// Selects from all pairs of two queries, each with its name there: in the order of the first, then of the second.
    pub fn select_pairs(
        self,
        select: &mut SelectStatement,
        first: (SelectStatement, &'static str),
        second: (SelectStatement, &'static str),
    ) {
        match self {
            Self::Sqlite => sqlite::select_pairs(select, first, second),
            Self::Postgres => postgres::select_pairs(select, first, second),
        }
    }

    /// The rows of a group as one JSON text, a list of lists. A boolean is `true` or 1, and `false` or 0.
    pub fn json_rows(self, columns: impl IntoIterator<Item = Expr>) -> Expr {
        match self {
            Self::Sqlite => sqlite::json_rows(columns),
            Self::Postgres => postgres::json_rows(columns),
        }
    }

    /// Whether a text has another one in it. A to Z are equal to a to z, and no other letters: so the engines find the same.
    pub fn contains(self, text: Expr, sought: &str) -> Expr {
        match self {
            Self::Sqlite => sqlite::like(text, within_any_text(sought, sqlite::LIKE_ESCAPE)),
            Self::Postgres => postgres::like(text, within_any_text(sought, postgres::LIKE_ESCAPE)),
        }
    }

    /// A list that is a member of the JSON object in a column, as JSON text.
    pub fn json_member(self, column: &str, name: &str) -> Expr {
        match self {
            Self::Sqlite => sqlite::json_member(column, name),
            Self::Postgres => postgres::json_member(column, name),
        }
    }
}

/// The pattern of all texts that have this one in them. `escape` stands before what means itself.
fn within_any_text(text: &str, escape: char) -> String {
    let mut pattern = "%".to_owned();
    for letter in sought(text).chars() {
        if ['%', '_', escape].contains(&letter) {
            pattern.push(escape);
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

/// A text that is looked for, as a database can be asked for it: `PostgreSQL` refuses NUL, which no stored text has.
pub fn sought(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

/// Whether an error says that the database does not answer, or not in time: the same request may succeed later.
pub fn is_unavailable(error: &StoreError) -> bool {
    match error {
        StoreError::Db(error) => postgres::is_unavailable(error) || sqlite::is_locked(error),
        _ => false,
    }
}

/// What to do about a failure, from its message. `database` is the address or path of the database that failed, if it is known.
pub fn advice(database: Option<&str>, failure: &str) -> &'static str {
    const CHECK_PATH: &str = "Check the path and its permissions";
    match database.map(Engine::of_url) {
        Some(Engine::Sqlite) => sqlite::advice(failure).unwrap_or(CHECK_PATH),
        Some(Engine::Postgres) => postgres::advice(failure).unwrap_or("Check DATABASE_URL"),
        None => sqlite::advice(failure)
            .or_else(|| postgres::advice(failure))
            .unwrap_or(CHECK_PATH),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_of_a_pattern_mean_themselves_in_what_is_searched_for() {
        assert_eq!(within_any_text("100%_!", '!'), "%100!%!_!!%");
        assert_eq!(within_any_text(r"a\b", '\\'), r"%a\\b%");
    }
}
