//! Deliveries as the sender works on them (R62): it claims some by a lease, tries them, and says what became of each. A sender that
//! dies loses nothing: its leases end, and the messages are sent again under the same id.
use crate::domain::{
    hook_message::HookMessage,
    id::WebhookId,
    webhook::{ANSWER_KEPT_BYTES, DELIVERIES_KEPT_DAYS, DeliveryState, HookEvent, WebhookKind},
};
use crate::store::{
    Database,
    engine::sought,
    entity::{parse_word, webhook, webhook_delivery},
    error::{StoreError, chain},
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, QueryFilter,
    QueryOrder, QuerySelect, Select,
    sea_query::{Condition, Expr},
};
use std::{collections::HashMap, fmt};
use webhook_delivery::Column;

/// Messages to one hook that are tried at once: a receiver that is slow must leave room for those of the others.
const TRIES_OF_A_HOOK: u64 = 4;
/// Waiting deliveries whose times are looked at: more than a sender claims at once.
const LOOKED_AT_MAX: u64 = 200;

/// A delivery that the sender has until its lease ends.
#[derive(Clone)]
pub struct ClaimedDelivery {
    pub n: i64,
    pub webhook_id: WebhookId,
    /// The same for all tries.
    pub message_id: String,
    pub event: HookEvent,
    pub kind: WebhookKind,
    pub target: String,
    /// Encrypted; none of a kind that is not signed.
    pub secret: Option<Vec<u8>>,
    pub message: HookMessage,
    /// Tries so far.
    pub tries: u32,
    /// Since when it is due. A replay during the try changes that.
    pub due_at: Option<DateTime<Utc>>,
}

/// Without secret and target, which may be one too.
impl fmt::Debug for ClaimedDelivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ClaimedDelivery {{ n: {}, .. }}", self.n)
    }
}

/// What became of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryOutcome {
    /// The receiver took it.
    Delivered {
        status: Option<u16>,
        answer: Option<String>,
        /// Which addresses of a mail were refused, if it went to others.
        error: Option<String>,
    },
    /// It is tried again.
    Failed {
        status: Option<u16>,
        answer: Option<String>,
        error: String,
        next_at: DateTime<Utc>,
    },
    /// It was tried for long enough.
    GivenUp {
        status: Option<u16>,
        answer: Option<String>,
        error: String,
    },
    /// The receiver is gone (410), or the secret cannot be read: the hook is switched off, and says why.
    SwitchOff {
        status: Option<u16>,
        answer: Option<String>,
        error: String,
    },
}

/// The part of a text that a delivery keeps, without NUL, which `PostgreSQL` refuses.
fn kept(text: &str) -> String {
    let text = sought(text);
    let end = text.floor_char_boundary(ANSWER_KEPT_BYTES);
    text[..end].to_owned()
}

/// The deliveries that wait, the oldest first. Of a hook that is switched off only those wait that were asked for since: a test, or
/// a replay.
fn waiting() -> Select<webhook_delivery::Entity> {
    webhook_delivery::Entity::find()
        .filter(Column::NextAt.is_not_null())
        .order_by_asc(Column::NextAt)
        .order_by_asc(Column::Id)
}

/// Whether a delivery is due and no sender has it.
fn is_due(now: DateTime<Utc>) -> Condition {
    let is_free = Condition::any()
        .add(Column::LeaseUntil.is_null())
        .add(Column::LeaseUntil.lte(now));
    Condition::all().add(Column::NextAt.lte(now)).add(is_free)
}

/// How many messages of each hook are being tried, by whatever sender.
async fn tried_now(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
) -> Result<HashMap<i64, u64>, DbErr> {
    let tried: Vec<i64> = webhook_delivery::Entity::find()
        .select_only()
        .column(Column::WebhookId)
        // By the index: what is tried was due.
        .filter(Column::NextAt.lte(now))
        .filter(Column::LeaseUntil.gt(now))
        .into_tuple()
        .all(db)
        .await?;
    let mut counts: HashMap<i64, u64> = HashMap::new();
    for hook in tried {
        *counts.entry(hook).or_default() += 1;
    }
    Ok(counts)
}

/// The hooks of which no more is tried at once.
fn full(tried: &HashMap<i64, u64>) -> Vec<i64> {
    let full = tried.iter().filter(|it| *it.1 >= TRIES_OF_A_HOOK);
    full.map(|it| *it.0).collect()
}

