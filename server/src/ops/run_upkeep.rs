//! Background task for runs (R71, R73): marks runs with an expired lease as lost and absent runners as serving nothing, and deletes old
//! output. Also parses `ROLLCALL_RUN_LEASE`.
use app::{
    api::context::now,
    store::{
        Database,
        error::{StoreError, chain},
    },
};
use chrono::{DateTime, Utc};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often old output is deleted.
const CLEANING_INTERVAL: Duration = Duration::from_hours(1);
/// The shortest time between two looks, also where the database fails.
const LOOK_PAUSE: Duration = Duration::from_millis(100);
const RUN_LEASE_SECONDS_MAX: u64 = 3_600;

/// Reads `ROLLCALL_RUN_LEASE`: whole seconds, from 1 to an hour.
pub fn parse_lease(text: &str) -> Option<Duration> {
    let seconds = text.trim().parse().ok()?;
    (1..=RUN_LEASE_SECONDS_MAX)
        .contains(&seconds)
        .then(|| Duration::from_secs(seconds))
}

/// Does it as long as the server runs.
pub async fn keep(database: Database) {
    let mut cleaning_at = Instant::now();
    let mut is_failing = false;
    // Runners could not report while there was no server.
    if let Err(error) = database.keep_leases(now()).await {
        tracing::error!(error = %chain(&error), "runs whose runners are there may be told as lost");
    }
    loop {
        let looked = look(&database, &mut cleaning_at).await;
        if let (Err(error), false) = (&looked, is_failing) {
            tracing::error!(error = %chain(error), "it cannot be told which runs have lost their runner");
        }
        is_failing = looked.is_err();
        let next = looked.unwrap_or_default();
        sleep(wait(next, now(), database.run_lease())).await;
    }
}

/// Ends what is lost, and deletes what is old. Answers when the next lease ends.
async fn look(
    database: &Database,
    cleaning_at: &mut Instant,
) -> Result<Option<DateTime<Utc>>, StoreError> {
    database.expire_runs(now()).await?;
    database.note_absent_runners(now()).await?;
    if *cleaning_at <= Instant::now() {
        *cleaning_at = Instant::now() + CLEANING_INTERVAL;
        database.delete_old_output(now()).await?;
    }
    database.next_lease_end().await
}

/// How long nothing can end: up to the next lease's end, and no longer than a lease that is given meanwhile lasts, also by another server.
fn wait(next: Option<DateTime<Utc>>, now: DateTime<Utc>, lease: Duration) -> Duration {
    let up_to_next = next.map(|it| (it - now).to_std().unwrap_or_default());
    let longest = lease / 2;
    up_to_next
        .map_or(longest, |it| it.min(longest))
        .max(LOOK_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_lease_is_a_second_to_an_hour() {
        assert_eq!(parse_lease(" 60 "), Some(Duration::from_mins(1)));
        assert_eq!(parse_lease("3600"), Some(Duration::from_hours(1)));
        for wrong in ["", "0", "-1", "1.5", "60s", "3601"] {
            assert_eq!(parse_lease(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn it_looks_when_the_next_lease_ends_and_before_a_new_one_can() {
        let (now, lease) = (DateTime::UNIX_EPOCH, Duration::from_mins(1));
        let after = |ms: i64| Some(now + TimeDelta::milliseconds(ms));
        for (next, ms) in [
            (None, 30_000),
            (after(2_000), 2_000),
            (after(50_000), 30_000),
            (after(-5), 100),
        ] {
            assert_eq!(wait(next, now, lease), Duration::from_millis(ms));
        }
    }
}
