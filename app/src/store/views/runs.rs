//! Runs as the caller sees them (R71): lists, one run, what it wrote, and those of a step or of a release.
use super::paging::take_page;
use crate::domain::{
    field_error::FieldError,
    id::{CustomerId, ReleaseId, RunId, StepId},
    release_sheet::SheetRun,
    run::{OutputChunk, OutputPage, Run, RunFilter, RunListRow, RunPage, RunState},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun, StepStatus},
};
use crate::store::{
    Store,
    engine::sought,
    entity::{
        cluster, customer, customer_step, parse_word, release,
        run::{self, BriefRun, Column},
        run_output,
    },
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
    sea_query::{Expr, Query},
};
use std::collections::HashMap;

/// Runs per page without a given limit.
const RUNS_PER_PAGE: u32 = 100;
/// Runs that one page can have.
const RUNS_PER_PAGE_MAX: u32 = 500;
/// Runs of a step that are listed.
const RUNS_OF_STEP_MAX: u64 = 20;
/// Bytes of output that one page has; a page has one chunk at least.
const OUTPUT_PAGE_BYTES: usize = 1024 * 1024;
/// Chunks that one page has: of some there is a letter in each.
const OUTPUT_PAGE_CHUNKS: usize = 8_192;
/// Chunks that are read at once: 4 MiB at most.
const CHUNKS_READ_MAX: u64 = 64;

/// The names of rows, by their ids.
pub(super) async fn names<E: EntityTrait>(
    db: &DatabaseConnection,
    rows: Select<E>,
    (id, name): (E::Column, E::Column),
    ids: Vec<i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    let rows: Vec<(i64, String)> = rows
        .select_only()
        .columns([id, name])
        .filter(id.is_in(ids))
        .into_tuple()
        .all(db)
        .await?;
    Ok(rows.into_iter().collect())
}

/// The ids of the runs in these states. As a subquery they are found by the index of the states, so that a list does not walk the many
/// runs that are over.
fn ids_of(states: impl IntoIterator<Item = RunState>) -> Select<run::Entity> {
    run::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::State.is_in(states.into_iter().map(RunState::as_str)))
}

/// Whether a run is not over.
fn is_unfinished() -> Expr {
    Column::Id.in_subquery(ids_of(RunState::UNFINISHED).into_query())
}

/// Whether the step of a run is still in progress by it: a step's time of start says whose it is.
fn has_step_in_progress() -> Expr {
    let of_step = |column: customer_step::Column| Expr::col((customer_step::Entity, column));
    let waits = Query::select()
        .expr(Expr::val(1_i32))
        .from(customer_step::Entity)
        .and_where(of_step(customer_step::Column::Id).equals((run::Entity, Column::StepId)))
        .and_where(of_step(customer_step::Column::StartedAt).equals((run::Entity, Column::AskedAt)))
        .and_where(of_step(customer_step::Column::Status).eq(StepStatus::InProgress.as_str()))
        .to_owned();
    Expr::exists(waits)
}

/// Whether a run is not over, or is lost and its step is still in progress by it.
fn is_unsettled() -> Expr {
    let is_not_over = Column::State.ne(RunState::Lost.as_str());
    let states = RunState::UNFINISHED.into_iter().chain([RunState::Lost]);
    let ids = ids_of(states).filter(is_not_over.or(has_step_in_progress()));
    Column::Id.in_subquery(ids.into_query())
}

impl Store {
    /// Why the run of each step was lost that is still in progress by it: by the step's id.
    pub(in crate::store) async fn lost_runs(&self) -> Result<HashMap<i64, String>, StoreError> {
        let rows: Vec<(i64, Option<String>)> = self
            .visible()
            .runs()
            .select_only()
            .columns([Column::StepId, Column::Reason])
            .filter(Column::State.eq(RunState::Lost.as_str()))
            .filter(has_step_in_progress())
            .into_tuple()
            .all(&self.read)
            .await?;
        let rows = rows.into_iter();
        Ok(rows.map(|it| (it.0, it.1.unwrap_or_default())).collect())
    }

