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
    pub request: ActionRequest,
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
    pub fn begin(&mut self, step: StepId, request: ActionRequest) {
        self.end(step);
        self.0.push((step, request, PendingState::Running));
    }

    /// The action of a step has succeeded.
    pub fn end(&mut self, step: StepId) {
        self.0.retain(|it| it.0 != step);
    }

    /// The action of a step has failed. It is kept if the reason is temporary.
    pub fn fail(&mut self, step: StepId, failed: FailedAction) {
        self.end(step);
        if failed.error.is_retryable() {
            self.0
                .push((step, failed.request, PendingState::Failed(failed.error)));
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
    pub fn failed(&self, step: StepId) -> Option<FailedAction> {
        let (_, request, state) = self.0.iter().find(|it| it.0 == step)?;
        let PendingState::Failed(error) = state else {
            return None;
        };
        Some(FailedAction {
            request: request.clone(),
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
        let (mut actions, step) = (PendingActions::default(), StepId(7));
        let request = ActionRequest::new(StepAction::Done);
        actions.begin(step, request.clone());
        assert!(!actions.is_slow(step));
        assert!(actions.linger(step));
        assert!(actions.is_slow(step) && !actions.is_slow(StepId(8)));
        actions.end(step);
        assert!(!actions.is_slow(step) && !actions.linger(step));
        actions.begin(step, request.clone());
        let failed = FailedAction {
            request,
            error: AppError::Transport(String::new()),
        };
        actions.fail(step, failed.clone());
        assert!(!actions.linger(step));
        assert_eq!(actions.failed(step), Some(failed));
        // The next action replaces it.
        actions.begin(step, ActionRequest::new(StepAction::Start));
        assert_eq!(actions.failed(step), None);
    }

    #[test]
    fn only_temporary_failures_are_kept() {
        let (mut actions, step) = (PendingActions::default(), StepId(7));
        let no = ViolationMessage::from(RuleViolation::Archived);
        for error in [
            AppError::Refused(Box::new(no)),
            AppError::NotFound(Noun::Step),
        ] {
            actions.fail(
                step,
                FailedAction {
                    request: ActionRequest::new(StepAction::Done),
                    error,
                },
            );
            assert_eq!(actions.failed(step), None);
        }
    }
}
