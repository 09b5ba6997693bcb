//! Writes to clusters: create, edit, deactivate, restore.
use crate::domain::{
    actor_stamp::ActorStamp,
    cluster::{Cluster, ClusterDraft, ClusterFields},
    event::{Changed, Entity, EventAction},
    id::ClusterId,
    permission::Permission,
    rule_violation::RuleViolation,
    vocabulary::Noun,
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    change::{Change, VersionedRow},
    entity::{cluster, customer},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};

/// Loads a cluster. Errors: not found.
pub async fn load(db: &impl ConnectionTrait, id: ClusterId) -> Result<Cluster, StoreError> {
    cluster::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Cluster))?
        .try_into()
}

impl VersionedRow for Cluster {
    fn set_next_version(&mut self, at: DateTime<Utc>) {
        self.version += 1;
        self.updated_at = at;
    }

    async fn save(self, tx: &DatabaseTransaction) -> Result<Self, StoreError> {
        let row = cluster::Model::from(self).into_active_model().reset_all();
        row.update(tx).await?.try_into()
    }

    fn event(&self, action: EventAction) -> NewEvent {
        NewEvent::of(Entity::Cluster, self.id.0, action)
    }
}

/// Refuses a name that a cluster other than `except` has, active or not.
pub async fn must_be_unused(
    tx: &DatabaseTransaction,
    name: &str,
    except: Option<ClusterId>,
) -> Result<(), StoreError> {
    let holder = cluster::Entity::find()
        .filter(cluster::Column::Name.eq(name))
        .one(tx)
        .await?;
    match holder.filter(|it| except != Some(ClusterId(it.id))) {
        Some(it) => Err(RuleViolation::ClusterNameTaken {
            name: it.name,
            inactive_id: (!it.is_active).then_some(it.id),
        }
        .into()),
        None => Ok(()),
    }
}

/// Inserts an active cluster. Errors: a name that is taken.
pub async fn insert(
    tx: &DatabaseTransaction,
    fields: ClusterFields,
    now: DateTime<Utc>,
) -> Result<Cluster, StoreError> {
    let ClusterFields {
        name,
        kubeconfig_path,
        context,
        max_parallel,
        description,
        metadata,
    } = fields;
    must_be_unused(tx, name.as_str(), None).await?;
    let cluster = Cluster {
        id: ClusterId(0),
        name: name.into(),
        kubeconfig_path: kubeconfig_path.map(Into::into),
        context: context.map(Into::into),
        max_parallel,
        description: description.map(Into::into),
        is_active: true,
        metadata,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut row = cluster::Model::from(cluster)
        .into_active_model()
        .reset_all();
    row.id = NotSet;
    row.insert(tx).await?.try_into()
}

impl Store {
    /// Creates a cluster. Errors: wrong fields; a name that is taken.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_cluster(
        &self,
        draft: ClusterDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let permit = self.permit(Permission::Clusters.on_anything()).await?;
        let fields = draft.parse()?;
        let mut change = self.change(permit, stamp).await?;
        let row = insert(&change.tx, fields, change.stamp.at).await?;
        change.record(row.event(EventAction::Create).after(&row));
        change.finish(row).await
    }

    /// Replaces the details of a cluster. Errors: not found; wrong fields; a name that is taken; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn update_cluster(
        &self,
        id: ClusterId,
        draft: ClusterDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let permit = self.permit(Permission::Clusters.on(id)).await?;
        let fields = draft.parse()?;
        let change = self.change(permit, stamp).await?;
        let before = load(&change.tx, id).await?;
        change
            .must_be_fresh(
                Entity::Cluster,
                id.0,
                &before,
                before.version,
                Some(version),
            )
            .await?;
        must_be_unused(&change.tx, fields.name.as_str(), Some(id)).await?;
        let mut after = before.clone();
        after.name = fields.name.into();
        after.kubeconfig_path = fields.kubeconfig_path.map(Into::into);
        after.context = fields.context.map(Into::into);
        after.max_parallel = fields.max_parallel;
        after.description = fields.description.map(Into::into);
        after.metadata = fields.metadata;
        change
            .finish_update(before, after, EventAction::Update)
            .await
    }

    /// Deactivates a cluster (R5). Errors: not found; active customers, which are named.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn deactivate_cluster(
        &self,
        id: ClusterId,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let permit = self.permit(Permission::Clusters.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let before = load(&change.tx, id).await?;
        let names: Vec<String> = customer::Entity::find()
            .select_only()
            .column(customer::Column::Name)
            .filter(customer::Column::ClusterId.eq(id.0))
            .filter(customer::Column::IsActive.eq(true))
            .order_by_asc(customer::Column::Name)
            .into_tuple()
            .all(&change.tx)
            .await?;
        before.may_be_deactivated(names)?;
        set_active(change, before, false, EventAction::Deactivate).await
    }

    /// Makes an inactive cluster active again. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn restore_cluster(
        &self,
        id: ClusterId,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let permit = self.permit(Permission::Clusters.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let before = load(&change.tx, id).await?;
        set_active(change, before, true, EventAction::Restore).await
    }
}

async fn set_active(
    change: Change,
    before: Cluster,
    is_active: bool,
    action: EventAction,
) -> Result<Changed<Cluster>, StoreError> {
    let after = Cluster {
        is_active,
        ..before.clone()
    };
    change.finish_update(before, after, action).await
}
