//! The dashboard and the layout's counts. Progress, attention and unresolved variables come from the matrix cache;
//! only the names and reasons of the cells shown are read from the database.
use super::{matrix::cluster_progress, missing_values::missing_values};
use crate::domain::{
    field_error::FieldError,
    id::{ClusterId, ReleaseId, StepId},
    matrix::Grid,
    progress::Progress,
    release::{Release, ReleaseSummary},
    summary::{ActiveRelease, Attention, Dashboard, LayoutInfo, MissingValue},
    vocabulary::{ReleaseStatus, StepStatus},
};
use crate::store::{
    Store,
    entity::{cluster, customer, customer_step, release, step_template},
    error::StoreError,
    records::value_changes::removed_values,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{cmp::Reverse, collections::HashMap};

/// Hours after which work in progress needs attention.
pub const STALE_WORK_HOURS: i64 = 2;
/// Cells that need attention on the dashboard.
const ATTENTION_CELLS_MAX: usize = 50;
/// Recent batches on the dashboard.
const RECENT_BATCHES_MAX: u32 = 12;

/// Id, release, customer, name, state, fail reason, revert reason, author, time.
type NarrowStep = (
    i64,
    i64,
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<DateTime<Utc>>,
);

fn status(word: &str) -> Result<StepStatus, StoreError> {
    word.parse()
        .map_err(|_: FieldError| StoreError::corrupt("customer_steps", word))
}

fn to_u32(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
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
        Ok(LayoutInfo {
            actor,
            theme,
            now,
            releases: self.count_releases().await?,
            customers: self.count_customers().await?,
            clusters: self.count_clusters().await?,
            is_user: self.caller.user().is_some(),
            has_session: self.caller.session().is_some(),
        })
    }

    /// Everything on the dashboard.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn dashboard(&self, now: DateTime<Utc>) -> Result<Dashboard, StoreError> {
        let active: Vec<Release> = self
            .visible()
            .releases()
            .filter(release::Column::Status.eq(ReleaseStatus::Active.as_str()))
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .all(&self.read)
            .await?
            .into_iter()
            .map(Release::try_from)
            .collect::<Result<_, _>>()?;
        let mut grids = Vec::with_capacity(active.len());
        for release in &active {
            grids.push(self.visible_matrix(release.id).await?);
        }
        let grids: Vec<&Grid> = grids
            .iter()
            .map(super::visible_rows::VisibleMatrix::grid)
            .collect();
        let mut attention = self.attention(&grids, now).await?;
        let has_more_attention = attention.len() > ATTENTION_CELLS_MAX;
        attention.truncate(ATTENTION_CELLS_MAX);
        Ok(Dashboard {
            clusters: self.count_clusters().await?,
            customers: self.count_customers().await?,
            releases: self.count_releases().await?,
            stale_hours: u32::try_from(STALE_WORK_HOURS).unwrap_or_default(),
            attention,
            has_more_attention,
            missing: self.missing_values(&grids).await?,
            active: self.active_releases(&grids).await?,
            recent: self.recent_batches(RECENT_BATCHES_MAX).await?,
        })
    }

    /// The active releases with their progress, in total and by cluster.
    async fn active_releases(&self, grids: &[&Grid]) -> Result<Vec<ActiveRelease>, StoreError> {
        let mut templates: HashMap<i64, i64> = self
            .visible()
            .templates()
            .select_only()
            .column(step_template::Column::ReleaseId)
            .column_as(ColumnTrait::count(&step_template::Column::Id), "n")
            .filter(step_template::Column::ReleaseId.is_in(grids.iter().map(|it| it.release.id.0)))
            .group_by(step_template::Column::ReleaseId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let of = |grid: &&Grid| ActiveRelease {
            summary: ReleaseSummary {
                templates: to_u32(templates.remove(&grid.release.id.0).unwrap_or_default()),
                release: grid.release.clone(),
                customers: u32::try_from(grid.columns.len()).unwrap_or(u32::MAX),
                progress: Progress::from(grid.total),
            },
            clusters: cluster_progress(grid),
        };
        Ok(grids.iter().map(of).collect())
    }

    /// The missing values, with who removed them.
    async fn missing_values(&self, grids: &[&Grid]) -> Result<Vec<MissingValue>, StoreError> {
        let mut lines = missing_values(grids);
        for line in &mut lines {
            let missing = line.customers.iter();
            let missing: Vec<_> = missing.map(|it| (it.0, line.variable.as_str())).collect();
            let removed = removed_values(&self.read, line.release_id, &missing).await?;
            line.removed = removed.into_values().max_by_key(|it| it.at);
        }
        Ok(lines)
    }

    async fn cluster_names(&self) -> Result<HashMap<i64, String>, StoreError> {
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

    /// Cells of active releases that failed, were reverted or have been in progress for more than `STALE_WORK_HOURS`.
    /// At most one more than are shown, to tell that there are more.
    async fn attention(
        &self,
        grids: &[&Grid],
        now: DateTime<Utc>,
    ) -> Result<Vec<Attention>, StoreError> {
        use customer_step::Column as Of;
        let stale = now - TimeDelta::hours(STALE_WORK_HOURS);
        let needs_attention = |status: StepStatus, at: Option<DateTime<Utc>>| match status {
            StepStatus::Failed | StepStatus::Reverted => true,
            StepStatus::InProgress => at.is_some_and(|it| it < stale),
            _ => false,
        };
        // The most urgent cells come first, so that new reverts never hide older failures.
        let urgency = |status: StepStatus| {
            let mut by_attention = StepStatus::BY_ATTENTION.iter();
            by_attention.position(|it| *it == status)
        };
        let mut wanted = Vec::new();
        for grid in grids {
            for (index, cell) in grid.cells() {
                let at = || grid.status_change(index).map(|it| it.at);
                if needs_attention(cell.status, at()) {
                    wanted.push((urgency(cell.status), Reverse(at()), cell.step.0));
                }
            }
        }
        wanted.sort_unstable();
        wanted.truncate(ATTENTION_CELLS_MAX + 1);
        let rows: Vec<NarrowStep> = self
            .visible()
            .steps()
            .select_only()
            .columns([
                Of::Id,
                Of::ReleaseId,
                Of::CustomerId,
                Of::Name,
                Of::Status,
                Of::FailReason,
                Of::RevertReason,
                Of::StateBy,
                Of::StateAt,
            ])
            .filter(Of::Id.is_in(wanted.iter().map(|it| it.2)))
            .order_by_asc(Of::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let customers: HashMap<i64, (String, i64)> = self
            .visible()
            .customers()
            .select_only()
            .columns([
                customer::Column::Id,
                customer::Column::Name,
                customer::Column::ClusterId,
            ])
            .filter(customer::Column::Id.is_in(rows.iter().map(|it| it.2)))
            .into_tuple::<(i64, String, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .map(|(id, name, cluster)| (id, (name, cluster)))
            .collect();
        let clusters = self.cluster_names().await?;
        let mut attention: Vec<Attention> = rows
            .into_iter()
            .map(|row| {
                let (id, release, customer, step, word, failed, reverted, by, at) = row;
                let (customer, cluster) = customers.get(&customer).cloned().unwrap_or_default();
                Ok(Attention {
                    step_id: StepId(id),
                    release_id: ReleaseId(release),
                    step,
                    customer,
                    cluster_id: ClusterId(cluster),
                    cluster: clusters.get(&cluster).cloned().unwrap_or_default(),
                    status: status(&word)?,
                    reason: failed.or(reverted),
                    by,
                    at,
                })
            })
            .collect::<Result<_, StoreError>>()?;
        attention.sort_by_key(|it| (urgency(it.status), Reverse(it.at)));
        Ok(attention)
    }
}
