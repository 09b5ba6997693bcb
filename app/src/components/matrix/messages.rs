//! Messages about actions on matrix cells, for toasts, hover cards and labels. In one file, so that the same result is
//! always told in the same words.
use crate::{
    components::pending_actions::FailedAction, domain::digit_groups::grouped,
    domain::own_changes::action_verb, domain::plural::pluralize, domain::summary::BulkResult,
    domain::vocabulary::StepAction,
};
use std::fmt::Write;

/// The result of an action on one cell: "Marked Migrate schema done for Acme".
pub fn done_text(action: StepAction, step: &str, customer: &str) -> String {
    match action {
        StepAction::Done => format!("Marked {step} done for {customer}"),
        StepAction::Fail => format!("Marked {step} failed for {customer}"),
        action => format!("{} {step} for {customer}", past(action)),
    }
}

/// The result of an action on `rows` × `columns` selected cells, with the first refusal if there are any:
/// "Marked 12 cells done (2 steps × 6 customers); 1 not eligible: Initech, var.HOST is not set".
pub fn bulk_text(
    action: StepAction,
    result: &BulkResult,
    (rows, columns): (usize, usize),
) -> String {
    let cells = pluralize(result.changed, "cell");
    let mut text = match action {
        action if result.changed == 0 => format!("Nothing to {}", action_verb(action)),
        StepAction::Done => format!("Marked {cells} done"),
        StepAction::Fail => format!("Marked {cells} failed"),
        action => format!("{} {cells}", past(action)),
    };
    if result.changed > 0 && (rows > 1 || columns > 1) {
        let (steps, customers) = (pluralize(rows, "step"), pluralize(columns, "customer"));
        let _ = write!(text, " ({steps} × {customers})");
    }
    if let Some(first) = result.not_eligible.first() {
        let n = grouped(result.not_eligible.len());
        let _ = write!(
            text,
            "; {n} not eligible: {}, {}",
            first.customer, first.reason
        );
    }
    text
}

/// Why an action failed: "could not be marked done: the server could not be reached".
pub fn failure_text(failed_action: &FailedAction) -> String {
    let error = failed_action.error.to_string();
    let why = error.split(": ").next().unwrap_or_default();
    let action = failed_action.request.action;
    format!("could not be {}: {why}", action.past_tense())
}

fn past(action: StepAction) -> &'static str {
    match action {
        StepAction::Start => "Started",
        StepAction::Done => "Marked done",
        StepAction::Fail => "Marked failed",
        StepAction::Skip => "Skipped",
        StepAction::Revert => "Reverted",
        StepAction::Reopen => "Reopened",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_toast_of_many_cells_names_counts_and_the_first_that_was_refused() {
        let result = BulkResult {
            changed: 12,
            ..BulkResult::default()
        };
        assert_eq!(
            bulk_text(StepAction::Done, &result, (2, 6)),
            "Marked 12 cells done (2 steps × 6 customers)"
        );
        let many = BulkResult {
            changed: 1_000,
            ..BulkResult::default()
        };
        assert_eq!(
            bulk_text(StepAction::Skip, &many, (1, 1_000)),
            "Skipped 1,000 cells (1 step × 1,000 customers)"
        );
        let none = BulkResult::default();
        assert_eq!(
            bulk_text(StepAction::Done, &none, (100, 1)),
            "Nothing to mark done"
        );
    }

    #[test]
    fn a_toast_names_the_thing() {
        assert_eq!(
            done_text(StepAction::Done, "Migrate schema", "Acme"),
            "Marked Migrate schema done for Acme"
        );
        assert_eq!(
            done_text(StepAction::Skip, "Migrate schema", "Acme"),
            "Skipped Migrate schema for Acme"
        );
    }
}
