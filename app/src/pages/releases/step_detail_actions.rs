//! Sends what the step panel and the large step view ask for, and reports the outcome to the page around them: the matrix
//! or the customer's steps. Status changes are passed on to the page, which shows them before they are sent.
use crate::{
    api::{
        overview::undo,
        steps::{
            add_custom_step, compare_texts, delete_custom_step, edit_custom_step, keep_override,
            note_step, override_step, preview_promotion, promote_step, read_changed_text,
            read_custom_places, read_step, reset_step,
        },
    },
    components::{
        pending_actions::{ActionRequest, FailedAction},
        step_panel::{
            StepPanelEvent,
            step_detail::{PanelSession, StepDetailState, StepMemory},
        },
    },
    domain::{
        customer_work::OpenStep,
        event::Changed,
        id::{BatchId, StepId},
        step::CustomerStep,
        vocabulary::StepAction,
    },
    error::AppError,
};
use leptos::prelude::*;
use std::{future::Future, pin::Pin, sync::Arc};

/// What the page has to do after an event of the panel.
pub enum StepPanelOutcome {
    Act(ActionRequest),
    /// Only this step was changed: its row as it is now, and the message for the toast.
    Changed(Box<CustomerStep>, String, Option<BatchId>),
    /// Other rows were changed, added or removed too: the message, and whether this step was removed.
    Others(String, Option<BatchId>, bool),
    /// Somebody else has changed the step: the page has to read it again.
    Stale,
    Close,
}

type SendResult = Pin<Box<dyn Future<Output = Result<Changed<CustomerStep>, AppError>>>>;

/// Sends what is to be saved on top of a version.
type VersionedSave = Box<dyn Fn(i64) -> SendResult>;

