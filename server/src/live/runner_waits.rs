//! Who waits for a run in this process (R73): a runner may be several programs with one token, and what ends the wait of one of them
//! leaves the others waiting.
use super::locked;
use app::domain::id::RunnerId;
use std::sync::{Arc, Mutex};
use tokio::sync::broadcast;

/// Ends of waits that a wait may be behind. Who misses some asks again.
const ENDS_MAX: usize = 256;

/// One program of a runner, by the name that it gives itself; none if it gives none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunnerProcess {
    pub runner: RunnerId,
    pub process: Option<String>,
}

impl RunnerProcess {
    /// Whether its end is the end of this wait. One without a name may be any program of its runner.
    fn is_meant(&self, waits: &Self) -> bool {
        self.runner == waits.runner && (self.process.is_none() || self.process == waits.process)
    }
}

/// The waits of this process.
#[derive(Clone, Debug)]
pub struct RunnerWaits(Arc<Waits>);

#[derive(Debug)]
struct Waits {
    open: Mutex<Vec<RunnerProcess>>,
    ends: broadcast::Sender<RunnerProcess>,
}

impl Default for RunnerWaits {
    fn default() -> Self {
        Self(Arc::new(Waits {
            open: Mutex::default(),
            ends: broadcast::Sender::new(ENDS_MAX),
        }))
    }
}

impl RunnerWaits {
    /// Begins a wait, which is one until it is dropped.
    pub fn begin(&self, whose: RunnerProcess) -> RunnerWait {
        let ends = self.0.ends.subscribe();
        locked(&self.0.open).push(whose.clone());
        RunnerWait {
            waits: self.clone(),
            whose,
            ends,
        }
    }

    /// Ends the waits of a program that has to end.
    pub fn end(&self, whose: &RunnerProcess) {
        // None may wait.
        let _ = self.0.ends.send(whose.clone());
    }

    /// Whether another program of the same runner waits.
    pub fn has_another(&self, than: &RunnerProcess) -> bool {
        let open = locked(&self.0.open);
        let mut of_runner = open.iter().filter(|it| it.runner == than.runner);
        of_runner.any(|it| it.process != than.process)
    }
}

/// A program that waits for a run.
#[derive(Debug)]
pub struct RunnerWait {
    waits: RunnerWaits,
    whose: RunnerProcess,
    ends: broadcast::Receiver<RunnerProcess>,
}

impl RunnerWait {
    /// Waits until its program has to end.
    pub async fn ended(&mut self) {
        while let Ok(ending) = self.ends.recv().await {
            if ending.is_meant(&self.whose) {
                return;
            }
        }
    }
}

impl Drop for RunnerWait {
    fn drop(&mut self) {
        let mut open = locked(&self.waits.0.open);
        if let Some(at) = open.iter().position(|it| *it == self.whose) {
            open.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;

    fn of(runner: i64, process: Option<&str>) -> RunnerProcess {
        RunnerProcess {
            runner: RunnerId(runner),
            process: process.map(str::to_owned),
        }
    }

    #[test]
    fn the_end_of_one_program_of_a_runner_leaves_the_others_waiting() {
        let waits = RunnerWaits::default();
        let (one, two) = (of(1, Some("one")), of(1, Some("two")));
        let mut of_one = waits.begin(one.clone());
        let mut of_two = waits.begin(two.clone());
        let mut of_other = waits.begin(of(2, Some("one")));
        assert!(waits.has_another(&one));
        waits.end(&one);
        assert!(of_one.ended().now_or_never().is_some());
        assert!(of_two.ended().now_or_never().is_none());
        assert!(of_other.ended().now_or_never().is_none());
        drop(of_one);
        assert!(waits.has_another(&one) && !waits.has_another(&two));
        // One that does not say which it is may be each of them.
        waits.end(&of(1, None));
        assert!(of_two.ended().now_or_never().is_some());
        assert!(of_other.ended().now_or_never().is_none());
        drop(of_two);
        assert!(!waits.has_another(&one));
    }
}
