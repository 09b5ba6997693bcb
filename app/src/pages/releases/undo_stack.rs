//! Undo and redo on the matrix and on the page of a customer's steps: of what was changed in this tab, and of nothing else (R101).
//! What others did, or the same person elsewhere, is undone from a step's history or the activity. An undo that is requested
//! while a change has no answer yet runs once the answer is here, so that it undoes that change; and what is changed while an undo
//! has no answer yet waits for it.
use crate::{
    browser::dom,
    components::ui::{follow_effect::follow, notice::sentence, toast::Toasts},
    domain::{
        id::{BatchId, ReleaseId},
        own_changes::{OwnChange, message_in_words},
        undo::UndoResult,
    },
    error::AppError,
    pages::{
        own_changes::OwnChanges,
        undo_requests::{UndoRequest, UndoRequests},
    },
};
use leptos::prelude::*;
use std::sync::Arc;

/// Overlays that handle keys themselves.
const OVERLAY_SELECTOR: &str = "dialog[open], [role=menu], [data-dialog-comes]";

/// What undo and redo need of their page.
pub trait UndoPage: Copy + Send + Sync + 'static {
    /// A change is sent, which may wait for earlier ones.
    fn begin(self);
    /// A change has its answer; the page may be gone by now. True if it was the last one that is pending.
    fn end(self) -> bool;
    /// Nothing is pending: reads what had to wait.
    fn settle(self);
    /// Reads the data of the page again.
    fn reload(self);
}

/// Undo and redo of one page.
#[derive(Clone, Copy)]
pub struct UndoStack<P> {
    own: OwnChanges,
    toasts: Toasts,
    requests: UndoRequests,
    page: P,
}

impl<P: UndoPage> UndoStack<P> {
    /// Undo and redo of a page that is being created, with Ctrl+Z and Ctrl+Shift+Z anywhere on it, but in a text field, a dialog
    /// or a menu. `release` is tracked; none for a malformed URL.
    pub fn new(page: P, release: impl Fn() -> Option<ReleaseId> + 'static) -> Self {
        let this = Self {
            own: OwnChanges::from_context(),
            toasts: Toasts::from_context(),
            requests: UndoRequests::from_context(),
            page,
        };
        follow(move |_| {
            if let Some(release) = release() {
                this.own.open(release);
            }
        });
        listen(Callback::new(move |is_redo| this.step(is_redo)));
        this
    }

    /// What Undo would undo, or Redo do again: "mark done, 9 cells, 18:49".
    pub fn newest(self, is_redo: bool) -> Signal<Option<String>> {
        Signal::derive(move || self.own.newest(is_redo))
    }

    /// Others have changed something else than steps, so that this may be the end of what can be undone here.
    pub fn check(self) {
        self.own.check();
    }

    /// Something was changed that this page has not heard of: it may be by a run that was asked for here.
    pub fn reread(self) {
        self.own.reread();
    }

    /// A change is sent: an undo waits for its answer.
    pub fn begin_change(self) {
        self.page.begin();
    }

    /// A change has its answer; the page may be gone by now. After the last one what had to wait is read.
    pub fn end_change(self) {
        if self.page.end() {
            self.page.settle();
        }
    }

    /// Says what was changed, and offers to undo it, unless there is no batch. `what` is what the change is called beside the button;
    /// if it is not given, the message says it.
    pub fn report(
        self,
        release: ReleaseId,
        text: String,
        what: Option<String>,
        batch: Option<BatchId>,
    ) {
        let Some(batch) = batch else {
            return self.toasts.show(text, None);
        };
        if let Some(what) = what {
            let what = self.own.push(release, batch.clone(), what);
            self.toasts.show_change(text, batch, what);
        } else {
            self.own
                .push(release, batch.clone(), message_in_words(&text));
            self.toasts.show(text, Some(batch));
        }
    }

    /// Records a change of one cell. The message is `text` with the time; it names the cell, so the change's own label is left out.
    pub fn report_cell(
        self,
        release: ReleaseId,
        text: String,
        what: String,
        batch: Option<BatchId>,
    ) {
        let text = match &batch {
            Some(batch) => self.own.push_cell(release, batch.clone(), what, &text),
            None => text,
        };
        self.toasts.show(text, batch);
    }

    /// Adds a change that no message tells of.
    pub fn push(self, release: ReleaseId, batch: BatchId, what: String) {
        self.own.push(release, batch, what);
    }

    /// Undoes the newest change, or redoes what was undone last, once all changes have their answer.
    pub fn step(self, is_redo: bool) {
        let release = self.own.release();
        self.page.begin();
        self.requests.send_in_order(move || {
            // The page may be gone by now, or show another release.
            let Some(change) = self.own.take(release, is_redo) else {
                self.toasts.show(self.own.why_nothing(is_redo), None);
                self.end_change();
                return None;
            };
            Some(UndoRequest {
                batch: change.batch.clone(),
                others: Vec::new(),
                asks: false,
                on_end: Arc::new(move |answer| {
                    self.finish_step(release, is_redo, change.clone(), answer);
                }),
            })
        });
    }

    fn finish_step(
        self,
        release: ReleaseId,
        is_redo: bool,
        change: OwnChange,
        answer: Option<Result<UndoResult, AppError>>,
    ) {
        match answer {
            // Cancelled: it stays on its list.
            None => self.own.put(release, is_redo, change),
            Some(Ok(result)) => {
                self.toasts.show(result.message, None);
                self.page.reload();
                if let Some(batch) = result.batch_id {
                    self.own
                        .put(release, !is_redo, OwnChange { batch, ..change });
                }
            }
            Some(Err(error)) => {
                let why = error.to_string();
                self.toasts.show(sentence(&why), None);
                if error.is_retryable() {
                    self.own.put(release, is_redo, change);
                } else {
                    self.own.note_obstacle(release, Some(is_redo), why);
                }
            }
        }
        self.end_change();
    }
}

/// Listens for Ctrl+Z and Ctrl+Shift+Z for as long as the calling component is mounted. The callback gets whether it is a redo.
fn listen(on_step: Callback<bool>) {
    follow(move |_| {
        let handle = window_event_listener(
            leptos::ev::keydown,
            move |event: leptos::ev::KeyboardEvent| {
                let is_control = event.ctrl_key() || event.meta_key();
                let is_z = event.key().eq_ignore_ascii_case("z");
                if is_control
                    && is_z
                    && !event.alt_key()
                    && !event.default_prevented()
                    && !dom::is_in_text()
                    && !dom::exists(OVERLAY_SELECTOR)
                {
                    event.prevent_default();
                    // A key that is held down undoes once.
                    if !event.repeat() {
                        on_step.run(event.shift_key());
                    }
                }
            },
        );
        on_cleanup(move || handle.remove());
    });
}
