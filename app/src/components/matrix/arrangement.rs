//! How the matrix is arranged on demand: customers by name or by attention, those that look the same merged, axes swapped.
//! These are mappings in front of the grid, which stays as it is; `GridLayout` applies them.
use super::grid_line::GridLine;
use crate::domain::{id::CustomerId, matrix::Grid, matrix_filter::MatrixFilter};

/// The arrangement. By default customers are columns, by name, each by itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Arrangement {
    /// The customers in their order; none if they are sorted by name. It is of the moment when it was asked for: a cell that
    /// changes must not move its column away from under the pointer.
    order: Option<Vec<CustomerId>>,
    /// Whether customers of a cluster that look the same are one column.
    is_merged: bool,
    /// The customers that looked the same as others when the person last changed what is shown, with the number of their set.
    /// Later they may leave it, and none joins: no more cells may be marked than were seen.
    sets: Vec<(CustomerId, usize)>,
    /// Whether customers are rows and steps are columns.
    pub is_swapped: bool,
    /// The customers that stay by themselves though others look the same.
    apart: Vec<CustomerId>,
}

/// The set and the look of a line, none if it stays by itself; and its customers.
type MergedLine = (Option<(usize, Vec<u8>)>, Vec<usize>);

impl Arrangement {
    /// Reads the arrangement from the query of an address; unknown values are ignored.
    pub fn parse<'a>(
        get: impl Fn(&'static str) -> Option<&'a str>,
        grid: &Grid,
        filter: &MatrixFilter,
    ) -> Self {
        let mut this = Self {
            is_merged: get("merge").is_some(),
            is_swapped: get("swap").is_some(),
            ..Self::default()
        };
        if get("sort") == Some("attention") {
            this.sort_by_attention(grid);
        }
        this.find_alike(grid, filter);
        this
    }

    /// The query of the address: keys and values; `paths::with_query` leaves out empty values.
    pub fn parts(&self) -> [(&'static str, String); 3] {
        let flag = |is_set: bool, word: &str| if is_set { word } else { "" }.to_owned();
        [
            ("sort", flag(self.is_by_attention(), "attention")),
            ("merge", flag(self.is_merged, "1")),
            ("swap", flag(self.is_swapped, "1")),
        ]
    }

    /// Whether customers are sorted by attention.
    pub fn is_by_attention(&self) -> bool {
        self.order.is_some()
    }

    /// Sorts customers by what needs attention now.
    pub fn sort_by_attention(&mut self, grid: &Grid) {
        let columns = grid.columns_by_attention().into_iter();
        self.order = Some(columns.map(|it| grid.columns[it].id).collect());
    }

    /// Sorts customers by name.
    pub fn sort_by_name(&mut self) {
        self.order = None;
    }

    /// Whether customers of a cluster that look the same are one column.
    pub fn is_merged(&self) -> bool {
        self.is_merged
    }

    /// Merges customers that look the same, as soon as `find_alike` has found them, or shows each by itself again.
    pub fn set_merged(&mut self, is_merged: bool) {
        self.is_merged = is_merged;
        self.apart.clear();
    }

    /// Finds the customers of a cluster that look the same now, in the steps that the filter leaves.
    pub fn find_alike(&mut self, grid: &Grid, filter: &MatrixFilter) {
        self.sets.clear();
        if !self.is_merged {
            return;
        }
        let shown = filter.shown(grid);
        let has_row = |row: &usize| shown.as_ref().is_none_or(|it| it.rows[*row]);
        let rows: Vec<usize> = (0..grid.rows.len()).filter(has_row).collect();
        // The cluster and the look of each set.
        let mut looks: Vec<(usize, Vec<u8>)> = Vec::new();
        for (index, column) in grid.columns.iter().enumerate() {
            if self.apart.contains(&column.id) {
                continue;
            }
            let look = (column.group, grid.column_look(index, &rows));
            let known = looks.iter().position(|it| *it == look);
            self.sets.push((column.id, known.unwrap_or(looks.len())));
            if known.is_none() {
                looks.push(look);
            }
        }
    }

    /// Shows merged customers each by itself.
    pub fn set_apart(&mut self, customers: impl Iterator<Item = CustomerId>) {
        self.apart.extend(customers);
        self.sets.retain(|it| !self.apart.contains(&it.0));
    }

    /// All columns in their order; customers that have joined since are behind the others.
    fn columns(&self, grid: &Grid) -> Vec<usize> {
        let all = 0..grid.columns.len();
        let Some(order) = &self.order else {
            return all.collect();
        };
        let found = order.iter().filter_map(|id| {
            let mut columns = grid.columns.iter();
            columns.position(|it| it.id == *id)
        });
        let mut columns: Vec<usize> = found.collect();
        let joined = all.filter(|it| !order.contains(&grid.columns[*it].id));
        columns.extend(joined);
        columns
    }

    /// The columns that are shown, by cluster; no cluster is empty. The cluster of the customer who comes first is the first.
    pub fn clusters(&self, grid: &Grid, is_shown: impl Fn(usize) -> bool) -> Vec<Vec<usize>> {
        let mut clusters: Vec<Vec<usize>> = Vec::new();
        // By cluster: where it is in the list.
        let mut found: Vec<Option<usize>> = vec![None; grid.groups.len()];
        let columns = self.columns(grid).into_iter();
        for column in columns.filter(|it| is_shown(*it)) {
            let group = grid.columns[column].group;
            let at = *found[group].get_or_insert(clusters.len());
            if at == clusters.len() {
                clusters.push(Vec::new());
            }
            clusters[at].push(column);
        }
        clusters
    }

    /// The lines of the columns of a cluster: one each, or one for all of a set that still look the same in these rows. Those
    /// that are merged are added to `alike`.
    pub fn lines(
        &self,
        grid: &Grid,
        columns: Vec<usize>,
        rows: &[usize],
        alike: &mut Vec<Vec<usize>>,
    ) -> Vec<GridLine> {
        if !self.is_merged {
            return columns.into_iter().map(GridLine::Customer).collect();
        }
        let mut lines: Vec<MergedLine> = Vec::new();
        for column in columns {
            let id = grid.columns[column].id;
            let set = self.sets.iter().find(|it| it.0 == id);
            let key = set.map(|it| (it.1, grid.column_look(column, rows)));
            let same = lines.iter_mut().find(|it| key.is_some() && it.0 == key);
            match same {
                Some(line) => line.1.push(column),
                None => lines.push((key, vec![column])),
            }
        }
        let lines = lines.into_iter().map(|(_, columns)| {
            let first = columns[0];
            if columns.len() == 1 {
                return GridLine::Customer(first);
            }
            alike.push(columns);
            GridLine::Alike(first)
        });
        lines.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        matrix::tests::{cell, grid},
        vocabulary::StepStatus,
    };

    #[test]
    fn an_address_says_it_all() {
        let grid = grid(1, 2, |_| Some(cell(1, StepStatus::Pending)));
        let filter = MatrixFilter::default();
        let mut all = Arrangement {
            is_swapped: true,
            ..Arrangement::default()
        };
        all.set_merged(true);
        all.find_alike(&grid, &filter);
        all.sort_by_attention(&grid);
        let parts = all.parts();
        let get = |key| parts.iter().find(|it| it.0 == key).map(|it| it.1.as_str());
        assert_eq!(Arrangement::parse(get, &grid, &filter), all);
        let none = Arrangement::parse(|_| None, &grid, &filter);
        assert_eq!(none, Arrangement::default());
        assert!(none.parts().iter().all(|it| it.1.is_empty()));
    }
}
