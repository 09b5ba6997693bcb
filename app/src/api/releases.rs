//! Server functions for releases: details, lifecycle, members, the matrix, and a customer's steps in a release.
use crate::{
    domain::{
        customer_checklist::Checklist,
        customer_work::{InRelease, WorkList},
        event::Changed,
        id::{CustomerId, ReleaseId},
        matrix_wire::PackedMatrix,
        new_release::WholeRelease,
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

/// All releases with their progress, newest first.
#[server(input = Json, output = Postcard)]
pub async fn list_releases() -> Result<Vec<ReleaseSummary>, AppError> {
    use super::context::{reply, store};
    reply(store()?.releases().await)
}

/// One release with its template steps. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_release(id: ReleaseId) -> Result<ReleaseDetail, AppError> {
    use super::context::{reply, store};
    reply(store()?.release(id).await)
}

/// Creates a draft. Errors: wrong fields.
#[server(input = Json, output = Postcard)]
pub async fn create_release(draft: ReleaseDraft) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_release(draft, stamp()?).await)
}

/// The names of all releases, newest first.
#[server(input = Json, output = Postcard)]
pub async fn list_release_names() -> Result<Vec<(ReleaseId, String)>, AppError> {
    use super::context::{reply, store};
    reply(store()?.release_choices().await)
}

/// Creates a release with its steps, and activates it if it has customers: all of it or nothing. Errors: wrong fields; what is
/// cloned is not found; wrong steps; customers without steps; unknown or inactive customers.
#[server(input = Json, output = Postcard)]
pub async fn create_whole_release(release: WholeRelease) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_whole_release(release, stamp()?).await)
}

/// What activating a new release for its customers would do. Errors: those of its creation, but for wrong details.
#[server(input = Json, output = Postcard)]
pub async fn preview_new_release(release: WholeRelease) -> Result<DryRun, AppError> {
    use super::context::{reply, store};
    reply(store()?.dry_run_new_release(release).await)
}

/// Replaces the details of a release. Errors: not found; wrong fields; archived; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn update_release(
    id: ReleaseId,
    draft: ReleaseDraft,
    version: i64,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.update_release(id, draft, version, stamp()?).await)
}

/// Creates a draft with the details and template steps of a release, without customers. Errors: not found; wrong
/// fields.
#[server(input = Json, output = Postcard)]
pub async fn clone_release(
    id: ReleaseId,
    name: String,
    version_number: Option<String>,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()?
            .clone_release(id, name, version_number, stamp()?)
            .await,
    )
}

/// Activates a draft: copies its template steps to these customers (R14). Errors: not found; not a draft; no steps;
/// no, unknown or inactive customers.
#[server(input = Json, output = Postcard)]
pub async fn activate_release(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(
        store()?
            .activate_release(id, Some(customers), stamp()?)
            .await,
    )
}

/// What activating, or adding these customers, would do. Errors: those of the action itself.
#[server(input = Json, output = Postcard)]
pub async fn preview_customers(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<DryRun, AppError> {
    use super::context::{reply, store};
    reply(store()?.dry_run(id, Some(customers)).await)
}

/// Adds customers to an active release (R1) and answers the new ones. Errors: not found; not active; no, unknown or
/// inactive customers; all are members already.
#[server(input = Json, output = Postcard)]
pub async fn add_customers(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<Changed<Vec<CustomerId>>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.add_customers(id, customers, stamp()?).await)
}

/// Removes customers from an active release (R1). Errors: not found; not active; no members; steps that are not
/// pending.
#[server(input = Json, output = Postcard)]
pub async fn remove_customers(
    id: ReleaseId,
    customers: Vec<CustomerId>,
) -> Result<Changed<Vec<CustomerId>>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.remove_customers(id, customers, stamp()?).await)
}

/// The customers of a release with their progress, in the matrix's order. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn list_members(id: ReleaseId) -> Result<Vec<Member>, AppError> {
    use super::context::{reply, store};
    reply(store()?.members(id).await)
}

/// Archives an active release (R4). Errors: not found; not active.
#[server(input = Json, output = Postcard)]
pub async fn archive_release(id: ReleaseId) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.archive_release(id, None, stamp()?).await)
}

/// Makes an archived release active again (R4). Errors: not found; not archived.
#[server(input = Json, output = Postcard)]
pub async fn restore_release(id: ReleaseId) -> Result<Changed<Release>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.restore_release(id, None, stamp()?).await)
}

/// Deletes a draft with its template steps. Errors: not found; not a draft.
#[server(input = Json, output = Postcard)]
pub async fn delete_draft(id: ReleaseId) -> Result<Changed<()>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_draft(id, stamp()?).await)
}

/// The whole matrix in its wire format, with status information for the window that begins at this cell only.
/// Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_matrix(
    id: ReleaseId,
    row: usize,
    column: usize,
) -> Result<PackedMatrix, AppError> {
    use super::context::{reply, store};
    let first = crate::domain::matrix::CellIndex { row, column };
    reply(store()?.matrix(id, first).await)
}

/// Status information of every cell: who set it, when and why, and which variables are unresolved. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_marks(id: ReleaseId) -> Result<StatusInfo, AppError> {
    use super::context::{reply, store};
    reply(store()?.matrix_status_info(id).await)
}

/// The state of a release as a short text, for a chat or a mail. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_status_summary(id: ReleaseId) -> Result<String, AppError> {
    use super::context::{reply, store};
    reply(store()?.status_summary(id).await)
}

/// The steps of one customer in a release, in order, without their texts. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_customer_work(
    release: ReleaseId,
    customer: CustomerId,
) -> Result<InRelease<WorkList>, AppError> {
    use super::context::{reply_about_member, store};
    reply_about_member(store()?.work_list_or_absence(release, customer).await)
}

/// The same for printing: with every text, variables filled in. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_checklist(
    release: ReleaseId,
    customer: CustomerId,
) -> Result<InRelease<Checklist>, AppError> {
    use super::context::{reply_about_member, store};
    reply_about_member(store()?.checklist_or_absence(release, customer).await)
}
