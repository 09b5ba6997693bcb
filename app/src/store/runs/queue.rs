//! The queue of runs (R71): what a runner or Jenkins gets next, in the order that `run_queue` says, and the end of runs that were asked
//! for together with one of an earlier step that did not succeed.
use super::run_rows;
use crate::domain::{
    id::{ReleaseId, RunId, StepId},
    run::{Run, RunKind, RunState},
    run_queue::{self, QueuePlace, UnfinishedRun},
    vocabulary::StepStatus,
};
use crate::store::{
    Database,
    entity::{customer, customer_step, parse_word, run},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use run::Column;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, prelude::DateTimeUtc,
};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

/// Waiting runs that are looked at first: mostly one of them is given. Each further part is four times as long.
const FIRST_PART: u64 = 20;
const PART_MAX: u64 = 5_000;
/// Ids in one query.
const IDS_MAX: usize = 1_000;

/// A release and one of its customers.
type Pair = (i64, i64);

/// A run that is not over.
#[derive(FromQueryResult)]
struct UnfinishedRow {
    id: i64,
    release_id: i64,
    customer_id: i64,
    cluster_id: i64,
    step_id: i64,
    kind: String,
    state: String,
    asked_at: DateTime<Utc>,
}

/// A run of a queue.
#[derive(Clone)]
pub struct QueuedRun {
    pub id: i64,
    pub step: StepId,
    pub release: ReleaseId,
    pub cluster: i64,
    pub kind: String,
    pub state: RunState,
    /// All it does is to end, because its step or its customer has changed: nobody has to be able to carry it out.
    pub must_end: bool,
}

/// The runs of some customers that are not over.
#[derive(Default)]
pub struct Queues {
    by_pair: HashMap<Pair, Vec<UnfinishedRun>>,
    runs: HashMap<RunId, QueuedRun>,
    /// By customer the run that is carried out, in whichever release: two at once would meet in one namespace.
    carried_out: HashMap<i64, RunId>,
}

impl Queues {
    /// The run that is first of a customer's in a release: the others wait for it. While one of another release is carried out, that
    /// is the one, unless the first would only end.
    pub fn first(&self, (release, customer): Pair) -> Option<&QueuedRun> {
        let first = run_queue::first(self.by_pair.get(&(release, customer))?)?;
        let first = self.runs.get(&first.id)?;
        if first.must_end || first.state != RunState::Queued {
            return Some(first);
        }
        let elsewhere = self.carried_out.get(&customer);
        Some(elsewhere.and_then(|it| self.runs.get(it)).unwrap_or(first))
    }

    /// The runs that the queues give next, by release and customer.
    fn heads(&self) -> impl Iterator<Item = (Pair, QueuedRun)> {
        self.by_pair.keys().filter_map(move |pair| {
            let first = self.first(*pair)?;
            (first.state == RunState::Queued).then(|| (*pair, first.clone()))
        })
    }
}

/// A step of a run.
#[derive(Clone, Copy)]
struct QueuedStep {
    place: QueuePlace,
    /// Since when it is in progress.
    started_at: Option<DateTime<Utc>>,
}

