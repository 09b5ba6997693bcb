//! Messages about actions on matrix cells, for toasts, hover cards and labels. In one file, so that the same result is
//! always told in the same words.
use crate::{
    components::pending_actions::FailedAction, domain::digit_groups::grouped,
    domain::own_changes::action_verb, domain::plural::NAMED_MAX, domain::plural::first_of_list,
    domain::plural::pluralize, domain::summary::BulkResult, domain::summary::NotEligible,
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

/// The result of an action on `rows` × `columns` selected cells, with who was left out and why:
/// "Marked 12 cells done (2 steps × 6 customers); 1 not eligible: Initech (var.HOST is not set)".
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
    if !result.not_eligible.is_empty() {
        let n = grouped(result.not_eligible.len());
        let who = ineligible_text(&result.not_eligible);
        let _ = write!(text, "; {n} not eligible: {who}");
    }
    text
}

/// The customers of cells that were left out, by reason: "Globex, Initech (already done); Acme (var.HOST is not set)".
fn ineligible_text(cells: &[NotEligible]) -> String {
    // Of each reason its customers, each once, and how many cells it has.
    let mut reasons: Vec<(&str, Vec<&str>, usize)> = Vec::new();
    for cell in cells {
        let at = reasons.iter().position(|it| it.0 == cell.reason);
        let at = at.unwrap_or_else(|| {
            reasons.push((cell.reason.as_str(), Vec::new(), 0));
            reasons.len() - 1
        });
        let (_, customers, n) = &mut reasons[at];
        *n += 1;
        // A step that is gone has no customer.
        if !cell.customer.is_empty() && !customers.contains(&cell.customer.as_str()) {
            customers.push(&cell.customer);
        }
    }
    let mut parts = Vec::new();
    for (reason, customers, _) in reasons.iter().take(NAMED_MAX) {
        parts.push(if customers.is_empty() {
            (*reason).to_owned()
        } else {
            format!("{} ({reason})", first_of_list(customers, ", "))
        });
    }
    let n_more: usize = reasons.iter().skip(NAMED_MAX).map(|it| it.2).sum();
    if n_more > 0 {
        parts.push(format!("and {} more", grouped(n_more)));
    }
    parts.join("; ")
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
    use crate::domain::id::StepId;

    #[test]
    fn those_left_out_of_a_bulk_are_named_by_reason_up_to_three() {
        let left_out = |cells: &[(&str, &str)]| {
            let cells = cells.iter().map(|(customer, reason)| NotEligible {
                id: StepId(1),
                step: "Upgrade".into(),
                customer: (*customer).into(),
                reason: (*reason).into(),
            });
            let result = BulkResult {
                changed: 1,
                not_eligible: cells.collect(),
                ..BulkResult::default()
            };
            bulk_text(StepAction::Done, &result, (1, 1))
        };
        assert_eq!(
            left_out(&[("Globex", "a"), ("Acme", "b"), ("Initech", "a")]),
            "Marked 1 cell done; 3 not eligible: Globex, Initech (a); Acme (b)"
        );
        // A customer with several cells is named once.
        assert_eq!(
            left_out(&[
                ("A", "a"),
                ("A", "a"),
                ("B", "a"),
                ("C", "a"),
                ("D", "a"),
                ("E", "a")
            ]),
            "Marked 1 cell done; 6 not eligible: A, B, C and 2 more (a)"
        );
        assert_eq!(
            left_out(&[("A", "a"), ("B", "b"), ("", "gone"), ("D", "d"), ("E", "d")]),
            "Marked 1 cell done; 5 not eligible: A (a); B (b); gone; and 2 more"
        );
    }

    #[test]
    fn a_toast_of_many_cells_names_their_counts() {
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
