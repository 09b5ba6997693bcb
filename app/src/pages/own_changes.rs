//! What this tab has changed in the release that it shows, for Undo and Redo of the matrix and of a customer's steps (R101). It
//! outlives those pages, since an answer may come after its page was left, and the tab keeps it for a reload. A copy of the tab starts
//! with nothing: a script of the document sees to that (`public/document/copies.js`).
use crate::{
    browser::dom,
    components::ui::time::Clock,
    domain::{
        id::{BatchId, ReleaseId},
        own_changes::{ChangeStack, OwnChange},
    },
};
use leptos::prelude::*;

/// The changes of this tab. `App` provides them as context.
#[derive(Clone, Copy)]
pub struct OwnChanges {
    /// The release of the page; id 0 before the first one.
    release: StoredValue<ReleaseId>,
    stack: RwSignal<ChangeStack>,
    /// What stood in the way last, in which release, and of what: of an undo, a redo (`true`) that was refused, or of both.
    obstacle: StoredValue<Option<(ReleaseId, Option<bool>, String)>>,
    clock: Clock,
    /// Asks the server whether the changes can still be undone here. Loaded lazily.
    ask_server: fn(Self),
}

/// Under which name the tab keeps the changes of a release.
fn storage_key(release: ReleaseId) -> String {
    format!("rollcall.undo.{release}")
}

/// What the tab has kept of a release.
fn kept(release: ReleaseId) -> ChangeStack {
    let text = dom::read_tab_value(&storage_key(release));
    let stack = text.and_then(|it| ChangeStack::from_text(&it));
    stack.unwrap_or_default()
}

impl OwnChanges {
    /// Nothing was changed yet.
    pub fn new(ask_server: fn(Self)) -> Self {
        Self {
            release: StoredValue::new(ReleaseId(0)),
            stack: RwSignal::default(),
            obstacle: StoredValue::new(None),
            clock: Clock::from_context(),
            ask_server,
        }
    }

    /// The changes of this tab.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self::new(|_| {}))
    }

    /// A page of this release is shown.
    pub fn open(self, release: ReleaseId) {
        if self.release.get_value() == release {
            self.reread();
        } else {
            self.release.set_value(release);
            self.stack.set(kept(release));
        }
        self.check();
    }

    /// Others may have changed the template or archived the release, after which nothing can be undone here. The server knows.
    pub fn check(self) {
        if !self.batches().is_empty() {
            (self.ask_server)(self);
        }
    }

    /// The release of the page.
    pub fn release(self) -> ReleaseId {
        self.release.get_value()
    }

    /// The batches of this tab in it.
    pub fn batches(self) -> Vec<BatchId> {
        self.stack.with_untracked(|it| it.batches().to_vec())
    }

    /// Reads anew what the tab keeps: a script of the page adds what a run did that was asked for here (R75).
    pub fn reread(self) {
        let stack = kept(self.release());
        if self
            .stack
            .with_untracked(|it| it.batches().len() < stack.batches().len())
        {
            self.stack.set(stack);
        }
    }

    /// What Undo would undo, or Redo do again: "mark done, 9 cells, 18:49". Tracked.
    pub fn newest(self, is_redo: bool) -> Option<String> {
        self.stack.with(|it| {
            let change = it.newest(is_redo)?;
            Some(self.with_time(&change.what, change))
        })
    }

    fn with_time(self, text: &str, change: &OwnChange) -> String {
        format!("{text}, {}", self.clock.time(change.at))
    }

    /// A change was made. Answers what it is called.
    pub fn push(self, release: ReleaseId, batch: BatchId, what: String) -> String {
        let change = OwnChange::new(batch, what);
        let words = untrack(|| self.with_time(&change.what, &change));
        self.add(release, change);
        words
    }

    /// Records a change of one cell. Answers `message`, which names the cell, with the time of the change.
    pub fn push_cell(
        self,
        release: ReleaseId,
        batch: BatchId,
        what: String,
        message: &str,
    ) -> String {
        let change = OwnChange::new(batch, what);
        let message = untrack(|| self.with_time(message, &change));
        self.add(release, change);
        message
    }

    fn add(self, release: ReleaseId, change: OwnChange) {
        self.obstacle.set_value(None);
        let mut stack = self.of(release);
        stack.push(change);
        self.set(release, stack);
    }

    /// Takes the change that Undo is about, or Redo, off its list.
    pub fn take(self, release: ReleaseId, is_redo: bool) -> Option<OwnChange> {
        let mut stack = self.of(release);
        let taken = stack.take(is_redo);
        self.set(release, stack);
        taken
    }

    /// Puts a change on a list.
    pub fn put(self, release: ReleaseId, is_redo: bool, change: OwnChange) {
        let mut stack = self.of(release);
        stack.put(is_redo, change);
        self.set(release, stack);
    }

    /// A change was undone by its message; `undo` is the undo's own batch.
    pub fn move_undone(self, batch: &BatchId, undo: Option<BatchId>) {
        let release = self.release();
        let mut stack = self.of(release);
        stack.move_undone(batch, undo);
        self.set(release, stack);
    }

    /// Why there is nothing to undo, or to redo.
    pub fn why_nothing(self, is_redo: bool) -> String {
        let word = if is_redo { "redo" } else { "undo" };
        let found = self.obstacle.get_value();
        let is_about = |it: &(ReleaseId, Option<bool>, String)| {
            it.0 == self.release() && it.1.is_none_or(|of| of == is_redo)
        };
        match found.filter(is_about) {
            Some((.., why)) => format!("Nothing to {word}: {why}."),
            None => format!("Nothing to {word}."),
        }
    }

    /// An undo, or a redo, was refused for this reason, which is told again when nothing is left; if neither is named, both are.
    pub fn note_obstacle(self, release: ReleaseId, of: Option<bool>, why: String) {
        self.obstacle.set_value(Some((release, of, why)));
    }

    /// Forgets all changes in a release, since somebody has changed its template or itself.
    pub fn clear(self, release: ReleaseId, by: &str) {
        let why = format!("{by} has changed the template or the release since then");
        self.note_obstacle(release, None, why);
        self.set(release, ChangeStack::default());
    }

    fn of(self, release: ReleaseId) -> ChangeStack {
        if self.release() == release {
            // `live.js` adds a change to the tab's storage without telling this signal.
            self.reread();
            self.stack.get_untracked()
        } else {
            kept(release)
        }
    }

    fn set(self, release: ReleaseId, stack: ChangeStack) {
        dom::write_tab_value(&storage_key(release), &stack.to_text());
        if self.release() == release {
            self.stack.set(stack);
        }
    }
}
