//! Step counts of releases by state. Active releases are counted by the matrix cache; the counts of archived ones are
//! cached by release and scope: without a scope until a new event concerns the release, with one until there is any.
use crate::domain::{
    field_error::FieldError,
    id::{CustomerId, ReleaseId},
    progress::Counts,
    scope::Scope,
    vocabulary::ReleaseStatus,
};
use crate::store::{
    Store,
    entity::{audit_event, customer_step},
    error::StoreError,
};
use moka::sync::Cache;
use sea_orm::{ColumnTrait, QueryFilter, QuerySelect};
use std::collections::HashMap;

/// Counts that are cached, of all releases and scopes.
const ENTRIES_MAX: u64 = 10_000;

/// The cache of archived releases' counts, by release id and scope: the last event, and the counts as of it. Clones share it.
#[derive(Clone, Debug)]
pub struct ProgressCache(Cache<(i64, Scope), (Option<i64>, Counts)>);

impl Default for ProgressCache {
    fn default() -> Self {
        Self(Cache::new(ENTRIES_MAX))
    }
}

impl Store {
    /// The counts of releases by id. Drafts have none.
    pub(in crate::store) async fn progress_counts(
        &self,
        releases: impl Iterator<Item = (ReleaseId, ReleaseStatus)>,
    ) -> Result<HashMap<i64, Counts>, StoreError> {
        let mut counts = HashMap::new();
        for (id, status) in releases {
            let counted = match status {
                // A draft has no copies yet.
                ReleaseStatus::Draft => continue,
                ReleaseStatus::Active => self.visible_matrix(id).await?.grid().total,
                ReleaseStatus::Archived => self.archived_counts(id.0).await?,
            };
            counts.insert(id.0, counted);
        }
        Ok(counts)
    }

    async fn archived_counts(&self, release: i64) -> Result<Counts, StoreError> {
        let of = customer_step::Column::ReleaseId.eq(release);
        let last = if self.caller.sees_all() {
            self.visible()
                .events()
                .select_only()
                .column_as(audit_event::Column::Id.max(), "last")
                .filter(audit_event::Column::ReleaseId.eq(release))
                .into_tuple::<Option<i64>>()
                .one(&self.read)
                .await?
                .flatten()
        } else {
            // Whose steps are counted changes also when a customer moves to another cluster, which is no event of the release.
            Some(self.last_event().await?)
        };
        let cache = &self.database.progress_cache.0;
        let key = (release, self.caller.scope.clone());
        if let Some((last_event_id, counts)) = cache.get(&key)
            && last_event_id == last
        {
            return Ok(counts);
        }
        let counted = self.count_steps(of).await?;
        let counts = counted.get(&release).copied().unwrap_or_default();
        cache.insert(key, (last, counts));
        Ok(counts)
    }

    /// The counts of one customer, by release id.
    pub(in crate::store) async fn customer_counts(
        &self,
        customer: CustomerId,
    ) -> Result<HashMap<i64, Counts>, StoreError> {
        let of = customer_step::Column::CustomerId.eq(customer.0);
        self.count_steps(of).await
    }

    /// Counts the steps that match `of`, by release id.
    pub(in crate::store) async fn count_steps(
        &self,
        of: sea_orm::sea_query::Expr,
    ) -> Result<HashMap<i64, Counts>, StoreError> {
        use customer_step::Column as Of;
        let rows: Vec<(i64, String, i64)> = self
            .visible()
            .steps()
            .select_only()
            .columns([Of::ReleaseId, Of::Status])
            .column_as(Of::Id.count(), "n")
            .filter(of)
            .group_by(Of::ReleaseId)
            .group_by(Of::Status)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut counts: HashMap<i64, Counts> = HashMap::new();
        for (release, word, n) in rows {
            let status = word
                .parse()
                .map_err(|_: FieldError| StoreError::corrupt("customer_steps", &word))?;
            let n = u32::try_from(n).unwrap_or_default();
            counts.entry(release).or_default().add(status, n);
        }
        Ok(counts)
    }
}
