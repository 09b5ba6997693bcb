//! The matrix of a release as pages ask for it, and the release's progress by customer, cluster and category. All of
//! it is answered from the matrix cache.
use crate::domain::{
    id::ReleaseId,
    matrix::{CellIndex, Grid},
    matrix_wire::PackedMatrix,
    progress::{Counts, Progress},
    status_info::StatusInfo,
    status_summary::status_summary,
    summary::{CategoryProgress, PartProgress, ReleaseProgress},
    vocabulary::Category,
};
use crate::store::{Store, error::StoreError};

impl Store {
    /// The current matrix of a release, with the status information of all cells. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn grid(&self, id: ReleaseId) -> Result<Grid, StoreError> {
        Ok(self.visible_matrix(id).await?.grid().clone())
    }

    /// The matrix in its wire format, with status information for the window that begins at `first`. Errors: not
    /// found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn matrix(
        &self,
        id: ReleaseId,
        first: CellIndex,
    ) -> Result<PackedMatrix, StoreError> {
        Ok(PackedMatrix::of(
            self.visible_matrix(id).await?.grid(),
            first,
        ))
    }

    /// The status information of all cells in its wire format. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn matrix_status_info(&self, id: ReleaseId) -> Result<StatusInfo, StoreError> {
        Ok(self.visible_matrix(id).await?.grid().status_info(|_| true))
    }

    /// The state of a release as a short text. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn status_summary(&self, id: ReleaseId) -> Result<String, StoreError> {
        Ok(status_summary(self.visible_matrix(id).await?.grid()))
    }

    /// The progress of a release: in total, and by customer, cluster and category. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn release_progress(&self, id: ReleaseId) -> Result<ReleaseProgress, StoreError> {
        let kept = self.visible_matrix(id).await?;
        let grid = kept.grid();
        let customers = grid
            .columns
            .iter()
            .enumerate()
            .map(|(index, it)| PartProgress {
                id: it.id.0,
                name: it.name.clone(),
                customers: 1,
                progress: grid.column_counts(index).into(),
            });
        let categories = Category::ALL.iter().map(|category| {
            let mut counts = Counts::default();
            for (index, row) in grid.rows.iter().enumerate() {
                if row.category == *category {
                    counts.add_all(grid.row_counts(index));
                }
            }
            CategoryProgress {
                category: *category,
                progress: counts.into(),
            }
        });
        Ok(ReleaseProgress {
            progress: Progress::from(grid.total),
            customers: customers.collect(),
            clusters: cluster_progress(grid),
            categories: categories.collect(),
        })
    }
}

/// The progress by cluster.
pub fn cluster_progress(grid: &Grid) -> Vec<PartProgress> {
    let mut cluster_progress: Vec<(Counts, u32)> = vec![(Counts::default(), 0); grid.groups.len()];
    for (index, column) in grid.columns.iter().enumerate() {
        let (counts, n) = &mut cluster_progress[column.group];
        counts.add_all(grid.column_counts(index));
        *n += 1;
    }
    let cluster_progress = grid.groups.iter().zip(cluster_progress);
    cluster_progress
        .map(|(group, (counts, customers))| PartProgress {
            id: group.id.0,
            name: group.name.clone(),
            customers,
            progress: counts.into(),
        })
        .collect()
}
