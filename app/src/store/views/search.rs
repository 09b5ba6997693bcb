//! Search over all that the caller sees (R106): names of releases, customers, clusters, steps and people, and the lines of
//! steps' texts.
use super::step_search::FoundSteps;
use crate::domain::{
    id::{ClusterId, CustomerId, ReleaseId},
    search::{FoundCluster, FoundCustomer, FoundRelease, SearchQuery, SearchResults, SearchTotals},
    vocabulary::ReleaseStatus,
};
use crate::store::{
    Store,
    entity::{cluster, customer, parse_word, release},
    error::StoreError,
};
use futures_util::future::try_join3;
use sea_orm::{QueryOrder, QuerySelect};
use std::collections::HashMap;

impl Store {
    /// What is found, each kind with at most `limit` hits.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn search(
        &self,
        query: &SearchQuery,
        limit: usize,
    ) -> Result<SearchResults, StoreError> {
        let releases: Vec<(i64, String, String)> = self
            .visible()
            .releases()
            .select_only()
            .columns([
                release::Column::Id,
                release::Column::Name,
                release::Column::Status,
            ])
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let names: Vec<(i64, String)> = releases
            .iter()
            .map(|(id, name, _)| (*id, name.clone()))
            .collect();
        let ((mut clusters, mut customers), mut people, steps) = try_join3(
            Box::pin(self.search_customers(query)),
            Box::pin(self.recent_people()),
            Box::pin(self.search_steps(query, &names, limit)),
        )
        .await?;
        let FoundSteps { by_name, by_text } = steps;
        people.retain(|it| query.is_in_name(it));
        let mut releases = releases
            .into_iter()
            .filter(|it| query.is_in_name(&it.1))
            .map(|(id, name, status)| {
                let status: ReleaseStatus = parse_word("releases", &status)?;
                Ok(FoundRelease {
                    id: ReleaseId(id),
                    name,
                    status,
                })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        let totals = SearchTotals {
            releases: releases.len(),
            customers: customers.len(),
            clusters: clusters.len(),
            steps: by_name.1,
            people: people.len(),
            texts: by_text.1,
        };
        releases.truncate(limit);
        customers.truncate(limit);
        clusters.truncate(limit);
        people.truncate(limit);
        Ok(SearchResults {
            releases,
            customers,
            clusters,
            steps: by_name.0,
            people,
            texts: by_text.0,
            totals,
        })
    }

    /// Clusters by name; customers by name or namespace.
    async fn search_customers(
        &self,
        query: &SearchQuery,
    ) -> Result<(Vec<FoundCluster>, Vec<FoundCustomer>), StoreError> {
        let clusters: Vec<(i64, String, bool)> = self
            .visible()
            .clusters()
            .select_only()
            .columns([
                cluster::Column::Id,
                cluster::Column::Name,
                cluster::Column::IsActive,
            ])
            .order_by_asc(cluster::Column::Name)
            .into_tuple()
            .all(&self.read)
            .await?;
        let customers: Vec<(i64, String, String, i64, bool)> = self
            .visible()
            .customers()
            .select_only()
            .columns([
                customer::Column::Id,
                customer::Column::Name,
                customer::Column::Namespace,
                customer::Column::ClusterId,
                customer::Column::IsActive,
            ])
            .order_by_asc(customer::Column::Name)
            .order_by_asc(customer::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let names: HashMap<i64, &str> = clusters.iter().map(|it| (it.0, it.1.as_str())).collect();
        let customers = customers
            .into_iter()
            .filter(|it| query.is_in_name(&format!("{} {}", it.1, it.2)))
            .map(|(id, name, namespace, cluster, is_active)| FoundCustomer {
                id: CustomerId(id),
                name,
                namespace,
                cluster: names.get(&cluster).copied().unwrap_or_default().to_owned(),
                is_active,
            })
            .collect();
        let clusters = clusters
            .into_iter()
            .filter(|it| query.is_in_name(&it.1))
            .map(|(id, name, is_active)| FoundCluster {
                id: ClusterId(id),
                name,
                is_active,
            })
            .collect();
        Ok((clusters, customers))
    }
}
