//! The resolved text of a step, its SHA-256 and what events keep of it (`StepText`), and what changed in it (R81). Changes are
//! computed from the audit events: each is undone in memory, newest first, beginning with the present rows; a variable or a
//! text that differs before and after it is a change. Nothing is written.
use crate::domain::{
    actor_stamp::ActorStamp,
    cluster::Cluster,
    customer::Customer,
    event::{Entity, Event, EventAction},
    id::{ClusterId, EventId},
    release::Release,
    step::CustomerStep,
    text_change::{ChangedText, TextChange, TextChangeKind},
    variables::{self, VariableScope},
    vocabulary::{StepAction, StepType},
};
use crate::store::{
    access::{past_clusters::past_clusters, visible::Visible},
    audit::{event_texts, events::TextProof},
    entity::{audit_event, sha256},
    error::StoreError,
    records::{clusters, customers},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::Value;
use std::collections::HashMap;

/// Events per query.
const EVENTS_MAX: u64 = 50;
/// Changes that are returned; older ones are left out.
const CHANGES_MAX: usize = 50;
/// Longer texts before and after a change are cut. Whole texts are compared by `Store::compare_step_text`.
const CHANGE_MAX_CHARS: usize = 10_000;

/// How far back changes are looked for.
#[derive(Clone, Copy, Debug)]
pub enum Since<'a> {
    /// Since the resolved text had this SHA-256. If it never had, no changes are returned.
    Text(&'a str),
    /// After this time.
    Time(DateTime<Utc>),
    /// After this event.
    Event(EventId),
}

/// A step's text at some time, with the rows that the values of its variables come from.
#[derive(Clone)]
pub struct StepText {
    customer: Customer,
    cluster: Cluster,
    release: Release,
    /// The text with its variables unresolved.
    content: String,
    kind: StepType,
    pub resolved: variables::ResolvedText,
    /// The text with its variables resolved.
    pub text: String,
    /// The SHA-256 of `text`, as 64 lowercase hexadecimal digits.
    pub sha256: String,
}

impl StepText {
    /// The text as it is now.
    pub async fn load(
        db: &impl ConnectionTrait,
        step: &CustomerStep,
        release: &Release,
    ) -> Result<Self, StoreError> {
        let customer = customers::load(db, step.customer_id).await?;
        let cluster = clusters::load(db, customer.cluster_id).await?;
        let scope = VariableScope {
            customer: &customer,
            cluster: &cluster,
            release,
        };
        Ok(Self::of(step, scope))
    }

    /// The step's text, resolved with the values of these rows.
    pub fn of(step: &CustomerStep, scope: VariableScope<'_>) -> Self {
        let resolved = variables::resolve(&step.content, step.kind, scope);
        let text = resolved.text();
        Self {
            customer: scope.customer.clone(),
            cluster: scope.cluster.clone(),
            release: scope.release.clone(),
            content: step.content.clone(),
            kind: step.kind,
            sha256: sha256(&text),
            resolved,
            text,
        }
    }

    /// The rows that the values of its variables come from.
    pub fn scope(&self) -> VariableScope<'_> {
        VariableScope {
            customer: &self.customer,
            cluster: &self.cluster,
            release: &self.release,
        }
    }

    /// What an event keeps when the step is started.
    pub fn started(&self) -> TextProof {
        TextProof {
            sha256: Some(self.sha256.clone()),
            ..TextProof::default()
        }
    }

    /// What an event keeps when the step is done.
    pub fn done(self, is_shown: bool, changes: Vec<TextChange>) -> TextProof {
        TextProof {
            text: Some(self.text),
            sha256: Some(self.sha256),
            is_shown: Some(is_shown),
            changes,
        }
    }

    /// The text, and what changed since the one with the hash `shown`, as the caller of `visible` is told it.
    pub async fn changed_since(
        self,
        db: &impl ConnectionTrait,
        visible: Visible<'_>,
        step: &CustomerStep,
        shown: &str,
    ) -> Result<ChangedText, StoreError> {
        let mut changes = changes(db, step, &self, Since::Text(shown)).await?;
        let past = past_clusters(db, visible, &[step.customer_id]).await?;
        past.hide(step.customer_id, &mut changes);
        Ok(ChangedText {
            resolved_content: self.text,
            resolved_sha256: self.sha256,
            changes,
        })
    }

    /// Goes back behind an event, in memory only, and returns what it had changed. Of a change of the type alone, which changes
    /// what is quoted, these are the types before and after.
    async fn rewind(
        &mut self,
        db: &impl ConnectionTrait,
        step: &CustomerStep,
        event: &Event,
    ) -> Result<Vec<TextChange>, StoreError> {
        let Some(before) = &event.before else {
            return Ok(Vec::new());
        };
        let (after, after_type) = (self.content.clone(), self.kind);
        let kind = match event.entity {
            Entity::Customer | Entity::Cluster | Entity::Release => {
                return self.rewind_values(db, event, before).await;
            }
            Entity::Step => {
                self.take_text(before);
                TextChangeKind::Override
            }
            Entity::Template => {
                // `changedIds` are the copies that got the new text. Those of them whose text was not the template's
                // before are in `exceptions`, with that text.
                let own = |list: &Value| {
                    let mut items = list.as_array()?.iter();
                    items.find(|it| it["id"] == step.id.0).cloned()
                };
                let changed = event.after.as_ref().map(|it| &it["changedIds"]);
                let ids = changed.and_then(Value::as_array);
                if ids.is_some_and(|ids| ids.iter().any(|it| *it == step.id.0)) {
                    let own = own(&before["exceptions"]);
                    self.take_text(own.as_ref().unwrap_or(before));
                }
                TextChangeKind::Template
            }
            Entity::Database
            | Entity::User
            | Entity::Session
            | Entity::Token
            | Entity::View
            | Entity::IncomingHook
            | Entity::Webhook
            | Entity::Runner => return Ok(Vec::new()),
        };
        let (from, to) = if after != self.content {
            (self.content.as_str(), after.as_str())
        } else if after_type != self.kind && self.resolved_as(after_type) != self.resolved_text() {
            (self.kind.as_str(), after_type.as_str())
        } else {
            return Ok(Vec::new());
        };
        let (from, to) = (Some(from), Some(to));
        Ok(vec![change(kind, &step.name, event.stamp(), from, to)])
    }

    /// `content` with its variables resolved, in a step of this type.
    fn resolved_as(&self, kind: StepType) -> String {
        variables::resolve(&self.content, kind, self.scope()).text()
    }

    /// `content` with its variables resolved. `text` stays the present text when `rewind` goes back.
    fn resolved_text(&self) -> String {
        self.resolved_as(self.kind)
    }

    /// Sets content and type to those of a row that an event stored; what it did not store stays.
    fn take_text(&mut self, row: &Value) {
        if let Some(content) = row["content"].as_str() {
            content.clone_into(&mut self.content);
        }
        if let Some(kind) = row["type"].as_str().and_then(|it| it.parse().ok()) {
            self.kind = kind;
        }
    }

    /// `rewind` for an event of a customer, cluster or release: compares the values of the variables in the text. Events whose
    /// `before` is not the whole row are skipped.
    async fn rewind_values(
        &mut self,
        db: &impl ConnectionTrait,
        event: &Event,
        before: &Value,
    ) -> Result<Vec<TextChange>, StoreError> {
        let then = self.clone();
        let row = before.clone();
        match event.entity {
            Entity::Customer => {
                if let Ok(row) = serde_json::from_value::<Customer>(row) {
                    if row.cluster_id != self.cluster.id {
                        self.cluster = cluster_before(db, row.cluster_id, event.id).await?;
                    }
                    self.customer = row;
                }
            }
            Entity::Cluster => {
                self.cluster = serde_json::from_value(row).unwrap_or_else(|_| self.cluster.clone());
            }
            _ => {
                self.release = serde_json::from_value(row).unwrap_or_else(|_| self.release.clone());
            }
        }
        let changed = variables::names(&self.content)
            .into_iter()
            .filter_map(|name| {
                let from = self.scope().value(name).map(|it| it.0);
                let to = then.scope().value(name).map(|it| it.0);
                let (kind, by) = (TextChangeKind::Variable, event.stamp());
                (from != to).then(|| change(kind, name, by, from.as_deref(), to.as_deref()))
            });
        Ok(changed.collect())
    }
}

