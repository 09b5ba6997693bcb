//! Writes the messages of a batch to webhooks, in its transaction (R62): one for each event, hook and release, however many
//! steps changed. A hook with clusters sees of a release only the steps of their customers.
use super::changed_cells::{ChangedCell, ChangedCells, ReleaseCells};
use crate::domain::{
    actor_stamp::ActorStamp,
    hook_message::{
        CellChange, CellsNow, HookMessage, HookMessageData, HookRelease, HookRun, HookStep,
        STEPS_NAMED_MAX, is_finished, raised, short_reason,
    },
    id::{BatchId, ClusterId, CustomerId, ReleaseId, StepId},
    run::{Run, RunState},
    vocabulary::StepStatus,
    webhook::{DeliveryState, HookEvent, Webhook},
};
use crate::paths;
use crate::store::{
    engine::IDS_PER_STATEMENT_MAX,
    entity::{cluster, customer, customer_step, parse_word, release, webhook, webhook_delivery},
    error::{StoreError, chain},
};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, PaginatorTrait,
    QueryFilter, QueryOrder, QuerySelect, Select,
    sea_query::{Query, SelectStatement},
};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// The clusters of a hook; none is every one.
type Clusters<'a> = Option<&'a BTreeSet<ClusterId>>;
/// What is told of a customer: its name, its cluster, and the cluster's name.
type CustomerInCluster = (String, ClusterId, String);

/// The active hooks. One that cannot be read is left out, and logged: it must not stop the work.
pub async fn active_hooks(db: &impl ConnectionTrait) -> Result<Vec<Webhook>, DbErr> {
    let rows = webhook::Entity::find()
        .filter(webhook::Column::IsActive.eq(true))
        .order_by_asc(webhook::Column::Id)
        .all(db)
        .await?;
    let mut hooks = Vec::with_capacity(rows.len());
    for row in rows {
        let id = row.id;
        match Webhook::try_from(row) {
            Ok(hook) => hooks.push(hook),
            Err(error) => {
                tracing::error!(id, error = %chain(&error), "a webhook cannot be read");
            }
        }
    }
    Ok(hooks)
}

/// The row of a message that is to be sent at once.
pub fn new_delivery(hook: &Webhook, message: &HookMessage) -> webhook_delivery::ActiveModel {
    let at = message.timestamp;
    webhook_delivery::ActiveModel {
        id: NotSet,
        webhook_id: Set(hook.id.0),
        message_id: Set(format!("msg_{}", uuid::Uuid::now_v7().simple())),
        event: Set(message.message_type.to_string()),
        message: Set(serde_json::to_string(message).unwrap_or_default()),
        state: Set(DeliveryState::Pending.to_string()),
        tries: Set(0),
        created_at: Set(at),
        next_at: Set(Some(at)),
        lease_until: Set(None),
        status: Set(None),
        answer: Set(None),
        error: Set(None),
    }
}

