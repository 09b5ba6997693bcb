//! What is asked of single steps: what is under way, and what failed on its way.
use crate::{
    domain::{id::StepId, vocabulary::StepAction},
    error::AppError,
};

/// What is asked of a step.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRequest {
    pub action: StepAction,
    pub reason: Option<String>,
    pub allow_unresolved: bool,
}

impl ActionRequest {
    pub fn new(action: StepAction) -> Self {
        Self {
            action,
            reason: None,
            allow_unresolved: false,
        }
    }
}

/// A wish that was not met, and why.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAction {
    pub wish: ActionRequest,
    pub error: AppError,
}

/// The wishes that have no good answer: under way, or failed for a reason that may pass. A rule that says no is told
/// once, and is no reason to try again.
#[derive(Clone, Debug, Default)]
pub struct PendingActions(Vec<(StepId, ActionRequest, PendingActionsData)>);

#[derive(Clone, Debug)]
enum PendingActionsData {
    UnderWay,
    /// So long that it is shown.
    Slow,
    Failed(AppError),
}

impl PendingActions {
    pub fn begin(&mut self, step: StepId, wish: ActionRequest) {
        self.end(step);
        self.0.push((step, wish, PendingActionsData::UnderWay));
    }

    pub fn end(&mut self, step: StepId) {
        self.0.retain(|it| it.0 != step);
    }

    pub fn fail(&mut self, step: StepId, unmet: FailedAction) {
        self.end(step);
        if unmet.error.is_retryable() {
            self.0
                .push((step, unmet.wish, PendingActionsData::Failed(unmet.error)));
        }
    }

    /// It takes long by now. False if it is over.
    pub fn linger(&mut self, step: StepId) -> bool {
        let found = self.0.iter_mut().find(|it| it.0 == step);
        let found = found.filter(|it| matches!(it.2, PendingActionsData::UnderWay));
        found.map(|it| it.2 = PendingActionsData::Slow).is_some()
    }

    pub fn is_slow(&self, step: StepId) -> bool {
        let mut all = self.0.iter();
        all.any(|it| it.0 == step && matches!(it.2, PendingActionsData::Slow))
    }

    /// What failed of a step.
    pub fn unmet(&self, step: StepId) -> Option<FailedAction> {
        let (_, wish, state) = self.0.iter().find(|it| it.0 == step)?;
        let PendingActionsData::Failed(error) = state else {
            return None;
        };
        Some(FailedAction {
            wish: wish.clone(),
            error: error.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{rule_violation::RuleViolation, vocabulary::Noun},
        error::ViolationMessage,
    };

    #[test]
    fn a_wish_is_shown_once_it_takes_long_until_it_is_met_or_fails() {
        let (mut wishes, step) = (PendingActions::default(), StepId(7));
        let wish = ActionRequest::new(StepAction::Done);
        wishes.begin(step, wish.clone());
        assert!(!wishes.is_slow(step));
        assert!(wishes.linger(step));
        assert!(wishes.is_slow(step) && !wishes.is_slow(StepId(8)));
        wishes.end(step);
        assert!(!wishes.is_slow(step) && !wishes.linger(step));
        wishes.begin(step, wish.clone());
        let unmet = FailedAction {
            wish,
            error: AppError::Transport(String::new()),
        };
        wishes.fail(step, unmet.clone());
        assert!(!wishes.linger(step));
        assert_eq!(wishes.unmet(step), Some(unmet));
        // The next wish takes its place.
        wishes.begin(step, ActionRequest::new(StepAction::Start));
        assert_eq!(wishes.unmet(step), None);
    }

    #[test]
    fn only_what_may_pass_is_kept_to_be_tried_again() {
        let (mut wishes, step) = (PendingActions::default(), StepId(7));
        let no = ViolationMessage::from(RuleViolation::Archived);
        for error in [
            AppError::Refused(Box::new(no)),
            AppError::NotFound(Noun::Step),
        ] {
            wishes.fail(
                step,
                FailedAction {
                    wish: ActionRequest::new(StepAction::Done),
                    error,
                },
            );
            assert_eq!(wishes.unmet(step), None);
        }
    }
}
