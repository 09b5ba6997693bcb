//! Undo of changes to template steps, their order and their copies (R16).
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{CustomerId, ReleaseId, StepId, TemplateId},
    step::CustomerStep,
    summary::Conflict,
    template::{Propagation, StepTemplate, TemplateDraft},
    vocabulary::Category,
};
use crate::store::{
    audit::events::{NewEvent, read_snapshot},
    change::{Change, VersionedRow},
    entity::{customer_step, step_template},
    error::StoreError,
    records::{members, release_rows},
    templates::{
        copy_order::{self, CustomOrders, StepIdsByCustomer},
        template_edits::{self, PropagationLimits, RemovedCopy, TemplateCopyText},
        template_order, template_rows,
    },
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, QuerySelect, sea_query::Expr,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::HashSet;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RestoredList {
    category: Category,
    ordered_ids: Vec<i64>,
    /// The lists of customers that were not plain copies of the template's order.
    #[serde(default)]
    lists: StepIdsByCustomer,
}

/// A copy as a deletion stored it: ids of step and customer, and the version, which is 0 in events of earlier programs.
#[derive(Clone, Copy, Deserialize)]
#[serde(from = "Vec<i64>")]
struct DeletedCopy {
    id: i64,
    customer: i64,
    version: i64,
}

impl From<Vec<i64>> for DeletedCopy {
    fn from(numbers: Vec<i64>) -> Self {
        let number = |at: usize| numbers.get(at).copied().unwrap_or_default();
        Self {
            id: number(0),
            customer: number(1),
            version: number(2),
        }
    }
}

/// The data that a deletion stored about the copies.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct DeletedTemplate {
    ordered_ids: Vec<i64>,
    /// Deleted copies (`removed`), and copies that became custom steps (`kept`).
    removed: Vec<DeletedCopy>,
    kept: Vec<DeletedCopy>,
    own: Vec<RemovedCopy>,
    lists: StepIdsByCustomer,
}

impl Change {
    /// Restores the order of the template or of one customer's list, unless it was reordered since.
    pub async fn undo_reorder(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (RestoredList, RestoredList) =
            (read_snapshot(before)?, read_snapshot(after)?);
        let release = release_rows::load(&self.tx, ReleaseId(event.entity_id)).await?;
        let category = before.category;
        let (mut lists, mut lists_after) = (StepIdsByCustomer::new(), StepIdsByCustomer::new());
        if let Some(customer) = event.customer_id {
            let list = copy_order::list(&self.tx, release.id, customer.0, category).await?;
            let present: Vec<i64> = list.iter().map(|it| it.id.0).collect();
            if present != after.ordered_ids {
                conflicts.push(
                    self.conflict(Entity::Release, event.entity_id, "the customer's order")
                        .await?,
                );
                return Ok(false);
            }
            let ids: Vec<StepId> = before.ordered_ids.iter().map(|it| StepId(*it)).collect();
            copy_order::write_list(&self.tx, &ids).await?;
        } else {
            let order = copy_order::template_order(&self.tx, release.id, category).await?;
            let present: Vec<i64> = order.iter().map(|it| it.0).collect();
            if present != after.ordered_ids {
                conflicts.push(
                    self.conflict(Entity::Release, event.entity_id, "the order")
                        .await?,
                );
                return Ok(false);
            }
            let custom_orders = CustomOrders::find(&self.tx, release.id, category).await?;
            lists = custom_orders.ids();
            let present = copy_order::ids_of(&self.tx, release.id, category, &before.lists).await?;
            let ids: Vec<TemplateId> = before
                .ordered_ids
                .iter()
                .map(|it| TemplateId(*it))
                .collect();
            copy_order::write_template_order(&self.tx, release.id, category, &ids).await?;
            custom_orders.reorder_to_template(&self.tx, &order).await?;
            // A list with an order of its own can equal the template's order by chance, so it is restored explicitly.
            for (customer, earlier) in &before.lists {
                if present.get(customer) == after.lists.get(customer) {
                    copy_order::write_list(&self.tx, earlier).await?;
                }
            }
            lists_after = copy_order::ids_of(&self.tx, release.id, category, &lists).await?;
        }
        let mut undone = release.event(EventAction::Undo)
            .before(&json!({ "category": category, "orderedIds": after.ordered_ids, "lists": lists }))
            .after(&json!({ "category": category, "orderedIds": before.ordered_ids, "lists": lists_after }));
        undone.customer_id = event.customer_id;
        self.record(undone);
        Ok(true)
    }

