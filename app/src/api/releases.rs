//! Releases, through the door: details, life, customers, and the matrix.
use crate::{
    domain::{
        customer_checklist::Checklist,
        customer_work::WorkList,
        event::Changed,
        id::{CustomerId, ReleaseId},
        matrix_wire::PackedMatrix,
        release::{Release, ReleaseDraft, ReleaseSummary},
        status_info::StatusInfo,
        summary::{DryRun, Member, ReleaseDetail},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// All releases, newest first.
#[server(input = Json, output = Postcard)]
pub async fn list_releases() -> Result<Vec<ReleaseSummary>, AppError> {
    use super::context::{reply, store};
    reply(store().releases().await)
}

/// One release and its template steps.
#[server(input = Json, output = Postcard)]
pub async fn read_release(id: ReleaseId) -> Result<ReleaseDetail, AppError> {
    use super::context::{reply, store};
    reply(store().release(id).await)
}

#[server(input = Json, output = Postcard)]
pub async fn create_release(draft: ReleaseDraft) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().create_release(draft, stamp()?).await)
}

/// All releases by name, newest first: to choose one.
#[server(input = Json, output = Postcard)]
pub async fn list_release_names() -> Result<Vec<(ReleaseId, String)>, AppError> {
    use super::context::{reply, store};
    reply(store().release_names().await)
}

/// A new draft with the template steps of another release.
#[server(input = Json, output = Postcard)]
pub async fn create_release_from(
    draft: ReleaseDraft,
    from: ReleaseId,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().create_release_from(draft, from, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn update_release(
    id: ReleaseId,
    draft: ReleaseDraft,
    version: i64,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().update_release(id, draft, version, stamp()?).await)
}

/// A new draft with the same details and template steps, and no customers.
#[server(input = Json, output = Postcard)]
pub async fn clone_release(
    id: ReleaseId,
    name: String,
    version_number: Option<String>,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()
            .clone_release(id, name, version_number, stamp()?)
            .await,
    )
}

/// Copies the template steps to the chosen customers.
#[server(input = Json, output = Postcard)]
pub async fn activate_release(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()
            .activate_release(id, Some(customers), stamp()?)
            .await,
    )
}

/// What activating or adding these customers would do.
#[server(input = Json, output = Postcard)]
pub async fn preview_customers(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<DryRun, AppError> {
    use super::context::{reply, store};
    reply(store().dry_run(id, Some(customers)).await)
}

#[server(input = Json, output = Postcard)]
pub async fn add_customers(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<Changed<Vec<CustomerId>>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().add_customers(id, customers, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn remove_customers(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<Changed<Vec<CustomerId>>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().remove_customers(id, customers, stamp()?).await)
}

/// The release's customers, with progress.
#[server(input = Json, output = Postcard)]
pub async fn list_members(id: ReleaseId) -> Result<Vec<Member>, AppError> {
    use super::context::{reply, store};
    reply(store().members(id).await)
}

#[server(input = Json, output = Postcard)]
pub async fn archive_release(id: ReleaseId) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().archive_release(id, None, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn restore_release(id: ReleaseId) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().restore_release(id, None, stamp()?).await)
}

#[server(input = Json, output = Postcard)]
pub async fn delete_draft(id: ReleaseId) -> Result<Changed<()>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store().delete_draft(id, stamp()?).await)
}

/// The whole grid, compact, with the marks of the window that begins at a row and a column.
#[server(input = Json, output = Postcard)]
pub async fn read_matrix(
    id: ReleaseId,
    row: usize,
    column: usize,
) -> Result<PackedMatrix, AppError> {
    use super::context::{reply, store};
    let first = crate::domain::matrix::CellIndex { row, column };
    reply(store().matrix(id, first).await)
}

/// Who set the state of every cell, when and why, and which values are missing.
#[server(input = Json, output = Postcard)]
pub async fn read_marks(id: ReleaseId) -> Result<StatusInfo, AppError> {
    use super::context::{reply, store};
    reply(store().matrix_marks(id).await)
}

/// One customer's steps in order.
#[server(input = Json, output = Postcard)]
pub async fn read_customer_work(
    release: ReleaseId,
    customer: CustomerId,
) -> Result<WorkList, AppError> {
    use super::context::{reply, store};
    reply(store().work_list(release, customer).await)
}

/// The same on paper: with every text, its values filled in.
#[server(input = Json, output = Postcard)]
pub async fn read_checklist(
    release: ReleaseId,
    customer: CustomerId,
) -> Result<Checklist, AppError> {
    use super::context::{reply, store};
    reply(store().checklist(release, customer).await)
}
