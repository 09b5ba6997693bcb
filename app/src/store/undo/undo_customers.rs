//! Undo of customer events (R16, R85): a created customer is deleted again, an edited one gets its earlier details, and
//! the undo of such a deletion brings the customer back under its id.
use super::{
    conflicts::conflict_of,
    report::{UndoReport, UndoSubject},
};
use crate::domain::{
    customer::Customer,
    event::{Entity, Event, EventAction},
    id::CustomerId,
    undo::RowOutcome,
};
use crate::store::{
    audit::events::{last_change, read_snapshot},
    change::{Change, VersionedRow},
    entity::{customer, customer_step, release_customer},
    error::StoreError,
    records::customers::{self, must_accept, must_be_unused},
};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter,
};
use serde_json::Value;

/// The fields that an event about a customer restores.
const RESTORED_FIELDS: [&str; 6] = [
    "name",
    "clusterId",
    "namespace",
    "description",
    "metadata",
    "isActive",
];

fn subject(event: &Event, name: &str) -> UndoSubject {
    UndoSubject::of(Entity::Customer, event.entity_id, name)
}

impl Change {
    /// The customer if it is still as the event left it; else none, and a conflict.
    async fn unchanged_customer(
        &self,
        event: &Event,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<Option<Customer>, StoreError> {
        let found = match customers::load(&self.tx, CustomerId(event.entity_id)).await {
            Ok(customer) => Some(customer),
            Err(StoreError::NotFound(_)) => None,
            Err(error) => return Err(error),
        };
        let is_unchanged = found.as_ref().is_some_and(|customer| {
            let now = serde_json::to_value(customer).unwrap_or_default();
            RESTORED_FIELDS
                .iter()
                .all(|key| now.get(key) == after.get(key))
        });
        if is_unchanged {
            return Ok(found);
        }
        let name = found.map(|it| it.name);
        let name = name
            .as_deref()
            .or(event.text("name"))
            .unwrap_or("the customer");
        self.leave_changed(subject(event, name), report).await?;
        Ok(None)
    }

    /// Leaves a customer alone for a reason of its own; names the author and time of the last change.
    async fn leave_customer(
        &self,
        customer: &Customer,
        reason: String,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let subject = UndoSubject::of(Entity::Customer, customer.id.0, &customer.name);
        let last = last_change(&self.tx, Entity::Customer, customer.id.0).await?;
        let conflict = conflict_of(&subject, reason, last);
        report.leave(subject, conflict);
        Ok(())
    }

    /// Deletes a created customer, unless it was changed since or is in a release.
    pub async fn undo_customer_created(
        &mut self,
        event: &Event,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let Some(customer) = self.unchanged_customer(event, after, report).await? else {
            return Ok(false);
        };
        let id = customer.id;
        let releases = release_customer::Entity::find()
            .filter(release_customer::Column::CustomerId.eq(id.0))
            .count(&self.tx)
            .await?;
        let steps = customer_step::Entity::find()
            .filter(customer_step::Column::CustomerId.eq(id.0))
            .count(&self.tx)
            .await?;
        if releases + steps > 0 {
            let reason = format!("{} is in a release by now", customer.name);
            self.leave_customer(&customer, reason, report).await?;
            return Ok(false);
        }
        customer::Entity::delete_by_id(id.0).exec(&self.tx).await?;
        report.add(
            subject(event, &customer.name),
            RowOutcome::Deleted,
            "deleted",
        );
        self.record(customer.event(EventAction::Undo).before(&customer));
        Ok(true)
    }

    /// Restores the details of an edited customer, unless it was changed since or its earlier place is taken.
    pub async fn undo_customer_edited(
        &mut self,
        event: &Event,
        before: &Value,
        after: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let Some(present) = self.unchanged_customer(event, after, report).await? else {
            return Ok(false);
        };
        let earlier: Customer = read_snapshot(before)?;
        if !self.may_be_placed(&earlier, Some(&present), report).await? {
            return Ok(false);
        }
        let mut restored = Customer {
            version: present.version,
            ..earlier
        };
        restored.set_next_version(self.stamp.at);
        let restored = restored.save(&self.tx).await?;
        let details = "details as before";
        report.add(subject(event, &present.name), RowOutcome::Restored, details);
        let event = restored.event(EventAction::Undo);
        self.record(event.before(&present).after(&restored));
        Ok(true)
    }

    /// Brings back a customer that an undo deleted, unless its namespace is taken by now.
    pub async fn undo_customer_deleted(
        &mut self,
        event: &Event,
        before: &Value,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let earlier: Customer = read_snapshot(before)?;
        if customers::load(&self.tx, earlier.id).await.is_ok() {
            // The customer was restored already.
            self.leave_changed(subject(event, &earlier.name), report)
                .await?;
            return Ok(false);
        }
        if !self.may_be_placed(&earlier, None, report).await? {
            return Ok(false);
        }
        let customer = Customer {
            version: earlier.version + 1,
            updated_at: self.stamp.at,
            ..earlier
        };
        let row = customer::Model::from(customer.clone()).into_active_model();
        customer::Entity::insert(row.reset_all())
            .exec_without_returning(&self.tx)
            .await?;
        let outcome = RowOutcome::BroughtBack;
        report.add(subject(event, &customer.name), outcome, "brought back");
        self.record(customer.event(EventAction::Undo).after(&customer));
        Ok(true)
    }

    /// Whether a customer can be in its earlier cluster and namespace again; if not, adds the reason to the conflicts.
    async fn may_be_placed(
        &self,
        earlier: &Customer,
        present: Option<&Customer>,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let cluster = earlier.cluster_id;
        let is_current = present.is_some_and(|it| it.cluster_id == cluster);
        let placed = async {
            let name = must_accept(&self.tx, cluster, is_current).await?;
            let except = present.map(|it| it.id);
            must_be_unused(&self.tx, (cluster, name), &earlier.namespace, except).await
        };
        match placed.await {
            Ok(()) => Ok(true),
            Err(StoreError::Refused(rule)) => {
                let reason = format!("{}: {rule}", earlier.name);
                self.leave_customer(earlier, reason, report).await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }
}
