//! What was typed in a step panel and is not known to be saved, while no page holds it (R102): notes, which the tab keeps for a reload
//! and gives back at their step, and values. Stays empty on the server.
use crate::{
    browser::{dom, unsaved_guard},
    components::{notes_draft::NotesDraft, value_field::TypedValue},
    domain::id::{EventId, StepId},
    wire,
};
use std::{cell::RefCell, mem::take};

/// Under which name the tab keeps the notes.
const NOTES_KEY: &str = "rollcall.notes";

#[derive(Default)]
struct LeftTexts {
    /// At most one draft per step. None until they are read from the tab.
    notes: Option<Vec<NotesDraft>>,
    /// The steps whose notes could not be saved when their page was left: the next page with a step panel gets them.
    unsaved: Vec<StepId>,
    /// Values that were typed and not saved: the next page with a step panel gets them.
    values: Vec<TypedValue>,
}

thread_local! {
    static LEFT: RefCell<LeftTexts> = RefCell::default();
}

/// The notes as text. What only this version knows of them comes last: pages of earlier versions wrote the drafts alone, and read
/// nothing behind them.
fn to_text(notes: &[NotesDraft]) -> String {
    let seen: Vec<Option<EventId>> = notes.iter().map(|it| it.seen).collect();
    wire::to_text(&(notes, seen)).unwrap_or_default()
}

fn from_text(text: &str) -> Vec<NotesDraft> {
    let mut notes: Vec<NotesDraft> = wire::from_text(text).unwrap_or_default();
    let all: Option<(Vec<NotesDraft>, Vec<Option<EventId>>)> = wire::from_text(text);
    let seen = all.map(|it| it.1).unwrap_or_default();
    for (draft, seen) in notes.iter_mut().zip(seen) {
        draft.seen = seen;
    }
    notes
}

impl LeftTexts {
    fn notes(&mut self) -> &mut Vec<NotesDraft> {
        self.notes
            .get_or_insert_with(|| from_text(&dom::read_tab_value(NOTES_KEY).unwrap_or_default()))
    }

    fn take_notes(&mut self, step: StepId) -> Option<NotesDraft> {
        let notes = self.notes();
        let at = notes.iter().position(|it| it.step == step)?;
        let draft = notes.swap_remove(at);
        self.unsaved.retain(|it| *it != step);
        Some(draft)
    }

    /// Writes what was changed to where it is read.
    fn note_change(&mut self) {
        dom::write_tab_value(NOTES_KEY, &to_text(self.notes()));
        unsaved_guard::set_keeps_texts(!self.unsaved.is_empty() || !self.values.is_empty());
    }
}

/// Keeps notes whose page is being left, or the document.
pub fn keep_notes(drafts: &[NotesDraft]) {
    if drafts.is_empty() {
        return;
    }
    LEFT.with_borrow_mut(|left| {
        let notes = left.notes();
        notes.retain(|it| drafts.iter().all(|new| new.step != it.step));
        notes.extend_from_slice(drafts);
        left.note_change();
    });
}

/// The kept notes of a step, for its page, which holds them from then on.
pub fn take_notes(step: StepId) -> Option<NotesDraft> {
    LEFT.with_borrow_mut(|left| {
        let draft = left.take_notes(step)?;
        left.note_change();
        Some(draft)
    })
}

/// Kept notes of a step are saved. What was kept since then stays.
pub fn forget_notes(step: StepId, text: &str) {
    LEFT.with_borrow_mut(|left| {
        let is_it = |it: &NotesDraft| it.step == step && it.text == text;
        if left.notes().iter().any(is_it) {
            left.take_notes(step);
            left.note_change();
        }
    });
}

/// Kept notes could not be saved. If a page has taken them since, it holds them.
pub fn note_unsaved(draft: NotesDraft) {
    LEFT.with_borrow_mut(|left| {
        let step = draft.step;
        let is_it = |it: &&mut NotesDraft| it.step == step && it.text == draft.text;
        let Some(kept) = left.notes().iter_mut().find(is_it) else {
            return;
        };
        *kept = draft;
        left.unsaved.retain(|it| *it != step);
        left.unsaved.push(step);
        left.note_change();
    });
}

/// Keeps values whose page is being left.
pub fn keep_values(values: Vec<TypedValue>) {
    if values.is_empty() {
        return;
    }
    LEFT.with_borrow_mut(|left| {
        left.values.extend(values);
        left.note_change();
    });
}

/// What could not be saved on the pages before, for a page that begins: it holds that from then on.
pub fn take_unsaved() -> (Vec<NotesDraft>, Vec<TypedValue>) {
    LEFT.with_borrow_mut(|left| {
        let (steps, values) = (take(&mut left.unsaved), take(&mut left.values));
        if steps.is_empty() && values.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let notes = steps.into_iter().filter_map(|it| left.take_notes(it));
        let notes = notes.collect();
        left.note_change();
        (notes, values)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draft(step: i64, seen: Option<i64>) -> NotesDraft {
        NotesDraft {
            text: "slow".into(),
            before: "quick".into(),
            seen: seen.map(EventId),
            ..NotesDraft::new(StepId(step))
        }
    }

    #[test]
    fn kept_notes_are_read_back_also_those_of_an_earlier_version() {
        let notes = vec![draft(1, Some(7)), draft(300, None)];
        assert_eq!(from_text(&to_text(&notes)), notes);
        let earlier = vec![(StepId(1), "slow", "quick"), (StepId(300), "slow", "quick")];
        let text = wire::to_text(&earlier).unwrap();
        assert_eq!(from_text(&text), [draft(1, None), draft(300, None)]);
        assert!(from_text("").is_empty());
    }
}