    /// Runs, newest first, without their texts. Errors: a limit out of 1 to 500.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn runs(&self, filter: RunFilter) -> Result<RunPage, StoreError> {
        let limit = filter.limit.unwrap_or(RUNS_PER_PAGE);
        if !(1..=RUNS_PER_PAGE_MAX).contains(&limit) {
            let problem = FieldError::NumberOutOfRange {
                min: 1,
                max: RUNS_PER_PAGE_MAX,
            };
            return Err(ValidationErrors::one(Field::Limit, problem).into());
        }
        let limit = u64::from(limit);
        let conditions = [
            filter.release_id.map(|it| Column::ReleaseId.eq(it.0)),
            filter.customer_id.map(|it| Column::CustomerId.eq(it.0)),
            filter.cluster_id.map(|it| Column::ClusterId.eq(it.0)),
            filter.step_id.map(|it| Column::StepId.eq(it.0)),
            filter.state.map(|it| Column::State.eq(it.as_str())),
            filter.runner.map(|it| Column::Runner.eq(sought(&it))),
            filter.is_unfinished.then(is_unfinished),
            filter.is_unsettled.then(is_unsettled),
            filter.before.map(|it| Column::Id.lt(it.0)),
        ];
        let mut query = run::brief(self.visible().runs())
            .order_by_desc(Column::Id)
            .limit(limit + 1);
        for condition in conditions.into_iter().flatten() {
            query = query.filter(condition);
        }
        let rows = query.into_model::<BriefRun>().all(&self.read).await?;
        let page = take_page(rows, limit, |it| it.id);
        let mut items = self.run_list_rows(page.items).await?;
        let runs = items.iter_mut().map(|it| &mut it.run).collect();
        self.tell_waits(runs).await?;
        Ok(RunPage {
            items,
            next: page.next.map(RunId),
        })
    }

    /// These runs with the names of what they are about. What was deleted, or is out of sight, has none.
    async fn run_list_rows(&self, rows: Vec<BriefRun>) -> Result<Vec<RunListRow>, StoreError> {
        let (db, visible) = (&self.read, self.visible());
        let ids = |id: fn(&BriefRun) -> i64| -> Vec<i64> {
            let mut ids: Vec<i64> = rows.iter().map(id).collect();
            ids.sort_unstable();
            ids.dedup();
            ids
        };
        let customers = ids(|it| it.customer_id);
        let of = (customer::Column::Id, customer::Column::Name);
        let customer_names = names(db, visible.customers(), of, customers.clone()).await?;
        let of = (customer::Column::Id, customer::Column::Namespace);
        let namespaces = names(db, visible.customers(), of, customers).await?;
        let of = (customer_step::Column::Id, customer_step::Column::Name);
        let steps = names(db, visible.steps(), of, ids(|it| it.step_id)).await?;
        let of = (cluster::Column::Id, cluster::Column::Name);
        let clusters = names(db, visible.clusters(), of, ids(|it| it.cluster_id)).await?;
        let of = (release::Column::Id, release::Column::Name);
        let releases = names(db, visible.releases(), of, ids(|it| it.release_id)).await?;
        let name = |names: &HashMap<i64, String>, id: i64| names.get(&id).cloned();
        rows.into_iter()
            .map(|row| {
                Ok(RunListRow {
                    step: name(&steps, row.step_id).unwrap_or_default(),
                    customer: name(&customer_names, row.customer_id).unwrap_or_default(),
                    namespace: name(&namespaces, row.customer_id).unwrap_or_default(),
                    cluster: name(&clusters, row.cluster_id).unwrap_or_default(),
                    release: name(&releases, row.release_id).unwrap_or_default(),
                    run: row.try_into()?,
                })
            })
            .collect()
    }

    /// One run with its text. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn run(&self, id: RunId) -> Result<Run, StoreError> {
        let row = self
            .visible()
            .runs()
            .filter(Column::Id.eq(id.0))
            .one(&self.read)
            .await?;
        let mut run: Run = row.ok_or(StoreError::NotFound(Noun::Run))?.try_into()?;
        self.tell_waits(vec![&mut run]).await?;
        Ok(run)
    }

    /// What a run wrote after this chunk, at most 1 MiB of it. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn run_output(&self, id: RunId, after: i64) -> Result<OutputPage, StoreError> {
        // Its state is read before its output, so that of a run that is over nothing is missed.
        let is_over = self.run_state(id).await?.is_over();
        let mut page = OutputPage {
            items: Vec::new(),
            last: Ord::max(after, 0),
            finished: false,
        };
        let mut bytes = 0;
        loop {
            let chunks = self.chunks_after(id, page.last).await?;
            if chunks.is_empty() {
                page.finished = is_over;
                return Ok(page);
            }
            for chunk in chunks {
                bytes += chunk.bytes.len();
                let is_full = bytes > OUTPUT_PAGE_BYTES || page.items.len() >= OUTPUT_PAGE_CHUNKS;
                if is_full && !page.items.is_empty() {
                    return Ok(page);
                }
                page.last = chunk.seq;
                page.items.push(chunk);
            }
        }
    }

    /// All that is kept of what a run wrote, both streams in their order: 2 MiB and a little more. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn run_output_bytes(&self, id: RunId) -> Result<Vec<u8>, StoreError> {
        self.run_state(id).await?;
        let (mut all, mut last) = (Vec::new(), 0);
        loop {
            let chunks = self.chunks_after(id, last).await?;
            let Some(newest) = chunks.last() else {
                return Ok(all);
            };
            last = newest.seq;
            for chunk in &chunks {
                all.extend_from_slice(&chunk.bytes);
            }
        }
    }

    /// How far a run is. Errors: not found.
    async fn run_state(&self, id: RunId) -> Result<RunState, StoreError> {
        let state: Option<String> = self
            .visible()
            .runs()
            .select_only()
            .column(Column::State)
            .filter(Column::Id.eq(id.0))
            .into_tuple()
            .one(&self.read)
            .await?;
        let state = state.ok_or(StoreError::NotFound(Noun::Run))?;
        parse_word("runs", &state)
    }

    /// The next chunks of a run that the caller sees.
    async fn chunks_after(&self, id: RunId, after: i64) -> Result<Vec<OutputChunk>, StoreError> {
        let rows = run_output::Entity::find()
            .filter(run_output::Column::RunId.eq(id.0))
            .filter(run_output::Column::Seq.gt(after))
            .order_by_asc(run_output::Column::Seq)
            .limit(CHUNKS_READ_MAX)
            .all(&self.read)
            .await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The newest runs of a step, newest first, without their texts. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn runs_of_step(&self, id: StepId) -> Result<Vec<Run>, StoreError> {
        self.must_see(&id.into()).await?;
        self.newest_runs(id, RUNS_OF_STEP_MAX).await
    }

    /// The newest `n` runs of a step that the caller sees, newest first, without their texts.
    pub(in crate::store) async fn newest_runs(
        &self,
        step: StepId,
        n: u64,
    ) -> Result<Vec<Run>, StoreError> {
        let rows = run::brief(self.visible().runs())
            .filter(Column::StepId.eq(step.0))
            .order_by_desc(Column::Id)
            .limit(n)
            .into_model::<BriefRun>()
            .all(&self.read)
            .await?;
        let runs = rows.into_iter().map(TryInto::try_into);
        let mut runs: Vec<Run> = runs.collect::<Result<_, _>>()?;
        self.tell_waits(runs.iter_mut().collect()).await?;
        Ok(runs)
    }

    /// The runs of a release that are not over: each with its step and how far it is. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn unfinished_runs(
        &self,
        release: ReleaseId,
    ) -> Result<Vec<(StepId, RunId, RunState)>, StoreError> {
        self.must_see(&release.into()).await?;
        let rows: Vec<(i64, i64, String)> = self
            .visible()
            .runs()
            .select_only()
            .columns([Column::StepId, Column::Id, Column::State])
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::OpenStepId.is_not_null())
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        rows.into_iter()
            .map(|(step, run, state)| Ok((StepId(step), RunId(run), parse_word("runs", &state)?)))
            .collect()
    }

    /// The runs of a release that are over, by their steps, oldest first; of one customer only, if it is named.
    pub(in crate::store) async fn ended_runs(
        &self,
        release: ReleaseId,
        customer: Option<CustomerId>,
    ) -> Result<HashMap<StepId, Vec<SheetRun>>, StoreError> {
        let mut query = run::brief(self.visible().runs())
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::OpenStepId.is_null());
        if let Some(customer) = customer {
            query = query.filter(Column::CustomerId.eq(customer.0));
        }
        let rows = query
            .order_by_asc(Column::Id)
            .into_model::<BriefRun>()
            .all(&self.read)
            .await?;
        let mut found: HashMap<StepId, Vec<SheetRun>> = HashMap::new();
        for row in rows {
            let run: Run = row.try_into()?;
            found.entry(run.step_id).or_default().push(run.into());
        }
        Ok(found)
    }
}
