//! Adding, editing and deleting template steps, and the effect on their copies (R8-R10).
use super::{
    copy_order::{self, CustomOrders},
    template_order,
    template_rows::{self, TemplateCopy},
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    id::{ReleaseId, TemplateId},
    order::{self, Position},
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    step::CustomerStep,
    template::{Propagation, StepTemplate, TemplateDraft, TemplateFields, TemplateImpact},
    vocabulary::{StepStatus, StepType},
};
use crate::store::{
    Store,
    change::{Change, VersionedRow},
    engine::IDS_PER_STATEMENT_MAX,
    entity::{customer_step, step_template},
    error::StoreError,
    records::{members, release_rows},
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::{HashMap, HashSet};

fn impact_of(copies: &[TemplateCopy]) -> TemplateImpact {
    let mut impact = TemplateImpact::default();
    copies.iter().for_each(|it| impact.count(it.propagation));
    impact
}

/// Adds a template step at a position, with pending copies for all members (R8). Errors: archived; a neighbour of
/// another list.
pub async fn add(
    change: &mut Change,
    release: &Release,
    fields: TemplateFields,
    position: Position<TemplateId>,
) -> Result<StepTemplate, StoreError> {
    release.may_be_edited()?;
    let category = fields.category;
    let before = copy_order::template_order(&change.tx, release.id, category).await?;
    let custom_orders = CustomOrders::find(&change.tx, release.id, category).await?;
    let now = change.stamp.at;
    let template = StepTemplate {
        id: TemplateId(0),
        release_id: release.id,
        name: fields.name.into(),
        category,
        kind: fields.kind,
        content: fields.content.into(),
        order_index: i32::MIN,
        description: fields.description.map(Into::into),
        jenkins: fields.jenkins,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let text = text_variables::save(&change.tx, &template.content).await?;
    let mut row = step_template::ActiveModel::of(template, Some(text));
    row.id = NotSet;
    let inserted = step_template::Entity::insert(row).exec(&change.tx).await?;
    let id = TemplateId(inserted.last_insert_id);
    let order = order::insert_at(&before, id, position).ok_or_else(|| other_list(position))?;
    copy_order::write_template_order(&change.tx, release.id, category, &order).await?;
    let copied = members::copy_to_members(&change.tx, release.id, id.0, now).await?;
    custom_orders
        .reorder_to_template(&change.tx, &before)
        .await?;
    let template = template_rows::load(&change.tx, id).await?;
    let mut after = serde_json::to_value(&template).unwrap_or_default();
    after["copies"] = json!(copied);
    change.record(template.event(EventAction::Create).after(&after));
    Ok(template)
}

fn other_list(position: Position<TemplateId>) -> RuleViolation {
    match position {
        Position::Before(id) | Position::After(id) => RuleViolation::OtherList { id: id.0 },
        Position::Last => RuleViolation::OtherList { id: 0 },
    }
}

impl Store {
    /// Adds a template step. Errors: not found; wrong fields; archived; a neighbour of another list.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn add_template(
        &self,
        release: ReleaseId,
        draft: TemplateDraft,
        position: Position<TemplateId>,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let permit = self.permit(Permission::Templates.on(release)).await?;
        let fields = draft.parse()?;
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        let row = add(&mut change, &release, fields, position).await?;
        change.finish(row).await
    }

    /// Adds a copy of a template step directly after it. Errors: not found; archived.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn duplicate_template(
        &self,
        id: TemplateId,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let permit = self.permit(Permission::Templates.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let original = template_rows::load(&change.tx, id).await?;
        let release = release_rows::load(&change.tx, original.release_id).await?;
        let fields = TemplateDraft::from(original).parse()?;
        let row = add(&mut change, &release, fields, Position::After(id)).await?;
        change.finish(row).await
    }

    /// What an edit or a deletion would do to the copies. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn template_impact(&self, id: TemplateId) -> Result<TemplateImpact, StoreError> {
        self.must_have(Permission::PreviewTemplates)?;
        template_rows::load(&self.read, id).await?;
        Ok(impact_of(&template_rows::copies_of(&self.read, id).await?))
    }

    /// Edits a template step and propagates name, type and text to pending copies without override (R9). A new
    /// category moves it as well. Errors: not found; wrong fields; archived; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn update_template(
        &self,
        id: TemplateId,
        draft: TemplateDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let permit = self.permit(Permission::Templates.on(id)).await?;
        let fields = draft.parse()?;
        let mut change = self.change(permit, stamp).await?;
        let before = template_rows::load(&change.tx, id).await?;
        change
            .must_be_fresh(
                Entity::Template,
                id.0,
                &before,
                before.version,
                Some(version),
            )
            .await?;
        release_rows::load(&change.tx, before.release_id)
            .await?
            .may_be_edited()?;
        let category = fields.category;
        let row = edit(&mut change, before, fields, None).await?;
        if row.category != category {
            template_order::move_to(&mut change, &row, category).await?;
        }
        let row = template_rows::load(&change.tx, id).await?;
        change.finish(row).await
    }

    /// Deletes a template step. Pending copies without override are deleted, the others become custom steps (R10).
    /// Errors: not found; archived; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_template(
        &self,
        id: TemplateId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<TemplateImpact>, StoreError> {
        let permit = self.permit(Permission::Templates.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let template = template_rows::load(&change.tx, id).await?;
        change
            .must_be_fresh(Entity::Template, id.0, &template, template.version, version)
            .await?;
        release_rows::load(&change.tx, template.release_id)
            .await?
            .may_be_edited()?;
        let impact = delete(&mut change, &template, &HashSet::new()).await?;
        change.finish(impact).await
    }
}

