//! Which release each customer finished last (R107). Active releases are answered from the matrix cache. When the customers of an
//! archived one finished is cached until the release changes, since nothing changes in it meanwhile; and the whole answer
//! until there is a new event.
use super::event_cache::EventCache;
use crate::domain::{
    customer_version::{CustomerVersion, CustomerVersions, FinishedRelease},
    field_error::FieldError,
    id::{ClusterId, CustomerId},
    matrix::{CellIndex, Grid},
    release::Release,
    vocabulary::{ReleaseStatus, StepStatus},
};
use crate::store::{
    Store,
    entity::{customer, customer_step, release},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use moka::sync::Cache;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{collections::HashMap, sync::Arc};

/// Archived releases that are cached, each with its customers.
const RELEASES_MAX: u64 = 500;

/// When each customer finished a release, by the customer's id; without those that have not.
type FinishTimes = HashMap<i64, DateTime<Utc>>;

/// The cached answers, and the times of archived releases by their id, each with the release's version. Clones share them.
#[derive(Clone, Debug)]
pub struct VersionCache {
    answers: EventCache<Vec<CustomerVersion>>,
    archived: Cache<i64, (i64, Arc<FinishTimes>)>,
}

impl Default for VersionCache {
    fn default() -> Self {
        Self {
            answers: EventCache::default(),
            archived: Cache::new(RELEASES_MAX),
        }
    }
}

/// When the customers of a matrix finished.
fn finish_times(grid: &Grid) -> FinishTimes {
    let mut times = FinishTimes::new();
    for (column, customer) in grid.columns.iter().enumerate() {
        let counts = grid.column_counts(column);
        if counts.total() == 0 || counts.finished() < counts.total() {
            continue;
        }
        let cells = (0..grid.rows.len()).map(|row| CellIndex { row, column });
        let changes = cells.filter_map(|at| grid.status_change(at));
        if let Some(at) = changes.map(|it| it.at).max() {
            times.insert(customer.id.0, at);
        }
    }
    times
}

impl Store {
    /// Which release each active customer finished last, of the customers that a filter finds by their name, cluster, release
    /// or version: the first `limit` by name, and how many there are.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn customer_versions(
        &self,
        filter: String,
        limit: usize,
    ) -> Result<CustomerVersions, StoreError> {
        let all = self.all_versions().await?;
        Ok(CustomerVersions::select(&all, &filter, limit))
    }

    async fn all_versions(&self) -> Result<Arc<Vec<CustomerVersion>>, StoreError> {
        let cache = &self.database.version_cache.answers;
        self.as_of_last_event(cache, self.read_versions()).await
    }

    async fn read_versions(&self) -> Result<Vec<CustomerVersion>, StoreError> {
        let releases: Vec<Release> = self
            .visible()
            .releases()
            .filter(release::Column::Status.ne(ReleaseStatus::Draft.as_str()))
            .order_by_asc(release::Column::Id)
            .all(&self.read)
            .await?
            .into_iter()
            .map(Release::try_from)
            .collect::<Result<_, _>>()?;
        // By customer: when it finished, and the index of the release.
        let mut newest: HashMap<i64, (DateTime<Utc>, usize)> = HashMap::new();
        for (index, release) in releases.iter().enumerate() {
            let times = match release.status {
                ReleaseStatus::Archived => self.archived_finish_times(release).await?,
                _ => Arc::new(finish_times(self.visible_matrix(release.id).await?.grid())),
            };
            for (customer, at) in &*times {
                let newer = newest.entry(*customer).or_insert((*at, index));
                *newer = (*newer).max((*at, index));
            }
        }
        let clusters = self.cluster_names().await?;
        let customers: Vec<(i64, String, i64)> = self
            .visible()
            .customers()
            .select_only()
            .columns([
                customer::Column::Id,
                customer::Column::Name,
                customer::Column::ClusterId,
            ])
            .filter(customer::Column::IsActive.eq(true))
            .order_by_asc(customer::Column::Name)
            .order_by_asc(customer::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let finished = |customer: i64| {
            let (at, index) = *newest.get(&customer)?;
            let release = releases.get(index)?;
            Some(FinishedRelease {
                id: release.id,
                name: release.name.clone(),
                version_number: release.version_number.clone(),
                at,
            })
        };
        let row = |(id, name, cluster): (i64, String, i64)| CustomerVersion {
            id: CustomerId(id),
            customer: name,
            cluster_id: ClusterId(cluster),
            cluster: clusters.get(&cluster).cloned().unwrap_or_default(),
            finished: finished(id),
        };
        Ok(customers.into_iter().map(row).collect())
    }

    /// When the customers of an archived release finished it: of all, so that callers with different scopes share the answer.
    /// Only those whose customers are visible leave this file.
    async fn archived_finish_times(
        &self,
        release: &Release,
    ) -> Result<Arc<FinishTimes>, StoreError> {
        use customer_step::Column as Of;
        let cache = &self.database.version_cache.archived;
        let cached = cache.get(&release.id.0);
        if let Some((_, times)) = cached.filter(|it| it.0 == release.version) {
            return Ok(times);
        }
        let rows: Vec<(i64, String, Option<DateTime<Utc>>)> = customer_step::Entity::find()
            .select_only()
            .columns([Of::CustomerId, Of::Status])
            .column_as(ColumnTrait::max(&Of::StateAt), "at")
            .filter(Of::ReleaseId.eq(release.id.0))
            .group_by(Of::CustomerId)
            .group_by(Of::Status)
            .into_tuple()
            .all(&self.read)
            .await?;
        // None for a customer with a step that is neither done nor skipped.
        let mut found: HashMap<i64, Option<DateTime<Utc>>> = HashMap::new();
        for (customer, word, at) in rows {
            let status: StepStatus = word
                .parse()
                .map_err(|_: FieldError| StoreError::corrupt("customer_steps", &word))?;
            let is_finished = matches!(status, StepStatus::Done | StepStatus::Skipped);
            let at = at.filter(|_| is_finished);
            let newest = found.entry(customer).or_insert(at);
            *newest = newest.zip(at).map(|(a, b)| a.max(b));
        }
        let times = found.into_iter().filter_map(|(id, at)| Some((id, at?)));
        let times = Arc::new(times.collect::<FinishTimes>());
        let entry = (release.version, Arc::clone(&times));
        cache.insert(release.id.0, entry);
        Ok(times)
    }
}
