//! Idempotency keys: a client sends a key with a POST, and a repetition with the same key gets the stored response
//! instead of creating a second row.
//!
//! A key is claimed in a transaction of its own. The change then marks it as executed within the change's own
//! transaction, so that a crash cannot separate the two. The response is stored after the commit, because only the
//! HTTP layer knows it. If the process dies in between, the work is done and the response lost; a repetition is told
//! so. What makes one change at most claims its key with the change itself, which costs no transaction before it.
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

/// The key that the change of a request is recorded under.
#[derive(Clone, Debug)]
pub struct RequestKey {
    /// As it is stored.
    key: String,
    /// What identifies the request, if its change is to claim the key.
    unclaimed: Option<String>,
}

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
    /// A new key. Make the change through this handle, then call `store_response`, or `release_key` if nothing was changed and the key was
    /// claimed.
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
        use idempotency_key::Entity;
        let key = stored_key(&self.caller, key);
        let tx = self.begin().await?;
        delete_expired(&tx, now).await?;
        let request = sha256(request);
        let lost_after = TimeDelta::seconds(EXECUTION_TIMEOUT_SECONDS);
        let row = Entity::find_by_id(key.as_str()).one(&tx).await?;
        if let Some(known) = self.known_claim(row, &request, now, lost_after)? {
            tx.commit().await?;
            return Ok(known);
        }
        // The existing row is of a request that was never executed.
        Entity::delete_by_id(key.as_str()).exec(&tx).await?;
        put_key(&tx, &key, request, None, now).await?;
        tx.commit().await?;
        Ok(self.under_key(key, None))
    }

    /// What is known of the key of a request that makes one change at most. The change claims a new key itself, so that asking costs one
    /// read; of two requests with it that run at once one changes something. A response that was not stored yet is called lost. Errors: a
    /// role that is too low by now.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn key_of_change(
        &self,
        key: &str,
        request: &str,
        now: DateTime<Utc>,
    ) -> Result<Claim, StoreError> {
        let key = stored_key(&self.caller, key);
        let request = sha256(request);
        let row = idempotency_key::Entity::find_by_id(key.as_str())
            .one(&self.read)
            .await?
            .filter(|it| is_kept(it, now));
        let known = self.known_claim(row, &request, now, TimeDelta::zero())?;
        Ok(known.unwrap_or_else(|| self.under_key(key, Some(request))))
    }

    /// What an existing row means for this request; none if its request was never executed. After `lost_after` a response that is not there
    /// is lost. Errors: a role that is too low by now.
    fn known_claim(
        &self,
        row: Option<idempotency_key::Model>,
        request: &str,
        now: DateTime<Utc>,
        lost_after: TimeDelta,
    ) -> Result<Option<Claim>, StoreError> {
        let Some(row) = row else {
            return Ok(None);
        };
        let needed = row.permission.as_deref().map(role_of);
        let known = claim_of_row(row, request, now, lost_after);
        match needed.filter(|_| known.is_some()) {
            Some(role) if role > self.caller.role => Err(StoreError::NeedsRole(role)),
            _ => Ok(known),
        }
    }

    fn under_key(&self, key: String, unclaimed: Option<String>) -> Claim {
        Claim::New(Box::new(Self {
            idempotency_key: Some(RequestKey { key, unclaimed }),
            ..self.clone()
        }))
    }

    /// Stores the response of the request that claimed the key, itself or by its change. Without a change there may be no such key. Also
    /// deletes expired keys.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn store_response(
        &self,
        key: &str,
        response: StoredResponse,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        use idempotency_key::{Column, Entity};
        let key = stored_key(&self.caller, key);
        let tx = self.begin().await?;
        delete_expired(&tx, now).await?;
        Entity::update_many()
            .col_expr(Column::Status, Expr::val(i32::from(response.status)))
            .col_expr(Column::Location, Expr::val(response.location))
            .col_expr(Column::Etag, Expr::val(response.etag))
            .col_expr(Column::Body, Expr::val(response.body))
            .filter(Column::Key.eq(key))
            // Of two that ran at once the first answer stays.
            .filter(Column::Status.is_null())
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

async fn delete_expired(tx: &DatabaseTransaction, now: DateTime<Utc>) -> Result<(), StoreError> {
    use idempotency_key::{Column, Entity};
    Entity::delete_many()
        .filter(Column::CreatedAt.lt(now - TimeDelta::hours(KEY_KEPT_HOURS)))
        .exec(tx)
        .await?;
    Ok(())
}

fn is_kept(row: &idempotency_key::Model, now: DateTime<Utc>) -> bool {
    now - row.created_at <= TimeDelta::hours(KEY_KEPT_HOURS)
}

/// Writes a key. `executed` is the change of its request, once there is one.
async fn put_key(
    tx: &DatabaseTransaction,
    key: &str,
    request: String,
    executed: Option<(&BatchId, Permission)>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use idempotency_key::{ActiveModel, Entity};
    let (batch, permission) = executed.unzip();
    let row = ActiveModel {
        key: Set(key.to_owned()),
        request_sha256: Set(request),
        batch_id: Set(batch.map(|it| it.0.clone())),
        status: NotSet,
        location: NotSet,
        etag: NotSet,
        body: NotSet,
        permission: Set(permission.map(|it| it.as_str().to_owned())),
        created_at: Set(now),
    };
    Entity::insert(row).exec_without_returning(tx).await?;
    Ok(())
}

/// Marks a key as executed, in the transaction of the change, which claims it if nobody has. Errors: another request with the key was
/// executed meanwhile.
pub async fn mark_executed(
    tx: &DatabaseTransaction,
    RequestKey { key, unclaimed }: &RequestKey,
    batch: &BatchId,
    permission: Permission,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    use idempotency_key::{Column, Entity};
    if let Some(request) = unclaimed {
        if let Some(row) = Entity::find_by_id(key.as_str()).one(tx).await? {
            if row.batch_id.is_some() && is_kept(&row, now) {
                return Err(StoreError::Busy);
            }
            Entity::delete_by_id(key.as_str()).exec(tx).await?;
        }
        let executed = Some((batch, permission));
        return put_key(tx, key, request.clone(), executed, now).await;
    }
    Entity::update_many()
        .col_expr(Column::BatchId, Expr::val(batch.0.clone()))
        .col_expr(Column::Permission, Expr::val(permission.as_str()))
        .filter(Column::Key.eq(key.as_str()))
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

fn claim_of_row(
    row: idempotency_key::Model,
    request: &str,
    now: DateTime<Utc>,
    lost_after: TimeDelta,
) -> Option<Claim> {
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
        (_, _, Some(batch)) => Some(if now - row.created_at < lost_after {
            Claim::InProgress
        } else {
            Claim::ResponseLost(BatchId(batch))
        }),
        _ if now - row.created_at < TimeDelta::seconds(EXECUTION_TIMEOUT_SECONDS) => {
            Some(Claim::InProgress)
        }
        _ => None,
    }
}
