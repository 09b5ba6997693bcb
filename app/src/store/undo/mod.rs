//! Undo (R16): a new event that restores what was there. What changed since is left alone and named. An undo is itself
//! a change that can be undone, so the kind of an event is told by what it kept, not by its action.
mod conflicts;
mod undo_templates;

use self::conflicts::StepRemovals;
use super::steps::step_rows;
use super::{
    Store,
    audit::events::last_change,
    audit::events::{NewEvent, StepSnapshot},
    change::Change,
    entity::{audit_event, customer, customer_step},
    error::StoreError,
    records::members,
    steps::step_rows::remove,
    templates::copy_order,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Entity, Event, EventAction, Undoable},
    id::{BatchId, CustomerId, ReleaseId, StepId},
    rule_violation::{Noun, RuleViolation},
    step::CustomerStep,
    summary::{Conflict, UndoResult},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect,
};
use serde::Deserialize;
use serde_json::{Value, json};

pub fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Result<T, StoreError> {
    serde_json::from_value(value.clone())
        .map_err(|error| StoreError::corrupt("audit_events", error))
}

impl Store {
    pub async fn undo(&self, batch: BatchId, stamp: ActorStamp) -> Result<UndoResult, StoreError> {
        let mut change = self.change(stamp).await?;
        change.undoes = Some(batch.clone());
        let events: Vec<Event> = audit_event::Entity::find()
            .filter(audit_event::Column::BatchId.eq(batch.0))
            .order_by_desc(audit_event::Column::Id)
            .all(&change.tx)
            .await?
            .into_iter()
            .map(Event::try_from)
            .collect::<Result<_, _>>()?;
        let Some(first) = events.first() else {
            return Err(StoreError::NotFound(Noun::Batch));
        };
        if let Some(event) = events.iter().find(|it| !it.is_undoable()) {
            return Err(RuleViolation::NotUndoable {
                what: format!("that somebody {} this", event.action.phrase()),
            }
            .into());
        }
        // A batch can be of several releases: what is closed by now is left alone.
        let closed = change.closed_releases(&events).await?;
        let closed_of = |event: &Event| {
            let id = event.release_id?;
            Some((id, closed.get(&id)?))
        };
        if let Some((_, why)) =
            closed_of(first).filter(|_| events.iter().all(|it| closed_of(it).is_some()))
        {
            return Err(why.clone().into());
        }
        let removals = StepRemovals::find(&change.tx, &events).await?;
        let mut conflicts = Vec::new();
        let mut restored = 0;
        for event in &events {
            if let Some((release, why)) = closed_of(event) {
                conflicts.push(change.closed_conflict(event, release, why).await?);
            } else if change.undo_event(event, &removals, &mut conflicts).await? {
                restored += 1;
            }
        }
        change
            .events
            .iter_mut()
            .for_each(|it| it.action = EventAction::Undo);
        if restored == 0 {
            return Err(RuleViolation::NothingToUndo {
                reasons: conflicts.into_iter().map(|it| it.reason).collect(),
            }
            .into());
        }
        Ok(UndoResult {
            restored,
            conflicts,
            batch_id: change.commit().await?,
        })
    }
}

impl Store {
    /// What somebody can undo in a release, and undo the undoing of: the newest last.
    pub async fn undoable(&self, release: ReleaseId, actor: &str) -> Result<Undoable, StoreError> {
        use audit_event::Column;
        let events: Vec<Event> = audit_event::Entity::find()
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::Actor.eq(actor))
            .order_by_desc(Column::Id)
            .limit(200)
            .all(&self.read)
            .await?
            .into_iter()
            .map(Event::try_from)
            .collect::<Result<_, _>>()?;
        Ok(Undoable::of(&events))
    }
}

impl Change {
    /// Whether something was restored; if not, the conflicts say why.
    async fn undo_event(
        &mut self,
        event: &Event,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        match (event.entity, &event.before, &event.after) {
            (Entity::Step, Some(before), Some(after)) => {
                self.undo_step(event, before, after, removals, conflicts)
                    .await
            }
            (Entity::Step, None, Some(after)) => {
                self.undo_step_created(event, after, removals, conflicts)
                    .await
            }
            (Entity::Step, Some(before), None) => {
                self.undo_step_deleted(event, before, removals, conflicts)
                    .await
            }
            (Entity::Template, Some(before), Some(after)) if before.get("orderedIds").is_some() => {
                self.undo_template_moved(event, before, after, conflicts)
                    .await
            }
            (Entity::Template, Some(before), Some(after)) => {
                self.undo_template_edited(event, before, after, conflicts)
                    .await
            }
            (Entity::Template, None, Some(_)) => self.undo_template_created(event, conflicts).await,
            (Entity::Template, Some(before), None) => {
                self.undo_template_deleted(event, before, conflicts).await
            }
            (Entity::Release, Some(before), Some(after)) => {
                self.undo_reorder(event, before, after, conflicts).await
            }
            _ => Ok(false),
        }
    }

