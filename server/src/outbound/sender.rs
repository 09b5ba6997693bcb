//! The task that sends messages to hooks (R62): woken by commits and by time, it claims what is due by a lease and tries each by
//! itself, a few of each hook, so that a slow receiver holds up nobody. What it had when it was killed is sent again, by whoever
//! claims it next.
use super::delivery::Courier;
use app::{
    api::context::now,
    store::{
        Database,
        error::{StoreError, chain},
        outbox::deliveries::ClaimedDelivery,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

/// How long no other sender gets a message that this one tries. A try takes 20 seconds at most.
const LEASE: TimeDelta = TimeDelta::seconds(30);
/// Messages that are tried at once. Of one hook the store gives out fewer.
const TRIES_AT_ONCE: usize = 64;
/// How often it is looked whether something is due that nothing here has told of: what another server has failed to send.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);
/// The shortest time between two looks.
const LOOK_PAUSE: Duration = Duration::from_millis(20);
/// How long a commit waits to be looked at: the answer to who made it goes first.
const ANSWER_FIRST: Duration = Duration::from_millis(5);
/// How often the head of the history is offered to hooks, which take it once a day.
const HEAD_INTERVAL: Duration = Duration::from_secs(10);
/// How often old deliveries are deleted.
const CLEANING_INTERVAL: Duration = Duration::from_hours(1);

/// When what is done now and then is done next.
struct Upkeep {
    head_at: Instant,
    cleaning_at: Instant,
}

/// Sends what is due, as long as the server runs.
pub struct Sender {
    database: Database,
    courier: Arc<Courier>,
    /// Whether no other server works on the database.
    is_alone: bool,
}

impl Sender {
    /// `is_alone`: whether leases that are there at the start can only be those of a program that has ended. Those of another
    /// server end by themselves.
    pub fn new(database: Database, courier: Courier, is_alone: bool) -> Self {
        Self {
            database,
            courier: Arc::new(courier),
            is_alone,
        }
    }

    /// Sends until it is told to stop; tries that are under way then have `grace` to end.
    pub async fn run(self, mut stop: watch::Receiver<bool>, grace: Duration) {
        if self.is_alone
            && let Err(error) = self.database.take_back_leases(now()).await
        {
            tracing::error!(error = %chain(&error), "messages that were being sent wait until their leases end");
        }
        let mut commits = self.database.commits();
        let mut tries = JoinSet::new();
        let mut is_failing = false;
        let mut upkeep = Upkeep {
            head_at: Instant::now(),
            cleaning_at: Instant::now(),
        };
        while !*stop.borrow_and_update() {
            commits.borrow_and_update();
            let looked = self.look(&mut tries, &mut upkeep).await;
            if let (Err(error), false) = (&looked, is_failing) {
                tracing::error!(error = %chain(error), "it cannot be told which messages are due");
            }
            is_failing = looked.is_err();
            let next = looked.unwrap_or_default();
            tokio::select! {
                _ = commits.changed() => sleep(ANSWER_FIRST).await,
                () = self.database.outbox_woken() => {}
                _ = stop.changed() => {}
                Some(_) = tries.join_next() => {}
                () = sleep(wait_until(next, now())) => {}
            }
        }
        let ended = timeout(grace, async { while tries.join_next().await.is_some() {} }).await;
        if ended.is_err() {
            tracing::warn!("some messages were cut off: they are sent again");
        }
    }

    /// Begins to try what is due. Answers when the next one is.
    async fn look(
        &self,
        tries: &mut JoinSet<()>,
        upkeep: &mut Upkeep,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        if upkeep.head_at <= Instant::now() {
            upkeep.head_at = Instant::now() + HEAD_INTERVAL;
            self.database.tell_history_head(now()).await?;
        }
        if upkeep.cleaning_at <= Instant::now() {
            upkeep.cleaning_at = Instant::now() + CLEANING_INTERVAL;
            self.database.delete_old_deliveries(now()).await?;
        }
        // Those that have ended make room.
        while tries.try_join_next().is_some() {}
        let room = u64::try_from(TRIES_AT_ONCE.saturating_sub(tries.len())).unwrap_or_default();
        if room == 0 {
            return Ok(None);
        }
        let now = now();
        let claimed = self
            .database
            .claim_deliveries(now, now + LEASE, room)
            .await?;
        for delivery in claimed {
            let (database, courier) = (self.database.clone(), Arc::clone(&self.courier));
            tries.spawn(async move { try_once(&database, &courier, delivery).await });
        }
        self.database.next_delivery_at(now).await
    }
}

/// How long until then, within the times between two looks.
fn wait_until(next: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Duration {
    let wait = next.map(|it| (it - now).to_std().unwrap_or_default());
    wait.unwrap_or(LOOK_INTERVAL)
        .clamp(LOOK_PAUSE, LOOK_INTERVAL)
}

async fn try_once(database: &Database, courier: &Courier, delivery: ClaimedDelivery) {
    let outcome = courier.deliver(&delivery, now).await;
    let (hook, n, due_at) = (delivery.webhook_id, delivery.n, delivery.due_at);
    let finished = database
        .finish_delivery(hook, n, due_at, outcome, now())
        .await;
    if let Err(error) = finished {
        // The lease ends, and it is sent again.
        tracing::error!(n, error = %chain(&error), "what became of a message was not written");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_looks_when_the_next_message_is_due_and_at_least_every_second() {
        let now = DateTime::UNIX_EPOCH;
        let after = |milliseconds| Some(now + TimeDelta::milliseconds(milliseconds));
        for (next, wait) in [
            (None, LOOK_INTERVAL),
            (after(300), Duration::from_millis(300)),
            (after(60_000), LOOK_INTERVAL),
            (after(0), LOOK_PAUSE),
            (after(-5_000), LOOK_PAUSE),
        ] {
            assert_eq!(wait_until(next, now), wait, "{next:?}");
        }
    }
}