/// The run that is given next of those that wait for these clusters and kinds: the customer who has waited longest is served first,
/// and of a customer the first step. If that one is for somebody else, its customer waits; unless it would only end, as `obstacle`
/// finds: then it is given to whoever asks, because perhaps nobody else does.
pub async fn next(
    db: &impl ConnectionTrait,
    clusters: &[i64],
    kinds: &[RunKind],
) -> Result<Option<run::Model>, StoreError> {
    let mut heads: HashMap<Pair, QueuedRun> = HashMap::new();
    let mut known = HashSet::new();
    let (mut after, mut part) = (0_i64, FIRST_PART);
    loop {
        let waiting: Vec<(i64, i64, i64)> = run::Entity::find()
            .select_only()
            .columns([Column::Id, Column::ReleaseId, Column::CustomerId])
            .filter(Column::State.eq(RunState::Queued.as_str()))
            .filter(Column::ClusterId.is_in(clusters.iter().copied()))
            .filter(Column::Kind.is_in(kinds.iter().map(|it| it.as_str())))
            .filter(Column::Id.gt(after))
            .order_by_asc(Column::Id)
            .limit(part)
            .into_tuple()
            .all(db)
            .await?;
        let Some(last) = waiting.last().map(|it| it.0) else {
            return Ok(None);
        };
        let new: BTreeSet<i64> = waiting
            .iter()
            .map(|it| it.2)
            .filter(|it| known.insert(*it))
            .collect();
        heads.extend(queues_of(db, new).await?.heads());
        for (_, release, customer) in waiting {
            let Some(head) = heads.get(&(release, customer)) else {
                continue;
            };
            let is_of_kind = kinds.iter().any(|it| it.as_str() == head.kind);
            let is_taken = is_of_kind && clusters.contains(&head.cluster);
            if !(head.must_end || is_taken) {
                continue;
            }
            // Its release may have been deleted just now.
            if let Some(row) = run::Entity::find_by_id(head.id).one(db).await? {
                return Ok(Some(row));
            }
        }
        after = last;
        part = (part * 4).min(PART_MAX);
    }
}

/// The queues of these customers.
pub async fn queues_of(
    db: &impl ConnectionTrait,
    customers: BTreeSet<i64>,
) -> Result<Queues, StoreError> {
    let mut found = Queues::default();
    let customers: Vec<i64> = customers.into_iter().collect();
    for part in customers.chunks(IDS_MAX) {
        let rows: Vec<UnfinishedRow> = run::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::ReleaseId,
                Column::CustomerId,
                Column::ClusterId,
                Column::StepId,
                Column::Kind,
                Column::State,
                Column::AskedAt,
            ])
            .filter(Column::CustomerId.is_in(part.iter().copied()))
            .filter(Column::State.is_in(RunState::UNFINISHED.map(RunState::as_str)))
            .into_model::<UnfinishedRow>()
            .all(db)
            .await?;
        let ids: Vec<i64> = rows.iter().map(|it| it.step_id).collect();
        let steps = steps_of(db, &ids).await?;
        let clusters: Vec<(i64, i64)> = customer::Entity::find()
            .select_only()
            .columns([customer::Column::Id, customer::Column::ClusterId])
            .filter(customer::Column::Id.is_in(part.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        let clusters: HashMap<i64, i64> = clusters.into_iter().collect();
        for row in rows {
            let step = steps.get(&row.step_id);
            let is_started = step.is_some_and(|it| it.started_at == Some(row.asked_at));
            let is_moved = clusters.get(&row.customer_id) != Some(&row.cluster_id);
            let id = RunId(row.id);
            let pair = (row.release_id, row.customer_id);
            let state: RunState = parse_word("runs", &row.state)?;
            if state != RunState::Queued {
                found.carried_out.insert(row.customer_id, id);
            }
            found.by_pair.entry(pair).or_default().push(UnfinishedRun {
                id,
                state,
                place: step.map(|it| it.place),
            });
            let run = QueuedRun {
                id: row.id,
                step: StepId(row.step_id),
                release: ReleaseId(row.release_id),
                cluster: row.cluster_id,
                kind: row.kind,
                state,
                must_end: !is_started || is_moved,
            };
            found.runs.insert(id, run);
        }
    }
    Ok(found)
}

/// These steps. One that was deleted is not among them.
async fn steps_of(
    db: &impl ConnectionTrait,
    ids: &[i64],
) -> Result<BTreeMap<i64, QueuedStep>, StoreError> {
    let mut steps = BTreeMap::new();
    for part in ids.chunks(IDS_MAX) {
        let rows: Vec<(i64, String, i32, String, Option<DateTimeUtc>)> =
            customer_step::Entity::find()
                .select_only()
                .columns([
                    customer_step::Column::Id,
                    customer_step::Column::Category,
                    customer_step::Column::OrderIndex,
                    customer_step::Column::Status,
                    customer_step::Column::StartedAt,
                ])
                .filter(customer_step::Column::Id.is_in(part.iter().copied()))
                .into_tuple()
                .all(db)
                .await?;
        for (id, category, index, status, started_at) in rows {
            let step = QueuedStep {
                place: (parse_word("customer_steps", &category)?, index),
                started_at: started_at.filter(|_| status == StepStatus::InProgress.as_str()),
            };
            steps.insert(id, step);
        }
    }
    Ok(steps)
}

