//! Undo of changes to one customer's step: edit, creation, deletion (R16).
use super::{report::UndoReport, step_removals::GoneStep};
use crate::domain::{
    event::{Event, EventAction},
    id::{StepId, TemplateId},
    step::CustomerStep,
    undo::{RowOutcome, restored_in_words},
    vocabulary::StepStatus,
};
use crate::store::{
    audit::events::{NewEvent, StepSnapshot, TextProof, read_snapshot},
    change::Change,
    entity::{customer_step, step_template},
    error::StoreError,
    records::members,
    steps::step_rows::{self, remove},
    templates::{copy_order, template_rows},
    text_variables,
};
use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter};
use serde_json::{Value, json};

/// A step as the events of its creation and deletion store it: with its text and its position.
fn whole_snapshot(step: &CustomerStep) -> Value {
    let mut snapshot = serde_json::to_value(StepSnapshot::with_content(step)).unwrap_or_default();
    snapshot["orderIndex"] = json!(step.order_index);
    snapshot
}

impl Change {
    /// Restores the content before an edit, unless the step was changed since.
    pub async fn undo_step(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let (before, after): (StepSnapshot, StepSnapshot) =
            (read_snapshot(before)?, read_snapshot(after)?);
        let step = match step_rows::load(&self.tx, StepId(event.entity_id)).await {
            Ok(step) if StepSnapshot::of(&step).is_same(&after) => step,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                self.leave_step(GoneStep::of(event), &after.name, report)
                    .await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let mut restored = before.restored(&step);
        if !self.can_follow(&step, restored.template_id).await? {
            self.leave_step(GoneStep::of(event), &after.name, report)
                .await?;
            return Ok(false);
        }
        let follows_again = step.is_overridden && !restored.is_overridden;
        if let Some(id) = restored.template_id
            && follows_again
            && restored.status == StepStatus::Pending
        {
            // Without its override it follows the template again, which may have been edited since.
            let template = template_rows::load(&self.tx, id).await?;
            restored.name = template.name;
            restored.kind = template.kind;
            restored.content = template.content;
            restored.template_version = Some(template.version);
        }
        let subject = report.cell_of(self, &step).await?;
        let becomes = restored_in_words(&step, &restored);
        report.add(subject, RowOutcome::Restored, becomes);
        if !self.is_rehearsal {
            self.save_step(&step, restored, EventAction::Undo, TextProof::default())
                .await?;
        }
        Ok(true)
    }

    /// Whether a step can be a copy of this template: it is one already, or the template exists and its customer has no
    /// other copy of it.
    async fn can_follow(
        &self,
        step: &CustomerStep,
        template: Option<TemplateId>,
    ) -> Result<bool, StoreError> {
        let Some(id) = template.filter(|_| step.template_id != template) else {
            return Ok(true);
        };
        let exists = step_template::Entity::find_by_id(id.0)
            .one(&self.tx)
            .await?
            .is_some();
        let copies = customer_step::Entity::find()
            .filter(customer_step::Column::TemplateId.eq(id.0))
            .filter(customer_step::Column::CustomerId.eq(step.customer_id.0))
            .count(&self.tx)
            .await?;
        Ok(exists && copies == 0)
    }

    /// Deletes a created step, unless it was changed since, or has work that may not be deleted.
    pub async fn undo_step_created(
        &mut self,
        event: &Event,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let after: StepSnapshot = read_snapshot(after)?;
        let step = match step_rows::load(&self.tx, StepId(event.entity_id)).await {
            Ok(step) if after.is_same_but_for_work(&StepSnapshot::of(&step)) => step,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                self.leave_step(GoneStep::of(event), &after.name, report)
                    .await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        self.delete_step(&step, report).await
    }

    /// Deletes a step, with an event of its own, if it has no work or its work may be deleted. Answers whether it did.
    pub async fn delete_step(
        &mut self,
        step: &CustomerStep,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let n_rows = report.rows.len();
        if !self.may_delete_step(step, report).await? {
            return Ok(false);
        }
        if report.rows.len() == n_rows {
            let subject = report.cell_of(self, step).await?;
            report.add(subject, RowOutcome::Deleted, "deleted");
        }
        remove(&self.tx, step).await?;
        let event = NewEvent::of_step(step, EventAction::Undo).before(&whole_snapshot(step));
        self.record(event);
        Ok(true)
    }

    /// Restores a deleted step under its id and at its position, as far as possible.
    pub async fn undo_step_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let snapshot: StepSnapshot = read_snapshot(before)?;
        let (Some(release), Some(customer)) = (event.release_id, event.customer_id) else {
            return Ok(false);
        };
        let id = StepId(event.entity_id);
        let is_there = customer_step::Entity::find_by_id(id.0)
            .one(&self.tx)
            .await?
            .is_some();
        let blank = CustomerStep {
            id,
            version: snapshot.version + 1,
            ..CustomerStep::blank(release, customer, self.stamp.at)
        };
        let mut step = snapshot.restored(&blank);
        // The step may have been restored already, or have no customer or template any more.
        if is_there
            || !members::is_member(&self.tx, release, customer).await?
            || !self.can_follow(&blank, step.template_id).await?
        {
            self.leave_step(GoneStep::of(event), &snapshot.name, report)
                .await?;
            return Ok(false);
        }
        let list = copy_order::list(&self.tx, release, customer.0, step.category).await?;
        let last = i32::try_from(list.len()).unwrap_or(i32::MAX);
        let at = before.get("orderIndex").and_then(Value::as_i64);
        let at = at.and_then(|it| i32::try_from(it).ok()).unwrap_or(last);
        step.order_index = at.clamp(0, last);
        let whole_list = (release, customer, step.category);
        copy_order::shift(&self.tx, whole_list, step.order_index, 1).await?;
        let text = text_variables::save(&self.tx, &step.content).await?;
        let row = customer_step::ActiveModel::of(step.clone(), Some(text));
        customer_step::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        let subject = report.cell_of(self, &step).await?;
        report.add(subject, RowOutcome::BroughtBack, "brought back");
        let event = NewEvent::of_step(&step, EventAction::Undo).after(&whole_snapshot(&step));
        self.record(event);
        Ok(true)
    }
}
