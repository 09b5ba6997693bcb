//! Addresses that CI reports to (R63): list, make, delete; and what is reported to one. The key is the authentication, so a report
//! is taken by the `Database`, as a caller of its own. Only the SHA-256 of a key is stored.
use super::random;
use crate::domain::{
    actor_stamp::ActorStamp,
    caller::Caller,
    ci_report::{CiReport, NamedRow},
    event::{Changed, Entity, EventAction},
    evidence::{EvidenceDraft, RefusedEvidence},
    field_error::FieldError,
    id::{BatchId, IncomingHookId, ReleaseId, StepId},
    incoming_hook::{IncomingHook, IncomingHookDraft, MadeIncomingHook},
    permission::Permission,
    step::{CustomerStep, Transition},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun, StepAction},
};
use crate::store::{
    Database, Store,
    audit::events::{NewEvent, TextProof},
    change::Change,
    entity::{
        customer, customer_step, incoming_hook, incoming_message, release_customer, sha256,
        step_template,
    },
    error::StoreError,
    records::release_rows,
    steps::{
        evidence::{self, EvidenceSource},
        step_rows::event_action,
        text_changes::{Starts, StepText},
    },
};
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::{OnConflict, Query},
};
use serde_json::{Value, json};
use std::sync::Arc;

/// What became of a report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TakenReport {
    /// How many steps it changed: one or none.
    pub changed: u32,
    /// None if nothing was changed.
    pub batch_id: Option<BatchId>,
}

impl Store {
    /// The addresses of a release, oldest first, without their keys. Errors: not found; a role that is too low.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn incoming_hooks(
        &self,
        release: ReleaseId,
    ) -> Result<Vec<IncomingHook>, StoreError> {
        self.see(release).await?;
        self.must_have(Permission::IncomingHooks)?;
        release_rows::load(&self.read, release).await?;
        let rows = incoming_hook::Entity::find()
            .filter(incoming_hook::Column::ReleaseId.eq(release.0))
            .order_by_asc(incoming_hook::Column::Id)
            .all(&self.read)
            .await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Makes an address of a release; its key is told this once. Errors: not found; a wrong name; a template step of another
    /// release; an archived release; a role that is too low.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn create_incoming_hook(
        &self,
        release: ReleaseId,
        draft: IncomingHookDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<MadeIncomingHook>, StoreError> {
        let permit = self.permit(Permission::IncomingHooks.on(release)).await?;
        let name = draft
            .parse_name()
            .map_err(|it| ValidationErrors::one(Field::Name, it))?;
        let key = random::hook_key()?;
        let mut change = self.change(permit, stamp).await?;
        release_rows::load(&change.tx, release)
            .await?
            .may_be_edited()?;
        if let Some(id) = draft.template_id {
            let of_release = step_template::Column::ReleaseId.eq(release.0);
            let query = step_template::Entity::find_by_id(id.0).filter(of_release);
            if query.one(&change.tx).await?.is_none() {
                let missing = FieldError::NoSuchRow {
                    noun: Noun::Template.to_string(),
                    id: id.0,
                };
                return Err(ValidationErrors::one(Field::Template, missing).into());
            }
        }
        let row = incoming_hook::ActiveModel {
            id: NotSet,
            release_id: Set(release.0),
            template_id: Set(draft.template_id.map(|it| it.0)),
            name: Set(name.into()),
            sha256: Set(sha256(&key)),
            created_by: Set(change.stamp.by.clone()),
            created_at: Set(change.stamp.at),
        };
        let hook: IncomingHook = row.insert(&change.tx).await?.into();
        change.record(event(&hook, EventAction::Create).after(&hook));
        change.finish(MadeIncomingHook { hook, key }).await
    }

    /// Deletes an address: nothing that is reported to it is taken any more. Errors: not found; a role that is too low.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_incoming_hook(
        &self,
        id: IncomingHookId,
        stamp: ActorStamp,
    ) -> Result<(), StoreError> {
        let permit = self.permit(Permission::IncomingHooks.on_anything()).await?;
        let mut change = self.change(permit, stamp).await?;
        let hook = load(&change.tx, id).await?;
        incoming_hook::Entity::delete_by_id(id.0)
            .exec(&change.tx)
            .await?;
        change.record(event(&hook, EventAction::Delete).before(&hook));
        change.commit().await?;
        Ok(())
    }
}

fn event(hook: &IncomingHook, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::IncomingHook, hook.id.0, action).release(hook.release_id)
}

/// Errors: not found.
async fn load(db: &impl ConnectionTrait, id: IncomingHookId) -> Result<IncomingHook, StoreError> {
    let row = incoming_hook::Entity::find_by_id(id.0).one(db).await?;
    row.map(Into::into)
        .ok_or(StoreError::NotFound(Noun::IncomingHook))
}

