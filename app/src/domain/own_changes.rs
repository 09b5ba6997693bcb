//! The changes of one tab in a release, which Undo and Redo of its pages act on (R101): the two lists, what each change is called,
//! and the text that the tab keeps for a reload.
use super::{digit_groups::grouped, id::BatchId, vocabulary::StepAction};
use chrono::{DateTime, Utc};

/// How many changes of a tab are kept. The oldest are forgotten first.
pub const OWN_CHANGES_MAX: usize = 200;

/// What a change of a cell's notes is called, for `cell_in_words`.
pub const EDIT_NOTES: &str = "edit notes";

/// What an override of a step's text is called, for `cell_in_words`.
pub const OVERRIDE: &str = "override";

/// What it is called that an override stays although the template was edited, for `cell_in_words`.
pub const KEEP_OVERRIDE: &str = "keep override";

/// What it is called that an override ends, for `cell_in_words`.
pub const RESET: &str = "reset to template";

/// What a change of the template is called whose page was left before the answer came.
pub const TEMPLATE_IN_WORDS: &str = "edit template";

/// Separates the parts of a stored change: the ASCII unit separator, which cannot be typed.
const SEPARATOR: char = '\u{1f}';

/// A change of the tab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnChange {
    pub batch: BatchId,
    /// What it did: "mark done, 9 cells".
    pub what: String,
    pub at: DateTime<Utc>,
}

impl OwnChange {
    /// A change that was made just now.
    pub fn new(batch: BatchId, what: String) -> Self {
        let at = time_of(&batch);
        Self { batch, what, at }
    }
}

/// When a batch was begun, by the server's clock. Its id is a UUID of version 7, which begins with the time in milliseconds.
fn time_of(batch: &BatchId) -> DateTime<Utc> {
    let digits: String = batch.0.chars().filter(|it| *it != '-').take(12).collect();
    let millis = i64::from_str_radix(&digits, 16).ok();
    millis
        .and_then(DateTime::from_timestamp_millis)
        .unwrap_or_default()
}

/// What an action is called within a sentence: "mark done".
pub fn action_verb(action: StepAction) -> &'static str {
    match action {
        StepAction::Done => "mark done",
        StepAction::Fail => "mark failed",
        other => other.as_str(),
    }
}

/// What a change of one cell is called: "mark done, Migrate schema for Acme".
pub fn cell_in_words(verb: &str, step: &str, customer: &str) -> String {
    format!("{verb}, {step} for {customer}")
}

/// What a change of the states of many cells is called: "mark done, 9 cells".
pub fn action_in_words(action: StepAction, n_cells: usize) -> String {
    let verb = action_verb(action);
    if n_cells == 1 {
        format!("{verb}, 1 cell")
    } else {
        format!("{verb}, {} cells", grouped(n_cells))
    }
}