/// Writes the messages of a batch.
pub async fn write(
    tx: &DatabaseTransaction,
    changed: &ChangedCells,
    batch: &BatchId,
    stamp: &ActorStamp,
) -> Result<(), StoreError> {
    if changed.0.is_empty() {
        return Ok(());
    }
    let hooks = active_hooks(tx).await?;
    if hooks.is_empty() {
        return Ok(());
    }
    let customers_by_id = customers_by_id(tx, &changed.customers()).await?;
    let mut rows = Vec::new();
    for (id, of_release) in &changed.0 {
        let hooks = hooks.iter().filter(|it| it.is_for(*id));
        let hooks: Vec<&Webhook> = hooks.collect();
        if hooks.is_empty() {
            continue;
        }
        let batch_of_release = ReleaseBatch {
            tx,
            release: release_of(tx, *id).await?,
            changed: of_release,
            customers_by_id: &customers_by_id,
            batch,
            stamp,
        };
        batch_of_release.add_messages(&hooks, &mut rows).await?;
    }
    for row in rows {
        webhook_delivery::Entity::insert(row)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// Writes what hooks are told of a run that ended. `step` is the name of its step, and `batch` what its end was recorded as.
pub async fn write_run_finished(
    tx: &DatabaseTransaction,
    run: &Run,
    step: &str,
    batch: &BatchId,
    stamp: &ActorStamp,
) -> Result<(), StoreError> {
    let mut hooks = active_hooks(tx).await?;
    hooks.retain(|it| it.events.contains(&HookEvent::RunFinished) && it.is_for(run.release_id));
    if hooks.is_empty() {
        return Ok(());
    }
    let mut customers_by_id = customers_by_id(tx, &[run.customer_id.0].into()).await?;
    let Some((customer, cluster_id, cluster)) = customers_by_id.remove(&run.customer_id.0) else {
        return Ok(());
    };
    let is_seen = |it: &Webhook| {
        let clusters = it.cluster_ids.as_ref();
        clusters.is_none_or(|it| it.contains(&cluster_id))
    };
    let message = HookMessage {
        message_type: HookEvent::RunFinished,
        timestamp: stamp.at,
        data: HookMessageData {
            batch_id: Some(batch.clone()),
            actor: stamp.by.clone(),
            reason: run.reason.as_deref().map(short_reason),
            release: Some(release_of(tx, run.release_id).await?),
            count: 1,
            steps: vec![HookStep {
                id: run.step_id,
                step: step.to_owned(),
                customer,
                cluster,
                status: status_after(tx, run).await?,
                url: paths::step(run.release_id, run.step_id),
            }],
            head: None,
            run: Some(HookRun {
                id: run.id,
                state: run.state,
                runner: run.runner.clone(),
                exit_code: run.exit_code,
            }),
        },
    };
    for hook in hooks.iter().filter(|it| is_seen(it)) {
        webhook_delivery::Entity::insert(new_delivery(hook, &message))
            .exec_without_returning(tx)
            .await?;
    }
    Ok(())
}

/// The state of a run's step after its end, which a person may have decided otherwise; of a step that was deleted what the end
/// would have made of it.
async fn status_after(tx: &DatabaseTransaction, run: &Run) -> Result<StepStatus, StoreError> {
    let status = customer_step::Entity::find_by_id(run.step_id.0)
        .select_only()
        .column(customer_step::Column::Status)
        .into_tuple::<String>()
        .one(tx)
        .await?;
    match status {
        Some(word) => parse_word("customer_steps", &word),
        None => Ok(match run.state {
            RunState::Succeeded => StepStatus::Done,
            RunState::Failed | RunState::Cancelled => StepStatus::Failed,
            _ => StepStatus::InProgress,
        }),
    }
}

/// What a batch did in one release.
struct ReleaseBatch<'a> {
    tx: &'a DatabaseTransaction,
    release: HookRelease,
    changed: &'a ReleaseCells,
    customers_by_id: &'a HashMap<i64, CustomerInCluster>,
    batch: &'a BatchId,
    stamp: &'a ActorStamp,
}

impl ReleaseBatch<'_> {
    /// Adds the messages for hooks of this release.
    async fn add_messages(
        &self,
        hooks: &[&Webhook],
        rows: &mut Vec<webhook_delivery::ActiveModel>,
    ) -> Result<(), StoreError> {
        let mut by_clusters: BTreeMap<Clusters<'_>, Vec<&Webhook>> = BTreeMap::new();
        for hook in hooks {
            let clusters = hook.cluster_ids.as_ref();
            by_clusters.entry(clusters).or_default().push(hook);
        }
        for (clusters, hooks) in by_clusters {
            let wanted: BTreeSet<HookEvent> = hooks
                .iter()
                .flat_map(|it| it.events.iter().copied())
                .collect();
            let mut messages: BTreeMap<HookEvent, HookMessage> = BTreeMap::new();
            if self.changed.is_activated && wanted.contains(&HookEvent::ReleaseActivated) {
                let n = self.count(steps_of(self.release.id, clusters)).await?;
                if n > 0 {
                    let message = self.message(HookEvent::ReleaseActivated, n, &[]);
                    messages.insert(HookEvent::ReleaseActivated, message);
                }
            }
            let changes = self.changes_in(clusters);
            if !changes.is_empty() {
                let now = self.cells_now(&changes, clusters, &wanted).await?;
                for (event, steps) in raised(&changes, &now) {
                    if wanted.contains(&event) {
                        let n = u64::try_from(steps.len()).unwrap_or(u64::MAX);
                        messages.insert(event, self.message(event, n, &steps));
                    }
                }
            }
            for hook in hooks {
                let of_hook = messages.iter().filter(|it| hook.events.contains(it.0));
                rows.extend(of_hook.map(|(_, message)| new_delivery(hook, message)));
            }
        }
        Ok(())
    }

    /// The changed steps of customers in these clusters.
    fn changes_in(&self, clusters: Clusters<'_>) -> Vec<CellChange> {
        let change = |(step, cell): (&StepId, &ChangedCell)| {
            let (_, cluster, _) = self.customers_by_id.get(&cell.customer.0)?;
            let is_seen = clusters.is_none_or(|it| it.contains(cluster));
            is_seen.then(|| CellChange {
                step: *step,
                customer: cell.customer,
                cluster: *cluster,
                name: cell.name.clone(),
                before: cell.before,
                after: cell.after,
            })
        };
        self.changed.cells.iter().filter_map(change).collect()
    }

    fn message(&self, event: HookEvent, count: u64, steps: &[CellChange]) -> HookMessage {
        let named = steps.iter().take(STEPS_NAMED_MAX).map(|it| {
            let found = self.customers_by_id.get(&it.customer.0);
            HookStep {
                id: it.step,
                step: it.name.clone(),
                customer: found.map(|it| it.0.clone()).unwrap_or_default(),
                cluster: found.map(|it| it.2.clone()).unwrap_or_default(),
                status: it.after,
                url: paths::step(self.release.id, it.step),
            }
        });
        let reason = steps.first().map(|it| it.after);
        HookMessage {
            message_type: event,
            timestamp: self.stamp.at,
            data: HookMessageData {
                batch_id: Some(self.batch.clone()),
                actor: self.stamp.by.clone(),
                reason: reason.and_then(|it| self.changed.reasons.get(&it).cloned()),
                release: Some(self.release.clone()),
                count,
                steps: named.collect(),
                head: None,
                run: None,
            },
        }
    }

    /// How these clusters are in the release after the batch. Only what the wanted events depend on is asked for; the rest is
    /// open, and raises nothing.
    async fn cells_now(
        &self,
        changes: &[CellChange],
        clusters: Clusters<'_>,
        wanted: &BTreeSet<HookEvent>,
    ) -> Result<CellsNow, StoreError> {
        let release = self.release.id;
        let mut now = CellsNow {
            is_open: true,
            ..CellsNow::default()
        };
        let has_failed = changes.iter().any(|it| it.after == StepStatus::Failed);
        if has_failed && wanted.contains(&HookEvent::ReleaseAttention) {
            let failed = customer_step::Column::Status.eq(StepStatus::Failed.as_str());
            let failed = steps_of(release, clusters).filter(failed);
            now.n_failed = self.count(failed).await?;
        }
        let closed = changes
            .iter()
            .filter(|it| !is_finished(it.before) && is_finished(it.after));
        let customers: BTreeMap<CustomerId, ClusterId> =
            closed.map(|it| (it.customer, it.cluster)).collect();
        let is_of_release = wanted.contains(&HookEvent::ReleaseFinished);
        let is_of_cluster = is_of_release || wanted.contains(&HookEvent::ClusterFinished);
        let is_of_customer = is_of_cluster || wanted.contains(&HookEvent::CustomerFinished);
        if customers.is_empty() || !is_of_customer {
            now.open_customers = customers.keys().copied().collect();
            now.open_clusters = customers.values().copied().collect();
            return Ok(now);
        }
        now.open_customers = self.open_customers(&customers).await?;
        let (open, finished): (Vec<_>, Vec<_>) = customers
            .into_iter()
            .partition(|it| now.open_customers.contains(&it.0));
        now.open_clusters = open.into_iter().map(|it| it.1).collect();
        let finished = finished.into_iter().map(|it| it.1);
        let finished: BTreeSet<ClusterId> = finished
            .filter(|it| !now.open_clusters.contains(it))
            .collect();
        if is_of_cluster {
            let open = self.open_clusters(&finished).await?;
            now.open_clusters.extend(open);
        } else {
            now.open_clusters.extend(finished);
        }
        if is_of_release && now.open_clusters.is_empty() {
            let open = steps_of(release, clusters)
                .filter(customer_step::Column::Status.is_not_in(finished_states()))
                .select_only()
                .column(customer_step::Column::Id)
                .limit(1)
                .into_tuple::<i64>()
                .one(self.tx)
                .await?;
            now.is_open = open.is_some();
        }
        Ok(now)
    }

    async fn count(&self, steps: Select<customer_step::Entity>) -> Result<u64, DbErr> {
        let ids = steps.select_only().column(customer_step::Column::Id);
        ids.count(self.tx).await
    }

    /// Those of these customers that have open steps.
    async fn open_customers(
        &self,
        customers: &BTreeMap<CustomerId, ClusterId>,
    ) -> Result<BTreeSet<CustomerId>, StoreError> {
        let customers: Vec<i64> = customers.keys().map(|it| it.0).collect();
        let mut open = BTreeSet::new();
        for part in customers.chunks(IDS_PER_STATEMENT_MAX) {
            let ids = customer_step::Entity::find()
                .select_only()
                .column(customer_step::Column::CustomerId)
                .distinct()
                .filter(customer_step::Column::ReleaseId.eq(self.release.id.0))
                .filter(customer_step::Column::CustomerId.is_in(part.iter().copied()))
                .filter(customer_step::Column::Status.is_not_in(finished_states()))
                .into_tuple::<i64>()
                .all(self.tx)
                .await?;
            open.extend(ids.into_iter().map(CustomerId));
        }
        Ok(open)
    }

    /// Those of these clusters that have open steps in the release.
    async fn open_clusters(
        &self,
        clusters: &BTreeSet<ClusterId>,
    ) -> Result<BTreeSet<ClusterId>, StoreError> {
        if clusters.is_empty() {
            return Ok(BTreeSet::new());
        }
        let with_open_steps = Query::select()
            .column(customer_step::Column::CustomerId)
            .from(customer_step::Entity)
            .and_where(customer_step::Column::ReleaseId.eq(self.release.id.0))
            .and_where(customer_step::Column::Status.is_not_in(finished_states()))
            .to_owned();
        let ids = customer::Entity::find()
            .select_only()
            .column(customer::Column::ClusterId)
            .distinct()
            .filter(customer::Column::ClusterId.is_in(clusters.iter().map(|it| it.0)))
            .filter(customer::Column::Id.in_subquery(with_open_steps))
            .into_tuple::<i64>()
            .all(self.tx)
            .await?;
        Ok(ids.into_iter().map(ClusterId).collect())
    }
}

