//! Undo (R16): a new event that restores what was there. What changed since is left alone and named. An undo is itself
//! a change that can be undone, so the kind of an event is told by what it kept, not by its action.
use super::{
    Change, Store,
    audit::{NewEvent, StepSnapshot, last_change},
    copies::{self, Special},
    entity::{audit_event, customer, customer_step, step_template, text_key},
    error::StoreError,
    releases,
    steps::{self, remove},
    templates::{self, CopyText, Restriction},
};
use crate::domain::{
    event::{Entity, Event, EventAction},
    id::{BatchId, CustomerId, ReleaseId, StepId, TemplateId},
    refusal::{Noun, Refusal},
    stamp::Stamp,
    step::CustomerStep,
    summary::{Conflict, UndoResult},
    template::{Category, Fate, StepTemplate, TemplateDraft},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    category: Category,
    ordered_ids: Vec<i64>,
}

fn read<T: for<'de> Deserialize<'de>>(value: &Value) -> Result<T, StoreError> {
    serde_json::from_value(value.clone())
        .map_err(|error| StoreError::corrupt("audit_events", error))
}

impl Store {
    pub async fn undo(&self, batch: BatchId, stamp: Stamp) -> Result<UndoResult, StoreError> {
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
            return Err(Refusal::NotUndoable {
                what: format!("that somebody {} this", event.action.phrase()),
            }
            .into());
        }
        if let Some(release) = first.release_id {
            releases::load(&change.tx, release).await?.may_be_edited()?;
        }
        let mut conflicts = Vec::new();
        let mut restored = 0;
        for event in &events {
            if change.undo_event(event, &mut conflicts).await? {
                restored += 1;
            }
        }
        change
            .events
            .iter_mut()
            .for_each(|it| it.action = EventAction::Undo);
        if restored == 0 {
            return Err(Refusal::NothingToUndo {
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

impl Event {
    fn is_undoable(&self) -> bool {
        match self.entity {
            Entity::Step | Entity::Template => true,
            Entity::Release => self
                .before
                .as_ref()
                .is_some_and(|it| it.get("orderedIds").is_some()),
            Entity::Cluster | Entity::Customer => false,
        }
    }
}

impl Change {
    /// Whether something was restored; if not, the conflicts say why.
    async fn undo_event(
        &mut self,
        event: &Event,
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        match (event.entity, &event.before, &event.after) {
            (Entity::Step, Some(before), Some(after)) => {
                self.undo_step(event, before, after, conflicts).await
            }
            (Entity::Step, None, Some(after)) => {
                self.undo_step_created(event, after, conflicts).await
            }
            (Entity::Step, Some(before), None) => self.undo_step_deleted(event, before).await,
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

    async fn conflict(&self, entity: Entity, id: i64, what: &str) -> Result<Conflict, StoreError> {
        let (changed_by, changed_at) = last_change(&self.tx, entity, id).await?.unzip();
        Ok(Conflict {
            id,
            reason: format!("{what} was changed since"),
            changed_by,
            changed_at,
        })
    }

    /// "Migrate schema, Acme".
    async fn cell_name(
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
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let (before, after): (StepSnapshot, StepSnapshot) = (read(before)?, read(after)?);
        let step = match steps::load(&self.tx, StepId(event.entity_id)).await {
            Ok(step) if StepSnapshot::of(&step).is_same(&after) => step,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                let name = self.cell_name(&after.name, event.customer_id).await?;
                conflicts.push(self.conflict(Entity::Step, event.entity_id, &name).await?);
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
        conflicts: &mut Vec<Conflict>,
    ) -> Result<bool, StoreError> {
        let after: StepSnapshot = read(after)?;
        let step = match steps::load(&self.tx, StepId(event.entity_id)).await {
            Ok(step) if StepSnapshot::of(&step).is_same(&after) => step,
            Ok(_) | Err(StoreError::NotFound(_)) => {
                let name = self.cell_name(&after.name, event.customer_id).await?;
                conflicts.push(self.conflict(Entity::Step, event.entity_id, &name).await?);
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
    ) -> Result<bool, StoreError> {
        let snapshot: StepSnapshot = read(before)?;
        let (Some(release), Some(customer)) = (event.release_id, event.customer_id) else {
            return Ok(false);
        };
        let blank = CustomerStep {
            id: StepId(event.entity_id),
            release_id: release,
            customer_id: customer,
            template_id: None,
            name: String::new(),
            category: snapshot.category,
            kind: snapshot.kind,
            content: String::new(),
            order_index: i32::MAX,
            status: snapshot.status,
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
            is_custom: true,
            is_overridden: false,
            template_version: None,
            version: snapshot.version + 1,
            created_at: self.stamp.at,
            updated_at: self.stamp.at,
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
        let list = copies::list(&self.tx, release, customer.0, step.category).await?;
        let mut ids: Vec<StepId> = list
            .iter()
            .map(|it| it.id)
            .filter(|it| *it != step.id)
            .collect();
        ids.insert(at.unwrap_or(usize::MAX).min(ids.len()), step.id);
        copies::write_list(&self.tx, &ids).await?;
        let step = steps::load(&self.tx, step.id).await?;
        let mut snapshot =
            serde_json::to_value(StepSnapshot::with_content(&step)).unwrap_or_default();
        snapshot["orderIndex"] = json!(step.order_index);
        self.record(NewEvent::of_step(&step, EventAction::Undo).after(&snapshot));
        Ok(true)
    }

    async fn undo_reorder(
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

    async fn undo_template_edited(
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

    async fn undo_template_created(
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

    async fn undo_template_moved(
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
        templates::move_to(self, &template, before.category).await?;
        // Moving puts it last; back to where it stood, as far as that place still exists.
        let order = copies::template_order(&self.tx, release, before.category).await?;
        let special = Special::find(&self.tx, release, before.category).await?;
        let wanted = merged(&order, &before.ordered_ids);
        copies::write_template_order(&self.tx, release, before.category, &wanted).await?;
        special.follow(&self.tx, &order).await?;
        Ok(true)
    }

    async fn undo_template_deleted(
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
