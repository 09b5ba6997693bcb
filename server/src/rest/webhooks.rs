//! REST: webhooks (R62). List, read, create, update, delete, test; their deliveries, and a replay. The secret of a webhook is told
//! once: an idempotency key keeps of that answer the id alone.
use super::{
    dto::{
        enums::{HookEventSchema, WebhookKindSchema},
        webhooks::{Delivery, NewWebhookAnswer, Webhook},
    },
    extract::{Id, JsonBody, Patch, QueryString, Reader, Writer},
    page::{self, List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{
    event::Changed,
    id::{ClusterId, ReleaseId, WebhookId},
    webhook::{self, WebhookDraft},
};
use axum::{Json, http::StatusCode};
use serde::Deserialize;
use utoipa::ToSchema;

/// A webhook to be created.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewWebhook {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    #[serde(default)]
    #[schema(value_type = WebhookKindSchema, required = true)]
    kind: String,
    /// An address to post to; of `email` mail addresses, separated by commas.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 2000)]
    target: String,
    /// At least one, and not `test`.
    #[serde(default)]
    #[schema(value_type = Vec<HookEventSchema>, required = true, min_items = 1)]
    events: Vec<String>,
    /// Null is every release.
    release_id: Option<i64>,
    /// At least one; null is every cluster.
    cluster_ids: Option<Vec<i64>>,
    /// True if it is left out.
    is_active: Option<bool>,
}

impl From<NewWebhook> for WebhookDraft {
    fn from(body: NewWebhook) -> Self {
        Self {
            name: body.name,
            kind: body.kind,
            target: body.target,
            events: body.events,
            release_id: body.release_id.map(ReleaseId),
            cluster_ids: body
                .cluster_ids
                .map(|ids| ids.into_iter().map(ClusterId).collect()),
            is_active: body.is_active.unwrap_or(true),
        }
    }
}

/// What to change of a webhook; what is left out stays. The kind cannot be changed.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookPatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = WebhookKindSchema, required = false)]
    kind: Patch<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 2000)]
    target: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Vec<HookEventSchema>, required = false, min_items = 1)]
    events: Patch<Vec<String>>,
    /// Null is every release.
    #[serde(default)]
    #[schema(value_type = Option<i64>)]
    release_id: Patch<i64>,
    /// Null is every cluster.
    #[serde(default)]
    #[schema(value_type = Option<Vec<i64>>)]
    cluster_ids: Patch<Vec<i64>>,
    #[serde(default)]
    #[schema(value_type = bool, required = false)]
    is_active: Patch<bool>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

impl WebhookPatch {
    fn apply_to(self, present: WebhookDraft) -> WebhookDraft {
        WebhookDraft {
            name: self.name.apply_to(present.name),
            kind: self.kind.apply_to(present.kind),
            target: self.target.apply_to(present.target),
            events: self.events.apply_to(present.events),
            release_id: match self.release_id {
                Patch::Absent => present.release_id,
                Patch::Null => None,
                Patch::Value(id) => Some(ReleaseId(id)),
            },
            cluster_ids: match self.cluster_ids {
                Patch::Absent => present.cluster_ids,
                Patch::Null => None,
                Patch::Value(ids) => Some(ids.into_iter().map(ClusterId).collect()),
            },
            is_active: self.is_active.apply_to(present.is_active),
        }
    }
}

/// Webhooks by name.
#[utoipa::path(get, path = "/api/webhooks", tag = "webhooks", params(PageQuery),
    responses((status = 200, description = "A page of webhooks", body = List<Webhook>)))]
pub async fn list_webhooks(
    Reader(store): Reader,
    QueryString(page): QueryString<PageQuery>,
) -> Result<Json<List<Webhook>>, Problem> {
    let rows = store.webhooks().await?;
    Ok(Json(List::select(rows, &page, |it| it.hook.id.0)?))
}

/// One webhook.
#[utoipa::path(get, path = "/api/webhooks/{id}", tag = "webhooks",
    params(("id" = i64, Path, description = "The webhook's id")),
    responses((status = 200, description = "The webhook", body = Webhook)))]
pub async fn read_webhook(Reader(store): Reader, Id(id): Id<WebhookId>) -> RestResponse {
    let row = store.webhook(id).await?;
    let version = row.version;
    Ok(response::row(version, &Webhook::from(row)))
}

