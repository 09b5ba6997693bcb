//! What is typed in a step panel and not saved when its page is left, or the document: by a reload, for another address, or by
//! closing the tab (R102). When the document is left, notes are sent in a way that outlives it; the tab keeps them too, and a reload
//! puts them back.
use super::step_detail_actions::save_notes;
use crate::{
    api::steps::{NoteStep, read_step},
    browser::{dom, unsaved_guard},
    components::{
        notes_draft::NotesDraft,
        step_panel::panel_session::{
            PanelSession, StepMemory, keep_left_notes, keep_unsaved_notes, keep_unsaved_values,
        },
        ui::toast::Toasts,
    },
    domain::{
        event::Changed,
        own_changes::{EDIT_NOTES, cell_in_words},
    },
    pages::{own_changes::OwnChanges, request_queue::send_in_order},
};
use leptos::{prelude::*, server_fn::ServerFn};

/// Keeps what is typed in a step panel from being lost with its page: notes are saved when the page is left, also with its document,
/// and the browser asks before it closes the tab over those that cannot be, over values, or over a dialog in which something was
/// typed.
pub fn guard_typed_text(memory: StepMemory) {
    let (session, toasts) = (memory.lasting(), Toasts::from_context());
    let own = OwnChanges::from_context();
    let typed = session.clone();
    unsaved_guard::guard_closing(Signal::derive(move || {
        has_unsent_notes(memory) || typed.values.is_dirty()
    }));
    unsaved_guard::on_leave(move || send_notes(memory));
    let dialog = session.clone();
    unsaved_guard::guard(Signal::derive(move || dialog.is_dialog_dirty()));
    on_cleanup(move || {
        keep_unsaved_values(session.values.take_typed());
        for draft in session.notes.drafts.get_untracked() {
            let session = session.clone();
            let id = draft.step;
            let sent = async move {
                let is_unsaved = session.notes.of(id).is_some_and(|it| it == draft);
                if is_unsaved && let Err(why) = save_left_notes(own, &session, &draft).await {
                    toasts.show(format!("Your notes on a step were not saved: {why}"), None);
                    keep_unsaved_notes(draft);
                }
            };
            send_in_order(id, Box::pin(sent));
        }
    });
}

/// Saves notes whose page is gone, unless somebody else has saved others since the person began to type. Fails with why.
async fn save_left_notes(
    own: OwnChanges,
    session: &PanelSession,
    draft: &NotesDraft,
) -> Result<(), String> {
    let open = read_step(draft.step).await.map_err(|it| it.to_string())?;
    let (before, customer) = (open.detail.step, open.detail.customer.customer.name);
    if !session.is_own_notes(&before, &draft.before) {
        return Err("someone else has changed them".to_owned());
    }
    let saved = save_notes(session, before, draft.text.clone()).await;
    let Changed { row, batch_id } = saved.map_err(|it| it.to_string())?;
    if let Some(batch) = batch_id {
        let what = cell_in_words(EDIT_NOTES, &row.name, &customer);
        own.push(row.release_id, batch, what);
    }
    Ok(())
}

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
fn has_unsent_notes(memory: StepMemory) -> bool {
    let drafts = memory.lasting().notes.drafts.get_untracked();
    let is_unsent = |it: &NotesDraft| dom::is_offline() || version_for(memory, it).is_none();
    drafts.iter().any(is_unsent)
}

/// The document is being left. Nobody hears the answers: the next document of the tab looks for itself.
fn send_notes(memory: StepMemory) {
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
