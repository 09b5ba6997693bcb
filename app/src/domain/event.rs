//! The history (R17): what happened, by whom, when, in one append-only list.
use super::{
    id::{BatchId, CustomerId, EventId, ReleaseId},
    stamp::Stamp,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

words! {
    /// What an event is about.
    Entity {
        Cluster = "cluster", Customer = "customer", Release = "release", Template = "template", Step = "step",
    }
}

words! {
    /// What was done. The six first are a step's transitions.
    EventAction {
        Start = "start", Done = "done", Fail = "fail", Skip = "skip", Revert = "revert", Reopen = "reopen",
        Override = "override", Reset = "reset", Notes = "notes", Create = "create", Update = "update",
        Delete = "delete", Move = "move", Reorder = "reorder", Promote = "promote", Deactivate = "deactivate",
        Restore = "restore", Activate = "activate", AddCustomers = "add_customers",
        RemoveCustomers = "remove_customers", Archive = "archive", Clone = "clone", Undo = "undo",
    }
}

impl EventAction {
    /// As in "Ana Ferreira overrode the text".
    pub fn phrase(self) -> &'static str {
        match self {
            Self::Start => "started",
            Self::Done => "marked done",
            Self::Fail => "marked failed",
            Self::Skip => "skipped",
            Self::Revert => "reverted",
            Self::Reopen => "reopened",
            Self::Override => "overrode the text of",
            Self::Reset => "reset to the template",
            Self::Notes => "noted at",
            Self::Create => "added",
            Self::Update => "edited",
            Self::Delete => "deleted",
            Self::Move => "moved",
            Self::Reorder => "reordered the steps of",
            Self::Promote => "promoted to the template",
            Self::Deactivate => "deactivated",
            Self::Restore => "restored",
            Self::Activate => "activated",
            Self::AddCustomers => "added customers to",
            Self::RemoveCustomers => "removed customers from",
            Self::Archive => "archived",
            Self::Clone => "cloned",
            Self::Undo => "undid a change of",
        }
    }

    /// R16: activation, membership, archive and deactivation have their own opposite, and so has a creation.
    pub fn is_undoable(self, entity: Entity) -> bool {
        let of_a_step = matches!(entity, Entity::Step | Entity::Template);
        of_a_step || matches!((entity, self), (Entity::Release, Self::Reorder))
    }
}

/// One line of the history.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: EventId,
    pub batch_id: BatchId,
    pub entity: Entity,
    pub entity_id: i64,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    pub action: EventAction,
    pub actor: String,
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    pub before: Option<Value>,
    pub after: Option<Value>,
    pub resolved_text: Option<String>,
    pub resolved_sha256: Option<String>,
    pub undoes: Option<BatchId>,
}

impl Event {
    pub fn stamp(&self) -> Stamp {
        Stamp {
            by: self.actor.clone(),
            at: self.at,
        }
    }

    /// A text that the event keeps: of its later state, or else of its earlier one.
    pub fn text(&self, key: &str) -> Option<&str> {
        [&self.after, &self.before]
            .into_iter()
            .flatten()
            .find_map(|it| it.get(key)?.as_str())
    }

    /// What is different after it, field by field.
    fn changes(&self) -> Vec<FieldChange> {
        let object = |it: &Option<Value>| it.as_ref().and_then(Value::as_object).cloned();
        let (before, after) = (object(&self.before), object(&self.after));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
            .into_iter()
            // Bookkeeping, which says nothing that the line does not say.
            .filter(|it| !matches!(it.as_str(), "id" | "version" | "createdAt" | "updatedAt"))
            .filter(|it| before.get(*it) != after.get(*it))
            .map(|it| FieldChange {
                field: it.clone(),
                before: before.get(it).and_then(readable),
                after: after.get(it).and_then(readable),
            })
            .collect()
    }

    /// Why it was done, if somebody said so.
    pub fn reason(&self) -> Option<&str> {
        let after = self.after.as_ref()?;
        ["failReason", "skipReason", "revertReason"]
            .into_iter()
            .find_map(|it| after.get(it)?.as_str())
    }
}

/// A field that an event changed, as people read it; none where it was empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

fn readable(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    }
}

/// An event as pages show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Entry {
    pub id: EventId,
    pub batch_id: BatchId,
    pub entity: Entity,
    pub entity_id: i64,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    pub action: EventAction,
    pub actor: String,
    #[serde(with = "crate::domain::instant")]
    pub at: DateTime<Utc>,
    pub reason: Option<String>,
    pub changes: Vec<FieldChange>,
    pub resolved_text: Option<String>,
    pub resolved_sha256: Option<String>,
    pub undoes: Option<BatchId>,
}

impl From<Event> for Entry {
    fn from(event: Event) -> Self {
        Self {
            reason: event.reason().map(str::to_owned),
            changes: event.changes(),
            id: event.id,
            batch_id: event.batch_id,
            entity: event.entity,
            entity_id: event.entity_id,
            release_id: event.release_id,
            customer_id: event.customer_id,
            action: event.action,
            actor: event.actor,
            at: event.at,
            resolved_text: event.resolved_text,
            resolved_sha256: event.resolved_sha256,
            undoes: event.undoes,
        }
    }
}

/// What a change answers: the row as it is now, and the batch to undo it by (none if nothing changed).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed<T> {
    pub row: T,
    pub batch_id: Option<BatchId>,
}

/// Which events to show. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventFilter {
    pub entity: Option<Entity>,
    pub entity_id: Option<i64>,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    pub action: Option<EventAction>,
    pub actor: Option<String>,
    pub batch_id: Option<BatchId>,
    #[serde(with = "crate::domain::instant::option")]
    pub from: Option<DateTime<Utc>>,
    #[serde(with = "crate::domain::instant::option")]
    pub to: Option<DateTime<Utc>>,
    /// Only events before this one: the last of the page before.
    pub cursor: Option<EventId>,
    pub limit: Option<u32>,
}

/// A page of a list, and where the next one starts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<EventId>,
}
