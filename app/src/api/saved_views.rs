//! Server functions for saved views of the matrix (R104).
use crate::{
    domain::{
        event::Changed,
        id::{ReleaseId, ViewId},
        saved_view::{SavedView, ViewDraft},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// The views that the caller sees of a release, with those of every release, by name.
#[server(input = Json, output = Postcard)]
pub async fn list_views(release: ReleaseId) -> Result<Vec<SavedView>, AppError> {
    use super::context::{reply, store};
    reply(store()?.saved_views(Some(release)).await)
}

/// Saves a view. Errors: wrong fields; an unknown release; a role that is too low for one that is for all.
#[server(input = Json, output = Postcard)]
pub async fn save_view(draft: ViewDraft) -> Result<Changed<SavedView>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.save_view(draft, stamp()?).await)
}

/// Deletes a view. Errors: not found; a role that is too low for one that is for all.
#[server(input = Json, output = Postcard)]
pub async fn delete_view(id: ViewId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_view(id, stamp()?).await)
}
