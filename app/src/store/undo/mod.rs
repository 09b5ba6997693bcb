//! Undo of a batch (R16): restores earlier content as a new change, which can be undone as well. Rows that changed
//! since are left alone and reported. The kind of an event is recognized by its stored data instead of its action,
//! because every undo has the same action.
mod conflicts;
mod elsewhere;
mod first_actions;
mod report;
mod step_removals;
mod undo_clusters;
mod undo_customers;
mod undo_order;
mod undo_steps;
mod undo_templates;
mod undone_batches;

use self::report::UndoReport;
use super::{
    Store,
    audit::event_texts,
    change::{Change, keeps_texts},
    engine::sought,
    entity::audit_event,
    error::StoreError,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Entity, Event, EventAction},
    event_trim::undo_permission,
    field_error::FieldError,
    id::{BatchId, CustomerId, ReleaseId, TemplateId},
    permission::Permission,
    rule_violation::RuleViolation,
    undo::{Conflict, UndoAnswer, UndoPreview, UndoResult, UndoneAction, latest_change, message},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use audit_event::Column;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, sea_query::Expr};
use std::{
    collections::{HashMap, HashSet},
    iter::once,
};

/// Events that are in memory at once: with texts of the largest size, before and after, about 25 MiB.
const EVENTS_IN_MEMORY_MAX: usize = 50;
/// Batches that are undone together: as many as a page of the history has.
const BATCHES_MAX: usize = 500;

/// An event of a batch, without its data.
struct EventHead {
    id: i64,
    batch: BatchId,
    entity: Entity,
    entity_id: i64,
    release: Option<ReleaseId>,
    customer: Option<CustomerId>,
    action: EventAction,
}

/// Whether each of these events changed the state or the notes of another step, and nothing else: then the undo of one looks at
/// nothing that the undo of another changes.
fn are_independent(heads: &[EventHead]) -> bool {
    let steps: HashSet<i64> = heads.iter().map(|it| it.entity_id).collect();
    let mut all = heads.iter();
    steps.len() == heads.len() && all.all(|it| it.entity == Entity::Step && keeps_texts(it.action))
}

/// The events of each batch.
fn by_batch(heads: &[EventHead]) -> Vec<&[EventHead]> {
    heads.chunk_by(|a, b| a.batch == b.batch).collect()
}

/// The action that does what an undo would do, for events that have one.
fn instead_of_undo(action: EventAction) -> Option<&'static str> {
    match action {
        EventAction::Deactivate | EventAction::Archive => Some("Restore"),
        EventAction::Restore => Some("Deactivate or Archive"),
        EventAction::Activate => Some("Archive"),
        EventAction::AddCustomers => Some("Remove customers"),
        EventAction::RemoveCustomers => Some("Add customers"),
        EventAction::Attach => Some("Delete"),
        _ => None,
    }
}

/// An undo that is done, and not committed yet.
struct PendingUndo {
    change: Change,
    report: UndoReport,
    restored: u32,
    /// What is undone or done again, for the message: the action of the batch's newest event or what that did, and how many of that kind were
    /// restored.
    undone: UndoneAction,
    entity: Entity,
    n_of_entity: u32,
    /// The last batch in which something was restored.
    batch: Option<BatchId>,
}

impl Store {
    /// Undoes all events of a batch, newest first. Rows with work are not deleted (R101). Errors: not found; not undoable;
    /// archived; nothing left to restore.
    #[tracing::instrument(level = "debug", skip_all, fields(batch = %batch))]
    pub async fn undo(&self, batch: BatchId, stamp: ActorStamp) -> Result<UndoResult, StoreError> {
        let undone = self.undone(batch, &[], false, stamp).await?;
        undone.commit().await
    }

    /// Undoes all events of a batch, newest first; rows that it created are deleted together with the work that was done on
    /// them since. Errors: as `undo`.
    #[tracing::instrument(level = "debug", skip_all, fields(batch = %batch))]
    pub async fn undo_with_work(
        &self,
        batch: BatchId,
        stamp: ActorStamp,
    ) -> Result<UndoResult, StoreError> {
        let undone = self.undone(batch, &[], true, stamp).await?;
        undone.commit().await
    }

