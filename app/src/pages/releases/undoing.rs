//! Undo and redo in the matrix: what can be undone, and the patience to wait for a change that is still under way.
use crate::{
    api::overview::undo,
    components::ui::{notice::sentence, toast::Toasts},
    domain::{event::Undoable, id::BatchId},
};
use leptos::prelude::*;

#[derive(Clone, Copy)]
pub struct Undoing {
    /// The newest last.
    pub batches: RwSignal<Undoable>,
    /// Changes that have no answer yet.
    under_way: RwSignal<u32>,
    /// An undo (or, if true, a redo) that was asked for meanwhile.
    wanted: RwSignal<Option<bool>>,
    toasts: Toasts,
}

impl Undoing {
    /// `renew` draws what is there now.
    pub fn new(renew: impl Fn() + Copy + Send + Sync + 'static) -> Self {
        let this = Self {
            batches: RwSignal::new(Undoable::default()),
            under_way: RwSignal::new(0),
            wanted: RwSignal::new(None),
            toasts: Toasts::here(),
        };
        Effect::new(move |_| {
            if this.under_way.get() == 0
                && let Some(again) = this.wanted.get_untracked()
            {
                this.wanted.set(None);
                this.step(again, renew);
            }
        });
        this
    }

    /// A change is on its way to the server.
    pub fn begin(self) {
        self.under_way.update(|it| *it += 1);
    }

    /// It has its answer; the page may be gone by now.
    pub fn end(self) {
        let _ = self.under_way.try_update(|it| *it -= 1);
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
    pub fn step(self, again: bool, renew: impl Fn() + Copy + 'static) {
        if self.under_way.get_untracked() > 0 {
            self.wanted.set(Some(again));
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
                    renew();
                }
                Err(error) => self.toasts.say(sentence(&error.to_string()), None),
            }
            self.end();
        });
    }
}
