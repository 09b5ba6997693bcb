//! Undo and redo of the matrix page. An undo that is requested while a change has no answer yet runs once the answer is
//! here, so that it undoes that change.
use crate::{
    api::overview::undo,
    components::ui::{notice::sentence, toast::Toasts},
    domain::{event::Undoable, id::BatchId},
};
use leptos::prelude::*;

/// The batches that Undo and Redo act on, the newest last.
#[derive(Clone, Copy)]
pub struct UndoStack {
    /// The batches that can be undone and redone, the newest last.
    pub batches: RwSignal<Undoable>,
    /// How many changes have no answer yet.
    n_pending: RwSignal<u32>,
    /// An undo (a redo if `true`) that waits for the pending changes.
    queued: StoredValue<Option<bool>>,
    toasts: Toasts,
    /// Reads the page's data again after an undo.
    reload: Callback<()>,
}

impl UndoStack {
    /// An empty stack. `reload` runs after an undo or a redo.
    pub fn new(reload: Callback<()>) -> Self {
        Self {
            batches: RwSignal::new(Undoable::default()),
            n_pending: RwSignal::new(0),
            queued: StoredValue::new(None),
            toasts: Toasts::from_context(),
            reload,
        }
    }

    /// A change has been sent.
    pub fn begin(self) {
        self.n_pending.update(|it| *it += 1);
    }

    /// A change has its answer; the page may be gone by now. After the last one the queued undo runs.
    pub fn end(self) {
        let n_left = self.n_pending.try_update(|it| {
            *it -= 1;
            *it
        });
        if n_left == Some(0)
            && let Some(is_redo) = self.queued.try_update_value(Option::take).flatten()
        {
            self.step(is_redo);
        }
    }

    /// Adds a change that was made just now.
    pub fn push(self, batch: BatchId) {
        self.batches.update(|it| {
            it.undo.push(batch);
            it.redo.clear();
        });
    }

    /// Adds what was changed before this page was opened, below what was changed since.
    pub fn add_earlier(self, mut earlier: Undoable) {
        let _ = self.batches.try_update(|it| {
            if it.undo.is_empty() && it.redo.is_empty() {
                *it = earlier;
                return;
            }
            earlier
                .undo
                .retain(|batch| !it.undo.contains(batch) && !it.redo.contains(batch));
            it.undo.splice(0..0, earlier.undo);
        });
    }

    /// Sets what can be undone, after an undo that did not go through this stack.
    pub fn replace(self, batches: Undoable) {
        let _ = self.batches.try_set(batches);
    }

    /// Undoes the newest change.
    pub fn undo(self) {
        self.step(false);
    }

    /// Redoes what was undone last.
    pub fn redo(self) {
        self.step(true);
    }

    fn step(self, is_redo: bool) {
        if self.n_pending.get_untracked() > 0 {
            self.queued.set_value(Some(is_redo));
            return;
        }
        let newest = self.batches.try_update(|it| {
            if is_redo {
                it.redo.pop()
            } else {
                it.undo.pop()
            }
        });
        let Some(batch) = newest.flatten() else {
            return;
        };
        self.begin();
        leptos::task::spawn_local(async move {
            match undo(batch).await {
                Ok(result) => {
                    if let Some(batch) = result.batch_id {
                        let _ = self.batches.try_update(|it| {
                            if is_redo {
                                it.undo.push(batch);
                            } else {
                                it.redo.push(batch);
                            }
                        });
                    }
                    let mut text = format!(
                        "{}: {} restored. The record changed, not the cluster",
                        if is_redo { "Done again" } else { "Undone" },
                        result.restored
                    );
                    if let Some(conflict) = result.conflicts.first() {
                        text = format!("{text}; {}", conflict.reason);
                    }
                    self.toasts.show(text, None);
                    let _ = self.reload.try_run(());
                }
                Err(error) => self.toasts.show(sentence(&error.to_string()), None),
            }
            self.end();
        });
    }
}