    /// Undoes a batch together with others, newest first, unless that would delete work: then nothing is changed, and the answer is
    /// what to ask. If `deletes_work` is given, it was asked. Each undo is a batch of its own. Errors: as `undo`; too many batches.
    #[tracing::instrument(level = "debug", skip_all, fields(batch = %batch))]
    pub async fn undo_or_ask(
        &self,
        batch: BatchId,
        others: &[BatchId],
        deletes_work: Option<bool>,
        stamp: ActorStamp,
    ) -> Result<UndoAnswer, StoreError> {
        let undone = self
            .undone(batch, others, deletes_work.unwrap_or_default(), stamp)
            .await?;
        if deletes_work.is_none() && !undone.report.with_work.is_empty() {
            return Ok(UndoAnswer::Asks(undone.roll_back().await?.into()));
        }
        undone.commit().await.map(UndoAnswer::Done)
    }

    /// What an undo would do; nothing is changed. Errors: not found; not undoable; archived.
    #[tracing::instrument(level = "debug", skip_all, fields(batch = %batch))]
    pub async fn preview_undo(
        &self,
        batch: BatchId,
        deletes_work: bool,
        stamp: ActorStamp,
    ) -> Result<UndoPreview, StoreError> {
        self.preview_undos(batch, &[], deletes_work, stamp).await
    }

    /// What an undo of a batch together with others would do; nothing is changed. States and notes are only looked at. Any other
    /// batch is undone and rolled back, because its later events meet the rows that earlier ones restored; that holds the write lock
    /// as long as the undo itself. Errors: as `preview_undo`; too many batches.
    #[tracing::instrument(level = "debug", skip_all, fields(batch = %batch))]
    pub async fn preview_undos(
        &self,
        batch: BatchId,
        others: &[BatchId],
        deletes_work: bool,
        stamp: ActorStamp,
    ) -> Result<UndoPreview, StoreError> {
        let permit = self.permit(Permission::UndoWork.on(batch.clone())).await?;
        let change = self.rehearsal(permit, stamp.clone()).await?;
        let heads = change.event_heads(&batch, others).await?;
        let undone = if are_independent(&heads) {
            self.undone_in(change, &heads, deletes_work).await?
        } else {
            change.tx.rollback().await?;
            self.undone(batch, others, deletes_work, stamp).await?
        };
        undone.roll_back().await
    }

    async fn undone(
        &self,
        batch: BatchId,
        others: &[BatchId],
        deletes_work: bool,
        stamp: ActorStamp,
    ) -> Result<PendingUndo, StoreError> {
        let permit = self.permit(Permission::UndoWork.on(batch.clone())).await?;
        let change = self.change(permit, stamp).await?;
        let heads = change.event_heads(&batch, others).await?;
        self.undone_in(change, &heads, deletes_work).await
    }

    async fn undone_in(
        &self,
        mut change: Change,
        heads: &[EventHead],
        deletes_work: bool,
    ) -> Result<PendingUndo, StoreError> {
        let Some(newest) = heads.first() else {
            return Err(StoreError::NotFound(Noun::Batch));
        };
        let mut undone = UndoneAction {
            action: newest.action,
            is_redo: newest.action == EventAction::Undo,
        };
        if undone.is_redo {
            let of = newest.batch.0.clone();
            let found = self.undone_actions(vec![of.clone()]).await?;
            undone = found.get(&of).copied().unwrap_or(undone);
        }
        let permissions = heads
            .iter()
            .map(|it| undo_permission(it.entity, it.customer));
        if let Some(permission) = permissions.max_by_key(|it| it.role()) {
            self.must_have(permission)?;
            change.permission = permission;
        }
        let entity = newest.entity;
        for of_batch in by_batch(heads) {
            change.must_be_undoable(of_batch).await?;
        }
        // A batch can have events of several releases. Those that cannot be edited by now are left alone.
        let releases = heads.iter().filter_map(|it| it.release).collect();
        let closed = change.closed_releases(releases).await?;
        let closed_of = |release: Option<ReleaseId>| {
            let id = release?;
            Some((id, closed.get(&id)?))
        };
        let all_closed = heads.iter().all(|it| closed_of(it.release).is_some());
        if let Some((_, why)) = closed_of(newest.release).filter(|_| all_closed) {
            return Err(why.clone().into());
        }
        let mut pending = PendingUndo {
            change,
            report: UndoReport::new(deletes_work),
            restored: 0,
            undone,
            entity,
            n_of_entity: 0,
            batch: None,
        };
        for of_batch in by_batch(heads) {
            pending.undo_batch(of_batch, &closed).await?;
        }
        Ok(pending)
    }
}

