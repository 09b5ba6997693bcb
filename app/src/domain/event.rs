//! The audit trail (R17): events that say what changed, by whom and when. Append-only.
use super::{
    actor_stamp::ActorStamp,
    field_text::field_text,
    id::{BatchId, ClusterId, CustomerId, EventId, ReleaseId, UserId},
    text_change::TextChange,
    via::Via,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

words! {
    /// The kind of row that an event is about.
    Entity {
        Cluster = "cluster", Customer = "customer", Release = "release", Template = "template", Step = "step",
        Database = "database", User = "user", Session = "session", Token = "token",
        View = "view",
        IncomingHook = "incoming_hook", Webhook = "webhook", Runner = "runner",
    }
}

words! {
    /// What was done. The first six are the transitions of a step.
    EventAction {
        Start = "start", Done = "done", Fail = "fail", Skip = "skip", Revert = "revert", Reopen = "reopen",
        Override = "override", Reset = "reset", Notes = "notes", Create = "create", Update = "update",
        Delete = "delete", Move = "move", Reorder = "reorder", Promote = "promote", Deactivate = "deactivate",
        Restore = "restore", Activate = "activate", AddCustomers = "add_customers",
        RemoveCustomers = "remove_customers", Archive = "archive", Clone = "clone", Undo = "undo", Import = "import",
        Login = "login", LoginFailed = "login-failed", Logout = "logout", Password = "password",
        Attach = "attach", Detach = "detach", RunLost = "run-lost", RunCancel = "run-cancel",
        RunEnd = "run-end",
    }
}

impl EventAction {
    /// Whether it writes the text of a step.
    pub fn writes_text(self) -> bool {
        matches!(
            self,
            Self::Override | Self::Reset | Self::Update | Self::Promote
        )
    }

    /// Whether it adds or removes evidence of a step, and leaves the step itself as it is (R74).
    pub fn is_of_evidence(self) -> bool {
        matches!(self, Self::Attach | Self::Detach)
    }

    /// Whether it is about a run of a step, and leaves the step itself as it is (R71).
    pub fn is_of_run(self) -> bool {
        matches!(self, Self::RunLost | Self::RunCancel | Self::RunEnd)
    }

    /// The action within a sentence: "Ana Ferreira overrode the text of".
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
            Self::Import => "imported",
            Self::Login => "signed in as",
            Self::LoginFailed => "failed to sign in as",
            Self::Logout => "signed out as",
            Self::Password => "set the password of",
            Self::Attach => "added evidence to",
            Self::Detach => "removed evidence of",
            Self::RunLost => "lost the runner of",
            Self::RunCancel => "asked to cancel the run of",
            Self::RunEnd => "ended the run of",
        }
    }
}

impl EventAction {
    /// The action by itself, for a list of choices.
    pub fn label(self) -> &'static str {
        match self {
            Self::Start => "Started",
            Self::Done => "Marked done",
            Self::Fail => "Marked failed",
            Self::Skip => "Skipped",
            Self::Revert => "Reverted",
            Self::Reopen => "Reopened",
            Self::Override => "Text overridden",
            Self::Reset => "Reset to the template",
            Self::Notes => "Notes",
            Self::Create => "Added",
            Self::Update => "Edited",
            Self::Delete => "Deleted",
            Self::Move => "Moved",
            Self::Reorder => "Reordered",
            Self::Promote => "Promoted to the template",
            Self::Deactivate => "Deactivated",
            Self::Restore => "Restored",
            Self::Activate => "Activated",
            Self::AddCustomers => "Customers added",
            Self::RemoveCustomers => "Customers removed",
            Self::Archive => "Archived",
            Self::Clone => "Cloned",
            Self::Undo => "Undone",
            Self::Import => "Imported",
            Self::Login => "Signed in",
            Self::LoginFailed => "Sign-in failed",
            Self::Logout => "Signed out",
            Self::Password => "Password set",
            Self::Attach => "Evidence added",
            Self::Detach => "Evidence removed",
            Self::RunLost => "Runner lost",
            Self::RunCancel => "Cancel asked",
            Self::RunEnd => "Run ended",
        }
    }
}

/// One event of the audit trail, as stored.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: EventId,
    pub batch_id: BatchId,
    pub entity: Entity,
    /// The id of the row in the table of `entity`.
    pub entity_id: i64,
    /// The release that the row belongs to, or that it is.
    pub release_id: Option<ReleaseId>,
    /// The customer that the row belongs to, or that it is.
    pub customer_id: Option<CustomerId>,
    pub action: EventAction,
    /// The name of the person, as it was then.
    pub actor: String,
    #[serde(with = "crate::domain::time_serde::micros")]
    pub at: DateTime<Utc>,
    /// The row before the action, or the members that the action concerns, as a JSON object; none if there was no row.
    #[serde(
        default,
        deserialize_with = "crate::domain::unique_members::deserialize"
    )]
    pub before: Option<Value>,
    /// The same after the change; none if nothing is left.
    #[serde(
        default,
        deserialize_with = "crate::domain::unique_members::deserialize"
    )]
    pub after: Option<Value>,
    /// On done: the text that was executed, with its variables resolved.
    pub resolved_text: Option<String>,
    /// The SHA-256 of that text as 64 lowercase hexadecimal digits; a start has it without the text.
    pub resolved_sha256: Option<String>,
    /// On done: whether the person had that text on the page (R81).
    pub text_shown: Option<bool>,
    /// The batch that this event's batch undid.
    pub undoes: Option<BatchId>,
    /// The user who made the change; none in `open` mode, and of events from before there were users (R28).
    pub user_id: Option<UserId>,
    /// By what way it was made; none in `open` mode.
    pub via: Option<Via>,
    /// Hash of this event and the one before it (R89); none only while the event is not written yet.
    pub hash: Option<String>,
    /// Hash of the event before it.
    pub previous_hash: Option<String>,
}

