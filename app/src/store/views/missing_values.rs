//! Missing values of open steps, by release and variable, for the dashboard. Computed from matrices in memory, without a
//! query.
use crate::domain::{id::CustomerId, matrix::Grid, summary::MissingValue};
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// The number of lines on the dashboard.
const MISSING_VALUES_MAX: usize = 30;
/// The number of customers named per line; the others are counted.
const NAMED_CUSTOMERS_MAX: usize = 3;

/// One line per release and variable, in the order of the releases.
pub fn missing_values(grids: &[&Grid]) -> Vec<MissingValue> {
    let mut lines: Vec<MissingValue> = grids.iter().flat_map(|it| missing_values_of(it)).collect();
    lines.truncate(MISSING_VALUES_MAX);
    lines
}

fn missing_values_of(grid: &Grid) -> Vec<MissingValue> {
    // By variable: its columns, and the number of its cells.
    let mut found: BTreeMap<&str, (HashSet<usize>, u32)> = BTreeMap::new();
    for (at, names) in grid.unresolved_cells() {
        if grid.cell(at).is_some_and(|it| it.status.is_open()) {
            for name in names.split(", ") {
                let (columns, cells) = found.entry(name).or_default();
                columns.insert(at.column);
                *cells += 1;
            }
        }
    }
    let lines = found.into_iter().map(|(name, (columns, cells))| {
        let mut named: Vec<(&str, CustomerId, usize)> = columns
            .iter()
            .map(|it| &grid.columns[*it])
            .map(|it| (it.name.as_str(), it.id, it.group))
            .collect();
        named.sort_unstable();
        named.truncate(NAMED_CUSTOMERS_MAX);
        let groups: BTreeSet<usize> = named.iter().map(|it| it.2).collect();
        MissingValue {
            release_id: grid.release.id,
            release: grid.release.name.clone(),
            variable: name.to_owned(),
            customers: named
                .into_iter()
                .map(|it| (it.1, it.0.to_owned()))
                .collect(),
            clusters: groups
                .into_iter()
                .map(|it| (grid.groups[it].id, grid.groups[it].name.clone()))
                .collect(),
            n_customers: u32::try_from(columns.len()).unwrap_or(u32::MAX),
            cells,
            removed: None,
        }
    });
    lines.collect()
}
