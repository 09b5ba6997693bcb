//! Server functions for clusters: list, read, create, edit, deactivate, restore.
use crate::{
    domain::{
        cluster::{Cluster, ClusterDraft, ClusterSummary},
        event::Changed,
        id::ClusterId,
        summary::ClusterDetail,
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// All clusters by name, each with the number of its active customers.
#[server(input = Json, output = Postcard)]
pub async fn list_clusters(include_inactive: bool) -> Result<Vec<ClusterSummary>, AppError> {
    use super::context::{reply, store};
    reply(store()?.clusters(include_inactive).await)
}

/// One cluster with its customers and the releases they are in. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn read_cluster(id: ClusterId) -> Result<ClusterDetail, AppError> {
    use super::context::{reply, store};
    reply(store()?.cluster(id).await)
}

/// Creates a cluster. Errors: wrong fields; a name that is taken.
#[server(input = Json, output = Postcard)]
pub async fn create_cluster(draft: ClusterDraft) -> Result<Changed<Cluster>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_cluster(draft, stamp()?).await)
}

/// Replaces the details of a cluster. Errors: not found; wrong fields; a name that is taken; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn update_cluster(
    id: ClusterId,
    draft: ClusterDraft,
    version: i64,
) -> Result<Changed<Cluster>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.update_cluster(id, draft, version, stamp()?).await)
}

/// Deactivates a cluster (R5). Errors: not found; active customers, which are named.
#[server(input = Json, output = Postcard)]
pub async fn deactivate_cluster(id: ClusterId) -> Result<Changed<Cluster>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.deactivate_cluster(id, stamp()?).await)
}

/// Makes an inactive cluster active again. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn restore_cluster(id: ClusterId) -> Result<Changed<Cluster>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.restore_cluster(id, stamp()?).await)
}
