//! Sends what the step panel and the large step view ask for, and reports the outcome to the page around them: the matrix
//! or the customer's steps. Status changes are passed on to the page, which shows them before they are sent.
use crate::{
    api::steps::{note_step, read_step},
    components::{
        notes_draft::{NotesDraft, SentNotes},
        pending_actions::{ActionRequest, FailedAction},
        step_panel::{
            events::{OpenStepDialog, StepPanelEvent, StepRequest},
            panel_session::{PanelSession, StepMemory},
            step_detail::StepDetailState,
        },
        ui::toast::Toasts,
    },
    domain::{
        customer_work::OpenStep,
        event::Changed,
        id::{BatchId, StepId},
        own_changes::{EDIT_NOTES, cell_in_words, message_in_words},
        step::CustomerStep,
        template::TemplateDraft,
        undo::UndoResult,
        value_edit::ValueEdit,
        vocabulary::StepAction,
    },
    error::AppError,
    pages::{
        own_changes::OwnChanges,
        request_queue::send_in_order,
        undo_requests::{UndoRequest, UndoRequests},
        value_requests::send_values,
    },
};
use leptos::prelude::*;
use std::{future::Future, pin::Pin, sync::Arc};

/// The message for notes that were saved.
pub const NOTES_SAVED: &str = "Notes saved";

/// What the page has to do after an event of the panel.
pub enum StepPanelOutcome {
    Act(ActionRequest),
    /// Only this step's notes were changed: its row as it is now, and whether the person asked for it. Notes
    /// that were saved automatically show no toast, and the panel is not rendered again while the person types.
    Noted(Box<CustomerStep>, Option<BatchId>, bool),
    /// Other rows were changed, added or removed too: the message, what Undo calls the change if that is not the message's beginning,
    /// and whether this step was removed.
    Others(String, Option<String>, Option<BatchId>, bool),
    /// Somebody else has changed the step: the page has to read it again.
    Stale,
    Close,
}

type SendResult = Pin<Box<dyn Future<Output = Result<Changed<CustomerStep>, AppError>>>>;

type OutcomeResult = Pin<Box<dyn Future<Output = Result<StepPanelOutcome, AppError>>>>;

/// Sends what is to be saved on top of a version.
pub(super) type VersionedSave = Box<dyn Fn(i64) -> SendResult>;

/// Whether a step has the same in two readings, as far as it is being saved.
type IsSame = Box<dyn Fn(&CustomerStep, &CustomerStep) -> bool>;

/// Saves on top of the version that was read. If the step was changed since, but not in the part that is being saved, it is
/// saved on top of the new version.
async fn save(
    before: CustomerStep,
    save: VersionedSave,
    is_same: IsSame,
) -> Result<Changed<CustomerStep>, AppError> {
    let answer = save(before.version).await;
    if !matches!(answer, Err(AppError::Stale(_))) {
        return answer;
    }
    let now = read_step(before.id).await?.detail.step;
    if is_same(&before, &now) {
        save(now.version).await
    } else {
        answer
    }
}

fn same_text(a: &CustomerStep, b: &CustomerStep) -> bool {
    a.name == b.name && a.kind == b.kind && a.content == b.content
}

/// Sends what the dialogs of a step ask for (`step_requests`). The page passes it, which loads that code with the dialogs.
pub type SendStepRequest = fn(StepDetailActions, StepRequest);

/// Sends for one step, one request after the other. It outlives the rendered panel: an answer may arrive when the panel
/// shows another step.
#[derive(Clone)]
pub struct StepDetailActions {
    pub(super) step: Arc<CustomerStep>,
    customer_name: String,
    pub(super) session: PanelSession,
    send_request: SendStepRequest,
    on_outcome: Callback<(StepId, StepPanelOutcome)>,
    undo_requests: UndoRequests,
    own: OwnChanges,
    toasts: Toasts,
}

impl StepDetailActions {
    /// The page may be gone by now: what was changed can be undone all the same.
    fn report(&self, outcome: StepPanelOutcome) {
        let (batch, what) = match &outcome {
            StepPanelOutcome::Noted(row, batch, _) => {
                let what = cell_in_words(EDIT_NOTES, &row.name, &self.customer_name);
                (batch.clone(), what)
            }
            StepPanelOutcome::Others(text, what, batch, _) => {
                let what = what.clone().unwrap_or_else(|| message_in_words(text));
                (batch.clone(), what)
            }
            _ => (None, String::new()),
        };
        let told = self.on_outcome.try_run((self.step.id, outcome));
        if let (None, Some(batch)) = (told, batch) {
            self.own.push(self.step.release_id, batch, what);
        }
    }

    /// Sends once earlier requests about the step are answered. The outcome is reported to the page, an error is shown in
    /// the panel. `from` is the dialog that asks: it closes, unless something else was typed in it meanwhile.
    fn send(&self, from: Option<OpenStepDialog>, request: OutcomeResult) {
        let (this, id) = (self.clone(), self.step.id);
        let sent = from.map(|from| (id, from, this.session.typed()));
        if let Some(sent) = sent.clone() {
            let sending = &this.session.sending;
            if sending.with_untracked(|it| it.contains(&sent)) {
                return;
            }
            sending.update(|it| it.push(sent));
        }
        send_in_order(
            id,
            Box::pin(async move {
                let answer = request.await;
                this.finish(from, sent, answer);
            }),
        );
    }

