//! The part of a matrix that a caller with a scope sees (R22): its customers' columns, the clusters of these, the template's
//! rows, and custom rows of these customers alone. Counts are made anew, so that they tell nothing of the others.
use super::{
    id::{ClusterId, CustomerId},
    matrix::{ClusterGroup, Grid, MatrixColumn},
    past_clusters::PastClusters,
};
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

impl Grid {
    /// The matrix with the columns of these customers only.
    pub fn only(&self, is_visible: impl Fn(CustomerId, ClusterId) -> bool) -> Self {
        let width = self.columns.len();
        let mut groups: Vec<ClusterGroup> = Vec::new();
        let mut columns: Vec<MatrixColumn> = Vec::new();
        // By index in the whole matrix: the index in the part.
        let mut column_of: Vec<Option<usize>> = vec![None; width];
        for (index, column) in self.columns.iter().enumerate() {
            let group = &self.groups[column.group];
            if !is_visible(column.id, group.id) {
                continue;
            }
            // Columns are sorted by cluster, so a group that is kept is the last one.
            if groups.last() != Some(group) {
                groups.push(group.clone());
            }
            column_of[index] = Some(columns.len());
            columns.push(MatrixColumn {
                group: groups.len() - 1,
                ..column.clone()
            });
        }
        let kept: Vec<usize> = (0..width).filter(|it| column_of[*it].is_some()).collect();
        let has_cell = |row: usize| {
            kept.iter()
                .any(|column| self.cells[row * width + column].is_some())
        };
        let mut row_of: Vec<Option<usize>> = vec![None; self.rows.len()];
        let mut rows = Vec::with_capacity(self.rows.len());
        for (index, row) in self.rows.iter().enumerate() {
            if row.template.is_some() || has_cell(index) {
                row_of[index] = Some(rows.len());
                rows.push(row.clone());
            }
        }
        let kept_rows = (0..self.rows.len()).filter(|it| row_of[*it].is_some());
        let indexes: Vec<usize> = kept_rows
            .flat_map(|row| kept.iter().map(move |column| row * width + column))
            .collect();
        let cells = indexes.iter().map(|it| self.cells[*it]).collect();
        let status_changes = indexes.iter().map(|it| self.status_changes[*it].clone());
        let n_columns = columns.len();
        let mut part = Self::with_cells(self.release.clone(), groups, columns, rows, cells);
        part.status_changes = status_changes.collect();
        let translated = |index: usize| {
            let (row, column) = (index.checked_div(width)?, index.checked_rem(width)?);
            let row = row_of.get(row).copied().flatten()?;
            Some(row * n_columns + column_of[column]?)
        };
        let cut = |texts: &HashMap<usize, Arc<str>>| {
            texts
                .iter()
                .filter_map(|(index, text)| Some((translated(*index)?, text.clone())))
                .collect()
        };
        part.missing = cut(&self.missing);
        part.value_changes = cut(&self.value_changes);
        let own_numbers = self.own_numbers.iter();
        part.own_numbers = own_numbers
            .filter_map(|(index, number)| Some((translated(*index)?, *number)))
            .collect();
        part
    }

    /// Leaves out of the lines of cards the values that may be of clusters that the caller does not see (R22).
    pub fn hide_value_changes(&mut self, past: &PastClusters) {
        let width = self.columns.len();
        for (index, lines) in &mut self.value_changes {
            let column = index.checked_rem(width).and_then(|it| self.columns.get(it));
            let hidden = column.and_then(|it| past.hidden_lines(it.id, lines));
            if let Some(hidden) = hidden {
                *lines = hidden.into();
            }
        }
    }

    /// The customers of cells whose cards tell changed values.
    pub fn customers_with_value_changes(&self) -> BTreeSet<CustomerId> {
        let width = self.columns.len();
        let columns = self.value_changes.keys();
        let columns = columns.filter_map(|it| self.columns.get(it.checked_rem(width)?));
        columns.map(|it| it.id).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::{StepId, TemplateId},
        matrix::{Cell, CellIndex, MatrixRow, tests::release},
        vocabulary::{Category, StepStatus, StepType},
    };
    use proptest::prelude::*;