    pub async fn conflict(
        &self,
        entity: Entity,
        id: i64,
        what: &str,
    ) -> Result<Conflict, StoreError> {
        let (changed_by, changed_at) = last_change(&self.tx, entity, id).await?.unzip();
        Ok(Conflict {
            id,
            reason: format!("{what} was changed since"),
            changed_by,
            changed_at,
        })
    }

    /// "Migrate schema, Acme".
    pub async fn cell_name(
        &self,
        step: &str,
        customer: Option<CustomerId>,
    ) -> Result<String, StoreError> {
        let Some(customer) = customer else {
            return Ok(step.to_owned());
        };
        let row = customer::Entity::find_by_id(customer.0)
            .one(&self.tx)
            .await?;
        Ok(row.map_or_else(|| step.to_owned(), |it| format!("{step}, {}", it.name)))
    }

    async fn undo_step(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (StepSnapshot, StepSnapshot) = (read(before)?, read(after)?);
        let step = match step_rows::load(&self.tx, StepId(event.entity_id)).await {
            Ok(step) if StepSnapshot::of(&step).is_same(&after) => step,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                let name = self.cell_name(&after.name, event.customer_id).await?;
                let id = StepId(event.entity_id);
                conflicts.push(self.step_conflict(id, &name, Some(removals)).await?);
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        self.put_step(&step, before.restored(&step), EventAction::Undo, None)
            .await?;
        Ok(true)
    }

    async fn undo_step_created(
        &mut self,
        event: &Event,
        after: &Value,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let after: StepSnapshot = read(after)?;
        let step = match step_rows::load(&self.tx, StepId(event.entity_id)).await {
            Ok(step) if StepSnapshot::of(&step).is_same(&after) => step,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                let name = self.cell_name(&after.name, event.customer_id).await?;
                let id = StepId(event.entity_id);
                conflicts.push(self.step_conflict(id, &name, Some(removals)).await?);
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        remove(&self.tx, &step).await?;
        let mut snapshot =
            serde_json::to_value(StepSnapshot::with_content(&step)).unwrap_or_default();
        snapshot["orderIndex"] = json!(step.order_index);
        self.record(NewEvent::of_step(&step, EventAction::Undo).before(&snapshot));
        Ok(true)
    }

    async fn undo_step_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let snapshot: StepSnapshot = read(before)?;
        let (Some(release), Some(customer)) = (event.release_id, event.customer_id) else {
            return Ok(false);
        };
        let id = StepId(event.entity_id);
        let is_there = customer_step::Entity::find_by_id(id.0)
            .one(&self.tx)
            .await?;
        let members = members::member_ids(&self.tx, release).await?;
        if is_there.is_some() || !members.contains(&customer.0) {
            // It was brought back already, or has no customer to come back to.
            let name = self.cell_name(&snapshot.name, Some(customer)).await?;
            conflicts.push(self.step_conflict(id, &name, Some(removals)).await?);
            return Ok(false);
        }
        let blank = CustomerStep {
            id,
            version: snapshot.version + 1,
            ..CustomerStep::blank(release, customer, self.stamp.at)
        };
        let step = snapshot.restored(&blank);
        customer_step::Entity::insert(
            customer_step::Model::from(step.clone())
                .into_active_model()
                .reset_all(),
        )
        .exec_without_returning(&self.tx)
        .await?;
        let at = before
            .get("orderIndex")
            .and_then(Value::as_u64)
            .and_then(|it| usize::try_from(it).ok());
        let list = copy_order::list(&self.tx, release, customer.0, step.category).await?;
        let mut ids: Vec<StepId> = list
            .iter()
            .map(|it| it.id)
            .filter(|it| *it != step.id)
            .collect();
        ids.insert(at.unwrap_or(usize::MAX).min(ids.len()), step.id);
        copy_order::write_list(&self.tx, &ids).await?;
        let step = step_rows::load(&self.tx, step.id).await?;
        let mut snapshot =
            serde_json::to_value(StepSnapshot::with_content(&step)).unwrap_or_default();
        snapshot["orderIndex"] = json!(step.order_index);
        self.record(NewEvent::of_step(&step, EventAction::Undo).after(&snapshot));
        Ok(true)
    }
}
