//! Undoing what was done to the template, with its copies (R16).
use super::{
    Change,
    audit::NewEvent,
    copies::{self, Special},
    entity::{customer_step, step_template, text_key},
    error::StoreError,
    releases, template_order,
    templates::{self, CopyText, Restriction},
    undo::read,
};
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{CustomerId, ReleaseId, StepId, TemplateId},
    summary::Conflict,
    template::{Category, Fate, StepTemplate, TemplateDraft},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, sea_query::Expr,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    category: Category,
    ordered_ids: Vec<i64>,
}

impl Change {
    pub(super) async fn undo_reorder(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (Listed, Listed) = (read(before)?, read(after)?);
        let release = releases::load(&self.tx, ReleaseId(event.entity_id)).await?;
        let category = before.category;
        if let Some(customer) = event.customer_id {
            let list = copies::list(&self.tx, release.id, customer.0, category).await?;
            let present: Vec<i64> = list.iter().map(|it| it.id.0).collect();
            if present != after.ordered_ids {
                conflicts.push(
                    self.conflict(Entity::Release, event.entity_id, "the customer's order")
                        .await?,
                );
                return Ok(false);
            }
            let ids: Vec<StepId> = before.ordered_ids.iter().map(|it| StepId(*it)).collect();
            copies::write_list(&self.tx, &ids).await?;
        } else {
            let order = copies::template_order(&self.tx, release.id, category).await?;
            let present: Vec<i64> = order.iter().map(|it| it.0).collect();
            if present != after.ordered_ids {
                conflicts.push(
                    self.conflict(Entity::Release, event.entity_id, "the order")
                        .await?,
                );
                return Ok(false);
            }
            let special = Special::find(&self.tx, release.id, category).await?;
            let ids: Vec<TemplateId> = before
                .ordered_ids
                .iter()
                .map(|it| TemplateId(*it))
                .collect();
            copies::write_template_order(&self.tx, release.id, category, &ids).await?;
            special.follow(&self.tx, &order).await?;
        }
        let mut undone = releases::event(&release, EventAction::Undo)
            .before(&json!({ "category": category, "orderedIds": after.ordered_ids }))
            .after(&json!({ "category": category, "orderedIds": before.ordered_ids }));
        undone.customer_id = event.customer_id;
        self.record(undone);
        Ok(true)
    }

