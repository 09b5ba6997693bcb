//! Unsaved notes of steps, kept by the page while other steps are opened, and those that are sent in one request with a change of
//! the step's status (R102).
use crate::domain::id::StepId;
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

    fn draft(text: &str, before: &str) -> NotesDraft {
        NotesDraft {
            step: StepId(1),
            text: text.into(),
            before: before.into(),
        }
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