/// Creates a webhook. The answer tells its secret, this once.
#[utoipa::path(post, path = "/api/webhooks", tag = "webhooks", request_body = NewWebhook,
    responses((status = 201, description = "The new webhook", body = NewWebhookAnswer)))]
pub async fn create_webhook(caller: Writer, JsonBody(body): JsonBody<NewWebhook>) -> RestResponse {
    let store = &caller.store;
    let Changed { row, batch_id } = store.create_webhook(body.into(), caller.stamp).await?;
    let webhook::CreatedWebhook { hook, secret } = row;
    let (location, version) = (format!("/api/webhooks/{}", hook.id), hook.version);
    let made = NewWebhookAnswer {
        row: hook.into(),
        secret,
    };
    Ok(response::created(&location, version, &made, batch_id))
}

/// Changes some fields of a webhook. Switched off, it gives up what waits.
#[utoipa::path(patch, path = "/api/webhooks/{id}", tag = "webhooks", request_body = WebhookPatch,
    params(("id" = i64, Path, description = "The webhook's id")),
    responses((status = 200, description = "The webhook as it is now", body = Webhook)))]
pub async fn update_webhook(
    Id(id): Id<WebhookId>,
    caller: Writer,
    JsonBody(patch): JsonBody<WebhookPatch>,
) -> RestResponse {
    let present = caller.store.webhook(id).await?;
    let version = caller.require_version(patch.version)?;
    let draft = patch.apply_to(present.into());
    let store = &caller.store;
    let changed = store
        .update_webhook(id, draft, version, caller.stamp)
        .await?;
    let Changed { row, batch_id } = changed;
    let version = row.version;
    Ok(response::changed(version, &Webhook::from(row), batch_id))
}

/// Deletes a webhook with its deliveries.
#[utoipa::path(delete, path = "/api/webhooks/{id}", tag = "webhooks",
    params(("id" = i64, Path, description = "The webhook's id")),
    responses((status = 204, description = "It is deleted")))]
pub async fn delete_webhook(Id(id): Id<WebhookId>, caller: Writer) -> RestResponse {
    caller.store.delete_webhook(id, caller.stamp).await?;
    Ok(response::no_content(None))
}

/// Sends a message of the type `test`, also to a webhook that is switched off.
#[utoipa::path(post, path = "/api/webhooks/{id}/test", tag = "webhooks",
    params(("id" = i64, Path, description = "The webhook's id")),
    responses((status = 202, description = "The delivery, which is to be sent", body = Delivery)))]
pub async fn send_test_message(Id(id): Id<WebhookId>, caller: Writer) -> RestResponse {
    let row = caller.store.test_webhook(id, caller.stamp).await?;
    Ok(accepted(row))
}

/// The deliveries of a webhook, newest first. They are kept for 30 days.
#[utoipa::path(get, path = "/api/webhooks/{id}/deliveries", tag = "webhooks",
    params(("id" = i64, Path, description = "The webhook's id"), PageQuery),
    responses((status = 200, description = "A page of deliveries", body = List<Delivery>)))]
pub async fn list_deliveries(
    Id(id): Id<WebhookId>,
    Reader(store): Reader,
    QueryString(page): QueryString<PageQuery>,
) -> Result<Json<List<Delivery>>, Problem> {
    let page = page::parse_page(page.limit.as_deref(), page.cursor.as_deref())?;
    Ok(Json(List::from_rows(store.deliveries(id, page).await?)))
}

/// Sends a delivery again, under the same message id.
#[utoipa::path(post, path = "/api/webhooks/{id}/deliveries/{n}/replay", tag = "webhooks",
    params(("id" = i64, Path, description = "The webhook's id"), ("n" = i64, Path, description = "The delivery's number")),
    responses((status = 202, description = "The delivery, which is to be sent", body = Delivery)))]
pub async fn replay_delivery(Id((id, n)): Id<(WebhookId, i64)>, caller: Writer) -> RestResponse {
    let now = caller.stamp.at;
    let row = caller.store.replay_delivery(id, n, now).await?;
    Ok(accepted(row))
}

/// 202: a delivery that waits.
fn accepted(row: webhook::Delivery) -> axum::response::Response {
    let mut response = response::ok(&Delivery::from(row), None);
    *response.status_mut() = StatusCode::ACCEPTED;
    response
}
