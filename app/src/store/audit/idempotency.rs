//! Idempotency keys: a client sends a key with a POST, and a repetition with the same key gets the stored response
//! instead of creating a second row.
//!
//! A key is claimed in a transaction of its own. The change then marks it as executed within the change's own
//! transaction, so that a crash cannot separate the two. The response is stored after the commit, because only the
//! HTTP layer knows it. If the process dies in between, the work is done and the response lost; a repetition is told
//! so.
use crate::domain::{
    caller::Caller,
    id::BatchId,
    permission::{Permission, Role},
};
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

/// Hours that a key is kept.
const KEY_KEPT_HOURS: i64 = 24;
/// A request that was not executed within this time never will be: the HTTP timeout is shorter.
const EXECUTION_TIMEOUT_SECONDS: i64 = 60;

/// The response stored under a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredResponse {
    pub status: u16,
    pub location: Option<String>,
    pub etag: Option<String>,
    /// The batch id of the change.
    pub batch: Option<String>,
    pub body: String,
}

/// The result of claiming a key.
#[derive(Clone, Debug)]
pub enum Claim {
    /// A new key. Make the change through this handle, then call `store_response` or `release_key`.
    New(Box<Store>),
    /// The same request was completed, with this response.
    Completed(StoredResponse),
    /// The same request is being executed.
    InProgress,
    /// The same request was executed, but its response was lost.
    ResponseLost(BatchId),
    /// The key was used for another request.
    OtherRequest,
}

impl Store {
    /// Claims a key, which is the caller's own: another user or token may use the same word. `request` identifies the request:
    /// method, path and body. A kept response is given only to who may still make the change (R23). Also deletes expired keys.
    /// Errors: a role that is too low by now.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn claim_key(
        &self,
        key: &str,
        request: &str,
        now: DateTime<Utc>,
    ) -> Result<Claim, StoreError> {
        use idempotency_key::{ActiveModel, Column, Entity};
        let key = &stored_key(&self.caller, key);
        let tx = self.begin().await?;
        Entity::delete_many()
            .filter(Column::CreatedAt.lt(now - TimeDelta::hours(KEY_KEPT_HOURS)))
            .exec(&tx)
            .await?;
        let request = sha256(request);
        let row = Entity::find_by_id(key.to_owned()).one(&tx).await?;
        let needed = row
            .as_ref()
            .and_then(|it| it.permission.as_deref())
            .map(role_of);
        if let Some(known) = row.and_then(|row| claim_of_row(row, &request, now)) {
            tx.commit().await?;
            return match needed {
                Some(role) if role > self.caller.role => Err(StoreError::NeedsRole(role)),
                _ => Ok(known),
            };
        }
        // The existing row is of a request that was never executed.
        Entity::delete_by_id(key.to_owned()).exec(&tx).await?;
        let row = ActiveModel {
            key: Set(key.to_owned()),
            request_sha256: Set(request),
            batch_id: NotSet,
            status: NotSet,
            location: NotSet,
            etag: NotSet,
            body: NotSet,
            permission: NotSet,
            created_at: Set(now),
        };
        Entity::insert(row).exec_without_returning(&tx).await?;
        tx.commit().await?;
        Ok(Claim::New(Box::new(Self {
            idempotency_key: Some(key.to_owned()),
            ..self.clone()
        })))
    }

    /// Stores the response of the request that claimed the key.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn store_response(
        &self,
        key: &str,
        response: StoredResponse,
    ) -> Result<(), StoreError> {
        use idempotency_key::{Column, Entity};
        let key = stored_key(&self.caller, key);
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

    /// Frees a key under which nothing was executed. An executed key is kept.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn release_key(&self, key: &str) -> Result<(), StoreError> {
        use idempotency_key::{Column, Entity};
        let key = stored_key(&self.caller, key);
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

/// Marks a key as executed, in the transaction of the change.
pub async fn mark_executed(
    tx: &DatabaseTransaction,
    key: &str,
    batch: &BatchId,
    permission: Permission,
) -> Result<(), StoreError> {
    use idempotency_key::{Column, Entity};
    Entity::update_many()
        .col_expr(Column::BatchId, Expr::val(batch.0.clone()))
        .col_expr(Column::Permission, Expr::val(permission.as_str()))
        .filter(Column::Key.eq(key))
        .exec(tx)
        .await?;
    Ok(())
}

/// A key as it is stored: the owner (user and token), a line break, the key. A key is visible ASCII, so it has no line break.
fn stored_key(caller: &Caller, key: &str) -> String {
    match caller.key_owner() {
        Some(owner) => format!("{owner}\n{key}"),
        None => key.to_owned(),
    }
}

/// The role that a change under a key needed. A word that is unknown needs the highest.
fn role_of(permission: &str) -> Role {
    permission.parse().map_or(Role::Admin, Permission::role)
}

/// What an existing row means for this request; none if its request was never executed.
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
