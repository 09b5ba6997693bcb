//! What the lines of the matrix count: only the cells that the filter leaves, with those of what is collapsed. Without a filter
//! these are the counts that the grid keeps up to date.
use super::layout::{GridLayout, GridLine};
use crate::domain::{
    digit_groups::grouped,
    matrix::{CellIndex, Grid},
    plural::pluralize,
    progress::Counts,
};

/// "18 customers", or "12 of 18 customers" if not all are shown.
pub fn shown_of_all(shown: usize, all: usize, one: &str) -> String {
    let all_of_them = pluralize(all, one);
    if shown == all {
        all_of_them
    } else {
        format!("{} of {all_of_them}", grouped(shown))
    }
}

impl GridLayout {
    fn is_row_shown(&self, row: usize) -> bool {
        self.shown.as_ref().is_none_or(|it| it.rows[row])
    }

    fn is_column_shown(&self, column: usize) -> bool {
        self.shown.as_ref().is_none_or(|it| it.columns[column])
    }

    /// The steps that a line stands for; all that are shown, if it is one of customers.
    fn rows_in(&self, grid: &Grid, line: GridLine) -> Vec<usize> {
        let rows = 0..grid.rows.len();
        match line {
            GridLine::Step(row) => vec![row],
            GridLine::Block(block) => rows
                .filter(|it| grid.rows[*it].block() == block && self.is_row_shown(*it))
                .collect(),
            _ => rows.filter(|it| self.is_row_shown(*it)).collect(),
        }
    }

    /// The customers that a line stands for; all that are shown, if it is one of steps.
    fn columns_in(&self, grid: &Grid, line: GridLine) -> Vec<usize> {
        let columns = 0..grid.columns.len();
        match line {
            GridLine::Customer(column) => vec![column],
            GridLine::Alike(first) => self.columns_alike(first).to_vec(),
            GridLine::Group(group) => columns
                .filter(|it| grid.columns[*it].group == group && self.is_column_shown(*it))
                .collect(),
            _ => columns.filter(|it| self.is_column_shown(*it)).collect(),
        }
    }

    /// How many steps of a block, or customers of a cluster, are shown.
    pub fn n_shown_in(&self, grid: &Grid, section: GridLine) -> usize {
        match section {
            GridLine::Block(_) => self.rows_in(grid, section).len(),
            _ => self.columns_in(grid, section).len(),
        }
    }

    /// The counts of a line.
    pub fn line_counts(&self, grid: &Grid, line: GridLine) -> Counts {
        let mut counts = Counts::default();
        match line {
            GridLine::Step(_) | GridLine::Block(_) => {
                let rows = self.rows_in(grid, line);
                if self.shown.is_none() {
                    rows.iter()
                        .for_each(|it| counts.add_all(grid.row_counts(*it)));
                    return counts;
                }
            }
            GridLine::Customer(_) | GridLine::Group(_) | GridLine::Alike(_) => {
                let columns = self.columns_in(grid, line);
                if self.shown.is_none() {
                    columns
                        .iter()
                        .for_each(|it| counts.add_all(grid.column_counts(*it)));
                    return counts;
                }
            }
        }
        self.counts_at(grid, line, line)
    }

    /// The counts of the cells where two lines meet; of all cells of a line where it meets itself.
    pub fn counts_at(&self, grid: &Grid, one: GridLine, other: GridLine) -> Counts {
        let is_of_steps = |it: GridLine| matches!(it, GridLine::Step(_) | GridLine::Block(_));
        let (steps, customers) = if is_of_steps(one) {
            (one, other)
        } else {
            (other, one)
        };
        let columns = self.columns_in(grid, customers);
        let mut counts = Counts::default();
        for row in self.rows_in(grid, steps) {
            for column in &columns {
                let at = CellIndex {
                    row,
                    column: *column,
                };
                if let Some(cell) = grid.cell(at) {
                    counts.add(cell.status, 1);
                }
            }
        }
        counts
    }

    /// The counts of everything that is shown, and the number of its cells that need attention.
    pub fn shown_counts(&self, grid: &Grid) -> (Counts, usize) {
        let Some(shown) = &self.shown else {
            return (grid.total, grid.attention);
        };
        let (mut counts, mut attention) = (Counts::default(), 0);
        for (at, cell) in grid.cells() {
            if shown.rows[at.row] && shown.columns[at.column] {
                counts.add(cell.status, 1);
                attention += usize::from(cell.needs_attention());
            }
        }
        (counts, attention)
    }

