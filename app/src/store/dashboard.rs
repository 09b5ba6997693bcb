//! What `/` and the frame around every page show.
use super::{
    Store,
    entity::{cluster, customer, customer_step},
    error::StoreError,
    releases,
};
use crate::domain::{
    event::EventFilter,
    id::{ClusterId, ReleaseId, StepId},
    refusal::Problem,
    release::ReleaseStatus,
    step::StepStatus,
    summary::{ActiveRelease, Attention, Dashboard, Frame},
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Work that was started longer ago than this needs attention.
pub const STALE_HOURS: i64 = 2;
const ATTENTION_MAX: u64 = 50;

impl Store {
    pub async fn frame(
        &self,
        actor: String,
        theme: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<Frame, StoreError> {
        Ok(Frame {
            actor,
            theme,
            now,
            releases: self.count_releases().await?,
            customers: self.count_customers().await?,
            clusters: self.count_clusters().await?,
        })
    }

    pub async fn dashboard(&self, now: DateTime<Utc>) -> Result<Dashboard, StoreError> {
        let summaries = self.releases().await?;
        let releases = u32::try_from(summaries.len()).unwrap_or(u32::MAX);
        let mut active = Vec::new();
        for summary in summaries
            .into_iter()
            .filter(|it| it.release.status == ReleaseStatus::Active)
        {
            let clusters = self.release_progress(summary.release.id).await?.clusters;
            active.push(ActiveRelease { summary, clusters });
        }
        Ok(Dashboard {
            clusters: self.count_clusters().await?,
            customers: self.count_customers().await?,
            releases,
            attention: self.attention(now).await?,
            active,
            recent: self
                .activity(EventFilter {
                    limit: Some(40),
                    ..EventFilter::default()
                })
                .await?
                .items,
        })
    }

    /// Failed and reverted cells, and work that was started over two hours ago, in active releases.
    async fn attention(&self, now: DateTime<Utc>) -> Result<Vec<Attention>, StoreError> {
        use customer_step::Column as Of;
        let stale = now - TimeDelta::hours(STALE_HOURS);
        let rows = customer_step::Entity::find()
            .filter(Of::ReleaseId.in_subquery(releases::active_ids()))
            .filter(
                Of::Status
                    .is_in([StepStatus::Failed.as_str(), StepStatus::Reverted.as_str()])
                    .or(Of::Status
                        .eq(StepStatus::InProgress.as_str())
                        .and(Of::StateAt.lt(stale))),
            )
            .order_by_desc(Of::StateAt)
            .limit(ATTENTION_MAX)
            .all(&self.read)
            .await?;
        let customers: HashMap<i64, (String, i64)> = customer::Entity::find()
            .select_only()
            .columns([
                customer::Column::Id,
                customer::Column::Name,
                customer::Column::ClusterId,
            ])
            .filter(customer::Column::Id.is_in(rows.iter().map(|it| it.customer_id)))
            .into_tuple::<(i64, String, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .map(|(id, name, cluster)| (id, (name, cluster)))
            .collect();
        let clusters: HashMap<i64, String> = cluster::Entity::find()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let mut attention: Vec<Attention> =
            rows.into_iter()
                .map(|row| {
                    let (customer, cluster_id) =
                        customers.get(&row.customer_id).cloned().unwrap_or_default();
                    Ok(Attention {
                        step_id: StepId(row.id),
                        release_id: ReleaseId(row.release_id),
                        step: row.name,
                        customer,
                        cluster_id: ClusterId(cluster_id),
                        cluster: clusters.get(&cluster_id).cloned().unwrap_or_default(),
                        status: row.status.parse().map_err(|_: Problem| {
                            StoreError::corrupt("customer_steps", &row.status)
                        })?,
                        reason: row.fail_reason.or(row.revert_reason),
                        by: row.state_by,
                        at: row.state_at,
                    })
                })
                .collect::<Result<_, StoreError>>()?;
        attention.sort_by_key(|it| {
            StepStatus::BY_ATTENTION
                .iter()
                .position(|status| *status == it.status)
        });
        Ok(attention)
    }
}
