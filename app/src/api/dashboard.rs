//! The server function of the dashboard.
use crate::{domain::summary::Dashboard, error::AppError};
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
