//! Where customers are now: the active releases that each is in, how far it is there, and which values are missing. Computed from
//! matrices in memory.
use crate::domain::{
    customer::{CustomerNow, CustomerSummary},
    id::{CustomerId, ReleaseId},
    matrix::Grid,
    progress::Counts,
    vocabulary::ReleaseStatus,
};
use crate::store::{Store, entity::release, error::StoreError};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{HashMap, HashSet};

/// By customer: where it is, in the order of the releases, the newest first.
fn work_by_customer(grids: &[&Grid]) -> HashMap<CustomerId, CustomerNow> {
    let mut found: HashMap<CustomerId, CustomerNow> = HashMap::new();
    let mut missing: HashMap<CustomerId, HashSet<&str>> = HashMap::new();
    for grid in grids {
        for (index, column) in grid.columns.iter().enumerate() {
            let now = found.entry(column.id).or_insert_with(|| CustomerNow {
                release_id: grid.release.id,
                release: grid.release.name.clone(),
                counts: Counts::default(),
                missing: 0,
            });
            now.counts.add_all(grid.column_counts(index));
        }
        for (at, names) in grid.unresolved_cells() {
            if grid.cell(at).is_some_and(|it| it.status.is_open())
                && let Some(column) = grid.columns.get(at.column)
            {
                let of_customer = missing.entry(column.id).or_default();
                of_customer.extend(names.split(", "));
            }
        }
    }
    for (customer, names) in missing {
        if let Some(now) = found.get_mut(&customer) {
            now.missing = u32::try_from(names.len()).unwrap_or(u32::MAX);
        }
    }
    found
}

impl Store {
    /// Adds to customers where they are now.
    pub(super) async fn add_work(
        &self,
        customers: &mut [CustomerSummary],
    ) -> Result<(), StoreError> {
        let active: Vec<i64> = self
            .visible()
            .releases()
            .select_only()
            .column(release::Column::Id)
            .filter(release::Column::Status.eq(ReleaseStatus::Active.as_str()))
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut matrices = Vec::with_capacity(active.len());
        for id in active {
            matrices.push(self.visible_matrix(ReleaseId(id)).await?);
        }
        let grids: Vec<&Grid> = matrices
            .iter()
            .map(super::visible_rows::VisibleMatrix::grid)
            .collect();
        let mut found = work_by_customer(&grids);
        for customer in customers {
            customer.now = found.remove(&customer.id);
        }
        Ok(())
    }
}
