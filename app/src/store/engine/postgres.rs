//! Connections to `PostgreSQL` and its own statements: sessions, the lock that orders all changes, sizes, sequences, foreign
//! keys, and what to do about its errors. No table of the product is named here.
//!
//! Ids are given at INSERT and seen at COMMIT. All caches, pages and cursors take the last event's id for the version of the
//! database, so changes must be seen in the order of their ids: each one takes one lock before its first statement, on
//! whatever server it is made. It is READ COMMITTED, so that what it reads is as new as its lock.
use super::db_timing;
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr,
    SqlxError, SqlxPostgresConnector, Statement, TransactionOptions, TransactionTrait,
    sea_query::{Asterisk, Expr, ExprTrait, Func, JoinType, Order, Query, SelectStatement},
};
use sqlx::{
    ConnectOptions, Connection, PgConnection,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use std::{pin::pin, sync::Arc, time::Duration};
use tokio::time::timeout;

/// Connections of the read-only pool.
const READERS: u32 = 8;

/// What stands in a pattern before a sign that means itself: the default, since `ILIKE` is built without another.
pub const LIKE_ESCAPE: char = '\\';

/// The lock that each change takes: `rollcall` in ASCII.
const CHANGE_LOCK: i64 = 0x726f_6c6c_6361_6c6c;
/// The key of the advisory lock that a migration holds.
const MIGRATION_LOCK: i64 = CHANGE_LOCK + 1;

/// How long a statement waits for a lock, as long as `SQLite`'s busy timeout.
const LOCK_TIMEOUT: &str = "10s";
/// How long it takes until a database that does not answer is taken for lost. Also how long a reader waits for a connection.
pub const ANSWER_TIMEOUT: Duration = Duration::from_secs(5);
/// How long a change waits for those before it on the same server.
const WRITER_TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of every session. A machine that is gone without a word is noticed within a minute.
const SESSION: [(&str, &str); 5] = [
    ("timezone", "UTC"),
    ("jit", "off"),
    ("tcp_keepalives_idle", "30"),
    ("tcp_keepalives_interval", "10"),
    ("tcp_keepalives_count", "3"),
];

/// Foreign key violations that are named per key.
const BROKEN_KEYS_MAX: u32 = 50;

/// Whether `PostgreSQL` can read this address.
pub fn is_address(url: &str) -> bool {
    url.parse::<PgConnectOptions>().is_ok()
}

/// The connection options of an address with these settings of the session.
fn options(url: &str, settings: &[(&str, &str)]) -> Result<PgConnectOptions, DbErr> {
    let options: PgConnectOptions = url.parse().map_err(connection_error)?;
    let name = options
        .get_application_name()
        .unwrap_or("rollcall")
        .to_owned();
    Ok(options
        .application_name(&name)
        .statement_cache_capacity(256)
        .disable_statement_logging()
        .options(SESSION)
        .options(settings.iter().copied()))
}

/// The error of a connection.
pub fn connection_error(error: SqlxError) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

fn query_error(error: SqlxError) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn internal(text: &str) -> DbErr {
    DbErr::Conn(RuntimeErr::Internal(text.to_owned()))
}

/// One connection outside the pools. A pool repeats what is refused until its time is over, and then does not say why.
async fn connect_once(options: &PgConnectOptions) -> Result<PgConnection, DbErr> {
    match timeout(ANSWER_TIMEOUT, options.connect()).await {
        Ok(connected) => connected.map_err(connection_error),
        Err(_) => Err(internal("the server does not answer: timed out")),
    }
}

fn pool(options: PgConnectOptions, connections: u32, wait: Duration) -> DatabaseConnection {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(wait)
        // A connection that was lost while it was idle is replaced before it is handed out.
        .test_before_acquire(true)
        .connect_lazy_with(options);
    let mut db = SqlxPostgresConnector::from_sqlx_postgres_pool(pool);
    db.set_metric_callback(|it| db_timing::record_query(&it.statement.sql, it.elapsed, it.failed));
    db
}

/// Opens a database that exists: the read-only pool, and the writer. Errors: it cannot be reached, or is not in UTF-8.
pub async fn connect(url: &str) -> Result<(DatabaseConnection, DatabaseConnection), DbErr> {
    let writer = options(
        url,
        &[
            ("lock_timeout", LOCK_TIMEOUT),
            ("default_transaction_isolation", "read committed"),
            // The open transaction of a machine that is gone would block all others.
            ("idle_in_transaction_session_timeout", "60s"),
        ],
    )?;
    let readers = options(
        url,
        &[
            ("lock_timeout", LOCK_TIMEOUT),
            ("default_transaction_isolation", "repeatable read"),
            ("default_transaction_read_only", "on"),
        ],
    )?;
    let mut first = connect_once(&writer).await?;
    let encoding: String = sqlx::query_scalar("SHOW server_encoding")
        .fetch_one(&mut first)
        .await
        .map_err(query_error)?;
    if encoding != "UTF8" {
        return Err(internal(
            "its encoding is not UTF8: create it with ENCODING 'UTF8' TEMPLATE template0",
        ));
    }
    first.close().await.map_err(connection_error)?;
    Ok((
        pool(readers, READERS, ANSWER_TIMEOUT),
        pool(writer, 1, WRITER_TIMEOUT),
    ))
}

/// Waits for the lock of migrations and takes it: ten servers may start at once. It is held as long as
/// the connection.
pub async fn lock_migrations(url: &str) -> Result<PgConnection, DbErr> {
    let mut connection = connect_once(&options(url, &[])?).await?;
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(MIGRATION_LOCK)
        .execute(&mut connection)
        .await
        .map_err(query_error)?;
    Ok(connection)
}

/// Begins a write transaction. It waits for the writer connection and for changes on other servers, as long as the database
/// answers. Errors: another change is not done in time.
pub async fn begin(
    write: &DatabaseConnection,
    read: &DatabaseConnection,
) -> Result<DatabaseTransaction, DbErr> {
    let mut begun = pin!(begin_locked(write));
    loop {
        match timeout(ANSWER_TIMEOUT, &mut begun).await {
            Ok(begun) => return begun,
            // Either many changes are waiting, or the database is lost: this query tells which.
            Err(_) => read.execute_unprepared("SELECT 1").await?,
        };
    }
}

async fn begin_locked(write: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let tx = write
        .begin_with_options(TransactionOptions::default())
        .await?;
    let lock = format!("SELECT pg_advisory_xact_lock({CHANGE_LOCK})");
    tx.execute_unprepared(&lock).await?;
    Ok(tx)
}

/// Begins a read transaction. It is REPEATABLE READ and READ ONLY, as all of the readers' sessions are.
pub async fn snapshot(read: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    read.begin_with_options(TransactionOptions::default()).await
}

/// The first column of every row.
async fn query_texts(db: &impl ConnectionTrait, sql: &str) -> Result<Vec<String>, DbErr> {
    let rows = db
        .query_all_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?;
    rows.iter().map(|row| row.try_get_by_index(0)).collect()
}

/// The first column of the first row; 0 without rows.
async fn query_number(db: &impl ConnectionTrait, sql: &str) -> Result<i64, DbErr> {
    let row = db
        .query_one_raw(Statement::from_string(DbBackend::Postgres, sql))
        .await?;
    row.map_or(Ok(0), |row| row.try_get_by_index(0))
}

/// Rows whose foreign key refers to a missing row. `PostgreSQL` refuses them, but can be told not to.
pub async fn foreign_key_errors(db: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let of_keys = format!(
        "SELECT format('SELECT %L || coalesce(to_json(child)->>''id'', child.ctid::text) || %L \
                        FROM %s AS child WHERE child.%I IS NOT NULL \
                        AND NOT EXISTS (SELECT 1 FROM %s AS parent WHERE parent.%I = child.%I) LIMIT {BROKEN_KEYS_MAX}', \
                       held.conrelid::regclass || ' ', ' refers to a missing row of ' || held.confrelid::regclass, \
                       held.conrelid::regclass, own.attname, held.confrelid::regclass, other.attname, own.attname) \
         FROM pg_constraint AS held \
         JOIN pg_attribute AS own ON own.attrelid = held.conrelid AND own.attnum = held.conkey[1] \
         JOIN pg_attribute AS other ON other.attrelid = held.confrelid AND other.attnum = held.confkey[1] \
         WHERE held.contype = 'f' AND held.connamespace = current_schema()::regnamespace \
         ORDER BY held.conname COLLATE \"C\""
    );
    let mut lines = Vec::new();
    for of_key in query_texts(db, &of_keys).await? {
        lines.extend(query_texts(db, &of_key).await?);
    }
    Ok(lines)
}

/// The size of the database in bytes.
pub async fn size(db: &impl ConnectionTrait) -> Result<u64, DbErr> {
    let bytes = query_number(db, "SELECT pg_database_size(current_database())").await?;
    Ok(u64::try_from(bytes).unwrap_or_default())
}

/// The name of the newest migration.
pub async fn schema(db: &impl ConnectionTrait) -> Result<String, DbErr> {
    let versions = query_texts(db, "SELECT version FROM seaql_migrations").await?;
    Ok(versions.into_iter().max().unwrap_or_default())
}

/// The highest id ever assigned in a table, by its sequence or by the program.
pub async fn last_id(db: &impl ConnectionTrait, table: &str) -> Result<i64, DbErr> {
    let sql = format!(
        "SELECT greatest((SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM \"{table}_id_seq\"), \
                         (SELECT max(id) FROM \"{table}\"))"
    );
    query_number(db, &sql).await
}

/// Sets the highest assigned id, so that later rows get higher ones.
pub async fn set_last_id(tx: &DatabaseTransaction, table: &str, id: i64) -> Result<(), DbErr> {
    tx.execute_unprepared(&format!("SELECT setval('{table}_id_seq', {id})"))
        .await?;
    Ok(())
}

/// Selects from all pairs of two queries. Their rows are numbered, since no join keeps an order.
pub fn select_pairs(
    select: &mut SelectStatement,
    first: (SelectStatement, &'static str),
    second: (SelectStatement, &'static str),
) {
    const PLACE: &str = "place";
    let numbered = |query| {
        Query::select()
            .column(Asterisk)
            .expr_as(Expr::cust("row_number() OVER ()"), PLACE)
            .from_subquery(query, "ordered")
            .to_owned()
    };
    select
        .from_subquery(numbered(first.0), first.1)
        .join_subquery(
            JoinType::InnerJoin,
            numbered(second.0),
            second.1,
            Expr::val(true),
        )
        .order_by((first.1, PLACE), Order::Asc)
        .order_by((second.1, PLACE), Order::Asc);
}

/// The rows of a group as one JSON text, a list of lists.
pub fn json_rows(columns: impl IntoIterator<Item = Expr>) -> Expr {
    let row = Func::cust("json_build_array").args(columns);
    Expr::from(Func::cust("json_agg").arg(row)).cast_as("text")
}

/// Whether a text is of a pattern. Text has the collation `"C"`, so that `ILIKE` knows A to Z in two cases, and no others.
pub fn like(text: Expr, pattern: String) -> Expr {
    use sea_orm::sea_query::extension::postgres::PgExpr;
    text.ilike(pattern)
}

/// A member of the JSON object in a column, as JSON text. A character that its JSON type cannot have is made another one: both
/// are escaped.
pub fn json_member(column: &str, name: &str) -> Expr {
    Expr::cust(format!(
        "(replace(\"{column}\", '\\u0000', '\\u0001')::json -> '{name}')::text"
    ))
}

/// What to do about a failure, from the message of `PostgreSQL` or the operating system; none if it is unknown here.
pub fn advice(failure: &str) -> Option<&'static str> {
    const KNOWN: &[(&[&str], &str)] = &[
        (
            &["password authentication failed", "no pg_hba.conf entry"],
            "Check user and password in DATABASE_URL, and that PostgreSQL lets them in",
        ),
        (
            &[
                "refused",
                "timed out",
                "lookup",
                "unreachable",
                "No such file",
            ],
            "Check the address in DATABASE_URL, and that PostgreSQL runs there",
        ),
        (
            &["permission denied for"],
            "Let its user create tables: GRANT CREATE ON SCHEMA public TO the user, or make the user its owner",
        ),
        (
            &["does not exist"],
            "Rollcall creates no database on PostgreSQL: create it, or name another one in DATABASE_URL",
        ),
        (&["UTF8"], "Rollcall's texts are UTF-8"),
        (
            &["lock timeout"],
            "Another program holds its tables: end that first",
        ),
        (
            &["TLS", "certificate"],
            "Check sslmode and sslrootcert in DATABASE_URL",
        ),
    ];
    KNOWN
        .iter()
        .find(|known| known.0.iter().any(|it| failure.contains(*it)))
        .map(|known| known.1)
}

/// Whether an error says that the database does not answer, or not in time.
pub fn is_unavailable(error: &DbErr) -> bool {
    match error {
        DbErr::ConnectionAcquire(_) => true,
        DbErr::Conn(RuntimeErr::SqlxError(error))
        | DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error)) => match &**error {
            SqlxError::Io(_)
            | SqlxError::Tls(_)
            | SqlxError::PoolTimedOut
            | SqlxError::PoolClosed
            | SqlxError::WorkerCrashed => true,
            SqlxError::Database(error) => error.code().is_some_and(|it| is_temporary(&it)),
            _ => false,
        },
        _ => false,
    }
}

