//! The work of one customer, or of a cluster's customers, in active releases: what failed, and which values are missing (R107).
//! Computed from matrices in memory; only the reasons of the failed steps are read from the database.
use crate::domain::{
    id::{ClusterId, CustomerId, ReleaseId, StepId},
    matrix::{CellIndex, Grid, MatrixColumn},
    summary::{FailedCell, RecordGap, RecordWork},
    vocabulary::StepStatus,
};
use crate::store::{Store, entity::customer_step, error::StoreError};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, HashMap, HashSet},
};

/// Failed steps on the page of a record.
const FAILED_CELLS_MAX: usize = 50;

/// Whose work is meant.
#[derive(Clone, Copy, Debug)]
pub enum WorkOf {
    Customer(CustomerId),
    Cluster(ClusterId),
}

/// Id, name, fail reason, revert reason, author, time.
type FailedRow = (
    i64,
    String,
    Option<String>,
    Option<String>,
    Option<String>,
    Option<DateTime<Utc>>,
);

impl WorkOf {
    fn contains(self, grid: &Grid, column: &MatrixColumn) -> bool {
        match self {
            Self::Customer(id) => column.id == id,
            Self::Cluster(id) => grid.groups[column.group].id == id,
        }
    }

    fn columns(self, grid: &Grid) -> HashSet<usize> {
        let columns = grid.columns.iter().enumerate();
        columns
            .filter(|(_, it)| self.contains(grid, it))
            .map(|it| it.0)
            .collect()
    }
}

/// The failed and reverted cells of these columns, without what only the database has.
fn failed_cells(grid: &Grid, columns: &HashSet<usize>) -> Vec<FailedCell> {
    let mut failed = Vec::new();
    for column in columns.iter().copied() {
        for row in 0..grid.rows.len() {
            let Some(cell) = grid.cell(CellIndex { row, column }) else {
                continue;
            };
            if matches!(cell.status, StepStatus::Failed | StepStatus::Reverted) {
                failed.push(FailedCell {
                    step_id: cell.step,
                    release_id: grid.release.id,
                    release: grid.release.name.clone(),
                    step: grid.rows[row].name.clone(),
                    customer: grid.columns[column].name.clone(),
                    status: cell.status,
                    reason: None,
                    by: None,
                    at: None,
                });
            }
        }
    }
    failed
}

/// The missing values of open cells of these columns, by variable.
fn gaps(grid: &Grid, columns: &HashSet<usize>) -> Vec<RecordGap> {
    // By variable: its columns, the number of its cells, and the first of them.
    let mut found: BTreeMap<&str, (HashSet<usize>, u32, StepId)> = BTreeMap::new();
    for (at, names) in grid.unresolved_cells() {
        let Some(cell) = grid.cell(at).filter(|it| it.status.is_open()) else {
            continue;
        };
        if !columns.contains(&at.column) {
            continue;
        }
        for name in names.split(", ") {
            let (customers, cells, first) = found
                .entry(name)
                .or_insert_with(|| (HashSet::new(), 0, cell.step));
            customers.insert(at.column);
            *cells += 1;
            *first = cell.step.min(*first);
        }
    }
    let gaps = found
        .into_iter()
        .map(|(name, (customers, cells, step_id))| RecordGap {
            release_id: grid.release.id,
            release: grid.release.name.clone(),
            variable: name.to_owned(),
            customers: u32::try_from(customers.len()).unwrap_or(u32::MAX),
            cells,
            step_id,
        });
    gaps.collect()
}

impl Store {
    /// What failed and what is missing in these releases, the newest failures first.
    pub(super) async fn record_work(
        &self,
        releases: Vec<ReleaseId>,
        of: WorkOf,
    ) -> Result<RecordWork, StoreError> {
        use customer_step::Column as Of;
        let mut work = RecordWork::default();
        for release in releases {
            let matrix = self.visible_matrix(release).await?;
            let grid = matrix.grid();
            let columns = of.columns(grid);
            work.failed.extend(failed_cells(grid, &columns));
            work.missing.extend(gaps(grid, &columns));
        }
        work.n_failed = u32::try_from(work.failed.len()).unwrap_or(u32::MAX);
        // Failures before reverts, and the newest steps first, before their times are known.
        let is_failed = |it: &FailedCell| it.status == StepStatus::Failed;
        work.failed
            .sort_by_key(|it| (Reverse(is_failed(it)), Reverse(it.step_id)));
        work.failed.truncate(FAILED_CELLS_MAX);
        let rows: Vec<FailedRow> = self
            .visible()
            .steps()
            .select_only()
            .columns([
                Of::Id,
                Of::Name,
                Of::FailReason,
                Of::RevertReason,
                Of::StateBy,
                Of::StateAt,
            ])
            .filter(Of::Id.is_in(work.failed.iter().map(|it| it.step_id.0)))
            .into_tuple()
            .all(&self.read)
            .await?;
        let rows: HashMap<i64, FailedRow> = rows.into_iter().map(|it| (it.0, it)).collect();
        for cell in &mut work.failed {
            if let Some((_, name, failed, reverted, by, at)) = rows.get(&cell.step_id.0).cloned() {
                cell.step = name;
                cell.reason = failed.or(reverted);
                cell.by = by;
                cell.at = at;
            }
        }
        work.failed
            .sort_by_key(|it| (Reverse(is_failed(it)), Reverse(it.at)));
        Ok(work)
    }
}
