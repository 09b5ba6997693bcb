//! Undo and redo of the matrix page: of what was changed in this tab, and of nothing else. What others did, or the same
//! person elsewhere, is undone from a step's history or the activity. An undo that is requested while a change has no answer
//! yet runs once the answer is here, so that it undoes that change.
use super::reloader::MatrixReloader;
use crate::{
    browser::dom,
    components::ui::{follow_effect::follow, notice::sentence, toast::Toasts},
    domain::{id::BatchId, undo::UndoResult},
    error::AppError,
    pages::undo_requests::{UndoRequest, UndoRequests},
};
use leptos::prelude::*;
use std::sync::Arc;

/// A change of this tab, and what its toast said.
pub type UndoEntry = (BatchId, String);

/// Separates the parts of a stored entry: the ASCII unit separator, which cannot be typed.
const SEPARATOR: char = '\u{1f}';

/// Both lists as text: the template's key, then a line for each entry.
fn kept_text(template: u64, (undo, redo): &(Vec<UndoEntry>, Vec<UndoEntry>)) -> String {
    let mut text = template.to_string();
    for (word, entries) in [("u", undo), ("r", redo)] {
        for (batch, what) in entries {
            text.extend(["\n", word, "\u{1f}", &batch.0, "\u{1f}", what]);
        }
    }
    text
}

/// The lists of a text that was kept; none if it is of other steps of the template, or of an earlier program.
fn from_kept(text: &str, template: u64) -> Option<(Vec<UndoEntry>, Vec<UndoEntry>)> {
    let mut lines = text.split('\n');
    if lines.next()?.parse() != Ok(template) {
        return None;
    }
    let mut entries = (Vec::new(), Vec::new());
    for line in lines {
        let mut parts = line.splitn(3, SEPARATOR);
        let list = match parts.next()? {
            "u" => &mut entries.0,
            _ => &mut entries.1,
        };
        list.push((BatchId(parts.next()?.to_owned()), parts.next()?.to_owned()));
    }
    Some(entries)
}

/// The changes that Undo and Redo act on.
#[derive(Clone, Copy)]
pub struct UndoStack {
    /// The changes that can be undone, and those that can be done again; the newest last.
    pub entries: RwSignal<(Vec<UndoEntry>, Vec<UndoEntry>)>,
    /// An undo (a redo if `true`) that waits for the pending changes.
    queued: StoredValue<Option<bool>>,
    toasts: Toasts,
    requests: UndoRequests,
    /// Reads the page's data again after an undo, and knows which changes are pending.
    reloader: MatrixReloader,
}

impl UndoStack {
    /// The stack of a release, which is kept in the tab for a reload. It is empty after the release was archived, and
    /// after others have added, removed or renamed steps of the template.
    pub fn new(reloader: MatrixReloader, can_work: bool) -> Self {
        let this = Self {
            entries: RwSignal::default(),
            queued: StoredValue::new(None),
            toasts: Toasts::from_context(),
            requests: UndoRequests::from_context(),
            reloader,
        };
        let key = format!("rollcall.undo.{}", reloader.release);
        follow(move |is_first| {
            reloader.foreign_version.track();
            if !is_first {
                this.entries.set((Vec::new(), Vec::new()));
            }
        });
        follow(move |is_first| {
            reloader.template_version.track();
            let template = reloader.template();
            if is_first && can_work {
                let kept = dom::read_tab_value(&key);
                if let Some(kept) = kept.and_then(|it| from_kept(&it, template)) {
                    this.entries.set(kept);
                }
            }
            let text = this.entries.with(|it| kept_text(template, it));
            dom::write_tab_value(&key, &text);
        });
        this
    }

    /// A change has its answer; the page may be gone by now. After the last one the queued undo runs, or what had to
    /// wait is read.
    pub fn end_change(self) {
        if !self.reloader.end_change() {
            return;
        }
        if let Some(is_redo) = self.queued.try_update_value(Option::take).flatten() {
            self.step(is_redo);
        }
        if !self.reloader.is_changing() {
            self.reloader.read_wanted();
        }
    }

    /// Adds a change that was made just now.
    pub fn push(self, batch: BatchId, text: String) {
        let _ = self.entries.try_update(|it| {
            it.0.push((batch, text));
            it.1.clear();
        });
    }

    /// A change was undone by its toast, and this is the undo's own batch.
    pub fn move_undone(self, batch: &BatchId, undo: Option<BatchId>) {
        let _ = self.entries.try_update(|it| {
            if let Some(at) = it.0.iter().position(|it| it.0 == *batch) {
                let (_, text) = it.0.remove(at);
                it.1.extend(undo.map(|undo| (undo, text)));
            }
        });
    }

    /// What Undo would take back.
    pub fn title(self) -> String {
        self.entries.with(|it| match it.0.last() {
            Some((_, text)) => format!("Undo: {text}"),
            None => "Nothing to undo".to_owned(),
        })
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
        if self.reloader.is_changing() {
            self.queued.set_value(Some(is_redo));
            return;
        }
        let newest = self
            .entries
            .try_update(|it| if is_redo { it.1.pop() } else { it.0.pop() });
        let Some(entry) = newest.flatten() else {
            return;
        };
        self.reloader.begin_change();
        self.requests.send(UndoRequest {
            batch: entry.0.clone(),
            asks: false,
            on_end: Arc::new(move |answer| self.finish_step(is_redo, entry.clone(), answer)),
        });
    }

    fn finish_step(
        self,
        is_redo: bool,
        (batch, what): UndoEntry,
        answer: Option<Result<UndoResult, AppError>>,
    ) {
        // A cancelled undo stays on its list; one that was done goes to the other list.
        let entry = match answer {
            None => Some((batch, is_redo)),
            Some(Ok(result)) => {
                self.toasts.show(result.message, None);
                self.reloader.reload_after_change();
                result.batch_id.map(|it| (it, !is_redo))
            }
            Some(Err(error)) => {
                self.toasts.show(sentence(&error.to_string()), None);
                None
            }
        };
        if let Some((batch, can_be_redone)) = entry {
            let _ = self.entries.try_update(|it| {
                let list = if can_be_redone { &mut it.1 } else { &mut it.0 };
                list.push((batch, what));
            });
        }
        self.end_change();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_tab_has_kept_is_taken_while_the_template_has_the_same_steps() {
        let entry = |batch: &str, what: &str| (BatchId(batch.to_owned()), what.to_owned());
        let entries = (
            vec![entry("a", "Marked Announce done for Acme"), entry("b", "")],
            vec![entry("c", "Skipped 2 cells")],
        );
        let text = kept_text(7, &entries);
        assert_eq!(from_kept(&text, 7), Some(entries));
        assert_eq!(from_kept(&text, 8), None);
        assert_eq!(from_kept("", 7), None);
        assert_eq!(from_kept("7\nu", 7), None);
        assert_eq!(from_kept("7", 7), Some((Vec::new(), Vec::new())));
    }
}
