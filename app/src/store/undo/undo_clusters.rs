//! Undo of clusters that were created together with their customers, by an import (R65): the cluster is deleted again, once nothing
//! is in it, and the undo of such a deletion brings it back under its id.
use super::{
    conflicts::conflict_of,
    report::{UndoReport, UndoSubject},
};
use crate::domain::{
    cluster::Cluster,
    event::{Entity, Event, EventAction},
    id::ClusterId,
    undo::RowOutcome,
};
use crate::store::{
    audit::events::{last_change, read_snapshot},
    change::{Change, VersionedRow},
    entity::{cluster, customer},
    error::StoreError,
    records::clusters,
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::Value;

/// The fields that were changed if a cluster is not as the event left it.
const CLUSTER_FIELDS: [&str; 7] = [
    "name",
    "kubeconfigPath",
    "context",
    "maxParallel",
    "description",
    "metadata",
    "isActive",
];

fn subject(event: &Event, name: &str) -> UndoSubject {
    UndoSubject::of(Entity::Cluster, event.entity_id, name)
}

impl Change {
    /// Deletes a created cluster, unless it was changed since or customers are in it.
    pub async fn undo_cluster_created(
        &mut self,
        event: &Event,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let found = match clusters::load(&self.tx, ClusterId(event.entity_id)).await {
            Ok(cluster) => Some(cluster),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        // Read as a cluster: what an earlier Rollcall wrote lacks some of the fields.
        let then: Cluster = read_snapshot(after)?;
        let then = serde_json::to_value(then).unwrap_or_default();
        let is_unchanged = |cluster: &Cluster| {
            let now = serde_json::to_value(cluster).unwrap_or_default();
            CLUSTER_FIELDS
                .iter()
                .all(|key| now.get(key) == then.get(key))
        };
        let Some(cluster) = found.filter(is_unchanged) else {
            let name = event.text("name").unwrap_or("the cluster");
            self.leave_changed(subject(event, name), report).await?;
            return Ok(false);
        };
        let customers = customer::Entity::find()
            .filter(customer::Column::ClusterId.eq(cluster.id.0))
            .count(&self.tx)
            .await?;
        if customers > 0 {
            self.leave_cluster(&cluster, "has customers by now", report)
                .await?;
            return Ok(false);
        }
        cluster::Entity::delete_by_id(cluster.id.0)
            .exec(&self.tx)
            .await?;
        report.add(
            subject(event, &cluster.name),
            RowOutcome::Deleted,
            "deleted",
        );
        self.record(cluster.event(EventAction::Undo).before(&cluster));
        Ok(true)
    }

    /// Brings back a cluster that an undo deleted, unless its name is taken by now.
    pub async fn undo_cluster_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let earlier: Cluster = read_snapshot(before)?;
        if clusters::load(&self.tx, earlier.id).await.is_ok() {
            // The cluster was restored already.
            self.leave_changed(subject(event, &earlier.name), report)
                .await?;
            return Ok(false);
        }
        match clusters::must_be_unused(&self.tx, &earlier.name, None).await {
            Ok(()) => {}
            Err(StoreError::Refused(_)) => {
                self.leave_cluster(&earlier, "is the name of another cluster by now", report)
                    .await?;
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        let cluster = Cluster {
            version: earlier.version + 1,
            updated_at: self.stamp.at,
            ..earlier
        };
        let row = cluster::Model::from(cluster.clone()).into_active_model();
        cluster::Entity::insert(row.reset_all())
            .exec_without_returning(&self.tx)
            .await?;
        let outcome = RowOutcome::BroughtBack;
        report.add(subject(event, &cluster.name), outcome, "brought back");
        self.record(cluster.event(EventAction::Undo).after(&cluster));
        Ok(true)
    }

    /// Leaves a cluster alone for a reason of its own; names the author and time of the last change.
    async fn leave_cluster(
        &self,
        cluster: &Cluster,
        reason: &str,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let subject = UndoSubject::of(Entity::Cluster, cluster.id.0, &cluster.name);
        let last = last_change(&self.tx, Entity::Cluster, cluster.id.0).await?;
        let conflict = conflict_of(&subject, format!("{} {reason}", cluster.name), last);
        report.leave(subject, conflict);
        Ok(())
    }
}