    fn finish(
        &self,
        from: Option<OpenStepDialog>,
        sent: Option<(StepId, OpenStepDialog, TemplateDraft)>,
        answer: Result<StepPanelOutcome, AppError>,
    ) {
        let (id, session) = (self.step.id, &self.session);
        let is_same = sent.as_ref().is_none_or(|it| it.2 == session.typed());
        session
            .sending
            .update(|it| it.retain(|it| Some(it) != sent.as_ref()));
        match answer {
            Ok(outcome) => {
                let own = from.map(|it| (id, it));
                if own.is_some() && is_same && session.asked.get_untracked() == own {
                    session.asked.set(None);
                }
                session.unsaved.update(|it| {
                    if it.as_ref().is_some_and(|it| it.0 == id && it.1 == from) {
                        *it = None;
                    }
                });
                self.report(outcome);
            }
            Err(error) => {
                let is_stale = matches!(error, AppError::Stale(_));
                session.unsaved.set(Some((id, from, error)));
                if is_stale {
                    self.report(StepPanelOutcome::Stale);
                }
            }
        }
    }

    /// Saves the text of the step, on top of other changes. A new text may have other unresolved variables, so the grid is
    /// read again. A text that this page has saved since is its own, and no conflict. `verb` is what the change is called where the
    /// message does not name the step.
    pub(super) fn save_text(
        &self,
        from: Option<OpenStepDialog>,
        send: VersionedSave,
        verb: Option<&str>,
        message: String,
    ) {
        let what = verb.map(|it| cell_in_words(it, &self.step.name, &self.customer_name));
        let (before, session) = (CustomerStep::clone(&self.step), self.session.clone());
        let own = session.saved_text.clone();
        let is_same: IsSame = Box::new(move |before: &CustomerStep, now: &CustomerStep| {
            let is_own = |it: &CustomerStep| it.id == now.id && same_text(it, now);
            same_text(before, now) || own.with_untracked(|it| it.as_ref().is_some_and(is_own))
        });
        self.send(
            from,
            Box::pin(async move {
                let Changed { row, batch_id } = save(before, send, is_same).await?;
                session.keep_saved(from, row);
                Ok(StepPanelOutcome::Others(message, what, batch_id, false))
            }),
        );
    }

    /// Sends a change that concerns other rows too.
    pub(super) fn send_wide<T: 'static>(
        &self,
        from: OpenStepDialog,
        request: impl Future<Output = Result<Changed<T>, AppError>> + 'static,
        message: String,
        is_gone: bool,
    ) {
        self.send(
            Some(from),
            Box::pin(async move {
                let batch = request.await?.batch_id;
                Ok(StepPanelOutcome::Others(message, None, batch, is_gone))
            }),
        );
    }

    fn undo(&self, batch: BatchId) {
        let this = self.clone();
        self.undo_requests.send(UndoRequest {
            batch,
            others: Vec::new(),
            asks: true,
            on_end: Arc::new(move |answer| {
                if let Some(answer) = answer {
                    let outcome = |it: UndoResult| {
                        StepPanelOutcome::Others(it.message, None, it.batch_id, false)
                    };
                    this.finish(None, None, answer.map(outcome));
                }
            }),
        });
    }

    /// Sets values that are missing. The texts of other steps may use them too.
    fn set_values(&self, edits: Vec<ValueEdit>) {
        let this = self.clone();
        send_values(self.session.values.clone(), edits, move |saved| {
            this.report(match saved {
                Some((message, batch)) => StepPanelOutcome::Others(message, None, batch, false),
                None => StepPanelOutcome::Stale,
            });
        });
    }

    /// Saves notes unless they are saved by now, then does what follows; that is left out if they cannot be saved.
    fn save_notes(&self, notes: String, is_asked: bool, then: Option<ActionRequest>) {
        let (this, before) = (self.clone(), CustomerStep::clone(&self.step));
        let sent = async move {
            let session = this.session.clone();
            let draft = session.notes.of(before.id);
            if draft.is_some_and(|it| it.text == notes) {
                match save_notes(&session, before, notes).await {
                    Ok(saved) => {
                        let Changed { row, batch_id } = saved;
                        let is_stale = row.status != this.step.status;
                        let outcome = StepPanelOutcome::Noted(Box::new(row), batch_id, is_asked);
                        this.finish(None, None, Ok(outcome));
                        // Another person has changed the state meanwhile, for example started the step: the view shows that.
                        if is_stale {
                            this.report(StepPanelOutcome::Stale);
                        }
                    }
                    Err(error) => {
                        if let Some(request) = then {
                            let (name, past) = (&this.step.name, request.action.past_tense());
                            let text =
                                format!("{name} was not {past}: its notes could not be saved.");
                            this.toasts.show(text, None);
                        }
                        return this.finish(None, None, Err(error));
                    }
                }
            }
            if let Some(request) = then {
                this.report(StepPanelOutcome::Act(request));
            }
        };
        send_in_order(self.step.id, Box::pin(sent));
    }

    /// The notes of this step that are typed and not saved, unless somebody else has saved others meanwhile: then both are
    /// shown, and the person decides.
    fn unsaved_notes(&self) -> Option<NotesDraft> {
        let draft = self.session.notes.of(self.step.id)?;
        let version = self.session.version_for(&self.step, &draft);
        version.map(|_| draft)
    }

    fn handle(&self, event: StepPanelEvent) {
        match (&event, self.unsaved_notes()) {
            // Notes go along with the mark, in one request.
            (StepPanelEvent::Act(request), Some(draft)) if request.action == StepAction::Done => {
                let drafts = self.session.notes.clone();
                return self.report(StepPanelOutcome::Act(ActionRequest {
                    notes: Some(SentNotes { draft, drafts }),
                    ..request.clone()
                }));
            }
            (StepPanelEvent::Act(request), Some(draft)) => {
                return self.save_notes(draft.text, false, Some(request.clone()));
            }
            (StepPanelEvent::Close, Some(draft)) => self.save_notes(draft.text, false, None),
            _ => {}
        }
        self.carry_out(event);
    }

    fn carry_out(&self, event: StepPanelEvent) {
        match event {
            StepPanelEvent::Act(request) => self.report(StepPanelOutcome::Act(request)),
            StepPanelEvent::Close => self.report(StepPanelOutcome::Close),
            StepPanelEvent::Notes(notes, is_asked) => self.save_notes(notes, is_asked, None),
            StepPanelEvent::Undo(batch) => self.undo(batch),
            StepPanelEvent::SetValues(edits) => self.set_values(edits),
            StepPanelEvent::Reread => self.report(StepPanelOutcome::Stale),
            StepPanelEvent::Request(request) => (self.send_request)(self.clone(), request),
        }
    }
}

