//! The server function of the layout around every page: navigation, the caller, the theme.
use crate::{domain::summary::LayoutInfo, error::AppError};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// What the layout around every page shows.
#[server(input = Json, output = Postcard)]
pub async fn read_frame() -> Result<LayoutInfo, AppError> {
    use super::context::{actor_name, now, reply, store, theme};
    reply(store()?.layout_info(actor_name()?, theme(), now()).await)
}
