//! REST: activation of a release, adding and removing customers, and its members, progress and matrix.
use super::{
    dto::{
        progress::ReleaseProgress,
        rows::Release,
        work_views::{DryRun, Matrix, Member},
    },
    extract::{Id, JsonBody, OptionalBody, QueryString, Reader, Writer},
    page::{self, List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::{
    domain::{
        event::Changed,
        id::{ClusterId, CustomerId, ReleaseId},
    },
    store::error::StoreError,
};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whom to activate a release for.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ActivateRequest {
    /// Left out, all active customers are taken.
    #[schema(value_type = Option<Vec<i64>>)]
    customer_ids: Option<Vec<CustomerId>>,
    /// Only say what it would do.
    dry_run: Option<bool>,
}

/// Whom to add.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddCustomersRequest {
    #[serde(default)]
    #[schema(value_type = Vec<i64>, required = true, min_items = 1)]
    customer_ids: Vec<CustomerId>,
    /// Only say what it would do.
    dry_run: Option<bool>,
}

/// Whom to remove.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemoveCustomersRequest {
    #[serde(default)]
    #[schema(value_type = Vec<i64>, required = true, min_items = 1)]
    customer_ids: Vec<CustomerId>,
}

/// The activated release; or on a dry run, what would be done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum ActivateResult {
    Release(Release),
    DryRun(DryRun),
}

/// Who was added; or on a dry run, what would be done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum AddCustomersResult {
    Customers(AddedCustomers),
    DryRun(DryRun),
}

/// Who was added: whoever was in already is not named.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AddedCustomers {
    success: bool,
    added: Vec<i64>,
    batch_id: Option<String>,
}

/// Who was removed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RemovedCustomers {
    success: bool,
    removed: Vec<i64>,
    batch_id: Option<String>,
}

/// Which columns of the matrix.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct MatrixQuery {
    /// Only the customers of this cluster.
    #[param(value_type = Option<i64>)]
    cluster_id: Option<String>,
}

fn plain_ids(ids: Vec<CustomerId>) -> Vec<i64> {
    ids.into_iter().map(|it| it.0).collect()
}

/// Activates a draft: copies its template steps to the customers.
#[utoipa::path(post, path = "/api/releases/{id}/activate", tag = "releases", request_body = Option<ActivateRequest>,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "The release as it is now, or what would be done", body = ActivateResult)))]
pub async fn activate_release(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<ActivateRequest>,
) -> RestResponse {
    let store = &caller.store;
    if body.dry_run.unwrap_or_default() {
        let draft = store.release(id).await?;
        let allowed = draft.release.may_be_activated(draft.templates.len());
        allowed.map_err(StoreError::from)?;
        let dry_run = store.dry_run(id, body.customer_ids).await?;
        return Ok(response::ok(&ActivateResult::DryRun(dry_run.into()), None));
    }
    let Changed { row, batch_id } = store
        .activate_release(id, body.customer_ids, caller.stamp)
        .await?;
    let version = row.version;
    let release = ActivateResult::Release(row.into());
    Ok(response::changed(version, &release, batch_id))
}

/// Adds customers to an active release, with copies of its present template steps. Who is in already is skipped.
#[utoipa::path(post, path = "/api/releases/{id}/add-customers", tag = "releases", request_body = AddCustomersRequest,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "Who was added, or what would be done", body = AddCustomersResult)))]
pub async fn add_customers(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    JsonBody(body): JsonBody<AddCustomersRequest>,
) -> RestResponse {
    let store = &caller.store;
    if body.dry_run.unwrap_or_default() {
        let release = store.release_row(id).await?;
        release.may_be_worked_on().map_err(StoreError::from)?;
        let dry_run = store.dry_run(id, Some(body.customer_ids)).await?;
        return Ok(response::ok(
            &AddCustomersResult::DryRun(dry_run.into()),
            None,
        ));
    }
    let Changed { row, batch_id } = store
        .add_customers(id, body.customer_ids, caller.stamp)
        .await?;
    let added = AddCustomersResult::Customers(AddedCustomers {
        success: true,
        added: plain_ids(row),
        batch_id: batch_id.clone().map(|it| it.0),
    });
    Ok(response::ok(&added, batch_id))
}

/// Removes customers whose steps are all pending.
#[utoipa::path(post, path = "/api/releases/{id}/remove-customers", tag = "releases", request_body = RemoveCustomersRequest,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "Who was removed", body = RemovedCustomers)))]
pub async fn remove_customers(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    JsonBody(body): JsonBody<RemoveCustomersRequest>,
) -> RestResponse {
    let Changed { row, batch_id } = caller
        .store
        .remove_customers(id, body.customer_ids, caller.stamp)
        .await?;
    let removed = RemovedCustomers {
        success: true,
        removed: plain_ids(row),
        batch_id: batch_id.clone().map(|it| it.0),
    };
    Ok(response::ok(&removed, batch_id))
}

/// A release's customers in the matrix's order, with progress.
#[utoipa::path(get, path = "/api/releases/{id}/customers", tag = "releases",
    params(("id" = i64, Path, description = "The release's id"), PageQuery),
    responses((status = 200, description = "A page of members", body = List<Member>)))]
pub async fn list_members(
    Reader(store): Reader,
    Id(id): Id<ReleaseId>,
    QueryString(query): QueryString<PageQuery>,
) -> Result<Json<List<Member>>, Problem> {
    let members = store.members(id).await?;
    Ok(Json(List::select(members, &query, |it| it.id.0)?))
}

/// How far a release is: as a whole, and by customer, cluster and category.
#[utoipa::path(get, path = "/api/releases/{id}/progress", tag = "releases",
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "The progress", body = ReleaseProgress)))]
pub async fn read_progress(
    Reader(store): Reader,
    Id(id): Id<ReleaseId>,
) -> Result<Json<ReleaseProgress>, Problem> {
    let progress = store.release_progress(id).await?;
    Ok(Json(progress.into()))
}

/// The matrix of a release: steps down, customers across.
#[utoipa::path(get, path = "/api/releases/{id}/matrix", tag = "releases",
    params(("id" = i64, Path, description = "The release's id"), MatrixQuery),
    responses((status = 200, description = "The matrix", body = Matrix)))]
pub async fn read_matrix(
    Reader(store): Reader,
    Id(id): Id<ReleaseId>,
    QueryString(query): QueryString<MatrixQuery>,
) -> Result<Json<Matrix>, Problem> {
    let cluster = page::parse_id("clusterId", query.cluster_id.as_deref())?.map(ClusterId);
    let grid = store.grid(id).await?;
    Ok(Json(Matrix::from_grid(grid, cluster)))
}
