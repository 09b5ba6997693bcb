//! Server functions of the activity page: events of the audit trail, and the choices of its filter.
use crate::{
    domain::{
        event::EventFilter,
        id::EventId,
        summary::{ActivityFilterOptions, HistoryPage},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// One page of the audit trail, newest batches first. Errors: a limit out of range.
#[server(input = Json, output = Postcard)]
pub async fn list_activity(filter: EventFilter) -> Result<HistoryPage, AppError> {
    use super::context::{reply, store};
    reply(store()?.activity_page(filter).await)
}

/// How many events came after this one that the filter lets through, up to its limit, and whether there are more. Errors: a limit
/// out of range.
#[server(input = Json, output = Postcard)]
pub async fn count_new_activity(
    after: EventId,
    filter: EventFilter,
) -> Result<(usize, bool), AppError> {
    use super::context::{reply, store};
    reply(store()?.new_activity(after, filter).await)
}

/// The choices of the activity filter, by name.
#[server(input = Json, output = Postcard)]
pub async fn read_activity_choices() -> Result<ActivityFilterOptions, AppError> {
    use super::context::{reply, store};
    reply(store()?.activity_choices().await)
}