impl PendingUndo {
    /// Undoes the events of one batch, in a batch of its own. Nothing is restored in the closed releases.
    async fn undo_batch(
        &mut self,
        heads: &[EventHead],
        closed: &HashMap<ReleaseId, RuleViolation>,
    ) -> Result<(), StoreError> {
        if self.batch.as_ref() == Some(&self.change.batch) {
            self.change.begin_next_batch().await?;
        }
        self.change.undoes = heads.first().map(|it| it.batch.clone());
        let steps = heads.iter().filter(|it| it.entity == Entity::Step);
        self.report.own_steps = steps.map(|it| it.entity_id).collect();
        let before = self.restored;
        let mut came_back = Vec::new();
        for part in heads.chunks(EVENTS_IN_MEMORY_MAX) {
            for event in self.change.events_of(part).await? {
                let PendingUndo { change, report, .. } = &mut *self;
                let release = event.release_id;
                if let Some(closed) = release.and_then(|id| Some((id, closed.get(&id)?))) {
                    change.leave_closed(&event, closed, report).await?;
                    continue;
                }
                if !change.undo_event(&event, report).await? {
                    continue;
                }
                self.restored += 1;
                self.n_of_entity += u32::from(event.entity == self.entity);
                if event.entity == Entity::Template && event.after.is_none() {
                    came_back.push(TemplateId(event.entity_id));
                }
            }
            self.change.flush_undone().await?;
        }
        for template in came_back {
            self.change.add_missing_copies(template).await?;
        }
        self.change.flush_undone().await?;
        if self.restored > before {
            self.batch = Some(self.change.batch.clone());
        }
        Ok(())
    }

    async fn commit(mut self) -> Result<UndoResult, StoreError> {
        let UndoReport {
            rows, conflicts, ..
        } = self.report;
        if self.restored == 0 {
            let last = latest_change(&conflicts);
            return Err(RuleViolation::NothingToUndo {
                reasons: conflicts.iter().map(Conflict::in_words).collect(),
                last,
            }
            .into());
        }
        // Where the last batches were left alone, nothing is recorded under the newest id.
        if let Some(batch) = self.batch {
            self.change.batch = batch;
        }
        let committed = self.change.commit().await?;
        Ok(UndoResult {
            restored: self.restored,
            message: message(
                self.undone,
                self.entity,
                self.n_of_entity,
                &rows,
                &conflicts,
            ),
            conflicts,
            batch_id: committed,
        })
    }

    async fn roll_back(self) -> Result<UndoPreview, StoreError> {
        self.change.tx.rollback().await?;
        let is_redo = self.undone.is_redo;
        Ok(self.report.into_preview(self.restored, is_redo))
    }
}

/// The columns of an `EventHead`, in its order.
type EventHeadRow = (i64, String, String, i64, Option<i64>, Option<i64>, String);

impl Change {
    /// The events of a batch and of others that the caller sees, newest first. What is out of scope is no part of a batch: not
    /// restored, not counted, not named. Errors: too many batches; not found.
    async fn event_heads(
        &self,
        batch: &BatchId,
        others: &[BatchId],
    ) -> Result<Vec<EventHead>, StoreError> {
        let long = others.len() + 1;
        if long > BATCHES_MAX {
            let max = BATCHES_MAX;
            let problem = FieldError::TooMany { max, long };
            return Err(ValidationErrors::one(Field::Ids, problem).into());
        }
        let batches = || once(batch).chain(others);
        let rows: Vec<EventHeadRow> = self
            .visible()
            .events()
            .select_only()
            .columns([
                Column::Id,
                Column::BatchId,
                Column::Entity,
                Column::EntityId,
                Column::ReleaseId,
                Column::CustomerId,
                Column::Action,
            ])
            .filter(Column::BatchId.is_in(batches().map(|it| sought(&it.0))))
            .order_by_desc(Column::Id)
            .into_tuple()
            .all(&self.tx)
            .await?;
        let found: HashSet<&str> = rows.iter().map(|it| it.1.as_str()).collect();
        if batches().any(|it| !found.contains(it.0.as_str())) {
            return Err(StoreError::NotFound(Noun::Batch));
        }
        let unreadable = |error| StoreError::corrupt("audit_events", error);
        rows.into_iter()
            .map(
                |(id, batch, entity, entity_id, release, customer, action)| {
                    Ok(EventHead {
                        id,
                        batch: BatchId(batch),
                        entity: entity.parse().map_err(unreadable)?,
                        entity_id,
                        release: release.map(ReleaseId),
                        customer: customer.map(CustomerId),
                        action: action.parse().map_err(unreadable)?,
                    })
                },
            )
            .collect()
    }