/// The text of one copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateCopyText {
    /// The id of the copy.
    pub id: i64,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: StepType,
    pub content: String,
    pub template_version: Option<i64>,
}

/// A deleted copy that differed from its template: with notes or an earlier text, or reopened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RemovedCopy {
    #[serde(flatten)]
    pub text: TemplateCopyText,
    pub notes: Option<String>,
    /// Who reopened it, and when.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state_by: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub state_at: Option<DateTime<Utc>>,
}

impl From<CustomerStep> for RemovedCopy {
    fn from(step: CustomerStep) -> Self {
        Self {
            text: TemplateCopyText {
                id: step.id.0,
                name: step.name,
                kind: step.kind,
                content: step.content,
                template_version: step.template_version,
            },
            notes: step.notes,
            state_by: step.state_by,
            state_at: step.state_at,
        }
    }
}

/// Restricts an edit to some copies and gives some of them another text than the template's. Used by an undo, which
/// restores earlier texts.
#[derive(Default)]
pub struct PropagationLimits {
    /// The ids of the copies that the edit may change.
    pub ids: HashSet<i64>,
    /// The texts of copies that get another than the template's.
    pub texts: Vec<TemplateCopyText>,
}

/// Edits a template step and its untouched copies. Writes nothing if nothing differs.
pub async fn edit(
    change: &mut Change,
    before: StepTemplate,
    fields: TemplateFields,
    limits: Option<&PropagationLimits>,
) -> Result<StepTemplate, StoreError> {
    use customer_step::Column;
    let mut after = before.clone();
    after.name = fields.name.into();
    after.kind = fields.kind;
    after.content = fields.content.into();
    after.description = fields.description.map(Into::into);
    after.jenkins = fields.jenkins;
    if after == before {
        return Ok(before);
    }
    after.set_next_version(change.stamp.at);
    let copies = template_rows::copies_of(&change.tx, before.id).await?;
    let targets: Vec<i64> = copies
        .iter()
        .filter(|it| {
            it.propagation == Propagation::Propagate
                && limits.is_none_or(|limits| limits.ids.contains(&it.id))
        })
        .map(|it| it.id)
        .collect();
    // Copies with an earlier text of the template, because an earlier edit did not reach them. An undo needs their
    // texts.
    let exceptions: Vec<TemplateCopyText> = customer_step::Entity::find()
        .filter(Column::TemplateId.eq(before.id.0))
        .filter(Column::Status.eq(StepStatus::Pending.as_str()))
        .filter(Column::IsOverridden.eq(false))
        .filter(Column::TemplateVersion.ne(before.version))
        .order_by_asc(Column::Id)
        .all(&change.tx)
        .await?
        .into_iter()
        .filter(|row| targets.contains(&row.id))
        .map(|row| {
            let step = CustomerStep::try_from(row)?;
            Ok(TemplateCopyText {
                id: step.id.0,
                name: step.name,
                kind: step.kind,
                content: step.content,
                template_version: step.template_version,
            })
        })
        .collect::<Result<_, StoreError>>()?;
    after.clone().save(&change.tx).await?;
    let text = TemplateCopyText {
        id: 0,
        name: after.name.clone(),
        kind: after.kind,
        content: after.content.clone(),
        template_version: Some(after.version),
    };
    for chunk in targets.chunks(IDS_PER_STATEMENT_MAX) {
        write_text(change, chunk, &text, 1).await?;
    }
    for text in limits.map_or(&[][..], |it| &it.texts) {
        if targets.contains(&text.id) {
            write_text(change, &[text.id], text, 0).await?;
        }
    }
    let mut before_json = serde_json::to_value(&before).unwrap_or_default();
    before_json["exceptions"] = json!(exceptions);
    let mut after_json = serde_json::to_value(&after).unwrap_or_default();
    after_json["copies"] = json!(impact_of(&copies));
    after_json["changedIds"] = json!(targets);
    // By customer, because a customer that is removed from the release loses its copies too.
    let customers: HashMap<i64, i64> = copies.iter().map(|it| (it.id, it.customer)).collect();
    let customers: Vec<Option<&i64>> = targets.iter().map(|it| customers.get(it)).collect();
    after_json["changedCustomers"] = json!(customers);
    change.record(
        after
            .event(EventAction::Update)
            .before(&before_json)
            .after(&after_json),
    );
    Ok(after)
}