impl Event {
    /// Whether the event can be undone (R16). Activation, membership, archiving and deactivation have an opposite
    /// action instead; an import has none.
    pub fn is_undoable(&self) -> bool {
        let kept = self.before.as_ref().and_then(|it| it.get("orderedIds"));
        match self.entity {
            // What was run stays proved, whatever becomes of the mark.
            Entity::Step if self.action.is_of_evidence() || self.action.is_of_run() => false,
            Entity::Step | Entity::Template => true,
            Entity::Release => kept.is_some(),
            Entity::Customer => self.is_customer_edit(),
            Entity::Cluster
            | Entity::Database
            | Entity::User
            | Entity::Session
            | Entity::Token
            | Entity::View
            | Entity::IncomingHook
            | Entity::Webhook
            | Entity::Runner => false,
        }
    }

    /// Whether its row was created, or deleted by an undo.
    pub fn is_made_or_deleted(&self) -> bool {
        self.before.is_some() != self.after.is_some()
    }

    /// Whether a customer was created, edited, or deleted by an undo. Deactivation and restoring have each other as their
    /// opposite.
    fn is_customer_edit(&self) -> bool {
        let is_active = |row: &Value| row.get("isActive").cloned();
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => is_active(before) == is_active(after),
            (None, None) => false,
            _ => true,
        }
    }

    /// Author and time of the event.
    pub fn stamp(&self) -> ActorStamp {
        ActorStamp {
            by: self.actor.clone(),
            at: self.at,
        }
    }

    /// The text under `key` in the row after the event, else in the row before it.
    pub fn text(&self, key: &str) -> Option<&str> {
        [&self.after, &self.before]
            .into_iter()
            .flatten()
            .find_map(|it| it.get(key)?.as_str())
    }

    /// The fields that differ before and after the event.
    fn changes(&self) -> Vec<FieldChange> {
        let object = |it: &Option<Value>| it.as_ref().and_then(Value::as_object).cloned();
        let (before, after) = (object(&self.before), object(&self.after));
        let (before, after) = (before.unwrap_or_default(), after.unwrap_or_default());
        let mut fields: Vec<&String> = before.keys().chain(after.keys()).collect();
        fields.sort_unstable();
        fields.dedup();
        fields
            .into_iter()
            // Bookkeeping fields change with every event.
            .filter(|it| {
                !matches!(
                    it.as_str(),
                    "id" | "version"
                        | "createdAt"
                        | "updatedAt"
                        | "changes"
                        | "changedIds"
                        | "changedCustomers"
                )
            })
            .filter(|it| before.get(*it) != after.get(*it))
            .map(|it| FieldChange {
                field: it.clone(),
                before: field_text(&before, it),
                after: field_text(&after, it),
            })
            .collect()
    }

    /// What changed in the step's text between its start and this, if the event says so.
    fn text_changes(&self) -> Vec<TextChange> {
        let changes = self.after.as_ref().and_then(|it| it.get("changes"));
        changes
            .and_then(|it| Vec::deserialize(it).ok())
            .unwrap_or_default()
    }

    /// The reason of a failed, skipped or reverted step, or else why its run did not succeed; of an event about a run the latter alone.
    pub fn reason(&self) -> Option<&str> {
        let after = self.after.as_ref()?;
        let of_step = ["/failReason", "/skipReason", "/revertReason"].into_iter();
        of_step
            .filter(|_| !self.action.is_of_run())
            .chain(["/run/reason"])
            .find_map(|it| after.pointer(it)?.as_str())
    }
}

/// A field that an event changed, as text; none where it was empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldChange {
    /// The field's name in JSON, such as `status`.
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// An event as pages show it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    pub id: EventId,
    pub batch_id: BatchId,
    pub entity: Entity,
    /// The id of the row in the table of `entity`.
    pub entity_id: i64,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    pub action: EventAction,
    pub actor: String,
    #[serde(with = "crate::domain::time_serde")]
    pub at: DateTime<Utc>,
    /// The reason of a fail, skip or revert.
    pub reason: Option<String>,
    pub changes: Vec<FieldChange>,
    /// On a done that follows a start: what changed in the text in between (R81).
    pub text_changes: Vec<TextChange>,
    /// On done: the text that was executed, with its variables resolved.
    pub resolved_text: Option<String>,
    /// The SHA-256 of that text as 64 lowercase hexadecimal digits; a start has it without the text.
    pub resolved_sha256: Option<String>,
    /// On done: whether the person had that text on the page (R81).
    pub text_shown: Option<bool>,
    /// The batch that this entry's batch undid.
    pub undoes: Option<BatchId>,
}

