//! Undo of edits, additions and deletions of template steps, with their copies (R16).
use super::{
    EVENTS_IN_MEMORY_MAX,
    conflicts::conflict_of,
    report::{UndoReport, UndoSubject},
    step_removals::GoneStep,
    undo_order::in_earlier_order,
};
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{CustomerId, StepId, TemplateId},
    step::CustomerStep,
    template::{Propagation, StepTemplate, TemplateDraft},
    undo::RowOutcome,
};
use crate::store::{
    audit::events::{NewEvent, read_snapshot},
    change::Change,
    entity::{customer_step, step_template},
    error::StoreError,
    records::members,
    steps::step_rows,
    templates::{
        copy_order::{self, CustomOrders, StepIdsByCustomer},
        template_edits::{self, PropagationLimits, RemovedCopy, TemplateCopyText},
        template_rows::{self, TemplateCopy},
    },
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::Expr,
};
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

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

/// What somebody may have changed since an event. Events of earlier programs have fewer fields.
const COMPARED_FIELDS: [&str; 6] = [
    "name",
    "type",
    "content",
    "description",
    "jenkins",
    "category",
];

impl Change {
    /// The template if it is still as the event left it; else none, and a conflict.
    async fn unchanged_template(
        &self,
        event: &Event,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<Option<StepTemplate>, StoreError> {
        match template_rows::load(&self.tx, TemplateId(event.entity_id)).await {
            Ok(template)
                if COMPARED_FIELDS.iter().all(|key| {
                    let now = serde_json::to_value(&template).unwrap_or_default();
                    after.get(key).is_none_or(|it| now.get(key) == Some(it))
                }) =>
            {
                Ok(Some(template))
            }
            Ok(template) => {
                let subject = UndoSubject::template(event, &template.name);
                self.leave_changed(subject, report).await?;
                Ok(None)
            }
            Err(StoreError::NotFound(_)) => {
                let name = after.get("name").and_then(Value::as_str);
                let subject = UndoSubject::template(event, name.unwrap_or("the step"));
                self.leave_changed(subject, report).await?;
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
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let Some(template) = self.unchanged_template(event, after, report).await? else {
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
        let subject = UndoSubject::template(event, &template.name);
        report.add(subject, RowOutcome::Restored, "as before");
        self.report_copies(event, after, &template, &changed, report)
            .await?;
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

    /// Names the copies that get their earlier text, and those that do not: because they no longer follow the template, or
    /// are gone.
    async fn report_copies(
        &mut self,
        event: &Event,
        after: &Value,
        template: &StepTemplate,
        changed: &[i64],
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        // Events of earlier programs do not have them.
        let customers: Vec<i64> = after
            .get("changedCustomers")
            .map(read_snapshot)
            .transpose()?
            .unwrap_or_default();
        let copies = template_rows::copies_of(&self.tx, template.id).await?;
        let copies: HashMap<i64, TemplateCopy> = copies.into_iter().map(|it| (it.id, it)).collect();
        for (index, id) in changed.iter().enumerate() {
            let id = StepId(*id);
            if let Some(copy) = copies.get(&id.0)
                && copy.propagation == Propagation::Propagate
            {
                let customer = Some(CustomerId(copy.customer));
                let subject = report.cell(self, id, &template.name, customer).await?;
                report.add(subject, RowOutcome::Restored, "text as before");
                continue;
            }
            let row = customer_step::Entity::find_by_id(id.0)
                .one(&self.tx)
                .await?;
            let customer = row.map(|it| it.customer_id);
            let customer = customer.or_else(|| customers.get(index).copied());
            let gone = GoneStep {
                customer: customer.map(CustomerId),
                ..GoneStep::of(event)
            };
            self.leave_step(GoneStep { id, ..gone }, &template.name, report)
                .await?;
        }
        Ok(())
    }

    /// Deletes a created template with its copies, unless it was changed since. Copies with work become custom steps and are
    /// reported, or are deleted too if that is allowed (R101).
    pub async fn undo_template_created(
        &mut self,
        event: &Event,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let Some(template) = self.unchanged_template(event, after, report).await? else {
            return Ok(false);
        };
        let subject = UndoSubject::template(event, &template.name);
        report.add(subject, RowOutcome::Deleted, "deleted");
        let mut spared = HashSet::new();
        for copy in template_rows::copies_of(&self.tx, template.id).await? {
            let id = StepId(copy.id);
            let customer = Some(CustomerId(copy.customer));
            if report.own_steps.contains(&copy.id) {
                // The step was there before the template, or was left alone by the undo of its own event.
                let gone = GoneStep {
                    id,
                    customer,
                    ..GoneStep::of(event)
                };
                self.leave_step(gone, &template.name, report).await?;
                spared.insert(copy.id);
            } else if copy.has_work {
                let step = step_rows::load(&self.tx, id).await?;
                if !self.delete_step(&step, report).await? {
                    spared.insert(copy.id);
                }
                if self.events.len() >= EVENTS_IN_MEMORY_MAX {
                    self.flush_undone().await?;
                }
            } else {
                let subject = report.cell(self, id, &template.name, customer).await?;
                report.add(subject, RowOutcome::Deleted, "deleted");
            }
        }
        template_edits::delete(self, &template, &spared).await?;
        Ok(true)
    }

    /// Restores a deleted template with its copies under their ids.
    pub async fn undo_template_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let earlier: StepTemplate = read_snapshot(before)?;
        match template_rows::load(&self.tx, earlier.id).await {
            Err(StoreError::NotFound(_)) => {}
            Err(error) => return Err(error),
            // The step was restored already.
            Ok(template) => {
                let subject = UndoSubject::template(event, &template.name);
                self.leave_changed(subject, report).await?;
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
        let text = text_variables::save(&self.tx, &template.content).await?;
        let row = step_template::ActiveModel::of(template.clone(), Some(text));
        step_template::Entity::insert(row)
            .exec_without_returning(&self.tx)
            .await?;
        let wanted = in_earlier_order(&[order.clone(), vec![template.id]].concat(), &ordered);
        copy_order::write_template_order(&self.tx, release, category, &wanted).await?;
        let members = members::member_ids(&self.tx, release).await?;
        let subject = UndoSubject::template(event, &template.name);
        report.add(subject, RowOutcome::BroughtBack, "brought back");
        let mut come_back = HashSet::new();
        for deleted in &removed {
            let (id, customer) = (StepId(deleted.id), Some(CustomerId(deleted.customer)));
            let subject = report.cell(self, id, &template.name, customer).await?;
            if !members.contains(&deleted.customer) {
                let gone = GoneStep {
                    id,
                    customer,
                    ..GoneStep::of(event)
                };
                let removal = report.removals.of(&self.tx, gone).await?;
                let reason = format!("{}: not in the release any more", subject.full_name());
                let conflict = conflict_of(&subject, reason, removal);
                report.leave(subject, conflict);
                continue;
            }
            report.add(subject, RowOutcome::BroughtBack, "brought back");
            come_back.insert(id);
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
            let text = if copy.content == template.content {
                text
            } else {
                text_variables::save(&self.tx, &copy.content).await?
            };
            let row = customer_step::ActiveModel::of(copy, Some(text));
            customer_step::Entity::insert(row)
                .exec_without_returning(&self.tx)
                .await?;
        }
        for DeletedCopy { id, customer, .. } in kept {
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
            let (id, customer) = (StepId(id), Some(CustomerId(customer)));
            if linked.rows_affected == 0 {
                let gone = GoneStep {
                    id,
                    customer,
                    ..GoneStep::of(event)
                };
                self.leave_step(gone, &template.name, report).await?;
            } else {
                let subject = report.cell(self, id, &template.name, customer).await?;
                report.add(subject, RowOutcome::Restored, "a copy of the template");
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
            // The template was not restored.
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
        let text = text_variables::save(&self.tx, &template.content).await?;
        for customer in missing {
            let copy = blank_copy(&template, customer, now);
            let mut row = customer_step::ActiveModel::of(copy, Some(text));
            row.id = NotSet;
            customer_step::Entity::insert(row)
                .exec_without_returning(&self.tx)
                .await?;
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
