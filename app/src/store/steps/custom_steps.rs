//! Custom steps, which belong to one customer (R12), and their promotion to the template.
use super::step_rows::{check_neighbour, load, remove};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    id::{CustomerId, ReleaseId, StepId, TemplateId},
    order::{self, Position},
    permission::Permission,
    rule_violation::RuleViolation,
    step::CustomerStep,
    template::TemplateDraft,
    vocabulary::Noun,
};
use crate::store::{
    Store,
    audit::events::{NewEvent, StepSnapshot, TextProof},
    entity::customer_step,
    error::StoreError,
    records::{customers, members, release_rows},
    templates::{copy_order, template_edits, template_rows},
    text_variables,
};
use sea_orm::{ActiveValue::NotSet, ColumnTrait, EntityTrait, QueryFilter};
use serde_json::json;

impl Store {
    /// Adds a step for one customer (R12), or with `add_to_template` for all customers of the release (R8); the
    /// position in the customer's list is then translated to one in the template. Errors: not found; a release that
    /// is not active; not a member; wrong fields; a neighbour of another list.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn add_custom_step(
        &self,
        release: ReleaseId,
        customer: CustomerId,
        draft: TemplateDraft,
        position: Position<StepId>,
        add_to_template: bool,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permission = if add_to_template {
            Permission::Promote
        } else {
            Permission::CustomSteps
        };
        let permit = self.permit(permission.on((release, customer))).await?;
        let fields = draft.parse()?;
        let category = fields.category;
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        let customer_row = customers::load(&change.tx, customer).await?;
        release.may_be_worked_on()?;
        if !members::member_ids(&change.tx, release.id)
            .await?
            .contains(&customer.0)
        {
            return Err(RuleViolation::NotAMember {
                names: vec![customer_row.name],
            }
            .into());
        }
        let list = copy_order::list(&change.tx, release.id, customer.0, category).await?;
        check_neighbour(&change, position, &list).await?;
        if add_to_template {
            let template = template_edits::add(
                &mut change,
                &release,
                fields,
                template_position(&list, position),
            )
            .await?;
            let row = customer_step::Entity::find()
                .filter(customer_step::Column::TemplateId.eq(template.id.0))
                .filter(customer_step::Column::CustomerId.eq(customer.0))
                .one(&change.tx)
                .await?
                .ok_or(StoreError::NotFound(Noun::Step))?;
            return change.finish(row.try_into()?).await;
        }
        let now = change.stamp.at;
        let step = CustomerStep {
            name: fields.name.into(),
            category,
            kind: fields.kind,
            content: fields.content.into(),
            ..CustomerStep::blank(release.id, customer, now)
        };
        let text = text_variables::save(&change.tx, &step.content).await?;
        let mut row = customer_step::ActiveModel::of(step, Some(text));
        row.id = NotSet;
        let inserted = customer_step::Entity::insert(row).exec(&change.tx).await?;
        let id = StepId(inserted.last_insert_id);
        let ids: Vec<StepId> = list.iter().map(|it| it.id).collect();
        let ids =
            order::insert_at(&ids, id, position).ok_or(RuleViolation::OtherList { id: id.0 })?;
        copy_order::write_list(&change.tx, &ids).await?;
        let row = load(&change.tx, id).await?;
        let mut after = serde_json::to_value(StepSnapshot::with_content(&row)).unwrap_or_default();
        after["orderIndex"] = json!(row.order_index);
        change.record(NewEvent::of_step(&row, EventAction::Create).after(&after));
        change.finish(row).await
    }

    /// Replaces name, type and text of a custom step. Errors: not found; a copy; wrong fields; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn edit_custom_step(
        &self,
        id: StepId,
        draft: TemplateDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::CustomSteps.on(id)).await?;
        let fields = draft.parse()?;
        let change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, Some(version)).await?;
        if !before.is_custom {
            return Err(RuleViolation::IsACopy { name: before.name }.into());
        }
        let after = CustomerStep {
            name: fields.name.into(),
            kind: fields.kind,
            content: fields.content.into(),
            ..before.clone()
        };
        change.finish_step(before, after, EventAction::Update).await
    }

    /// Deletes a custom step. Errors: not found; a copy; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_custom_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let permit = self.permit(Permission::CustomSteps.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let (before, _) = change.load_step(id, version).await?;
        before.must_be_custom("deleted")?;
        remove(&change.tx, &before).await?;
        let mut snapshot =
            serde_json::to_value(StepSnapshot::with_content(&before)).unwrap_or_default();
        snapshot["orderIndex"] = json!(before.order_index);
        change.record(NewEvent::of_step(&before, EventAction::Delete).before(&snapshot));
        change.finish(()).await
    }

    /// Promotes a custom step to a template step of the release, or an overridden text to its template's text (R9).
    /// Errors: not found; nothing to promote; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn promote_step(
        &self,
        id: StepId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::Promote.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let (before, release) = change.load_step(id, version).await?;
        let mut draft = TemplateDraft {
            name: before.name.clone(),
            category: before.category.to_string(),
            kind: before.kind.to_string(),
            content: before.content.clone(),
            description: String::new(),
            jenkins: None,
        };
        let template = match before.template_id {
            Some(_) if !before.is_overridden => {
                return Err(RuleViolation::NothingToPromote { name: before.name }.into());
            }
            Some(template) => {
                let template = template_rows::load(&change.tx, template).await?;
                draft.name.clone_from(&template.name);
                draft.description = template.description.clone().unwrap_or_default();
                draft.jenkins.clone_from(&template.jenkins);
                template_edits::edit(&mut change, template, draft.parse()?, None).await?
            }
            None => {
                let list = copy_order::list(
                    &change.tx,
                    release.id,
                    before.customer_id.0,
                    before.category,
                )
                .await?;
                let position = template_position(&list, Position::After(id));
                let template =
                    template_edits::add(&mut change, &release, draft.parse()?, position).await?;
                // The customer has the step already: the copy just made for it is removed again.
                let copy = customer_step::Entity::find()
                    .filter(customer_step::Column::TemplateId.eq(template.id.0))
                    .filter(customer_step::Column::CustomerId.eq(before.customer_id.0))
                    .one(&change.tx)
                    .await?;
                if let Some(copy) = copy {
                    remove(&change.tx, &copy.try_into()?).await?;
                }
                template
            }
        };
        // Adding the template may have moved the step.
        let present = load(&change.tx, id).await?;
        // The step becomes a copy and takes the template's name.
        let after = CustomerStep {
            name: template.name,
            content: template.content,
            template_id: Some(template.id),
            template_version: Some(template.version),
            is_custom: false,
            is_overridden: false,
            ..present
        };
        let row = change
            .save_step(&before, after, EventAction::Promote, TextProof::default())
            .await?;
        change.finish(row).await
    }
}

/// Translates a position in a customer's list to one in the template: after the nearest copy above it.
fn template_position(
    list: &copy_order::StepList,
    position: Position<StepId>,
) -> Position<TemplateId> {
    let above = match position {
        Position::Last => return Position::Last,
        Position::After(id) => list
            .iter()
            .position(|it| it.id == id)
            .map_or(0, |it| it + 1),
        Position::Before(id) => list.iter().position(|it| it.id == id).unwrap_or_default(),
    };
    let behind = list[..above]
        .iter()
        .rev()
        .find_map(|it| it.template)
        .map(Position::After);
    let first = list.iter().find_map(|it| it.template).map(Position::Before);
    behind.or(first).unwrap_or_default()
}
