//! Lists with keyset pagination, and single rows as stored, for REST. The cursor is the id of the previous page's
//! last row.
use crate::domain::{
    cluster::{Cluster, ClusterSummary},
    customer::Customer,
    field_error::FieldError,
    id::{ClusterId, CustomerId, ReleaseId, StepId, TemplateId},
    progress::Progress,
    release::{Release, ReleaseSummary},
    step::CustomerStep,
    template::StepTemplate,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    entity::{cluster, customer, release, release_customer, step_template},
    error::StoreError,
    records::{clusters, members},
};
use sea_orm::{ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::{HashMap, HashSet};

/// Which page of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// The number of rows, 1 to 500.
    pub limit: u64,
    /// The id of the previous page's last row; none for the first page.
    pub after: Option<i64>,
}

/// A page of a list, and the cursor of the next one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageOfRows<T> {
    pub items: Vec<T>,
    /// The cursor of the next page; none on the last one.
    pub next: Option<i64>,
}

/// Removes the extra row that was read to detect a next page.
pub fn take_page<T>(mut items: Vec<T>, limit: u64, id: impl Fn(&T) -> i64) -> PageOfRows<T> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = items.len() > limit;
    items.truncate(limit);
    let next = items.last().filter(|_| more).map(id);
    PageOfRows { items, next }
}

fn unknown_cursor(id: i64) -> StoreError {
    ValidationErrors::one(Field::Cursor, FieldError::Unknown { ids: vec![id] }).into()
}

