//! Changes of values (R81): who changed what a variable stands for, for a customer in a release. The events of customers,
//! clusters and the release are undone in memory, newest first, beginning with the present rows. What counts is the value that a
//! text gets: the customer's, else its cluster's, else the release's. So a move to another cluster changes values too.
use super::release_rows;
use crate::domain::{
    cluster::Cluster,
    customer::Customer,
    event::{Entity, EventAction},
    id::{CustomerId, EventId, ReleaseId},
    metadata::Metadata,
    release::Release,
    text_change::{TextChange, TextChangeKind},
    variables::VariableScope,
};
use crate::store::{
    engine::IDS_PER_STATEMENT_MAX, entity::audit_event, error::StoreError, text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use std::{
    cmp::Reverse,
    collections::{BTreeSet, HashMap, HashSet},
};

/// Events that are read of the time since an activation, newest first; changes before these are left out.
const EVENTS_MAX: u64 = 2_000;
/// Events that are read of each kind of row when a value is missing; one that was removed before these is not found.
const EVENTS_OF_KIND_MAX: u64 = 1_000;
/// Longer values are cut where a change is one line.
const VALUE_MAX_CHARS: usize = 80;

const OF_CUSTOMER: [&str; 2] = ["customer.name", "customer.namespace"];
const OF_CLUSTER: [&str; 2] = ["cluster.name", "cluster.kubeconfig"];
const OF_RELEASE: [&str; 2] = ["release.name", "release.version"];

/// The newest change of each value, by customer and variable.
pub type ValueChanges = HashMap<(CustomerId, String), TextChange>;

/// Event id, entity, entity id, author, time, and the row before.
type StoredEdit = (i64, String, i64, String, DateTime<Utc>, Option<String>);

/// The event of a release's activation; none for a draft.
pub async fn activation(
    db: &impl ConnectionTrait,
    release: ReleaseId,
) -> Result<Option<EventId>, StoreError> {
    use audit_event::Column;
    let id: Option<i64> = audit_event::Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Entity.eq(Entity::Release.as_str()))
        .filter(Column::EntityId.eq(release.0))
        .filter(Column::Action.eq(EventAction::Activate.as_str()))
        .order_by_asc(Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    Ok(id.map(EventId))
}

/// The values of these customers that changed since the release was activated.
pub async fn values_changed_since_activation(
    db: &impl ConnectionTrait,
    release: &Release,
    customers: &[CustomerId],
) -> Result<ValueChanges, StoreError> {
    use audit_event::Column;
    let Some(activated) = activation(db, release.id).await? else {
        return Ok(ValueChanges::new());
    };
    let of_others = Column::Entity.is_in([Entity::Cluster.as_str(), Entity::Customer.as_str()]);
    let of_release = Column::Entity
        .eq(Entity::Release.as_str())
        .and(Column::EntityId.eq(release.id.0));
    let later = Column::Id.gt(activated.0);
    let edits = edits(db, of_others.or(of_release).and(later), EVENTS_MAX).await?;
    newest_changes(db, release, customers, &edits).await
}

/// For variables without a value, the change that removed it; those that never had one are left out.
pub async fn removed_values(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    missing: &[(CustomerId, &str)],
) -> Result<ValueChanges, StoreError> {
    if missing.is_empty() {
        return Ok(ValueChanges::new());
    }
    let release = release_rows::load(db, release).await?;
    let customers: BTreeSet<CustomerId> = missing.iter().map(|it| it.0).collect();
    let customers: Vec<CustomerId> = customers.into_iter().collect();
    let ids: Vec<i64> = customers.iter().map(|it| it.0).collect();
    let mut found = edits_of(db, Entity::Customer, &ids).await?;
    // The clusters that the customers are in, and those that they were in.
    let now = text_variables::with_clusters(db, &customers).await?;
    let mut clusters: BTreeSet<i64> = now.iter().map(|it| it.1.id.0).collect();
    clusters.extend(found.iter().filter_map(|it| {
        let row: Customer = serde_json::from_str(it.5.as_deref()?).ok()?;
        Some(row.cluster_id.0)
    }));
    let clusters: Vec<i64> = clusters.into_iter().collect();
    found.extend(edits_of(db, Entity::Cluster, &clusters).await?);
    found.extend(edits_of(db, Entity::Release, &[release.id.0]).await?);
    found.sort_unstable_by_key(|it| Reverse(it.0));
    let missing: HashSet<(CustomerId, &str)> = missing.iter().copied().collect();
    let mut changes = newest_changes(db, &release, &customers, &found).await?;
    changes.retain(|(customer, name), change| {
        change.to.is_none() && missing.contains(&(*customer, name.as_str()))
    });
    Ok(changes)
}

/// A value on one line, cut if it is long.
pub fn value_line(value: Option<&str>) -> String {
    let Some(value) = value else {
        return "not set".to_owned();
    };
    let mut letters = value.chars();
    let short = letters.by_ref().take(VALUE_MAX_CHARS);
    let mut short: String = short
        .map(|it| if it.is_control() { ' ' } else { it })
        .collect();
    if letters.next().is_some() {
        short.push('…');
    }
    short
}

/// Edits of rows, newest first.
async fn edits(
    db: &impl ConnectionTrait,
    of: Expr,
    max: u64,
) -> Result<Vec<StoredEdit>, StoreError> {
    use audit_event::Column;
    Ok(audit_event::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::Entity,
            Column::EntityId,
            Column::Actor,
            Column::At,
            Column::Before,
        ])
        .filter(of)
        .filter(Column::Before.is_not_null())
        .filter(Column::After.is_not_null())
        .order_by_desc(Column::Id)
        .limit(max)
        .into_tuple()
        .all(db)
        .await?)
}

