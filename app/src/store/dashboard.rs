//! What `/` and the frame around every page show. Each part is one or two statements, however many releases are active.
use super::{
    Store,
    entity::{cluster, customer, customer_step, release, release_customer, step_template},
    error::StoreError,
    releases,
};
use crate::domain::{
    id::{ClusterId, ReleaseId, StepId},
    progress::{Counts, Progress},
    refusal::Problem,
    release::{Release, ReleaseStatus, ReleaseSummary},
    step::StepStatus,
    summary::{ActiveRelease, Attention, Dashboard, Frame, Part},
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Expr, Query, SelectStatement},
};
use std::collections::{BTreeMap, HashMap};

/// Work that was started longer ago than this needs attention.
pub const STALE_HOURS: i64 = 2;
const ATTENTION_MAX: usize = 50;
const RECENT: u32 = 12;

/// Id, release, customer, name, state, why it failed, why it was reverted, by, at.
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
        .map_err(|_: Problem| StoreError::corrupt("customer_steps", word))
}

fn small(n: i64) -> u32 {
    u32::try_from(n).unwrap_or_default()
}

/// What a release's part is made of, by the cluster's id: how many customers, and their steps.
type Parts = BTreeMap<i64, (u32, Counts)>;

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
        let active: Vec<Release> = release::Entity::find()
            .filter(release::Column::Status.eq(ReleaseStatus::Active.as_str()))
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .all(&self.read)
            .await?
            .into_iter()
            .map(Release::try_from)
            .collect::<Result<_, _>>()?;
        let missing = if active.is_empty() {
            Vec::new()
        } else {
            self.missing_values(&active).await?
        };
        let mut attention = self.attention(now).await?;
        let has_more_attention = attention.len() > ATTENTION_MAX;
        attention.truncate(ATTENTION_MAX);
        Ok(Dashboard {
            clusters: self.count_clusters().await?,
            customers: self.count_customers().await?,
            releases: self.count_releases().await?,
            stale_hours: u32::try_from(STALE_HOURS).unwrap_or_default(),
            attention,
            has_more_attention,
            missing,
            active: self.with_progress(active).await?,
            recent: self.recently(RECENT).await?,
        })
    }

    /// The active releases with their progress, as a whole and by cluster.
    async fn with_progress(&self, active: Vec<Release>) -> Result<Vec<ActiveRelease>, StoreError> {
        if active.is_empty() {
            return Ok(Vec::new());
        }
        let names = self.cluster_names().await?;
        let templates: HashMap<i64, i64> = step_template::Entity::find()
            .select_only()
            .column(step_template::Column::ReleaseId)
            .column_as(ColumnTrait::count(&step_template::Column::Id), "n")
            .filter(step_template::Column::ReleaseId.in_subquery(releases::active_ids()))
            .group_by(step_template::Column::ReleaseId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let mut parts: HashMap<i64, Parts> = HashMap::new();
        for row in self.read.query_all(&members_by_cluster()).await? {
            let (release, cluster, n): (i64, i64, i64) = row.try_get_many_by_index()?;
            let part = parts.entry(release).or_default();
            part.entry(cluster).or_default().0 = small(n);
        }
        for row in self.read.query_all(&steps_by_cluster()).await? {
            let (release, cluster, word, n): (i64, i64, String, i64) =
                row.try_get_many_by_index()?;
            let part = parts.entry(release).or_default();
            let counts = &mut part.entry(cluster).or_default().1;
            counts.add(status(&word)?, small(n));
        }
        let with_parts = active.into_iter().map(|release| {
            let templates = small(templates.get(&release.id.0).copied().unwrap_or_default());
            let parts = parts.remove(&release.id.0).unwrap_or_default();
            summary(release, templates, parts, &names)
        });
        Ok(with_parts.collect())
    }

    async fn cluster_names(&self) -> Result<HashMap<i64, String>, StoreError> {
        Ok(cluster::Entity::find()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect())
    }

    /// Failed and reverted cells, and work that was started over two hours ago, in active releases: one more than are
    /// shown, to say that there are more.
    async fn attention(&self, now: DateTime<Utc>) -> Result<Vec<Attention>, StoreError> {
        use customer_step::Column as Of;
        let stale = now - TimeDelta::hours(STALE_HOURS);
        let rows: Vec<NarrowStep> = customer_step::Entity::find()
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
            .filter(Of::ReleaseId.in_subquery(releases::active_ids()))
            .filter(
                Of::Status
                    .is_in([StepStatus::Failed.as_str(), StepStatus::Reverted.as_str()])
                    .or(Of::Status
                        .eq(StepStatus::InProgress.as_str())
                        .and(Of::StateAt.lt(stale))),
            )
            .order_by_desc(Of::StateAt)
            .limit(ATTENTION_MAX as u64 + 1)
            .into_tuple()
            .all(&self.read)
            .await?;
        let customers: HashMap<i64, (String, i64)> = customer::Entity::find()
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
        attention.sort_by_key(|it| {
            StepStatus::BY_ATTENTION
                .iter()
                .position(|status| *status == it.status)
        });
        Ok(attention)
    }
}

