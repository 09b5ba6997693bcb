//! What is typed in a step panel and not saved when its page is left, or the document: by a reload, for another address, or by
//! closing the tab (R102). When the document is left, notes are sent in a way that outlives it. The tab keeps them too, until they are
//! known to be saved: then their step puts them back.
use super::step_detail_actions::save_notes;
use crate::{
    api::steps::{NoteStep, read_step},
    browser::{dom, unsaved_guard},
    components::{
        notes_draft::NotesDraft,
        step_panel::{
            left_texts::{forget_notes, keep_notes, keep_values, note_unsaved},
            panel_session::{PanelSession, StepMemory},
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
        keep_values(session.values.take_typed());
        let drafts = session.notes.drafts.get_untracked();
        // Before they are sent: the document may be left before the answer comes.
        keep_notes(&drafts);
        for NotesDraft { step, text, .. } in drafts {
            let session = session.clone();
            let sent = async move {
                // What was sent before may have been this, or what this is an edit of.
                let failed = match session.notes.of(step) {
                    Some(draft) => {
                        let saved = save_left_notes(own, &session, &draft).await;
                        saved.err().map(|why| (draft, why))
                    }
                    None => None,
                };
                match failed {
                    Some((draft, why)) => {
                        tell_unsaved(toasts, &draft, &why);
                        note_unsaved(draft);
                    }
                    None => forget_notes(step, &text),
                }
            };
            send_in_order(step, Box::pin(sent));
        }
    });
}

/// Says why notes were not saved, with a link to their step.
fn tell_unsaved(toasts: Toasts, draft: &NotesDraft, why: &str) {
    let NotesDraft { name, address, .. } = draft;
    if address.is_empty() {
        toasts.show(format!("Your notes on a step were not saved: {why}"), None);
    } else {
        let text = format!("Your notes on {name} were not saved: {why}");
        toasts.show_step(text, address.clone());
    }
}

/// Saves notes whose page is gone, unless somebody else has saved others since the person began to type. Fails with why.
async fn save_left_notes(
    own: OwnChanges,
    session: &PanelSession,
    draft: &NotesDraft,
) -> Result<(), String> {
    let open = read_step(draft.step).await.map_err(|it| it.to_string())?;
    if draft.is_saved_in(&open.detail.history) {
        return Ok(());
    }
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
    keep_notes(&drafts);
}
