//! Unsaved notes of steps, kept by the page while other steps are opened, and those that are sent in one request with a change of
//! the step's status (R102).
use crate::domain::{
    event::HistoryEntry,
    id::{EventId, StepId},
};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// Unsaved notes of a step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotesDraft {
    /// The step.
    pub step: StepId,
    /// What is typed.
    pub text: String,
    /// The saved notes at the time that typing began.
    pub before: String,
    /// The newest event of the step then, 0 if there was none; `None` if it is not known, as once the page has saved notes itself.
    #[serde(skip)]
    pub seen: Option<EventId>,
    /// What the step is called: "Announce for Acme". Empty if that is not known.
    #[serde(skip)]
    pub name: String,
    /// The address of the step, with its name.
    #[serde(skip)]
    pub address: String,
}

impl NotesDraft {
    /// No notes yet.
    pub fn new(step: StepId) -> Self {
        Self {
            step,
            text: String::new(),
            before: String::new(),
            seen: None,
            name: String::new(),
            address: String::new(),
        }
    }

    /// Whether exactly this was saved by what the step's history says, the newest entry first, whatever was written over it since:
    /// it was sent, and its answer was never heard.
    pub fn is_saved_in(&self, history: &[HistoryEntry]) -> bool {
        let is = |stored: Option<&str>, text: &str| stored.unwrap_or_default() == text.trim();
        for line in history {
            if self.seen.is_some_and(|it| line.id <= it) {
                return false;
            }
            let Some(change) = line.changes.iter().find(|it| it.field == "notes") else {
                continue;
            };
            let (before, after) = (change.before.as_deref(), change.after.as_deref());
            if is(before, &self.before) && is(after, &self.text) {
                return true;
            }
            // Typing may have begun on these: then the same was saved an earlier time, and this was not.
            if self.seen.is_none() && is(after, &self.before) {
                return false;
            }
        }
        false
    }
}

/// All unsaved notes of a page, at most one draft per step, and the notes that it saved last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NotesDrafts {
    /// The drafts.
    pub drafts: ArcRwSignal<Vec<NotesDraft>>,
    /// The notes that this page saved last, and their step.
    pub saved: ArcRwSignal<Option<(StepId, String)>>,
    /// The version of that step after it, if they were saved by themselves: the step is not read again then.
    pub saved_version: ArcRwSignal<Option<(StepId, i64)>>,
}

/// Notes that go along with a mark, in one request.
#[derive(Clone, Debug, PartialEq)]
pub struct SentNotes {
    /// What is saved, and on top of which notes.
    pub draft: NotesDraft,
    /// Where the page keeps its drafts.
    pub drafts: NotesDrafts,
}

impl NotesDrafts {
    /// The draft of a step, read without subscribing.
    pub fn of(&self, step: StepId) -> Option<NotesDraft> {
        self.drafts
            .with_untracked(|all| all.iter().find(|it| it.step == step).cloned())
    }

    /// These notes of a step are saved. If more was typed since, that is an edit of them.
    pub fn note_saved(&self, step: StepId, text: &str) {
        self.drafts.update(|all| {
            all.retain(|it| it.step != step || it.text != text);
            for draft in all.iter_mut().filter(|it| it.step == step) {
                text.clone_into(&mut draft.before);
                draft.seen = None;
            }
        });
        self.saved.set(Some((step, text.to_owned())));
    }
}

impl SentNotes {
    /// The mark that they went along with has succeeded; `stored` are the step's notes as they are now. A step that was done
    /// already leaves its notes, and the draft stays.
    pub fn note_answer(&self, stored: Option<&str>) {
        if stored.unwrap_or_default().trim() == self.draft.text.trim() {
            self.drafts.note_saved(self.draft.step, &self.draft.text);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::{Entity, EventAction, FieldChange},
        id::BatchId,
    };
    use chrono::DateTime;

    fn draft(text: &str, before: &str) -> NotesDraft {
        NotesDraft {
            text: text.into(),
            before: before.into(),
            ..NotesDraft::new(StepId(1))
        }
    }

    /// The history of notes that were these one after the other: the first ones are those of event 1.
    fn history(notes: &[&str]) -> Vec<HistoryEntry> {
        let some = |it: &str| (!it.is_empty()).then(|| it.to_owned());
        let pairs = notes.windows(2).zip(2..);
        let lines = pairs.map(|(pair, id)| HistoryEntry {
            id: EventId(id),
            batch_id: BatchId("b".into()),
            entity: Entity::Step,
            entity_id: 1,
            release_id: None,
            customer_id: None,
            action: EventAction::Notes,
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
            changes: vec![FieldChange {
                field: "notes".into(),
                before: some(pair[0]),
                after: some(pair[1]),
            }],
            resolved_text: None,
            resolved_sha256: None,
            text_shown: None,
            text_changes: Vec::new(),
            undoes: None,
        });
        let mut lines: Vec<HistoryEntry> = lines.collect();
        lines.reverse();
        lines
    }

    #[test]
    fn what_the_history_has_is_saved_whatever_was_written_over_it() {
        let mine = draft("mine ", "");
        assert!(mine.is_saved_in(&history(&["", "mine", "theirs"])));
        assert!(!mine.is_saved_in(&history(&["", "theirs"])));
        assert!(!mine.is_saved_in(&history(&["", "theirs", "mine"])));
        assert!(!mine.is_saved_in(&[]));
        let more = draft("mine too", "mine");
        assert!(more.is_saved_in(&history(&["", "mine", "mine too", "theirs"])));
        assert!(!more.is_saved_in(&history(&["", "mine", "theirs"])));
    }

    #[test]
    fn the_same_text_that_was_saved_before_is_not_what_is_typed_now() {
        let again = draft("mine", "");
        let cleared = history(&["", "mine", "", "theirs"]);
        // It may have been typed after it was cleared, and not be saved.
        assert!(!again.is_saved_in(&cleared));
        let seen = |event| NotesDraft {
            seen: Some(EventId(event)),
            ..again.clone()
        };
        assert!(!seen(3).is_saved_in(&cleared));
        // Typed before that, it is what was saved, and then cleared.
        assert!(seen(1).is_saved_in(&cleared));
    }

    #[test]
    fn a_mark_takes_its_notes_along_and_what_was_typed_since_stays() {
        let drafts = NotesDrafts::default();
        drafts.drafts.set(vec![draft("slow", "")]);
        let sent = SentNotes {
            draft: draft("slow", ""),
            drafts: drafts.clone(),
        };
        // The step was done already, and kept its notes.
        sent.note_answer(None);
        assert_eq!(drafts.of(StepId(1)), Some(draft("slow", "")));
        drafts.drafts.set(vec![draft("slow today", "")]);
        sent.note_answer(Some("slow"));
        assert_eq!(drafts.of(StepId(1)), Some(draft("slow today", "slow")));
        drafts.drafts.set(vec![draft("slow", "")]);
        sent.note_answer(Some("slow"));
        assert_eq!(drafts.of(StepId(1)), None);
        let saved = drafts.saved.get_untracked();
        assert_eq!(saved, Some((StepId(1), "slow".to_owned())));
    }
}
