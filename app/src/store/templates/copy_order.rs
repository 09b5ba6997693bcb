//! Keeps customers' lists in the template's order (R11). Most lists are plain copies and are rewritten by one
//! statement; lists with custom steps or an order of their own (`CustomOrders`) are computed one by one.
use crate::domain::{
    id::{CustomerId, ReleaseId, StepId, TemplateId},
    order::{self, OrderedStep},
    vocabulary::Category,
};
use crate::store::{
    entity::{customer_step, step_template},
    error::StoreError,
};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect,
    sea_query::{Expr, Query},
};
use std::collections::{BTreeMap, HashSet};

/// A customer's list: its steps in order, each with the template it is a copy of.
pub type StepList = Vec<OrderedStep<StepId, TemplateId>>;

/// The lists of a category that are not plain copies of the template's order, by customer id.
pub struct CustomOrders {
    release: ReleaseId,
    category: Category,
    lists: BTreeMap<i64, StepList>,
}

/// The template steps of a category in order.
pub async fn template_order(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    category: Category,
) -> Result<Vec<TemplateId>, StoreError> {
    let ids: Vec<i64> = step_template::Entity::find()
        .select_only()
        .column(step_template::Column::Id)
        .filter(step_template::Column::ReleaseId.eq(release.0))
        .filter(step_template::Column::Category.eq(category.as_str()))
        .order_by_asc(step_template::Column::OrderIndex)
        .into_tuple()
        .all(db)
        .await?;
    Ok(ids.into_iter().map(TemplateId).collect())
}

/// Writes the template's order. The unique index is checked row by row, so positions are first made negative.
pub async fn write_template_order(
    tx: &DatabaseTransaction,
    release: ReleaseId,
    category: Category,
    order: &[TemplateId],
) -> Result<(), StoreError> {
    let position = step_template::Column::OrderIndex;
    for (index, id) in order.iter().enumerate() {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        step_template::Entity::update_many()
            .col_expr(position, Expr::val(-1 - index))
            .filter(step_template::Column::Id.eq(id.0))
            .filter(position.ne(index))
            .exec(tx)
            .await?;
    }
    step_template::Entity::update_many()
        .col_expr(position, Expr::val(-1).sub(Expr::col(position)))
        .filter(step_template::Column::ReleaseId.eq(release.0))
        .filter(step_template::Column::Category.eq(category.as_str()))
        .filter(position.lt(0))
        .exec(tx)
        .await?;
    Ok(())
}

/// One customer's list in a category.
pub async fn list(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    customer: i64,
    category: Category,
) -> Result<StepList, StoreError> {
    let lists = lists(db, release, category, Some(vec![customer])).await?;
    Ok(lists.into_values().next().unwrap_or_default())
}

async fn lists(
    db: &impl ConnectionTrait,
    release: ReleaseId,
    category: Category,
    customers: Option<Vec<i64>>,
) -> Result<BTreeMap<i64, StepList>, StoreError> {
    use customer_step::Column;
    let mut query = customer_step::Entity::find()
        .select_only()
        .columns([Column::CustomerId, Column::Id, Column::TemplateId])
        .filter(Column::ReleaseId.eq(release.0))
        .filter(Column::Category.eq(category.as_str()))
        .order_by_asc(Column::CustomerId)
        .order_by_asc(Column::OrderIndex)
        .order_by_asc(Column::Id);
    if let Some(customers) = customers {
        query = query.filter(Column::CustomerId.is_in(customers));
    }
    let mut lists: BTreeMap<i64, StepList> = BTreeMap::new();
    for (customer, id, template) in query
        .into_tuple::<(i64, i64, Option<i64>)>()
        .all(db)
        .await?
    {
        lists.entry(customer).or_default().push(OrderedStep {
            id: StepId(id),
            template: template.map(TemplateId),
        });
    }
    Ok(lists)
}

