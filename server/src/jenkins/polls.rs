//! Polling intervals for Jenkins: 2 seconds at first, and longer the longer nothing changes.
use std::time::Duration;

/// How often Jenkins is asked how far a run is.
#[derive(Clone, Copy, Debug)]
pub struct Polls {
    /// At first, and after each progress.
    pub first: Duration,
    /// The upper limit.
    pub longest: Duration,
}

impl Default for Polls {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(2),
            longest: Duration::from_secs(15),
        }
    }
}

impl Polls {
    /// The wait after this one.
    pub fn after(self, wait: Duration) -> Duration {
        (wait * 3 / 2).min(self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jenkins_is_asked_after_2_seconds_and_later_every_15() {
        let polls = Polls::default();
        let mut waits = vec![polls.first];
        for _ in 0..7 {
            waits.push(polls.after(waits[waits.len() - 1]));
        }
        let waits: Vec<u128> = waits.iter().map(Duration::as_millis).collect();
        let expected = [2_000, 3_000, 4_500, 6_750, 10_125, 15_000, 15_000, 15_000];
        assert_eq!(waits, expected);
    }
}