/// Up to `n` deliveries that are due, the oldest first, and of each hook only as many as may be tried at once.
async fn due(
    db: &impl ConnectionTrait,
    now: DateTime<Utc>,
    n: u64,
) -> Result<Vec<webhook_delivery::Model>, DbErr> {
    let tried = tried_now(db, now).await?;
    let hooks: Vec<i64> = webhook_delivery::Entity::find()
        .select_only()
        .column(Column::WebhookId)
        .filter(is_due(now))
        .filter(Column::WebhookId.is_not_in(full(&tried)))
        .group_by(Column::WebhookId)
        .into_tuple()
        .all(db)
        .await?;
    let mut rows: Vec<webhook_delivery::Model> = Vec::new();
    for hook in hooks {
        let room = TRIES_OF_A_HOOK.saturating_sub(tried.get(&hook).copied().unwrap_or_default());
        let of_hook = waiting()
            .filter(is_due(now))
            .filter(Column::WebhookId.eq(hook))
            .limit(room);
        rows.extend(of_hook.all(db).await?);
    }
    rows.sort_by_key(|it| (it.next_at, it.id));
    rows.truncate(usize::try_from(n).unwrap_or(usize::MAX));
    Ok(rows)
}

impl Database {
    /// Claims up to `n` deliveries that are due, the oldest first. Until `lease_until` no other sender gets them. Of one hook only
    /// four are tried at once, so that one that is slow holds up no other.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn claim_deliveries(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
        n: u64,
    ) -> Result<Vec<ClaimedDelivery>, StoreError> {
        // Most calls find nothing to do, without the writer.
        if due(&self.read, now, 1).await?.is_empty() {
            return Ok(Vec::new());
        }
        let tx = self.begin().await?;
        let rows = due(&tx, now, n).await?;
        let ids: Vec<i64> = rows.iter().map(|it| it.id).collect();
        webhook_delivery::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::val(Some(lease_until)))
            .filter(Column::Id.is_in(ids))
            .exec(&tx)
            .await?;
        let hooks = hooks_of(&tx, &rows).await?;
        tx.commit().await?;
        let claimed = rows.into_iter().filter_map(|row| {
            let (id, hook) = (row.id, hooks.get(&row.webhook_id)?);
            let claimed = claimed(row, hook);
            // One that cannot be read must not keep the others back.
            let log = |error: &StoreError| {
                tracing::error!(id, error = %chain(error), "a delivery cannot be read");
            };
            claimed.inspect_err(log).ok()
        });
        Ok(claimed.collect())
    }

    /// Writes what became of a try, and ends the lease. `SwitchOff` gives the message up here; the hook itself is switched off by
    /// `switch_off_webhook`. If somebody asked for a replay since the message was claimed (`due_at`), only the lease ends: it is sent
    /// again.
    #[tracing::instrument(level = "debug", skip_all, fields(id = n))]
    pub async fn finish_delivery(
        &self,
        webhook_id: WebhookId,
        n: i64,
        due_at: Option<DateTime<Utc>>,
        outcome: DeliveryOutcome,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (state, status, answer, error, next_at) = match outcome {
            DeliveryOutcome::Delivered {
                status,
                answer,
                error,
            } => (DeliveryState::Delivered, status, answer, error, None),
            DeliveryOutcome::Failed {
                status,
                answer,
                error,
                next_at,
            } => {
                let next_at = Some(next_at);
                (DeliveryState::Failed, status, answer, Some(error), next_at)
            }
            DeliveryOutcome::GivenUp {
                status,
                answer,
                error,
            } => (DeliveryState::GivenUp, status, answer, Some(error), None),
            DeliveryOutcome::SwitchOff {
                status,
                answer,
                error,
            } => {
                // Before this row is written: it gives up all that waits.
                self.switch_off_webhook(webhook_id, &error, now).await?;
                (DeliveryState::GivenUp, status, answer, Some(error), None)
            }
        };
        let tx = self.begin().await?;
        // A hook that was switched off since tries nothing again.
        let is_off = next_at.is_some() && !is_active(&tx, webhook_id).await?;
        let (state, next_at) = if is_off {
            (DeliveryState::GivenUp, None)
        } else {
            (state, next_at)
        };
        // What was given up since is due no more, and is told as it went.
        let is_as_claimed = Condition::any()
            .add(Column::NextAt.eq(due_at))
            .add(Column::NextAt.is_null());
        let written = webhook_delivery::Entity::update_many()
            .col_expr(Column::State, Expr::val(state.as_str()))
            .col_expr(Column::Status, Expr::val(status.map(i32::from)))
            .col_expr(Column::Answer, Expr::val(answer.as_deref().map(kept)))
            .col_expr(Column::Error, Expr::val(error.as_deref().map(kept)))
            .col_expr(Column::NextAt, Expr::val(next_at))
            .col_expr(Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>))
            .col_expr(Column::Tries, Expr::col(Column::Tries).add(1))
            .filter(Column::Id.eq(n))
            .filter(Column::WebhookId.eq(webhook_id.0))
            .filter(is_as_claimed)
            .exec(&tx)
            .await?;
        if written.rows_affected == 0 {
            webhook_delivery::Entity::update_many()
                .col_expr(Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>))
                .filter(Column::Id.eq(n))
                .exec(&tx)
                .await?;
        }
        tx.commit().await?;
        Ok(())
    }

    /// Ends all leases, so that what a sender had when it died is sent at once. To be called at the start, before this process
    /// sends. A message that another server is sending may arrive twice, under the same id. Answers how many there were.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn take_back_leases(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let tx = self.begin().await?;
        let done = webhook_delivery::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::val(None::<DateTime<Utc>>))
            .filter(Column::LeaseUntil.gt(now))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected)
    }

    /// When the next delivery is due, or the next lease ends; none if nothing waits. What waits for another message to the same
    /// hook is left out: the end of that try tells.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn next_delivery_at(
        &self,
        now: DateTime<Utc>,
    ) -> Result<Option<DateTime<Utc>>, StoreError> {
        let tried = tried_now(&self.read, now).await?;
        let first = waiting()
            .filter(Column::WebhookId.is_not_in(full(&tried)))
            .select_only()
            .columns([Column::NextAt, Column::LeaseUntil])
            .limit(LOOKED_AT_MAX)
            .into_tuple::<(Option<DateTime<Utc>>, Option<DateTime<Utc>>)>()
            .all(&self.read)
            .await?;
        Ok(first
            .into_iter()
            .filter_map(|(next, lease)| Ord::max(next, lease))
            .min())
    }

    /// Deletes deliveries that are older than 30 days. Answers how many.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn delete_old_deliveries(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let tx = self.begin().await?;
        let done = webhook_delivery::Entity::delete_many()
            .filter(Column::CreatedAt.lt(now - TimeDelta::days(DELIVERIES_KEPT_DAYS)))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected)
    }
}

