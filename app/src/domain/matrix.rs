//! The matrix of a release: steps as rows, customers as columns, one cell per customer's step, with counts per row
//! and column that are kept up to date.
pub use super::cell_changes::CellIndex;

use super::{
    cell_changes::CellChanges,
    id::{ClusterId, CustomerId, StepId, TemplateId},
    progress::Counts,
    release::Release,
    status_info::StatusChange,
    vocabulary::{Category, StepStatus, StepType},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// Rows of the window that the server renders; the browser renders the rest.
pub const FIRST_WINDOW_ROWS: usize = 20;
/// Columns of the window that the server renders.
pub const FIRST_WINDOW_COLUMNS: usize = 12;

/// A cluster, as the heading of a group of columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterGroup {
    pub id: ClusterId,
    pub name: String,
}

/// A column: one customer. Columns are sorted by cluster name, then by customer name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixColumn {
    pub id: CustomerId,
    pub name: String,
    pub namespace: String,
    /// Index of the column's cluster group.
    #[serde(rename = "band")]
    pub group: usize,
    pub inactive: bool,
}

/// A row: a template step, or a custom step of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixRow {
    pub name: String,
    pub category: Category,
    pub kind: StepType,
    /// None for a custom step.
    pub template: Option<TemplateId>,
}

/// The three blocks of rows, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowBlock {
    Category(Category),
    /// The custom rows at the end, one for all customers.
    Custom,
}

impl MatrixRow {
    /// The block that the row belongs to.
    pub fn block(&self) -> RowBlock {
        if self.template.is_some() {
            RowBlock::Category(self.category)
        } else {
            RowBlock::Custom
        }
    }
}

impl RowBlock {
    /// The heading of the block.
    pub fn label(self) -> &'static str {
        match self {
            Self::Category(category) => category.label(),
            Self::Custom => "Custom",
        }
    }
}

/// One cell: a customer's step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub step: StepId,
    pub status: StepStatus,
    pub is_overridden: bool,
    pub has_notes: bool,
    pub is_unresolved: bool,
}

impl Cell {
    /// Whether somebody has to act: failed, in progress or reverted, or open with unresolved variables.
    pub fn needs_attention(&self) -> bool {
        matches!(
            self.status,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        ) || (self.is_unresolved && self.status.is_open())
    }
}

/// The whole matrix in memory: cells by index, with the counts of every row, every column and the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    pub release: Release,
    pub groups: Vec<ClusterGroup>,
    pub columns: Vec<MatrixColumn>,
    pub rows: Vec<MatrixRow>,
    pub(super) cells: Vec<Option<Cell>>,
    /// By cell index, row by row.
    pub(super) status_changes: Vec<Option<StatusChange>>,
    pub(super) missing: HashMap<usize, Arc<str>>,
    pub(super) value_changes: HashMap<usize, Arc<str>>,
    pub(super) own_numbers: HashMap<usize, usize>,
    row_counts: Vec<Counts>,
    column_counts: Vec<Counts>,
    pub total: Counts,
    /// The number of cells that need attention.
    pub attention: usize,
    changes: CellChanges,
}

impl Grid {
    /// Builds the matrix from its existing cells.
    pub fn new(
        release: Release,
        groups: Vec<ClusterGroup>,
        columns: Vec<MatrixColumn>,
        rows: Vec<MatrixRow>,
        cells: impl IntoIterator<Item = (CellIndex, Cell)>,
    ) -> Self {
        let mut all = vec![None; rows.len() * columns.len()];
        for (at, cell) in cells {
            all[at.row * columns.len() + at.column] = Some(cell);
        }
        Self::with_cells(release, groups, columns, rows, all)
    }

    /// Builds the matrix from rows times columns cells, row by row.
    pub fn with_cells(
        release: Release,
        groups: Vec<ClusterGroup>,
        columns: Vec<MatrixColumn>,
        rows: Vec<MatrixRow>,
        cells: Vec<Option<Cell>>,
    ) -> Self {
        let mut grid = Self {
            status_changes: vec![None; cells.len()],
            cells,
            missing: HashMap::new(),
            value_changes: HashMap::new(),
            own_numbers: HashMap::new(),
            row_counts: vec![Counts::default(); rows.len()],
            column_counts: vec![Counts::default(); columns.len()],
            total: Counts::default(),
            attention: 0,
            changes: CellChanges::default(),
            release,
            groups,
            columns,
            rows,
        };
        let lines = grid.cells.chunks(grid.columns.len().max(1));
        for (line, of_row) in lines.zip(&mut grid.row_counts) {
            for (cell, of_column) in line.iter().zip(&mut grid.column_counts) {
                let Some(cell) = cell else { continue };
                of_row.add(cell.status, 1);
                of_column.add(cell.status, 1);
                grid.attention += usize::from(cell.needs_attention());
            }
        }
        for counts in &grid.row_counts {
            grid.total.add_all(*counts);
        }
        grid
    }

    pub(super) fn index(&self, at: CellIndex) -> usize {
        at.row * self.columns.len() + at.column
    }