fn change(
    kind: TextChangeKind,
    name: &str,
    stamp: ActorStamp,
    from: Option<&str>,
    to: Option<&str>,
) -> TextChange {
    let cut = |text: &str| text.chars().take(CHANGE_MAX_CHARS).collect();
    TextChange {
        kind,
        name: name.to_owned(),
        by: stamp.by,
        at: stamp.at,
        from: from.map(cut),
        to: to.map(cut),
    }
}

/// The last `EVENTS_MAX` events before the one with the id `before` about the step, its template step, and the rows that values
/// come from; newest first.
async fn events(
    db: &impl ConnectionTrait,
    step: &CustomerStep,
    text: &StepText,
    before: i64,
) -> Result<Vec<Event>, StoreError> {
    use audit_event::Column;
    let mut rows = vec![
        (Entity::Step, step.id.0),
        (Entity::Customer, text.customer.id.0),
        (Entity::Cluster, text.cluster.id.0),
        (Entity::Release, text.release.id.0),
    ];
    rows.extend(step.template_id.map(|it| (Entity::Template, it.0)));
    let about = rows.into_iter().map(|(entity, id)| {
        Column::Entity
            .eq(entity.as_str())
            .and(Column::EntityId.eq(id))
    });
    let rows = audit_event::Entity::find()
        .filter(
            about
                .reduce(ExprTrait::or)
                .unwrap_or_else(|| Column::Id.lt(0)),
        )
        .filter(Column::Id.lt(before))
        .order_by_desc(Column::Id)
        .limit(EVENTS_MAX)
        .all(db)
        .await?;
    event_texts::read(db, rows).await
}