/// These customers' lists in a category; those that have no step in it are empty.
pub async fn lists_of(
    tx: &DatabaseTransaction,
    release: ReleaseId,
    category: Category,
    customers: &HashSet<i64>,
) -> Result<BTreeMap<i64, StepList>, StoreError> {
    let mut all: BTreeMap<i64, StepList> = customers.iter().map(|it| (*it, Vec::new())).collect();
    all.extend(
        lists(
            tx,
            release,
            category,
            Some(customers.iter().copied().collect()),
        )
        .await?,
    );
    Ok(all)
}

/// Puts copies that were added to these lists (as they were `before`) where the template's current order has them. Lists
/// that did not follow `order_before` keep their order, and new steps are appended to them.
pub async fn place_new_copies(
    tx: &DatabaseTransaction,
    release: ReleaseId,
    category: Category,
    before: &BTreeMap<i64, StepList>,
    order_before: &[TemplateId],
) -> Result<(), StoreError> {
    let order_now = template_order(tx, release, category).await?;
    let customers = before.keys().copied().collect();
    for (customer, list) in lists(tx, release, category, Some(customers)).await? {
        let before = before.get(&customer).map_or(&[][..], Vec::as_slice);
        let known: HashSet<StepId> = before.iter().map(|it| it.id).collect();
        // Existing steps keep their order; new ones come last.
        let mut entries: StepList = before
            .iter()
            .filter_map(|it| list.iter().find(|now| now.id == it.id))
            .copied()
            .collect();
        entries.extend(list.iter().filter(|it| !known.contains(&it.id)));
        let ids = if order::follows(before, order_before) {
            order::reordered_to_template(&entries, &order_now)
        } else {
            entries.iter().map(|it| it.id).collect()
        };
        write_list(tx, &ids).await?;
    }
    Ok(())
}

/// Writes one customer's list, position by position.
pub async fn write_list(tx: &DatabaseTransaction, ids: &[StepId]) -> Result<(), StoreError> {
    let position = customer_step::Column::OrderIndex;
    for (index, id) in ids.iter().enumerate() {
        let index = i32::try_from(index).unwrap_or(i32::MAX);
        customer_step::Entity::update_many()
            .col_expr(position, Expr::val(index))
            .filter(customer_step::Column::Id.eq(id.0))
            .filter(position.ne(index))
            .exec(tx)
            .await?;
    }
    Ok(())
}

/// Moves the steps of one customer's list from a position on: by -1 to close the gap of a deleted step, by 1 to make room.
pub async fn shift(
    tx: &DatabaseTransaction,
    (release, customer, category): (ReleaseId, CustomerId, Category),
    from: i32,
    by: i32,
) -> Result<(), StoreError> {
    use customer_step::Column;
    customer_step::Entity::update_many()
        .col_expr(Column::OrderIndex, Expr::col(Column::OrderIndex).add(by))
        .filter(Column::ReleaseId.eq(release.0))
        .filter(Column::CustomerId.eq(customer.0))
        .filter(Column::Category.eq(category.as_str()))
        .filter(Column::OrderIndex.gte(from))
        .exec(tx)
        .await?;
    Ok(())
}

/// Customers' lists as step ids, as the audit trail stores them.
pub type StepIdsByCustomer = BTreeMap<i64, Vec<StepId>>;

/// The current lists of these customers.
pub async fn ids_of(
    tx: &DatabaseTransaction,
    release: ReleaseId,
    category: Category,
    customers: &StepIdsByCustomer,
) -> Result<StepIdsByCustomer, StoreError> {
    let customers = customers.keys().copied().collect();
    let lists = lists(tx, release, category, Some(customers)).await?;
    let ids = |list: StepList| list.into_iter().map(|it| it.id).collect();
    Ok(lists
        .into_iter()
        .map(|(it, list)| (it, ids(list)))
        .collect())
}

/// Restores lists from the audit trail, unless a list was reordered since. A list counts as reordered if its steps
/// outside `come_back` are in another order now (`present`, read before those steps came back).
pub async fn restore_lists(
    tx: &DatabaseTransaction,
    kept: &StepIdsByCustomer,
    present: &StepIdsByCustomer,
    come_back: &HashSet<StepId>,
) -> Result<(), StoreError> {
    let others = |ids: &[StepId]| -> Vec<StepId> {
        let others = ids.iter().filter(|it| !come_back.contains(it));
        others.copied().collect()
    };
    for (customer, earlier) in kept {
        let now = present.get(customer).map(Vec::as_slice).unwrap_or_default();
        if others(now) == others(earlier) {
            write_list(tx, earlier).await?;
        }
    }
    Ok(())
}

