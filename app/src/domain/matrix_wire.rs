//! Wire format of the matrix: two characters per cell, one for state and flags and usually one for the step id,
//! stored as the difference from a prediction. 100,000 cells take about 200 kB before compression.
use super::{
    id::StepId,
    matrix::{
        Cell, CellIndex, ClusterGroup, FIRST_WINDOW_COLUMNS, FIRST_WINDOW_ROWS, Grid, MatrixColumn,
        MatrixRow,
    },
    release::Release,
    status_info::StatusInfo,
    varint_text::{self, VarintReader},
    vocabulary::StepStatus,
};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Headings of row blocks take lines of the window too, so its first row may be this many rows further up.
const ROW_BLOCKS: usize = 3;
/// Takes the place of a state where there is no cell.
const NO_CELL: u8 = 7;

/// A matrix in its wire format.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackedMatrix {
    pub release: Release,
    #[serde(rename = "bands")]
    pub groups: Vec<ClusterGroup>,
    pub columns: Vec<MatrixColumn>,
    pub rows: Vec<MatrixRow>,
    /// One character per cell, row by row.
    cells: String,
    /// One number per cell: the step id minus its prediction.
    ids: String,
    /// Status information of the first window; the rest is fetched after hydration.
    pub marks: StatusInfo,
}

fn encode_cell(cell: Option<&Cell>) -> char {
    varint_text::encode_digit(cell.map_or(NO_CELL, |it| {
        let status = StepStatus::ALL
            .iter()
            .position(|status| *status == it.status)
            .unwrap_or_default();
        u8::try_from(status).unwrap_or(NO_CELL)
            | u8::from(it.is_overridden) << 3
            | u8::from(it.has_notes) << 4
            | u8::from(it.is_unresolved) << 5
    }))
}

fn decode_cell(digit: u8, step: StepId) -> Option<Cell> {
    let value = varint_text::decode_digit(digit)?;
    Some(Cell {
        step,
        status: *StepStatus::ALL.get(usize::from(value & 7))?,
        is_overridden: value & 8 != 0,
        has_notes: value & 16 != 0,
        is_unresolved: value & 32 != 0,
    })
}

impl PackedMatrix {
    /// Packs a matrix, with status information for the window that begins at `first`.
    pub fn of(grid: &Grid, first: CellIndex) -> Self {
        let width = grid.columns.len().max(1);
        let rows = first.row.saturating_sub(ROW_BLOCKS)..first.row + FIRST_WINDOW_ROWS;
        let columns = first.column..first.column + FIRST_WINDOW_COLUMNS;
        let in_first_window =
            |index: usize| rows.contains(&(index / width)) && columns.contains(&(index % width));
        let mut cells = String::with_capacity(grid.cells.len());
        let mut ids = String::with_capacity(grid.cells.len());
        let mut prediction = varint_text::IdPrediction::new(width);
        for cell in &grid.cells {
            cells.push(encode_cell(cell.as_ref()));
            let predicted_id = prediction.predict();
            let id = cell.map_or(predicted_id, |it| it.step.0);
            varint_text::push(&mut ids, id - predicted_id);
            prediction.record(id);
        }
        Self {
            release: grid.release.clone(),
            groups: grid.groups.clone(),
            columns: grid.columns.clone(),
            rows: grid.rows.clone(),
            cells,
            ids,
            marks: grid.status_info(in_first_window),
        }
    }
}

impl From<PackedMatrix> for Grid {
    fn from(matrix: PackedMatrix) -> Self {
        let width = matrix.columns.len().max(1);
        let mut prediction = varint_text::IdPrediction::new(width);
        let mut numbers = VarintReader::new(&matrix.ids);
        let digits = matrix.cells.bytes();
        let mut cells: Vec<Option<Cell>> = digits
            .take(matrix.rows.len() * matrix.columns.len())
            .map(|digit| {
                let id = prediction.predict() + numbers.next().unwrap_or_default();
                prediction.record(id);
                decode_cell(digit, StepId(id))
            })
            .collect();
        cells.resize(matrix.rows.len() * matrix.columns.len(), None);
        let mut grid = Self::with_cells(
            matrix.release,
            matrix.groups,
            matrix.columns,
            matrix.rows,
            cells,
        );
        grid.merge_status_info(&matrix.marks);
        grid
    }
}

