//! The state of a release as a short plain text, for a chat or a mail (R107).
use super::{
    digit_groups::{grouped, grouped_count},
    matrix::{CellIndex, Grid},
    plural::pluralize,
    progress::{Counts, NO_STEPS},
    vocabulary::StepStatus,
};
use std::collections::BTreeMap;

/// Failed steps that are named; of more the number is told.
const NAMED_FAILURES_MAX: usize = 10;

/// The text, without a line break at its end: how far the release is, in total and by cluster, who has steps in progress, and
/// what failed.
pub fn status_summary(grid: &Grid) -> String {
    let release = &grid.release;
    let number = release.version_number.as_ref();
    let number = number.map(|it| format!(" ({it})")).unwrap_or_default();
    let percent = grid.total.percent_text(NO_STEPS);
    let first = format!("{}{number}: {percent}", release.name);
    let total = grid.total.total();
    if total == 0 {
        return first;
    }
    let finished = grouped_count(grid.total.finished());
    let cells = pluralize(total, "cell");
    let mut lines = vec![
        format!("{first} finished, {finished} of {cells}"),
        states(grid.total),
        clusters(grid),
    ];
    lines.extend(people(grid));
    lines.extend(failures(grid));
    lines.join("\n")
}

fn states(counts: Counts) -> String {
    let states = StepStatus::BY_ATTENTION.into_iter();
    let states = states.filter(|it| counts.of(*it) > 0);
    let words: Vec<String> = states
        .map(|it| format!("{} {}", grouped_count(counts.of(it)), it.in_sentence()))
        .collect();
    words.join(" · ")
}

fn clusters(grid: &Grid) -> String {
    let mut of_groups = vec![Counts::default(); grid.groups.len()];
    for (index, column) in grid.columns.iter().enumerate() {
        of_groups[column.group].add_all(grid.column_counts(index));
    }
    let words: Vec<String> = grid
        .groups
        .iter()
        .zip(of_groups)
        .map(|(group, counts)| format!("{} {}", group.name, counts.percent_text(NO_STEPS)))
        .collect();
    words.join(" · ")
}

/// Who has how many steps in progress.
fn people(grid: &Grid) -> Option<String> {
    let mut steps: BTreeMap<&str, u32> = BTreeMap::new();
    for (at, cell) in grid.cells() {
        if cell.status == StepStatus::InProgress
            && let Some(change) = grid.status_change(at)
        {
            *steps.entry(&*change.by).or_default() += 1;
        }
    }
    let words: Vec<String> = steps
        .iter()
        .map(|(by, n)| format!("{by} {}", grouped_count(*n)))
        .collect();
    (!words.is_empty()).then(|| format!("In progress: {}", words.join(", ")))
}

fn failures(grid: &Grid) -> Vec<String> {
    let failed: Vec<CellIndex> = grid
        .cells()
        .filter(|it| it.1.status == StepStatus::Failed)
        .map(|it| it.0)
        .collect();
    let line = |at: &CellIndex| {
        let reason = grid.status_change(*at).and_then(|it| it.reason.clone());
        let reason = reason.map(|it| format!(": {it}")).unwrap_or_default();
        let (step, customer) = (&grid.rows[at.row].name, &grid.columns[at.column].name);
        format!("Failed: {step}, {customer}{reason}")
    };
    let mut lines: Vec<String> = failed.iter().take(NAMED_FAILURES_MAX).map(line).collect();
    if failed.len() > NAMED_FAILURES_MAX {
        lines.push(format!(
            "and {} more failed",
            grouped(failed.len() - NAMED_FAILURES_MAX)
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        matrix::tests::{cell, grid},
        status_info::StatusChange,
    };
    use chrono::DateTime;

    fn change(by: &str, reason: Option<&str>) -> StatusChange {
        StatusChange {
            by: by.into(),
            at: DateTime::UNIX_EPOCH,
            reason: reason.map(Into::into),
        }
    }

    #[test]
    fn a_summary_says_how_far_it_is_who_is_at_it_and_what_failed() {
        let states = [
            StepStatus::Done,
            StepStatus::InProgress,
            StepStatus::Failed,
            StepStatus::Pending,
        ];
        let mut grid = grid(2, 2, |at| {
            let index = at.row * 2 + at.column;
            Some(cell(i64::try_from(index).unwrap() + 1, states[index]))
        });
        let at = |row, column| CellIndex { row, column };
        grid.set_status_change(at(0, 1), change("Ben", None));
        grid.set_status_change(at(1, 0), change("Ana", Some("no pods")));
        grid.release.version_number = Some("6.0".into());
        let expected = "June (6.0): 25 % finished, 1 of 4 cells\n\
            1 failed · 1 in progress · 1 pending · 1 done\n\
            eu 25 %\n\
            In progress: Ben 1\n\
            Failed: r1, c0: no pods";
        assert_eq!(status_summary(&grid), expected);
    }

    #[test]
    fn of_many_failures_ten_are_named_and_nothing_says_no_steps() {
        let failed = grid(12, 1, |at| {
            Some(cell(i64::try_from(at.row).unwrap() + 1, StepStatus::Failed))
        });
        let text = status_summary(&failed);
        assert_eq!(text.matches("Failed: ").count(), 10);
        assert!(text.ends_with("\nand 2 more failed"), "{text}");
        assert_eq!(status_summary(&grid(0, 0, |_| None)), "June: no steps");
    }
}
