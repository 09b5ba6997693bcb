//! Clusters: create, edit, deactivate, restore, list.
use crate::domain::{
    actor_stamp::ActorStamp,
    cluster::{Cluster, ClusterDraft, ClusterFields, ClusterSummary},
    customer::CustomerSummary,
    event::{Changed, Entity, EventAction},
    id::ClusterId,
    rule_violation::RuleViolation,
    summary::ClusterDetail,
    vocabulary::Noun,
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    entity::{cluster, customer},
    error::StoreError,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::HashMap;

pub async fn load(db: &impl ConnectionTrait, id: ClusterId) -> Result<Cluster, StoreError> {
    cluster::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Cluster))?
        .try_into()
}

async fn save(tx: &DatabaseTransaction, cluster: Cluster) -> Result<Cluster, StoreError> {
    let row = cluster::Model::from(cluster)
        .into_active_model()
        .reset_all()
        .update(tx)
        .await?;
    row.try_into()
}

async fn must_be_free(
    tx: &DatabaseTransaction,
    name: &str,
    but: Option<ClusterId>,
) -> Result<(), StoreError> {
    let holder = cluster::Entity::find()
        .filter(cluster::Column::Name.eq(name))
        .one(tx)
        .await?;
    match holder.filter(|it| but != Some(ClusterId(it.id))) {
        Some(it) => Err(RuleViolation::ClusterNameTaken {
            name: it.name,
            inactive_id: (!it.is_active).then_some(it.id),
        }
        .into()),
        None => Ok(()),
    }
}

fn event(cluster: &Cluster, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::Cluster, cluster.id.0, action)
}

impl Store {
    pub async fn create_cluster(
        &self,
        draft: ClusterDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let ClusterFields {
            name,
            kubeconfig_path,
            context,
            description,
            metadata,
        } = draft.parse()?;
        let mut change = self.change(stamp).await?;
        must_be_free(&change.tx, name.as_str(), None).await?;
        let now = change.stamp.at;
        let cluster = Cluster {
            id: ClusterId(0),
            name: name.into(),
            kubeconfig_path: kubeconfig_path.map(Into::into),
            context: context.map(Into::into),
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
        let row: Cluster = row.insert(&change.tx).await?.try_into()?;
        change.record(event(&row, EventAction::Create).after(&row));
        Ok(Changed {
            batch_id: change.commit().await?,
            row,
        })
    }

    pub async fn update_cluster(
        &self,
        id: ClusterId,
        draft: ClusterDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let fields = draft.parse()?;
        let mut change = self.change(stamp).await?;
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
        must_be_free(&change.tx, fields.name.as_str(), Some(id)).await?;
        let mut after = before.clone();
        after.name = fields.name.into();
        after.kubeconfig_path = fields.kubeconfig_path.map(Into::into);
        after.context = fields.context.map(Into::into);
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

    /// R5: a cluster with active customers is refused, naming them.
    pub async fn deactivate_cluster(
        &self,
        id: ClusterId,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let change = self.change(stamp).await?;
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
        self.set_cluster_active(change, before, false, EventAction::Deactivate)
            .await
    }

    pub async fn restore_cluster(
        &self,
        id: ClusterId,
        stamp: ActorStamp,
    ) -> Result<Changed<Cluster>, StoreError> {
        let change = self.change(stamp).await?;
        let before = load(&change.tx, id).await?;
        self.set_cluster_active(change, before, true, EventAction::Restore)
            .await
    }

    async fn set_cluster_active(
        &self,
        mut change: crate::store::change::Change,
        before: Cluster,
        is_active: bool,
        action: EventAction,
    ) -> Result<Changed<Cluster>, StoreError> {
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

    /// By name, with the number of their active customers.
    pub async fn clusters(
        &self,
        include_inactive: bool,
    ) -> Result<Vec<ClusterSummary>, StoreError> {
        let mut query = cluster::Entity::find().order_by_asc(cluster::Column::Name);
        if !include_inactive {
            query = query.filter(cluster::Column::IsActive.eq(true));
        }
        let rows = query.all(&self.read).await?;
        let counts: HashMap<i64, i64> = customer::Entity::find()
            .select_only()
            .column(customer::Column::ClusterId)
            .column_as(customer::Column::Id.count(), "n")
            .filter(customer::Column::IsActive.eq(true))
            .group_by(customer::Column::ClusterId)
            .into_tuple::<(i64, i64)>()
            .all(&self.read)
            .await?
            .into_iter()
            .collect();
        rows.into_iter()
            .map(|row| {
                let active_customers = counts.get(&row.id).copied().unwrap_or_default();
                Ok(ClusterSummary {
                    cluster: row.try_into()?,
                    active_customers: u32::try_from(active_customers).unwrap_or_default(),
                })
            })
            .collect()
    }

    /// A cluster with all its customers, the inactive ones too, and the releases that they are in.
    pub async fn cluster(&self, id: ClusterId) -> Result<ClusterDetail, StoreError> {
        let cluster = load(&self.read, id).await?;
        let customers: Vec<CustomerSummary> = self.customers_of(Some(id), true).await?;
        let active_customers = customers.iter().filter(|it| it.is_active).count();
        Ok(ClusterDetail {
            summary: ClusterSummary {
                cluster,
                active_customers: u32::try_from(active_customers).unwrap_or(u32::MAX),
            },
            customers,
            releases: self.releases_of_cluster(id).await?,
        })
    }

    pub(in crate::store) async fn count_clusters(&self) -> Result<u32, StoreError> {
        let n = cluster::Entity::find()
            .filter(cluster::Column::IsActive.eq(true))
            .count(&self.read)
            .await?;
        Ok(u32::try_from(n).unwrap_or(u32::MAX))
    }
}
