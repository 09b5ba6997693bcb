//! The dashboard and the layout's counts. Progress and unresolved variables come from the matrix cache; `attention` has the cells
//! that need attention.
use super::{
    attention::in_progress_by, event_cache::EventCache, matrix::cluster_progress,
    missing_values::missing_values,
};
use crate::domain::{
    matrix::Grid,
    progress::Progress,
    release::{Release, ReleaseSummary},
    summary::{ActiveRelease, Dashboard, LastCell, LayoutInfo, MissingValue, NamedEvent},
    vocabulary::ReleaseStatus,
};
use crate::store::{
    Store,
    entity::{cluster, release, step_template},
    error::StoreError,
    records::value_changes::removed_values,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Recent batches on the dashboard.
const RECENT_BATCHES_MAX: u32 = 12;

/// How many records there are: active clusters and customers, and all releases.
#[derive(Clone, Copy, Debug)]
struct RecordCounts {
    clusters: u32,
    customers: u32,
    releases: u32,
}

/// The part of the dashboard that changes with events only.
#[derive(Clone, Debug)]
struct DashboardFacts {
    missing: Vec<MissingValue>,
    recent: Vec<NamedEvent>,
    /// The number of template steps of active releases, by their ids.
    templates: HashMap<i64, i64>,
}

/// What the layout and the dashboard show until there is a new event. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct DashboardCache {
    counts: EventCache<RecordCounts>,
    facts: EventCache<DashboardFacts>,
}

fn to_u32(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

/// The cell of a grid that is open, if it is the only one.
fn last_cell(grid: &Grid) -> Option<LastCell> {
    if grid.total.total() - grid.total.finished() != 1 {
        return None;
    }
    let (at, cell) = grid.cells().find(|it| it.1.status.is_open())?;
    Some(LastCell {
        step_id: cell.step,
        number: grid.number(at),
        customer: grid.columns.get(at.column)?.name.clone(),
    })
}

impl Store {
    /// The counts and settings that the layout shows; `actor` and `theme` are passed through.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn layout_info(
        &self,
        actor: String,
        theme: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<LayoutInfo, StoreError> {
        let counts = self.record_counts().await?;
        Ok(LayoutInfo {
            actor,
            theme,
            now,
            releases: counts.releases,
            customers: counts.customers,
            clusters: counts.clusters,
            is_user: self.caller.user().is_some(),
            has_session: self.caller.session().is_some(),
        })
    }

    async fn record_counts(&self) -> Result<RecordCounts, StoreError> {
        let read = async {
            Ok(RecordCounts {
                clusters: self.count_clusters().await?,
                customers: self.count_customers().await?,
                releases: self.count_releases().await?,
            })
        };
        let counts = &self.database.dashboard_cache.counts;
        Ok(*self.as_of_last_event(counts, read).await?)
    }

    /// Everything on the dashboard.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn dashboard(&self, now: DateTime<Utc>) -> Result<Dashboard, StoreError> {
        let store = self.at_last_event().await?;
        let active: Vec<Release> = store
            .visible()
            .releases()
            .filter(release::Column::Status.eq(ReleaseStatus::Active.as_str()))
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .all(&store.read)
            .await?
            .into_iter()
            .map(Release::try_from)
            .collect::<Result<_, _>>()?;
        let mut grids = Vec::with_capacity(active.len());
        for release in &active {
            grids.push(store.visible_matrix(release.id).await?);
        }
        let grids: Vec<&Grid> = grids
            .iter()
            .map(super::visible_rows::VisibleMatrix::grid)
            .collect();
        let (attention, has_more_attention) = store.attention(&grids, now).await?;
        let counts = store.record_counts().await?;
        let cache = &store.database.dashboard_cache.facts;
        let facts = store.as_of_last_event(cache, store.dashboard_facts(&grids));
        let facts = facts.await?;
        Ok(Dashboard {
            clusters: counts.clusters,
            customers: counts.customers,
            releases: counts.releases,
            attention,
            has_more_attention,
            missing: facts.missing.clone(),
            active: store.active_releases(&grids, &facts.templates, now),
            recent: facts.recent.clone(),
            can_import: store.caller.user().is_none(),
        })
    }

    async fn dashboard_facts(&self, grids: &[&Grid]) -> Result<DashboardFacts, StoreError> {
        let templates = self
            .visible()
            .templates()
            .select_only()
            .column(step_template::Column::ReleaseId)
            .column_as(ColumnTrait::count(&step_template::Column::Id), "n")
            .filter(step_template::Column::ReleaseId.is_in(grids.iter().map(|it| it.release.id.0)))
            .group_by(step_template::Column::ReleaseId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?;
        Ok(DashboardFacts {
            missing: self.missing_values(grids).await?,
            recent: self.recent_batches(RECENT_BATCHES_MAX).await?,
            templates: templates.into_iter().collect(),
        })
    }

    /// The active releases with their progress, in total and by cluster.
    fn active_releases(
        &self,
        grids: &[&Grid],
        templates: &HashMap<i64, i64>,
        now: DateTime<Utc>,
    ) -> Vec<ActiveRelease> {
        let own_name = self.own_name(now);
        let of = |grid: &&Grid| ActiveRelease {
            summary: ReleaseSummary {
                templates: templates
                    .get(&grid.release.id.0)
                    .map_or(0, |it| to_u32(*it)),
                release: grid.release.clone(),
                customers: u32::try_from(grid.columns.len()).unwrap_or(u32::MAX),
                progress: Progress::from(grid.total),
            },
            own_in_progress: in_progress_by(grid, &own_name),
            clusters: cluster_progress(grid),
            last_cell: last_cell(grid),
        };
        grids.iter().map(of).collect()
    }

    /// The missing values, with who removed them.
    async fn missing_values(&self, grids: &[&Grid]) -> Result<Vec<MissingValue>, StoreError> {
        let mut lines = missing_values(grids);
        for line in &mut lines {
            let missing = line.customers.iter();
            let missing: Vec<_> = missing.map(|it| (it.0, line.variable.as_str())).collect();
            let mut removed = removed_values(&self.read, line.release_id, &missing).await?;
            self.hide_past_values(&mut removed).await?;
            line.removed = removed.into_values().max_by_key(|it| it.at);
        }
        Ok(lines)
    }

    /// The names of clusters, by id.
    pub(in crate::store) async fn cluster_names(&self) -> Result<HashMap<i64, String>, StoreError> {
        Ok(self
            .visible()
            .clusters()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect())
    }
}
