//! One customer's steps in a release, and one step with its template, resolved text and history.
use crate::domain::{
    copy::{BashFrames, CopyHeader, copy_text},
    diff,
    event::{Entity, Event, EventAction, HistoryEntry},
    id::{CustomerId, ReleaseId, StepId},
    progress::{Counts, Progress},
    step::CustomerStep,
    summary::{CustomerWithCluster, CustomerWork, StepDetail},
    text_change::{KeptText, TextChange, TextComparison},
    variables::VariableScope,
    vocabulary::{Noun, StepStatus, StepType},
};
use crate::highlight;
use crate::store::{
    Store,
    access::past_clusters::past_clusters,
    audit::event_texts,
    engine::{IDS_PER_STATEMENT_MAX, compute::compute},
    entity::{audit_event, customer_step, sha256},
    error::StoreError,
    records::{clusters, customers, members, value_changes::activation},
};
use crate::store::{
    records::release_rows,
    steps::text_changes::{self, Since, StepText},
    templates::template_rows,
};
use sea_orm::{ColumnTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Events in the history of a step.
const HISTORY_EVENTS_MAX: u64 = 200;

impl Store {
    /// One customer's steps in a release, deploy before verify, in the customer's order. Errors: not found; not a
    /// member.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn customer_work(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<CustomerWork, StoreError> {
        let release = self.visible_release(release).await?;
        let customer = self.visible_customer(customer).await?;
        if !members::member_ids(&self.read, release.id)
            .await?
            .contains(&customer.id.0)
        {
            return Err(StoreError::NotFound(Noun::Customer));
        }
        let cluster = clusters::load(&self.read, customer.cluster_id).await?;
        let steps: Vec<CustomerStep> = self
            .visible()
            .steps()
            .filter(customer_step::Column::ReleaseId.eq(release.id.0))
            .filter(customer_step::Column::CustomerId.eq(customer.id.0))
            .order_by_asc(customer_step::Column::Category)
            .order_by_asc(customer_step::Column::OrderIndex)
            .all(&self.read)
            .await?
            .into_iter()
            .map(TryInto::try_into)
            .collect::<Result<_, _>>()?;
        let counts: Counts = steps.iter().map(|it| it.status).collect();
        Ok(CustomerWork {
            release,
            customer,
            cluster,
            progress: Progress::from(counts),
            steps,
        })
    }

    /// One step with its template, its resolved text and its history. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn step(&self, id: StepId) -> Result<StepDetail, StoreError> {
        let (mut detail, events) = self.step_and_events(id).await?;
        detail.history = events.into_iter().map(HistoryEntry::from).collect();
        Ok(detail)
    }

    /// The same, and the events that the history is made of; the history itself is empty.
    pub(in crate::store) async fn step_and_events(
        &self,
        id: StepId,
    ) -> Result<(StepDetail, Vec<Event>), StoreError> {
        let db = &self.read;
        let step = self.visible_step(id).await?;
        let release = release_rows::load(db, step.release_id).await?;
        let customer = customers::load(db, step.customer_id).await?;
        let cluster = clusters::load(db, customer.cluster_id).await?;
        let template = match step.template_id {
            Some(template) => Some(template_rows::load(db, template).await?),
            None => None,
        };
        let order: Vec<i64> = self
            .visible()
            .steps()
            .select_only()
            .column(customer_step::Column::Id)
            .filter(customer_step::Column::ReleaseId.eq(step.release_id.0))
            .filter(customer_step::Column::CustomerId.eq(step.customer_id.0))
            .order_by_asc(customer_step::Column::Category)
            .order_by_asc(customer_step::Column::OrderIndex)
            .into_tuple()
            .all(db)
            .await?;
        let number = order
            .iter()
            .position(|it| *it == id.0)
            .map_or(1, |it| it + 1);
        let scope = VariableScope {
            customer: &customer,
            cluster: &cluster,
            release: &release,
        };
        let text = StepText::of(&step, scope);
        let heading = CopyHeader {
            customer: &customer.name,
            cluster: &cluster.name,
            namespace: &customer.namespace,
            release: &release.name,
            number,
            step: &step.name,
        };
        let events = self.step_events(&step).await?;
        let copy_text = copy_text(heading, step.kind, &text.text);
        let (kept, changes) = self.kept_and_changes(&step, &text, &events).await?;
        let copy_frames = if step.kind == StepType::Bash {
            BashFrames::of(&copy_text, cluster.context_check())
        } else {
            BashFrames::default()
        };
        let detail = StepDetail {
            copy_text,
            copy_frames,
            warnings: highlight::warnings(&step.content, step.kind, scope),
            number: u32::try_from(number).unwrap_or(u32::MAX),
            unresolved: text.resolved.unresolved(),
            variables: text.resolved.variables(),
            history: Vec::new(),
            resolved: text.resolved,
            resolved_content: text.text,
            resolved_sha256: text.sha256,
            kept,
            changes,
            template,
            customer: CustomerWithCluster { customer, cluster },
            release,
            step,
        };
        Ok((detail, events))
    }

    /// The text that a done step's event kept, and what changed in the text: of a done step since then, of another one
    /// since the release was activated, also of a customer that was added later (R81).
    async fn kept_and_changes(
        &self,
        step: &CustomerStep,
        text: &StepText,
        events: &[Event],
    ) -> Result<(Option<KeptText>, Vec<TextChange>), StoreError> {
        let db = &self.read;
        if step.status == StepStatus::Done {
            let is_done = |it: &&Event| it.entity == Entity::Step && it.action == EventAction::Done;
            let done = match events.iter().find(is_done) {
                Some(event) => Some(event.clone()),
                None => self.last_done(step.id).await?,
            };
            let Some((id, text_shown, Some(kept), Some(sha256))) =
                done.map(|it| (it.id, it.text_shown, it.resolved_text, it.resolved_sha256))
            else {
                return Ok((None, Vec::new()));
            };
            let mut changes = if sha256 == text.sha256 {
                Vec::new()
            } else {
                text_changes::changes(db, step, text, Since::Event(id)).await?
            };
            self.hide_clusters(step, &mut changes).await?;
            let is_shown = text_shown == Some(true);
            let kept = KeptText {
                text: kept,
                sha256,
                is_shown,
            };
            return Ok((Some(kept), changes));
        }
        let since = match activation(db, step.release_id).await? {
            Some(event) => Since::Event(event),
            None => Since::Time(step.created_at),
        };
        let mut changes = text_changes::changes(db, step, text, since).await?;
        self.hide_clusters(step, &mut changes).await?;
        Ok((None, changes))
    }

    /// Replaces what changes tell of clusters that the caller does not see (R22).
    async fn hide_clusters(
        &self,
        step: &CustomerStep,
        changes: &mut [TextChange],
    ) -> Result<(), StoreError> {
        if !changes.is_empty() {
            let customer = step.customer_id;
            let past = past_clusters(&self.read, self.visible(), &[customer]).await?;
            past.hide(customer, changes);
        }
        Ok(())
    }

    /// The newest `done` of a step whose history is longer than what is read of it.
    async fn last_done(&self, step: StepId) -> Result<Option<Event>, StoreError> {
        use audit_event::Column;
        let row = self
            .visible()
            .events()
            .filter(Column::Entity.eq(Entity::Step.as_str()))
            .filter(Column::EntityId.eq(step.0))
            .filter(Column::Action.eq(EventAction::Done.as_str()))
            .order_by_desc(Column::Id)
            .one(&self.read)
            .await?;
        let mut events = event_texts::read(&self.read, row.into_iter().collect()).await?;
        Ok(events.pop())
    }

    /// The texts that the newest `done` of each of these steps kept.
    pub(in crate::store) async fn kept_texts(
        &self,
        steps: &[StepId],
    ) -> Result<HashMap<StepId, KeptText>, StoreError> {
        use audit_event::Column;
        let mut found = HashMap::new();
        for part in steps.chunks(IDS_PER_STATEMENT_MAX) {
            let newest: Vec<i64> = self
                .visible()
                .events()
                .select_only()
                .column_as(ColumnTrait::max(&Column::Id), "newest")
                .filter(Column::Entity.eq(Entity::Step.as_str()))
                .filter(Column::EntityId.is_in(part.iter().map(|it| it.0)))
                .filter(Column::Action.eq(EventAction::Done.as_str()))
                .group_by(Column::EntityId)
                .into_tuple()
                .all(&self.read)
                .await?;
            let events = self
                .visible()
                .events()
                .filter(Column::Id.is_in(newest))
                .all(&self.read)
                .await?;
            found.extend(events.into_iter().filter_map(|it| {
                let kept = KeptText {
                    text: it.resolved_text?,
                    sha256: it.resolved_sha256?,
                    is_shown: it.text_shown == Some(true),
                };
                Some((StepId(it.entity_id), kept))
            }));
        }
        Ok(found)
    }

    /// A step's text as it is now beside the one that was shown, with what changed in between. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn compare_step_text(
        &self,
        id: StepId,
        shown: String,
    ) -> Result<TextComparison, StoreError> {
        let db = &self.read;
        let step = self.visible_step(id).await?;
        let release = release_rows::load(db, step.release_id).await?;
        let text = StepText::load(db, &step, &release).await?;
        let now = text
            .changed_since(db, self.visible(), &step, &sha256(&shown))
            .await?;
        let present = now.resolved_content.clone();
        let rows = compute(move || diff::compare(&shown, &present)).await?;
        Ok(TextComparison {
            now,
            rows,
            status: step.status,
            state_at: step.state_at,
            reason: step.reason().map(str::to_owned),
            state_by: step.state_by,
        })
    }

    /// The last `HISTORY_EVENTS_MAX` events of a step and of its template since the step was created, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn step_events(&self, step: &CustomerStep) -> Result<Vec<Event>, StoreError> {
        use audit_event::Column;
        let mut about = Column::Entity
            .eq(Entity::Step.as_str())
            .and(Column::EntityId.eq(step.id.0));
        if let Some(template) = step.template_id {
            about = about.or(Column::Entity
                .eq(Entity::Template.as_str())
                .and(Column::EntityId.eq(template.0))
                .and(Column::At.gte(step.created_at)));
        }
        let rows = self
            .visible()
            .events()
            .filter(about)
            .order_by_desc(Column::Id)
            .limit(HISTORY_EVENTS_MAX)
            .all(&self.read)
            .await?;
        let events = event_texts::read(&self.read, rows).await?;
        self.seen_events(events).await
    }
}
