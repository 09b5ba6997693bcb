//! Single rows as the caller sees them: one that is out of its scope is not found. What is read beside a visible row (a
//! customer's cluster, a step's release) is visible with it.
use super::matrix_cache::CachedMatrix;
use crate::domain::{
    cluster::Cluster,
    customer::Customer,
    id::{ClusterId, CustomerId, ReleaseId, StepId, TemplateId},
    matrix::Grid,
    release::Release,
    step::CustomerStep,
    template::StepTemplate,
    vocabulary::Noun,
};
use crate::store::{
    Store,
    access::past_clusters::past_clusters,
    error::StoreError,
    records::{clusters, customers, release_rows},
    steps::step_rows,
    templates::template_rows,
};
use std::sync::Arc;

/// A release's matrix as the caller sees it, from the cache.
pub enum VisibleMatrix {
    Whole(Arc<CachedMatrix>),
    Part(Arc<Grid>),
}

impl VisibleMatrix {
    /// The matrix.
    pub fn grid(&self) -> &Grid {
        match self {
            Self::Whole(matrix) => matrix.grid(),
            Self::Part(grid) => grid,
        }
    }
}

impl Store {
    /// A cluster. Errors: not found.
    pub(in crate::store) async fn visible_cluster(
        &self,
        id: ClusterId,
    ) -> Result<Cluster, StoreError> {
        self.see(id).await?;
        clusters::load(&self.read, id).await
    }

    /// A customer. Errors: not found.
    pub(in crate::store) async fn visible_customer(
        &self,
        id: CustomerId,
    ) -> Result<Customer, StoreError> {
        self.see(id).await?;
        customers::load(&self.read, id).await
    }

    /// A release. Errors: not found.
    pub(in crate::store) async fn visible_release(
        &self,
        id: ReleaseId,
    ) -> Result<Release, StoreError> {
        self.see(id).await?;
        release_rows::load(&self.read, id).await
    }

    /// A template step. Errors: not found.
    pub(in crate::store) async fn visible_template(
        &self,
        id: TemplateId,
    ) -> Result<StepTemplate, StoreError> {
        self.see(id).await?;
        template_rows::load(&self.read, id).await
    }

    /// A customer's step. Errors: not found.
    pub(in crate::store) async fn visible_step(
        &self,
        id: StepId,
    ) -> Result<CustomerStep, StoreError> {
        self.see(id).await?;
        step_rows::load(&self.read, id).await
    }

    /// The current matrix of a release, cut to the caller's customers. Errors: not found, also if none of them is in it.
    pub(in crate::store) async fn visible_matrix(
        &self,
        id: ReleaseId,
    ) -> Result<VisibleMatrix, StoreError> {
        let whole = self.cached_matrix(id).await?;
        if self.caller.sees_all() {
            return Ok(VisibleMatrix::Whole(whole));
        }
        let told = whole.grid().customers_with_value_changes();
        let told: Vec<CustomerId> = told.into_iter().collect();
        let past = past_clusters(&self.read, self.visible(), &told).await?;
        let cache = &self.database.matrix_cache;
        let part = cache.part(&whole, &self.caller.scope, &past);
        if part.columns.is_empty() {
            return Err(StoreError::NotFound(Noun::Release));
        }
        Ok(VisibleMatrix::Part(part))
    }
}