    /// The template if it is still as the event left it; else none, and a conflict.
    async fn unchanged_template(
        &self,
        event: &Event,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<Option<StepTemplate>, StoreError> {
        match template_rows::load(&self.tx, TemplateId(event.entity_id)).await {
            Ok(template)
                if ["name", "type", "content", "description", "category"]
                    .iter()
                    .all(|key| {
                        let now = serde_json::to_value(&template).unwrap_or_default();
                        after.get(key).is_none_or(|it| now.get(key) == Some(it))
                    }) =>
            {
                Ok(Some(template))
            }
            Ok(template) => {
                conflicts.push(
                    self.conflict(Entity::Template, event.entity_id, &template.name)
                        .await?,
                );
                Ok(None)
            }
            Err(StoreError::NotFound(_)) => {
                let name = after
                    .get("name")
                    .and_then(Value::as_str)
                    .unwrap_or("the step")
                    .to_owned();
                conflicts.push(
                    self.conflict(Entity::Template, event.entity_id, &name)
                        .await?,
                );
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    /// Restores the texts of a template and of the copies that the edit changed.
    pub async fn undo_template_edited(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let Some(template) = self.unchanged_template(event, after, conflicts).await? else {
            return Ok(false);
        };
        let earlier: StepTemplate = read_snapshot(before)?;
        let changed: Vec<i64> = after
            .get("changedIds")
            .map(read_snapshot)
            .transpose()?
            .unwrap_or_default();
        let texts: Vec<TemplateCopyText> = before
            .get("exceptions")
            .map(read_snapshot)
            .transpose()?
            .unwrap_or_default();
        let copies = template_rows::copies_of(&self.tx, template.id).await?;
        for id in &changed {
            if !copies
                .iter()
                .any(|it| it.id == *id && it.propagation == Propagation::Propagate)
            {
                let row = customer_step::Entity::find_by_id(*id).one(&self.tx).await?;
                let customer = row.map(|it| CustomerId(it.customer_id));
                let name = self.cell_name(&template.name, customer).await?;
                conflicts.push(self.step_conflict(StepId(*id), &name, None).await?);
            }
        }
        let limits = PropagationLimits {
            ids: changed.into_iter().collect(),
            texts,
        };
        let category = template.category;
        let fields = TemplateDraft {
            category: category.to_string(),
            ..TemplateDraft::from(earlier)
        }
        .parse()?;
        template_edits::edit(self, template, fields, Some(&limits)).await?;
        Ok(true)
    }

    /// Deletes a created template; copies that were worked on become custom steps and are reported.
    pub async fn undo_template_created(
        &mut self,
        event: &Event,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let template = match template_rows::load(&self.tx, TemplateId(event.entity_id)).await {
            Ok(template) => template,
            Err(StoreError::NotFound(_)) => {
                let name = event.text("name").unwrap_or("the step").to_owned();
                conflicts.push(
                    self.conflict(Entity::Template, event.entity_id, &name)
                        .await?,
                );
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        for copy in template_rows::copies_of(&self.tx, template.id).await? {
            if copy.propagation != Propagation::Propagate {
                let name = self
                    .cell_name(&template.name, Some(CustomerId(copy.customer)))
                    .await?;
                conflicts.push(self.step_conflict(StepId(copy.id), &name, None).await?);
            }
        }
        template_edits::delete(self, &template).await?;
        Ok(true)
    }

    /// Moves a template back to its category and position.
    pub async fn undo_template_moved(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (RestoredList, RestoredList) =
            (read_snapshot(before)?, read_snapshot(after)?);
        let template = match template_rows::load(&self.tx, TemplateId(event.entity_id)).await {
            Ok(template) if template.category == after.category => template,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                conflicts.push(
                    self.conflict(Entity::Template, event.entity_id, "the step")
                        .await?,
                );
                return Ok(false);
            }
            Err(error) => return Err(error),
        };
        let release = template.release_id;
        let present = copy_order::ids_of(&self.tx, release, before.category, &before.lists).await?;
        template_order::move_to(self, &template, before.category).await?;
        // Moving appends it, so restore the earlier order as far as its steps still exist.
        let order = copy_order::template_order(&self.tx, release, before.category).await?;
        let custom_orders = CustomOrders::find(&self.tx, release, before.category).await?;
        let wanted = in_earlier_order(&order, &before.ordered_ids);
        copy_order::write_template_order(&self.tx, release, before.category, &wanted).await?;
        custom_orders.reorder_to_template(&self.tx, &order).await?;
        let copies = template_rows::copies_of(&self.tx, template.id).await?;
        let come_back = copies.iter().map(|it| StepId(it.id)).collect();
        copy_order::restore_lists(&self.tx, &before.lists, &present, &come_back).await?;
        Ok(true)
    }

    /// Restores a deleted template with its copies under their ids.
    pub async fn undo_template_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let earlier: StepTemplate = read_snapshot(before)?;
        match template_rows::load(&self.tx, earlier.id).await {
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
            // It was restored already.
            Ok(template) => {
                conflicts.push(
                    self.conflict(Entity::Template, event.entity_id, &template.name)
                        .await?,
                );
                return Ok(false);
            }
        }
        let DeletedTemplate {
            ordered_ids: ordered,
            removed,
            kept,
            own,
            lists,
        } = read_snapshot(before)?;
        let (release, category) = (earlier.release_id, earlier.category);
        let order = copy_order::template_order(&self.tx, release, category).await?;
        let present = copy_order::ids_of(&self.tx, release, category, &lists).await?;
        let custom_orders = CustomOrders::find(&self.tx, release, category).await?;
        let now = self.stamp.at;
        let template = StepTemplate {
            order_index: i32::MIN,
            version: earlier.version + 1,
            updated_at: now,
            ..earlier
        };
        step_template::Entity::insert(
            step_template::Model::from(template.clone())
                .into_active_model()
                .reset_all(),
        )
        .exec_without_returning(&self.tx)
        .await?;
        let wanted = in_earlier_order(&[order.clone(), vec![template.id]].concat(), &ordered);
        copy_order::write_template_order(&self.tx, release, category, &wanted).await?;
        let members = members::member_ids(&self.tx, release).await?;
        let mut come_back = HashSet::new();
        for deleted in removed.iter().filter(|it| members.contains(&it.customer)) {
            come_back.insert(StepId(deleted.id));
            let mut copy = blank_copy(&template, deleted.customer, now);
            copy.id = StepId(deleted.id);
            copy.version = deleted.version + 1;
            if let Some(own) = own.iter().find(|it| it.text.id == deleted.id) {
                copy.name.clone_from(&own.text.name);
                copy.kind = own.text.kind;
                copy.content.clone_from(&own.text.content);
                copy.template_version = own.text.template_version;
                copy.notes.clone_from(&own.notes);
                copy.state_by.clone_from(&own.state_by);
                copy.state_at = own.state_at;
            }
            text_variables::save(&self.tx, &copy.content).await?;
            let row = customer_step::Model::from(copy).into_active_model();
            customer_step::Entity::insert(row.reset_all())
                .exec_without_returning(&self.tx)
                .await?;
        }
        for DeletedCopy { id, .. } in kept {
            come_back.insert(StepId(id));
            let linked = customer_step::Entity::update_many()
                .col_expr(customer_step::Column::TemplateId, Expr::val(template.id.0))
                .col_expr(customer_step::Column::IsCustom, Expr::val(false))
                .col_expr(
                    customer_step::Column::Version,
                    Expr::col(customer_step::Column::Version).add(1),
                )
                .col_expr(customer_step::Column::UpdatedAt, Expr::val(now))
                .filter(customer_step::Column::Id.eq(id))
                .filter(customer_step::Column::TemplateId.is_null())
                .exec(&self.tx)
                .await?;
            if linked.rows_affected == 0 {
                conflicts.push(self.step_conflict(StepId(id), &template.name, None).await?);
            }
        }
        custom_orders.reorder_to_template(&self.tx, &order).await?;
        copy_order::restore_lists(&self.tx, &lists, &present, &come_back).await?;
        let template = template_rows::load(&self.tx, TemplateId(event.entity_id)).await?;
        self.record(
            NewEvent::of(Entity::Template, template.id.0, EventAction::Undo)
                .release(release)
                .after(&template),
        );
        Ok(true)
    }

    /// Gives a template that came back a copy at every member that has none: those that joined since, and those whose
    /// step that followed it is gone or was changed. Only after all events of the batch: some of these link steps again.
    pub async fn add_missing_copies(&mut self, id: TemplateId) -> Result<(), StoreError> {
        let template = match template_rows::load(&self.tx, id).await {
            Ok(template) => template,
            // It could not come back.
            Err(StoreError::NotFound(_)) => return Ok(()),
            Err(error) => return Err(error),
        };
        let (release, category) = (template.release_id, template.category);
        let with_copy: HashSet<i64> = customer_step::Entity::find()
            .select_only()
            .column(customer_step::Column::CustomerId)
            .filter(customer_step::Column::TemplateId.eq(id.0))
            .into_tuple()
            .all(&self.tx)
            .await?
            .into_iter()
            .collect();
        let mut missing = members::member_ids(&self.tx, release).await?;
        missing.retain(|it| !with_copy.contains(it));
        if missing.is_empty() {
            return Ok(());
        }
        let before = copy_order::lists_of(&self.tx, release, category, &missing).await?;
        let now = self.stamp.at;
        for customer in missing {
            let copy = blank_copy(&template, customer, now);
            let mut row = customer_step::Model::from(copy)
                .into_active_model()
                .reset_all();
            row.id = NotSet;
            row.insert(&self.tx).await?;
        }
        let mut order = copy_order::template_order(&self.tx, release, category).await?;
        order.retain(|it| *it != id);
        copy_order::place_new_copies(&self.tx, release, category, &before, &order).await
    }
}

/// A new pending copy of a template, without a position in its list.
fn blank_copy(template: &StepTemplate, customer: i64, now: DateTime<Utc>) -> CustomerStep {
    CustomerStep {
        template_id: Some(template.id),
        name: template.name.clone(),
        category: template.category,
        kind: template.kind,
        content: template.content.clone(),
        is_custom: false,
        template_version: Some(template.version),
        ..CustomerStep::blank(template.release_id, CustomerId(customer), now)
    }
}

/// The current ids in their earlier order. An id that the earlier order does not contain stays directly after its
/// predecessor.
fn in_earlier_order(present: &[TemplateId], earlier: &[i64]) -> Vec<TemplateId> {
    let mut ids: Vec<TemplateId> = earlier
        .iter()
        .map(|it| TemplateId(*it))
        .filter(|it| present.contains(it))
        .collect();
    for (index, id) in present.iter().enumerate() {
        if !ids.contains(id) {
            let predecessor = index
                .checked_sub(1)
                .and_then(|it| ids.iter().position(|known| *known == present[it]));
            ids.insert(predecessor.map_or(0, |it| it + 1), *id);
        }
    }
    ids
}