    /// "14 steps, 12 of 18 customers".
    pub fn size_text(&self, grid: &Grid) -> String {
        let n_shown = |all: &[bool]| all.iter().filter(|it| **it).count();
        let (rows, columns) = match &self.shown {
            Some(shown) => (n_shown(&shown.rows), n_shown(&shown.columns)),
            None => (grid.rows.len(), grid.columns.len()),
        };
        let steps = shown_of_all(rows, grid.rows.len(), "step");
        let customers = shown_of_all(columns, grid.columns.len(), "customer");
        format!("{steps}, {customers}")
    }

    /// Whether a cell belongs to a line.
    pub fn contains(&self, grid: &Grid, line: GridLine, at: CellIndex) -> bool {
        match line {
            GridLine::Step(row) => row == at.row,
            GridLine::Block(block) => grid.rows[at.row].block() == block,
            GridLine::Customer(column) => column == at.column,
            GridLine::Group(group) => grid.columns[at.column].group == group,
            GridLine::Alike(first) => self.columns_alike(first).contains(&at.column),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::{arrangement::Arrangement, layout::Collapsed},
        domain::{
            matrix::tests::{cell, grid},
            matrix_filter::MatrixFilter,
            vocabulary::StepStatus::{Done, Failed, Pending},
        },
    };

    /// Two steps by three customers, named c0 to c2: the first is done with r0, the last failed at r1.
    fn example() -> Grid {
        grid(2, 3, |at| {
            let status = match (at.row, at.column) {
                (0, 0) => Done,
                (1, 2) => Failed,
                _ => Pending,
            };
            let id = i64::try_from(at.row * 3 + at.column).unwrap();
            Some(cell(id, status))
        })
    }

    fn layout(grid: &Grid, filter: &MatrixFilter) -> GridLayout {
        let arrangement = Arrangement::default();
        GridLayout::new(grid, &Collapsed::default(), filter, &arrangement)
    }

    #[test]
    fn what_a_filter_hides_is_not_counted() {
        let grid = example();
        let block = GridLine::Block(grid.rows[0].block());
        let all = layout(&grid, &MatrixFilter::default());
        assert_eq!(all.size_text(&grid), "2 steps, 3 customers");
        assert_eq!(all.shown_counts(&grid), (grid.total, 1));
        assert_eq!(all.line_counts(&grid, block), grid.total);
        let filter = MatrixFilter {
            customers: "c2".into(),
            ..MatrixFilter::default()
        };
        let one = layout(&grid, &filter);
        assert_eq!(one.size_text(&grid), "2 steps, 1 of 3 customers");
        let (counts, attention) = one.shown_counts(&grid);
        assert_eq!((counts.total(), counts.failed, attention), (2, 1, 1));
        assert_eq!(one.line_counts(&grid, GridLine::Step(0)).total(), 1);
        assert_eq!(one.line_counts(&grid, GridLine::Customer(2)).total(), 2);
        assert_eq!(one.line_counts(&grid, GridLine::Group(0)), counts);
        assert_eq!(one.line_counts(&grid, block), counts);
        assert_eq!(one.n_shown_in(&grid, GridLine::Group(0)), 1);
        let met = one.counts_at(&grid, GridLine::Group(0), GridLine::Step(1));
        assert_eq!((met.failed, met.total()), (1, 1));
    }

    #[test]
    fn thousands_of_customers_are_counted_with_separators() {
        let text = shown_of_all(1_000, 1_200, "customer");
        assert_eq!(text, "1,000 of 1,200 customers");
    }

    #[test]
    fn without_a_filter_a_line_counts_what_the_grid_does() {
        let grid = example();
        let all = layout(&grid, &MatrixFilter::default());
        for row in 0..2 {
            let line = GridLine::Step(row);
            assert_eq!(all.line_counts(&grid, line), grid.row_counts(row));
            assert_eq!(all.counts_at(&grid, line, line), grid.row_counts(row));
        }
        for column in 0..3 {
            let line = GridLine::Customer(column);
            assert_eq!(all.line_counts(&grid, line), grid.column_counts(column));
            assert_eq!(all.counts_at(&grid, line, line), grid.column_counts(column));
        }
    }
}
