//! The members of a release with their progress.
use crate::domain::{
    id::{CustomerId, ReleaseId},
    progress::{Counts, Progress},
    summary::Member,
};
use crate::store::{Store, entity::release_customer, error::StoreError, text_variables};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter};
use std::collections::HashMap;

impl Store {
    /// The members of a release in the matrix's order. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn members(&self, id: ReleaseId) -> Result<Vec<Member>, StoreError> {
        let kept = self.visible_matrix(id).await?;
        let grid = kept.grid();
        let added: HashMap<i64, DateTime<Utc>> = self
            .visible()
            .members()
            .filter(release_customer::Column::ReleaseId.eq(id.0))
            .all(&self.read)
            .await?
            .into_iter()
            .map(|it| (it.customer_id, it.added_at))
            .collect();
        let ids: Vec<CustomerId> = added.keys().map(|it| CustomerId(*it)).collect();
        let columns = grid.columns.iter().enumerate();
        let counts: HashMap<CustomerId, Counts> = columns
            .map(|(index, it)| (it.id, grid.column_counts(index)))
            .collect();
        let mut members: Vec<Member> = text_variables::with_clusters(&self.read, &ids)
            .await?
            .into_iter()
            .map(|(customer, cluster)| Member {
                added_at: added
                    .get(&customer.id.0)
                    .copied()
                    .unwrap_or(customer.created_at),
                progress: Progress::from(counts.get(&customer.id).copied().unwrap_or_default()),
                id: customer.id,
                name: customer.name,
                namespace: customer.namespace,
                is_active: customer.is_active,
                cluster,
            })
            .collect();
        members.sort_by(|a, b| {
            (&a.cluster.name, &a.name, a.id).cmp(&(&b.cluster.name, &b.name, b.id))
        });
        Ok(members)
    }
}
