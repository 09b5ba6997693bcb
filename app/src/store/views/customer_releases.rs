//! The releases of one customer or cluster, with progress.
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Entity, EventAction},
    field_error::FieldError,
    id::{ClusterId, CustomerId, ReleaseId},
    progress::Progress,
    summary::{ClusterRelease, CustomerRelease},
};
use crate::store::{
    Store,
    entity::{audit_event, customer, customer_step, release, release_customer},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{Query, SelectStatement},
};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// The ids of a cluster's customers, as a subquery.
fn customers_of(cluster: ClusterId) -> SelectStatement {
    Query::select()
        .column(customer::Column::Id)
        .from(customer::Entity)
        .and_where(customer::Column::ClusterId.eq(cluster.0))
        .to_owned()
}

impl Store {
    /// All releases that a customer is or was a member of, newest first.
    pub(in crate::store) async fn releases_of_customer(
        &self,
        id: CustomerId,
    ) -> Result<Vec<CustomerRelease>, StoreError> {
        let members: HashSet<i64> = self
            .visible()
            .members()
            .select_only()
            .column(release_customer::Column::ReleaseId)
            .filter(release_customer::Column::CustomerId.eq(id.0))
            .into_tuple::<i64>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let removals = self.removals_of(id).await?;
        let wanted: HashSet<i64> = members.iter().chain(removals.keys()).copied().collect();
        let rows = self
            .visible()
            .releases()
            .filter(release::Column::Id.is_in(wanted))
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .all(&self.read)
            .await?;
        let counts = self.customer_counts(id).await?;
        rows.into_iter()
            .map(|row| {
                let progress = Progress::from(counts.get(&row.id).copied().unwrap_or_default());
                let removal = removals.get(&row.id).cloned();
                Ok(CustomerRelease {
                    removed: removal.filter(|_| !members.contains(&row.id)),
                    release: row.try_into()?,
                    progress,
                })
            })
            .collect()
    }

    /// Who removed a customer last, by release id. Only the audit trail has this.
    pub(super) async fn removals_of(
        &self,
        id: CustomerId,
    ) -> Result<HashMap<i64, ActorStamp>, StoreError> {
        use audit_event::Column;
        let rows: Vec<(i64, String, DateTime<Utc>, Option<String>)> = self
            .visible()
            .events()
            .select_only()
            .columns([Column::EntityId, Column::Actor, Column::At, Column::Before])
            .filter(Column::Entity.eq(Entity::Release.as_str()))
            .filter(Column::Action.eq(EventAction::RemoveCustomers.as_str()))
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let is_named = |before: &Option<String>| {
            let before = before.as_deref().unwrap_or_default();
            let before: Value = serde_json::from_str(before).unwrap_or_default();
            let ids = before.get("customerIds").and_then(Value::as_array);
            ids.is_some_and(|ids| ids.iter().any(|it| it.as_i64() == Some(id.0)))
        };
        Ok(rows
            .into_iter()
            .filter(|it| is_named(&it.3))
            .map(|(release, by, at, _)| (release, ActorStamp { by, at }))
            .collect())
    }

    /// All releases with members of a cluster, and their progress, newest first.
    pub(in crate::store) async fn releases_of_cluster(
        &self,
        id: ClusterId,
    ) -> Result<Vec<ClusterRelease>, StoreError> {
        use customer_step::Column as Of;
        let rows: Vec<(i64, i64)> = self
            .visible()
            .members()
            .select_only()
            .columns([
                release_customer::Column::ReleaseId,
                release_customer::Column::CustomerId,
            ])
            .filter(release_customer::Column::CustomerId.in_subquery(customers_of(id)))
            .order_by_asc(release_customer::Column::CustomerId)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut members: HashMap<i64, Vec<CustomerId>> = HashMap::new();
        for (release, customer) in rows {
            members
                .entry(release)
                .or_default()
                .push(CustomerId(customer));
        }
        if members.is_empty() {
            return Ok(Vec::new());
        }
        let of_cluster = Of::ReleaseId
            .is_in(members.keys().copied())
            .and(Of::CustomerId.in_subquery(customers_of(id)));
        let counts = self.count_steps(of_cluster).await?;
        let releases: Vec<(i64, String, String)> = self
            .visible()
            .releases()
            .select_only()
            .columns([
                release::Column::Id,
                release::Column::Name,
                release::Column::Status,
            ])
            .filter(release::Column::Id.is_in(members.keys().copied()))
            .order_by_desc(release::Column::CreatedAt)
            .order_by_desc(release::Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        releases
            .into_iter()
            .map(|(id, name, word)| {
                Ok(ClusterRelease {
                    id: ReleaseId(id),
                    name,
                    status: word
                        .parse()
                        .map_err(|_: FieldError| StoreError::corrupt("releases", &word))?,
                    customers: members.remove(&id).unwrap_or_default(),
                    progress: Progress::from(counts.get(&id).copied().unwrap_or_default()),
                })
            })
            .collect()
    }
}
