//! Server functions for runners (R73), for admins.
use crate::{
    domain::{
        event::Changed,
        id::RunnerId,
        runner::{ListedRunners, MadeRunner, RunnerDraft},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// All runners, oldest first, each with what it does now. Errors: a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn list_runners() -> Result<ListedRunners, AppError> {
    use super::context::{now, reply, store};
    let runners = reply(store()?.list_runners().await)?;
    Ok(ListedRunners { runners, at: now() })
}

/// Creates a runner. Only this answer contains its token. Errors: wrong fields; unknown clusters; a name that is taken; a server where nobody
/// signs in; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn create_runner(draft: RunnerDraft) -> Result<Changed<MadeRunner>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_runner(draft, stamp()?).await)
}

/// Deletes a runner, whose token ends. Errors: not found; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn delete_runner(id: RunnerId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_runner(id, stamp()?).await)
}
