//! The id of the last event: a version of the whole database, since nothing changes without an event (R17). The query that finds
//! the caller of a request reads it too, so that the caches need not ask for it again.
use crate::store::{Database, Store, entity::audit_event, error::StoreError};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryResult, QuerySelect,
    QueryTrait, Select, sea_query::Expr,
};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The name of the column that `RowAt` reads.
pub const LAST_EVENT: &str = "last_event";
/// No event has this id.
const FORGOTTEN: i64 = -1;

/// The last event when a request arrived. What the request reads from a cache is at least as new, as if the database were asked
/// again. The first change of the request makes it forgotten. Clones share it.
#[derive(Clone, Debug)]
pub struct ArrivalPosition(Arc<AtomicI64>);

impl ArrivalPosition {
    /// Of this event, which must have been read after the request arrived.
    pub fn new(last_event: i64) -> Self {
        Self(Arc::new(AtomicI64::new(last_event)))
    }

    /// The last event; none after a change.
    pub fn last_event(&self) -> Option<i64> {
        let last = self.0.load(Ordering::Relaxed);
        (last != FORGOTTEN).then_some(last)
    }

    /// From now on the database has to be asked.
    pub(in crate::store) fn forget(&self) {
        self.0.store(FORGOTTEN, Ordering::Relaxed);
    }
}

/// A row, and the last event as of the same statement.
pub struct RowAt<M> {
    /// The row.
    pub row: M,
    /// The position of the request that the row was read for.
    pub position: ArrivalPosition,
}

impl<M: FromQueryResult> FromQueryResult for RowAt<M> {
    fn from_query_result(found: &QueryResult, prefix: &str) -> Result<Self, DbErr> {
        let last: Option<i64> = found.try_get("", LAST_EVENT)?;
        Ok(Self {
            row: M::from_query_result(found, prefix)?,
            position: ArrivalPosition::new(last.unwrap_or_default()),
        })
    }
}

/// Selects it; NULL without events.
fn query() -> Select<audit_event::Entity> {
    audit_event::Entity::find()
        .select_only()
        .column_as(audit_event::Column::Id.max(), "last")
}

/// The last event as a column of another query, for `RowAt`.
pub fn column() -> Expr {
    Expr::from(query().into_query())
}

/// The id of the last event; 0 without events.
pub async fn last_event(db: &impl ConnectionTrait) -> Result<i64, DbErr> {
    let last = query().into_tuple::<Option<i64>>().one(db).await?;
    Ok(last.flatten().unwrap_or_default())
}

impl Database {
    /// The id of the last event: as long as it is the same, so is everything that pages show.
    pub async fn last_event(&self) -> Result<i64, StoreError> {
        Ok(last_event(&self.read).await?)
    }
}

impl Store {
    /// The same store for a request that arrived at this position; with none, its caches ask the database each time.
    #[must_use]
    pub fn arrived_at(self, arrival: Option<ArrivalPosition>) -> Self {
        Self { arrival, ..self }
    }

    /// The same store at the last event: what it reads from several caches is as new as that, and nothing older is kept in one.
    pub(in crate::store) async fn at_last_event(&self) -> Result<Self, StoreError> {
        let position = ArrivalPosition::new(self.last_event().await?);
        Ok(self.clone().arrived_at(Some(position)))
    }

    /// The id of the last event, which no cache may be older than: as of the request's arrival, or of now.
    pub(in crate::store) async fn last_event(&self) -> Result<i64, StoreError> {
        let known = self.arrival.as_ref();
        match known.and_then(ArrivalPosition::last_event) {
            Some(last) => Ok(last),
            None => self.database.last_event().await,
        }
    }
}