/// The other runs of the same customer and release that were asked for in one change with this one, in these states, whose step is
/// before its step, or with `is_later` after it: their ids, steps and states.
async fn asked_together(
    db: &impl ConnectionTrait,
    row: &run::Model,
    states: &[RunState],
    is_later: bool,
) -> Result<Vec<(RunId, StepId, RunState)>, StoreError> {
    let rows: Vec<(i64, i64, String)> = run::Entity::find()
        .select_only()
        .columns([Column::Id, Column::StepId, Column::State])
        .filter(Column::CustomerId.eq(row.customer_id))
        .filter(Column::ReleaseId.eq(row.release_id))
        .filter(Column::BatchId.eq(row.batch_id.as_str()))
        .filter(Column::State.is_in(states.iter().map(|it| it.as_str())))
        .filter(Column::Id.ne(row.id))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let steps: Vec<i64> = rows.iter().map(|it| it.1).chain([row.step_id]).collect();
    let steps = steps_of(db, &steps).await?;
    let place = |step: i64| steps.get(&step).map(|it| it.place);
    let own = place(row.step_id);
    let mut meant: Vec<(i64, i64, String)> = rows
        .into_iter()
        .filter(|(_, step, _)| {
            let other = place(*step);
            if is_later {
                run_queue::is_later(other, own)
            } else {
                run_queue::is_later(own, other)
            }
        })
        .collect();
    meant.sort_by_key(|it| place(it.1));
    meant
        .into_iter()
        .map(|(id, step, state)| Ok((RunId(id), StepId(step), parse_word("runs", &state)?)))
        .collect()
}

/// Why a run must not begin after what became of an earlier step that was asked for together with its own; none if it may.
pub async fn held_back_by(
    db: &impl ConnectionTrait,
    row: &run::Model,
) -> Result<Option<String>, StoreError> {
    let over: Vec<RunState> = RunState::ALL
        .iter()
        .copied()
        .filter(|it| run_queue::holds_back(*it))
        .collect();
    let before = asked_together(db, row, &over, false).await?;
    let Some((_, step, state)) = before.first() else {
        return Ok(None);
    };
    let step = run_rows::step_name(db, *step).await?;
    Ok(Some(run_queue::why_not_begun(&step, *state)))
}

/// The runs that do not begin any more after this end of a run, first step first, and why.
pub async fn held_back(
    db: &impl ConnectionTrait,
    row: &run::Model,
    state: RunState,
) -> Result<Option<(Vec<RunId>, String)>, StoreError> {
    if !run_queue::holds_back(state) {
        return Ok(None);
    }
    let waiting = asked_together(db, row, &[RunState::Queued], true).await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let step = run_rows::step_name(db, StepId(row.step_id)).await?;
    let ids = waiting.into_iter().map(|it| it.0).collect();
    Ok(Some((ids, run_queue::why_not_begun(&step, state))))
}

impl Database {
    /// Ends what does not begin any more after this end of a run, which `runner` had or was to have. If this process dies before it, each
    /// ends when it would be given to a runner.
    pub(super) async fn end_held_back(
        &self,
        ended: &Run,
        runner: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let row = run_rows::load(&self.read, ended.id).await?;
        let Some((ids, why)) = held_back(&self.read, &row, ended.state).await? else {
            return Ok(());
        };
        for id in ids {
            self.end_one_unbegun(id, runner, &why, now).await?;
        }
        Ok(())
    }
}
