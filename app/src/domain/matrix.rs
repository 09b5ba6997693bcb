//! The grid of a release: steps down, customers across.
use super::{
    id::{ClusterId, CustomerId, StepId, TemplateId},
    progress::Counts,
    release::Release,
    status_info::{StatusChange, StatusInfo},
    vocabulary::{Category, StepStatus, StepType},
};
use serde::{Deserialize, Serialize};
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

/// The window that the server draws; the browser draws the rest.
pub const FIRST_ROWS: usize = 20;
pub const FIRST_COLUMNS: usize = 12;

/// A band of columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterGroup {
    pub id: ClusterId,
    pub name: String,
}

/// A column: bands by the cluster's name, columns by the customer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MatrixColumn {
    pub id: CustomerId,
    pub name: String,
    pub namespace: String,
    /// Which band it stands in.
    pub band: usize,
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
    Custom,
}

impl MatrixRow {
    pub fn block(&self) -> RowBlock {
        if self.template.is_some() {
            RowBlock::Category(self.category)
        } else {
            RowBlock::Custom
        }
    }
}

impl RowBlock {
    pub fn label(self) -> &'static str {
        match self {
            Self::Category(category) => category.label(),
            Self::Custom => "Custom",
        }
    }
}

/// One cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    pub step: StepId,
    pub status: StepStatus,
    pub is_overridden: bool,
    pub has_notes: bool,
    pub is_unresolved: bool,
}

impl Cell {
    /// Somebody has to look: it broke, somebody is on it, or it cannot be run yet.
    pub fn needs_attention(&self) -> bool {
        matches!(
            self.status,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        ) || (self.is_unresolved && self.status.is_open())
    }
}

/// The grid, ready to be worked in: cells at their places, with the counts of rows, columns and the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    pub release: Release,
    pub bands: Vec<ClusterGroup>,
    pub columns: Vec<MatrixColumn>,
    pub rows: Vec<MatrixRow>,
    pub(super) cells: Vec<Option<Cell>>,
    /// By cell.
    marks: Vec<Option<StatusChange>>,
    missing: HashMap<usize, Arc<str>>,
    row_counts: Vec<Counts>,
    column_counts: Vec<Counts>,
    pub total: Counts,
    /// How many cells need attention.
    pub attention: usize,
    changes: CellChanges,
}

/// Which cells were set, one after the other; the oldest are forgotten. What is drawn follows it. Two grids that are the
/// same are so whatever was done to them.
#[derive(Clone, Debug, Default)]
struct CellChanges {
    forgotten: usize,
    last: Vec<CellIndex>,
}

/// More than this are drawn anew as a whole.
const CHANGES_KEPT: usize = 256;

impl PartialEq for CellChanges {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The place of a cell: row and column, counted from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct CellIndex {
    pub row: usize,
    pub column: usize,
}

impl Grid {
    pub fn new(
        release: Release,
        bands: Vec<ClusterGroup>,
        columns: Vec<MatrixColumn>,
        rows: Vec<MatrixRow>,
        cells: impl IntoIterator<Item = (CellIndex, Cell)>,
    ) -> Self {
        let mut all = vec![None; rows.len() * columns.len()];
        for (at, cell) in cells {
            all[at.row * columns.len() + at.column] = Some(cell);
        }
        Self::with_cells(release, bands, columns, rows, all)
    }

