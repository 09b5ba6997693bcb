//! Customers: create, edit, deactivate, restore, list.
use super::clusters;
use crate::domain::{
    actor_stamp::ActorStamp,
    customer::{Customer, CustomerDraft, CustomerFields, CustomerSummary},
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    id::{ClusterId, CustomerId},
    rule_violation::RuleViolation,
    summary::CustomerDetail,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    change::Change,
    entity::{cluster, customer, release_customer},
    error::StoreError,
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;

pub async fn load(db: &impl ConnectionTrait, id: CustomerId) -> Result<Customer, StoreError> {
    customer::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Customer))?
        .try_into()
}

async fn save(tx: &DatabaseTransaction, customer: Customer) -> Result<Customer, StoreError> {
    customer::Model::from(customer)
        .into_active_model()
        .reset_all()
        .update(tx)
        .await?
        .try_into()
}

/// The cluster that a body names must exist, and be active unless the customer is there already.
async fn must_take(
    tx: &DatabaseTransaction,
    id: ClusterId,
    is_there: bool,
) -> Result<String, StoreError> {
    match clusters::load(tx, id).await {
        Ok(cluster) if is_there => Ok(cluster.name),
        Ok(cluster) => {
            cluster.may_take_customers()?;
            Ok(cluster.name)
        }
        Err(StoreError::NotFound(_)) => Err(ValidationErrors::one(
            Field::Cluster,
            FieldError::Unknown { ids: vec![id.0] },
        )
        .into()),
        Err(error) => Err(error),
    }
}

async fn must_be_free(
    tx: &DatabaseTransaction,
    (cluster, cluster_name): (ClusterId, String),
    namespace: &str,
    but: Option<CustomerId>,
) -> Result<(), StoreError> {
    let holder = customer::Entity::find()
        .filter(customer::Column::ClusterId.eq(cluster.0))
        .filter(customer::Column::Namespace.eq(namespace))
        .one(tx)
        .await?;
    match holder.filter(|it| but != Some(CustomerId(it.id))) {
        Some(it) => Err(RuleViolation::NamespaceTaken {
            namespace: it.namespace,
            cluster: cluster_name,
            inactive_id: (!it.is_active).then_some(it.id),
        }
        .into()),
        None => Ok(()),
    }
}

pub fn event(customer: &Customer, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::Customer, customer.id.0, action).customer(customer.id)
}

