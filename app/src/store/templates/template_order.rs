//! Reordering and moving template steps, and the effect on customers' lists (R11).
use super::{
    copy_order::{self, CustomOrders},
    template_rows::load,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    id::{ReleaseId, TemplateId},
    order::{self, Position},
    permission::Permission,
    release::Release,
    template::{ReorderImpact, StepTemplate},
    validation_errors::ValidationErrors,
    vocabulary::{Category, Field, Noun},
};
use crate::store::{
    Store,
    change::{Change, VersionedRow},
    entity::customer_step,
    error::StoreError,
    records::{members, release_rows},
};
use sea_orm::{ColumnTrait, EntityTrait, ExprTrait, QueryFilter, sea_query::Expr};
use serde_json::json;

impl Store {
    /// Moves a template step to the end of the other category, with all its copies in whatever state (R11). Errors:
    /// not found; archived.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn move_template(
        &self,
        id: TemplateId,
        category: Category,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let permit = self.permit(Permission::Templates.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let before = load(&change.tx, id).await?;
        release_rows::load(&change.tx, before.release_id)
            .await?
            .may_be_edited()?;
        if before.category != category {
            move_to(&mut change, &before, category).await?;
        }
        let row = load(&change.tx, id).await?;
        change.finish(row).await
    }

    /// What a new order of a category would do: how many customers' lists follow it, and how many keep their own
    /// order. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn reorder_impact(
        &self,
        release: ReleaseId,
        category: Category,
    ) -> Result<ReorderImpact, StoreError> {
        self.must_have(Permission::PreviewTemplates)?;
        release_rows::load(&self.read, release).await?;
        let order = copy_order::template_order(&self.read, release, category).await?;
        let custom_orders = CustomOrders::find(&self.read, release, category).await?;
        let members = members::member_ids(&self.read, release).await?.len();
        let left_alone = custom_orders.left_alone(&order);
        Ok(ReorderImpact {
            follows: u32::try_from(members)
                .unwrap_or(u32::MAX)
                .saturating_sub(left_alone),
            left_alone,
        })
    }

    /// Moves a template step within its category, beside a neighbour. The new order is computed from the stored one within the
    /// transaction, so that concurrent moves of different steps are all kept (R11). Answers how many customers' lists keep their own
    /// order. Errors: not found; a neighbour that is not in this list; archived.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn place_template(
        &self,
        id: TemplateId,
        position: Position<TemplateId>,
        stamp: ActorStamp,
    ) -> Result<Changed<u32>, StoreError> {
        let permit = self.permit(Permission::Templates.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let template = load(&change.tx, id).await?;
        let release = release_rows::load(&change.tx, template.release_id).await?;
        release.may_be_edited()?;
        let category = template.category;
        let before = copy_order::template_order(&change.tx, release.id, category).await?;
        let ordered =
            order::insert_at(&before, id, position).ok_or_else(|| no_neighbour(position))?;
        let left_alone = write(&mut change, &release, category, before, ordered).await?;
        change.finish(left_alone).await
    }

    /// Reorders a category; `ordered` must list all its steps (R11). Checked against the version of the release if one is given.
    /// Answers how many customers' lists keep their own order. Errors: not found; not a permutation; archived; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn reorder_templates(
        &self,
        release: ReleaseId,
        version: Option<i64>,
        category: Category,
        ordered: Vec<TemplateId>,
        stamp: ActorStamp,
    ) -> Result<Changed<u32>, StoreError> {
        let permit = self.permit(Permission::Templates.on(release)).await?;
        let mut change = self.change(permit, stamp).await?;
        let release = release_rows::load(&change.tx, release).await?;
        change
            .must_be_fresh(
                Entity::Release,
                release.id.0,
                &release,
                release.version,
                version,
            )
            .await?;
        release.may_be_edited()?;
        let before = copy_order::template_order(&change.tx, release.id, category).await?;
        order::permutation(&before, &ordered)
            .map_err(|it| ValidationErrors::one(Field::OrderedIds, it))?;
        let left_alone = write(&mut change, &release, category, before, ordered).await?;
        change.finish(left_alone).await
    }
}

fn no_neighbour(position: Position<TemplateId>) -> ValidationErrors {
    let id = match position {
        Position::Before(id) | Position::After(id) => id.0,
        Position::Last => 0,
    };
    let noun = Noun::Template.to_string();
    ValidationErrors::one(Field::Position, FieldError::NoSuchRow { noun, id })
}

/// Writes a new order of a category, with the lists that follow it. Answers how many customers' lists keep their own order.
async fn write(
    change: &mut Change,
    release: &Release,
    category: Category,
    before: Vec<TemplateId>,
    ordered: Vec<TemplateId>,
) -> Result<u32, StoreError> {
    let custom_orders = CustomOrders::find(&change.tx, release.id, category).await?;
    let left_alone = custom_orders.left_alone(&before);
    let lists = custom_orders.ids();
    if before == ordered {
        return Ok(left_alone);
    }
    copy_order::write_template_order(&change.tx, release.id, category, &ordered).await?;
    custom_orders
        .reorder_to_template(&change.tx, &before)
        .await?;
    let lists_after = copy_order::ids_of(&change.tx, release.id, category, &lists).await?;
    change.record(
        release
            .event(EventAction::Reorder)
            .before(&json!({ "category": category, "orderedIds": before, "lists": lists }))
            .after(&json!({ "category": category, "orderedIds": ordered, "lists": lists_after })),
    );
    Ok(left_alone)
}

/// Moves a template step to the end of a category, with all its copies.
pub async fn move_to(
    change: &mut Change,
    template: &StepTemplate,
    category: Category,
) -> Result<(), StoreError> {
    use customer_step::Column;
    let (release, from) = (template.release_id, template.category);
    let old = copy_order::template_order(&change.tx, release, from).await?;
    let new = copy_order::template_order(&change.tx, release, category).await?;
    let leaving = CustomOrders::find(&change.tx, release, from).await?;
    let joining = CustomOrders::find(&change.tx, release, category).await?;
    let lists = leaving.ids();
    let mut after = template.clone();
    after.category = category;
    after.order_index = i32::try_from(new.len()).unwrap_or(i32::MAX);
    after.set_next_version(change.stamp.at);
    after.clone().save(&change.tx).await?;
    // The text stays the same, so copies of the current version stay current.
    customer_step::Entity::update_many()
        .col_expr(Column::TemplateVersion, Expr::val(after.version))
        .filter(Column::TemplateId.eq(template.id.0))
        .filter(Column::TemplateVersion.eq(template.version))
        .exec(&change.tx)
        .await?;
    customer_step::Entity::update_many()
        .col_expr(Column::Category, Expr::val(category.as_str()))
        .col_expr(Column::OrderIndex, Expr::val(i32::MAX))
        .col_expr(Column::Version, Expr::col(Column::Version).add(1))
        .col_expr(Column::UpdatedAt, Expr::val(change.stamp.at))
        .filter(Column::TemplateId.eq(template.id.0))
        .exec(&change.tx)
        .await?;
    let rest: Vec<TemplateId> = old
        .iter()
        .copied()
        .filter(|it| *it != template.id)
        .collect();
    copy_order::write_template_order(&change.tx, release, from, &rest).await?;
    leaving.reorder_to_template(&change.tx, &old).await?;
    joining.reorder_to_template(&change.tx, &new).await?;
    let joined = [new, vec![template.id]].concat();
    change.record(
        after
            .event(EventAction::Move)
            .before(&json!({ "category": from, "orderedIds": old, "lists": lists }))
            .after(&json!({ "category": category, "orderedIds": joined })),
    );
    Ok(())
}
