//! Committed changes as the stream tells them (R31): batches of events, each cut to what a caller sees of it.
use super::{
    event::{Entity, EventAction},
    id::{BatchId, CustomerId, EventId, ReleaseId},
    time_serde,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use std::{collections::BTreeSet, sync::OnceLock};

/// The most changes of one message. Of more it only says that there are many.
pub const CHANGES_MAX: usize = 100;

/// An event, without what it stores of rows and texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedEvent {
    pub id: EventId,
    pub entity: Entity,
    pub entity_id: i64,
    pub action: EventAction,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
}

impl CommittedEvent {
    /// Whether it may have changed what somebody may do or see, or ended a session.
    pub fn is_about_rights(&self) -> bool {
        match self.entity {
            Entity::User | Entity::Token => true,
            Entity::Session => {
                !matches!(self.action, EventAction::Login | EventAction::LoginFailed)
            }
            _ => false,
        }
    }
}

/// The events of one batch that a caller sees; never none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommittedBatch {
    pub id: BatchId,
    pub actor: String,
    pub at: DateTime<Utc>,
    /// The last event of the whole batch, whether it is seen or not.
    pub last: EventId,
    pub events: Vec<CommittedEvent>,
    /// Its message, once it was made.
    pub json: OnceLock<String>,
}

/// A batch as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ChangeMessage<'a> {
    batch_id: &'a BatchId,
    actor: &'a str,
    #[serde(serialize_with = "time_serde::micros::serialize")]
    at: DateTime<Utc>,
    releases: BTreeSet<ReleaseId>,
    /// None: there are many.
    changes: Option<Vec<ChangedRow>>,
}

/// What an event is about, as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangedRow {
    entity: Entity,
    id: i64,
    action: EventAction,
    release_id: Option<ReleaseId>,
    customer_id: Option<CustomerId>,
}

impl CommittedBatch {
    /// What the stream says of it.
    pub fn message(&self) -> ChangeMessage<'_> {
        let row = |it: &CommittedEvent| ChangedRow {
            entity: it.entity,
            id: it.entity_id,
            action: it.action,
            release_id: it.release_id,
            customer_id: it.customer_id,
        };
        let is_told = self.events.len() <= CHANGES_MAX;
        ChangeMessage {
            batch_id: &self.id,
            actor: &self.actor,
            at: self.at,
            releases: self.events.iter().filter_map(|it| it.release_id).collect(),
            changes: is_told.then(|| self.events.iter().map(row).collect()),
        }
    }

    /// The same as JSON, written once for all who are told all of it.
    pub fn json(&self) -> &str {
        let write = || serde_json::to_string(&self.message()).unwrap_or_default();
        self.json.get_or_init(write)
    }

    /// The batch with these of its events; none if there are none.
    pub fn cut(&self, is_kept: impl Fn(&CommittedEvent) -> bool) -> Option<Self> {
        let kept = self.events.iter().filter(|it| is_kept(it));
        let events: Vec<CommittedEvent> = kept.cloned().collect();
        if events.is_empty() {
            return None;
        }
        Some(Self {
            id: self.id.clone(),
            actor: self.actor.clone(),
            at: self.at,
            last: self.last,
            events,
            json: OnceLock::new(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn event(id: i64, entity: Entity, action: EventAction) -> CommittedEvent {
        CommittedEvent {
            id: EventId(id),
            entity,
            entity_id: 17,
            action,
            release_id: Some(ReleaseId(1)),
            customer_id: (entity == Entity::Step).then_some(CustomerId(4)),
        }
    }

    fn batch(n_events: i64) -> CommittedBatch {
        let events = (1..=n_events).map(|id| event(id, Entity::Step, EventAction::Done));
        CommittedBatch {
            id: BatchId("b".into()),
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            last: EventId(n_events),
            events: events.collect(),
            json: OnceLock::new(),
        }
    }

    #[test]
    fn a_message_names_each_row_up_to_a_hundred_and_of_more_only_the_releases() {
        let message = serde_json::to_value(batch(1).message()).unwrap();
        let row = json!({ "entity": "step", "id": 17, "action": "done", "releaseId": 1, "customerId": 4 });
        let expected = json!({
            "batchId": "b", "actor": "Ana", "at": "1970-01-01T00:00:00.000000Z", "releases": [1], "changes": [row],
        });
        assert_eq!(message, expected);
        let changes = |n: i64| serde_json::to_value(batch(n).message()).unwrap()["changes"].clone();
        assert_eq!(changes(100).as_array().map(Vec::len), Some(100));
        assert_eq!(changes(101), json!(null));
    }

    #[test]
    fn a_part_of_a_batch_keeps_its_last_event_s_id() {
        let part = batch(9).cut(|it| it.id.0 < 3).unwrap();
        assert_eq!((part.events.len(), part.last), (2, EventId(9)));
        assert_eq!(batch(9).cut(|_| false), None);
    }

    #[test]
    fn the_json_of_a_part_is_its_own_though_that_of_the_whole_was_written_before() {
        let whole = batch(9);
        let of_whole = whole.json();
        let part = whole.cut(|it| it.id.0 < 3).unwrap();
        assert_eq!(whole.json(), of_whole);
        let expected = serde_json::to_string(&part.message()).unwrap();
        assert_eq!(part.json(), expected);
        assert_eq!(of_whole.matches("customerId").count(), 9);
        assert_eq!(part.json().matches("customerId").count(), 2);
    }

    #[test]
    fn who_signs_in_changes_nobody_s_rights() {
        let is = |entity, action| event(1, entity, action).is_about_rights();
        assert!(is(Entity::User, EventAction::Update) && is(Entity::Token, EventAction::Delete));
        assert!(is(Entity::Session, EventAction::Logout));
        assert!(!is(Entity::Session, EventAction::Login));
        assert!(!is(Entity::Step, EventAction::Done));
    }
}
