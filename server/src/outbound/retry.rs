//! When a message is tried again (R62): after the waits of the setting, each a little longer at random, so that what failed together
//! does not come back together; later if the receiver asks for it.
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// The longest that a receiver may ask for.
const ASKED_MAX: Duration = Duration::from_hours(24);
/// How much longer a wait may get, as a part of it: a tenth.
const JITTER_PART: u32 = 10;

/// When it is tried again after this number of tries, to the millisecond; none if that was the last one. `asked` is what the receiver
/// asks for.
pub fn next_try(
    waits: &[Duration],
    n_tries: u32,
    asked: Option<Duration>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let after = usize::try_from(n_tries).ok()?.checked_sub(1)?;
    let wait = *waits.get(after)?;
    let wait = (wait + jitter(wait / JITTER_PART)).max(asked.unwrap_or_default().min(ASKED_MAX));
    let at = now.checked_add_signed(TimeDelta::from_std(wait).ok()?)?;
    Some(at.trunc_subsecs(3))
}

/// A random part of this time.
fn jitter(longest: Duration) -> Duration {
    let longest = u64::try_from(longest.as_millis()).unwrap_or(u64::MAX);
    let random = RandomState::new().hash_one(0_u8);
    Duration::from_millis(random % longest.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WAITS: [Duration; 2] = [Duration::from_secs(5), Duration::from_mins(5)];

    fn seconds(n_tries: u32, asked: Option<u64>) -> Option<i64> {
        let (now, asked) = (DateTime::UNIX_EPOCH, asked.map(Duration::from_secs));
        next_try(&WAITS, n_tries, asked, now).map(|it| it.timestamp())
    }

    #[test]
    fn waits_follow_each_other_with_up_to_a_tenth_more_and_then_it_is_over() {
        for _ in 0..100 {
            assert_eq!(seconds(1, None), Some(5));
            let second = seconds(2, None).unwrap();
            assert!((300..330).contains(&second), "{second}");
        }
        assert_eq!(seconds(3, None), None);
        let now = DateTime::from_timestamp_nanos(1_234_567);
        let at = next_try(&WAITS, 1, None, now).unwrap();
        assert_eq!(at.timestamp_subsec_nanos() % 1_000_000, 0, "{at}");
    }

    #[test]
    fn a_receiver_may_ask_for_more_time_and_not_for_less() {
        assert_eq!(seconds(1, Some(60)), Some(60));
        assert_eq!(seconds(1, Some(1)), Some(5));
        assert_eq!(seconds(1, Some(1_000_000)), Some(86_400));
        assert_eq!(seconds(3, Some(60)), None);
    }
}
