//! Missing values of open steps: by release and variable for the dashboard, and of one release by customer and variable. Computed
//! from matrices in memory; only who removed a value is read.
use crate::domain::{
    id::{CustomerId, ReleaseId},
    matrix::Grid,
    summary::MissingValue,
    value_edit::MissingTable,
};
use crate::store::{
    Store,
    access::past_clusters::past_clusters,
    error::StoreError,
    records::value_changes::{ValueChanges, removed_values},
};
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

/// The missing values of a release by customer, in the order of the matrix, each with the steps that use it.
fn missing_table(grid: &Grid) -> MissingTable {
    // By column and variable: the rows of the steps.
    let mut found: BTreeMap<(usize, &str), BTreeSet<usize>> = BTreeMap::new();
    for (at, names) in grid.unresolved_cells() {
        if grid.cell(at).is_some_and(|it| it.status.is_open()) {
            for name in names.split(", ") {
                found.entry((at.column, name)).or_default().insert(at.row);
            }
        }
    }
    let mut table = MissingTable::new(grid.release.id, &grid.release.name);
    for ((column, name), rows) in found {
        let steps = rows.into_iter().map(|row| grid.rows[row].name.clone());
        let steps: Vec<String> = steps.collect();
        let customer = &grid.columns[column];
        let cluster = &grid.groups[customer.group];
        table.add(
            (customer.id, customer.name.as_str()),
            (cluster.id, cluster.name.as_str()),
            name,
            &steps,
            None,
        );
    }
    table.cut()
}

impl Store {
    /// Replaces what changed values tell of clusters that the caller does not see (R22).
    pub(in crate::store) async fn hide_past_values(
        &self,
        changes: &mut ValueChanges,
    ) -> Result<(), StoreError> {
        let customers: BTreeSet<CustomerId> = changes.keys().map(|it| it.0).collect();
        let customers: Vec<CustomerId> = customers.into_iter().collect();
        let past = past_clusters(&self.read, self.visible(), &customers).await?;
        for ((customer, _), change) in changes {
            past.hide(*customer, std::slice::from_mut(change));
        }
        Ok(())
    }

    /// The missing values of a release's open steps, by customer and variable, with who removed them (R103). Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn missing_table(&self, id: ReleaseId) -> Result<MissingTable, StoreError> {
        let mut table = missing_table(self.visible_matrix(id).await?.grid());
        let rows = table.customers.iter();
        let names = rows.flat_map(|row| {
            row.missing
                .iter()
                .map(move |it| (row.customer.0, it.0.as_str()))
        });
        let names: Vec<(CustomerId, &str)> = names.collect();
        let mut removed = removed_values(&self.read, id, &names).await?;
        self.hide_past_values(&mut removed).await?;
        for row in &mut table.customers {
            for (name, change) in &mut row.missing {
                *change = removed.remove(&(row.customer.0, name.clone()));
            }
        }
        Ok(table)
    }
}
