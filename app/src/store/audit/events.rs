//! Appends events to the audit trail, in the transaction of the change (R17), and defines what an event stores of a
//! step.
use super::{
    event_texts,
    history_head::{self, ChainEnd},
};
use crate::domain::{
    actor_stamp::ActorStamp,
    caller::Caller,
    event::{Entity, Event, EventAction},
    history_chain,
    id::{BatchId, CustomerId, EventId, ReleaseId, TemplateId},
    step::CustomerStep,
    text_change::TextChange,
    vocabulary::{Category, StepStatus, StepType},
};
use crate::store::{
    entity::{audit_event, hex_digits, sha256, text_key},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{DatabaseTransaction, DbErr, EntityTrait};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// An event to be written. Batch, author and time are added by `insert`.
#[derive(Debug)]
pub struct NewEvent {
    pub entity: Entity,
    /// The id of the row in the table of `entity`.
    pub entity_id: i64,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    pub action: EventAction,
    /// A JSON object; none if there was nothing before.
    pub before: Option<Value>,
    /// A JSON object; none if nothing is left.
    pub after: Option<Value>,
    pub proof: TextProof,
}

/// What an event keeps of a step's text: all of it on done, its SHA-256 on start (R81).
#[derive(Debug, Default)]
pub struct TextProof {
    /// The resolved text; on done only.
    pub text: Option<String>,
    /// The SHA-256 of the resolved text, as 64 lowercase hexadecimal digits; on start and done.
    pub sha256: Option<String>,
    /// On done: whether the person had that text on the page.
    pub is_shown: Option<bool>,
    /// On a done that follows a start: what changed in the text in between.
    pub changes: Vec<TextChange>,
}

impl NewEvent {
    /// An event about this row, without further data.
    pub fn of(entity: Entity, entity_id: i64, action: EventAction) -> Self {
        Self {
            entity,
            entity_id,
            release_id: None,
            customer_id: None,
            action,
            before: None,
            after: None,
            proof: TextProof::default(),
        }
    }

    /// An event about a customer's step.
    pub fn of_step(step: &CustomerStep, action: EventAction) -> Self {
        Self::of(Entity::Step, step.id.0, action)
            .release(step.release_id)
            .customer(step.customer_id)
    }

    /// Sets the release that the event belongs to.
    pub fn release(mut self, id: ReleaseId) -> Self {
        self.release_id = Some(id);
        self
    }

    /// Sets the customer that the event belongs to.
    pub fn customer(mut self, id: CustomerId) -> Self {
        self.customer_id = Some(id);
        self
    }

    /// Sets the row before the change.
    pub fn before(mut self, before: &impl Serialize) -> Self {
        self.before = serde_json::to_value(before).ok();
        self
    }

    /// Sets the row after the change.
    pub fn after(mut self, after: &impl Serialize) -> Self {
        self.after = serde_json::to_value(after).ok();
        self
    }

    /// Adds to the row after the change who did it, if that was not the caller: a member `by`.
    pub fn by(mut self, by: Option<&str>) -> Self {
        if let (Some(by), Some(Value::Object(after))) = (by, &mut self.after) {
            after.insert("by".to_owned(), json!(by));
        }
        self
    }

    /// Sets what the event stores of the step's text. Changes since the start are added to the row after the change, as
    /// `changes`.
    pub fn proof(mut self, proof: TextProof) -> Self {
        if let (false, Some(Value::Object(after))) = (proof.changes.is_empty(), &mut self.after) {
            after.insert("changes".to_owned(), json!(proof.changes));
        }
        self.proof = proof;
        self
    }
}

/// How much of a text's SHA-256 is in an event that has not the text.
const FINGERPRINT_BYTES: usize = 8;

/// A step as events store it: everything that users see and change, without its position. The text is included only
/// if it changed; otherwise its fingerprint tells whether it changed later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepSnapshot {
    pub name: String,
    pub category: Category,
    #[serde(rename = "type")]
    pub kind: StepType,
    /// The text, in events that changed it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub content: Option<String>,
    /// A fingerprint of the text, which an undo compares; see `FINGERPRINT_BYTES`.
    pub text_key: String,
    pub status: StepStatus,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub executed_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub executed_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub started_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state_at: Option<DateTime<Utc>>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub skip_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fail_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub revert_reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub notes: Option<String>,
    pub is_custom: bool,
    pub is_overridden: bool,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub template_id: Option<TemplateId>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub template_version: Option<i64>,
    pub version: i64,
}

impl StepSnapshot {
    /// The snapshot of a step without its text.
    pub fn of(step: &CustomerStep) -> Self {
        Self {
            name: step.name.clone(),
            category: step.category,
            kind: step.kind,
            content: None,
            text_key: hex_digits(&text_key(&step.content)[..FINGERPRINT_BYTES]),
            status: step.status,
            executed_at: step.executed_at,
            executed_by: step.executed_by.clone(),
            started_at: step.started_at,
            started_by: step.started_by.clone(),
            state_at: step.state_at,
            state_by: step.state_by.clone(),
            skip_reason: step.skip_reason.clone(),
            fail_reason: step.fail_reason.clone(),
            revert_reason: step.revert_reason.clone(),
            notes: step.notes.clone(),
            is_custom: step.is_custom,
            is_overridden: step.is_overridden,
            template_id: step.template_id,
            template_version: step.template_version,
            version: step.version,
        }
    }

