//! Reads which clusters customers were in, for what a caller with a scope is told of changes (`domain::past_clusters`).
use super::visible::Visible;
use crate::domain::{
    event::Entity,
    id::{ClusterId, CustomerId},
    past_clusters::{ClusterMove, PastClusters},
};
use crate::store::{
    engine::IDS_PER_STATEMENT_MAX,
    entity::{audit_event, cluster},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// The member of a customer's row that says where it is.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    cluster_id: ClusterId,
}

/// The customer, when it was changed, and its row before and after that.
type CustomerChange = (i64, DateTime<Utc>, Option<String>, Option<String>);

fn place(row: Option<String>) -> Option<ClusterId> {
    let place: Place = serde_json::from_str(&row?).ok()?;
    Some(place.cluster_id)
}

/// The moves of these customers, whom the caller sees. Asks nothing for a caller without a scope.
pub async fn past_clusters(
    db: &impl ConnectionTrait,
    visible: Visible<'_>,
    customers: &[CustomerId],
) -> Result<PastClusters, StoreError> {
    use audit_event::Column;
    if visible.is_all() || customers.is_empty() {
        return Ok(PastClusters::default());
    }
    let mut moves: HashMap<CustomerId, Vec<ClusterMove>> = HashMap::new();
    for part in customers.chunks(IDS_PER_STATEMENT_MAX) {
        let rows: Vec<CustomerChange> = audit_event::Entity::find()
            .select_only()
            .columns([Column::EntityId, Column::At, Column::Before, Column::After])
            .filter(Column::Entity.eq(Entity::Customer.as_str()))
            .filter(Column::EntityId.is_in(part.iter().map(|it| it.0)))
            .filter(Column::Before.is_not_null())
            .filter(Column::After.is_not_null())
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        for (customer, at, before, after) in rows {
            if let (Some(from), Some(to)) = (place(before), place(after))
                && from != to
            {
                let of_customer = moves.entry(CustomerId(customer)).or_default();
                of_customer.push(ClusterMove { at, from, to });
            }
        }
    }
    if moves.is_empty() {
        return Ok(PastClusters::default());
    }
    let clusters: Vec<i64> = visible
        .clusters()
        .select_only()
        .column(cluster::Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    let clusters: HashSet<ClusterId> = clusters.into_iter().map(ClusterId).collect();
    Ok(PastClusters::new(clusters, moves))
}
