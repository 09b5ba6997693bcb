//! Who deleted the steps of a batch that are gone: with their template, or with their customer's membership (R16).
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{ReleaseId, StepId},
};
use crate::store::{
    audit::last_change::LastChange,
    engine::sqlite::IDS_PER_STATEMENT_MAX,
    entity::{audit_event, customer_step},
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// The newest removals in a release that are searched for a step.
const REMOVALS_MAX: u64 = 200;

/// The data that an event which deletes steps stores about them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RemovedRows {
    /// The deleted copies of a template, each a list that begins with its id.
    removed: Vec<Vec<i64>>,
    /// The customers that were removed from a release.
    customer_ids: Vec<i64>,
}

/// Deleted steps of a batch: who deleted each, and when.
pub struct StepRemovals(HashMap<i64, LastChange>);

impl StepRemovals {
    /// Who deleted a step, and when; none if the step is there, or was deleted by itself.
    pub fn of(&self, id: StepId) -> Option<LastChange> {
        self.0.get(&id.0).cloned()
    }

    /// Reads the deletions of the steps that are no longer there.
    pub async fn find(tx: &DatabaseTransaction, events: &[Event]) -> Result<Self, StoreError> {
        use audit_event::Column;
        let mut gone: HashMap<i64, &Event> = events
            .iter()
            .filter(|it| it.entity == Entity::Step)
            .map(|it| (it.entity_id, it))
            .collect();
        let ids: Vec<i64> = gone.keys().copied().collect();
        for chunk in ids.chunks(IDS_PER_STATEMENT_MAX) {
            let present: HashSet<i64> = customer_step::Entity::find()
                .select_only()
                .column(customer_step::Column::Id)
                .filter(customer_step::Column::Id.is_in(chunk.iter().copied()))
                .into_tuple()
                .all(tx)
                .await?
                .into_iter()
                .collect();
            gone.retain(|id, _| !present.contains(id));
        }
        let mut found = HashMap::new();
        let releases: HashSet<i64> = gone
            .values()
            .filter_map(|it| Some(it.release_id?.0))
            .collect();
        for release in releases {
            let of_template = Column::Entity
                .eq(Entity::Template.as_str())
                .and(Column::Action.is_in(["delete", "undo"]));
            let of_customers = Column::Action.eq(EventAction::RemoveCustomers.as_str());
            let removals = audit_event::Entity::find()
                .filter(Column::ReleaseId.eq(release))
                .filter(Condition::any().add(of_template).add(of_customers))
                .order_by_desc(Column::Id)
                .limit(REMOVALS_MAX)
                .all(tx)
                .await?;
            for removal in removals {
                let Some(before) = &removal.before else {
                    continue;
                };
                let rows: RemovedRows = serde_json::from_str(before).unwrap_or_default();
                let mut took: Vec<i64> = rows
                    .removed
                    .iter()
                    .filter_map(|it| it.first())
                    .copied()
                    .collect();
                let of_customers = gone.values().filter(|it| {
                    it.release_id == Some(ReleaseId(release))
                        && it
                            .customer_id
                            .is_some_and(|id| rows.customer_ids.contains(&id.0))
                });
                took.extend(of_customers.map(|it| it.entity_id));
                for id in took.into_iter().filter(|id| gone.contains_key(id)) {
                    // The newest removal comes first.
                    found
                        .entry(id)
                        .or_insert_with(|| (removal.actor.clone(), removal.at));
                }
            }
        }
        Ok(Self(found))
    }
}
