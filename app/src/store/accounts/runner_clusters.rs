//! The names of the clusters that a runner may serve (R73), as it is told at its start.
use crate::domain::runner::Runner;
use crate::store::{Database, entity::cluster, error::StoreError};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

impl Database {
    /// The names of the clusters that a runner may fetch runs of, in their order.
    #[tracing::instrument(level = "debug", skip_all, fields(id = runner.id.0))]
    pub async fn runner_clusters(&self, runner: &Runner) -> Result<Vec<String>, StoreError> {
        let ids = runner.cluster_ids.iter().map(|it| it.0);
        let names: Vec<String> = cluster::Entity::find()
            .select_only()
            .column(cluster::Column::Name)
            .filter(cluster::Column::Id.is_in(ids))
            .order_by_asc(cluster::Column::Name)
            .into_tuple()
            .all(&self.read)
            .await?;
        Ok(names)
    }
}
