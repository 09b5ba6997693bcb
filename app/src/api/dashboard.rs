//! The server functions of the dashboard.
use crate::{
    domain::{customer_version::CustomerVersions, summary::Dashboard},
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// Everything on the dashboard.
#[server(input = Json, output = Postcard)]
pub async fn read_dashboard() -> Result<Dashboard, AppError> {
    use super::context::{now, reply, store};
    reply(store()?.dashboard(now()).await)
}

/// Which release each active customer finished last: the first `rows` of the customers that a filter finds.
#[server(input = Json, output = Postcard)]
pub async fn list_customer_versions(
    filter: String,
    rows: u32,
) -> Result<CustomerVersions, AppError> {
    use super::context::{reply, store};
    let rows = usize::try_from(rows).unwrap_or(usize::MAX);
    reply(store()?.customer_versions(filter, rows).await)
}
