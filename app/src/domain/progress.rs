//! Progress (R7): step counts by state, the percentage finished, and the state that needs attention most.
use super::{plural::pluralize, vocabulary::StepStatus};
use serde::{Deserialize, Serialize};

/// The number of steps in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub pending: u32,
    pub in_progress: u32,
    pub done: u32,
    pub failed: u32,
    pub skipped: u32,
    pub reverted: u32,
}

impl Counts {
    /// The number of steps in this state.
    pub fn of(self, status: StepStatus) -> u32 {
        match status {
            StepStatus::Pending => self.pending,
            StepStatus::InProgress => self.in_progress,
            StepStatus::Done => self.done,
            StepStatus::Failed => self.failed,
            StepStatus::Skipped => self.skipped,
            StepStatus::Reverted => self.reverted,
        }
    }

    fn slot(&mut self, status: StepStatus) -> &mut u32 {
        match status {
            StepStatus::Pending => &mut self.pending,
            StepStatus::InProgress => &mut self.in_progress,
            StepStatus::Done => &mut self.done,
            StepStatus::Failed => &mut self.failed,
            StepStatus::Skipped => &mut self.skipped,
            StepStatus::Reverted => &mut self.reverted,
        }
    }

    /// Adds steps of one state.
    pub fn add(&mut self, status: StepStatus, n_steps: u32) {
        *self.slot(status) += n_steps;
    }

    /// Adds the counts of another set of steps.
    pub fn add_all(&mut self, other: Self) {
        StepStatus::ALL
            .iter()
            .for_each(|it| self.add(*it, other.of(*it)));
    }

    /// Removes one step of a state.
    pub fn remove(&mut self, status: StepStatus) {
        let n = self.slot(status);
        *n = n.saturating_sub(1);
    }

    /// The number of all steps.
    pub fn total(self) -> u32 {
        StepStatus::ALL.iter().map(|it| self.of(*it)).sum()
    }

    /// The number of done and skipped steps.
    pub fn finished(self) -> u32 {
        self.done + self.skipped
    }

    /// What is open, in a sentence: "12 steps are open, 2 of them failed."
    pub fn open_text(self) -> String {
        let open = self.total() - self.finished();
        let are = if open == 1 { "is" } else { "are" };
        let failed = match (open, self.failed) {
            (0, _) => return "No step is open.".to_owned(),
            (_, 0) => String::new(),
            (1, _) => ": it failed".to_owned(),
            (_, n) => format!(", {n} of them failed"),
        };
        format!("{} {are} open{failed}.", pluralize(open, "step"))
    }

    /// The percentage finished, rounded down: 100 only if all are finished. None without steps.
    pub fn percent(self) -> Option<u32> {
        u64::from(self.finished())
            .checked_mul(100)?
            .checked_div(u64::from(self.total()))
            .and_then(|it| u32::try_from(it).ok())
    }

    /// "44 %", or the given words without steps.
    pub fn percent_text(self, without_steps: &str) -> String {
        self.percent()
            .map_or_else(|| without_steps.to_owned(), |it| format!("{it} %"))
    }

    /// The state that needs attention most: failed, in progress, reverted, pending, done, skipped. None without
    /// steps.
    pub fn state(self) -> Option<StepStatus> {
        StepStatus::BY_ATTENTION
            .into_iter()
            .find(|it| self.of(*it) > 0)
    }
}

impl FromIterator<StepStatus> for Counts {
    fn from_iter<I: IntoIterator<Item = StepStatus>>(statuses: I) -> Self {
        let mut counts = Self::default();
        statuses.into_iter().for_each(|it| counts.add(it, 1));
        counts
    }
}

/// The text that is shown instead of a percentage if there are no steps.
pub const NO_STEPS: &str = "no steps";

/// Counts with everything derived from them, as shown and sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    pub total: u32,
    pub counts: Counts,
    /// Finished steps (done, skipped) of all, rounded down; none without steps.
    pub percent: Option<u32>,
    /// The state that needs attention most; none without steps.
    pub state: Option<StepStatus>,
}

impl From<Counts> for Progress {
    fn from(counts: Counts) -> Self {
        Self {
            total: counts.total(),
            counts,
            percent: counts.percent(),
            state: counts.state(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn no_steps_are_no_percentage() {
        assert_eq!(Progress::from(Counts::default()), Progress::default());
    }

    #[test]
    fn skipped_counts_as_finished_and_the_percentage_is_rounded_down() {
        let counts = Counts {
            done: 1,
            skipped: 1,
            pending: 1,
            ..Counts::default()
        };
        assert_eq!(counts.percent(), Some(66));
        assert_eq!(counts.state(), Some(StepStatus::Pending));
    }

    #[test]
    fn a_failure_outranks_everything() {
        let all: Counts = StepStatus::ALL.iter().copied().collect();
        assert_eq!(all.state(), Some(StepStatus::Failed));
    }

    #[test]
    fn what_is_open_is_said_with_what_failed() {
        let says = |pending, failed, done| {
            let counts = Counts {
                pending,
                done,
                failed,
                ..Counts::default()
            };
            counts.open_text()
        };
        assert_eq!(says(10, 2, 5), "12 steps are open, 2 of them failed.");
        assert_eq!(says(3, 0, 5), "3 steps are open.");
        assert_eq!(says(1, 0, 0), "1 step is open.");
        assert_eq!(says(0, 1, 0), "1 step is open: it failed.");
        assert_eq!(says(0, 0, 5), "No step is open.");
    }

    proptest! {
        #[test]
        fn one_hundred_percent_means_all_finished(counts in prop::array::uniform6(0u32..1_000_000)) {
            let [pending, in_progress, done, failed, skipped, reverted] = counts;
            let counts = Counts { pending, in_progress, done, failed, skipped, reverted };
            prop_assert_eq!(counts.percent() == Some(100), counts.total() > 0 && counts.finished() == counts.total());
        }
    }
}
