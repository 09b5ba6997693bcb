//! A step on the desk, from the page's side: what the panel and the large view ask for is sent, and the page around hears
//! what became of it. Changes of the state are the page's own: it shows them at once.
use crate::{
    api::{
        overview::undo,
        steps::{
            add_custom_step, compare_texts, delete_custom_step, edit_custom_step, keep_override,
            note_step, override_step, preview_promotion, promote_step, read_custom_places,
            read_step, reset_step,
        },
    },
    components::{
        pending_actions::{ActionRequest, FailedAction},
        step_panel::{
            PanelNeighbors, StepPanel, StepPanelEvent,
            step_detail::{PanelSession, StepDetailState, StepMemory},
        },
    },
    domain::{
        customer_work::OpenStep,
        event::Changed,
        id::{BatchId, StepId},
        step::{CustomerStep, StepAction},
    },
    error::AppError,
};
use leptos::prelude::*;
use std::{future::Future, pin::Pin, sync::Arc};

/// What the page around the desk has to do.
pub enum StepPanelOutcome {
    Act(ActionRequest),
    /// The step was changed: the row as it is now, and what is said of it.
    Changed(Box<CustomerStep>, String, Option<BatchId>),
    /// Other rows were changed too, came or went; whether this step is gone.
    Others(String, Option<BatchId>, bool),
    /// Somebody else changed the step: it is to be read again.
    Stale,
    Close,
}

type SendResult = Pin<Box<dyn Future<Output = Result<Changed<CustomerStep>, AppError>>>>;

/// Something to save, based on a version.
type VersionedSave = Box<dyn Fn(i64) -> SendResult>;

/// Saves on top of what was read. If the step was changed since, but not in what is being saved, it is saved all the same.
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

/// What is sent for the desk, one thing at a time. It outlives the drawing of the step: the answer may come when the panel
/// has moved on.
#[derive(Clone)]
struct StepDetailActions {
    step: Arc<CustomerStep>,
    lasting: PanelSession,
    on_news: Callback<(StepId, StepPanelOutcome)>,
}

impl StepDetailActions {
    /// The page may be gone by now.
    fn tell(&self, news: StepPanelOutcome) {
        let _ = self.on_news.try_run((self.step.id, news));
    }

    /// Sends, unless something is under way already; what comes of it is told, or why it failed.
    fn send(&self, request: Pin<Box<dyn Future<Output = Result<StepPanelOutcome, AppError>>>>) {
        let this = self.clone();
        let PanelSession {
            asked,
            unsaved,
            is_busy,
            ..
        } = this.lasting.clone();
        if is_busy.get_untracked() {
            return;
        }
        is_busy.set(true);
        leptos::task::spawn_local(async move {
            let answer = request.await;
            is_busy.set(false);
            match answer {
                Ok(news) => {
                    asked.set(None);
                    unsaved.set(None);
                    this.tell(news);
                }
                Err(error) => {
                    let is_stale = matches!(error, AppError::Stale(_));
                    unsaved.set(Some((this.step.id, error)));
                    if is_stale {
                        this.tell(StepPanelOutcome::Stale);
                    }
                }
            }
        });
    }

    /// Saves the notes, or a text: with a text, whether its values are all there may change too.
    fn save(
        &self,
        send: VersionedSave,
        is_same: fn(&CustomerStep, &CustomerStep) -> bool,
        is_text: bool,
        said: &'static str,
    ) {
        let before = CustomerStep::clone(&self.step);
        self.send(Box::pin(async move {
            let Changed { row, batch_id } = save(before, send, is_same).await?;
            Ok(if is_text {
                StepPanelOutcome::Others(said.to_owned(), batch_id, false)
            } else {
                StepPanelOutcome::Changed(Box::new(row), said.to_owned(), batch_id)
            })
        }));
    }

    fn others<T: 'static>(
        &self,
        request: impl Future<Output = Result<Changed<T>, AppError>> + 'static,
        text: String,
        is_gone: bool,
    ) {
        self.send(Box::pin(async move {
            let batch = request.await?.batch_id;
            Ok(StepPanelOutcome::Others(text, batch, is_gone))
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

    fn note(&self, notes: String) {
        let id = self.step.id;
        let drafts = self.lasting.notes.clone();
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

    fn hear(&self, wish: StepPanelEvent) {
        let step = Arc::clone(&self.step);
        let (id, version) = (step.id, step.version);
        match wish {
            StepPanelEvent::Act(wish) => self.tell(StepPanelOutcome::Act(wish)),
            StepPanelEvent::Close => self.tell(StepPanelOutcome::Close),
            StepPanelEvent::Notes(notes) => self.note(notes),
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
                self.others(edit_custom_step(id, draft, version), text, false);
            }
            StepPanelEvent::Delete => {
                let text = format!("Deleted {}", step.name);
                self.others(delete_custom_step(id), text, true);
            }
            StepPanelEvent::Promote => {
                let text = format!("Promoted {} to the template", step.name);
                self.others(promote_step(id, version), text, false);
            }
            StepPanelEvent::AddCustom {
                draft,
                place,
                to_template,
            } => {
                let text = format!("Added {}", draft.name.trim());
                let (release, customer) = (step.release_id, step.customer_id);
                let sent = add_custom_step(release, customer, draft, place, to_template);
                self.others(sent, text, false);
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
            StepPanelEvent::AskPlaces(into) => leptos::task::spawn_local(async move {
                let asked = read_custom_places(step.release_id, step.customer_id).await;
                if let Ok(places) = asked {
                    let _ = into.try_set(Some(places));
                }
            }),
            StepPanelEvent::AskPromotion(into) => {
                let unsaved = self.lasting.unsaved.clone();
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

/// Puts a step on the desk.
pub fn lay_out(
    open: OpenStep,
    memory: StepMemory,
    can_work: bool,
    refused: RwSignal<Option<FailedAction>>,
    asking: RwSignal<Option<StepAction>>,
    on_news: Callback<(StepId, StepPanelOutcome)>,
) -> StepDetailState {
    let work = StepDetailActions {
        step: Arc::new(open.detail.step.clone()),
        lasting: memory.lasting(),
        on_news,
    };
    let on_wish = Callback::new(move |wish| work.hear(wish));
    StepDetailState::new(open, memory, can_work, refused, asking, on_wish)
}

/// The panel beside the matrix.
#[component]
pub fn Panel(
    open: OpenStep,
    memory: StepMemory,
    places: Signal<(String, String)>,
    refused: RwSignal<Option<FailedAction>>,
    asking: RwSignal<Option<StepAction>>,
    copying: RwSignal<u32>,
    can_work: bool,
    on_news: Callback<(StepId, StepPanelOutcome)>,
    on_go: Callback<PanelNeighbors>,
) -> impl IntoView {
    let desk = lay_out(open, memory, can_work, refused, asking, on_news);
    view! { <StepPanel state=desk places=places copying=copying on_go=on_go/> }
}
