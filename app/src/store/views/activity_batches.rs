//! What a line of the history says of its batch: how many events, customers and steps it has.
use crate::domain::event::Entity;
use crate::store::{
    Store,
    entity::{audit_event, customer_step},
    error::StoreError,
};
use audit_event::Column;
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QuerySelect, QueryTrait,
    sea_query::{Condition, Expr, Func},
};
use std::collections::HashMap;

impl Store {
    /// How many events and how many customers each of these batches has, of those events that match a condition.
    pub(super) async fn batch_sizes(
        &self,
        batches: &[&str],
        condition: Condition,
    ) -> Result<HashMap<String, (u32, u32)>, StoreError> {
        let customers = Expr::col((audit_event::Entity, Column::CustomerId)).count_distinct();
        let number = |n: i64| u32::try_from(n).unwrap_or(u32::MAX);
        let sizes: Vec<(String, i64, i64)> = self
            .visible()
            .events()
            .select_only()
            .column(Column::BatchId)
            .column_as(Column::Id.count(), "n")
            .expr_as(customers, "customers")
            .filter(Column::BatchId.is_in(batches.iter().copied()))
            .filter(condition)
            .group_by(Column::BatchId)
            .into_tuple()
            .all(&self.read)
            .await?;
        let sizes = sizes.into_iter();
        Ok(sizes
            .map(|(batch, n, customers)| (batch, (number(n), number(customers))))
            .collect())
    }

    /// How many different steps the cells of a batch are of, of those events that match a condition. Copies of one template are one
    /// step; cells that are gone are not counted.
    pub(super) async fn steps_of_batch(
        &self,
        batch: &str,
        condition: Condition,
    ) -> Result<u32, StoreError> {
        use customer_step::Column as Of;
        let cells = self
            .visible()
            .events()
            .select_only()
            .column(Column::EntityId)
            .filter(Column::BatchId.eq(batch))
            .filter(Column::Entity.eq(Entity::Step.as_str()))
            .filter(condition)
            .into_query();
        // A custom step has no template, and no other step has its id with a minus.
        let own = Expr::val(0_i64).sub(ColumnTrait::into_expr(Of::Id));
        let step = Func::coalesce([ColumnTrait::into_expr(Of::TemplateId), own]);
        let n = self
            .visible()
            .steps()
            .select_only()
            .expr_as(Expr::from(step).count_distinct(), "n")
            .filter(Of::Id.in_subquery(cells))
            .into_tuple::<i64>()
            .one(&self.read)
            .await?;
        Ok(u32::try_from(n.unwrap_or_default()).unwrap_or(u32::MAX))
    }
}