impl Store {
    /// Clusters by name, with the number of their active customers. Errors: an unknown cursor.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn cluster_page(
        &self,
        include_inactive: bool,
        page: PageRequest,
    ) -> Result<PageOfRows<ClusterSummary>, StoreError> {
        use cluster::Column;
        let mut query = self
            .visible()
            .clusters()
            .order_by_asc(Column::Name)
            .order_by_asc(Column::Id)
            .limit(page.limit + 1);
        if !include_inactive {
            query = query.filter(Column::IsActive.eq(true));
        }
        if let Some(after) = page.after {
            let last = self
                .visible()
                .clusters()
                .filter(Column::Id.eq(after))
                .one(&self.read)
                .await?;
            let last = last.ok_or_else(|| unknown_cursor(after))?;
            query = query.filter(
                Column::Name
                    .gt(last.name.clone())
                    .or(Column::Name.eq(last.name).and(Column::Id.gt(last.id))),
            );
        }
        let rows = take_page(query.all(&self.read).await?, page.limit, |it| it.id);
        let counts: HashMap<i64, i64> = self
            .visible()
            .customers()
            .select_only()
            .column(customer::Column::ClusterId)
            .column_as(customer::Column::Id.count(), "n")
            .filter(customer::Column::IsActive.eq(true))
            .filter(customer::Column::ClusterId.is_in(rows.items.iter().map(|it| it.id)))
            .group_by(customer::Column::ClusterId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let summary = |row: cluster::Model| -> Result<ClusterSummary, StoreError> {
            let active_customers = counts.get(&row.id).copied().unwrap_or_default();
            Ok(ClusterSummary {
                cluster: row.try_into()?,
                active_customers: u32::try_from(active_customers).unwrap_or_default(),
            })
        };
        Ok(PageOfRows {
            next: rows.next,
            items: rows
                .items
                .into_iter()
                .map(summary)
                .collect::<Result<_, StoreError>>()?,
        })
    }

    /// Customers of one cluster or of all, by name, with their clusters. Errors: an unknown cursor.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn customer_page(
        &self,
        cluster: Option<ClusterId>,
        include_inactive: bool,
        page: PageRequest,
    ) -> Result<PageOfRows<(Customer, Cluster)>, StoreError> {
        use customer::Column;
        let mut query = self
            .visible()
            .customers()
            .order_by_asc(Column::Name)
            .order_by_asc(Column::Id)
            .limit(page.limit + 1);
        if let Some(cluster) = cluster {
            query = query.filter(Column::ClusterId.eq(cluster.0));
        }
        if !include_inactive {
            query = query.filter(Column::IsActive.eq(true));
        }
        if let Some(after) = page.after {
            let last = self
                .visible()
                .customers()
                .filter(Column::Id.eq(after))
                .one(&self.read)
                .await?;
            let last = last.ok_or_else(|| unknown_cursor(after))?;
            query = query.filter(
                Column::Name
                    .gt(last.name.clone())
                    .or(Column::Name.eq(last.name).and(Column::Id.gt(last.id))),
            );
        }
        let rows = take_page(query.all(&self.read).await?, page.limit, |it| it.id);
        let ids: HashSet<i64> = rows.items.iter().map(|it| it.cluster_id).collect();
        let clusters: HashMap<i64, Cluster> = self
            .visible()
            .clusters()
            .filter(cluster::Column::Id.is_in(ids))
            .all(&self.read)
            .await?
            .into_iter()
            .map(|row| Ok((row.id, row.try_into()?)))
            .collect::<Result<_, StoreError>>()?;
        let with_cluster = |row: customer::Model| -> Result<(Customer, Cluster), StoreError> {
            let cluster = clusters
                .get(&row.cluster_id)
                .cloned()
                .ok_or_else(|| StoreError::corrupt("customers", "its cluster is missing"))?;
            Ok((row.try_into()?, cluster))
        };
        Ok(PageOfRows {
            next: rows.next,
            items: rows
                .items
                .into_iter()
                .map(with_cluster)
                .collect::<Result<_, StoreError>>()?,
        })
    }

    /// Releases with progress, newest first. Errors: an unknown cursor.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn release_page(
        &self,
        page: PageRequest,
    ) -> Result<PageOfRows<ReleaseSummary>, StoreError> {
        use release::Column;
        let mut query = self
            .visible()
            .releases()
            .order_by_desc(Column::CreatedAt)
            .order_by_desc(Column::Id)
            .limit(page.limit + 1);
        if let Some(after) = page.after {
            let last = self
                .visible()
                .releases()
                .filter(Column::Id.eq(after))
                .one(&self.read)
                .await?;
            let last = last.ok_or_else(|| unknown_cursor(after))?;
            query = query.filter(
                Column::CreatedAt.lt(last.created_at).or(Column::CreatedAt
                    .eq(last.created_at)
                    .and(Column::Id.lt(last.id))),
            );
        }
        let rows = take_page(query.all(&self.read).await?, page.limit, |it| it.id);
        let releases: Vec<Release> = rows
            .items
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, StoreError>>()?;
        Ok(PageOfRows {
            items: self.summaries(releases).await?,
            next: rows.next,
        })
    }

    /// One release with progress. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn release_summary(&self, id: ReleaseId) -> Result<ReleaseSummary, StoreError> {
        let release = self.visible_release(id).await?;
        let summary = self.summaries(vec![release]).await?.pop();
        summary.ok_or(StoreError::NotFound(Noun::Release))
    }

    /// Adds counts and progress to releases; keeps their order.
    pub(in crate::store) async fn summaries(
        &self,
        releases: Vec<Release>,
    ) -> Result<Vec<ReleaseSummary>, StoreError> {
        let ids = || releases.iter().map(|it| it.id.0);
        let counts = self.progress_counts(releases.iter().map(|it| (it.id, it.status)));
        let counts = counts.await?;
        let templates: HashMap<i64, i64> = self
            .visible()
            .templates()
            .select_only()
            .column(step_template::Column::ReleaseId)
            .column_as(step_template::Column::Id.count(), "n")
            .filter(step_template::Column::ReleaseId.is_in(ids()))
            .group_by(step_template::Column::ReleaseId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let customers: HashMap<i64, i64> = self
            .visible()
            .members()
            .select_only()
            .column(release_customer::Column::ReleaseId)
            .column_as(release_customer::Column::CustomerId.count(), "n")
            .filter(release_customer::Column::ReleaseId.is_in(ids()))
            .group_by(release_customer::Column::ReleaseId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let number = |of: &HashMap<i64, i64>, id: i64| {
            let n = of.get(&id).copied().unwrap_or_default();
            u32::try_from(n).unwrap_or_default()
        };
        Ok(releases
            .into_iter()
            .map(|release| {
                let id = release.id.0;
                ReleaseSummary {
                    release,
                    templates: number(&templates, id),
                    customers: number(&customers, id),
                    progress: Progress::from(counts.get(&id).copied().unwrap_or_default()),
                }
            })
            .collect())
    }

    /// A cluster as stored. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn cluster_row(&self, id: ClusterId) -> Result<Cluster, StoreError> {
        self.visible_cluster(id).await
    }

    /// A customer as stored, and its cluster. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn customer_row(&self, id: CustomerId) -> Result<(Customer, Cluster), StoreError> {
        let customer = self.visible_customer(id).await?;
        let cluster = clusters::load(&self.read, customer.cluster_id).await?;
        Ok((customer, cluster))
    }

    /// A release as stored. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn release_row(&self, id: ReleaseId) -> Result<Release, StoreError> {
        self.visible_release(id).await
    }

    /// A template step as stored. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn template_row(&self, id: TemplateId) -> Result<StepTemplate, StoreError> {
        self.visible_template(id).await
    }

    /// A customer's step as stored. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn step_row(&self, id: StepId) -> Result<CustomerStep, StoreError> {
        self.visible_step(id).await
    }

    /// Checks that release and customer exist and that the customer is a member. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn must_be_member(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<(), StoreError> {
        self.visible_release(release).await?;
        self.visible_customer(customer).await?;
        let members = members::member_ids(&self.read, release).await?;
        if members.contains(&customer.0) {
            Ok(())
        } else {
            Err(StoreError::NotFound(Noun::Customer))
        }
    }
}