impl CustomOrders {
    /// Finds the lists. Must be called before the template's order changes.
    pub async fn find(
        tx: &impl ConnectionTrait,
        release: ReleaseId,
        category: Category,
    ) -> Result<Self, StoreError> {
        use customer_step::Column;
        let template_position = Query::select()
            .column(step_template::Column::OrderIndex)
            .from(step_template::Entity)
            .and_where(
                Expr::col((step_template::Entity, step_template::Column::Id))
                    .equals((customer_step::Entity, Column::TemplateId)),
            )
            .to_owned();
        let customers: Vec<i64> =
            customer_step::Entity::find()
                .select_only()
                .column(Column::CustomerId)
                .distinct()
                .filter(Column::ReleaseId.eq(release.0))
                .filter(Column::Category.eq(category.as_str()))
                .filter(Column::TemplateId.is_null().or(
                    Expr::col((customer_step::Entity, Column::OrderIndex)).ne(template_position),
                ))
                .into_tuple()
                .all(tx)
                .await?;
        let lists = if customers.is_empty() {
            BTreeMap::new()
        } else {
            lists(tx, release, category, Some(customers)).await?
        };
        Ok(Self {
            release,
            category,
            lists,
        })
    }

    /// Adds customers whose list stops being a plain copy with this change.
    pub async fn include(
        &mut self,
        tx: &DatabaseTransaction,
        customers: &HashSet<i64>,
    ) -> Result<(), StoreError> {
        let new: Vec<i64> = customers
            .iter()
            .copied()
            .filter(|it| !self.lists.contains_key(it))
            .collect();
        if !new.is_empty() {
            self.lists
                .extend(lists(tx, self.release, self.category, Some(new)).await?);
        }
        Ok(())
    }

    /// The lists as step ids, for the audit trail, so that an undo can restore every position.
    pub fn ids(&self) -> StepIdsByCustomer {
        let ids = |list: &StepList| list.iter().map(|it| it.id).collect();
        self.lists
            .iter()
            .map(|(it, list)| (*it, ids(list)))
            .collect()
    }

    /// The number of customers whose list does not follow the template's order.
    pub fn left_alone(&self, order_before: &[TemplateId]) -> u32 {
        let n = self
            .lists
            .values()
            .filter(|list| !order::follows(list, order_before))
            .count();
        u32::try_from(n).unwrap_or(u32::MAX)
    }

    /// Applies the template's current order to the customers' lists. Lists that did not follow `order_before` keep
    /// their order, and new steps are appended to them.
    pub async fn reorder_to_template(
        self,
        tx: &DatabaseTransaction,
        order_before: &[TemplateId],
    ) -> Result<(), StoreError> {
        use customer_step::Column;
        let template_position = Query::select()
            .column(step_template::Column::OrderIndex)
            .from(step_template::Entity)
            .and_where(
                Expr::col((step_template::Entity, step_template::Column::Id))
                    .equals((customer_step::Entity, Column::TemplateId)),
            )
            .to_owned();
        let customers: Vec<i64> = self.lists.keys().copied().collect();
        customer_step::Entity::update_many()
            .col_expr(Column::OrderIndex, Expr::from(template_position.clone()))
            .filter(Column::ReleaseId.eq(self.release.0))
            .filter(Column::Category.eq(self.category.as_str()))
            .filter(Column::TemplateId.is_not_null())
            .filter(Column::CustomerId.is_not_in(customers.clone()))
            .filter(Expr::col((customer_step::Entity, Column::OrderIndex)).ne(template_position))
            .exec(tx)
            .await?;
        if customers.is_empty() {
            return Ok(());
        }
        place_new_copies(tx, self.release, self.category, &self.lists, order_before).await
    }
}
