//! Server functions of the activity page: events of the audit trail, and the choices of its filter.
use crate::{
    domain::{
        event::{EventFilter, ListPage},
        summary::{ActivityFilterOptions, NamedEvent},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// One page of the audit trail, newest batches first. Errors: a limit out of range.
#[server(input = Json, output = Postcard)]
pub async fn list_activity(filter: EventFilter) -> Result<ListPage<NamedEvent>, AppError> {
    use super::context::{reply, store};
    reply(store()?.activity(filter).await)
}

/// The choices of the activity filter, by name.
#[server(input = Json, output = Postcard)]
pub async fn read_activity_choices() -> Result<ActivityFilterOptions, AppError> {
    use super::context::{reply, store};
    reply(store()?.activity_choices().await)
}