fn finished_states() -> [&'static str; 2] {
    [StepStatus::Done.as_str(), StepStatus::Skipped.as_str()]
}

/// The steps of a release, of customers in these clusters.
fn steps_of(release: ReleaseId, clusters: Clusters<'_>) -> Select<customer_step::Entity> {
    let all = customer_step::Entity::find().filter(customer_step::Column::ReleaseId.eq(release.0));
    match clusters {
        None => all,
        Some(ids) => all.filter(customer_step::Column::CustomerId.in_subquery(customers_of(ids))),
    }
}

/// The ids of the customers of these clusters.
fn customers_of(clusters: &BTreeSet<ClusterId>) -> SelectStatement {
    Query::select()
        .column(customer::Column::Id)
        .from(customer::Entity)
        .and_where(customer::Column::ClusterId.is_in(clusters.iter().map(|it| it.0)))
        .to_owned()
}

async fn release_of(tx: &DatabaseTransaction, id: ReleaseId) -> Result<HookRelease, StoreError> {
    let name = release::Entity::find_by_id(id.0)
        .select_only()
        .column(release::Column::Name)
        .into_tuple::<String>()
        .one(tx)
        .await?;
    Ok(HookRelease {
        id,
        name: name.unwrap_or_default(),
        url: paths::release(id),
    })
}

/// Names and clusters of these customers, by their ids.
async fn customers_by_id(
    tx: &DatabaseTransaction,
    customers: &BTreeSet<i64>,
) -> Result<HashMap<i64, CustomerInCluster>, StoreError> {
    let clusters: HashMap<i64, String> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Id, cluster::Column::Name])
        .into_tuple::<(i64, String)>()
        .all(tx)
        .await?
        .into_iter()
        .collect();
    let customers: Vec<i64> = customers.iter().copied().collect();
    let mut customers_by_id = HashMap::new();
    for part in customers.chunks(IDS_PER_STATEMENT_MAX) {
        let rows: Vec<(i64, String, i64)> = customer::Entity::find()
            .select_only()
            .columns([
                customer::Column::Id,
                customer::Column::Name,
                customer::Column::ClusterId,
            ])
            .filter(customer::Column::Id.is_in(part.iter().copied()))
            .into_tuple()
            .all(tx)
            .await?;
        for (id, name, cluster) in rows {
            let of_cluster = clusters.get(&cluster).cloned().unwrap_or_default();
            customers_by_id.insert(id, (name, ClusterId(cluster), of_cluster));
        }
    }
    Ok(customers_by_id)
}
