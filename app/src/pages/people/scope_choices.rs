//! Fetches the clusters and customers that the scope of a user or a token can be chosen from, for the forms of both. They are
//! those that the signed-in user may see.
use crate::{
    api::{clusters::list_clusters, customers::list_customers},
    components::scope_choice::ScopeChoices,
    error::AppError,
};

/// All clusters and customers, inactive ones too.
pub async fn scope_choices() -> Result<ScopeChoices, AppError> {
    let clusters = list_clusters(true).await?;
    let customers = list_customers(true).await?;
    Ok(ScopeChoices {
        clusters: clusters
            .into_iter()
            .map(|it| (it.cluster.id, it.cluster.name))
            .collect(),
        customers,
    })
}