/// Whether the same request may succeed later, by the code of `PostgreSQL`. Those of `SQLite` are shorter.
fn is_temporary(code: &str) -> bool {
    // Connections that end or are too many; a server that ends or begins, or became a standby; locks that are not given in time.
    const CODES: [&str; 8] = [
        "53300", "57P01", "57P02", "57P03", "25006", "55P03", "40001", "40P01",
    ];
    code.len() == 5 && (code.starts_with("08") || CODES.contains(&code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_orm::{
        ConnAcquireErr,
        sea_query::{PostgresQueryBuilder, Query},
    };
    use std::io;

    #[test]
    fn an_address_says_how_tls_is_used_and_a_malformed_one_is_none() {
        for url in [
            "postgres://rollcall:secret@db.example.com:5433/rollcall?sslmode=verify-full",
            "postgresql://db/rollcall",
            "postgres://rollcall@%2Fvar%2Frun%2Fpostgresql/rollcall",
        ] {
            assert!(is_address(url), "{url}");
        }
        for url in [
            "postgres://db:port/rollcall",
            "postgres://db/rollcall?sslmode=sometimes",
        ] {
            assert!(!is_address(url), "{url}");
        }
    }

    #[test]
    fn what_postgres_answers_comes_with_what_to_do() {
        for (failure, word) in [
            ("Connection refused (os error 111)", "runs there"),
            ("database \"x\" does not exist", "creates no database"),
            ("permission denied for schema public", "GRANT CREATE"),
            ("password authentication failed for user \"x\"", "password"),
        ] {
            assert!(advice(failure).unwrap().contains(word), "{failure}");
        }
        assert_eq!(advice("database disk image is malformed"), None);
    }

    #[test]
    fn a_lost_connection_is_no_fault_of_the_program() {
        let refused = io::Error::from(io::ErrorKind::ConnectionRefused);
        assert!(is_unavailable(&connection_error(SqlxError::Io(refused))));
        assert!(is_unavailable(&query_error(SqlxError::PoolTimedOut)));
        let waited = DbErr::ConnectionAcquire(ConnAcquireErr::Timeout);
        assert!(is_unavailable(&waited));
        assert!(!is_unavailable(&query_error(SqlxError::RowNotFound)));
        assert!(!is_unavailable(&DbErr::Custom("wrong".to_owned())));
        for (code, is) in [
            ("57P01", true),
            ("08006", true),
            ("55P03", true),
            ("23505", false),
            ("5", false),
        ] {
            assert_eq!(is_temporary(code), is, "{code}");
        }
    }

    #[test]
    fn pairs_are_numbered_because_no_join_keeps_an_order() {
        let of = |table: &'static str| Query::select().column("id").from(table).to_owned();
        let mut select = Query::select();
        select.column(("chosen", "id"));
        select_pairs(
            &mut select,
            (of("customers"), "chosen"),
            (of("steps"), "copied"),
        );
        let sql = select.to_string(PostgresQueryBuilder);
        for part in [
            r#"SELECT *, row_number() OVER () AS "place" FROM (SELECT "id" FROM "customers") AS "ordered""#,
            r#" INNER JOIN (SELECT *, row_number() OVER () AS "place" FROM (SELECT "id" FROM "steps")"#,
            r#" ORDER BY "chosen"."place" ASC, "copied"."place" ASC"#,
        ] {
            assert!(sql.contains(part), "{sql}");
        }
    }

    #[test]
    fn json_is_asked_for_in_the_words_of_postgres() {
        let query = Query::select()
            .expr(json_rows([Expr::col("id"), Expr::col("name")]))
            .expr(json_member("before", "removed"))
            .from("steps")
            .to_string(PostgresQueryBuilder);
        assert_eq!(
            query,
            "SELECT CAST(json_agg(json_build_array(\"id\", \"name\")) AS text), \
             (replace(\"before\", '\\u0000', '\\u0001')::json -> 'removed')::text FROM \"steps\""
        );
    }
}
