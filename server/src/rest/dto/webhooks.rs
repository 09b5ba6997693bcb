//! DTOs of webhooks and their deliveries. None has a secret but that of a hook that was just made.
use super::enums::{DeliveryStateSchema, HookEventSchema, WebhookKindSchema};
use app::domain::webhook::{self, DeliveryState, HookEvent, WebhookKind};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// Where messages about changes go.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    pub id: i64,
    pub name: String,
    #[schema(value_type = WebhookKindSchema)]
    pub kind: WebhookKind,
    /// An address to post to; of `email` mail addresses, separated by commas.
    pub target: String,
    #[schema(value_type = Vec<HookEventSchema>)]
    pub events: Vec<HookEvent>,
    /// Null is every release.
    pub release_id: Option<i64>,
    /// Null is every cluster.
    pub cluster_ids: Option<Vec<i64>>,
    pub is_active: bool,
    /// Why it was switched off, if that was not a person.
    pub off_reason: Option<String>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<webhook::Webhook> for Webhook {
    fn from(row: webhook::Webhook) -> Self {
        let webhook::Webhook {
            id,
            name,
            kind,
            target,
            events,
            release_id,
            cluster_ids,
            is_active,
            off_reason,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id: id.0,
            name,
            kind,
            target,
            events: events.into_iter().collect(),
            release_id: release_id.map(|it| it.0),
            cluster_ids: cluster_ids.map(|ids| ids.into_iter().map(|it| it.0).collect()),
            is_active,
            off_reason,
            version,
            created_at,
            updated_at,
        }
    }
}

impl From<webhook::WebhookRow> for Webhook {
    fn from(row: webhook::WebhookRow) -> Self {
        row.hook.into()
    }
}

/// A webhook that was just made, with its secret, which is told this once.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhookAnswer {
    #[serde(flatten)]
    pub row: Webhook,
    /// The secret that signs its messages; null for the kinds that are not signed.
    pub secret: Option<String>,
}

/// A message to a webhook, and what became of it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Delivery {
    /// Its number, by which it is replayed.
    pub n: i64,
    /// The same for all tries, and after a replay: the header `webhook-id`.
    pub message_id: String,
    #[schema(value_type = HookEventSchema)]
    pub event: HookEvent,
    #[schema(value_type = DeliveryStateSchema)]
    pub state: DeliveryState,
    /// Tries since it was made, or replayed.
    pub tries: u32,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// When it is tried next.
    pub next_at: Option<DateTime<Utc>>,
    /// The HTTP status of the last answer.
    pub status: Option<u16>,
    /// The first kilobyte of the last answer.
    pub answer: Option<String>,
    /// Why the last try failed; of a delivered mail, which of its addresses were refused.
    pub error: Option<String>,
}

impl From<webhook::Delivery> for Delivery {
    fn from(row: webhook::Delivery) -> Self {
        let webhook::Delivery {
            n,
            message_id,
            event,
            state,
            tries,
            at,
            next_at,
            status,
            answer,
            error,
        } = row;
        Self {
            n,
            message_id,
            event,
            state,
            tries,
            at,
            next_at,
            status,
            answer,
            error,
        }
    }
}