    fn row(name: &str, template: Option<i64>) -> MatrixRow {
        MatrixRow {
            name: name.into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            template: template.map(TemplateId),
        }
    }

    /// Two template rows, and a custom row for each customer; clusters of two customers each.
    fn grid(n_customers: usize) -> Grid {
        let n_bands = n_customers.div_ceil(2);
        let id = |it: usize| i64::try_from(it).unwrap();
        let groups = (0..n_bands).map(|it| ClusterGroup {
            id: ClusterId(id(it)),
            name: format!("cluster {it}"),
        });
        let columns = (0..n_customers).map(|it| MatrixColumn {
            id: CustomerId(id(it)),
            name: format!("customer {it}"),
            namespace: format!("c{it}"),
            group: it / 2,
            inactive: false,
        });
        let mut rows = vec![row("one", Some(1)), row("two", Some(2))];
        rows.extend((0..n_customers).map(|it| row(&format!("custom {it}"), None)));
        let cells = (0..n_customers).flat_map(|column| {
            [0, 1, 2 + column].map(|row| {
                let cell = Cell {
                    step: StepId(id(row * 100 + column)),
                    status: StepStatus::ALL[(row + column) % StepStatus::ALL.len()],
                    is_overridden: false,
                    has_notes: false,
                    is_unresolved: row == 1,
                };
                (CellIndex { row, column }, cell)
            })
        });
        let cells: Vec<_> = cells.collect();
        let mut grid = Grid::new(release(), groups.collect(), columns.collect(), rows, cells);
        for column in 0..n_customers {
            let at = CellIndex { row: 1, column };
            grid.set_missing(at, Some(format!("var.{column}").into()));
        }
        grid
    }

    #[test]
    fn what_is_out_of_scope_leaves_no_column_band_row_or_count() {
        let whole = grid(4);
        let part = whole.only(|customer, _| customer == CustomerId(3));
        let names: Vec<&str> = part.columns.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(names, ["customer 3"]);
        assert_eq!(part.groups.len(), 1);
        let rows: Vec<&str> = part.rows.iter().map(|it| it.name.as_str()).collect();
        assert_eq!(rows, ["one", "two", "custom 3"]);
        assert_eq!(part.total, whole.column_counts(3));
        assert_eq!(part.missing(CellIndex { row: 1, column: 0 }), Some("var.3"));
    }

    proptest! {
        #[test]
        fn each_cell_of_the_part_is_that_of_the_whole(n_customers in 0..6_usize, kept in prop::collection::vec(any::<bool>(), 6)) {
            let whole = grid(n_customers);
            let is_kept = |id: CustomerId| kept[usize::try_from(id.0).unwrap()];
            let part = whole.only(|customer, _| is_kept(customer));
            let mut total = crate::domain::progress::Counts::default();
            for (at, column) in part.columns.iter().enumerate() {
                let there = whole.columns.iter().position(|it| it.id == column.id).unwrap();
                prop_assert!(is_kept(column.id));
                prop_assert_eq!(&part.groups[column.group], &whole.groups[whole.columns[there].group]);
                prop_assert_eq!(part.column_counts(at), whole.column_counts(there));
                total.add_all(part.column_counts(at));
                for (row, it) in part.rows.iter().enumerate() {
                    let of = whole.rows.iter().position(|other| other.name == it.name).unwrap();
                    let (here, there) = (CellIndex { row, column: at }, CellIndex { row: of, column: there });
                    prop_assert_eq!(part.cell(here), whole.cell(there));
                    prop_assert_eq!(part.missing(here), whole.missing(there));
                }
            }
            prop_assert_eq!(part.total, total);
            let expected = (0..n_customers).filter(|it| kept[*it]).count();
            prop_assert_eq!(part.columns.len(), expected);
            prop_assert_eq!(part.rows.len(), 2 + expected);
        }
    }
}
