//! What processes on one database of `PostgreSQL` tell each other by its notifications: the last event of each commit, and words of
//! their own, which nobody keeps. Processes on a file of `SQLite` have no such way: they look.
use super::postgres::{ANSWER_TIMEOUT, connection_error};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, Statement,
};
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::time::Duration;
use tokio::{sync::mpsc, time::sleep};

const COMMITS: &str = "rollcall_commits";
const WORDS: &str = "rollcall_words";
/// How long after a failure the database is asked again.
const AGAIN_AFTER: Duration = Duration::from_secs(1);

/// What is heard of other processes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// A commit, by its last event.
    Committed(i64),
    /// A word that a process said.
    Word(String),
    /// The connection is new, so that anything may have been missed.
    Missed,
}

/// Tells of a commit, once it is made.
pub async fn announce(tx: &DatabaseTransaction, last: i64) -> Result<(), DbErr> {
    let sql = format!("SELECT pg_notify('{COMMITS}', '{last}')");
    tx.execute_unprepared(&sql).await?;
    Ok(())
}

/// Says a word to all processes.
pub async fn say(db: &DatabaseConnection, word: &str) -> Result<(), DbErr> {
    let sql = "SELECT pg_notify($1, $2)";
    let values = [WORDS.into(), word.into()];
    db.execute_raw(Statement::from_sql_and_values(
        DbBackend::Postgres,
        sql,
        values,
    ))
    .await?;
    Ok(())
}

/// Passes on what is heard until the receiver is dropped, over a connection of its own. One that is lost is made anew.
pub async fn hear(write: &DatabaseConnection, notices: mpsc::Sender<Notice>) {
    let mut is_told = false;
    loop {
        let heard = tokio::select! {
            () = notices.closed() => return,
            heard = listen(write, &notices, &mut is_told) => heard,
        };
        if let (Err(error), false) = (heard, is_told) {
            tracing::warn!(%error, "other servers are not heard of for now: the database is looked at instead");
            is_told = true;
        }
        tokio::select! {
            () = notices.closed() => return,
            () = sleep(AGAIN_AFTER) => {}
        }
    }
}

async fn listen(
    write: &DatabaseConnection,
    notices: &mpsc::Sender<Notice>,
    is_told: &mut bool,
) -> Result<(), DbErr> {
    let options = write.get_postgres_connection_pool().connect_options();
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(ANSWER_TIMEOUT)
        .max_lifetime(None)
        .idle_timeout(None)
        .connect_lazy_with((*options).clone());
    let listener = PgListener::connect_with(&pool).await;
    let mut listener = listener.map_err(connection_error)?;
    let listening = listener.listen_all([COMMITS, WORDS]).await;
    listening.map_err(connection_error)?;
    *is_told = false;
    let mut notice = Notice::Missed;
    while notices.send(notice).await.is_ok() {
        notice = match listener.try_recv().await.map_err(connection_error)? {
            None => Notice::Missed,
            Some(it) if it.channel() == WORDS => Notice::Word(it.payload().to_owned()),
            Some(it) => it
                .payload()
                .parse()
                .map_or(Notice::Missed, Notice::Committed),
        };
    }
    Ok(())
}
