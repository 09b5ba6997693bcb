//! Committed batches for the stream of changes (R31): read from the history for the whole process, and cut for each caller by the same
//! conditions as the history is (R22).
use crate::domain::{
    committed::{CommittedBatch, CommittedEvent},
    event::{Entity, EventAction},
    id::{BatchId, CustomerId, EventId, ReleaseId},
};
use crate::store::{
    Database, Store,
    audit::event_texts,
    entity::{audit_event, customer, release, release_customer},
    error::StoreError,
};
use audit_event::Column;
use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use std::{
    collections::HashSet,
    sync::{Arc, OnceLock},
};

/// The most events that are read at once: more than the largest bulk has.
const READ_MAX: usize = 12_000;

/// A row of the history: id, batch, what it is about, release, customer, action, author, time.
type CommittedRow = (
    i64,
    String,
    String,
    i64,
    Option<i64>,
    Option<i64>,
    String,
    String,
    DateTime<Utc>,
);

/// Whole batches, and the event that they follow without a gap.
#[derive(Debug)]
pub struct CommittedSince {
    pub start: i64,
    pub end: i64,
    pub batches: Vec<CommittedBatch>,
}

/// The event of a row; none if a newer program wrote what this one does not know.
fn event_of(row: &CommittedRow) -> Option<CommittedEvent> {
    Some(CommittedEvent {
        id: EventId(row.0),
        entity: row.2.parse().ok()?,
        entity_id: row.3,
        action: row.6.parse().ok()?,
        release_id: row.4.map(ReleaseId),
        customer_id: row.5.map(CustomerId),
    })
}

impl Database {
    /// All batches after this event, or the newest ones if there are too many. Not cut: `seen_batches` does that.
    pub async fn batches_since(&self, after: Option<i64>) -> Result<CommittedSince, StoreError> {
        let after = after.unwrap_or_default();
        let mut rows: Vec<CommittedRow> = audit_event::Entity::find()
            .select_only()
            .columns([
                Column::Id,
                Column::BatchId,
                Column::Entity,
                Column::EntityId,
                Column::ReleaseId,
                Column::CustomerId,
                Column::Action,
                Column::Actor,
                Column::At,
            ])
            .filter(Column::Id.gt(after))
            .order_by_desc(Column::Id)
            .limit(READ_MAX as u64)
            .into_tuple()
            .all(&self.read)
            .await?;
        rows.reverse();
        let end = rows.last().map_or(after, |it| it.0);
        let mut start = after;
        if rows.len() == READ_MAX {
            // The first batch may have begun before.
            let cut = rows[0].1.clone();
            let n_cut = rows.iter().take_while(|it| it.1 == cut).count();
            start = rows[n_cut - 1].0;
            rows.drain(..n_cut);
        }
        let mut batches: Vec<CommittedBatch> = Vec::new();
        for row in rows {
            let Some(event) = event_of(&row) else {
                continue;
            };
            match batches.last_mut().filter(|it| it.id.0 == row.1) {
                Some(batch) => {
                    batch.last = event.id;
                    batch.events.push(event);
                }
                None => batches.push(CommittedBatch {
                    id: BatchId(row.1),
                    actor: row.7,
                    at: row.8,
                    last: event.id,
                    events: vec![event],
                    json: OnceLock::new(),
                }),
            }
        }
        Ok(CommittedSince {
            start,
            end,
            batches,
        })
    }
}

/// The rows that belong to a release without naming it: its customers and their clusters.
struct RelatedRows {
    release: ReleaseId,
    customers: HashSet<i64>,
    clusters: HashSet<i64>,
}

impl RelatedRows {
    fn contains(&self, event: &CommittedEvent) -> bool {
        match (event.release_id, event.entity) {
            (Some(release), _) => release == self.release,
            (None, Entity::Customer) => self.customers.contains(&event.entity_id),
            (None, Entity::Cluster) => self.clusters.contains(&event.entity_id),
            (None, _) => false,
        }
    }
}

