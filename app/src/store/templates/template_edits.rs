//! Template steps: add, edit, delete, reorder, move, and what that does to the copies (R8-R11).
use super::copy_order::{self, CustomOrders};
use super::template_rows;
use super::template_rows::TemplateCopy;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    id::{ReleaseId, TemplateId},
    order,
    release::Release,
    rule_violation::RuleViolation,
    step::{CustomerStep, Position, StepStatus},
    template::{
        Propagation, StepTemplate, StepType, TemplateDraft, TemplateFields, TemplateImpact,
    },
};
use crate::store::records::release_rows;
use crate::store::{
    Store,
    change::Change,
    entity::{customer_step, step_template, text_key},
    error::StoreError,
    records::members,
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, sea_query::Expr,
};
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::collections::HashSet;

fn effect(copies: &[TemplateCopy]) -> TemplateImpact {
    let mut effect = TemplateImpact::default();
    copies.iter().for_each(|it| effect.count(it.fate));
    effect
}

/// Adds a template at its place, with pending copies for every member (R8).
pub async fn add(
    change: &mut Change,
    release: &Release,
    fields: TemplateFields,
    place: Position<TemplateId>,
) -> Result<StepTemplate, StoreError> {
    release.may_be_edited()?;
    let category = fields.category;
    let before = copy_order::template_order(&change.tx, release.id, category).await?;
    let special = CustomOrders::find(&change.tx, release.id, category).await?;
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
        version: 1,
        created_at: now,
        updated_at: now,
    };
    text_variables::save(&change.tx, &template.content).await?;
    let mut row = step_template::Model::from(template)
        .into_active_model()
        .reset_all();
    row.id = NotSet;
    let row = row.insert(&change.tx).await?;
    let id = TemplateId(row.id);
    let order = order::placed(&before, id, place).ok_or_else(|| other_list(place))?;
    copy_order::write_template_order(&change.tx, release.id, category, &order).await?;
    let copied = members::copy_to_members(&change.tx, release.id, id.0, now).await?;
    special.reorder_to_template(&change.tx, &before).await?;
    let template = template_rows::load(&change.tx, id).await?;
    let mut after = serde_json::to_value(&template).unwrap_or_default();
    after["copies"] = json!(copied);
    change.record(template_rows::event(&template, EventAction::Create).after(&after));
    Ok(template)
}

fn other_list(place: Position<TemplateId>) -> RuleViolation {
    match place {
        Position::Before(id) | Position::After(id) => RuleViolation::OtherList { id: id.0 },
        Position::Last => RuleViolation::OtherList { id: 0 },
    }
}

