//! Writes to customers: create, edit, deactivate, restore.
use super::clusters;
use crate::domain::{
    actor_stamp::ActorStamp,
    customer::{Customer, CustomerDraft, CustomerFields},
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    id::{ClusterId, CustomerId},
    permission::Permission,
    rule_violation::RuleViolation,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    change::{Change, VersionedRow},
    entity::customer,
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter,
};

/// Loads a customer. Errors: not found.
pub async fn load(db: &impl ConnectionTrait, id: CustomerId) -> Result<Customer, StoreError> {
    customer::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Customer))?
        .try_into()
}

impl VersionedRow for Customer {
    fn set_next_version(&mut self, at: DateTime<Utc>) {
        self.version += 1;
        self.updated_at = at;
    }

    async fn save(self, tx: &DatabaseTransaction) -> Result<Self, StoreError> {
        let row = customer::Model::from(self).into_active_model().reset_all();
        row.update(tx).await?.try_into()
    }

    fn event(&self, action: EventAction) -> NewEvent {
        NewEvent::of(Entity::Customer, self.id.0, action).customer(self.id)
    }
}

/// Checks that the cluster of a draft exists, and that it is active unless the customer is in it already. Answers the
/// cluster's name.
pub async fn must_accept(
    tx: &DatabaseTransaction,
    id: ClusterId,
    is_current: bool,
) -> Result<String, StoreError> {
    match clusters::load(tx, id).await {
        Ok(cluster) if is_current => Ok(cluster.name),
        Ok(cluster) => {
            cluster.may_take_customers()?;
            Ok(cluster.name)
        }
        Err(StoreError::NotFound(_)) => {
            let (noun, id) = (Noun::Cluster.to_string(), id.0);
            Err(ValidationErrors::one(Field::Cluster, FieldError::NoSuchRow { noun, id }).into())
        }
        Err(error) => Err(error),
    }
}

/// Refuses a namespace that another customer of the cluster than `except` has, active or not.
pub async fn must_be_unused(
    tx: &DatabaseTransaction,
    (cluster, cluster_name): (ClusterId, String),
    namespace: &str,
    except: Option<CustomerId>,
) -> Result<(), StoreError> {
    let holder = customer::Entity::find()
        .filter(customer::Column::ClusterId.eq(cluster.0))
        .filter(customer::Column::Namespace.eq(namespace))
        .one(tx)
        .await?;
    match holder.filter(|it| except != Some(CustomerId(it.id))) {
        Some(it) => Err(RuleViolation::NamespaceTaken {
            namespace: it.namespace,
            cluster: cluster_name,
            inactive_id: (!it.is_active).then_some(it.id),
        }
        .into()),
        None => Ok(()),
    }
}

/// Inserts an active customer. The caller has checked that the namespace is unused.
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
    /// Creates a customer. Errors: wrong fields; a namespace that is taken; an inactive cluster.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_customer(
        &self,
        draft: CustomerDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let permit = self.permit(Permission::Customers.on_anything()).await?;
        let fields = draft.parse()?;
        let mut change = self.change(permit, stamp).await?;
        let cluster_name = must_accept(&change.tx, fields.cluster_id, false).await?;
        must_be_unused(
            &change.tx,
            (fields.cluster_id, cluster_name),
            fields.namespace.as_str(),
            None,
        )
        .await?;
        let row = insert(&change.tx, fields, change.stamp.at).await?;
        change.record(row.event(EventAction::Create).after(&row));
        change.finish(row).await
    }

    /// Replaces the details of a customer. Errors: not found; wrong fields; a namespace that is taken; an inactive
    /// cluster; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn update_customer(
        &self,
        id: CustomerId,
        draft: CustomerDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let permit = self.permit(Permission::Customers.on(id)).await?;
        let fields = draft.parse()?;
        let change = self.change(permit, stamp).await?;
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
        let is_current = fields.cluster_id == before.cluster_id;
        let cluster_name = must_accept(&change.tx, fields.cluster_id, is_current).await?;
        must_be_unused(
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
        change
            .finish_update(before, after, EventAction::Update)
            .await
    }

    /// Deactivates a customer (R5); it stays in its releases, marked. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn deactivate_customer(
        &self,
        id: CustomerId,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let permit = self.permit(Permission::Customers.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let before = load(&change.tx, id).await?;
        set_active(change, before, false, EventAction::Deactivate).await
    }

    /// Makes an inactive customer active again. Errors: not found; an inactive cluster.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn restore_customer(
        &self,
        id: CustomerId,
        stamp: ActorStamp,
    ) -> Result<Changed<Customer>, StoreError> {
        let permit = self.permit(Permission::Customers.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let before = load(&change.tx, id).await?;
        clusters::load(&change.tx, before.cluster_id)
            .await?
            .may_take_customers()?;
        set_active(change, before, true, EventAction::Restore).await
    }
}

async fn set_active(
    change: Change,
    before: Customer,
    is_active: bool,
    action: EventAction,
) -> Result<Changed<Customer>, StoreError> {
    let after = Customer {
        is_active,
        ..before.clone()
    };
    change.finish_update(before, after, action).await
}
