//! One customer's steps in a release, and one step with its template, resolved text and history.
use crate::domain::{
    copy::{CopyHeader, copy_text},
    event::{Entity, Event, HistoryEntry},
    id::{CustomerId, ReleaseId, StepId},
    progress::{Counts, Progress},
    step::CustomerStep,
    summary::{CustomerWithCluster, CustomerWork, StepDetail},
    variables::{self, VariableScope},
    vocabulary::Noun,
};
use crate::store::{
    Store,
    entity::{audit_event, customer_step},
    error::StoreError,
    records::{clusters, customers, members},
};
use crate::store::{records::release_rows, steps::step_rows, templates::template_rows};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

/// Events in the history of a step.
const HISTORY_EVENTS_MAX: u64 = 200;

impl Store {
    /// One customer's steps in a release, deploy before verify, in the customer's order. Errors: not found; not a
    /// member.
    pub async fn customer_work(
        &self,
        release: ReleaseId,
        customer: CustomerId,
    ) -> Result<CustomerWork, StoreError> {
        let release = release_rows::load(&self.read, release).await?;
        let customer = customers::load(&self.read, customer).await?;
        if !members::member_ids(&self.read, release.id)
            .await?
            .contains(&customer.id.0)
        {
            return Err(StoreError::NotFound(Noun::Customer));
        }
        let cluster = clusters::load(&self.read, customer.cluster_id).await?;
        let steps: Vec<CustomerStep> = customer_step::Entity::find()
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
        let step = step_rows::load(db, id).await?;
        let release = release_rows::load(db, step.release_id).await?;
        let customer = customers::load(db, step.customer_id).await?;
        let cluster = clusters::load(db, customer.cluster_id).await?;
        let template = match step.template_id {
            Some(template) => Some(template_rows::load(db, template).await?),
            None => None,
        };
        let order: Vec<i64> = customer_step::Entity::find()
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
        let resolved = variables::resolve(
            &step.content,
            step.kind,
            VariableScope {
                customer: &customer,
                cluster: &cluster,
                release: &release,
            },
        );
        let heading = CopyHeader {
            customer: &customer.name,
            cluster: &cluster.name,
            namespace: &customer.namespace,
            release: &release.name,
            number,
            step: &step.name,
        };
        let resolved_content = resolved.text();
        let events = self.step_events(&step).await?;
        let detail = StepDetail {
            copy_text: copy_text(heading, step.kind, &resolved_content),
            number: u32::try_from(number).unwrap_or(u32::MAX),
            unresolved: resolved.unresolved(),
            variables: resolved.variables(),
            history: Vec::new(),
            resolved,
            resolved_content,
            template,
            customer: CustomerWithCluster { customer, cluster },
            release,
            step,
        };
        Ok((detail, events))
    }

    /// The last `HISTORY_EVENTS_MAX` events of a step and of its template since the step was created, newest first.
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
        audit_event::Entity::find()
            .filter(about)
            .order_by_desc(Column::Id)
            .limit(HISTORY_EVENTS_MAX)
            .all(&self.read)
            .await?
            .into_iter()
            .map(Event::try_from)
            .collect()
    }
}