impl Store {
    pub async fn add_template(
        &self,
        release: ReleaseId,
        draft: TemplateDraft,
        place: Position<TemplateId>,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let fields = draft.parse()?;
        let mut change = self.change(stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        let row = add(&mut change, &release, fields, place).await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// The same step once more, behind the original.
    pub async fn duplicate_template(
        &self,
        id: TemplateId,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let mut change = self.change(stamp).await?;
        let original = template_rows::load(&change.tx, id).await?;
        let release = release_rows::load(&change.tx, original.release_id).await?;
        let fields = TemplateDraft::from(original).parse()?;
        let row = add(&mut change, &release, fields, Position::After(id)).await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// What an edit or a deletion would do to the copies.
    pub async fn template_effect(&self, id: TemplateId) -> Result<TemplateImpact, StoreError> {
        template_rows::load(&self.read, id).await?;
        Ok(effect(&template_rows::copies_of(&self.read, id).await?))
    }

    /// R9: carries name, type and content to the copies that are pending and not overridden. A change of the category
    /// is a move, and goes with it.
    pub async fn update_template(
        &self,
        id: TemplateId,
        draft: TemplateDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let fields = draft.parse()?;
        let mut change = self.change(stamp).await?;
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
            super::template_order::move_to(&mut change, &row, category).await?;
        }
        let row = template_rows::load(&change.tx, id).await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// R10: pending, untouched copies go; the others stay as custom steps of their customer.
    pub async fn delete_template(
        &self,
        id: TemplateId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<TemplateImpact>, StoreError> {
        let mut change = self.change(stamp).await?;
        let template = template_rows::load(&change.tx, id).await?;
        change
            .must_be_fresh(Entity::Template, id.0, &template, template.version, version)
            .await?;
        release_rows::load(&change.tx, template.release_id)
            .await?
            .may_be_edited()?;
        let effect = delete(&mut change, &template).await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row: effect,
        })
    }
}

/// The text of one copy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateCopyText {
    pub id: i64,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: StepType,
    pub content: String,
    pub template_version: Option<i64>,
}

/// A copy that went with its template, though it was more than a copy.
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

/// Which copies an edit may touch, and which of them get another text than the template's: for an undo, which restores
/// what was there.
#[derive(Default)]
pub struct PropagationLimits {
    pub ids: HashSet<i64>,
    pub texts: Vec<TemplateCopyText>,
}

/// Changes a template's text and its untouched copies'. Nothing different writes nothing.
pub async fn edit(
    change: &mut Change,
    before: StepTemplate,
    fields: TemplateFields,
    restriction: Option<&PropagationLimits>,
) -> Result<StepTemplate, StoreError> {
    use customer_step::Column;
    let mut after = before.clone();
    after.name = fields.name.into();
    after.kind = fields.kind;
    after.content = fields.content.into();
    after.description = fields.description.map(Into::into);
    if after == before {
        return Ok(before);
    }
    after.version += 1;
    after.updated_at = change.stamp.at;
    let copies = template_rows::copies_of(&change.tx, before.id).await?;
    let targets: Vec<i64> = copies
        .iter()
        .filter(|it| {
            it.fate == Propagation::Propagate
                && restriction.is_none_or(|only| only.ids.contains(&it.id))
        })
        .map(|it| it.id)
        .collect();
    // Copies that were left behind by an earlier edit have another text than the template's: an undo needs to know.
    let exceptions: Vec<TemplateCopyText> = customer_step::Entity::find()
        .filter(Column::TemplateId.eq(before.id.0))
        .filter(Column::Status.eq(StepStatus::Pending.as_str()))
        .filter(Column::IsOverridden.eq(false))
        .filter(Column::TemplateVersion.ne(before.version))
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
    text_variables::save(&change.tx, &after.content).await?;
    step_template::Model::from(after.clone())
        .into_active_model()
        .reset_all()
        .update(&change.tx)
        .await?;
    let text = TemplateCopyText {
        id: 0,
        name: after.name.clone(),
        kind: after.kind,
        content: after.content.clone(),
        template_version: Some(after.version),
    };
    for chunk in targets.chunks(20_000) {
        write_text(change, chunk, &text, 1).await?;
    }
    for text in restriction.map_or(&[][..], |it| &it.texts) {
        if targets.contains(&text.id) {
            write_text(change, &[text.id], text, 0).await?;
        }
    }
    let mut was = serde_json::to_value(&before).unwrap_or_default();
    was["exceptions"] = json!(exceptions);
    let mut snapshot = serde_json::to_value(&after).unwrap_or_default();
    snapshot["copies"] = json!(effect(&copies));
    snapshot["changedIds"] = json!(targets);
    change.record(
        template_rows::event(&after, EventAction::Update)
            .before(&was)
            .after(&snapshot),
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
    customer_step::Entity::update_many()
        .col_expr(Column::Name, Expr::val(text.name.clone()))
        .col_expr(Column::Kind, Expr::val(text.kind.as_str()))
        .col_expr(Column::Content, Expr::val(text.content.clone()))
        .col_expr(Column::TextKey, Expr::val(text_key(&text.content)))
        .col_expr(Column::TemplateVersion, Expr::val(text.template_version))
        .col_expr(Column::Version, Expr::col(Column::Version).add(versions))
        .col_expr(Column::UpdatedAt, Expr::val(change.stamp.at))
        .filter(Column::Id.is_in(ids.iter().copied()))
        .exec(&change.tx)
        .await?;
    Ok(())
}

pub async fn delete(
    change: &mut Change,
    template: &StepTemplate,
) -> Result<TemplateImpact, StoreError> {
    use customer_step::Column;
    let (release, category) = (template.release_id, template.category);
    let order = copy_order::template_order(&change.tx, release, category).await?;
    let mut special = CustomOrders::find(&change.tx, release, category).await?;
    let copies = template_rows::copies_of(&change.tx, template.id).await?;
    let keepers: HashSet<i64> = copies
        .iter()
        .filter(|it| it.fate != Propagation::Propagate)
        .map(|it| it.customer)
        .collect();
    special.include(&change.tx, &keepers).await?;
    let lists = special.ids();
    // With their versions: a copy that comes back goes on from there.
    let of = |follows: bool| -> Vec<(i64, i64, i64)> {
        let these = copies
            .iter()
            .filter(|it| (it.fate == Propagation::Propagate) == follows);
        these.map(|it| (it.id, it.customer, it.version)).collect()
    };
    let (removed, kept) = (of(true), of(false));
    // Of the removed copies those that are more than copies: with notes, with an earlier text, or reopened.
    let own: Vec<RemovedCopy> = customer_step::Entity::find()
        .filter(Column::TemplateId.eq(template.id.0))
        .filter(Column::Status.eq(StepStatus::Pending.as_str()))
        .filter(Column::IsOverridden.eq(false))
        .filter(
            Column::HasNotes
                .eq(true)
                .or(Column::StateBy.is_not_null())
                .or(Column::TemplateVersion.ne(template.version)),
        )
        .all(&change.tx)
        .await?
        .into_iter()
        .map(|row| CustomerStep::try_from(row).map(RemovedCopy::from))
        .collect::<Result<_, StoreError>>()?;
    customer_step::Entity::update_many()
        .col_expr(Column::IsCustom, Expr::val(true))
        .col_expr(Column::TemplateId, Expr::val(None::<i64>))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(change.stamp.at))
        .filter(Column::TemplateId.eq(template.id.0))
        .filter(
            Column::Status
                .ne(StepStatus::Pending.as_str())
                .or(Column::IsOverridden.eq(true)),
        )
        .exec(&change.tx)
        .await?;
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
    special.reorder_to_template(&change.tx, &order).await?;
    let effect = effect(&copies);
    let mut before = serde_json::to_value(template).unwrap_or_default();
    before["copies"] = json!(effect);
    before["removed"] = json!(removed);
    before["own"] = json!(own);
    before["kept"] = json!(kept);
    before["lists"] = json!(lists);
    before["members"] = json!(members::member_ids(&change.tx, release).await?);
    before["orderedIds"] = json!(order);
    change.record(template_rows::event(template, EventAction::Delete).before(&before));
    Ok(effect)
}
