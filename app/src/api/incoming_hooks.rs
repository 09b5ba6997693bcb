//! Server functions for the addresses that CI reports to (R63).
use crate::{
    domain::{
        event::Changed,
        id::{IncomingHookId, ReleaseId},
        incoming_hook::{IncomingHook, IncomingHookDraft, MadeIncomingHook},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// The addresses of a release, oldest first. Errors: not found; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn list_incoming_hooks(release: ReleaseId) -> Result<Vec<IncomingHook>, AppError> {
    use super::context::{reply, store};
    reply(store()?.incoming_hooks(release).await)
}

/// Makes an address; its key is told this once. Errors: not found; a wrong name; a template step of another release; an archived
/// release; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn create_incoming_hook(
    release: ReleaseId,
    draft: IncomingHookDraft,
) -> Result<Changed<MadeIncomingHook>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()?
            .create_incoming_hook(release, draft, stamp()?)
            .await,
    )
}

/// Deletes an address. Errors: not found; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn delete_incoming_hook(id: IncomingHookId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_incoming_hook(id, stamp()?).await)
}