/// Release, cluster, and how many of its customers are in it.
fn members_by_cluster() -> SelectStatement {
    use release_customer::{Column as Of, Entity as Members};
    Query::select()
        .column((Members, Of::ReleaseId))
        .column((customer::Entity, customer::Column::ClusterId))
        .expr(Expr::col((Members, Of::CustomerId)).count())
        .from(Members)
        .inner_join(
            customer::Entity,
            Expr::col((customer::Entity, customer::Column::Id)).equals((Members, Of::CustomerId)),
        )
        .and_where(Expr::col((Members, Of::ReleaseId)).in_subquery(releases::active_ids()))
        .group_by_col((Members, Of::ReleaseId))
        .group_by_col((customer::Entity, customer::Column::ClusterId))
        .to_owned()
}

/// Release, cluster, state and how many steps: counted customer by customer, as the covering index has them, and only
/// then put together by cluster.
fn steps_by_cluster() -> SelectStatement {
    use customer_step::{Column as Of, Entity as Steps};
    let by_customer = Query::select()
        .columns([Of::ReleaseId, Of::CustomerId, Of::Status])
        .expr_as(Expr::col(Of::Id).count(), "n")
        .from(Steps)
        .and_where(Expr::col(Of::ReleaseId).in_subquery(releases::active_ids()))
        .group_by_columns([Of::ReleaseId, Of::CustomerId, Of::Status])
        .to_owned();
    Query::select()
        .column(("counted", Of::ReleaseId))
        .column((customer::Entity, customer::Column::ClusterId))
        .column(("counted", Of::Status))
        .expr(Expr::col(("counted", "n")).sum())
        .from_subquery(by_customer, "counted")
        .inner_join(
            customer::Entity,
            Expr::col((customer::Entity, customer::Column::Id)).equals(("counted", Of::CustomerId)),
        )
        .group_by_col(("counted", Of::ReleaseId))
        .group_by_col((customer::Entity, customer::Column::ClusterId))
        .group_by_col(("counted", Of::Status))
        .to_owned()
}

fn summary(
    release: Release,
    templates: u32,
    parts: Parts,
    names: &HashMap<i64, String>,
) -> ActiveRelease {
    let mut all = Counts::default();
    let mut customers = 0;
    let mut clusters: Vec<Part> = parts
        .into_iter()
        .map(|(id, (n, counts))| {
            customers += n;
            let states = StepStatus::ALL.iter();
            states.for_each(|it| all.add(*it, counts.of(*it)));
            Part {
                id,
                name: names.get(&id).cloned().unwrap_or_default(),
                customers: n,
                progress: counts.into(),
            }
        })
        .collect();
    clusters.sort_by(|a, b| (&a.name, a.id).cmp(&(&b.name, b.id)));
    ActiveRelease {
        summary: ReleaseSummary {
            release,
            templates,
            customers,
            progress: Progress::from(all),
        },
        clusters,
    }
}