impl HistoryEntry {
    /// For lists: without the executed text, and with long values cut to `max_chars` characters.
    pub fn brief(mut self, max_chars: usize) -> Self {
        self.resolved_text = None;
        for change in &mut self.changes {
            for text in [&mut change.before, &mut change.after] {
                truncate_chars(text, max_chars);
            }
        }
        self
    }
}

fn truncate_chars(text: &mut Option<String>, max_chars: usize) {
    if let Some(text) = text
        && let Some((at, _)) = text.char_indices().nth(max_chars)
    {
        text.truncate(at);
        text.push('…');
    }
}

impl From<Event> for HistoryEntry {
    fn from(event: Event) -> Self {
        Self {
            reason: event.reason().map(str::to_owned),
            changes: event.changes(),
            text_changes: event.text_changes(),
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
            text_shown: event.text_shown,
            undoes: event.undoes,
        }
    }
}

/// The result of a change: the row as stored, and the batch id to undo it by; none if nothing changed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Changed<T> {
    pub row: T,
    pub batch_id: Option<BatchId>,
}

/// Which events to list. All given conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct EventFilter {
    pub entity: Option<Entity>,
    pub entity_id: Option<i64>,
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    /// Events about this cluster or about one of its customers.
    pub cluster_id: Option<ClusterId>,
    pub action: Option<EventAction>,
    /// The whole name of a person, as it was then.
    pub actor: Option<String>,
    /// The name of a person, or else a part of names.
    pub person: Option<String>,
    pub user_id: Option<UserId>,
    pub batch_id: Option<BatchId>,
    /// A part of the author's name, of the name of what the event is about, or of the reason.
    pub q: Option<String>,
    /// Events at this time or later.
    #[serde(with = "crate::domain::time_serde::option")]
    pub from: Option<DateTime<Utc>>,
    /// Events at this time or earlier.
    #[serde(with = "crate::domain::time_serde::option")]
    pub to: Option<DateTime<Utc>>,
    /// Only events before this one: the last event of the previous page.
    pub cursor: Option<EventId>,
    /// How many lines: events, or batches on the activity page. 1 to 500; none for 100.
    pub limit: Option<u32>,
}

impl EventFilter {
    /// Whether there are events that it hides, wherever the page begins.
    pub fn is_narrowing(&self) -> bool {
        let whole = Self {
            cursor: self.cursor,
            limit: self.limit,
            ..Self::default()
        };
        *self != whole
    }
}

/// A page of events, and the cursor of the next page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListPage<T> {
    pub items: Vec<T>,
    /// None on the last page.
    pub next_cursor: Option<EventId>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event() -> Event {
        Event {
            id: EventId(1),
            batch_id: BatchId("a".into()),
            entity: Entity::Step,
            entity_id: 1,
            release_id: None,
            customer_id: None,
            action: EventAction::Done,
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            before: None,
            after: None,
            resolved_text: None,
            resolved_sha256: None,
            text_shown: None,
            undoes: None,
            user_id: None,
            via: None,
            hash: None,
            previous_hash: None,
        }
    }

    #[test]
    fn what_is_of_a_run_or_of_evidence_is_not_undone() {
        for action in [EventAction::RunEnd, EventAction::Attach] {
            let event = Event { action, ..event() };
            assert!(!event.is_undoable(), "{action}");
        }
        assert!(event().is_undoable());
    }

    #[test]
    fn an_entry_says_what_changed_and_leaves_bookkeeping_out() {
        let mut event = event();
        event.before = Some(serde_json::json!({ "status": "pending", "version": 1, "notes": "x" }));
        event.after = Some(serde_json::json!({ "status": "done", "version": 2, "notes": "x" }));
        let entry = HistoryEntry::from(event);
        let changes = entry.changes.clone();
        let status = FieldChange {
            field: "status".into(),
            before: Some("pending".into()),
            after: Some("done".into()),
        };
        assert_eq!(changes, [status]);
        let cut = entry.brief(4).changes;
        assert_eq!(cut[0].before.as_deref(), Some("pend…"));
        assert_eq!(cut[0].after.as_deref(), Some("done"));
    }

    #[test]
    fn the_reason_is_that_of_the_step_or_else_that_of_its_run() {
        let mut event = event();
        let lost = serde_json::json!({ "id": 12, "reason": "lost its runner at 14:02" });
        event.after = Some(serde_json::json!({ "status": "in_progress", "run": lost }));
        assert_eq!(event.reason(), Some("lost its runner at 14:02"));
        event.after = Some(serde_json::json!({ "failReason": "exit code 3", "run": lost }));
        assert_eq!(event.reason(), Some("exit code 3"));
        event.action = EventAction::RunEnd;
        assert_eq!(event.reason(), Some("lost its runner at 14:02"));
    }
}
