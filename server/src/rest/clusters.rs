//! REST: clusters. List, read, create, update, deactivate, restore.
use super::{
    dto::{
        enums::VariablesSchema,
        rows::{Cluster, ClusterView},
    },
    extract::{Id, JsonBody, Patch, QueryString, Reader, Writer},
    page::{self, List},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{cluster::ClusterDraft, event::Changed, id::ClusterId, metadata::Metadata};
use axum::Json;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which clusters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ClusterQuery {
    /// The inactive ones too.
    #[param(value_type = Option<bool>)]
    include_inactive: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A cluster to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewCluster {
    /// No other cluster has it.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// An absolute path without `..`.
    #[schema(max_length = 4096)]
    kubeconfig_path: Option<String>,
    /// What kubectl calls it, if not by its name.
    #[schema(max_length = 253)]
    context: Option<String>,
    /// How many runs it takes at once. Left out: 1.
    #[schema(minimum = 1, maximum = 100)]
    max_parallel: Option<i64>,
    #[schema(max_length = 4000)]
    description: Option<String>,
    #[schema(value_type = Option<VariablesSchema>)]
    metadata: Option<Metadata>,
}

impl From<NewCluster> for ClusterDraft {
    fn from(body: NewCluster) -> Self {
        Self {
            name: body.name,
            kubeconfig_path: body.kubeconfig_path.unwrap_or_default(),
            context: body.context.unwrap_or_default(),
            max_parallel: body
                .max_parallel
                .map_or_else(String::new, |it| it.to_string()),
            description: body.description.unwrap_or_default(),
            metadata: body.metadata.unwrap_or_default(),
        }
    }
}

/// What to change of a cluster; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterPatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4096)]
    kubeconfig_path: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 253)]
    context: Patch<String>,
    /// How many runs it takes at once.
    #[serde(default)]
    #[schema(value_type = i64, required = false, minimum = 1, maximum = 100)]
    max_parallel: Patch<i64>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000)]
    description: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<VariablesSchema>)]
    metadata: Patch<Metadata>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

impl ClusterPatch {
    fn apply_to(self, present: ClusterDraft) -> ClusterDraft {
        ClusterDraft {
            name: self.name.apply_to(present.name),
            kubeconfig_path: self.kubeconfig_path.apply_to(present.kubeconfig_path),
            context: self.context.apply_to(present.context),
            max_parallel: match self.max_parallel.into_value() {
                Some(it) => it.to_string(),
                None => present.max_parallel,
            },
            description: self.description.apply_to(present.description),
            metadata: self.metadata.apply_to(present.metadata),
        }
    }
}

/// Clusters by name.
#[utoipa::path(get, path = "/api/clusters", tag = "clusters", params(ClusterQuery),
    responses((status = 200, description = "A page of clusters", body = List<ClusterView>)))]
pub async fn list_clusters(
    Reader(store): Reader,
    QueryString(query): QueryString<ClusterQuery>,
) -> Result<Json<List<ClusterView>>, Problem> {
    let page = page::parse_page(query.limit.as_deref(), query.cursor.as_deref())?;
    let include_inactive = page::parse_flag("includeInactive", query.include_inactive.as_deref())?;
    let rows = store.cluster_page(include_inactive, page).await?;
    Ok(Json(List::from_rows(rows)))
}

/// One cluster.
#[utoipa::path(get, path = "/api/clusters/{id}", tag = "clusters",
    params(("id" = i64, Path, description = "The cluster's id")),
    responses((status = 200, description = "The cluster", body = ClusterView)))]
pub async fn read_cluster(Reader(store): Reader, Id(id): Id<ClusterId>) -> RestResponse {
    let summary = store.cluster(id).await?.summary;
    let version = summary.cluster.version;
    Ok(response::view(version, &ClusterView::from(summary)))
}

/// Creates a cluster.
#[utoipa::path(post, path = "/api/clusters", tag = "clusters", request_body = NewCluster,
    responses((status = 201, description = "The new cluster", body = Cluster)))]
pub async fn create_cluster(caller: Writer, JsonBody(body): JsonBody<NewCluster>) -> RestResponse {
    let Changed { row, batch_id } = caller
        .store
        .create_cluster(body.into(), caller.stamp)
        .await?;
    let (location, version) = (format!("/api/clusters/{}", row.id), row.version);
    Ok(response::created(
        &location,
        version,
        &Cluster::from(row),
        batch_id,
    ))
}

/// Changes some fields of a cluster.
#[utoipa::path(patch, path = "/api/clusters/{id}", tag = "clusters", request_body = ClusterPatch,
    params(("id" = i64, Path, description = "The cluster's id")),
    responses((status = 200, description = "The cluster as it is now", body = Cluster)))]
pub async fn update_cluster(
    Id(id): Id<ClusterId>,
    caller: Writer,
    JsonBody(patch): JsonBody<ClusterPatch>,
) -> RestResponse {
    let present = caller.store.cluster_row(id).await?;
    let version = caller.require_version(patch.version)?;
    let draft = patch.apply_to(present.into());
    let Changed { row, batch_id } = caller
        .store
        .update_cluster(id, draft, version, caller.stamp)
        .await?;
    let version = row.version;
    Ok(response::changed(version, &Cluster::from(row), batch_id))
}

/// Deactivates a cluster. One with active customers is refused, naming them.
#[utoipa::path(delete, path = "/api/clusters/{id}", tag = "clusters",
    params(("id" = i64, Path, description = "The cluster's id")),
    responses((status = 204, description = "It is inactive")))]
pub async fn delete_cluster(Id(id): Id<ClusterId>, caller: Writer) -> RestResponse {
    let done = caller.store.deactivate_cluster(id, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}

/// Makes an inactive cluster active again.
#[utoipa::path(post, path = "/api/clusters/{id}/restore", tag = "clusters",
    params(("id" = i64, Path, description = "The cluster's id")),
    responses((status = 200, description = "The cluster as it is now", body = Cluster)))]
pub async fn restore_cluster(Id(id): Id<ClusterId>, caller: Writer) -> RestResponse {
    let Changed { row, batch_id } = caller.store.restore_cluster(id, caller.stamp).await?;
    let version = row.version;
    Ok(response::changed(version, &Cluster::from(row), batch_id))
}
