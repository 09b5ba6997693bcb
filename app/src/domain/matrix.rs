//! The grid of a release: steps down, customers across. On the wire a cell is two letters (its state and marks, and
//! how far its id is from what its neighbours predict), so that 100,000 cells travel in one small answer.
use super::{
    compact::{self, Numbers},
    id::{ClusterId, CustomerId, StepId, TemplateId},
    marks::{Mark, Marks},
    progress::Counts,
    release::Release,
    step::StepStatus,
    template::{Category, StepType},
};
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};

/// The window that the server draws; the browser draws the rest.
pub const FIRST_ROWS: usize = 20;
pub const FIRST_COLUMNS: usize = 12;
/// Heads of blocks stand between the rows, so a line may show a row that is so many further up.
const N_BLOCKS: usize = 3;

/// A band of columns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    pub id: ClusterId,
    pub name: String,
}

/// A column: bands by the cluster's name, columns by the customer's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    pub id: CustomerId,
    pub name: String,
    pub namespace: String,
    /// Which band it stands in.
    pub band: usize,
    pub inactive: bool,
}

/// A row: a template step, or a custom step of one customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub category: Category,
    pub kind: StepType,
    /// None for a custom step.
    pub template: Option<TemplateId>,
}

/// The three blocks of rows, in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Block {
    Category(Category),
    Custom,
}

impl Row {
    pub fn block(&self) -> Block {
        if self.template.is_some() {
            Block::Category(self.category)
        } else {
            Block::Custom
        }
    }
}

impl Block {
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

const NONE: u8 = 7;

impl Cell {
    /// Somebody has to look: it broke, somebody is on it, or it cannot be run yet.
    pub fn needs_attention(&self) -> bool {
        matches!(
            self.status,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        ) || (self.is_unresolved && self.status.is_open())
    }

    fn letter(cell: Option<&Self>) -> char {
        compact::letter(cell.map_or(NONE, |it| {
            let status = StepStatus::ALL
                .iter()
                .position(|status| *status == it.status)
                .unwrap_or_default();
            u8::try_from(status).unwrap_or(NONE)
                | u8::from(it.is_overridden) << 3
                | u8::from(it.has_notes) << 4
                | u8::from(it.is_unresolved) << 5
        }))
    }

    fn read(letter: u8, step: StepId) -> Option<Self> {
        let value = compact::value(letter)?;
        Some(Self {
            step,
            status: *StepStatus::ALL.get(usize::from(value & 7))?,
            is_overridden: value & 8 != 0,
            has_notes: value & 16 != 0,
            is_unresolved: value & 32 != 0,
        })
    }
}

/// The whole grid as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Matrix {
    pub release: Release,
    pub bands: Vec<Band>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    /// A letter a cell, row by row.
    cells: String,
    /// A number a cell: the id less what the cells at the left and above predict.
    ids: String,
    /// Marks of the first window; the others are asked for when the page is live.
    pub marks: Marks,
}

/// The grid, ready to be worked in: cells at their places, with the counts of rows, columns and the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    pub release: Release,
    pub bands: Vec<Band>,
    pub columns: Vec<Column>,
    pub rows: Vec<Row>,
    cells: Vec<Option<Cell>>,
    marks: HashMap<usize, Mark>,
    missing: HashMap<usize, String>,
    row_counts: Vec<Counts>,
    column_counts: Vec<Counts>,
    pub total: Counts,
    /// How many cells need attention.
    pub attention: usize,
}

/// The place of a cell: row and column, counted from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct At {
    pub row: usize,
    pub column: usize,
}

impl Grid {
    pub fn new(
        release: Release,
        bands: Vec<Band>,
        columns: Vec<Column>,
        rows: Vec<Row>,
        cells: impl IntoIterator<Item = (At, Cell)>,
    ) -> Self {
        let mut grid = Self {
            cells: vec![None; rows.len() * columns.len()],
            marks: HashMap::new(),
            missing: HashMap::new(),
            row_counts: vec![Counts::default(); rows.len()],
            column_counts: vec![Counts::default(); columns.len()],
            total: Counts::default(),
            attention: 0,
            release,
            bands,
            columns,
            rows,
        };
        for (at, cell) in cells {
            let index = grid.index(at);
            grid.cells[index] = Some(cell);
        }
        grid.count();
        grid
    }

