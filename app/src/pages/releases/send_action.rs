//! Sends an action on one step, together with the notes that are typed at it (R102).
use crate::{
    api::steps::act_on_step,
    components::pending_actions::ActionRequest,
    domain::{
        event::Changed,
        id::StepId,
        step::{CustomerStep, NotesEdit},
    },
    error::AppError,
};

/// Sends an action. Notes that went along with it are no draft any more.
pub async fn send_action(
    step: StepId,
    request: ActionRequest,
) -> Result<Changed<CustomerStep>, AppError> {
    let ActionRequest {
        action,
        reason,
        allow_unresolved,
        text,
        takes_over,
        notes,
        ..
    } = request;
    let sha256 = text.map(|it| it.sha256.clone());
    let edit = notes.as_ref().map(|it| NotesEdit {
        text: it.draft.text.clone(),
        before: it.draft.before.clone(),
    });
    let takes_over = Some(takes_over);
    let answer = act_on_step(
        step,
        action,
        reason,
        allow_unresolved,
        sha256,
        takes_over,
        edit,
    );
    let changed = answer.await?;
    if let Some(notes) = notes {
        notes.note_answer(changed.row.notes.as_deref());
    }
    Ok(changed)
}