impl Database {
    /// Takes a report of CI. One that was taken before, or says what is so already, changes nothing. Errors: an unknown key,
    /// customer or step; wrong fields; the id of another report; what `act_on_step` refuses.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn take_report(
        &self,
        key: &str,
        body: &Value,
        now: DateTime<Utc>,
    ) -> Result<TakenReport, StoreError> {
        let row = incoming_hook::Entity::find()
            .filter(incoming_hook::Column::Sha256.eq(sha256(key)))
            .one(&self.read)
            .await?;
        let hook: IncomingHook = row
            .map(Into::into)
            .ok_or(StoreError::NotFound(Noun::IncomingHook))?;
        let Some(report) = CiReport::read(body)? else {
            return Ok(TakenReport::default());
        };
        let store = self.as_caller(Arc::new(Caller::of_hook(&hook.name)));
        let permit = store.permit(Permission::ActOnSteps.on_anything()).await?;
        let stamp = store.caller().stamp(now);
        let mut change = store.change(permit, stamp).await?;
        // It may have been deleted since.
        let hook = load(&change.tx, hook.id).await?;
        let step = change.reported_step(&hook, &report).await?;
        let keys = MessageKeys::of(&report, step);
        if is_known(&change, hook.id, keys.as_ref()).await? {
            return Ok(TakenReport::default());
        }
        if change.apply_report(&hook, &report, step).await? {
            remember(&change.tx, hook.id, keys, now).await?;
            let batch_id = change.commit().await?;
            return Ok(TakenReport {
                changed: 1,
                batch_id,
            });
        }
        change.tx.rollback().await?;
        // What it says may be undone later. Sent again, it is still the same report.
        let tx = self.begin().await?;
        remember(&tx, hook.id, keys, now).await?;
        tx.commit().await?;
        Ok(TakenReport::default())
    }
}

/// What a report is known by.
struct MessageKeys {
    /// By its id, with the step and the status that it names.
    whole: String,
    /// By its id alone, so that one id never stands for two reports.
    id: String,
}

impl MessageKeys {
    /// None without an id.
    fn of(report: &CiReport, step: StepId) -> Option<Self> {
        let id = report.id.as_deref()?;
        Some(Self {
            whole: sha256(&format!("{step} {} {id}", report.status)),
            id: sha256(&format!("id {id}")),
        })
    }
}

/// Whether a report was taken before. Errors: its id is that of another report, which would be lost if this were taken for that one.
async fn is_known(
    change: &Change,
    hook: IncomingHookId,
    keys: Option<&MessageKeys>,
) -> Result<bool, StoreError> {
    let Some(keys) = keys else {
        return Ok(false);
    };
    let found = incoming_message::Entity::find()
        .filter(incoming_message::Column::HookId.eq(hook.0))
        .filter(incoming_message::Column::Sha256.is_in([keys.whole.as_str(), keys.id.as_str()]))
        .all(&change.tx)
        .await?;
    if found.is_empty() || found.iter().any(|it| it.sha256 == keys.whole) {
        return Ok(!found.is_empty());
    }
    let other = "A report about another step or status had this id: give each report its own";
    let faults = vec![other.to_owned()];
    Err(ValidationErrors::one(Field::MessageId, FieldError::Faults { faults }).into())
}

/// Keeps that a report was taken; nothing for one without an id. The same one may have been taken meanwhile.
async fn remember(
    db: &impl ConnectionTrait,
    hook: IncomingHookId,
    keys: Option<MessageKeys>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    for sha256 in keys.into_iter().flat_map(|it| [it.whole, it.id]) {
        let row = incoming_message::ActiveModel {
            id: NotSet,
            hook_id: Set(hook.0),
            sha256: Set(sha256),
            at: Set(now.trunc_subsecs(3)),
        };
        let known = [
            incoming_message::Column::HookId,
            incoming_message::Column::Sha256,
        ];
        incoming_message::Entity::insert(row)
            .on_conflict(OnConflict::columns(known).do_nothing().to_owned())
            .exec_without_returning(db)
            .await?;
    }
    Ok(())
}

/// The one row that is meant. Errors: none; several, which are named.
fn only(found: &[&NamedRow], field: Field, noun: Noun) -> Result<i64, StoreError> {
    match found {
        [] => Err(StoreError::NotFound(noun)),
        [row] => Ok(row.id),
        several => {
            let rows = several
                .iter()
                .map(|it| format!("{} (id {})", it.name, it.id));
            let rows: Vec<String> = rows.collect();
            let faults = vec![format!("It could be any of these: {}", rows.join(", "))];
            Err(ValidationErrors::one(field, FieldError::Faults { faults }).into())
        }
    }
}

/// What a report says cannot be kept as evidence.
fn refused(error: RefusedEvidence) -> StoreError {
    match error {
        RefusedEvidence::Invalid(errors) => errors.into(),
        other => {
            let faults = vec![other.to_string()];
            ValidationErrors::one(Field::Output, FieldError::Faults { faults }).into()
        }
    }
}

