//! What several pages show: the frame, the dashboard, the history; who you are and which theme you like.
use crate::{
    domain::{
        event::{EventFilter, ListPage, Undoable},
        id::{BatchId, ReleaseId},
        summary::{ActivityFilterOptions, Dashboard, LayoutInfo, NamedEvent, UndoResult},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// The frame around every page.
#[server(input = Json, output = Postcard)]
pub async fn read_frame() -> Result<LayoutInfo, AppError> {
    use super::context::{now, reply, store, theme, who};
    reply(store().frame(who(), theme(), now()).await)
}

/// Everything on the dashboard.
#[server(input = Json, output = Postcard)]
pub async fn read_dashboard() -> Result<Dashboard, AppError> {
    use super::context::{now, reply, store};
    reply(store().dashboard(now()).await)
}

/// The newest batches of the history.
#[server(input = Json, output = Postcard)]
pub async fn list_activity(filter: EventFilter) -> Result<ListPage<NamedEvent>, AppError> {
    use super::context::{reply, store};
    reply(store().activity(filter).await)
}

/// What the history can be narrowed to, by name.
#[server(input = Json, output = Postcard)]
pub async fn read_activity_choices() -> Result<ActivityFilterOptions, AppError> {
    use super::context::{reply, store};
    reply(store().activity_choices().await)
}

/// Restores what was there before a batch (R16).
#[server(input = Json, output = Postcard)]
pub async fn undo(batch: BatchId) -> Result<UndoResult, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().undo(batch, stamp()?).await)
}

/// What you can undo in a release, and do again.
#[server(input = Json, output = Postcard)]
pub async fn list_undoable(release: ReleaseId) -> Result<Undoable, AppError> {
    use super::context::{reply, store, who};
    reply(store().undoable(release, &who()).await)
}

/// Says who you are; every change from now on is yours.
#[server(input = Json, output = Postcard)]
pub async fn set_actor(name: String) -> Result<String, AppError> {
    super::context::remember_actor(&name)
}

/// Chooses `light`, `dark`, or (anything else) the system's theme.
#[server(input = Json, output = Postcard)]
pub async fn set_theme(theme: String) -> Result<(), AppError> {
    super::context::remember_theme(&theme);
    Ok(())
}
