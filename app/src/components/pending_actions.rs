//! Actions on single steps that have no final answer yet: running ones, and failed ones that can be tried again.
use crate::{
    domain::{id::StepId, text_change::TEXT_CHANGED, vocabulary::StepAction},
    error::{AppError, ViolationDetail, ViolationMessage},
};
use leptos::prelude::*;
use std::sync::Arc;

/// An action on a step as it is sent to the server.
#[derive(Clone, Debug, PartialEq)]
pub struct ActionRequest {
    /// The change of state.
    pub action: StepAction,
    /// The reason, where the action asks for one.
    pub reason: Option<String>,
    /// Whether the step may be marked done although values are missing.
    pub allow_unresolved: bool,
    /// The text that the person was shown, which the server compares with the present one (R81).
    pub text: Option<Arc<ShownText>>,
}

/// A text that was on the page, with its SHA-256.
#[derive(Debug, PartialEq, Eq)]
pub struct ShownText {
    /// As the server computed it.
    pub sha256: String,
    /// The resolved text.
    pub text: String,
}

/// The texts of steps that this page has shown: on screen, and copied.
#[derive(Clone, Copy, Default)]
pub struct ShownTexts(StoredValue<Vec<ShownStep>>);

/// The texts of one step.
struct ShownStep {
    step: StepId,
    screen: Option<Arc<ShownText>>,
    copied: Option<Arc<ShownText>>,
}

impl ShownTexts {
    /// Remembers a text that is on screen, or was copied.
    pub fn show(self, step: StepId, text: Arc<ShownText>, is_copied: bool) {
        self.0.try_update_value(|all| {
            let at = all.iter().position(|it| it.step == step);
            let at = at.unwrap_or_else(|| {
                all.push(ShownStep {
                    step,
                    screen: None,
                    copied: None,
                });
                all.len() - 1
            });
            let place = if is_copied {
                &mut all[at].copied
            } else {
                &mut all[at].screen
            };
            *place = Some(text);
        });
    }

    /// The step was done: what is shown from now on counts.
    pub fn forget(self, step: StepId) {
        self.0
            .try_update_value(|all| all.retain(|it| it.step != step));
    }

    /// Adds the shown text to an action that proves it: what was copied last, else what is on screen. False if both
    /// differ, and the person has to be asked first.
    pub fn add_to(self, step: StepId, request: &mut ActionRequest) -> bool {
        if !matches!(request.action, StepAction::Start | StepAction::Done) || request.text.is_some()
        {
            return true;
        }
        let shown = self.0.try_with_value(|all| {
            let of = all.iter().find(|it| it.step == step);
            of.map(|it| (it.screen.clone(), it.copied.clone()))
        });
        let (screen, copied) = shown.flatten().unwrap_or_default();
        let differ = copied.is_some() && screen.is_some() && copied != screen;
        request.text = copied.or(screen);
        !differ
    }
}

impl ActionRequest {
    /// An action without a reason.
    pub fn new(action: StepAction) -> Self {
        Self {
            action,
            reason: None,
            allow_unresolved: false,
            text: None,
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

impl FailedAction {
    /// An action that is not sent before the person has seen that the text changed.
    pub fn text_changed(request: ActionRequest) -> Self {
        let error = AppError::Refused(Box::new(ViolationMessage {
            text: TEXT_CHANGED.to_owned(),
            field: None,
            about: ViolationDetail::TextChanged,
        }));
        Self { request, error }
    }

    /// Whether the step's text is another than the one that was shown.
    pub fn is_text_changed(&self) -> bool {
        matches!(&self.error, AppError::Refused(it) if it.about == ViolationDetail::TextChanged)
    }
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
    fn what_was_copied_counts_as_shown_and_another_text_on_screen_is_asked_about() {
        let owner = Owner::new();
        owner.set();
        let (all, step) = (ShownTexts::default(), StepId(7));
        let text = |it: &str| {
            Arc::new(ShownText {
                sha256: it.to_owned(),
                text: it.to_owned(),
            })
        };
        let sent = || {
            let mut request = ActionRequest::new(StepAction::Done);
            let is_sure = all.add_to(step, &mut request);
            (is_sure, request.text.map(|it| it.sha256.clone()))
        };
        assert_eq!(sent(), (true, None));
        all.show(step, text("old"), false);
        assert_eq!(sent(), (true, Some("old".into())));
        all.show(step, text("old"), true);
        assert_eq!(sent(), (true, Some("old".into())));
        all.show(step, text("new"), false);
        assert_eq!(sent(), (false, Some("old".into())));
        all.forget(step);
        assert_eq!(sent(), (true, None));
        let mut failing = ActionRequest::new(StepAction::Fail);
        assert!(all.add_to(step, &mut failing) && failing.text.is_none());
    }

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