    /// The position of the cell with this index, row by row.
    pub fn at(&self, index: usize) -> CellIndex {
        let width = self.columns.len().max(1);
        CellIndex {
            row: index / width,
            column: index % width,
        }
    }

    /// The cell at this position, if the customer has this step.
    pub fn cell(&self, at: CellIndex) -> Option<&Cell> {
        if at.column >= self.columns.len() {
            return None;
        }
        self.cells.get(self.index(at))?.as_ref()
    }

    /// Who set the state of a cell; none for a pending cell.
    pub fn status_change(&self, at: CellIndex) -> Option<&StatusChange> {
        self.status_changes.get(self.index(at))?.as_ref()
    }

    /// The unresolved variables of a cell: names, separated by commas.
    pub fn missing(&self, at: CellIndex) -> Option<&str> {
        self.missing.get(&self.index(at)).map(AsRef::as_ref)
    }

    /// The existing cells with their positions.
    pub fn cells(&self) -> impl Iterator<Item = (CellIndex, &Cell)> {
        let cells = self.cells.iter().enumerate();
        cells.filter_map(|(index, it)| Some((self.at(index), it.as_ref()?)))
    }

    /// The cells with unresolved variables, and the names separated by commas; in no particular order.
    pub fn unresolved_cells(&self) -> impl Iterator<Item = (CellIndex, &str)> {
        let missing = self.missing.iter();
        missing.map(|(index, names)| (self.at(*index), names.as_ref()))
    }

    /// The counts of one row.
    pub fn row_counts(&self, row: usize) -> Counts {
        self.row_counts.get(row).copied().unwrap_or_default()
    }

    /// The counts of one column.
    pub fn column_counts(&self, column: usize) -> Counts {
        self.column_counts.get(column).copied().unwrap_or_default()
    }

    /// The indexes of the rows of a block.
    pub fn rows_of(&self, block: RowBlock) -> impl Iterator<Item = usize> {
        (0..self.rows.len()).filter(move |row| self.rows[*row].block() == block)
    }

    /// The position of a step. Searches all cells.
    pub fn index_of(&self, step: StepId) -> Option<CellIndex> {
        let index = self
            .cells
            .iter()
            .position(|it| it.is_some_and(|it| it.step == step))?;
        Some(self.at(index))
    }

    /// Replaces an existing cell and updates all counts. Does nothing where no cell exists.
    pub fn set(&mut self, at: CellIndex, cell: Cell, change: Option<StatusChange>) {
        let Some(old) = self.cell(at).copied() else {
            return;
        };
        let index = self.index(at);
        for counts in [
            &mut self.row_counts[at.row],
            &mut self.column_counts[at.column],
            &mut self.total,
        ] {
            counts.remove(old.status);
            counts.add(cell.status, 1);
        }
        self.attention = self.attention + usize::from(cell.needs_attention())
            - usize::from(old.needs_attention());
        self.cells[index] = Some(cell);
        self.write_status_change(index, change);
        self.changes.push(at);
    }

    /// How many changes were made since the matrix was built.
    pub fn change_count(&self) -> usize {
        self.changes.count()
    }

    /// The cells set since the change count was `n`; none if the log no longer reaches back that far.
    pub fn changed_since(&self, n: usize) -> Option<&[CellIndex]> {
        self.changes.since(n)
    }

    /// Sets who changed the state of a cell.
    pub fn set_status_change(&mut self, at: CellIndex, change: StatusChange) {
        self.write_status_change(self.index(at), Some(change));
    }

    pub(super) fn write_status_change(&mut self, index: usize, change: Option<StatusChange>) {
        if let Some(slot) = self.status_changes.get_mut(index) {
            *slot = change;
        }
    }

    /// Sets the unresolved variables of a cell, if any.
    pub fn set_missing(&mut self, at: CellIndex, names: Option<Arc<str>>) {
        let index = self.index(at);
        match names {
            Some(names) => self.missing.insert(index, names),
            None => self.missing.remove(&index),
        };
    }

    /// The positions of all wanted steps.
    pub fn indexes_of(&self, is_wanted: impl Fn(StepId) -> bool) -> Vec<CellIndex> {
        let cells = self.cells.iter().enumerate();
        let wanted = cells.filter(|it| it.1.is_some_and(|it| is_wanted(it.step)));
        wanted.map(|it| self.at(it.0)).collect()
    }

    /// Gives many steps the same state.
    pub fn set_all(&mut self, ids: &[StepId], status: StepStatus, change: Option<&StatusChange>) {
        let ids: HashSet<StepId> = ids.iter().copied().collect();
        for at in self.indexes_of(|it| ids.contains(&it)) {
            if let Some(cell) = self.cell(at).copied() {
                self.set(at, Cell { status, ..cell }, change.cloned());
            }
        }
    }