/// Saves notes on top of other changes; if somebody else has saved notes since, they are not replaced.
pub(super) async fn save_notes(
    session: &PanelSession,
    before: CustomerStep,
    notes: String,
) -> Result<Changed<CustomerStep>, AppError> {
    let (id, text) = (before.id, notes.clone());
    let (own, known) = (session.clone(), before.notes.clone().unwrap_or_default());
    let typed = notes.trim().to_owned();
    // Notes that are there already are no conflict: they were sent before, as the document was left.
    let is_same = move |_: &CustomerStep, now: &CustomerStep| {
        own.is_own_notes(now, &known) || now.notes.as_deref().unwrap_or_default() == typed
    };
    let send: VersionedSave =
        Box::new(move |version| Box::pin(note_step(id, text.clone(), version)));
    let saved = save(before, send, Box::new(is_same)).await?;
    let version = (id, saved.row.version);
    session.notes.saved_version.set(Some(version));
    session.notes.note_saved(id, &notes);
    Ok(saved)
}

/// The step that a panel shows, with counters that make it read the step again. While a dialog of the step is open,
/// only `forced` does.
pub fn shown_step(
    memory: StepMemory,
    open_step: Memo<Option<StepId>>,
    reason_action: RwSignal<Option<(StepId, StepAction)>>,
    failed_action: RwSignal<Option<FailedAction>>,
    version: RwSignal<u32>,
    forced: RwSignal<u32>,
) -> Memo<(Option<StepId>, u32, u32)> {
    let asked = memory.lasting().asked;
    Memo::new(move |before: Option<&(Option<StepId>, u32, u32)>| {
        let now = (open_step.get(), version.get(), forced.get());
        let is_asked =
            failed_action.with(|it| it.as_ref().is_some_and(FailedAction::is_text_changed));
        let is_writing =
            is_asked || reason_action.with(Option::is_some) || asked.with(Option::is_some);
        let held = before.filter(|it| is_writing && (it.0, it.2) == (now.0, now.2));
        held.copied().unwrap_or(now)
    })
}

/// The state of an open step, with its events connected to the actions of this file.
pub fn open_step_detail(
    open: OpenStep,
    memory: StepMemory,
    can_work: bool,
    failed_action: RwSignal<Option<FailedAction>>,
    reason_action: RwSignal<Option<(StepId, StepAction)>>,
    on_outcome: Callback<(StepId, StepPanelOutcome)>,
    send_request: SendStepRequest,
) -> StepDetailState {
    let actions = StepDetailActions {
        step: Arc::new(open.detail.step.clone()),
        customer_name: open.detail.customer.customer.name.clone(),
        session: memory.lasting(),
        send_request,
        on_outcome,
        undo_requests: UndoRequests::from_context(),
        own: OwnChanges::from_context(),
        toasts: Toasts::from_context(),
    };
    let on_event = Callback::new(move |event| actions.handle(event));
    StepDetailState::new(
        open,
        memory,
        can_work,
        failed_action,
        reason_action,
        on_event,
    )
}
