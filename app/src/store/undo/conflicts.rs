//! What an undo leaves alone (R16), why, and who is named for it (R88): a release that is read-only by now, a step that
//! somebody has changed, and one that its template or its customer took away.
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{ReleaseId, StepId},
    rule_violation::RuleViolation,
    summary::Conflict,
};
use crate::store::{
    audit::{
        events::last_change,
        last_change::{LastChange, last_change_of_step},
    },
    change::Change,
    entity::{audit_event, customer_step},
    error::StoreError,
    records::release_rows,
    steps::step_rows,
};
use sea_orm::{
    ColumnTrait, Condition, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Deserialize;
use std::collections::{HashMap, HashSet};

/// How many ids one statement takes.
const IDS_A_STATEMENT: usize = 20_000;
/// How many of the newest removals in a release are looked at to find who took a step away.
const REMOVALS_MAX: u64 = 200;

/// What an event that removes steps keeps of them.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RemovedRows {
    /// Of a deleted template: the copies that went with it, each with its id first.
    removed: Vec<Vec<i64>>,
    /// Of customers that were taken out of a release.
    customer_ids: Vec<i64>,
}

/// The steps of a batch that are gone, as far as their template or their customer took them away: by whom, and when.
pub struct StepRemovals(HashMap<i64, LastChange>);

impl StepRemovals {
    pub async fn find(tx: &DatabaseTransaction, events: &[Event]) -> Result<Self, StoreError> {
        use audit_event::Column;
        let mut gone: HashMap<i64, &Event> = events
            .iter()
            .filter(|it| it.entity == Entity::Step)
            .map(|it| (it.entity_id, it))
            .collect();
        let ids: Vec<i64> = gone.keys().copied().collect();
        for chunk in ids.chunks(IDS_A_STATEMENT) {
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

impl Change {
    /// The releases of a batch in which nothing can be restored, and why.
    pub async fn closed_releases(
        &self,
        events: &[Event],
    ) -> Result<HashMap<ReleaseId, RuleViolation>, StoreError> {
        let ids: HashSet<ReleaseId> = events.iter().filter_map(|it| it.release_id).collect();
        let mut closed = HashMap::new();
        for id in ids {
            let refusal = match release_rows::load(&self.tx, id).await {
                Ok(release) => release.may_be_edited().err(),
                // A draft that was deleted since.
                Err(StoreError::NotFound(_)) => Some(RuleViolation::NothingToUndo {
                    reasons: vec!["its release was deleted".to_owned()],
                }),
                Err(error) => return Err(error),
            };
            closed.extend(refusal.map(|it| (id, it)));
        }
        Ok(closed)
    }

    /// The conflict of an event whose release is closed.
    pub async fn closed_conflict(
        &self,
        event: &Event,
        release: ReleaseId,
        why: &RuleViolation,
    ) -> Result<Conflict, StoreError> {
        let name = event.text("name").unwrap_or("the order");
        let name = self.cell_name(name, event.customer_id).await?;
        let last = last_change(&self.tx, Entity::Release, release.0).await?;
        let (changed_by, changed_at) = last.unzip();
        Ok(Conflict {
            id: event.entity_id,
            reason: format!("{name}: {why}"),
            changed_by,
            changed_at,
        })
    }

    /// The conflict of a step that was changed since, or is gone.
    pub async fn step_conflict(
        &self,
        id: StepId,
        what: &str,
        removals: Option<&StepRemovals>,
    ) -> Result<Conflict, StoreError> {
        let last = match step_rows::load(&self.tx, id).await {
            Ok(step) => last_change_of_step(&self.tx, &step).await?,
            Err(StoreError::NotFound(_)) => {
                let own = last_change(&self.tx, Entity::Step, id.0).await?;
                let removal = removals.and_then(|it| it.0.get(&id.0).cloned());
                own.into_iter().chain(removal).max_by_key(|it| it.1)
            }
            Err(error) => return Err(error),
        };
        let (changed_by, changed_at) = last.unzip();
        Ok(Conflict {
            id: id.0,
            reason: format!("{what} was changed since"),
            changed_by,
            changed_at,
        })
    }
}
