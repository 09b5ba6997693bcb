//! Actions on single steps that have no final answer yet: running ones, and failed ones that can be tried again.
use super::{
    notes_draft::SentNotes,
    shown_texts::{ShownText, ShownTexts},
};
use crate::{
    domain::{
        id::StepId,
        matrix::Cell,
        own_changes::action_verb,
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
    /// What it does, as Undo says it.
    pub fn verb(&self) -> &'static str {
        match (self.action, &self.notes) {
            (StepAction::Done, Some(_)) => "mark done with notes",
            (action, _) => action_verb(action),
        }
    }

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
        is_past(&self.error, self.request.action, status)
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

/// Whether an action was refused because of a state that its step no longer has.
fn is_past(error: &AppError, action: StepAction, status: StepStatus) -> bool {
    let is_of_state =
        matches!(error, AppError::Refused(it) if it.about == ViolationDetail::Transition);
    is_of_state && action.allows(status)
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

    /// Whether a rule has refused it because of a state that the step no longer has.
    fn is_past(&self, status: StepStatus) -> bool {
        matches!(&self.state, PendingState::Failed(error) if is_past(error, self.request.action, status))
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
        let is_refused =
            matches!(&newest.state, PendingState::Failed(error) if is_no_of_a_rule(error));
        let stays = is_refused && !newest.is_past(cell.status);
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

    /// The grid was read anew: forgets refusals because of states that steps no longer have. `status_of` has those that they have.
    pub fn forget_past(&mut self, status_of: impl Fn(StepId) -> Option<StepStatus>) {
        self.all
            .retain(|it| status_of(it.step).is_none_or(|now| !it.is_past(now)));
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