/// A new customer, active.
pub async fn insert(
    tx: &DatabaseTransaction,
    fields: CustomerFields,
    now: DateTime<Utc>,
) -> Result<Customer, StoreError> {
    let customer = Customer {
        id: CustomerId(0),
        cluster_id: fields.cluster_id,
        namespace: fields.namespace.into(),
        name: fields.name.into(),
        description: fields.description.map(Into::into),
        is_active: true,
        metadata: fields.metadata,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut row = customer::Model::from(customer)
        .into_active_model()
        .reset_all();
    row.id = NotSet;
    row.insert(tx).await?.try_into()
}

impl Store {
    pub async fn create_customer(
        &self,
        draft: CustomerDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let fields = draft.parse()?;
        let mut change = self.change(stamp).await?;
        let cluster_name = must_take(&change.tx, fields.cluster_id, false).await?;
        must_be_free(
            &change.tx,
            (fields.cluster_id, cluster_name),
            fields.namespace.as_str(),
            None,
        )
        .await?;
        let row = insert(&change.tx, fields, change.stamp.at).await?;
        change.record(event(&row, EventAction::Create).after(&row));
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    pub async fn update_customer(
        &self,
        id: CustomerId,
        draft: CustomerDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let fields = draft.parse()?;
        let mut change = self.change(stamp).await?;
        let before = load(&change.tx, id).await?;
        change
            .must_be_fresh(
                Entity::Customer,
                id.0,
                &before,
                before.version,
                Some(version),
            )
            .await?;
        let is_there = fields.cluster_id == before.cluster_id;
        let cluster_name = must_take(&change.tx, fields.cluster_id, is_there).await?;
        must_be_free(
            &change.tx,
            (fields.cluster_id, cluster_name),
            fields.namespace.as_str(),
            Some(id),
        )
        .await?;
        let mut after = before.clone();
        after.name = fields.name.into();
        after.cluster_id = fields.cluster_id;
        after.namespace = fields.namespace.into();
        after.description = fields.description.map(Into::into);
        after.metadata = fields.metadata;
        if after == before {
            return Ok(Changed {
                row: before,
                batch_id: None,
            });
        }
        after.version += 1;
        after.updated_at = change.stamp.at;
        let row = save(&change.tx, after).await?;
        change.record(event(&row, EventAction::Update).before(&before).after(&row));
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    /// R5: it stays in the releases that it is part of, marked.
    pub async fn deactivate_customer(
        &self,
        id: CustomerId,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let change = self.change(stamp).await?;
        let before = load(&change.tx, id).await?;
        set_active(change, before, false, EventAction::Deactivate).await
    }

    pub async fn restore_customer(
        &self,
        id: CustomerId,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let change = self.change(stamp).await?;
        let before = load(&change.tx, id).await?;
        clusters::load(&change.tx, before.cluster_id)
            .await?
            .may_take_customers()?;
        set_active(change, before, true, EventAction::Restore).await
    }

    /// By name, in every cluster.
    pub async fn customers(
        &self,
        include_inactive: bool,
    ) -> Result<Vec<CustomerSummary>, StoreError> {
        self.customers_of(None, include_inactive).await
    }

    /// By name, of one cluster or of all.
    pub(in crate::store) async fn customers_of(
        &self,
        cluster: Option<ClusterId>,
        include_inactive: bool,
    ) -> Result<Vec<CustomerSummary>, StoreError> {
        let mut query = customer::Entity::find()
            .order_by_asc(customer::Column::Name)
            .order_by_asc(customer::Column::Id);
        if let Some(cluster) = cluster {
            query = query.filter(customer::Column::ClusterId.eq(cluster.0));
        }
        if !include_inactive {
            query = query.filter(customer::Column::IsActive.eq(true));
        }
        let names: HashMap<i64, String> = cluster::Entity::find()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::Name])
            .into_tuple::<(i64, String)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let releases: HashMap<i64, i64> = release_customer::Entity::find()
            .select_only()
            .column(release_customer::Column::CustomerId)
            .column_as(release_customer::Column::ReleaseId.count(), "n")
            .filter(
                release_customer::Column::ReleaseId.in_subquery(super::release_rows::active_ids()),
            )
            .group_by(release_customer::Column::CustomerId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        let rows = query.all(&self.read).await?;
        Ok(rows
            .into_iter()
            .map(|row| CustomerSummary {
                id: CustomerId(row.id),
                name: row.name,
                namespace: row.namespace,
                cluster_id: ClusterId(row.cluster_id),
                cluster: names.get(&row.cluster_id).cloned().unwrap_or_default(),
                is_active: row.is_active,
                variables: text_variables::count_variables(&row.metadata),
                active_releases: u32::try_from(releases.get(&row.id).copied().unwrap_or_default())
                    .unwrap_or_default(),
            })
            .collect())
    }

    /// A customer with its cluster and every release that it is part of.
    pub async fn customer(&self, id: CustomerId) -> Result<CustomerDetail, StoreError> {
        let customer = load(&self.read, id).await?;
        let cluster = clusters::load(&self.read, customer.cluster_id).await?;
        let releases = self.releases_of_customer(id).await?;
        Ok(CustomerDetail {
            customer,
            cluster,
            releases,
        })
    }

    pub(in crate::store) async fn count_customers(&self) -> Result<u32, StoreError> {
        let n = customer::Entity::find()
            .filter(customer::Column::IsActive.eq(true))
            .count(&self.read)
            .await?;
        Ok(u32::try_from(n).unwrap_or(u32::MAX))
    }
}

async fn set_active(
    mut change: Change,
    before: Customer,
    is_active: bool,
    action: EventAction,
) -> Result<Changed<Customer>, StoreError> {
    if before.is_active == is_active {
        return Ok(Changed {
            row: before,
            batch_id: None,
        });
    }
    let mut after = before.clone();
    after.is_active = is_active;
    after.version += 1;
    after.updated_at = change.stamp.at;
    let row = save(&change.tx, after).await?;
    change.record(event(&row, action).before(&before).after(&row));
    Ok(Changed {
        batch_id: change.commit().await?,
        row,
    })
}
