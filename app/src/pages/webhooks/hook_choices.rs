//! Fetches the releases and clusters that a webhook can be about.
use crate::{
    api::{clusters::list_clusters, releases::list_release_names},
    components::webhook_form::HookChoices,
    error::AppError,
};

/// All releases and clusters, inactive clusters too.
pub async fn hook_choices() -> Result<HookChoices, AppError> {
    let releases = list_release_names().await?;
    let clusters = list_clusters(true).await?;
    Ok(HookChoices {
        releases,
        clusters: clusters
            .into_iter()
            .map(|it| (it.cluster.id, it.cluster.name))
            .collect(),
    })
}
