//! What needs attention first on the dashboard (R107): what failed, what lost its run, one's own work in progress, work that takes longer than
//! usual, what was reverted; and how long a step usually takes.
use super::vocabulary::StepStatus;
use chrono::TimeDelta;
use serde::{Deserialize, Serialize};

/// Fewer durations than this say nothing about what is usual.
pub const USUAL_SAMPLES_MIN: usize = 3;
/// Hours after which work in progress needs attention, if it is not known how long its step usually takes.
pub const STALE_WORK_HOURS: i64 = 2;
/// Work that takes this many times as long as usual needs attention.
const LONG_FACTOR: i32 = 2;
/// Work in progress for less than this never takes too long.
const LONG_WORK_MIN_MINUTES: i64 = 5;

/// Why a cell needs attention, the most urgent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Urgency {
    Failed,
    /// In progress by a run whose lease has expired: its runner no longer reports.
    Lost,
    /// In progress by the caller.
    Own,
    /// In progress by somebody else for longer than usual.
    Long,
    Reverted,
}

/// The median of how long a step took; none if that is known of too few.
pub fn usual_duration(mut durations: Vec<TimeDelta>) -> Option<TimeDelta> {
    if durations.len() < USUAL_SAMPLES_MIN {
        return None;
    }
    durations.sort_unstable();
    let middle = durations.len() / 2;
    let upper = durations[middle];
    if durations.len().is_multiple_of(2) {
        Some((durations[middle - 1] + upper) / 2)
    } else {
        Some(upper)
    }
}

/// Whether work takes longer than usual: twice as long, or over two hours and longer than usual. Without a usual duration:
/// over two hours.
pub fn takes_long(elapsed: TimeDelta, usual: Option<TimeDelta>) -> bool {
    let stale = TimeDelta::hours(STALE_WORK_HOURS);
    let limit = match usual {
        Some(usual) => (usual * LONG_FACTOR).min(usual.max(stale)),
        None => stale,
    };
    elapsed > limit.max(TimeDelta::minutes(LONG_WORK_MIN_MINUTES))
}

/// Why a cell in this state needs attention, if it does. `is_lost` if its run was lost, `elapsed` is the time since the state was set.
pub fn urgency(
    status: StepStatus,
    is_lost: bool,
    is_own: bool,
    elapsed: TimeDelta,
    usual: Option<TimeDelta>,
) -> Option<Urgency> {
    match status {
        StepStatus::Failed => Some(Urgency::Failed),
        StepStatus::Reverted => Some(Urgency::Reverted),
        StepStatus::InProgress if is_lost => Some(Urgency::Lost),
        StepStatus::InProgress if is_own => Some(Urgency::Own),
        StepStatus::InProgress if takes_long(elapsed, usual) => Some(Urgency::Long),
        _ => None,
    }
}

/// A duration, given in seconds, in words: "14 min", "2 h 12 min", "3 d 4 h".
pub fn duration_text(seconds: i64) -> String {
    let minutes = seconds / 60;
    let (days, hours, minutes) = (minutes / 1_440, minutes / 60 % 24, minutes % 60);
    let parts = match (days, hours, minutes) {
        (0, 0, 0) => return "less than 1 min".to_owned(),
        (0, 0, _) => [(minutes, "min"), (0, "")],
        (0, ..) => [(hours, "h"), (minutes, "min")],
        _ => [(days, "d"), (hours, "h")],
    };
    let parts = parts.iter().filter(|it| it.0 > 0);
    let parts: Vec<String> = parts.map(|(n, unit)| format!("{n} {unit}")).collect();
    parts.join(" ")
}

/// How long work has been in progress, and how long that usually takes: "2 h 12 min, usually 14 min".
pub fn waiting_text(elapsed_seconds: i64, usual_seconds: Option<i64>) -> String {
    let elapsed = duration_text(elapsed_seconds);
    match usual_seconds {
        Some(usual) => format!("{elapsed}, usually {}", duration_text(usual)),
        None => elapsed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(of: &[i64]) -> Vec<TimeDelta> {
        of.iter().copied().map(TimeDelta::minutes).collect()
    }

    #[test]
    fn what_is_usual_is_the_median_of_three_or_more() {
        assert_eq!(usual_duration(minutes(&[10, 14])), None);
        let usual = |of: &[i64]| usual_duration(minutes(of)).map(|it| it.num_minutes());
        assert_eq!(usual(&[600, 10, 14]), Some(14));
        assert_eq!(usual(&[20, 10, 14, 600]), Some(17));
    }

    #[test]
    fn work_takes_long_at_twice_the_usual_or_after_two_hours() {
        let is_long = |elapsed, usual: Option<i64>| {
            takes_long(TimeDelta::minutes(elapsed), usual.map(TimeDelta::minutes))
        };
        assert!(is_long(132, Some(14)) && is_long(29, Some(14)) && !is_long(28, Some(14)));
        // What usually takes long is waited for; seconds never matter.
        assert!(!is_long(170, Some(180)) && is_long(181, Some(180)));
        assert!(is_long(121, Some(90)) && !is_long(4, Some(0)));
        assert!(is_long(121, None) && !is_long(120, None));
    }

    #[test]
    fn a_failure_comes_first_then_a_lost_run_then_one_s_own_work_then_what_takes_long() {
        let of = |status, is_own, elapsed| {
            urgency(status, false, is_own, TimeDelta::minutes(elapsed), None)
        };
        let lost = |status| urgency(status, true, true, TimeDelta::zero(), None);
        assert_eq!(lost(StepStatus::InProgress), Some(Urgency::Lost));
        assert_eq!(lost(StepStatus::Done), None);
        assert_eq!(of(StepStatus::InProgress, true, 1), Some(Urgency::Own));
        assert_eq!(of(StepStatus::InProgress, false, 1), None);
        assert_eq!(of(StepStatus::InProgress, false, 500), Some(Urgency::Long));
        assert_eq!(of(StepStatus::Done, true, 500), None);
        let order = [
            of(StepStatus::Failed, false, 0),
            Some(Urgency::Lost),
            Some(Urgency::Own),
            Some(Urgency::Long),
            of(StepStatus::Reverted, false, 0),
        ];
        assert!(order.is_sorted());
    }

    #[test]
    fn a_duration_has_its_two_largest_units() {
        let texts = [0, 59, 60, 840, 3_600, 7_920, 86_400, 273_600].map(duration_text);
        let expected = [
            "less than 1 min",
            "less than 1 min",
            "1 min",
            "14 min",
            "1 h",
            "2 h 12 min",
            "1 d",
            "3 d 4 h",
        ];
        assert_eq!(texts, expected);
        assert_eq!(waiting_text(7_920, Some(840)), "2 h 12 min, usually 14 min");
        assert_eq!(waiting_text(7_920, None), "2 h 12 min");
    }
}
