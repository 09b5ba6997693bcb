//! One cluster, customer or release with what its page shows beside it.
use super::record_work::WorkOf;
use crate::domain::{
    actor_stamp::ActorStamp,
    cluster::ClusterSummary,
    customer::CustomerSummary,
    event::Entity,
    id::{ClusterId, CustomerId, ReleaseId},
    summary::{ClusterDetail, CustomerDetail, ReleaseDetail},
    template::StepTemplate,
    vocabulary::ReleaseStatus,
};
use crate::store::{
    Store,
    audit::events::last_change,
    entity::{release_customer, step_template},
    error::StoreError,
    records::clusters,
};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder};

impl Store {
    /// A cluster with all its customers, active or not, and the releases they are in. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn cluster(&self, id: ClusterId) -> Result<ClusterDetail, StoreError> {
        let cluster = self.visible_cluster(id).await?;
        let customers: Vec<CustomerSummary> = self.customers_of(Some(id), true).await?;
        let active_customers = customers.iter().filter(|it| it.is_active).count();
        let releases = self.releases_of_cluster(id).await?;
        let active = releases
            .iter()
            .filter(|it| it.status == ReleaseStatus::Active);
        let active = active.map(|it| it.id).collect();
        Ok(ClusterDetail {
            summary: ClusterSummary {
                cluster,
                active_customers: u32::try_from(active_customers).unwrap_or(u32::MAX),
            },
            customers,
            releases,
            work: self.record_work(active, WorkOf::Cluster(id)).await?,
            changed: self.last_changed(Entity::Cluster, id.0).await?,
        })
    }

    /// A customer with its cluster and its releases. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn customer(&self, id: CustomerId) -> Result<CustomerDetail, StoreError> {
        let customer = self.visible_customer(id).await?;
        let cluster = clusters::load(&self.read, customer.cluster_id).await?;
        let releases = self.releases_of_customer(id).await?;
        let active = releases
            .iter()
            .filter(|it| it.release.status == ReleaseStatus::Active && it.removed.is_none());
        let active = active.map(|it| it.release.id).collect();
        Ok(CustomerDetail {
            customer,
            cluster,
            releases,
            work: self.record_work(active, WorkOf::Customer(id)).await?,
            changed: self.last_changed(Entity::Customer, id.0).await?,
        })
    }

    /// Who changed a visible row last, and when.
    async fn last_changed(
        &self,
        entity: Entity,
        id: i64,
    ) -> Result<Option<ActorStamp>, StoreError> {
        let found = last_change(&self.read, entity, id).await?;
        Ok(found.map(|(by, at)| ActorStamp { by, at }))
    }

    /// A release with its template steps, deploy before verify. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn release(&self, id: ReleaseId) -> Result<ReleaseDetail, StoreError> {
        let release = self.visible_release(id).await?;
        let templates = self
            .visible()
            .templates()
            .filter(step_template::Column::ReleaseId.eq(id.0))
            .order_by_asc(step_template::Column::Category)
            .order_by_asc(step_template::Column::OrderIndex)
            .all(&self.read)
            .await?
            .into_iter()
            .map(StepTemplate::try_from)
            .collect::<Result<_, _>>()?;
        let customers = self
            .visible()
            .members()
            .filter(release_customer::Column::ReleaseId.eq(id.0))
            .count(&self.read)
            .await?;
        Ok(ReleaseDetail {
            release,
            customers: u32::try_from(customers).unwrap_or(u32::MAX),
            templates,
        })
    }
}
