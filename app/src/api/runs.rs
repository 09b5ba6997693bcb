//! Server functions for runs (R71). A run is asked for and followed by REST, so pages only list them.
use crate::{
    domain::run::{RunFilter, RunPage},
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// The runs that a filter lets through and the caller sees, newest first, page by page.
#[server(input = Json, output = Postcard)]
pub async fn list_runs(filter: RunFilter) -> Result<RunPage, AppError> {
    use super::context::{reply, store};
    reply(store()?.runs(filter).await)
}