async fn edits_of(
    db: &impl ConnectionTrait,
    entity: Entity,
    ids: &[i64],
) -> Result<Vec<StoredEdit>, StoreError> {
    use audit_event::Column;
    let mut found = Vec::new();
    for chunk in ids.chunks(IDS_PER_STATEMENT_MAX) {
        let of = Column::Entity
            .eq(entity.as_str())
            .and(Column::EntityId.is_in(chunk.iter().copied()));
        found.extend(edits(db, of, EVENTS_OF_KIND_MAX).await?);
    }
    Ok(found)
}

/// Goes back through these edits, newest first.
async fn newest_changes(
    db: &impl ConnectionTrait,
    release: &Release,
    customers: &[CustomerId],
    edits: &[StoredEdit],
) -> Result<ValueChanges, StoreError> {
    let mut found = ValueChanges::new();
    if edits.is_empty() || customers.is_empty() {
        return Ok(found);
    }
    let customers = text_variables::with_clusters(db, customers).await?;
    let mut past = PastValues {
        release: release.clone(),
        clusters: text_variables::clusters_by_id(db).await?,
        customers: customers.into_iter().map(|it| (it.0.id.0, it.0)).collect(),
    };
    for (_, entity, id, by, at, before) in edits {
        let (Ok(entity), Some(before)) = (entity.parse::<Entity>(), before) else {
            continue;
        };
        for (customer, name, from, to) in past.undo(entity, *id, before) {
            found
                .entry((customer, name))
                .or_insert_with_key(|key| TextChange {
                    kind: TextChangeKind::Variable,
                    name: key.1.clone(),
                    by: by.clone(),
                    at: *at,
                    from,
                    to,
                });
        }
    }
    Ok(found)
}

/// A value that an edit changed: whose it is, of which variable, before and after.
type ChangedValue = (CustomerId, String, Option<String>, Option<String>);

/// The rows that values come from, at some time.
struct PastValues {
    release: Release,
    clusters: HashMap<i64, Cluster>,
    customers: HashMap<i64, Customer>,
}