impl Change {
    /// Does what a report says to the step that it names; false if that is so already.
    async fn apply_report(
        &mut self,
        hook: &IncomingHook,
        report: &CiReport,
        id: StepId,
    ) -> Result<bool, StoreError> {
        let action = report.status.action();
        let transition = Transition::parse(action, report.reason.as_deref())?;
        let (before, release) = self.load_step(id, None).await?;
        let Some(after) = before.transition(&transition, &self.stamp)? else {
            return Ok(false);
        };
        let mut proof = TextProof::default();
        if action.proves_text() {
            let text = StepText::load(&self.tx, &before, &release).await?;
            proof = if action == StepAction::Start {
                text.started()
            } else {
                text.resolved.must_be_complete(false)?;
                let starts = Starts::load(&self.tx, action, [&before].into_iter()).await?;
                let changes = starts
                    .changes(&self.tx, &before, text.scope(), Some(&text.sha256))
                    .await?;
                // Nobody has seen it.
                text.done(false, changes)
            };
        }
        let row = self
            .save_step(&before, after, event_action(action), proof)
            .await?;
        self.keep_reported(hook, report, &row).await?;
        Ok(true)
    }

    /// The step that a report names, within what the address is for. Errors: not found; several of that name.
    async fn reported_step(
        &self,
        hook: &IncomingHook,
        report: &CiReport,
    ) -> Result<StepId, StoreError> {
        let of_release = release_customer::Column::ReleaseId.eq(hook.release_id.0);
        let members = Query::select()
            .column(release_customer::Column::CustomerId)
            .from(release_customer::Entity)
            .and_where(of_release)
            .to_owned();
        let customers: Vec<(i64, String, String)> = customer::Entity::find()
            .select_only()
            .columns([
                customer::Column::Id,
                customer::Column::Name,
                customer::Column::Namespace,
            ])
            .filter(customer::Column::Id.in_subquery(members))
            .order_by_asc(customer::Column::Id)
            .into_tuple()
            .all(&self.tx)
            .await?;
        let customers: Vec<NamedRow> = customers
            .into_iter()
            .map(|(id, name, namespace)| NamedRow {
                id,
                name,
                namespace: Some(namespace),
                number: None,
            })
            .collect();
        let found = report.customer.find(&customers);
        let customer = only(&found, Field::Customer, Noun::Customer)?;
        let steps: Vec<(i64, String, Option<i64>)> = customer_step::Entity::find()
            .select_only()
            .columns([
                customer_step::Column::Id,
                customer_step::Column::Name,
                customer_step::Column::TemplateId,
            ])
            .filter(customer_step::Column::ReleaseId.eq(hook.release_id.0))
            .filter(customer_step::Column::CustomerId.eq(customer))
            .order_by_asc(customer_step::Column::Category)
            .order_by_asc(customer_step::Column::OrderIndex)
            .into_tuple()
            .all(&self.tx)
            .await?;
        // Steps are numbered through both categories, as the customer's list shows them.
        let steps: Vec<NamedRow> = (1..)
            .zip(steps)
            .filter(|(_, step)| hook.template_id.is_none_or(|it| step.2 == Some(it.0)))
            .map(|(number, (id, name, _))| NamedRow {
                id,
                name,
                namespace: None,
                number: Some(number),
            })
            .collect();
        let found: Vec<&NamedRow> = match &report.step {
            Some(step) => step.find(&steps),
            // The address says which.
            None if hook.template_id.is_some() => steps.iter().collect(),
            None => return Err(ValidationErrors::one(Field::Step, FieldError::Missing).into()),
        };
        only(&found, Field::Step, Noun::Step).map(StepId)
    }

    /// Keeps address, output and id of a report as evidence, and tells them in the step's event.
    async fn keep_reported(
        &mut self,
        hook: &IncomingHook,
        report: &CiReport,
        step: &CustomerStep,
    ) -> Result<(), StoreError> {
        let link = report.url.as_ref().map(|it| EvidenceDraft::link(it, None));
        let output = report
            .output
            .as_ref()
            .map(|it| EvidenceDraft::output(it, None));
        let source = EvidenceSource {
            owner: format!("hook {}", hook.id),
            from_hook: true,
            message: report.id.as_deref(),
        };
        let mut pieces = Vec::new();
        for draft in [link, output].into_iter().flatten() {
            let draft = draft.map_err(refused)?;
            pieces.push(self.insert_evidence(step, draft, &source).await?);
        }
        let Some(event) = self.events.last_mut() else {
            return Ok(());
        };
        evidence::tell(event.after.as_mut(), &pieces);
        if let (Some(Value::Object(after)), Some(id)) = (&mut event.after, &report.id) {
            after.insert("message".to_owned(), json!(id));
        }
        Ok(())
    }
}
