//! What a toast says of a change.
use crate::domain::step::StepAction;

/// "Marked Migrate schema done for Acme".
pub fn done_text(action: StepAction, step: &str, customer: &str) -> String {
    match action {
        StepAction::Done => format!("Marked {step} done for {customer}"),
        StepAction::Fail => format!("Marked {step} failed for {customer}"),
        action => format!("{} {step} for {customer}", past(action)),
    }
}

pub fn past(action: StepAction) -> &'static str {
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
