//! Undo and redo in the matrix: what can be undone, and the patience to wait for a change that is still under way.
use crate::{
    api::overview::undo,
    components::ui::{notice::sentence, toast::Toasts},
    domain::{event::Undoable, id::BatchId},
};
use leptos::prelude::*;

#[derive(Clone, Copy)]
pub struct UndoStack {
    /// The newest last.
    pub batches: RwSignal<Undoable>,
    /// Changes that have no answer yet.
    under_way: RwSignal<u32>,
    /// An undo (or, if true, a redo) that was asked for meanwhile.
    wanted: StoredValue<Option<bool>>,
    toasts: Toasts,
    /// Draws what is there now.
    renew: Callback<()>,
}

impl UndoStack {
    pub fn new(renew: Callback<()>) -> Self {
        Self {
            batches: RwSignal::new(Undoable::default()),
            under_way: RwSignal::new(0),
            wanted: StoredValue::new(None),
            toasts: Toasts::here(),
            renew,
        }
    }

    /// A change is on its way to the server.
    pub fn begin(self) {
        self.under_way.update(|it| *it += 1);
    }

    /// It has its answer; the page may be gone by now. Then comes the undo that was asked for meanwhile.
    pub fn end(self) {
        let left = self.under_way.try_update(|it| {
            *it -= 1;
            *it
        });
        if left == Some(0)
            && let Some(again) = self.wanted.try_update_value(Option::take).flatten()
        {
            self.step(again);
        }
    }

    pub fn done(self, batch: BatchId) {
        self.batches.update(|it| {
            it.undo.push(batch);
            it.redo.clear();
        });
    }

    /// What was done before this page was opened; something may have been done since.
    pub fn take_in(self, mut earlier: Undoable) {
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

    /// What can be undone after somebody else, or another part of the page, undid something.
    pub fn replace(self, found: Undoable) {
        let _ = self.batches.try_set(found);
    }

    /// Undoes the newest change, or does again what was undone last; after what is under way.
    pub fn step(self, again: bool) {
        if self.under_way.get_untracked() > 0 {
            self.wanted.set_value(Some(again));
            return;
        }
        let found = self
            .batches
            .try_update(|it| if again { it.redo.pop() } else { it.undo.pop() });
        let Some(batch) = found.flatten() else {
            return;
        };
        self.begin();
        leptos::task::spawn_local(async move {
            match undo(batch).await {
                Ok(result) => {
                    if let Some(batch) = result.batch_id {
                        let _ = self.batches.try_update(|it| {
                            if again {
                                it.undo.push(batch);
                            } else {
                                it.redo.push(batch);
                            }
                        });
                    }
                    let mut text = format!(
                        "{}: {} restored. The record changed, not the cluster",
                        if again { "Done again" } else { "Undone" },
                        result.restored
                    );
                    if let Some(conflict) = result.conflicts.first() {
                        text = format!("{text}; {}", conflict.reason);
                    }
                    self.toasts.say(text, None);
                    let _ = self.renew.try_run(());
                }
                Err(error) => self.toasts.say(sentence(&error.to_string()), None),
            }
            self.end();
        });
    }
}
