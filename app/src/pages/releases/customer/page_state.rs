//! State of a customer page that outlives one rendering of its step list: the list renders again when steps are added
//! or removed, and typed text, an open reason prompt and a failed action stay.
use crate::{
    browser::dom, components::matrix::state::SAVING_INDICATOR_DELAY_MS,
    components::pending_actions::FailedAction, components::shown_texts::ShownTexts,
    components::step_panel::lost_step::HeardRemoval,
    components::step_panel::panel_session::StepMemory, domain::id::StepId,
    domain::vocabulary::StepAction, pages::releases::text_questions::put_back,
    pages::releases::undo_stack::UndoPage, pages::releases::undo_stack::UndoStack,
};
use leptos::prelude::*;

/// Where the work is.
#[derive(Default)]
struct RunProgress {
    /// The step that was open last.
    at: Option<StepId>,
    /// Actions that have no answer yet.
    sent: Vec<(StepId, StepAction)>,
    /// The step that opened by itself after a mark.
    opening: Option<StepId>,
}

/// The changes of a customer page that have no answer yet, and how its list is read again.
#[derive(Clone, Copy)]
pub struct PendingChanges {
    n: StoredValue<u32>,
    reload: Callback<()>,
}

impl PendingChanges {
    /// None is pending. `reload` reads the list again.
    pub fn new(reload: Callback<()>) -> Self {
        let n = StoredValue::new(0);
        Self { n, reload }
    }
}

impl UndoPage for PendingChanges {
    fn begin(self) {
        let _ = self.n.try_update_value(|it| *it += 1);
    }

    fn end(self) -> bool {
        let n_left = self.n.try_update_value(|it| {
            *it -= 1;
            *it
        });
        n_left == Some(0)
    }

    fn settle(self) {}

    fn reload(self) {
        // The page may be gone by now.
        let _ = self.reload.try_run(());
    }
}

/// Handles to the state that the page keeps while its step list renders again.
#[derive(Clone, Copy)]
pub struct CustomerPageState {
    /// Unsaved notes, dialog fields and display settings of the step view.
    pub memory: StepMemory,
    /// The last action of the open step that failed or was refused.
    pub refused: RwSignal<Option<FailedAction>>,
    /// Actions that failed and can be tried again, of all steps: the last one of each.
    pub failed: RwSignal<Vec<FailedAction>>,
    /// Marks that were refused because the text had changed, and are not asked about yet.
    pub questions: RwSignal<Vec<FailedAction>>,
    /// The action whose reason the prompt asks for, and its step.
    pub asking: RwSignal<Option<(StepId, StepAction)>>,
    /// The step whose text is to be copied, once its view is there.
    pub copy_requests: RwSignal<Option<StepId>>,
    /// The texts that this page has shown (R81).
    pub shown: ShownTexts,
    progress: StoredValue<RunProgress>,
    /// Actions that have had no answer for so long that it is shown, as while there is no connection.
    pub waiting: RwSignal<Vec<(StepId, StepAction)>>,
    /// Who made the change by others that was heard last, if it was one person.
    pub changed_by: StoredValue<Option<String>>,
    /// Who removed the step that was open.
    pub removal: StoredValue<Option<HeardRemoval>>,
    /// Whether the list is to be read again once another step is opened.
    pub is_behind: StoredValue<bool>,
    /// Whether the dialog with the keyboard shortcuts is open.
    pub shows_keys: RwSignal<bool>,
    pub undo: UndoStack<PendingChanges>,
}

impl CustomerPageState {
    /// The state of a page that has just been opened.
    pub fn new(undo: UndoStack<PendingChanges>) -> Self {
        Self {
            memory: StepMemory::default(),
            refused: RwSignal::new(None),
            failed: RwSignal::new(Vec::new()),
            questions: RwSignal::new(Vec::new()),
            asking: RwSignal::new(None),
            copy_requests: RwSignal::new(None),
            shown: ShownTexts::default(),
            progress: StoredValue::new(RunProgress::default()),
            waiting: RwSignal::new(Vec::new()),
            changed_by: StoredValue::new(None),
            removal: StoredValue::new(None),
            is_behind: StoredValue::new(false),
            shows_keys: RwSignal::new(false),
            undo,
        }
    }