async fn is_active(db: &impl ConnectionTrait, hook: WebhookId) -> Result<bool, DbErr> {
    let found = webhook::Entity::find_by_id(hook.0).one(db).await?;
    Ok(found.is_some_and(|it| it.is_active))
}

/// Gives up what waits of a hook that is switched off, with the reason.
pub async fn give_up_waiting(
    tx: &DatabaseTransaction,
    hook: WebhookId,
    reason: &str,
) -> Result<(), DbErr> {
    webhook_delivery::Entity::update_many()
        .col_expr(Column::State, Expr::val(DeliveryState::GivenUp.as_str()))
        .col_expr(Column::Error, Expr::val(Some(kept(reason))))
        .col_expr(Column::NextAt, Expr::val(None::<DateTime<Utc>>))
        .filter(Column::WebhookId.eq(hook.0))
        .filter(Column::NextAt.is_not_null())
        .exec(tx)
        .await?;
    Ok(())
}

/// The hooks of these deliveries.
async fn hooks_of(
    db: &impl ConnectionTrait,
    rows: &[webhook_delivery::Model],
) -> Result<HashMap<i64, webhook::Model>, DbErr> {
    let ids = rows.iter().map(|it| it.webhook_id);
    let hooks = webhook::Entity::find()
        .filter(webhook::Column::Id.is_in(ids))
        .all(db)
        .await?;
    Ok(hooks.into_iter().map(|it| (it.id, it)).collect())
}

fn claimed(
    row: webhook_delivery::Model,
    hook: &webhook::Model,
) -> Result<ClaimedDelivery, StoreError> {
    const TABLE: &str = "webhook_deliveries";
    let message = serde_json::from_str(&row.message);
    Ok(ClaimedDelivery {
        n: row.id,
        webhook_id: WebhookId(row.webhook_id),
        message_id: row.message_id,
        event: parse_word(TABLE, &row.event)?,
        kind: parse_word("webhooks", &hook.kind)?,
        target: hook.target.clone(),
        secret: hook.secret.clone(),
        message: message.map_err(|error| StoreError::corrupt(TABLE, error))?,
        tries: u32::try_from(row.tries).unwrap_or_default(),
        due_at: row.next_at,
    })
}
