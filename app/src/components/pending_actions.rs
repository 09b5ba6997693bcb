//! Actions on single steps that have no final answer yet: running ones, and failed ones that can be tried again.
use super::{
    notes_draft::SentNotes,
    shown_texts::{ShownText, ShownTexts},
};
use crate::{
    domain::{
        id::StepId,
        matrix::Cell,
        text_change::TEXT_CHANGED,
        vocabulary::{StepAction, StepStatus},
    },
    error::{AppError, ViolationDetail, ViolationMessage},
};
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
    /// What was on screen, where another text had been copied: the person is asked about both.
    pub on_screen: Option<Arc<ShownText>>,
    /// Whether a start takes over what somebody else has in progress (R33).
    pub takes_over: bool,
    /// Notes that are saved together with the mark (R102).
    pub notes: Option<SentNotes>,
}

impl ActionRequest {
    /// An action without a reason.
    pub fn new(action: StepAction) -> Self {
        Self {
            action,
            reason: None,
            allow_unresolved: false,
            text: None,
            on_screen: None,
            takes_over: false,
            notes: None,
        }
    }

    /// Adds the text that was shown to an action that proves it: what was copied last, else what is on screen. False if both
    /// differ, and the person has to be asked first.
    pub fn add_shown_text(&mut self, step: StepId, shown: ShownTexts) -> bool {
        if !self.action.proves_text() || self.text.is_some() {
            return true;
        }
        let (screen, copied) = shown.of(step);
        let differs = |it: &Arc<ShownText>| copied.as_ref().is_some_and(|copied| copied != it);
        self.on_screen = screen.clone().filter(differs);
        self.text = copied.or(screen);
        self.on_screen.is_none()
    }

    /// A start that takes over what somebody else has in progress.
    pub fn taking_over() -> Self {
        Self {
            takes_over: true,
            ..Self::new(StepAction::Start)
        }
    }
}

/// An action that failed or was refused.
#[derive(Clone, Debug, PartialEq)]
pub struct FailedAction {
    /// The step that was to be changed.
    pub step: StepId,
    /// The action as it was sent.
    pub request: ActionRequest,
    /// Why it failed or was refused.
    pub error: AppError,
}

impl FailedAction {
    /// An action that is not sent before the person has seen that the text changed.
    pub fn text_changed(step: StepId, request: ActionRequest) -> Self {
        let error = AppError::Refused(Box::new(ViolationMessage {
            text: TEXT_CHANGED.to_owned(),
            field: None,
            about: ViolationDetail::TextChanged,
        }));
        Self {
            step,
            request,
            error,
        }
    }

    /// Whether the step's text is another than the one that was shown.
    pub fn is_text_changed(&self) -> bool {
        matches!(&self.error, AppError::Refused(it) if it.about == ViolationDetail::TextChanged)
    }

    /// Whether a rule refused it, and no question about it will be asked.
    fn is_refused(&self) -> bool {
        is_no_of_a_rule(&self.error) && !self.is_text_changed()
    }

    /// Whether it was refused because of a state that the step no longer has: others have changed it again.
    pub fn is_past(&self, status: StepStatus) -> bool {
        let is_of_state =
            matches!(&self.error, AppError::Refused(it) if it.about == ViolationDetail::Transition);
        is_of_state && self.request.action.allows(status)
    }

    /// Whether somebody else has changed the notes that were to be saved together with the mark: the person decides first.
    pub fn is_about_notes(&self) -> bool {
        self.request.notes.is_some() && matches!(self.error, AppError::Stale(_))
    }

    /// Says that a step was not marked because of its notes.
    pub fn notes_text(&self, name: &str) -> String {
        let past = self.request.action.past_tense();
        format!("{name} was not {past}: its notes could not be saved.")
    }

    /// Whether this is over once an action on a step has succeeded. A question about another action is still to be answered.
    pub fn is_settled_by(&self, step: StepId, action: StepAction) -> bool {
        self.step == step && (self.request.action == action || !self.is_text_changed())
    }
}

fn is_no_of_a_rule(error: &AppError) -> bool {
    matches!(error, AppError::Refused(_) | AppError::Denied(_))
}

/// The actions that are running, or have failed for a temporary reason: only the newest one of each step. An older action
/// that has no answer yet is not in here; its request handles the answer. An action that a rule refused is removed: the
/// refusal is reported once, and a retry would fail again. Only one that was shown as waiting is kept until the person
/// has seen why: they may be elsewhere by then.
#[derive(Clone, Debug, Default)]
pub struct PendingActions {
    all: Vec<PendingAction>,
    /// The number of the action that began last.
    newest: u32,
}

