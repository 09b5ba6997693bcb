//! The id of the last committed event as this process knows it, for the stream of changes (R31): set by its own commits at once, by
//! those of other processes with a notification of `PostgreSQL`, or by a look at the database.
use crate::store::{Database, engine::notices::Notice, error::StoreError};
use std::time::Duration;
use tokio::sync::{mpsc, watch};

/// The id of the last committed event that this process has heard of. Clones share it.
#[derive(Clone, Debug)]
pub struct Commits(watch::Sender<i64>);

impl Default for Commits {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

impl Commits {
    /// Tells of a commit, by its last event.
    pub fn tell(&self, last: i64) {
        self.0.send_if_modified(|it| {
            let is_newer = last > *it;
            *it = last.max(*it);
            is_newer
        });
    }

    /// The last event that this process has heard of; more may be committed.
    pub fn last_heard(&self) -> i64 {
        *self.0.borrow()
    }
}

impl Database {
    /// Wakes when this process hears of a commit.
    pub fn commits(&self) -> watch::Receiver<i64> {
        self.commits.0.subscribe()
    }

    /// Tells the followers of commits in this process of one that was made elsewhere.
    pub fn heard_of_commit(&self, last: i64) {
        self.commits.tell(last);
    }

    /// How often commits of other processes are to be looked for, beside what is heard of them.
    pub fn look_interval(&self) -> Duration {
        self.engine.look_interval()
    }

    /// Passes on what other processes on the database say, until the receiver is dropped. Those on a file of `SQLite` say nothing.
    pub async fn hear(&self, notices: mpsc::Sender<Notice>) {
        self.engine.hear(&self.write, notices).await;
    }

    /// Says a word to all processes on the database, this one too; on a file of `SQLite` to nobody. Errors: the database does not
    /// answer.
    pub async fn say(&self, word: &str) -> Result<(), StoreError> {
        Ok(self.engine.say(&self.read, word).await?)
    }
}