    /// A hash of which step is in which cell. Status information names cells by their index, so it is applied only to a
    /// grid with the hash that it was made for.
    pub fn shape(&self) -> u64 {
        let ids = self.cells.iter();
        ids.map(|it| it.map_or(0, |cell| cell.step.0.cast_unsigned()))
            .fold(FNV_START ^ self.columns.len() as u64, fnv)
    }
}

/// The hash FNV-1a, a number at a time: the standard library's hashers would add to the matrix page's WASM.
const FNV_START: u64 = 0xcbf2_9ce4_8422_2325;

fn fnv(hash: u64, next: u64) -> u64 {
    (hash ^ next).wrapping_mul(0x0100_0000_01b3)
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::{
        cell_changes::CELL_CHANGES_MAX,
        id::ReleaseId,
        metadata::Metadata,
        vocabulary::{ReleaseStatus, ReleaseType},
    };
    use chrono::DateTime;

    pub fn release() -> Release {
        Release {
            id: ReleaseId(1),
            name: "June".into(),
            kind: ReleaseType::Release,
            status: ReleaseStatus::Active,
            version_number: None,
            release_date: None,
            description: None,
            metadata: Metadata::default(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        }
    }

    pub fn grid(
        n_rows: usize,
        n_columns: usize,
        cells: impl Fn(CellIndex) -> Option<Cell>,
    ) -> Grid {
        let rows = (0..n_rows)
            .map(|it| MatrixRow {
                name: format!("r{it}"),
                category: Category::Deploy,
                kind: StepType::Bash,
                template: Some(TemplateId(1)),
            })
            .collect();
        let columns = (0..n_columns)
            .map(|it| MatrixColumn {
                id: CustomerId(1),
                name: format!("c{it}"),
                namespace: "c".into(),
                group: 0,
                inactive: it == 1,
            })
            .collect();
        let all =
            (0..n_rows).flat_map(|row| (0..n_columns).map(move |column| CellIndex { row, column }));
        let cells: Vec<_> = all.filter_map(|at| Some((at, cells(at)?))).collect();
        Grid::new(
            release(),
            vec![ClusterGroup {
                id: ClusterId(1),
                name: "eu".into(),
            }],
            columns,
            rows,
            cells,
        )
    }

    pub fn cell(id: i64, status: StepStatus) -> Cell {
        Cell {
            step: StepId(id),
            status,
            is_overridden: false,
            has_notes: true,
            is_unresolved: false,
        }
    }

    #[test]
    fn setting_a_cell_keeps_every_count_true() {
        let mut grid = grid(2, 2, |at| {
            Some(cell(
                i64::try_from(at.row * 2 + at.column).unwrap(),
                StepStatus::Pending,
            ))
        });
        let at = CellIndex { row: 1, column: 0 };
        grid.set(
            at,
            cell(2, StepStatus::Done),
            Some(StatusChange {
                by: "Ana".into(),
                at: DateTime::UNIX_EPOCH,
                reason: None,
            }),
        );
        assert_eq!(
            (grid.row_counts(1).done, grid.row_counts(1).pending),
            (1, 1)
        );
        assert_eq!(
            (
                grid.column_counts(0).done,
                grid.total.done,
                grid.total.total()
            ),
            (1, 1, 4)
        );
        assert_eq!(&*grid.status_change(at).unwrap().by, "Ana");
        assert_eq!(grid.index_of(StepId(2)), Some(at));
    }

    #[test]
    fn status_information_of_another_arrangement_is_not_taken() {
        let id = |at: CellIndex, width: usize| i64::try_from(at.row * width + at.column).unwrap();
        let of = |n_rows, first| {
            grid(n_rows, 2, |at| {
                Some(cell(first + id(at, 2), StepStatus::Done))
            })
        };
        // A step was added before all others.
        let mut newer = of(3, 1);
        let change = StatusChange {
            by: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
        };
        newer.set_status_change(CellIndex::default(), change);
        let info = newer.status_info(|_| true);
        let mut older = of(2, 3);
        assert!(!older.merge_status_info(&info));
        assert_eq!(older.status_change(CellIndex::default()), None);
        let mut same = of(3, 1);
        assert!(same.merge_status_info(&info));
        assert!(same.status_change(CellIndex::default()).is_some());
        // The same numbers in another width are another arrangement.
        let wide = grid(2, 3, |at| Some(cell(1 + id(at, 3), StepStatus::Done)));
        assert_ne!(wide.shape(), of(3, 1).shape());
    }

    #[test]
    fn what_was_set_is_told_until_it_is_forgotten() {
        let done = cell(1, StepStatus::Done);
        let mut grid = grid(1, 1, |_| Some(cell(1, StepStatus::Pending)));
        let at = CellIndex::default();
        grid.set(at, done, None);
        assert_eq!(grid.changed_since(0), Some([at].as_slice()));
        assert_eq!(grid.changed_since(grid.change_count()), Some([].as_slice()));
        for _ in 0..=CELL_CHANGES_MAX {
            grid.set(at, done, None);
        }
        assert_eq!(grid.changed_since(0), None);
        assert!(grid.changed_since(grid.change_count()).is_some());
    }
}