/// An action that is running or has failed.
#[derive(Clone, Debug)]
pub struct PendingAction {
    step: StepId,
    number: u32,
    /// The cell as the server last said it is; none if it is not in the grid.
    settled: Option<Cell>,
    request: ActionRequest,
    state: PendingState,
}

#[derive(Clone, Debug)]
enum PendingState {
    Running,
    /// Running for so long that the cell shows it.
    Slow,
    Failed(AppError),
}

impl PendingAction {
    fn is_running(&self) -> bool {
        !matches!(self.state, PendingState::Failed(_))
    }
}

impl PendingActions {
    /// Takes the action of a step out.
    pub fn take(&mut self, step: StepId) -> Option<PendingAction> {
        let at = self.all.iter().position(|it| it.step == step)?;
        Some(self.all.swap_remove(at))
    }

    fn newest_of(&mut self, step: StepId) -> Option<&mut PendingAction> {
        self.all.iter_mut().find(|it| it.step == step)
    }

    /// Adds an action, which replaces an older one of the step. `now` is the cell as it is rendered. Returns the action's
    /// number.
    pub fn begin(&mut self, step: StepId, request: ActionRequest, now: Option<Cell>) -> u32 {
        self.newest += 1;
        // While several actions wait for each other, the cell as the server knows it is the one before the first.
        let earlier = self.take(step).filter(PendingAction::is_running);
        self.all.push(PendingAction {
            step,
            number: self.newest,
            settled: earlier.map_or(now, |it| it.settled),
            request,
            state: PendingState::Running,
        });
        self.newest
    }

    /// The server has answered with the cell as it is now, to the action of this number or to a change of another kind.
    /// True if the cell may be shown: no newer action is asked of the step.
    pub fn settle(&mut self, cell: Cell, number: Option<u32>) -> bool {
        let Some(newest) = self.newest_of(cell.step) else {
            return true;
        };
        newest.settled = Some(cell);
        let is_newest = number == Some(newest.number) || !newest.is_running();
        // A mark that others have overtaken is asked about until it is made again here, whatever else is heard of the cell.
        let stays = matches!(&newest.state, PendingState::Failed(error) if is_no_of_a_rule(error));
        if is_newest && (number.is_some() || !stays) {
            self.take(cell.step);
        }
        is_newest
    }

    /// The action of a step has failed. It is kept if the reason is temporary, or if it was shown as waiting. Answers the cell to go
    /// back to; none if a newer action is asked of the step.
    pub fn fail(&mut self, step: StepId, number: u32, failed: FailedAction) -> Option<Cell> {
        let newest = self.newest_of(step).filter(|it| it.number == number)?;
        let settled = newest.settled;
        let has_waited = matches!(newest.state, PendingState::Slow);
        if failed.error.is_retryable() || (has_waited && failed.is_refused()) {
            newest.state = PendingState::Failed(failed.error);
        } else {
            self.take(step);
        }
        settled
    }

    /// The steps that have an action that is running or has failed.
    pub fn steps(&self) -> Vec<StepId> {
        self.all.iter().map(|it| it.step).collect()
    }

    /// Whether a rule refused the step's action. What can be tried again is no refusal.
    pub fn is_refused(&self, step: StepId) -> bool {
        let mut all = self.all.iter();
        all.any(|it| {
            let is_final = |error: &AppError| !error.is_retryable();
            it.step == step && matches!(&it.state, PendingState::Failed(error) if is_final(error))
        })
    }

    /// Whether just this is on its way already, as the newest action of the step.
    pub fn is_sending(&self, step: StepId, request: &ActionRequest) -> bool {
        let mut all = self.all.iter();
        all.any(|it| it.step == step && it.is_running() && it.request == *request)
    }

    /// Marks a running action as slow. False if it is no longer running.
    pub fn mark_slow(&mut self, step: StepId, number: u32) -> bool {
        let found = self.newest_of(step);
        let found =
            found.filter(|it| it.number == number && matches!(it.state, PendingState::Running));
        found.map(|it| it.state = PendingState::Slow).is_some()
    }

    /// Whether the step's action is marked as slow.
    pub fn is_slow(&self, step: StepId) -> bool {
        let mut all = self.all.iter();
        all.any(|it| it.step == step && matches!(it.state, PendingState::Slow))
    }

