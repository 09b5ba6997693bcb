//! Notes that are typed and not saved when the document is left: by a reload, for another address, or by closing the tab (R102).
//! They are sent in a way that outlives the document; the tab keeps them too, and a reload puts them back.
use crate::{
    api::steps::NoteStep,
    browser::{dom, unsaved_guard},
    components::{
        notes_draft::NotesDraft,
        step_panel::panel_session::{StepMemory, keep_left_notes},
    },
};
use leptos::{prelude::*, server_fn::ServerFn};

/// The version to save a draft on without a conflict: that of the shown step, if its notes are unchanged since the draft began.
fn version_for(memory: StepMemory, draft: &NotesDraft) -> Option<i64> {
    let inner = memory.inner();
    let shown = inner.shown.get_untracked()?;
    let version = shown.open.try_with_value(|it| {
        let step = &it.detail.step;
        let is_shown = step.id == draft.step;
        is_shown.then(|| inner.lasting.version_for(step, draft))
    });
    version.flatten().flatten()
}

/// Whether notes would be lost with the tab: they cannot be sent now, or only over those of somebody else.
pub fn has_unsent_notes(memory: StepMemory) -> bool {
    let drafts = memory.lasting().notes.drafts.get_untracked();
    let is_unsent = |it: &NotesDraft| dom::is_offline() || version_for(memory, it).is_none();
    drafts.iter().any(is_unsent)
}

/// The document is being left. Nobody hears the answers: the next document of the tab looks for itself.
pub fn send_notes(memory: StepMemory) {
    let drafts = memory.lasting().notes.drafts.get_untracked();
    for draft in &drafts {
        let Some(version) = version_for(memory, draft) else {
            continue;
        };
        let sent = NoteStep {
            id: draft.step,
            notes: draft.text.clone(),
            version,
        };
        if let Ok(body) = serde_json::to_string(&sent) {
            unsaved_guard::post_on_leave(NoteStep::PATH, &body);
        }
    }
    if !drafts.is_empty() {
        keep_left_notes(drafts);
    }
}
