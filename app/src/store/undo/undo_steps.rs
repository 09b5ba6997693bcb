//! Undo of changes to one customer's step: edit, creation, deletion (R16).
use super::step_removals::StepRemovals;
use crate::domain::{
    event::{Event, EventAction},
    id::{StepId, TemplateId},
    step::CustomerStep,
    summary::Conflict,
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
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::{Value, json};

impl Change {
    /// Restores the content before an edit, unless the step was changed since.
    pub async fn undo_step(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (StepSnapshot, StepSnapshot) =
            (read_snapshot(before)?, read_snapshot(after)?);
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
        let mut restored = before.restored(&step);
        if !self.can_follow(&step, restored.template_id).await? {
            let name = self.cell_name(&after.name, event.customer_id).await?;
            conflicts.push(self.step_conflict(step.id, &name, Some(removals)).await?);
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
        self.save_step(&step, restored, EventAction::Undo, TextProof::default())
            .await?;
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

    /// Deletes a created step, unless it was changed since.
    pub async fn undo_step_created(
        &mut self,
        event: &Event,
        after: &Value,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let after: StepSnapshot = read_snapshot(after)?;
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

    /// Restores a deleted step under its id and at its position, as far as possible.
    pub async fn undo_step_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        removals: &StepRemovals,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let snapshot: StepSnapshot = read_snapshot(before)?;
        let (Some(release), Some(customer)) = (event.release_id, event.customer_id) else {
            return Ok(false);
        };
        let id = StepId(event.entity_id);
        let is_there = customer_step::Entity::find_by_id(id.0)
            .one(&self.tx)
            .await?;
        let members = members::member_ids(&self.tx, release).await?;
        if is_there.is_some() || !members.contains(&customer.0) {
            // It was restored already, or the customer is no longer a member.
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