    /// Of as many cells as there are rows times columns, row by row.
    pub fn with_cells(
        release: Release,
        bands: Vec<ClusterGroup>,
        columns: Vec<MatrixColumn>,
        rows: Vec<MatrixRow>,
        cells: Vec<Option<Cell>>,
    ) -> Self {
        let mut grid = Self {
            marks: vec![None; cells.len()],
            cells,
            missing: HashMap::new(),
            row_counts: vec![Counts::default(); rows.len()],
            column_counts: vec![Counts::default(); columns.len()],
            total: Counts::default(),
            attention: 0,
            changes: CellChanges::default(),
            release,
            bands,
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

    fn index(&self, at: CellIndex) -> usize {
        at.row * self.columns.len() + at.column
    }

    pub fn at(&self, index: usize) -> CellIndex {
        let width = self.columns.len().max(1);
        CellIndex {
            row: index / width,
            column: index % width,
        }
    }

    pub fn cell(&self, at: CellIndex) -> Option<&Cell> {
        if at.column >= self.columns.len() {
            return None;
        }
        self.cells.get(self.index(at))?.as_ref()
    }

    pub fn mark(&self, at: CellIndex) -> Option<&StatusChange> {
        self.marks.get(self.index(at))?.as_ref()
    }

    /// Which values a cell lacks: names, with commas between them.
    pub fn missing(&self, at: CellIndex) -> Option<&str> {
        self.missing.get(&self.index(at)).map(AsRef::as_ref)
    }

    /// The cells that exist, with their places.
    pub fn cells(&self) -> impl Iterator<Item = (CellIndex, &Cell)> {
        let cells = self.cells.iter().enumerate();
        cells.filter_map(|(index, it)| Some((self.at(index), it.as_ref()?)))
    }

    /// Which values cells lack, cell by cell in no particular order.
    pub fn lacking(&self) -> impl Iterator<Item = (CellIndex, &str)> {
        let missing = self.missing.iter();
        missing.map(|(index, names)| (self.at(*index), names.as_ref()))
    }

    pub fn row_counts(&self, row: usize) -> Counts {
        self.row_counts.get(row).copied().unwrap_or_default()
    }

    pub fn column_counts(&self, column: usize) -> Counts {
        self.column_counts.get(column).copied().unwrap_or_default()
    }

    /// The counts of one customer within a block of rows.
    pub fn block_counts(&self, block: RowBlock, column: usize) -> Counts {
        self.rows_of(block)
            .filter_map(|row| self.cell(CellIndex { row, column }))
            .map(|it| it.status)
            .collect()
    }

    pub fn rows_of(&self, block: RowBlock) -> impl Iterator<Item = usize> {
        (0..self.rows.len()).filter(move |row| self.rows[*row].block() == block)
    }

    pub fn place_of(&self, step: StepId) -> Option<CellIndex> {
        let index = self
            .cells
            .iter()
            .position(|it| it.is_some_and(|it| it.step == step))?;
        Some(self.at(index))
    }

    /// Replaces a cell and keeps the counts true. Cells that do not exist stay so.
    pub fn set(&mut self, at: CellIndex, cell: Cell, mark: Option<StatusChange>) {
        let Some(old) = self.cell(at).copied() else {
            return;
        };
        let index = self.index(at);
        for counts in [
            &mut self.row_counts[at.row],
            &mut self.column_counts[at.column],
            &mut self.total,
        ] {
            counts.take(old.status);
            counts.add(cell.status, 1);
        }
        self.attention = self.attention + usize::from(cell.needs_attention())
            - usize::from(old.needs_attention());
        self.cells[index] = Some(cell);
        self.put_mark(index, mark);
        self.changes.last.push(at);
        if self.changes.last.len() > CHANGES_KEPT {
            self.changes.forgotten += self.changes.last.len();
            self.changes.last.clear();
        }
    }

    /// How many changes there were.
    pub fn n_changes(&self) -> usize {
        self.changes.forgotten + self.changes.last.len()
    }

    /// The cells that were set since there were so many changes; none if that is forgotten.
    pub fn changed_since(&self, n: usize) -> Option<&[CellIndex]> {
        let from = n.checked_sub(self.changes.forgotten)?;
        self.changes.last.get(from..)
    }

    /// Says who set the state of a cell.
    pub fn set_mark(&mut self, at: CellIndex, mark: StatusChange) {
        self.put_mark(self.index(at), Some(mark));
    }

    fn put_mark(&mut self, index: usize, mark: Option<StatusChange>) {
        if let Some(place) = self.marks.get_mut(index) {
            *place = mark;
        }
    }

    /// Says which values a cell lacks, if any.
    pub fn set_missing(&mut self, at: CellIndex, names: Option<Arc<str>>) {
        let index = self.index(at);
        match names {
            Some(names) => self.missing.insert(index, names),
            None => self.missing.remove(&index),
        };
    }

    /// Where cells are that are asked for by their steps.
    pub fn places_of(&self, is_wanted: impl Fn(StepId) -> bool) -> Vec<CellIndex> {
        let cells = self.cells.iter().enumerate();
        let wanted = cells.filter(|it| it.1.is_some_and(|it| is_wanted(it.step)));
        wanted.map(|it| self.at(it.0)).collect()
    }

    /// Gives many cells one state.
    pub fn set_all(&mut self, ids: &[StepId], status: StepStatus, mark: Option<&StatusChange>) {
        let ids: HashSet<StepId> = ids.iter().copied().collect();
        for at in self.places_of(|it| ids.contains(&it)) {
            if let Some(cell) = self.cell(at).copied() {
                self.set(at, Cell { status, ..cell }, mark.cloned());
            }
        }
    }

    /// Takes the marks of more cells in.
    pub fn take_marks(&mut self, marks: &StatusInfo) {
        for (index, mark) in marks.unpack() {
            self.put_mark(index, Some(mark));
        }
        self.missing.extend(marks.unpack_missing());
    }

    /// For the wire: the marks of all cells, or of some.
    pub fn marks(&self, is_wanted: impl Fn(usize) -> bool) -> StatusInfo {
        let marks = self.marks.iter().enumerate();
        let marks = marks.filter_map(|(index, it)| Some((index, it.as_ref()?)));
        let missing = self.missing.iter();
        let mut missing: Vec<(usize, &str)> = missing.map(|it| (*it.0, it.1.as_ref())).collect();
        missing.retain(|it| is_wanted(it.0));
        missing.sort_unstable();
        StatusInfo::pack(marks.filter(|it| is_wanted(it.0)), missing)
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::{
        id::ReleaseId,
        text::Metadata,
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
                band: 0,
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
        assert_eq!(&*grid.mark(at).unwrap().by, "Ana");
        assert_eq!(grid.place_of(StepId(2)), Some(at));
    }

    #[test]
    fn what_was_set_is_told_until_it_is_forgotten() {
        let done = cell(1, StepStatus::Done);
        let mut grid = grid(1, 1, |_| Some(cell(1, StepStatus::Pending)));
        let at = CellIndex::default();
        grid.set(at, done, None);
        assert_eq!(grid.changed_since(0), Some([at].as_slice()));
        assert_eq!(grid.changed_since(grid.n_changes()), Some([].as_slice()));
        for _ in 0..=CHANGES_KEPT {
            grid.set(at, done, None);
        }
        assert_eq!(grid.changed_since(0), None);
        assert!(grid.changed_since(grid.n_changes()).is_some());
    }
}
