//! Server functions for webhooks and their deliveries (R62), for admins.
use crate::{
    domain::{
        event::Changed,
        id::WebhookId,
        webhook::{
            CreatedWebhook, Delivery, HookEvent, Webhook, WebhookDraft, WebhookKind, WebhookRow,
        },
    },
    error::AppError,
};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, Postcard},
};

/// All webhooks by name, each with its health. Errors: a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn list_webhooks() -> Result<Vec<WebhookRow>, AppError> {
    use super::context::{reply, store};
    reply(store()?.webhooks().await)
}

/// One webhook. Errors: not found; a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn read_webhook(id: WebhookId) -> Result<Webhook, AppError> {
    use super::context::{reply, store};
    reply(store()?.webhook(id).await)
}

/// Creates a webhook; its secret is in this answer alone. Errors: wrong fields; a target that is never called.
#[server(input = Json, output = Postcard)]
pub async fn create_webhook(draft: WebhookDraft) -> Result<Changed<CreatedWebhook>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.create_webhook(draft, stamp()?).await)
}

/// Replaces the details of a webhook. Errors: not found; wrong fields; a target that is never called; stale `version` (R3).
#[server(input = Json, output = Postcard)]
pub async fn update_webhook(
    id: WebhookId,
    draft: WebhookDraft,
    version: i64,
) -> Result<Changed<Webhook>, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.update_webhook(id, draft, version, stamp()?).await)
}

/// Deletes a webhook with its deliveries. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn delete_webhook(id: WebhookId) -> Result<(), AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.delete_webhook(id, stamp()?).await)
}

/// Sends a test message. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn test_webhook(id: WebhookId) -> Result<Delivery, AppError> {
    use super::context::{reply, stamp, store};
    reply(store()?.test_webhook(id, stamp()?).await)
}

/// The newest deliveries of a webhook. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn list_deliveries(id: WebhookId) -> Result<Vec<Delivery>, AppError> {
    use super::context::{reply, store};
    reply(store()?.newest_deliveries(id).await)
}

/// Sends a delivery again. Errors: not found.
#[server(input = Json, output = Postcard)]
pub async fn replay_delivery(id: WebhookId, n: i64) -> Result<Delivery, AppError> {
    use super::context::{now, reply, store};
    reply(store()?.replay_delivery(id, n, now()).await)
}

/// A message as it could be, in the form of this kind. Errors: a role that is too low.
#[server(input = Json, output = Postcard)]
pub async fn preview_message(kind: WebhookKind, event: HookEvent) -> Result<String, AppError> {
    use super::context::{preview_stamp, reply, store};
    let stamp = preview_stamp()?;
    reply(store()?.preview_message(kind, event, stamp).await)
}