async fn write_text(
    change: &Change,
    ids: &[i64],
    text: &TemplateCopyText,
    versions: i64,
) -> Result<(), StoreError> {
    use customer_step::Column;
    let text_id = text_variables::save(&change.tx, &text.content).await?;
    customer_step::Entity::update_many()
        .col_expr(Column::Name, Expr::val(text.name.clone()))
        .col_expr(Column::Kind, Expr::val(text.kind.as_str()))
        .col_expr(Column::TextId, Expr::val(text_id))
        .col_expr(Column::TemplateVersion, Expr::val(text.template_version))
        .col_expr(Column::Version, Expr::col(Column::Version).add(versions))
        .col_expr(Column::UpdatedAt, Expr::val(change.stamp.at))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(&change.tx)
        .await?;
    Ok(())
}

/// Deletes a template step and its untouched copies, and makes custom steps of the others, and of those that are to be
/// `spared`.
pub async fn delete(
    change: &mut Change,
    template: &StepTemplate,
    spared: &HashSet<i64>,
) -> Result<TemplateImpact, StoreError> {
    use customer_step::Column;
    let (release, category) = (template.release_id, template.category);
    let order = copy_order::template_order(&change.tx, release, category).await?;
    let mut custom_orders = CustomOrders::find(&change.tx, release, category).await?;
    let copies = template_rows::copies_of(&change.tx, template.id).await?;
    let goes =
        |it: &TemplateCopy| it.propagation == Propagation::Propagate && !spared.contains(&it.id);
    let customers_with_kept_copies: HashSet<i64> = copies
        .iter()
        .filter(|it| !goes(it))
        .map(|it| it.customer)
        .collect();
    custom_orders
        .include(&change.tx, &customers_with_kept_copies)
        .await?;
    let lists = custom_orders.ids();
    // With their versions: a restored copy continues from there.
    let copies_by = |is_gone: bool| -> Vec<(i64, i64, i64)> {
        let these = copies.iter().filter(|it| goes(it) == is_gone);
        these.map(|it| (it.id, it.customer, it.version)).collect()
    };
    let (removed, kept) = (copies_by(true), copies_by(false));
    for part in kept.chunks(IDS_PER_STATEMENT_MAX) {
        customer_step::Entity::update_many()
            .col_expr(Column::IsCustom, Expr::val(true))
            .col_expr(Column::TemplateId, Expr::val(None::<i64>))
            .col_expr(Column::Version, Expr::col(Column::Version).add(1))
            .col_expr(Column::UpdatedAt, Expr::val(change.stamp.at))
            .filter(Column::Id.is_in(part.iter().map(|it| it.0)))
            .exec(&change.tx)
            .await?;
    }
    // Deleted copies that differ from their template: with notes or an earlier text, or reopened.
    let own: Vec<RemovedCopy> = customer_step::Entity::find()
        .filter(Column::TemplateId.eq(template.id.0))
        .filter(
            Column::HasNotes
                .eq(true)
                .or(Column::StateBy.is_not_null())
                .or(Column::TemplateVersion.ne(template.version)),
        )
        .order_by_asc(Column::Id)
        .all(&change.tx)
        .await?
        .into_iter()
        .map(|row| CustomerStep::try_from(row).map(RemovedCopy::from))
        .collect::<Result<_, StoreError>>()?;
    customer_step::Entity::delete_many()
        .filter(Column::TemplateId.eq(template.id.0))
        .exec(&change.tx)
        .await?;
    step_template::Entity::delete_by_id(template.id.0)
        .exec(&change.tx)
        .await?;
    let rest: Vec<TemplateId> = order
        .iter()
        .copied()
        .filter(|it| *it != template.id)
        .collect();
    copy_order::write_template_order(&change.tx, release, category, &rest).await?;
    custom_orders
        .reorder_to_template(&change.tx, &order)
        .await?;
    let impact = impact_of(&copies);
    let mut before = serde_json::to_value(template).unwrap_or_default();
    before["copies"] = json!(impact);
    before["removed"] = json!(removed);
    before["own"] = json!(own);
    before["kept"] = json!(kept);
    before["lists"] = json!(lists);
    before["members"] = json!(members::member_ids(&change.tx, release).await?);
    before["orderedIds"] = json!(order);
    change.record(template.event(EventAction::Delete).before(&before));
    Ok(impact)
}
