//! Complete lists of clusters, customers and releases for the list pages; `paging` has them page by page.
use crate::domain::{
    cluster::ClusterSummary,
    customer::CustomerSummary,
    id::{ClusterId, CustomerId, ReleaseId},
    release::{Release, ReleaseLabel, ReleaseSummary, name_suffixes},
};
use crate::store::{
    Store,
    entity::{cluster, customer, release, release_customer},
    error::StoreError,
    records::release_rows,
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

impl Store {
    /// Clusters by name, with the number of their active customers.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn clusters(
        &self,
        include_inactive: bool,
    ) -> Result<Vec<ClusterSummary>, StoreError> {
        let mut query = self
            .visible()
            .clusters()
            .order_by_asc(cluster::Column::Name);
        if !include_inactive {
            query = query.filter(cluster::Column::IsActive.eq(true));
        }
        let rows = query.all(&self.read).await?;
        let counts: HashMap<i64, i64> = self
            .visible()
            .customers()
            .select_only()
            .column(customer::Column::ClusterId)
            .column_as(customer::Column::Id.count(), "n")
            .filter(customer::Column::IsActive.eq(true))
            .group_by(customer::Column::ClusterId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        rows.into_iter()
            .map(|row| {
                let active_customers = counts.get(&row.id).copied().unwrap_or_default();
                Ok(ClusterSummary {
                    cluster: row.try_into()?,
                    active_customers: u32::try_from(active_customers).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// Customers of all clusters, by name.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn customers(
        &self,
        include_inactive: bool,
    ) -> Result<Vec<CustomerSummary>, StoreError> {
        self.customers_of(None, include_inactive).await
    }

    /// Customers of one cluster or of all, by name.
    pub(in crate::store) async fn customers_of(
        &self,
        cluster: Option<ClusterId>,
        include_inactive: bool,
    ) -> Result<Vec<CustomerSummary>, StoreError> {
        let mut query = self
            .visible()
            .customers()
            .order_by_asc(customer::Column::Name)
            .order_by_asc(customer::Column::Id);
        if let Some(cluster) = cluster {
            query = query.filter(customer::Column::ClusterId.eq(cluster.0));
        }
        if !include_inactive {
            query = query.filter(customer::Column::IsActive.eq(true));
        }
        let names: HashMap<i64, String> = self
            .visible()
            .clusters()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let releases: HashMap<i64, i64> = self
            .visible()
            .members()
            .select_only()
            .column(release_customer::Column::CustomerId)
            .column_as(release_customer::Column::ReleaseId.count(), "n")
            .filter(release_customer::Column::ReleaseId.in_subquery(release_rows::active_ids()))
            .group_by(release_customer::Column::CustomerId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let rows = query.all(&self.read).await?;
        let customers = rows.into_iter().map(|row| CustomerSummary {
            id: CustomerId(row.id),
            name: row.name,
            namespace: row.namespace,
            cluster_id: ClusterId(row.cluster_id),
            cluster: names.get(&row.cluster_id).cloned().unwrap_or_default(),
            is_active: row.is_active,
            variables: text_variables::count_variables(&row.metadata),
            active_releases: u32::try_from(releases.get(&row.id).copied().unwrap_or_default())
                .unwrap_or_default(),
            now: None,
        });
        let mut customers: Vec<CustomerSummary> = customers.collect();
        self.add_work(&mut customers).await?;
        Ok(customers)
    }

    /// Releases with progress, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn releases(&self) -> Result<Vec<ReleaseSummary>, StoreError> {
        let rows = self
            .visible()
            .releases()
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .all(&self.read)
            .await?;
        let releases = rows.into_iter().map(Release::try_from);
        self.summaries(releases.collect::<Result<_, _>>()?).await
    }

    /// The names of all releases, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn release_names(&self) -> Result<Vec<(ReleaseId, String)>, StoreError> {
        let releases: Vec<(i64, String)> = self
            .visible()
            .releases()
            .select_only()
            .columns([release::Column::Id, release::Column::Name])
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let named = releases.into_iter().map(|it| (ReleaseId(it.0), it.1));
        Ok(named.collect())
    }

    /// All releases, newest first, by names that differ: equal ones are followed by what tells them apart.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn release_choices(&self) -> Result<Vec<(ReleaseId, String)>, StoreError> {
        let rows: Vec<(i64, String, Option<String>, DateTime<Utc>)> = self
            .visible()
            .releases()
            .select_only()
            .columns([
                release::Column::Id,
                release::Column::Name,
                release::Column::VersionNumber,
                release::Column::CreatedAt,
            ])
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let labels: Vec<ReleaseLabel<'_>> = rows
            .iter()
            .map(|(id, name, version, created)| ReleaseLabel {
                id: ReleaseId(*id),
                name,
                version_number: version.as_deref(),
                created: created.date_naive(),
            })
            .collect();
        let named = labels.iter().zip(name_suffixes(&labels));
        let choices = named.map(|(it, suffix)| match suffix {
            Some(suffix) => (it.id, format!("{} ({suffix})", it.name)),
            None => (it.id, it.name.to_owned()),
        });
        Ok(choices.collect())
    }

    /// The number of active clusters.
    pub(in crate::store) async fn count_clusters(&self) -> Result<u32, StoreError> {
        let n = self
            .visible()
            .clusters()
            .filter(cluster::Column::IsActive.eq(true))
            .count(&self.read)
            .await?;
        Ok(u32::try_from(n).unwrap_or(u32::MAX))
    }

    /// The number of active customers.
    pub(in crate::store) async fn count_customers(&self) -> Result<u32, StoreError> {
        let n = self
            .visible()
            .customers()
            .filter(customer::Column::IsActive.eq(true))
            .count(&self.read)
            .await?;
        Ok(u32::try_from(n).unwrap_or(u32::MAX))
    }

    /// The number of all releases.
    pub(in crate::store) async fn count_releases(&self) -> Result<u32, StoreError> {
        Ok(u32::try_from(self.visible().releases().count(&self.read).await?).unwrap_or(u32::MAX))
    }
}
