//! The order of one customer's steps in a release: one step moved, or a whole list of a category reordered (R11).
use super::step_rows;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    id::{CustomerId, ReleaseId, StepId},
    order::{self, Position},
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    step::CustomerStep,
    validation_errors::ValidationErrors,
    vocabulary::{Category, Field},
};
use crate::store::{
    Store,
    change::{Change, VersionedRow},
    error::StoreError,
    records::release_rows,
    templates::copy_order,
};
use serde_json::json;

impl Store {
    /// Moves a step within its category of the customer's list. Errors: not found; a position beside a step of another list or
    /// beside itself; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn move_step(
        &self,
        id: StepId,
        position: Position<StepId>,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<CustomerStep>, StoreError> {
        let permit = self.permit(Permission::CustomerOrder.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let (step, release) = change.load_step(id, version).await?;
        if matches!(position, Position::Before(it) | Position::After(it) if it == id) {
            return Err(RuleViolation::BesideItself { name: step.name }.into());
        }
        let list =
            copy_order::list(&change.tx, release.id, step.customer_id.0, step.category).await?;
        step_rows::check_neighbour(&change, position, &list).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        let after =
            order::insert_at(&before, id, position).ok_or(RuleViolation::OtherList { id: id.0 })?;
        let order = ListReorder {
            before,
            after,
            category: step.category,
            customer: step.customer_id,
        };
        order.write(&mut change, &release).await?;
        let row = step_rows::load(&change.tx, id).await?;
        change.finish(row).await
    }

    /// Reorders one customer's list. While it differs from the template's order it does not follow it (R11). Checked against the
    /// version of the release if one is given. Errors: not found; not a permutation of the list; a release that is not active;
    /// stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0, customer = customer.0))]
    pub async fn reorder_steps(
        &self,
        release: ReleaseId,
        version: Option<i64>,
        customer: CustomerId,
        category: Category,
        ordered: Vec<StepId>,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let permit = self
            .permit(Permission::CustomerOrder.on((release, customer)))
            .await?;
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
        release.may_be_worked_on()?;
        let list = copy_order::list(&change.tx, release.id, customer.0, category).await?;
        let before: Vec<StepId> = list.iter().map(|it| it.id).collect();
        order::permutation(&before, &ordered)
            .map_err(|it| ValidationErrors::one(Field::OrderedIds, it))?;
        ListReorder {
            before,
            after: ordered,
            category,
            customer,
        }
        .write(&mut change, &release)
        .await?;
        change.finish(()).await
    }
}

/// A new order of one customer's list in a category.
struct ListReorder {
    before: Vec<StepId>,
    after: Vec<StepId>,
    category: Category,
    customer: CustomerId,
}

impl ListReorder {
    async fn write(self, change: &mut Change, release: &Release) -> Result<(), StoreError> {
        if self.before == self.after {
            return Ok(());
        }
        copy_order::write_list(&change.tx, &self.after).await?;
        change.record(
            release
                .event(EventAction::Reorder)
                .customer(self.customer)
                .before(&json!({ "category": self.category, "orderedIds": self.before }))
                .after(&json!({ "category": self.category, "orderedIds": self.after })),
        );
        Ok(())
    }
}