    /// The failed action of a step that can be tried again.
    pub fn failed_of(self, step: StepId) -> Option<FailedAction> {
        self.failed.with_untracked(|all| {
            let mut all = all.iter();
            all.find(|it| it.step == step).cloned()
        })
    }

    /// Notes which step is open now. Whether it is another one than before, also if the list was rendered again since.
    pub fn goes_to(self, open: Option<StepId>) -> bool {
        let before = self
            .progress
            .try_update_value(|it| std::mem::replace(&mut it.at, open));
        before != Some(open)
    }

    /// An action is being sent.
    pub fn begin_sent(self, step: StepId, action: StepAction) {
        let of = (step, action);
        self.progress.try_update_value(|it| it.sent.push(of));
        dom::after(SAVING_INDICATOR_DELAY_MS, move || {
            let is_sent = self.progress.try_with_value(|it| it.sent.contains(&of));
            if is_sent == Some(true) {
                let _ = self.waiting.try_update(|it| it.push(of));
            }
        });
    }

    /// An action has its answer. The page may be gone by now.
    pub fn end_sent(self, step: StepId, action: StepAction) {
        self.progress.try_update_value(|it| {
            let at = it.sent.iter().position(|it| *it == (step, action))?;
            Some(it.sent.remove(at))
        });
        let _ = self
            .waiting
            .try_update(|it| it.retain(|it| *it != (step, action)));
    }

    /// Whether just this action is on its way already, as the newest one of the step.
    pub fn is_sending(self, step: StepId, action: StepAction) -> bool {
        self.progress.with_value(|it| {
            let newest = it.sent.iter().rfind(|it| it.0 == step);
            newest == Some(&(step, action))
        })
    }

    /// Whether an action of a step has no answer yet.
    pub fn has_sent(self, step: StepId, action: StepAction) -> bool {
        self.progress
            .with_value(|it| it.sent.contains(&(step, action)))
    }

    /// A step opens by itself after a mark.
    pub fn begin_opening(self, step: StepId) {
        self.progress.try_update_value(|it| it.opening = Some(step));
    }

    /// This step is open now, which may be another than the one that opened by itself.
    pub fn end_opening(self, open: Option<StepId>) {
        self.progress.try_update_value(|it| {
            if it.opening != open {
                it.opening = None;
            }
        });
    }

    /// Whether the page goes on from the open step: the mark that finishes it has no answer yet, or the step that opened by itself
    /// is not shown yet.
    pub fn goes_on(self, open: Option<StepId>) -> bool {
        let finishing = [StepAction::Done, StepAction::Skip];
        let is_finishing = |step| finishing.iter().any(|it| self.has_sent(step, *it));
        let opening = self.progress.with_value(|it| it.opening);
        open.is_some_and(is_finishing) || opening.is_some_and(|it| !self.memory.shows(it))
    }

    /// Whether any action of a step has no answer yet, or the page is gone.
    pub fn is_acted_on(self, step: StepId) -> bool {
        let is_of_step = |it: &(StepId, StepAction)| it.0 == step;
        let found = self
            .progress
            .try_with_value(|it| it.sent.iter().any(is_of_step));
        found != Some(false)
    }

    /// Shows what failed of the step that is open now. A question about another step is asked again later.
    pub fn show_step(self, open: Option<StepId>) {
        let is_of_it = |it: &FailedAction| Some(it.step) == open;
        if self
            .refused
            .with_untracked(|it| it.as_ref().is_some_and(is_of_it))
        {
            return;
        }
        put_back(self.refused, self.questions);
        self.refused.set(open.and_then(|step| self.failed_of(step)));
    }
}