    /// The snapshot of a step with its text.
    pub fn with_content(step: &CustomerStep) -> Self {
        Self {
            content: Some(step.content.clone()),
            ..Self::of(step)
        }
    }

    /// Whether both show the same to users; versions are ignored.
    pub fn is_same(&self, other: &Self) -> bool {
        let bare = |it: &Self| Self {
            content: None,
            version: 0,
            ..it.clone()
        };
        bare(self) == bare(other)
    }

    /// Whether a step is still as it was, apart from the work that was done on it since (R101): its state, its notes, and
    /// its text if that is overridden.
    pub fn is_same_but_for_work(&self, now: &Self) -> bool {
        let bare = |it: &Self| {
            let mut it = Self {
                content: None,
                status: StepStatus::Pending,
                executed_at: None,
                executed_by: None,
                started_at: None,
                started_by: None,
                state_at: None,
                state_by: None,
                skip_reason: None,
                fail_reason: None,
                revert_reason: None,
                notes: None,
                is_overridden: false,
                version: 0,
                ..it.clone()
            };
            if now.is_overridden {
                it.text_key.clear();
                it.template_version = None;
            }
            it
        };
        bare(self) == bare(now)
    }

    /// The step with the content of the snapshot. A snapshot without text leaves the text as it is.
    pub fn restored(&self, step: &CustomerStep) -> CustomerStep {
        CustomerStep {
            name: self.name.clone(),
            category: self.category,
            kind: self.kind,
            content: self.content.clone().unwrap_or_else(|| step.content.clone()),
            status: self.status,
            executed_at: self.executed_at,
            executed_by: self.executed_by.clone(),
            started_at: self.started_at,
            started_by: self.started_by.clone(),
            state_at: self.state_at,
            state_by: self.state_by.clone(),
            skip_reason: self.skip_reason.clone(),
            fail_reason: self.fail_reason.clone(),
            revert_reason: self.revert_reason.clone(),
            notes: self.notes.clone(),
            is_custom: self.is_custom,
            is_overridden: self.is_overridden,
            template_id: self.template_id,
            template_version: self.template_version,
            ..step.clone()
        }
    }
}

/// Parses what an event stores of a row. Errors: `Corrupt`.
pub fn read_snapshot<T: for<'de> Deserialize<'de>>(value: &Value) -> Result<T, StoreError> {
    serde_json::from_value(value.clone())
        .map_err(|error| StoreError::corrupt("audit_events", error))
}

/// `SQLite` accepts 32,766 values per statement; a row has 19.
const ROWS_PER_STATEMENT_MAX: usize = 1_500;

/// Appends the events of one batch, each chained to the one before it (R89). `end` is what the first one follows; if it
/// is `None`, it is read from the database. Afterwards it is the last one of these.
pub async fn insert(
    tx: &DatabaseTransaction,
    caller: &Caller,
    stamp: &ActorStamp,
    batch: &BatchId,
    undoes: Option<&BatchId>,
    events: Vec<NewEvent>,
    end: &mut Option<ChainEnd>,
) -> Result<(), DbErr> {
    if events.is_empty() {
        return Ok(());
    }
    let end = match end {
        Some(end) => end,
        None => end.insert(history_head::end(tx).await?),
    };
    let mut events = events.into_iter().map(|new| {
        end.last_id += 1;
        let mut event = Event {
            id: EventId(end.last_id),
            batch_id: batch.clone(),
            entity: new.entity,
            entity_id: new.entity_id,
            release_id: new.release_id,
            customer_id: new.customer_id,
            action: new.action,
            actor: stamp.by.clone(),
            at: stamp.at,
            before: new.before,
            after: new.after,
            resolved_sha256: new.proof.sha256,
            resolved_text: new.proof.text,
            text_shown: new.proof.is_shown,
            undoes: undoes.cloned(),
            user_id: caller.user(),
            via: caller.via().cloned(),
            hash: None,
            previous_hash: None,
        };
        let hash = history_chain::hash(&end.last_hash, &event, sha256);
        event.hash = Some(hash.clone());
        event.previous_hash = Some(std::mem::replace(&mut end.last_hash, hash));
        event
    });
    loop {
        let chunk: Vec<Event> = events.by_ref().take(ROWS_PER_STATEMENT_MAX).collect();
        if chunk.is_empty() {
            return Ok(());
        }
        let rows = event_texts::rows(tx, chunk).await?;
        audit_event::Entity::insert_many(rows)
            .exec_without_returning(tx)
            .await?;
    }
}

/// Author and time of the last event about a row.
pub async fn last_change(
    db: &impl sea_orm::ConnectionTrait,
    entity: Entity,
    id: i64,
) -> Result<Option<(String, DateTime<Utc>)>, DbErr> {
    use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
    audit_event::Entity::find()
        .select_only()
        .columns([audit_event::Column::Actor, audit_event::Column::At])
        .filter(audit_event::Column::Entity.eq(entity.as_str()))
        .filter(audit_event::Column::EntityId.eq(id))
        .order_by_desc(audit_event::Column::Id)
        .into_tuple()
        .one(db)
        .await
}
