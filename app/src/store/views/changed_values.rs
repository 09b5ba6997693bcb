//! Values that changed after a release was activated (R81), for the cards of its matrix: read from the history once per
//! reading of the whole matrix, and only where something changed.
use crate::domain::{
    event::{Entity, EventAction},
    matrix::{ClusterGroup, MatrixColumn},
    recorded_values::{changed_variables, record_of, recorded_value},
    release::Release,
    variables::{Source, VariableScope},
};
use crate::store::{
    entity::{audit_event, release_customer},
    error::StoreError,
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;
use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::Arc,
};

/// Events that are read, newest first; changes before these are left out.
const EVENTS_MAX: u64 = 2_000;
/// Changes per card.
const CHANGES_MAX: usize = 5;
/// Longer values are cut on a card.
const VALUE_MAX_CHARS: usize = 80;

/// Entity, entity id, author, time, the row before and after.
type RowChange = (
    String,
    i64,
    String,
    DateTime<Utc>,
    Option<String>,
    Option<String>,
);

/// The changes of values by customer and variable, each as a line of the card.
#[derive(Clone, Debug, Default)]
pub struct ChangedValues {
    lines: HashMap<(i64, String), String>,
    uses: HashMap<i64, Vec<String>>,
}

impl ChangedValues {
    /// The values of a release's customers that changed since they are in it, and which of these texts use them.
    pub async fn load(
        db: &impl ConnectionTrait,
        release: &Release,
        (groups, columns): (&[ClusterGroup], &[MatrixColumn]),
        texts: &HashSet<i64>,
    ) -> Result<Self, StoreError> {
        let mut this = Self::default();
        let changes = row_changes(db, release).await?;
        if changes.is_empty() || columns.is_empty() {
            return Ok(this);
        }
        let added: HashMap<i64, DateTime<Utc>> = release_customer::Entity::find()
            .filter(release_customer::Column::ReleaseId.eq(release.id.0))
            .all(db)
            .await?
            .into_iter()
            .map(|it| (it.customer_id, it.added_at))
            .collect();
        let ids: Vec<_> = columns.iter().map(|it| it.id).collect();
        let rows = text_variables::with_clusters(db, &ids).await?;
        let rows: HashMap<i64, _> = rows.into_iter().map(|it| (it.0.id.0, it)).collect();
        for (entity, id, by, at, before, after) in changes {
            let Some(record) = entity.parse().ok().and_then(record_of) else {
                continue;
            };
            let names = changed_values(record, before.as_deref(), after.as_deref());
            if names.is_empty() {
                continue;
            }
            for column in columns {
                let of = match record {
                    Source::Customer => column.id.0,
                    Source::Cluster => groups[column.group].id.0,
                    Source::Release => release.id.0,
                };
                let is_member = added.get(&column.id.0).is_some_and(|it| *it <= at);
                let Some((customer, cluster)) =
                    rows.get(&column.id.0).filter(|_| of == id && is_member)
                else {
                    continue;
                };
                let scope = VariableScope {
                    customer,
                    cluster,
                    release,
                };
                for (name, tail) in &names {
                    // A value of the customer hides one of its cluster, and that one of the release.
                    let is_hidden = scope.value(name).is_some_and(|it| it.1 < record);
                    if !is_hidden {
                        let short = name.strip_prefix("var.").unwrap_or(name);
                        let millis = at.timestamp_millis();
                        let line = format!("{short} changed \u{1f}{millis}\u{1f} by {by}: {tail}");
                        this.lines.insert((column.id.0, name.clone()), line);
                    }
                }
            }
        }
        if !this.lines.is_empty() {
            this.uses = text_variables::uses(db, texts.iter().copied()).await?;
        }
        Ok(this)
    }

    /// The lines of each customer and text that uses a changed value.
    pub fn by_text(&self) -> impl FnMut(i64, i64) -> Option<Arc<str>> {
        let mut known: HashMap<(i64, i64), Option<Arc<str>>> = HashMap::new();
        move |customer, text| {
            let found = known.entry((customer, text)).or_insert_with(|| {
                let uses = self.uses.get(&text)?.iter();
                let names: BTreeSet<&str> = uses
                    .map(|it| crate::domain::variables::name_of(it))
                    .collect();
                let lines: Vec<&str> = names
                    .into_iter()
                    .filter_map(|it| Some(self.lines.get(&(customer, it.to_owned()))?.as_str()))
                    .take(CHANGES_MAX)
                    .collect();
                (!lines.is_empty()).then(|| lines.join("\n").into())
            });
            found.clone()
        }
    }
}

/// The changes of clusters, customers and this release since it was activated, oldest first.
async fn row_changes(
    db: &impl ConnectionTrait,
    release: &Release,
) -> Result<Vec<RowChange>, StoreError> {
    use audit_event::Column;
    let of_release = Column::Entity
        .eq(Entity::Release.as_str())
        .and(Column::EntityId.eq(release.id.0));
    let activated: Option<i64> = audit_event::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(of_release.clone())
        .filter(Column::Action.eq(EventAction::Activate.as_str()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    let Some(activated) = activated else {
        return Ok(Vec::new());
    };
    let of_others = Column::Entity.is_in([Entity::Cluster.as_str(), Entity::Customer.as_str()]);
    let mut rows: Vec<RowChange> = audit_event::Entity::find()
        .select_only()
        .columns([
            Column::Entity,
            Column::EntityId,
            Column::Actor,
            Column::At,
            Column::Before,
            Column::After,
        ])
        .filter(of_others.or(of_release))
        .filter(Column::Id.gt(activated))
        .filter(Column::Before.is_not_null())
        .filter(Column::After.is_not_null())
        .order_by_desc(Column::Id)
        .limit(EVENTS_MAX)
        .into_tuple()
        .all(db)
        .await?;
    rows.reverse();
    Ok(rows)
}

/// The variables whose values differ before and after, each with "old -> new".
fn changed_values(
    record: Source,
    before: Option<&str>,
    after: Option<&str>,
) -> Vec<(String, String)> {
    let read = |it: Option<&str>| serde_json::from_str::<Value>(it.unwrap_or_default()).ok();
    let (Some(before), Some(after)) = (read(before), read(after)) else {
        return Vec::new();
    };
    changed_variables(record, &before, &after)
        .into_iter()
        .map(|name| {
            let from = shown(recorded_value(record, &before, &name));
            let to = shown(recorded_value(record, &after, &name));
            (name, format!("{from} -> {to}"))
        })
        .collect()
}

/// A value on one line.
fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None => return "not set".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    let mut letters = text.chars();
    let short = letters.by_ref().take(VALUE_MAX_CHARS);
    let mut short: String = short
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_values_that_differ_are_told_on_one_line_each() {
        let before =
            r#"{"name":"Acme","namespace":"acme","metadata":{"HOST":"old","PORT":1,"KEY":"a\nb"}}"#;
        let after = r#"{"name":"Acme","namespace":"acme2","metadata":{"HOST":"new","PORT":1}}"#;
        let found = changed_values(Source::Customer, Some(before), Some(after));
        let found: Vec<(&str, &str)> = found
            .iter()
            .map(|it| (it.0.as_str(), it.1.as_str()))
            .collect();
        assert_eq!(
            found,
            [
                ("customer.namespace", "acme -> acme2"),
                ("var.HOST", "old -> new"),
                ("var.KEY", "a b -> not set"),
            ]
        );
        let part = Some(r#"{"customerIds":[1]}"#);
        assert_eq!(changed_values(Source::Release, part, part), []);
    }
}
