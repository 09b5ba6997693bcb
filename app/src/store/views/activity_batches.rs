//! What a line of the history says of its batch: how many events and customers it has.
use crate::store::{Store, entity::audit_event, error::StoreError};
use audit_event::Column;
use sea_orm::{
    ColumnTrait, ExprTrait, QueryFilter, QuerySelect,
    sea_query::{Condition, Expr},
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
}
