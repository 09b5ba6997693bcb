//! Removed values (R81): who removed the value of a variable that has none now, and when, from the events of the customer, its
//! cluster and the release.
use crate::domain::{
    event::Entity,
    id::{CustomerId, ReleaseId},
    recorded_values::recorded_value,
    text_change::{TextChange, TextChangeKind},
    variables::Source,
};
use crate::store::{
    engine::sqlite::IDS_PER_STATEMENT_MAX,
    entity::{audit_event, customer},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use std::collections::HashMap;

/// Events that are read of each kind of row, newest first; a value that was removed before these is not found.
const EVENTS_MAX: u64 = 1_000;

/// Entity id, author, time, the row before and after.
type ValueEdit = (i64, String, DateTime<Utc>, Option<String>, Option<String>);

/// The value of a variable in a row as an event stored it, as text.
fn value_in(record: Source, row: &Value, name: &str) -> Option<String> {
    recorded_value(record, row, name).map(|value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}

async fn row_changes(
    db: &impl ConnectionTrait,
    entity: Entity,
    ids: &[i64],
) -> Result<Vec<ValueEdit>, StoreError> {
    use audit_event::Column;
    let mut found = Vec::new();
    for chunk in ids.chunks(IDS_PER_STATEMENT_MAX) {
        let rows: Vec<ValueEdit> = audit_event::Entity::find()
            .select_only()
            .columns([
                Column::EntityId,
                Column::Actor,
                Column::At,
                Column::Before,
                Column::After,
            ])
            .filter(Column::Entity.eq(entity.as_str()))
            .filter(Column::EntityId.is_in(chunk.iter().copied()))
            .filter(Column::Before.is_not_null())
            .filter(Column::After.is_not_null())
            .order_by_desc(Column::Id)
            .limit(EVENTS_MAX)
            .into_tuple()
            .all(db)
            .await?;
        found.extend(rows);
    }
    Ok(found)
}

/// For variables without a value, the newest change that removed one, by customer and variable; those that never had one are
/// left out.
pub async fn removed_values(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    missing: &[(CustomerId, &str)],
) -> Result<HashMap<(CustomerId, String), TextChange>, StoreError> {
    let mut found: HashMap<(CustomerId, String), TextChange> = HashMap::new();
    let mut customers: Vec<i64> = missing.iter().map(|it| it.0.0).collect();
    customers.sort_unstable();
    customers.dedup();
    let mut cluster_of: HashMap<i64, i64> = HashMap::new();
    for chunk in customers.chunks(IDS_PER_STATEMENT_MAX) {
        let rows: Vec<(i64, i64)> = customer::Entity::find()
            .select_only()
            .columns([customer::Column::Id, customer::Column::ClusterId])
            .filter(customer::Column::Id.is_in(chunk.iter().copied()))
            .into_tuple()
            .all(db)
            .await?;
        cluster_of.extend(rows);
    }
    let mut clusters: Vec<i64> = cluster_of.values().copied().collect();
    clusters.sort_unstable();
    clusters.dedup();
    for (entity, record, ids) in [
        (Entity::Customer, Source::Customer, customers),
        (Entity::Cluster, Source::Cluster, clusters),
        (Entity::Release, Source::Release, vec![release.0]),
    ] {
        // By row: the variables that its customers miss.
        let mut missing_of: HashMap<i64, Vec<(CustomerId, &str)>> = HashMap::new();
        for (customer, name) in missing {
            let id = match record {
                Source::Customer => Some(customer.0),
                Source::Cluster => cluster_of.get(&customer.0).copied(),
                Source::Release => Some(release.0),
            };
            if let Some(id) = id {
                missing_of.entry(id).or_default().push((*customer, *name));
            }
        }
        for (id, by, at, before, after) in row_changes(db, entity, &ids).await? {
            let read = |it: Option<String>| {
                let row = serde_json::from_str::<Value>(&it.unwrap_or_default());
                row.map_err(|error| StoreError::corrupt("audit_events", error))
            };
            let (before, after) = (read(before)?, read(after)?);
            for (customer, name) in missing_of.get(&id).into_iter().flatten() {
                let Some(from) = value_in(record, &before, name)
                    .filter(|_| value_in(record, &after, name).is_none())
                else {
                    continue;
                };
                let removed = TextChange {
                    kind: TextChangeKind::Variable,
                    name: (*name).to_owned(),
                    by: by.clone(),
                    at,
                    from: Some(from),
                    to: None,
                };
                let key = (*customer, (*name).to_owned());
                let known = found.entry(key).or_insert_with(|| removed.clone());
                if known.at < removed.at {
                    *known = removed;
                }
            }
        }
    }
    Ok(found)
}
