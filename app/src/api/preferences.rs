//! Server functions that keep a preference of this browser in a cookie: the name (in `open` mode, where there are no accounts)
//! and the theme. Nothing of it is stored in the database.
use crate::error::AppError;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// Stores the caller's name in a cookie and answers it as stored. Errors: a name that breaks the limits of `Name`.
#[server(input = Json, output = Postcard)]
pub async fn set_actor(name: String) -> Result<String, AppError> {
    super::context::set_actor_cookie(&name)
}

/// Stores the theme in a cookie: `light`, `dark`, or anything else for the system's.
#[server(input = Json, output = Postcard)]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    super::context::set_theme_cookie(&theme);
    Ok(())
}