    fn count(&mut self) {
        for (index, cell) in self.cells.iter().enumerate() {
            if let Some(cell) = cell {
                self.row_counts[index / self.columns.len()].add(cell.status, 1);
                self.column_counts[index % self.columns.len()].add(cell.status, 1);
                self.total.add(cell.status, 1);
                self.attention += usize::from(cell.needs_attention());
            }
        }
    }

    fn index(&self, at: At) -> usize {
        at.row * self.columns.len() + at.column
    }

    pub fn at(&self, index: usize) -> At {
        let width = self.columns.len().max(1);
        At {
            row: index / width,
            column: index % width,
        }
    }

    pub fn cell(&self, at: At) -> Option<&Cell> {
        if at.column >= self.columns.len() {
            return None;
        }
        self.cells.get(self.index(at))?.as_ref()
    }

    pub fn mark(&self, at: At) -> Option<&Mark> {
        self.marks.get(&self.index(at))
    }

    /// Which values a cell lacks: names, with commas between them.
    pub fn missing(&self, at: At) -> Option<&str> {
        self.missing.get(&self.index(at)).map(String::as_str)
    }

    pub fn row_counts(&self, row: usize) -> Counts {
        self.row_counts.get(row).copied().unwrap_or_default()
    }

    pub fn column_counts(&self, column: usize) -> Counts {
        self.column_counts.get(column).copied().unwrap_or_default()
    }

    /// The counts of one customer within a block of rows.
    pub fn block_counts(&self, block: Block, column: usize) -> Counts {
        self.rows_of(block)
            .filter_map(|row| self.cell(At { row, column }))
            .map(|it| it.status)
            .collect()
    }

    pub fn rows_of(&self, block: Block) -> impl Iterator<Item = usize> {
        (0..self.rows.len()).filter(move |row| self.rows[*row].block() == block)
    }

    pub fn place_of(&self, step: StepId) -> Option<At> {
        let index = self
            .cells
            .iter()
            .position(|it| it.is_some_and(|it| it.step == step))?;
        Some(self.at(index))
    }

    /// Replaces a cell and keeps the counts true. Cells that do not exist stay so.
    pub fn set(&mut self, at: At, cell: Cell, mark: Option<Mark>) {
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
        match mark {
            Some(mark) => self.marks.insert(index, mark),
            None => self.marks.remove(&index),
        };
    }

    /// Gives many cells one state.
    pub fn set_all(&mut self, ids: &[StepId], status: StepStatus, mark: Option<&Mark>) {
        let ids: HashSet<StepId> = ids.iter().copied().collect();
        for index in 0..self.cells.len() {
            if let Some(cell) = self.cells[index].filter(|it| ids.contains(&it.step)) {
                self.set(self.at(index), Cell { status, ..cell }, mark.cloned());
            }
        }
    }

    /// Takes the marks of more cells in.
    pub fn take_marks(&mut self, marks: &Marks) {
        self.take(marks.unpack(), marks.unpack_missing());
    }

    pub fn take(&mut self, marks: Vec<(usize, Mark)>, missing: Vec<(usize, String)>) {
        self.marks.extend(marks);
        self.missing.extend(missing);
    }

    /// Whether a cell, by its index, is in the window that is drawn first.
    pub fn window(&self, first: At) -> impl Fn(usize) -> bool + use<> {
        let width = self.columns.len().max(1);
        let rows = first.row.saturating_sub(N_BLOCKS)..first.row + FIRST_ROWS;
        let columns = first.column..first.column + FIRST_COLUMNS;
        move |index| rows.contains(&(index / width)) && columns.contains(&(index % width))
    }

    /// For the wire, with all the marks that it has.
    pub fn pack(self) -> Matrix {
        let marks = Marks::pack(&sorted(&self.marks), &sorted(&self.missing));
        let mut cells = String::with_capacity(self.cells.len());
        let mut ids = String::with_capacity(self.cells.len());
        let mut predicted = compact::Prediction::new(self.columns.len());
        for cell in &self.cells {
            cells.push(Cell::letter(cell.as_ref()));
            let guess = predicted.guess();
            let id = cell.map_or(guess, |it| it.step.0);
            compact::push(&mut ids, id - guess);
            predicted.tell(id);
        }
        Matrix {
            release: self.release,
            bands: self.bands,
            columns: self.columns,
            rows: self.rows,
            cells,
            ids,
            marks,
        }
    }
}

fn sorted<T: Clone>(all: &HashMap<usize, T>) -> Vec<(usize, T)> {
    let mut all: Vec<(usize, T)> = all.iter().map(|it| (*it.0, it.1.clone())).collect();
    all.sort_by_key(|it| it.0);
    all
}

