//! Undo of a batch (R16): restores earlier content as a new change, which can be undone as well. Rows that changed
//! since are left alone and reported. The kind of an event is recognized by its stored data instead of its action,
//! because every undo has the same action.
mod conflicts;
mod step_removals;
mod undo_customers;
mod undo_steps;
mod undo_templates;

use self::step_removals::StepRemovals;
use super::{Store, change::Change, entity::audit_event, error::StoreError};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Entity, Event, EventAction},
    id::{BatchId, TemplateId},
    permission::Permission,
    rule_violation::RuleViolation,
    summary::{Conflict, UndoResult},
    vocabulary::Noun,
};
use sea_orm::{ColumnTrait, QueryFilter, QueryOrder};

impl Store {
    /// Undoes all events of a batch, newest first. Errors: not found; not undoable; archived; nothing left to
    /// restore.
    pub async fn undo(&self, batch: BatchId, stamp: ActorStamp) -> Result<UndoResult, StoreError> {
        let permit = self.permit(Permission::UndoWork.on(batch.clone())).await?;
        let mut change = self.change(permit, stamp).await?;
        change.undoes = Some(batch.clone());
        // What is out of the caller's scope is no part of the batch: not restored, not counted, not named.
        let events: Vec<Event> = change
            .visible()
            .events()
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
        let permissions = events.iter().map(Event::undo_permission);
        if let Some(permission) = permissions.max_by_key(|it| it.role()) {
            self.must_have(permission)?;
            change.permission = permission;
        }
        if let Some(event) = events.iter().find(|it| !it.is_undoable()) {
            return Err(RuleViolation::NotUndoable {
                what: format!("that somebody {} this", event.action.phrase()),
            }
            .into());
        }
        // A batch can have events of several releases. Those that cannot be edited by now are left alone.
        let closed = change.closed_releases(&events).await?;
        let closed_of = |event: &Event| {
            let id = event.release_id?;
            Some((id, closed.get(&id)?))
        };
        let all_closed = events.iter().all(|it| closed_of(it).is_some());
        if let Some((_, why)) = closed_of(first).filter(|_| all_closed) {
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
        for event in &events {
            let came_back = event.entity == Entity::Template && event.after.is_none();
            if came_back && closed_of(event).is_none() {
                change
                    .add_missing_copies(TemplateId(event.entity_id))
                    .await?;
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

impl Change {
    /// Undoes one event. Answers whether a row was restored; if not, a conflict was added.
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
            (Entity::Customer, None, Some(after)) => {
                self.undo_customer_created(event, after, conflicts).await
            }
            (Entity::Customer, Some(before), Some(after)) => {
                self.undo_customer_edited(event, before, after, conflicts)
                    .await
            }
            (Entity::Customer, Some(before), None) => {
                self.undo_customer_deleted(event, before, conflicts).await
            }
            (Entity::Release, Some(before), Some(after)) => {
                self.undo_reorder(event, before, after, conflicts).await
            }
            _ => Ok(false),
        }
    }
}
