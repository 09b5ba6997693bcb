//! Server functions for values of variables that are missing where they are met.
use crate::{
    domain::{
        event::Changed,
        id::ReleaseId,
        value_edit::{MissingTable, ValueEdit},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// Sets these values: all, or none (R103). Errors: none given; not found; wrong values; an archived release; stale, if somebody
/// else has set another value there and it is not to be replaced.
#[server(input = Json, output = Postcard)]
pub async fn set_values(edits: Vec<ValueEdit>) -> Result<Changed<()>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.set_values(edits, stamp()?).await)
}

/// The missing values of a release's open steps, by customer and variable. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_missing_values(release: ReleaseId) -> Result<MissingTable, AppError> {
    use super::context::{reply, store};
    reply(store()?.missing_table(release).await)
}
