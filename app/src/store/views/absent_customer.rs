//! What is known of a customer that is asked for in a release and is not in it, in place of its steps.
use crate::domain::{
    customer_checklist::Checklist,
    customer_work::{AbsentCustomer, InRelease, WorkList},
    id::{CustomerId, ReleaseId},
    vocabulary::Noun,
};
use crate::store::{Store, error::StoreError};

impl Store {
    /// The work list of a customer, or that the customer is not in the release. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn work_list_or_absence(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<InRelease<WorkList>, StoreError> {
        match self.work_list(release, customer).await {
            Err(StoreError::NotFound(Noun::Customer)) => self.absence(release, customer).await,
            found => found.map(InRelease::Member),
        }
    }

    /// The checklist of a customer, or that the customer is not in the release. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn checklist_or_absence(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<InRelease<Checklist>, StoreError> {
        match self.checklist(release, customer).await {
            Err(StoreError::NotFound(Noun::Customer)) => self.absence(release, customer).await,
            found => found.map(InRelease::Member),
        }
    }

    /// A customer that is not in the release. Errors: not found.
    async fn absence<T>(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<InRelease<T>, StoreError> {
        let release = self.visible_release(release).await?;
        let customer = self.visible_customer(customer).await?;
        let mut removals = self.removals_of(customer.id).await?;
        Ok(InRelease::Absent(AbsentCustomer {
            removed: removals.remove(&release.id.0),
            release: release.id,
            release_name: release.name,
            customer: customer.id,
            name: customer.name,
        }))
    }
}