    /// The template as the event left it; none, and a conflict, if it was changed since.
    async fn unchanged_template(
        &self,
        event: &Event,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<Option<StepTemplate>, StoreError> {
        match templates::load(&self.tx, TemplateId(event.entity_id)).await {
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

    pub(super) async fn undo_template_edited(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let Some(template) = self.unchanged_template(event, after, conflicts).await? else {
            return Ok(false);
        };
        let was: StepTemplate = read(before)?;
        let changed: Vec<i64> = after
            .get("changedIds")
            .map(read)
            .transpose()?
            .unwrap_or_default();
        let texts: Vec<CopyText> = before
            .get("exceptions")
            .map(read)
            .transpose()?
            .unwrap_or_default();
        let copies = templates::copies_of(&self.tx, template.id).await?;
        for id in &changed {
            if !copies
                .iter()
                .any(|it| it.id == *id && it.fate == Fate::Follows)
            {
                let row = customer_step::Entity::find_by_id(*id).one(&self.tx).await?;
                let customer = row.map(|it| CustomerId(it.customer_id));
                let name = self.cell_name(&template.name, customer).await?;
                conflicts.push(self.conflict(Entity::Step, *id, &name).await?);
            }
        }
        let restriction = Restriction {
            ids: changed.into_iter().collect(),
            texts,
        };
        let category = template.category;
        let fields = TemplateDraft {
            category: category.to_string(),
            ..TemplateDraft::from(was)
        }
        .parse()?;
        templates::edit(self, template, fields, Some(&restriction)).await?;
        Ok(true)
    }

    pub(super) async fn undo_template_created(
        &mut self,
        event: &Event,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let template = match templates::load(&self.tx, TemplateId(event.entity_id)).await {
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
        for copy in templates::copies_of(&self.tx, template.id).await? {
            if copy.fate != Fate::Follows {
                let name = self
                    .cell_name(&template.name, Some(CustomerId(copy.customer)))
                    .await?;
                conflicts.push(self.conflict(Entity::Step, copy.id, &name).await?);
            }
        }
        templates::delete(self, &template).await?;
        Ok(true)
    }

    pub(super) async fn undo_template_moved(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (Listed, Listed) = (read(before)?, read(after)?);
        let template = match templates::load(&self.tx, TemplateId(event.entity_id)).await {
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
        template_order::move_to(self, &template, before.category).await?;
        // Moving puts it last; back to where it stood, as far as that place still exists.
        let order = copies::template_order(&self.tx, release, before.category).await?;
        let special = Special::find(&self.tx, release, before.category).await?;
        let wanted = merged(&order, &before.ordered_ids);
        copies::write_template_order(&self.tx, release, before.category, &wanted).await?;
        special.follow(&self.tx, &order).await?;
        Ok(true)
    }

    pub(super) async fn undo_template_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let was: StepTemplate = read(before)?;
        let ordered: Vec<i64> = before
            .get("orderedIds")
            .map(read)
            .transpose()?
            .unwrap_or_default();
        let removed: Vec<(i64, i64)> = before
            .get("removed")
            .map(read)
            .transpose()?
            .unwrap_or_default();
        let kept: Vec<i64> = before
            .get("kept")
            .map(read)
            .transpose()?
            .unwrap_or_default();
        let (release, category) = (was.release_id, was.category);
        let order = copies::template_order(&self.tx, release, category).await?;
        let special = Special::find(&self.tx, release, category).await?;
        let now = self.stamp.at;
        let template = StepTemplate {
            order_index: i32::MIN,
            version: was.version + 1,
            updated_at: now,
            ..was
        };
        step_template::Entity::insert(
            step_template::Model::from(template.clone())
                .into_active_model()
                .reset_all(),
        )
        .exec_without_returning(&self.tx)
        .await?;
        let wanted = merged(&[order.clone(), vec![template.id]].concat(), &ordered);
        copies::write_template_order(&self.tx, release, category, &wanted).await?;
        let members = super::members::member_ids(&self.tx, release).await?;
        for (id, customer) in removed.iter().filter(|it| members.contains(&it.1)) {
            let copy = customer_step::Model {
                id: *id,
                release_id: release.0,
                customer_id: *customer,
                template_id: Some(template.id.0),
                name: template.name.clone(),
                category: category.to_string(),
                kind: template.kind.to_string(),
                content: template.content.clone(),
                text_key: text_key(&template.content),
                order_index: i32::MAX,
                status: crate::domain::step::StepStatus::Pending.to_string(),
                executed_at: None,
                executed_by: None,
                started_at: None,
                started_by: None,
                state_at: None,
                state_by: None,
                skip_reason: None,
                fail_reason: None,
                revert_reason: None,
                notes: None,
                has_notes: false,
                is_custom: false,
                is_overridden: false,
                template_version: Some(template.version),
                version: 1,
                created_at: now,
                updated_at: now,
            };
            customer_step::Entity::insert(copy.into_active_model().reset_all())
                .exec_without_returning(&self.tx)
                .await?;
        }
        for id in kept {
            let linked = customer_step::Entity::update_many()
                .col_expr(customer_step::Column::TemplateId, Expr::val(template.id.0))
                .col_expr(customer_step::Column::IsCustom, Expr::val(false))
                .filter(customer_step::Column::Id.eq(id))
                .filter(customer_step::Column::TemplateId.is_null())
                .exec(&self.tx)
                .await?;
            if linked.rows_affected == 0 {
                conflicts.push(self.conflict(Entity::Step, id, &template.name).await?);
            }
        }
        special.follow(&self.tx, &order).await?;
        let template = templates::load(&self.tx, TemplateId(event.entity_id)).await?;
        self.record(
            NewEvent::of(Entity::Template, template.id.0, EventAction::Undo)
                .release(release)
                .after(&template),
        );
        Ok(true)
    }
}

/// The present ids in the order that was, as far as it knows them; what it does not know keeps its place behind its
/// neighbour.
fn merged(present: &[TemplateId], was: &[i64]) -> Vec<TemplateId> {
    let mut ids: Vec<TemplateId> = was
        .iter()
        .map(|it| TemplateId(*it))
        .filter(|it| present.contains(it))
        .collect();
    for (index, id) in present.iter().enumerate() {
        if !ids.contains(id) {
            let behind = index
                .checked_sub(1)
                .and_then(|it| ids.iter().position(|known| *known == present[it]));
            ids.insert(behind.map_or(0, |it| it + 1), *id);
        }
    }
    ids
}
