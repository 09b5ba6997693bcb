//! What the columns of a matrix are sorted and merged by: which customer needs attention most, which look the same, and which
//! clusters have nothing left to do.
use super::{
    id::ClusterId,
    matrix::{Cell, CellIndex, Grid},
    vocabulary::StepStatus,
};
use std::cmp::Reverse;

impl Grid {
    /// The columns by attention (R7): by the state that needs it most, then by the number of cells in it, then as they stand.
    pub fn columns_by_attention(&self) -> Vec<usize> {
        let key = |column: usize| {
            let counts = self.column_counts(column);
            let state = counts.state();
            let mut states = StepStatus::BY_ATTENTION.iter();
            let rank = states.position(|it| Some(*it) == state);
            let n_cells = state.map_or(0, |it| counts.of(it));
            let last = StepStatus::BY_ATTENTION.len();
            (rank.unwrap_or(last), Reverse(n_cells))
        };
        // By insertion: the standard library's sort would weigh more in the WASM than the rest of the arrangement.
        let mut columns: Vec<usize> = Vec::with_capacity(self.columns.len());
        for column in 0..self.columns.len() {
            let here = key(column);
            let at = columns.partition_point(|it| key(*it) <= here);
            columns.insert(at, column);
        }
        columns
    }

    /// What a column looks like in these rows: equal for columns that look the same.
    pub fn column_look(&self, column: usize, rows: &[usize]) -> Vec<u8> {
        let look = |cell: &Cell| {
            let marks = [cell.is_overridden, cell.has_notes, cell.is_unresolved];
            let status = cell.status as u8 + 1;
            marks.iter().fold(status, |all, it| 2 * all + u8::from(*it))
        };
        let cells = rows
            .iter()
            .map(|row| self.cell(CellIndex { row: *row, column }));
        cells.map(|it| it.map_or(0, look)).collect()
    }

    /// The clusters in which all is finished, in the order of the groups. None if that is all of them: there is nothing that
    /// they would make room for.
    pub fn finished_clusters(&self) -> Vec<ClusterId> {
        let mut is_open = vec![false; self.groups.len()];
        for (index, column) in self.columns.iter().enumerate() {
            let counts = self.column_counts(index);
            is_open[column.group] |= counts.finished() < counts.total();
        }
        let groups = self.groups.iter().zip(&is_open);
        let finished: Vec<ClusterId> = groups.filter(|it| !it.1).map(|it| it.0.id).collect();
        if finished.len() == self.groups.len() {
            return Vec::new();
        }
        finished
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::matrix::{
        ClusterGroup,
        tests::{cell, grid},
    };

    /// One row; a column for each of these.
    fn of(statuses: &[StepStatus]) -> Grid {
        grid(1, statuses.len(), |at| Some(cell(1, statuses[at.column])))
    }

    #[test]
    fn who_needs_attention_most_comes_first() {
        use StepStatus::{Done, Failed, InProgress, Pending, Reverted, Skipped};
        let seven = of(&[
            Done, Pending, Failed, Skipped, Reverted, InProgress, Pending,
        ]);
        assert_eq!(seven.columns_by_attention(), [2, 5, 4, 1, 6, 0, 3]);
        // Of two with a failure the one with more.
        let two = grid(2, 2, |at| {
            let is_failed = at.column == 1 || at.row == 0;
            Some(cell(1, if is_failed { Failed } else { Pending }))
        });
        assert_eq!(two.columns_by_attention(), [1, 0]);
    }

    #[test]
    fn columns_look_the_same_if_every_cell_and_mark_does() {
        let mut three = grid(2, 3, |at| {
            (at.column < 2).then(|| cell(1, StepStatus::Pending))
        });
        let look = |it: &Grid, column| it.column_look(column, &[0, 1]);
        assert_eq!(look(&three, 0), look(&three, 1));
        assert_ne!(look(&three, 0), look(&three, 2));
        let marked = Cell {
            is_overridden: true,
            ..cell(1, StepStatus::Pending)
        };
        three.set(CellIndex { row: 1, column: 1 }, marked, None);
        assert_ne!(look(&three, 0), look(&three, 1));
        assert_eq!(three.column_look(0, &[0]), three.column_look(1, &[0]));
    }

    #[test]
    fn a_cluster_without_open_steps_is_finished_unless_all_are() {
        use StepStatus::{Done, Failed, Skipped};
        let with_groups = |statuses: &[StepStatus]| {
            let mut grid = of(statuses);
            grid.groups = [7, 5]
                .map(|id| ClusterGroup {
                    id: ClusterId(id),
                    name: "c".into(),
                })
                .into();
            grid.columns[1].group = 1;
            grid
        };
        assert_eq!(
            with_groups(&[Done, Failed]).finished_clusters(),
            [ClusterId(7)]
        );
        assert_eq!(
            with_groups(&[Failed, Skipped]).finished_clusters(),
            [ClusterId(5)]
        );
        assert_eq!(with_groups(&[Done, Done]).finished_clusters(), []);
        assert_eq!(with_groups(&[Failed, Failed]).finished_clusters(), []);
    }
}