/// What any other change is called, by the beginning of the message about it: "Deleted Smoke test" is "deleted Smoke test".
pub fn message_in_words(message: &str) -> String {
    let ends = [". ", ", ", ": ", "; "].into_iter();
    let beginning = ends.fold(message, |it, end| it.split(end).next().unwrap_or_default());
    let mut letters = beginning.chars();
    let first = letters.next().map(|it| it.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

/// What the tab has changed in one release.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ChangeStack {
    undo: Vec<OwnChange>,
    redo: Vec<OwnChange>,
    /// All of its batches, also those that are in neither list any more.
    batches: Vec<BatchId>,
}

impl ChangeStack {
    /// All batches of the tab, the oldest first.
    pub fn batches(&self) -> &[BatchId] {
        &self.batches
    }

    /// What Undo would undo, or Redo do again.
    pub fn newest(&self, is_redo: bool) -> Option<&OwnChange> {
        let list = if is_redo { &self.redo } else { &self.undo };
        list.last()
    }

    /// The same, taken off its list.
    pub fn take(&mut self, is_redo: bool) -> Option<OwnChange> {
        let list = if is_redo {
            &mut self.redo
        } else {
            &mut self.undo
        };
        list.pop()
    }

    /// A change was made. What was undone before cannot be done again.
    pub fn push(&mut self, change: OwnChange) {
        self.redo.clear();
        self.put(false, change);
    }

    /// Puts a change on a list: one that was taken and not undone, or the undo itself on the other list.
    pub fn put(&mut self, is_redo: bool, change: OwnChange) {
        if !self.batches.contains(&change.batch) {
            self.batches.push(change.batch.clone());
        }
        let list = if is_redo {
            &mut self.redo
        } else {
            &mut self.undo
        };
        list.push(change);
        let n_excess = self.batches.len().saturating_sub(OWN_CHANGES_MAX);
        let forgotten: Vec<BatchId> = self.batches.drain(..n_excess).collect();
        for list in [&mut self.undo, &mut self.redo] {
            list.retain(|it| !forgotten.contains(&it.batch));
        }
    }

    /// A change was undone by its message; `undo` is the undo's own batch.
    pub fn move_undone(&mut self, batch: &BatchId, undo: Option<BatchId>) {
        let Some(at) = self.undo.iter().position(|it| it.batch == *batch) else {
            return;
        };
        let change = self.undo.remove(at);
        if let Some(batch) = undo {
            self.put(true, OwnChange { batch, ..change });
        }
    }

    /// The stack as text: a line for each change and each batch.
    pub fn to_text(&self) -> String {
        let mut lines = Vec::new();
        for (word, list) in [("u", &self.undo), ("r", &self.redo)] {
            for OwnChange { batch, what, at } in list {
                let at = at.timestamp_millis();
                lines.push(format!(
                    "{word}{SEPARATOR}{batch}{SEPARATOR}{at}{SEPARATOR}{what}"
                ));
            }
        }
        let batches = self.batches.iter();
        lines.extend(batches.map(|it| format!("b{SEPARATOR}{it}")));
        lines.join("\n")
    }

    /// The stack of a text; none if it is one of an earlier program.
    pub fn from_text(text: &str) -> Option<Self> {
        let mut stack = Self::default();
        for line in text.lines() {
            let mut parts = line.splitn(4, SEPARATOR);
            let word = parts.next()?;
            let batch = BatchId(parts.next()?.to_owned());
            let list = match word {
                "u" => &mut stack.undo,
                "r" => &mut stack.redo,
                _ => {
                    stack.batches.push(batch);
                    continue;
                }
            };
            let at = parts.next()?.parse::<i64>().ok();
            list.push(OwnChange {
                batch,
                at: at.and_then(DateTime::from_timestamp_millis)?,
                what: parts.next()?.to_owned(),
            });
        }
        Some(stack)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(batch: &str) -> OwnChange {
        OwnChange::new(BatchId(batch.to_owned()), format!("start, {batch}"))
    }

    /// The batches of both lists.
    fn lists(stack: &ChangeStack) -> (Vec<&str>, Vec<&str>) {
        (
            stack.undo.iter().map(|it| it.batch.0.as_str()).collect(),
            stack.redo.iter().map(|it| it.batch.0.as_str()).collect(),
        )
    }

    #[test]
    fn a_change_is_told_by_what_it_did_to_how_many_cells_and_when() {
        let says = action_in_words(StepAction::Done, 9);
        assert_eq!(says, "mark done, 9 cells");
        assert_eq!(action_in_words(StepAction::Skip, 1), "skip, 1 cell");
        let verb = action_verb(StepAction::Done);
        let says = cell_in_words(verb, "Migrate schema", "Acme");
        assert_eq!(says, "mark done, Migrate schema for Acme");
        let says = action_in_words(StepAction::Reopen, 12_000);
        assert_eq!(says, "reopen, 12,000 cells");
        let says = message_in_words("Moved Smoke test, for this customer alone");
        assert_eq!(says, "moved Smoke test");
        let says = message_in_words("Saved Copy 6.0.1. One invisible character was removed");
        assert_eq!(says, "saved Copy 6.0.1");
        let says = message_in_words("Moved Upgrade; 1 customer keeps its custom order");
        assert_eq!(says, "moved Upgrade");
        assert_eq!(message_in_words(""), "");
        let says = cell_in_words(OVERRIDE, "Stop, drain", "Acme");
        assert_eq!(says, "override, Stop, drain for Acme");
        // The id of RFC 9562's example of version 7.
        let example = change("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
        assert_eq!(example.at.to_rfc3339(), "2022-02-22T19:22:22+00:00");
    }

    #[test]
    fn what_was_undone_can_be_done_again_until_something_else_is_changed() {
        let mut stack = ChangeStack::default();
        stack.push(change("a"));
        stack.push(change("b"));
        let taken = stack.take(false).unwrap();
        assert_eq!(taken.batch.0, "b");
        let batch = BatchId("undo of b".to_owned());
        stack.put(true, OwnChange { batch, ..taken });
        assert_eq!(lists(&stack), (vec!["a"], vec!["undo of b"]));
        assert_eq!(stack.newest(true).unwrap().what, "start, b");
        stack.move_undone(
            &BatchId("a".to_owned()),
            Some(BatchId("undo of a".to_owned())),
        );
        assert_eq!(lists(&stack), (vec![], vec!["undo of b", "undo of a"]));
        stack.move_undone(&BatchId("of another page".to_owned()), None);
        stack.push(change("c"));
        assert_eq!(lists(&stack), (vec!["c"], vec![]));
        let all = ["a", "b", "undo of b", "undo of a", "c"];
        assert_eq!(stack.batches(), all.map(|it| BatchId(it.to_owned())));
    }

    #[test]
    fn the_oldest_changes_of_a_tab_are_forgotten_first() {
        let mut stack = ChangeStack::default();
        for n in 0..=OWN_CHANGES_MAX {
            stack.push(change(&n.to_string()));
        }
        assert_eq!(stack.batches().len(), OWN_CHANGES_MAX);
        assert_eq!(stack.undo[0].batch.0, "1");
    }

    #[test]
    fn what_a_tab_has_kept_is_what_it_had() {
        let mut stack = ChangeStack::default();
        stack.push(change("a"));
        stack.push(change("b"));
        let taken = stack.take(false).unwrap();
        stack.put(true, taken);
        assert_eq!(ChangeStack::from_text(&stack.to_text()), Some(stack));
        assert_eq!(ChangeStack::from_text(""), Some(ChangeStack::default()));
        // The first line of what earlier programs kept.
        assert_eq!(ChangeStack::from_text("17"), None);
        assert_eq!(ChangeStack::from_text("u\u{1f}a\u{1f}soon\u{1f}x"), None);
    }
}
