//! Server functions of the import from Rancher: the preview of clusters and namespaces, and the import of those chosen.
use crate::{
    domain::{
        event::Changed,
        rancher::{RancherFilter, RancherImport, RancherPick, RancherPreview},
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// Which clusters and namespaces of Rancher are new here, known, or gone from there (R65). Errors: the settings are missing; Rancher
/// does not answer, or says no; a wrong filter.
#[server(input = Json, output = Postcard)]
pub async fn preview_rancher(filter: RancherFilter) -> Result<RancherPreview, AppError> {
    use super::context::{read_rancher, reply, store};
    reply(
        store()?
            .preview_rancher(read_rancher(filter.clone()).await?, filter)
            .await,
    )
}

/// Creates customers for the chosen namespaces, and the clusters that are missing (R65). Errors: as of the preview; a namespace that
/// Rancher does not have.
#[server(input = Json, output = Postcard)]
pub async fn import_rancher(
    namespaces: Vec<RancherPick>,
) -> Result<Changed<RancherImport>, AppError> {
    use super::context::{read_rancher, reply, stamp, store};
    reply(
        store()?
            .import_rancher(
                read_rancher(RancherFilter::of_picks(&namespaces)).await?,
                namespaces,
                stamp()?,
            )
            .await,
    )
}
