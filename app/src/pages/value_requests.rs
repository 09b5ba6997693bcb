//! Sends values that are typed where they are missing (R103).
use crate::{
    api::values::set_values,
    components::value_field::ValueDrafts,
    domain::{
        event::Changed,
        id::BatchId,
        value_edit::{ValueEdit, has_undo, set_message},
    },
    error::AppError,
};

/// What was saved: the message, and the batch if it can be undone.
pub type SavedValues = (String, Option<BatchId>);

/// Sends these values, unless others have no answer yet. `done` gets what was saved; none if somebody else has set one of them since,
/// so that the page is to be read again. Any other error is shown at the fields alone.
pub fn send_values(
    drafts: ValueDrafts,
    edits: Vec<ValueEdit>,
    done: impl FnOnce(Option<SavedValues>) + 'static,
) {
    if edits.is_empty() || !drafts.begin() {
        return;
    }
    leptos::task::spawn_local(async move {
        match set_values(edits.clone()).await {
            Ok(Changed { batch_id, .. }) => {
                drafts.finish(&edits, None);
                let batch = batch_id.filter(|_| has_undo(&edits));
                done(Some((set_message(&edits), batch)));
            }
            Err(error) => {
                let is_stale = matches!(error, AppError::Stale(_));
                drafts.finish(&edits, Some(error));
                if is_stale {
                    done(None);
                }
            }
        }
    });
}
