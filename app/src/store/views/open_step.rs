//! Everything the step panel shows beyond the step itself: text changes per history entry, which entries can be
//! undone, and whether the template changed since.
use super::run_offers::KnownRuns;
use crate::domain::{
    customer_work::{HistoryTextChange, OpenStep, TemplateDrift},
    diff::{DiffBudget, DiffRow},
    event::{Entity, Event, HistoryEntry},
    id::{EventId, StepId},
    permission::Permission,
    step::CustomerStep,
    summary::CustomerWithCluster,
    template::StepTemplate,
    variables::VariableScope,
};
use crate::store::{
    Store,
    audit::{
        event_texts,
        events::{StepSnapshot, read_snapshot},
    },
    engine::compute::compute,
    entity::audit_event,
    error::StoreError,
    steps::evidence,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value;
use std::collections::HashMap;

/// The fields that a history entry shows as changed; texts are shown as a diff instead.
const SHOWN_FIELDS: [&str; 7] = [
    "name",
    "type",
    "description",
    "notes",
    "evidence",
    "message",
    "run",
];

/// Runs that are shown, the newest.
const RUNS_MAX: u64 = 5;

fn content(snapshot: Option<&Value>) -> Option<&str> {
    snapshot?.get("content")?.as_str()
}

/// The diff of an event that changed the text; else empty.
fn text_diff(event: &Event, budget: &mut DiffBudget) -> Vec<DiffRow> {
    let (before, after) = (event.before.as_ref(), event.after.as_ref());
    match (content(before), content(after)) {
        (Some(before), Some(after)) => budget.compare(before, after),
        _ => Vec::new(),
    }
}

/// Whether the step is still as the event left it; only then can the event be undone.
fn is_undoable(event: &Event, present: &StepSnapshot) -> bool {
    let (Entity::Step, Some(_), Some(after)) = (event.entity, &event.before, &event.after) else {
        return false;
    };
    event.is_undoable() && read_snapshot::<StepSnapshot>(after).is_ok_and(|it| it.is_same(present))
}

fn shown_entry(event: Event) -> HistoryEntry {
    let mut entry = HistoryEntry::of_page(event);
    entry
        .changes
        .retain(|it| SHOWN_FIELDS.contains(&it.field.as_str()));
    entry
}

impl Store {
    /// One step with everything its panel shows. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn open_step(&self, id: StepId) -> Result<OpenStep, StoreError> {
        let (mut detail, events) = self.step_and_events(id).await?;
        let (events, mut diffs) = compute(move || {
            let mut budget = DiffBudget::default();
            let mut diffs: HashMap<EventId, Vec<DiffRow>> = HashMap::new();
            // The newest first, as they are shown.
            for event in &events {
                diffs.insert(event.id, text_diff(event, &mut budget));
            }
            (events, diffs)
        })
        .await?;
        let present = StepSnapshot::of(&detail.step);
        let may_undo = self.caller.may(Permission::UndoWork);
        let undoable: Vec<&Event> = events
            .iter()
            .filter(|it| may_undo && is_undoable(it, &present))
            .collect();
        let sizes = self.sizes_of_batches(&undoable).await?;
        let more = events
            .iter()
            .map(|event| HistoryTextChange {
                event: event.id,
                diff: diffs.remove(&event.id).unwrap_or_default(),
                undoes: if undoable.iter().any(|it| it.id == event.id) {
                    sizes.get(&event.batch_id.0).copied().unwrap_or(1)
                } else {
                    0
                },
            })
            .filter(|it| it.undoes > 0 || !it.diff.is_empty())
            .collect();
        let drift = self.drift(&detail.step, detail.template.as_ref()).await?;
        let runs = self.newest_runs(id, RUNS_MAX).await?;
        // A step has one run at most that is not over: its newest one.
        let unfinished = runs.first().map(|it| it.state).filter(|it| !it.is_over());
        let CustomerWithCluster { customer, cluster } = &detail.customer;
        let scope = VariableScope {
            customer,
            cluster,
            release: &detail.release,
        };
        let runners = self.runners_there().await?;
        let (step, text) = (&detail.step, &detail.resolved);
        let job = detail.template.as_ref().and_then(|it| it.jenkins.as_ref());
        let offer = |known| self.offer(step, job, scope, text, known, &runners);
        let again = runs.first().filter(|it| it.state.may_be_run_again());
        let retry = again.map(|it| {
            offer(KnownRuns {
                given_up: Some(it.asked_at),
                ..KnownRuns::default()
            })
        });
        let offer = offer(KnownRuns {
            unfinished,
            given_up: None,
        });
        detail.history = events.into_iter().map(shown_entry).collect();
        Ok(OpenStep {
            detail,
            more,
            drift,
            evidence: evidence::of_step(&self.read, id).await?,
            runs,
            offer,
            retry,
        })
    }

    /// The number of events in the batches of these events, by batch id.
    async fn sizes_of_batches(
        &self,
        events: &[&Event],
    ) -> Result<HashMap<String, u32>, StoreError> {
        use audit_event::Column;
        if events.is_empty() {
            return Ok(HashMap::new());
        }
        let rows: Vec<(String, i64)> = self
            .visible()
            .events()
            .select_only()
            .column(Column::BatchId)
            .column_as(Column::Id.count(), "n")
            .filter(Column::BatchId.is_in(events.iter().map(|it| it.batch_id.0.clone())))
            .group_by(Column::BatchId)
            .into_tuple()
            .all(&self.read)
            .await?;
        Ok(rows
            .into_iter()
            .map(|(batch, n)| (batch, u32::try_from(n).unwrap_or(u32::MAX)))
            .collect())
    }

    /// Whether the template's text changed after the step's text was based on it. Earlier texts are found in its
    /// events.
    async fn drift(
        &self,
        step: &CustomerStep,
        template: Option<&StepTemplate>,
    ) -> Result<Option<TemplateDrift>, StoreError> {
        use audit_event::Column;
        let Some(template) = template
            .filter(|it| step.template_version != Some(it.version) && step.content != it.content)
        else {
            return Ok(None);
        };
        let rows = self
            .visible()
            .events()
            .filter(Column::Entity.eq(Entity::Template.as_str()))
            .filter(Column::EntityId.eq(template.id.0))
            .order_by_desc(Column::Id)
            .all(&self.read)
            .await?;
        let events = event_texts::read(&self.read, rows).await?;
        let version = |it: &&Value| it.get("version").and_then(Value::as_i64);
        let then = events
            .iter()
            .flat_map(|it| [it.after.as_ref(), it.before.as_ref()])
            .flatten()
            .find(|it| step.template_version.is_some() && version(it) == step.template_version)
            .and_then(|it| content(Some(it)));
        if then == Some(template.content.as_str()) {
            return Ok(None);
        }
        let last = events.iter().find(|it| {
            let (before, after) = (content(it.before.as_ref()), content(it.after.as_ref()));
            after.is_some() && before != after
        });
        Ok(Some(TemplateDrift {
            then: then.map(str::to_owned),
            changed_by: last.map(|it| it.actor.clone()),
            changed_at: last.map(|it| it.at),
        }))
    }
}