    /// The failed action of a step.
    pub fn failed(&self, step: StepId) -> Option<FailedAction> {
        let found = self.all.iter().find(|it| it.step == step)?;
        let PendingState::Failed(error) = &found.state else {
            return None;
        };
        Some(FailedAction {
            step,
            request: found.request.clone(),
            error: error.clone(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::{matrix::tests::cell, rule_violation::RuleViolation, vocabulary::Noun},
        error::ViolationMessage,
    };
    use leptos::prelude::Owner;

    const STEP: StepId = StepId(7);

    fn begin(actions: &mut PendingActions, action: StepAction, now: StepStatus) -> u32 {
        actions.begin(STEP, ActionRequest::new(action), Some(cell(7, now)))
    }

    fn unreachable(action: StepAction) -> FailedAction {
        FailedAction {
            step: STEP,
            request: ActionRequest::new(action),
            error: AppError::Transport(String::new()),
        }
    }

    #[test]
    fn what_was_copied_counts_as_shown_and_another_text_on_screen_is_asked_about() {
        let owner = Owner::new();
        owner.set();
        let (all, step) = (ShownTexts::default(), StepId(7));
        let text = |it: &str| {
            Some(Arc::new(ShownText {
                sha256: it.to_owned(),
                text: it.to_owned(),
            }))
        };
        let sent = || {
            let mut request = ActionRequest::new(StepAction::Done);
            let is_sure = request.add_shown_text(step, all);
            (is_sure, request.text.map(|it| it.sha256.clone()))
        };
        assert_eq!(sent(), (true, None));
        all.show(step, text("old"), false);
        assert_eq!(sent(), (true, Some("old".into())));
        // The names of variables are no text that could be run.
        all.show(step, None, false);
        assert_eq!(sent(), (true, None));
        all.show(step, text("old"), true);
        assert_eq!(sent(), (true, Some("old".into())));
        all.show(step, text("new"), false);
        assert_eq!(sent(), (false, Some("old".into())));
        all.forget(step);
        assert_eq!(sent(), (true, None));
        let mut failing = ActionRequest::new(StepAction::Fail);
        assert!(failing.add_shown_text(step, all) && failing.text.is_none());
    }

    #[test]
    fn a_start_that_succeeds_leaves_the_question_about_the_mark_behind_it() {
        let asked = FailedAction::text_changed(STEP, ActionRequest::new(StepAction::Done));
        assert!(!asked.is_settled_by(STEP, StepAction::Start));
        assert!(asked.is_settled_by(STEP, StepAction::Done));
        assert!(!asked.is_settled_by(StepId(8), StepAction::Done));
        assert!(unreachable(StepAction::Done).is_settled_by(STEP, StepAction::Start));
    }

    #[test]
    fn an_action_is_slow_once_marked_until_it_succeeds_or_fails() {
        let mut actions = PendingActions::default();
        let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
        assert!(!actions.is_slow(STEP));
        assert!(actions.mark_slow(STEP, number));
        assert!(actions.is_slow(STEP) && !actions.is_slow(StepId(8)));
        assert!(actions.settle(cell(7, StepStatus::Done), Some(number)));
        assert!(!actions.is_slow(STEP) && !actions.mark_slow(STEP, number));
        let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
        let failed = unreachable(StepAction::Done);
        let back = actions.fail(STEP, number, failed.clone());
        assert_eq!(back, Some(cell(7, StepStatus::Pending)));
        assert!(!actions.mark_slow(STEP, number));
        assert_eq!(actions.failed(STEP), Some(failed));
        // The next action replaces it.
        begin(&mut actions, StepAction::Start, StepStatus::Pending);
        assert_eq!(actions.failed(STEP), None);
    }

    #[test]
    fn only_temporary_failures_are_kept() {
        let mut actions = PendingActions::default();
        let no = ViolationMessage::from(RuleViolation::Archived);
        for error in [
            AppError::Refused(Box::new(no)),
            AppError::NotFound(Noun::Step),
        ] {
            let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
            let request = ActionRequest::new(StepAction::Done);
            let failed = FailedAction {
                step: STEP,
                request,
                error,
            };
            actions.fail(STEP, number, failed);
            assert_eq!(actions.failed(STEP), None);
        }
    }

    #[test]
    fn a_refusal_of_what_was_shown_as_waiting_is_kept_until_it_was_seen() {
        let mut actions = PendingActions::default();
        let refused = |violation: RuleViolation| FailedAction {
            step: STEP,
            request: ActionRequest::new(StepAction::Done),
            error: violation.into(),
        };
        let mut fail_late = |failed: &FailedAction| {
            let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
            assert!(actions.mark_slow(STEP, number));
            actions.fail(STEP, number, failed.clone());
            // What others did is read and shown.
            actions.settle(cell(7, StepStatus::Pending), None);
            let kept = actions.failed(STEP);
            let is_refused = actions.is_refused(STEP);
            if is_refused {
                actions.take(STEP);
            }
            (kept, is_refused, actions.failed(STEP))
        };
        let no = refused(RuleViolation::Archived);
        assert_eq!(fail_late(&no), (Some(no), true, None));
        let denied = FailedAction {
            error: AppError::Denied("no".to_owned()),
            ..unreachable(StepAction::Done)
        };
        assert_eq!(fail_late(&denied), (Some(denied), true, None));
        let by = "Ben".to_owned();
        let asked = refused(RuleViolation::Overtaken { by });
        assert_eq!(fail_late(&asked), (Some(asked.clone()), false, Some(asked)));
        // A question about the text is asked by itself.
        let request = ActionRequest::new(StepAction::Done);
        let changed = FailedAction::text_changed(STEP, request);
        assert_eq!(fail_late(&changed), (None, false, None));
    }

    #[test]
    fn a_refusal_is_past_once_the_step_has_a_state_that_allows_the_action() {
        let refused = |violation: RuleViolation| FailedAction {
            step: STEP,
            request: ActionRequest::new(StepAction::Fail),
            error: violation.into(),
        };
        let of_done = refused(RuleViolation::Transition {
            action: StepAction::Fail,
            status: StepStatus::Done,
        });
        assert!(!of_done.is_past(StepStatus::Done) && of_done.is_past(StepStatus::InProgress));
        assert!(!refused(RuleViolation::Archived).is_past(StepStatus::InProgress));
    }

    #[test]
    fn a_mark_that_others_overtook_is_kept_until_it_is_made_again() {
        let mut actions = PendingActions::default();
        let by = "Ben".to_owned();
        let failed = FailedAction {
            step: STEP,
            request: ActionRequest::new(StepAction::Done),
            error: RuleViolation::Overtaken { by }.into(),
        };
        let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
        actions.fail(STEP, number, failed.clone());
        // What they did is read and shown.
        assert!(actions.settle(cell(7, StepStatus::Failed), None));
        assert_eq!(actions.failed(STEP), Some(failed));
        let number = begin(&mut actions, StepAction::Done, StepStatus::Failed);
        assert!(actions.settle(cell(7, StepStatus::Done), Some(number)));
        assert_eq!(actions.failed(STEP), None);
    }

    #[test]
    fn a_second_action_goes_back_to_what_the_server_said_before_the_first() {
        let mut actions = PendingActions::default();
        begin(&mut actions, StepAction::Start, StepStatus::Pending);
        let second = begin(&mut actions, StepAction::Done, StepStatus::InProgress);
        let back = actions.fail(STEP, second, unreachable(StepAction::Done));
        assert_eq!(back, Some(cell(7, StepStatus::Pending)));
    }

    #[test]
    fn what_is_on_its_way_is_known_until_something_else_is_asked_or_it_ends() {
        let mut actions = PendingActions::default();
        let done = ActionRequest::new(StepAction::Done);
        let number = begin(&mut actions, StepAction::Done, StepStatus::Pending);
        assert!(actions.is_sending(STEP, &done) && !actions.is_sending(StepId(8), &done));
        let reason = Some("no answer".to_owned());
        let fail = ActionRequest {
            reason,
            ..ActionRequest::new(StepAction::Fail)
        };
        assert!(!actions.is_sending(STEP, &fail));
        actions.fail(STEP, number, unreachable(StepAction::Done));
        assert!(!actions.is_sending(STEP, &done));
        begin(&mut actions, StepAction::Done, StepStatus::Pending);
        begin(&mut actions, StepAction::Reopen, StepStatus::Done);
        assert!(!actions.is_sending(STEP, &done));
    }

    #[test]
    fn an_older_answer_never_replaces_a_newer_action() {
        let mut actions = PendingActions::default();
        let first = begin(&mut actions, StepAction::Start, StepStatus::Pending);
        let second = begin(&mut actions, StepAction::Done, StepStatus::InProgress);
        assert!(!actions.settle(cell(7, StepStatus::InProgress), Some(first)));
        // Notes that were saved meanwhile neither.
        assert!(!actions.settle(cell(7, StepStatus::InProgress), None));
        assert_eq!(
            actions.fail(STEP, first, unreachable(StepAction::Start)),
            None
        );
        let back = actions.fail(STEP, second, unreachable(StepAction::Done));
        assert_eq!(back, Some(cell(7, StepStatus::InProgress)));
        // A failed action is over.
        assert!(actions.settle(cell(7, StepStatus::Skipped), None));
        assert_eq!(actions.failed(STEP), None);
    }
}
