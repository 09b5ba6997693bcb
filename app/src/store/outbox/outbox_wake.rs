//! Wakes the sender of this process for messages that no change of the history tells of: a test, or a replay (R62).
use crate::store::Database;
use std::sync::Arc;
use tokio::sync::Notify;

/// The signal. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct OutboxWake(Arc<Notify>);

impl OutboxWake {
    /// Wakes the sender, now or when it waits next.
    pub fn wake(&self) {
        self.0.notify_one();
    }
}

impl Database {
    /// Waits until a message was asked for. Those of changes are known by `commits`.
    pub async fn outbox_woken(&self) {
        self.outbox_wake.0.notified().await;
    }
}
