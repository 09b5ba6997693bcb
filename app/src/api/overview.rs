//! Server functions that belong to no one entity: data of the layout and the dashboard, the activity log, undo, and the
//! cookies with the caller's name and theme.
use crate::{
    domain::{
        event::{EventFilter, ListPage},
        id::BatchId,
        summary::{ActivityFilterOptions, Dashboard, LayoutInfo, NamedEvent},
        undo::{UndoAnswer, UndoQuestion},
    },
    error::AppError,
};
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

/// Everything on the dashboard.
#[server(input = Json, output = Postcard)]
pub async fn read_dashboard() -> Result<Dashboard, AppError> {
    use super::context::{now, reply, store};
    reply(store()?.dashboard(now()).await)
}

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

/// Undoes a batch (R16). If steps with work (a state but pending, notes, an override) would be deleted and `deletes_work` is
/// `None`, nothing is done and the answer is a question; `true` deletes them, `false` keeps them (R101). Errors: not found; not
/// undoable; an archived release; nothing left to restore.
#[server(input = Json, output = Postcard)]
pub async fn undo(batch: BatchId, deletes_work: Option<bool>) -> Result<UndoAnswer, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.undo_or_ask(batch, deletes_work, stamp()?).await)
}

/// What an undo would do, for the dialog before it (R101). Errors: not found; not undoable; an archived release.
#[server(input = Json, output = Postcard)]
pub async fn preview_undo(batch: BatchId) -> Result<UndoQuestion, AppError> {
    use super::context::{reply, stamp, store};
    let preview = store()?.preview_undo(batch, false, stamp()?).await;
    reply(preview.map(Into::into))
}

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