impl Store {
    /// What the caller sees of these batches, in their order; those that it sees nothing of are left out. With a release only what is
    /// about it, its customers and their clusters.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn seen_batches(
        &self,
        batches: &[Arc<CommittedBatch>],
        release: Option<ReleaseId>,
    ) -> Result<Vec<Arc<CommittedBatch>>, StoreError> {
        let seen = self.seen_event_ids(batches).await?;
        let (accounts, machines) = (self.caller.sees_accounts(), self.caller.sees_machines());
        let related = match release {
            Some(release) => Some(self.related_rows(release, batches).await?),
            None => None,
        };
        let is_told = |it: &CommittedEvent| {
            (accounts || !it.entity.is_account())
                && (machines || !it.entity.is_machine())
                && seen.as_ref().is_none_or(|ids| ids.contains(&it.id.0))
                && related.as_ref().is_none_or(|rows| rows.contains(it))
        };
        let cut = |batch: &Arc<CommittedBatch>| {
            if batch.events.iter().all(is_told) {
                Some(Arc::clone(batch))
            } else {
                batch.cut(is_told).map(Arc::new)
            }
        };
        Ok(batches.iter().filter_map(cut).collect())
    }

    /// The ids of those events of batches that the caller sees; none if that is all of them.
    async fn seen_event_ids(
        &self,
        batches: &[Arc<CommittedBatch>],
    ) -> Result<Option<HashSet<i64>>, StoreError> {
        let first = batches.first().and_then(|it| it.events.first());
        let (Some(first), Some(last), false) = (first, batches.last(), self.caller.sees_all())
        else {
            return Ok(None);
        };
        let seen: Vec<i64> = self
            .visible()
            .events()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.between(first.id.0, last.last.0))
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut seen: HashSet<i64> = seen.into_iter().collect();
        // These name customers, and are none if they name only those out of scope.
        let names_customers = |it: &&CommittedEvent| {
            let action = it.action;
            let is_membership = matches!(
                action,
                EventAction::AddCustomers | EventAction::RemoveCustomers
            );
            it.entity == Entity::Release && is_membership && seen.contains(&it.id.0)
        };
        let events = batches.iter().flat_map(|it| &it.events);
        let naming: Vec<i64> = events.filter(names_customers).map(|it| it.id.0).collect();
        if naming.is_empty() {
            return Ok(Some(seen));
        }
        let rows = self
            .visible()
            .events()
            .filter(Column::Id.is_in(naming.iter().copied()))
            .all(&self.read)
            .await?;
        let events = event_texts::read(&self.read, rows).await?;
        let left = self.seen_events(events).await?;
        let left: HashSet<i64> = left.into_iter().map(|it| it.id.0).collect();
        seen.retain(|id| !naming.contains(id) || left.contains(id));
        Ok(Some(seen))
    }

    async fn related_rows(
        &self,
        release: ReleaseId,
        batches: &[Arc<CommittedBatch>],
    ) -> Result<RelatedRows, StoreError> {
        let mut rows = RelatedRows {
            release,
            customers: HashSet::new(),
            clusters: HashSet::new(),
        };
        let is_other =
            |it: &CommittedEvent| matches!(it.entity, Entity::Customer | Entity::Cluster);
        if !batches.iter().any(|it| it.events.iter().any(is_other)) {
            return Ok(rows);
        }
        let members: Vec<i64> = self
            .visible()
            .members()
            .select_only()
            .column(release_customer::Column::CustomerId)
            .filter(release_customer::Column::ReleaseId.eq(release.0))
            .into_tuple()
            .all(&self.read)
            .await?;
        let of_members: Vec<(i64, i64)> = self
            .visible()
            .customers()
            .select_only()
            .columns([customer::Column::Id, customer::Column::ClusterId])
            .filter(customer::Column::Id.is_in(members))
            .into_tuple()
            .all(&self.read)
            .await?;
        (rows.customers, rows.clusters) = of_members.into_iter().unzip();
        Ok(rows)
    }

    /// Whether the caller sees each of these places: a release, and there a customer if one is named.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sees_places(
        &self,
        places: &[(ReleaseId, Option<CustomerId>)],
    ) -> Result<Vec<bool>, StoreError> {
        if self.caller.sees_all() || places.is_empty() {
            return Ok(vec![true; places.len()]);
        }
        let releases: HashSet<i64> = places.iter().map(|it| it.0.0).collect();
        let releases: Vec<i64> = self
            .visible()
            .releases()
            .select_only()
            .column(release::Column::Id)
            .filter(release::Column::Id.is_in(releases))
            .into_tuple()
            .all(&self.read)
            .await?;
        let customers = self.visible_customer_ids().await?;
        let sees = |(release, customer): &(ReleaseId, Option<CustomerId>)| {
            releases.contains(&release.0) && customer.is_none_or(|it| customers.contains(&it.0))
        };
        Ok(places.iter().map(sees).collect())
    }
}