    /// These events with their data, newest first; without the text that was executed, which an undo does not need.
    async fn events_of(&self, heads: &[EventHead]) -> Result<Vec<Event>, StoreError> {
        let rows = audit_event::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::BatchId,
                Column::Entity,
                Column::EntityId,
                Column::ReleaseId,
                Column::CustomerId,
                Column::Action,
                Column::Actor,
                Column::At,
                Column::Before,
                Column::After,
                Column::ResolvedSha256,
                Column::Undoes,
                Column::Hash,
                Column::PreviousHash,
                Column::TextShown,
                Column::UserId,
                Column::Via,
                Column::TextId,
            ])
            .expr_as(Expr::val(None::<String>), "resolved_text")
            .filter(Column::Id.is_in(heads.iter().map(|it| it.id)))
            .order_by_desc(Column::Id)
            .all(&self.tx)
            .await?;
        event_texts::read(&self.tx, rows).await
    }

    /// Refuses a batch with an event that has an opposite of its own. Whether a step's or a template's event has one is
    /// known without its data.
    async fn must_be_undoable(&self, heads: &[EventHead]) -> Result<(), StoreError> {
        let of_template = |it: &EventHead| {
            matches!(it.entity, Entity::Step | Entity::Template)
                && !it.action.is_of_evidence()
                && !it.action.is_of_run()
        };
        let has_customers = heads.iter().any(|it| it.entity == Entity::Customer);
        for part in heads.chunks(EVENTS_IN_MEMORY_MAX) {
            if part.iter().all(of_template) {
                continue;
            }
            let events = self.events_of(part).await?;
            // A cluster that was created together with customers goes with them.
            let may_go = |it: &Event| {
                it.is_undoable()
                    || (it.entity == Entity::Cluster && it.is_made_or_deleted() && has_customers)
            };
            if let Some(event) = events.iter().find(|it| !may_go(it)) {
                let instead = instead_of_undo(event.action).map(str::to_owned);
                return Err(RuleViolation::NotUndoable { instead }.into());
            }
        }
        Ok(())
    }

    /// Writes the events so far: all of them are those of an undo.
    async fn flush_undone(&mut self) -> Result<(), StoreError> {
        for event in &mut self.events {
            event.action = EventAction::Undo;
        }
        self.flush().await
    }

    /// Undoes one event. Answers whether a row was restored; if not, the report says why.
    async fn undo_event(
        &mut self,
        event: &Event,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        match (event.entity, &event.before, &event.after) {
            (Entity::Step, Some(before), Some(after)) => {
                self.undo_step(event, before, after, report).await
            }
            (Entity::Step, None, Some(after)) => self.undo_step_created(event, after, report).await,
            (Entity::Step, Some(before), None) => {
                self.undo_step_deleted(event, before, report).await
            }
            (Entity::Template, Some(before), Some(after)) if before.get("orderedIds").is_some() => {
                self.undo_template_moved(event, before, after, report).await
            }
            (Entity::Template, Some(before), Some(after)) => {
                self.undo_template_edited(event, before, after, report)
                    .await
            }
            (Entity::Template, None, Some(after)) => {
                self.undo_template_created(event, after, report).await
            }
            (Entity::Template, Some(before), None) => {
                self.undo_template_deleted(event, before, report).await
            }
            (Entity::Cluster, None, Some(after)) => {
                self.undo_cluster_created(event, after, report).await
            }
            (Entity::Cluster, Some(before), None) => {
                self.undo_cluster_deleted(event, before, report).await
            }
            (Entity::Customer, None, Some(after)) => {
                self.undo_customer_created(event, after, report).await
            }
            (Entity::Customer, Some(before), Some(after)) => {
                self.undo_customer_edited(event, before, after, report)
                    .await
            }
            (Entity::Customer, Some(before), None) => {
                self.undo_customer_deleted(event, before, report).await
            }
            (Entity::Release, Some(before), Some(after)) => {
                self.undo_reorder(event, before, after, report).await
            }
            _ => Ok(false),
        }
    }
}
