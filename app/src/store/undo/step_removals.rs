//! Who removed a step that an undo does not find: by deleting its template step, or by removing its customer from the release
//! (R16).
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{CustomerId, EventId, ReleaseId, StepId},
};
use crate::store::{
    audit::last_change::LastChange, engine::Engine, entity::audit_event, error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use std::collections::{HashMap, HashSet, hash_map::Entry};

/// The newest removals in a release that are searched for a step.
const REMOVALS_MAX: u64 = 200;

/// A step that is gone, or may be.
#[derive(Clone, Copy, Debug)]
pub struct GoneStep {
    /// The id that it had.
    pub id: StepId,
    pub release: Option<ReleaseId>,
    pub customer: Option<CustomerId>,
    /// The event that it was there at.
    pub since: EventId,
}

impl GoneStep {
    /// The step that an event is about.
    pub fn of(event: &Event) -> Self {
        Self {
            id: StepId(event.entity_id),
            release: event.release_id,
            customer: event.customer_id,
            since: event.id,
        }
    }
}

/// An event that deleted steps.
struct Removal {
    event: i64,
    by: LastChange,
    /// The deleted copies of a template.
    steps: HashSet<i64>,
    /// The customers that were removed from the release.
    customers: HashSet<i64>,
}

/// The removals of each release, read when they are first asked for; the newest first.
#[derive(Default)]
pub struct StepRemovals(HashMap<ReleaseId, Vec<Removal>>);

impl StepRemovals {
    /// Who deleted a step together with others, and when.
    pub async fn of(
        &mut self,
        tx: &DatabaseTransaction,
        gone: GoneStep,
    ) -> Result<Option<LastChange>, StoreError> {
        let Some(release) = gone.release else {
            return Ok(None);
        };
        if let Entry::Vacant(unread) = self.0.entry(release) {
            unread.insert(read(tx, release).await?);
        }
        let took = |it: &&Removal| {
            let of_customer = gone.customer.is_some_and(|id| it.customers.contains(&id.0));
            it.event > gone.since.0 && (of_customer || it.steps.contains(&gone.id.0))
        };
        let removals = self.0.get(&release).into_iter().flatten();
        Ok(removals.filter(took).map(|it| it.by.clone()).next())
    }
}

/// Id, author and time of an event, and the lists of ids in its data.
type RemovalRow = (i64, String, DateTime<Utc>, Option<String>, Option<String>);

/// Reads the removals in a release. Of their data only the ids are read: it may have texts.
async fn read(tx: &DatabaseTransaction, release: ReleaseId) -> Result<Vec<Removal>, StoreError> {
    use audit_event::Column;
    let of_template = Column::Entity
        .eq(Entity::Template.as_str())
        .and(Column::Action.is_in([EventAction::Delete.as_str(), EventAction::Undo.as_str()]))
        .and(Column::Before.is_not_null());
    let of_customers = Column::Action.eq(EventAction::RemoveCustomers.as_str());
    let ids = |name: &str| Engine::of(tx).json_member("before", name);
    let rows: Vec<RemovalRow> = audit_event::Entity::find()
        .select_only()
        .columns([Column::Id, Column::Actor, Column::At])
        .expr_as(ids("removed"), "removed")
        .expr_as(ids("customerIds"), "customer_ids")
        .filter(Column::ReleaseId.eq(release.0))
        .filter(Condition::any().add(of_template).add(of_customers))
        .order_by_desc(Column::Id)
        .limit(REMOVALS_MAX)
        .into_tuple()
        .all(tx)
        .await?;
    let removals = rows
        .into_iter()
        .map(|(event, actor, at, removed, customers)| {
            // Each copy is a list that begins with its id.
            let removed: Vec<Vec<i64>> = ids_in(removed.as_deref());
            Removal {
                event,
                by: (actor, at),
                steps: removed
                    .iter()
                    .filter_map(|it| it.first())
                    .copied()
                    .collect(),
                customers: ids_in(customers.as_deref()),
            }
        });
    Ok(removals.collect())
}

fn ids_in<T: Default + for<'de> serde::Deserialize<'de>>(json: Option<&str>) -> T {
    json.and_then(|it| serde_json::from_str(it).ok())
        .unwrap_or_default()
}
