//! The template's order, and what the copies make of it (R11).
use super::{
    copy_order::{self, CustomOrders},
    template_rows::{event, load},
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    id::{ReleaseId, TemplateId},
    order,
    rule_violation::{Field, ValidationErrors},
    template::{Category, ReorderImpact, StepTemplate},
};
use crate::store::records::release_rows;
use crate::store::{
    Store,
    change::Change,
    entity::{customer_step, step_template},
    error::StoreError,
    records::members,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    sea_query::Expr,
};
use serde_json::json;

impl Store {
    /// R11: puts it last in the other category, and takes all its copies along, whatever their state.
    pub async fn move_template(
        &self,
        id: TemplateId,
        category: Category,
        stamp: ActorStamp,
    ) -> Result<Changed<StepTemplate>, StoreError> {
        let mut change = self.change(stamp).await?;
        let before = load(&change.tx, id).await?;
        release_rows::load(&change.tx, before.release_id)
            .await?
            .may_be_edited()?;
        if before.category != category {
            move_to(&mut change, &before, category).await?;
        }
        let row = load(&change.tx, id).await?;
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// What a new order of a category would do: how many customers' lists follow it, and how many are left alone
    /// because they were reordered for themselves.
    pub async fn order_effect(
        &self,
        release: ReleaseId,
        category: Category,
    ) -> Result<ReorderImpact, StoreError> {
        release_rows::load(&self.read, release).await?;
        let order = copy_order::template_order(&self.read, release, category).await?;
        let special = CustomOrders::find(&self.read, release, category).await?;
        let members = members::member_ids(&self.read, release).await?.len();
        let left_alone = special.left_alone(&order);
        Ok(ReorderImpact {
            follows: u32::try_from(members)
                .unwrap_or(u32::MAX)
                .saturating_sub(left_alone),
            left_alone,
        })
    }

    /// R11: takes the full list of ids of that release and category; anything else is refused and changes nothing.
    /// Answers how many customers' lists were left alone.
    pub async fn reorder_templates(
        &self,
        release: ReleaseId,
        category: Category,
        ordered: Vec<TemplateId>,
        stamp: ActorStamp,
    ) -> Result<Changed<u32>, StoreError> {
        self.reorder_templates_of(release, None, category, ordered, stamp)
            .await
    }

    /// The same, of the release as it was in that version.
    pub async fn reorder_templates_of(
        &self,
        release: ReleaseId,
        version: Option<i64>,
        category: Category,
        ordered: Vec<TemplateId>,
        stamp: ActorStamp,
    ) -> Result<Changed<u32>, StoreError> {
        let mut change = self.change(stamp).await?;
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
        let special = CustomOrders::find(&change.tx, release.id, category).await?;
        let left_alone = special.left_alone(&before);
        let lists = special.ids();
        if before == ordered {
            return Ok(Changed {
                row: left_alone,
                batch_id: None,
            });
        }
        copy_order::write_template_order(&change.tx, release.id, category, &ordered).await?;
        special.reorder_to_template(&change.tx, &before).await?;
        let lists_after = copy_order::ids_of(&change.tx, release.id, category, &lists).await?;
        change.record(
            release_rows::event(&release, EventAction::Reorder)
                .before(&json!({ "category": category, "orderedIds": before, "lists": lists }))
                .after(
                    &json!({ "category": category, "orderedIds": ordered, "lists": lists_after }),
                ),
        );
        Ok(Changed {
            batch_id: change.commit().await?,
            row: left_alone,
        })
    }
}

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
    after.version += 1;
    after.updated_at = change.stamp.at;
    step_template::Model::from(after.clone())
        .into_active_model()
        .reset_all()
        .update(&change.tx)
        .await?;
    // The text is the same: copies of the present version stay so.
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
        event(&after, EventAction::Move)
            .before(&json!({ "category": from, "orderedIds": old, "lists": lists }))
            .after(&json!({ "category": category, "orderedIds": joined })),
    );
    Ok(())
}
