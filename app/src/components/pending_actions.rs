//! Actions on single steps that have no final answer yet: running ones, and failed ones that can be tried again.
use crate::{
    domain::{id::StepId, vocabulary::StepAction},
    error::AppError,
};

/// An action on a step as it is sent to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRequest {
    /// The change of state.
    pub action: StepAction,
    /// The reason, where the action asks for one.
    pub reason: Option<String>,
    /// Whether the step may be marked done although values are missing.
    pub allow_unresolved: bool,
}

impl ActionRequest {
    /// An action without a reason.
    pub fn new(action: StepAction) -> Self {
        Self {
            action,
            reason: None,
            allow_unresolved: false,
        }
    }
}

/// An action that failed or was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAction {
    /// The action as it was sent.
    pub wish: ActionRequest,
    /// Why it failed or was refused.
    pub error: AppError,
}

/// The actions that are running, or have failed for a temporary reason, at most one per step. A refusal by a rule is
/// not kept: it is reported once, and trying again would not help.
#[derive(Clone, Debug, Default)]
pub struct PendingActions(Vec<(StepId, ActionRequest, PendingState)>);

#[derive(Clone, Debug)]
enum PendingState {
    Running,
    /// Running for so long that the cell shows it.
    Slow,
    Failed(AppError),
}

impl PendingActions {
    /// An action is sent; it replaces an older one of the step.
    pub fn begin(&mut self, step: StepId, wish: ActionRequest) {
        self.end(step);
        self.0.push((step, wish, PendingState::Running));
    }

    /// The action of a step has succeeded.
    pub fn end(&mut self, step: StepId) {
        self.0.retain(|it| it.0 != step);
    }

    /// The action of a step has failed. It is kept if the reason is temporary.
    pub fn fail(&mut self, step: StepId, unmet: FailedAction) {
        self.end(step);
        if unmet.error.is_retryable() {
            self.0
                .push((step, unmet.wish, PendingState::Failed(unmet.error)));
        }
    }

    /// Marks a running action as slow. False if it is no longer running.
    pub fn linger(&mut self, step: StepId) -> bool {
        let found = self.0.iter_mut().find(|it| it.0 == step);
        let found = found.filter(|it| matches!(it.2, PendingState::Running));
        found.map(|it| it.2 = PendingState::Slow).is_some()
    }

    /// Whether the step's action is marked as slow.
    pub fn is_slow(&self, step: StepId) -> bool {
        let mut all = self.0.iter();
        all.any(|it| it.0 == step && matches!(it.2, PendingState::Slow))
    }

    /// The failed action of a step.
    pub fn unmet(&self, step: StepId) -> Option<FailedAction> {
        let (_, wish, state) = self.0.iter().find(|it| it.0 == step)?;
        let PendingState::Failed(error) = state else {
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
    fn an_action_is_slow_once_marked_until_it_succeeds_or_fails() {
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
        // The next action replaces it.
        wishes.begin(step, ActionRequest::new(StepAction::Start));
        assert_eq!(wishes.unmet(step), None);
    }

    #[test]
    fn only_temporary_failures_are_kept() {
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
