//! The cells that need attention first (R107). Which they are comes from the matrix cache; the database is asked once for their
//! names and reasons, once for how long the same steps took elsewhere, and once for the runs that were lost.
use super::event_cache::EventCache;
use crate::domain::{
    actor_stamp::ActorStamp,
    attention::{Urgency, urgency, usual_duration},
    field_error::FieldError,
    id::{ClusterId, ReleaseId, StepId, TemplateId},
    matrix::{Cell, CellIndex, Grid},
    scope::Scope,
    summary::Attention,
    vocabulary::StepStatus,
};
use crate::store::{
    Store,
    entity::{customer, customer_step},
    error::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use moka::sync::Cache;
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{cmp::Reverse, collections::HashMap, sync::Arc};

/// Cells that need attention on the dashboard.
const ATTENTION_CELLS_MAX: usize = 50;
/// The newest done cells of a step that say how long it usually takes.
const SAMPLES_MAX: usize = 50;
/// Steps whose usual duration is asked for at once; those beyond have none.
const USUAL_STEPS_MAX: usize = 100;
/// Usual durations that are cached, of all steps and scopes.
const USUAL_ENTRIES_MAX: u64 = 10_000;

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

/// Done cells of one step: when each was marked done, and its id; the newest first.
type DoneCells = Vec<(DateTime<Utc>, i64)>;

/// How long the steps in progress usually take, by their template step.
type UsualDurations = HashMap<TemplateId, TimeDelta>;

/// How long steps usually take: of all in progress; and by template step and scope, with the done cells that say so. Clones share
/// them.
#[derive(Clone, Debug)]
pub struct UsualCache {
    answers: EventCache<UsualDurations>,
    steps: Cache<(TemplateId, Scope), (DoneCells, Option<TimeDelta>)>,
}

impl Default for UsualCache {
    fn default() -> Self {
        Self {
            answers: EventCache::default(),
            steps: Cache::new(USUAL_ENTRIES_MAX),
        }
    }
}

/// A cell that needs attention, before it has names.
struct UrgentCell {
    urgency: Urgency,
    at: Option<DateTime<Utc>>,
    step: i64,
    elapsed: TimeDelta,
    usual: Option<TimeDelta>,
}

impl UrgentCell {
    /// What failed or was reverted last comes first, and what has been in progress for longest.
    fn order(&self) -> (Urgency, i64, i64) {
        let at = self.at.map_or(0, |it| it.timestamp_millis());
        let time = match self.urgency {
            Urgency::Lost | Urgency::Own | Urgency::Long => at,
            Urgency::Failed | Urgency::Reverted => -at,
        };
        (self.urgency, time, self.step)
    }
}

/// The cells in a state that may need attention. Rows without any are passed over.
fn cells_at_work(grid: &Grid) -> impl Iterator<Item = (CellIndex, &Cell)> {
    use StepStatus as S;
    let rows = (0..grid.rows.len()).filter(move |row| {
        let counts = grid.row_counts(*row);
        counts.failed + counts.in_progress + counts.reverted > 0
    });
    rows.flat_map(move |row| row_cells(grid, row))
        .filter(|it| matches!(it.1.status, S::Failed | S::InProgress | S::Reverted))
}

fn row_cells(grid: &Grid, row: usize) -> impl Iterator<Item = (CellIndex, &Cell)> {
    (0..grid.columns.len()).filter_map(move |column| {
        let at = CellIndex { row, column };
        Some((at, grid.cell(at)?))
    })
}

/// The newest done cells of a row.
fn done_cells(grid: &Grid, row: usize) -> DoneCells {
    let done = row_cells(grid, row).filter(|it| it.1.status == StepStatus::Done);
    let mut done: DoneCells = done
        .filter_map(|(at, cell)| Some((grid.status_change(at)?.at, cell.step.0)))
        .collect();
    // Of a thousand cells the newest are found without sorting all.
    if done.len() > SAMPLES_MAX {
        done.select_nth_unstable_by_key(SAMPLES_MAX, |it| Reverse(*it));
        done.truncate(SAMPLES_MAX);
    }
    done.sort_unstable_by_key(|it| Reverse(*it));
    done
}

/// The number of cells that this person has in progress.
pub fn in_progress_by(grid: &Grid, person: &str) -> u32 {
    let own = cells_at_work(grid).filter(|(at, cell)| {
        cell.status == StepStatus::InProgress
            && grid.status_change(*at).is_some_and(|it| &*it.by == person)
    });
    u32::try_from(own.count()).unwrap_or(u32::MAX)
}

/// Puts the cells of a release together, the release with the most urgent cell first. Keeps their order otherwise.
fn group_by_release(attention: &mut [Attention]) {
    let mut ranks: HashMap<ReleaseId, usize> = HashMap::new();
    for it in &*attention {
        let next = ranks.len();
        ranks.entry(it.release_id).or_insert(next);
    }
    attention.sort_by_key(|it| ranks.get(&it.release_id).copied());
}

/// A done step, when it was started, and when it was done.
type StartAndEnd = (i64, Option<DateTime<Utc>>, Option<DateTime<Utc>>);

impl Store {
    /// The caller's name as events have it.
    pub(in crate::store) fn own_name(&self, now: DateTime<Utc>) -> String {
        let stamp = ActorStamp::new(&self.caller.name, now);
        stamp.map(|it| it.by).unwrap_or_default()
    }

    /// How long the steps in progress usually take: the median of the newest that were started and marked done in the same
    /// release.
    async fn usual_durations(&self, grids: &[&Grid]) -> Result<Arc<UsualDurations>, StoreError> {
        let cache = &self.database.usual_cache.answers;
        self.as_of_last_event(cache, self.read_usual_durations(grids))
            .await
    }

    /// The same from the database, for steps of which other cells are done than before.
    async fn read_usual_durations(&self, grids: &[&Grid]) -> Result<UsualDurations, StoreError> {
        use customer_step::Column as Of;
        let cache = &self.database.usual_cache.steps;
        let key = |template: TemplateId| (template, self.caller.scope.clone());
        let in_progress = grids.iter().flat_map(|grid| {
            let rows = grid.rows.iter().enumerate();
            rows.filter(move |it| grid.row_counts(it.0).in_progress > 0)
                .filter_map(move |(row, it)| Some((it.template?, done_cells(grid, row))))
        });
        let mut usual = UsualDurations::new();
        let mut to_read: Vec<(TemplateId, DoneCells)> = Vec::new();
        for (template, done) in in_progress.take(USUAL_STEPS_MAX) {
            match cache.get(&key(template)) {
                Some((of, known)) if of == done => usual.extend(known.map(|it| (template, it))),
                _ => to_read.push((template, done)),
            }
        }
        let ids: Vec<i64> = to_read
            .iter()
            .flat_map(|it| it.1.iter().map(|it| it.1))
            .collect();
        if ids.is_empty() {
            return Ok(usual);
        }
        let rows: Vec<StartAndEnd> = self
            .visible()
            .steps()
            .select_only()
            .columns([Of::Id, Of::StartedAt, Of::ExecutedAt])
            .filter(Of::Id.is_in(ids))
            .into_tuple()
            .all(&self.read)
            .await?;
        let took: HashMap<i64, TimeDelta> = rows
            .into_iter()
            .filter_map(|(id, from, to)| Some((id, to? - from?)))
            .filter(|it| it.1 >= TimeDelta::zero())
            .collect();
        for (template, done) in to_read {
            let durations = done.iter().filter_map(|it| took.get(&it.1).copied());
            let found = usual_duration(durations.collect());
            cache.insert(key(template), (done, found));
            usual.extend(found.map(|it| (template, it)));
        }
        Ok(usual)
    }

    /// The most urgent cells of these matrices, and whether there are more.
    pub(in crate::store) async fn attention(
        &self,
        grids: &[&Grid],
        now: DateTime<Utc>,
    ) -> Result<(Vec<Attention>, bool), StoreError> {
        let own_name = self.own_name(now);
        let usual = self.usual_durations(grids).await?;
        let lost = self.lost_runs().await?;
        let mut urgent: Vec<UrgentCell> = Vec::new();
        for grid in grids {
            for (index, cell) in cells_at_work(grid) {
                let change = grid.status_change(index);
                let is_lost = lost.contains_key(&cell.step.0);
                let is_own = change.is_some_and(|it| *it.by == *own_name);
                let elapsed = change.map_or_else(TimeDelta::zero, |it| now - it.at);
                let usual = grid.rows[index.row]
                    .template
                    .and_then(|it| usual.get(&it).copied());
                if let Some(urgency) = urgency(cell.status, is_lost, is_own, elapsed, usual) {
                    urgent.push(UrgentCell {
                        urgency,
                        at: change.map(|it| it.at),
                        step: cell.step.0,
                        elapsed,
                        usual,
                    });
                }
            }
        }
        // The most urgent cells come first, so that new reverts never hide older failures.
        urgent.sort_unstable_by_key(UrgentCell::order);
        let has_more = urgent.len() > ATTENTION_CELLS_MAX;
        urgent.truncate(ATTENTION_CELLS_MAX);
        let mut attention = self.with_names(urgent, lost).await?;
        group_by_release(&mut attention);
        Ok((attention, has_more))
    }

    /// Reads names and reasons of cells, and keeps their order. `lost` has why the run of a step was lost.
    async fn with_names(
        &self,
        urgent: Vec<UrgentCell>,
        mut lost: HashMap<i64, String>,
    ) -> Result<Vec<Attention>, StoreError> {
        use customer_step::Column as Of;
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
            .filter(Of::Id.is_in(urgent.iter().map(|it| it.step)))
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
        let mut rows: HashMap<i64, NarrowStep> = rows.into_iter().map(|it| (it.0, it)).collect();
        let mut attention = Vec::with_capacity(urgent.len());
        for cell in urgent {
            let Some(row) = rows.remove(&cell.step) else {
                continue;
            };
            let (id, release, customer, step, word, failed, reverted, by, at) = row;
            let (customer, cluster) = customers.get(&customer).cloned().unwrap_or_default();
            let status: StepStatus = word
                .parse()
                .map_err(|_: FieldError| StoreError::corrupt("customer_steps", &word))?;
            let is_waiting = status == StepStatus::InProgress;
            attention.push(Attention {
                step_id: StepId(id),
                release_id: ReleaseId(release),
                step,
                customer,
                cluster_id: ClusterId(cluster),
                cluster: clusters.get(&cluster).cloned().unwrap_or_default(),
                status,
                urgency: cell.urgency,
                reason: lost.remove(&id).or(failed).or(reverted),
                by,
                at,
                elapsed_seconds: if is_waiting {
                    cell.elapsed.num_seconds()
                } else {
                    0
                },
                usual_seconds: cell.usual.filter(|_| is_waiting).map(|it| it.num_seconds()),
            });
        }
        Ok(attention)
    }
}