impl PastValues {
    /// Goes back behind an edit, and returns the values that it had changed. An edit whose `before` is not a whole row, as when
    /// a release's members change, changed none.
    fn undo(&mut self, entity: Entity, id: i64, before: &str) -> Vec<ChangedValue> {
        let undone = match entity {
            Entity::Customer => self.undo_customer(id, before),
            Entity::Cluster => self.undo_cluster(id, before),
            Entity::Release => self.undo_release(before),
            Entity::Template
            | Entity::Step
            | Entity::Database
            | Entity::User
            | Entity::Session
            | Entity::Token
            | Entity::View
            | Entity::IncomingHook
            | Entity::Webhook
            | Entity::Runner => None,
        };
        let Some(UndoneEdit {
            customers,
            names,
            to,
        }) = undone
        else {
            return Vec::new();
        };
        let from = self.values(&customers, &names);
        let whose = customers
            .iter()
            .flat_map(|customer| names.iter().map(move |name| (*customer, name)));
        whose
            .zip(from.into_iter().zip(to))
            .filter(|(_, (from, to))| from != to)
            .map(|((customer, name), (from, to))| (customer, name.clone(), from, to))
            .collect()
    }

    fn undo_customer(&mut self, id: i64, before: &str) -> Option<UndoneEdit> {
        let then: Customer = serde_json::from_str(before).ok()?;
        let now = self.customers.get(&id)?;
        let mut names = names_of(OF_CUSTOMER, &then.metadata, &now.metadata);
        if then.cluster_id != now.cluster_id {
            let old = self.clusters.get(&then.cluster_id.0)?;
            let new = self.clusters.get(&now.cluster_id.0)?;
            names.extend(names_of(OF_CLUSTER, &old.metadata, &new.metadata));
        }
        let undone = UndoneEdit::new(self, vec![then.id], names);
        self.customers.insert(id, then);
        Some(undone)
    }

    fn undo_cluster(&mut self, id: i64, before: &str) -> Option<UndoneEdit> {
        let then: Cluster = serde_json::from_str(before).ok()?;
        let now = self.clusters.get(&id)?;
        let names = names_of(OF_CLUSTER, &then.metadata, &now.metadata);
        let customers = self.customers.values();
        let customers = customers.filter(|it| it.cluster_id == then.id);
        let undone = UndoneEdit::new(self, customers.map(|it| it.id).collect(), names);
        self.clusters.insert(id, then);
        Some(undone)
    }

    fn undo_release(&mut self, before: &str) -> Option<UndoneEdit> {
        let then: Release = serde_json::from_str(before).ok()?;
        let names = names_of(OF_RELEASE, &then.metadata, &self.release.metadata);
        let customers = self.customers.values().map(|it| it.id).collect();
        let undone = UndoneEdit::new(self, customers, names);
        self.release = then;
        Some(undone)
    }

    /// The values of all these variables of the first customer, then of the next.
    fn values(&self, customers: &[CustomerId], names: &BTreeSet<String>) -> Vec<Option<String>> {
        let of_customer = |id: &CustomerId| {
            let customer = self.customers.get(&id.0)?;
            Some(VariableScope {
                customer,
                cluster: self.clusters.get(&customer.cluster_id.0)?,
                release: &self.release,
            })
        };
        let values = customers.iter().flat_map(|id| {
            let scope = of_customer(id);
            names.iter().map(move |name| Some(scope?.value(name)?.0))
        });
        values.collect()
    }
}

/// The customers and variables whose values an edit may have changed, and the values after it.
struct UndoneEdit {
    customers: Vec<CustomerId>,
    names: BTreeSet<String>,
    to: Vec<Option<String>>,
}

impl UndoneEdit {
    fn new(now: &PastValues, customers: Vec<CustomerId>, names: BTreeSet<String>) -> Self {
        let to = now.values(&customers, &names);
        Self {
            customers,
            names,
            to,
        }
    }
}

/// The fields of a row that are variables, and the variables that differ.
fn names_of(fields: [&str; 2], before: &Metadata, after: &Metadata) -> BTreeSet<String> {
    let keys = before.0.keys().chain(after.0.keys());
    let keys = keys.filter(|it| before.0.get(*it) != after.0.get(*it));
    let fields = fields.into_iter().map(str::to_owned);
    fields.chain(keys.map(|it| format!("var.{it}"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_line_and_cut_if_it_is_long() {
        assert_eq!(value_line(None), "not set");
        assert_eq!(value_line(Some("a\nb")), "a b");
        assert_eq!(value_line(Some(&"x".repeat(80))), "x".repeat(80));
        assert_eq!(
            value_line(Some(&"x".repeat(81))),
            format!("{}…", "x".repeat(80))
        );
    }
}