impl From<Matrix> for Grid {
    fn from(matrix: Matrix) -> Self {
        let mut predicted = compact::Prediction::new(matrix.columns.len());
        let mut numbers = Numbers::of(&matrix.ids);
        let width = matrix.columns.len().max(1);
        let cells: Vec<(At, Cell)> = matrix
            .cells
            .bytes()
            .take(matrix.rows.len() * matrix.columns.len())
            .enumerate()
            .filter_map(|(index, letter)| {
                let id = predicted.guess() + numbers.next().unwrap_or_default();
                predicted.tell(id);
                Some((
                    At {
                        row: index / width,
                        column: index % width,
                    },
                    Cell::read(letter, StepId(id))?,
                ))
            })
            .collect();
        let mut grid = Self::new(
            matrix.release,
            matrix.bands,
            matrix.columns,
            matrix.rows,
            cells,
        );
        grid.take_marks(&matrix.marks);
        grid
    }
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use crate::domain::{
        id::ReleaseId, release::ReleaseStatus, release::ReleaseType, text::Metadata,
    };
    use chrono::DateTime;
    use proptest::prelude::*;

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

    fn grid(n_rows: usize, n_columns: usize, cells: impl Fn(At) -> Option<Cell>) -> Grid {
        let rows = (0..n_rows)
            .map(|it| Row {
                name: format!("r{it}"),
                category: Category::Deploy,
                kind: StepType::Bash,
                template: Some(TemplateId(1)),
            })
            .collect();
        let columns = (0..n_columns)
            .map(|it| Column {
                id: CustomerId(1),
                name: format!("c{it}"),
                namespace: "c".into(),
                band: 0,
                inactive: it == 1,
            })
            .collect();
        let all = (0..n_rows).flat_map(|row| (0..n_columns).map(move |column| At { row, column }));
        let cells: Vec<_> = all.filter_map(|at| Some((at, cells(at)?))).collect();
        Grid::new(
            release(),
            vec![Band {
                id: ClusterId(1),
                name: "eu".into(),
            }],
            columns,
            rows,
            cells,
        )
    }

    fn cell(id: i64, status: StepStatus) -> Cell {
        Cell {
            step: StepId(id),
            status,
            is_overridden: false,
            has_notes: true,
            is_unresolved: false,
        }
    }

    #[test]
    fn a_hundred_thousand_regular_cells_take_two_letters_each() {
        let id = |at: At| i64::try_from(1 + at.column * 100 + at.row).unwrap();
        let matrix = grid(100, 1_000, |at| Some(cell(id(at), StepStatus::Pending))).pack();
        assert!(matrix.cells.len() + matrix.ids.len() < 202_000);
    }

    #[test]
    fn setting_a_cell_keeps_every_count_true() {
        let mut grid = grid(2, 2, |at| {
            Some(cell(
                i64::try_from(at.row * 2 + at.column).unwrap(),
                StepStatus::Pending,
            ))
        });
        let at = At { row: 1, column: 0 };
        grid.set(
            at,
            cell(2, StepStatus::Done),
            Some(Mark {
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
        assert_eq!(grid.mark(at).unwrap().by, "Ana");
        assert_eq!(grid.place_of(StepId(2)), Some(at));
    }

    proptest! {
        #[test]
        fn a_grid_survives_the_journey(
            ids in prop::collection::vec(prop::option::of((any::<u32>(), 0usize..6, any::<bool>(), any::<bool>())), 12),
            marks in prop::collection::btree_map(0usize..12, (0i64..4_000_000_000, "[A-C]", prop::option::of("[a-c]")), 0..12),
            missing in prop::collection::btree_map(0usize..12, "[A-C]", 0..12),
        ) {
            let mut before = grid(3, 4, |at| ids[at.row * 4 + at.column].map(|(id, status, over, bare)| Cell {
                step: StepId(id.into()), status: StepStatus::ALL[status], is_overridden: over, has_notes: !bare, is_unresolved: bare,
            }));
            let marks: Vec<_> = marks.into_iter().map(|(index, (at, by, reason))| (index, Mark { by, at: DateTime::from_timestamp(at, 0).unwrap(), reason })).collect();
            let missing: Vec<_> = missing.into_iter().collect();
            before.take_marks(&Marks::pack(&marks, &missing));
            let json = serde_json::to_string(&before.clone().pack()).unwrap();
            let after = Grid::from(serde_json::from_str::<Matrix>(&json).unwrap());
            prop_assert_eq!(after, before);
        }
    }
}