impl Grid {
    /// Values of a cell's text that changed after the activation (R81), one per line; the time stands between two `U+001F`, in
    /// milliseconds.
    pub fn value_changes(&self, at: CellIndex) -> Option<&str> {
        self.value_changes.get(&self.index(at)).map(AsRef::as_ref)
    }

    /// Sets what `value_changes` answers.
    pub fn set_value_changes(&mut self, at: CellIndex, lines: Arc<str>) {
        let index = self.index(at);
        self.value_changes.insert(index, lines);
    }

    /// Adds status information that arrived later than the cells. False, and nothing is added, if it is of another
    /// arrangement: a step or a customer came or went meanwhile.
    pub fn merge_status_info(&mut self, marks: &StatusInfo) -> bool {
        if marks.shape != self.shape() {
            return false;
        }
        for (index, change) in marks.unpack() {
            self.write_status_change(index, Some(change));
        }
        self.missing.extend(marks.unpack_missing());
        self.value_changes.extend(marks.unpack_value_changes());
        self.take_own_numbers(&marks.own_numbers);
        true
    }

    /// The status information of the wanted cells in its wire format; `is_wanted` takes a cell index.
    pub fn status_info(&self, is_wanted: impl Fn(usize) -> bool) -> StatusInfo {
        let marks = self.status_changes.iter().enumerate();
        let marks = marks.filter_map(|(index, it)| Some((index, it.as_ref()?)));
        let missing = self.missing.iter();
        let mut missing: Vec<(usize, &str)> = missing.map(|it| (*it.0, it.1.as_ref())).collect();
        missing.retain(|it| is_wanted(it.0));
        missing.sort_unstable();
        let changed = self.value_changes.iter();
        let mut changed: Vec<(usize, &str)> = changed.map(|it| (*it.0, it.1.as_ref())).collect();
        changed.retain(|it| is_wanted(it.0));
        changed.sort_unstable();
        let mut info = StatusInfo::pack(marks.filter(|it| is_wanted(it.0)), missing)
            .with_value_changes(changed)
            .of_shape(self.shape());
        info.own_numbers = self.pack_own_numbers(is_wanted);
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        matrix::tests::{cell, grid},
        status_info::StatusChange,
    };
    use chrono::DateTime;
    use proptest::prelude::*;

    #[test]
    fn a_hundred_thousand_regular_cells_take_two_letters_each() {
        let id = |at: CellIndex| i64::try_from(1 + at.column * 100 + at.row).unwrap();
        let grid = grid(100, 1_000, |at| Some(cell(id(at), StepStatus::Pending)));
        let matrix = PackedMatrix::of(&grid, CellIndex::default());
        assert!(matrix.cells.len() + matrix.ids.len() < 202_000);
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
            let marks: Vec<_> = marks.into_iter().map(|(index, (at, by, reason))| (index, StatusChange { by: by.into(), at: DateTime::from_timestamp(at, 0).unwrap(), reason: reason.map(Into::into) })).collect();
            let shape = before.shape();
            before.merge_status_info(&StatusInfo::pack(marks.iter().map(|it| (it.0, &it.1)), missing.iter().map(|it| (*it.0, it.1.as_str()))).of_shape(shape));
            let mut sent = PackedMatrix::of(&before, CellIndex::default());
            sent.marks = before.status_info(|_| true);
            let json = serde_json::to_string(&sent).unwrap();
            let after = Grid::from(serde_json::from_str::<PackedMatrix>(&json).unwrap());
            prop_assert_eq!(after, before);
        }
    }
}