/// Saves on top of the version that was read. If the step was changed since, but not in the part that is being saved, it is
/// saved on top of the new version.
async fn save(
    before: CustomerStep,
    save: VersionedSave,
    is_same: fn(&CustomerStep, &CustomerStep) -> bool,
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

fn same_notes(a: &CustomerStep, b: &CustomerStep) -> bool {
    a.notes == b.notes
}

fn same_text(a: &CustomerStep, b: &CustomerStep) -> bool {
    a.name == b.name && a.kind == b.kind && a.content == b.content
}

/// Sends for one step, one request at a time. It outlives the rendered panel: an answer may arrive when the panel shows
/// another step.
#[derive(Clone)]
struct StepDetailActions {
    step: Arc<CustomerStep>,
    session: PanelSession,
    on_outcome: Callback<(StepId, StepPanelOutcome)>,
}

impl StepDetailActions {
    /// The page may be gone by now.
    fn report(&self, outcome: StepPanelOutcome) {
        let _ = self.on_outcome.try_run((self.step.id, outcome));
    }

    /// Sends, unless a request has no answer yet. The outcome is reported to the page, an error is shown in the panel.
    fn send(&self, request: Pin<Box<dyn Future<Output = Result<StepPanelOutcome, AppError>>>>) {
        let this = self.clone();
        let PanelSession {
            asked,
            unsaved,
            is_busy,
            ..
        } = this.session.clone();
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        leptos::task::spawn_local(async move {
            let answer = request.await;
            is_busy.set(false);
            match answer {
                Ok(outcome) => {
                    asked.set(None);
                    unsaved.set(None);
                    this.report(outcome);
                }
                Err(error) => {
                    let is_stale = matches!(error, AppError::Stale(_));
                    unsaved.set(Some((this.step.id, error)));
                    if is_stale {
                        this.report(StepPanelOutcome::Stale);
                    }
                }
            }
        });
    }

    /// Saves the notes or the text of the step. A new text may have other unresolved variables, so the grid is read again.
    fn save(
        &self,
        send: VersionedSave,
        is_same: fn(&CustomerStep, &CustomerStep) -> bool,
        is_text: bool,
        message: &'static str,
    ) {
        let before = CustomerStep::clone(&self.step);
        self.send(Box::pin(async move {
            let Changed { row, batch_id } = save(before, send, is_same).await?;
            Ok(if is_text {
                StepPanelOutcome::Others(message.to_owned(), batch_id, false)
            } else {
                StepPanelOutcome::Changed(Box::new(row), message.to_owned(), batch_id)
            })
        }));
    }

    /// Sends a change that concerns other rows too.
    fn send_wide<T: 'static>(
        &self,
        request: impl Future<Output = Result<Changed<T>, AppError>> + 'static,
        message: String,
        is_gone: bool,
    ) {
        self.send(Box::pin(async move {
            let batch = request.await?.batch_id;
            Ok(StepPanelOutcome::Others(message, batch, is_gone))
        }));
    }

    fn undo(&self, batch: BatchId) {
        self.send(Box::pin(async move {
            let undone = undo(batch).await?;
            let n = undone.restored;
            let mut text = format!("Undone: {n} restored. The record changed, not the cluster");
            if let Some(conflict) = undone.conflicts.first() {
                text = format!("{text}; {}", conflict.reason);
            }
            Ok(StepPanelOutcome::Others(text, undone.batch_id, false))
        }));
    }

    fn save_notes(&self, notes: String) {
        let id = self.step.id;
        let drafts = self.session.notes.clone();
        let send: VersionedSave = Box::new(move |version| {
            let (saved, drafts) = (note_step(id, notes.clone(), version), drafts.clone());
            Box::pin(async move {
                let answer = saved.await;
                if answer.is_ok() {
                    drafts.update(|it| it.retain(|it| it.step != id));
                }
                answer
            })
        });
        self.save(send, same_notes, false, "Notes saved");
    }

    fn handle(&self, event: StepPanelEvent) {
        let step = Arc::clone(&self.step);
        let (id, version) = (step.id, step.version);
        match event {
            StepPanelEvent::Act(request) => self.report(StepPanelOutcome::Act(request)),
            StepPanelEvent::Close => self.report(StepPanelOutcome::Close),
            StepPanelEvent::Notes(notes) => self.save_notes(notes),
            StepPanelEvent::Override(content) => {
                let send = move |version| -> SendResult {
                    Box::pin(override_step(id, content.clone(), version))
                };
                self.save(
                    Box::new(send),
                    same_text,
                    true,
                    "Text overridden for this customer",
                );
            }
            StepPanelEvent::Keep => {
                let send = move |version| -> SendResult { Box::pin(keep_override(id, version)) };
                self.save(
                    Box::new(send),
                    same_text,
                    true,
                    "The override stays as it is",
                );
            }
            StepPanelEvent::Reset => {
                let send = move |_| -> SendResult { Box::pin(reset_step(id)) };
                self.save(
                    Box::new(send),
                    same_text,
                    true,
                    "Reset to the template's text",
                );
            }
            StepPanelEvent::Edit(draft) => {
                let text = format!("Saved {}", draft.name.trim());
                self.send_wide(edit_custom_step(id, draft, version), text, false);
            }
            StepPanelEvent::Delete => {
                let text = format!("Deleted {}", step.name);
                self.send_wide(delete_custom_step(id), text, true);
            }
            StepPanelEvent::Promote => {
                let text = format!("Promoted {} to the template", step.name);
                self.send_wide(promote_step(id, version), text, false);
            }
            StepPanelEvent::AddCustom {
                draft,
                place,
                to_template,
            } => {
                let text = format!("Added {}", draft.name.trim());
                let (release, customer) = (step.release_id, step.customer_id);
                let sent = add_custom_step(release, customer, draft, place, to_template);
                self.send_wide(sent, text, false);
            }
            StepPanelEvent::Undo(batch) => self.undo(batch),
            StepPanelEvent::Compare {
                before,
                after,
                into,
            } => leptos::task::spawn_local(async move {
                if let Ok(rows) = compare_texts(before, after).await {
                    let _ = into.try_set(Some(rows));
                }
            }),
            StepPanelEvent::CompareNow(shown, into) => leptos::task::spawn_local(async move {
                if let Ok(found) = read_changed_text(id, shown).await {
                    let _ = into.try_set(Some(found));
                }
            }),
            StepPanelEvent::Reread => self.report(StepPanelOutcome::Stale),
            StepPanelEvent::AskPlaces(into) => leptos::task::spawn_local(async move {
                let answer = read_custom_places(step.release_id, step.customer_id).await;
                if let Ok(places) = answer {
                    let _ = into.try_set(Some(places));
                }
            }),
            StepPanelEvent::AskPromotion(into) => {
                let unsaved = self.session.unsaved.clone();
                leptos::task::spawn_local(async move {
                    match preview_promotion(id).await {
                        Ok(promotion) => {
                            let _ = into.try_set(Some(promotion));
                        }
                        Err(error) => unsaved.set(Some((id, error))),
                    }
                });
            }
        }
    }
}

/// The state of an open step, with its events connected to the actions of this file.
pub fn open_step_detail(
    open: OpenStep,
    memory: StepMemory,
    can_work: bool,
    failed_action: RwSignal<Option<FailedAction>>,
    reason_action: RwSignal<Option<StepAction>>,
    on_outcome: Callback<(StepId, StepPanelOutcome)>,
) -> StepDetailState {
    let actions = StepDetailActions {
        step: Arc::new(open.detail.step.clone()),
        session: memory.lasting(),
        on_outcome,
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