/// The changes of a step's text, oldest first; `text` is the text as it is now.
pub async fn changes(
    db: &impl ConnectionTrait,
    step: &CustomerStep,
    text: &StepText,
    since: Since<'_>,
) -> Result<Vec<TextChange>, StoreError> {
    let mut then = text.clone();
    let mut found = Vec::new();
    let mut before = i64::MAX;
    let mut is_reached = !matches!(since, Since::Text(_));
    'walk: loop {
        let page = events(db, step, &then, before).await?;
        let Some(last) = page.last() else {
            break;
        };
        before = last.id.0;
        for event in &page {
            let is_earlier = match since {
                Since::Time(at) => event.at <= at,
                Since::Event(id) => event.id <= id,
                Since::Text(_) => event.at < step.created_at,
            };
            if is_earlier {
                break 'walk;
            }
            let cluster = then.cluster.id;
            let mut changes = then.rewind(db, step, event).await?;
            changes.reverse();
            found.extend(changes);
            if let Since::Text(shown) = since
                && sha256(&then.resolved_text()) == shown
            {
                is_reached = true;
                break 'walk;
            }
            if then.cluster.id != cluster {
                // From here on the other cluster's events count.
                before = event.id.0;
                continue 'walk;
            }
        }
    }
    if !is_reached {
        found.clear();
    }
    found.truncate(CHANGES_MAX);
    found.reverse();
    Ok(found)
}

/// A cluster as it was at the event with this id.
async fn cluster_before(
    db: &impl ConnectionTrait,
    cluster: ClusterId,
    id: EventId,
) -> Result<Cluster, StoreError> {
    use audit_event::Column;
    let next = audit_event::Entity::find()
        .filter(Column::Entity.eq(Entity::Cluster.as_str()))
        .filter(Column::EntityId.eq(cluster.0))
        .filter(Column::Id.gt(id.0))
        .order_by_asc(Column::Id)
        .one(db)
        .await?;
    let events = event_texts::read(db, next.into_iter().collect()).await?;
    let row = events.into_iter().next().and_then(|it| it.before);
    match row.and_then(|it| serde_json::from_value(it).ok()) {
        Some(cluster) => Ok(cluster),
        None => clusters::load(db, cluster).await,
    }
}

/// For started steps that are about to be marked done, by the step's id: the event of the newest start, and the SHA-256 of
/// the text at that time. A step that failed or was reverted after its start counts; one that was reopened does not.
#[derive(Default)]
pub struct Starts(HashMap<i64, (EventId, String)>);

impl Starts {
    /// Reads the starts, if the action is `done`.
    pub async fn load(
        db: &impl ConnectionTrait,
        action: StepAction,
        steps: impl Iterator<Item = &CustomerStep>,
    ) -> Result<Self, StoreError> {
        use audit_event::Column;
        let started = steps.filter(|it| it.started_at.is_some());
        let started: Vec<i64> = started.map(|it| it.id.0).collect();
        if action != StepAction::Done || started.is_empty() {
            return Ok(Self::default());
        }
        let rows: Vec<(i64, i64, Option<String>)> = audit_event::Entity::find()
            .select_only()
            .columns([Column::Id, Column::EntityId, Column::ResolvedSha256])
            .filter(Column::Entity.eq(Entity::Step.as_str()))
            .filter(Column::EntityId.is_in(started))
            .filter(Column::Action.eq(EventAction::Start.as_str()))
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(db)
            .await?;
        let starts = rows
            .into_iter()
            // Starts of earlier versions of the program have no hash.
            .map(|(id, step, sha)| (step, (EventId(id), sha.unwrap_or_default())));
        Ok(Self(starts.collect()))
    }

    /// What changed in the text since the step was started; empty if its hash is the same, or nothing is known of it.
    pub async fn changes(
        &self,
        db: &impl ConnectionTrait,
        step: &CustomerStep,
        scope: VariableScope<'_>,
        sha256: Option<&str>,
    ) -> Result<Vec<TextChange>, StoreError> {
        match self.0.get(&step.id.0) {
            Some((id, then)) if !then.is_empty() && sha256 != Some(then) => {
                changes(db, step, &StepText::of(step, scope), Since::Event(*id)).await
            }
            _ => Ok(Vec::new()),
        }
    }
}
