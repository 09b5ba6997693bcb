//! Server functions that undo a batch of changes, and say before what that would do (R16, R101).
use crate::{
    domain::{
        id::{BatchId, ReleaseId},
        undo::{UndoAnswer, UndoQuestion},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// Undoes a batch, and others together with it (R16). If steps with work (a state but pending, notes, an override) would be deleted
/// and `deletes_work` is `None`, nothing is done and the answer is a question; `true` deletes them, `false` keeps them (R101).
/// Errors: not found; not undoable; an archived release; nothing left to restore; too many batches.
#[server(input = Json, output = Postcard)]
pub async fn undo(
    batch: BatchId,
    #[server(default)] others: Vec<BatchId>,
    deletes_work: Option<bool>,
) -> Result<UndoAnswer, AppError> {
    use super::context::{reply, stamp, store};
    let store = store()?;
    let answer = store.undo_or_ask(batch, &others, deletes_work, stamp()?);
    reply(answer.await)
}

/// What an undo would do, for the dialog before it (R101). Errors: not found; not undoable; an archived release; too many batches.
#[server(input = Json, output = Postcard)]
pub async fn preview_undo(
    batch: BatchId,
    #[server(default)] others: Vec<BatchId>,
) -> Result<UndoQuestion, AppError> {
    use super::context::{preview_stamp, reply, store};
    let store = store()?;
    let preview = store.preview_undos(batch, &others, false, preview_stamp()?);
    reply(preview.await.map(Into::into))
}

/// Whether the template of a release was changed by others than these batches since the first of them, or the release activated,
/// archived or restored, and by whom: then they are no longer undone in passing (R101).
#[server(input = Json, output = Postcard)]
pub async fn is_changed_elsewhere(
    release: ReleaseId,
    own: Vec<BatchId>,
) -> Result<Option<String>, AppError> {
    use super::context::{reply, store};
    reply(store()?.is_changed_elsewhere(release, &own).await)
}
