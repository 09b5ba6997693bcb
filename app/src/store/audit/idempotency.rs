//! Keys under which a client asks for something to be created, so that asking again does not create it again.
//!
//! A key is claimed before the change, in a transaction of its own. The change marks it as carried out in the
//! change's own transaction, so that no crash can separate the two. The response is written right after: it is known
//! only to who speaks to the client, after the commit. A process that is killed between the two has done the work and
//! lost the response, and says so when it is asked again.
use crate::domain::id::BatchId;
use crate::store::{
    Store,
    entity::{idempotency_key, sha256},
    error::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, EntityTrait, QueryFilter,
    sea_query::Expr,
};

/// How long a key is kept.
const KEY_KEPT_HOURS: i64 = 24;
/// A request that has carried nothing out after this time never will: it is cut off earlier.
const EXECUTION_TIMEOUT_SECONDS: i64 = 60;

/// What was answered under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    pub batch: Option<String>,
    pub body: String,
}

/// What a key turned out to be.
#[derive(Clone, Debug)]
pub enum Claim {
    /// New. Make the change through this handle, then keep the response or release the key.
    New(Box<Store>),
    /// The same request was answered already, like this.
    Completed(StoredResponse),
    /// The same request is being carried out at this moment.
    InProgress,
    /// The same request was carried out, and its response was lost.
    ResponseLost(BatchId),
    /// It was used for another request.
    OtherRequest,
}

impl Store {
    /// Claims a key for a request; `request` is all that makes it the same one. Keys that are too old are forgotten.
    pub async fn claim_key(
        &self,
        key: &str,
        request: &str,
        now: DateTime<Utc>,
    ) -> Result<Claim, StoreError> {
        use idempotency_key::{ActiveModel, Column, Entity};
        let tx = self.begin().await?;
        Entity::delete_many()
            .filter(Column::CreatedAt.lt(now - TimeDelta::hours(KEY_KEPT_HOURS)))
            .exec(&tx)
            .await?;
        let request = sha256(request);
        let row = Entity::find_by_id(key.to_owned()).one(&tx).await?;
        if let Some(known) = row.and_then(|row| claim_of_row(row, &request, now)) {
            tx.commit().await?;
            return Ok(known);
        }
        // What is there was given up.
        Entity::delete_by_id(key.to_owned()).exec(&tx).await?;
        let row = ActiveModel {
            key: Set(key.to_owned()),
            request_sha256: Set(request),
            batch_id: NotSet,
            status: NotSet,
            location: NotSet,
            etag: NotSet,
            body: NotSet,
            created_at: Set(now),
        };
        Entity::insert(row).exec_without_returning(&tx).await?;
        tx.commit().await?;
        Ok(Claim::New(Box::new(Self {
            idempotency_key: Some(key.to_owned()),
            ..self.clone()
        })))
    }

    /// Keeps the response that was given under a key.
    pub async fn store_response(
        &self,
        key: &str,
        response: StoredResponse,
    ) -> Result<(), StoreError> {
        use idempotency_key::{Column, Entity};
        let tx = self.begin().await?;
        Entity::update_many()
            .col_expr(Column::Status, Expr::val(i32::from(response.status)))
            .col_expr(Column::Location, Expr::val(response.location))
            .col_expr(Column::Etag, Expr::val(response.etag))
            .col_expr(Column::Body, Expr::val(response.body))
            .filter(Column::Key.eq(key))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Nothing was created under the key: it may be used again. If something was nevertheless, it stays.
    pub async fn release_key(&self, key: &str) -> Result<(), StoreError> {
        use idempotency_key::{Column, Entity};
        let tx = self.begin().await?;
        Entity::delete_many()
            .filter(Column::Key.eq(key))
            .filter(Column::BatchId.is_null())
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Marks a key as carried out, together with the change.
pub async fn mark_executed(
    tx: &DatabaseTransaction,
    key: &str,
    batch: &BatchId,
) -> Result<(), StoreError> {
    use idempotency_key::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::BatchId, Expr::val(batch.0.clone()))
        .filter(Column::Key.eq(key))
        .exec(tx)
        .await?;
    Ok(())
}

/// What a row says about this request; nothing if it was given up.
fn claim_of_row(row: idempotency_key::Model, request: &str, now: DateTime<Utc>) -> Option<Claim> {
    if row.request_sha256 != request {
        return Some(Claim::OtherRequest);
    }
    let status = row.status.and_then(|it| u16::try_from(it).ok());
    match (status, row.body, row.batch_id) {
        (Some(status), Some(body), batch) => Some(Claim::Completed(StoredResponse {
            status,
            location: row.location,
            etag: row.etag,
            batch,
            body,
        })),
        (_, _, Some(batch)) => {
            let is_fresh = now - row.created_at < TimeDelta::seconds(EXECUTION_TIMEOUT_SECONDS);
            Some(if is_fresh {
                Claim::InProgress
            } else {
                Claim::ResponseLost(BatchId(batch))
            })
        }
        _ if now - row.created_at < TimeDelta::seconds(EXECUTION_TIMEOUT_SECONDS) => {
            Some(Claim::InProgress)
        }
        _ => None,
    }
}
