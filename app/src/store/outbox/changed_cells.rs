//! What a change has done to the states of steps, gathered from its events: what messages to webhooks are about (R62).
use crate::domain::{
    event::{Entity, EventAction},
    hook_message::short_reason,
    id::{CustomerId, ReleaseId, StepId},
    vocabulary::StepStatus,
};
use crate::store::audit::events::NewEvent;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// A step whose state changed.
#[derive(Clone, Debug)]
pub struct ChangedCell {
    pub customer: CustomerId,
    pub name: String,
    pub before: StepStatus,
    pub after: StepStatus,
}

/// The changed steps of one release.
#[derive(Debug, Default)]
pub struct ReleaseCells {
    pub cells: BTreeMap<StepId, ChangedCell>,
    /// The first reason of each state that steps came to.
    pub reasons: BTreeMap<StepStatus, String>,
    /// Whether the release was activated.
    pub is_activated: bool,
}

/// The changed steps of a batch, by release.
#[derive(Debug, Default)]
pub struct ChangedCells(pub BTreeMap<ReleaseId, ReleaseCells>);

impl ChangedCells {
    /// Adds what an event says of a state. Of several events of one step the first state before and the last one after count.
    pub fn note(&mut self, event: &NewEvent) {
        let Some(release) = event.release_id else {
            return;
        };
        if event.entity == Entity::Release && event.action == EventAction::Activate {
            self.0.entry(release).or_default().is_activated = true;
            return;
        }
        let (Entity::Step, Some(customer)) = (event.entity, event.customer_id) else {
            return;
        };
        let (Some(before), Some(after)) = (&event.before, &event.after) else {
            return;
        };
        let (Some(was), Some(is)) = (status(before), status(after)) else {
            return;
        };
        if was == is {
            return;
        }
        let of_release = self.0.entry(release).or_default();
        let reason = ["failReason", "skipReason", "revertReason"]
            .into_iter()
            .find_map(|it| after.get(it)?.as_str());
        if let Some(reason) = reason {
            let first = of_release.reasons.entry(is);
            first.or_insert_with(|| short_reason(reason));
        }
        let name = after.get("name").and_then(Value::as_str);
        let cell = ChangedCell {
            customer,
            name: name.unwrap_or_default().to_owned(),
            before: was,
            after: is,
        };
        let cells = &mut of_release.cells;
        let id = StepId(event.entity_id);
        cells
            .entry(id)
            .and_modify(|it| it.after = is)
            .or_insert(cell);
    }

    /// The customers of all steps.
    pub fn customers(&self) -> BTreeSet<i64> {
        let cells = self.0.values().flat_map(|it| it.cells.values());
        cells.map(|it| it.customer.0).collect()
    }
}

/// The state in what an event stores of a step.
fn status(step: &Value) -> Option<StepStatus> {
    step.get("status")?.as_str()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(step: i64, before: &Value, after: &Value) -> NewEvent {
        NewEvent::of(Entity::Step, step, EventAction::Fail)
            .release(ReleaseId(1))
            .customer(CustomerId(2))
            .before(before)
            .after(after)
    }

    #[test]
    fn only_a_change_of_state_is_noted_with_its_reason() {
        let mut cells = ChangedCells::default();
        let pending = json!({ "name": "Check", "status": "pending" });
        let noted = json!({ "name": "Check", "status": "pending", "notes": "x" });
        cells.note(&event(7, &pending, &noted));
        assert!(cells.0.is_empty());
        let failed = json!({ "name": "Check", "status": "failed", "failReason": "timeout" });
        cells.note(&event(7, &pending, &failed));
        let of_release = &cells.0[&ReleaseId(1)];
        let cell = &of_release.cells[&StepId(7)];
        assert_eq!(
            (cell.before, cell.after),
            (StepStatus::Pending, StepStatus::Failed)
        );
        assert_eq!(of_release.reasons[&StepStatus::Failed], "timeout");
        assert_eq!(cells.customers(), [2].into());
    }
}
