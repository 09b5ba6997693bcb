//! REST: addresses that CI reports to (R63): list, make, delete; and the address itself, where the key is the authentication.
use super::{
    dto::incoming_hooks::{CiReportBody, IncomingHook, NewIncomingHook, ReportAnswer},
    extract::{Id, JsonBody, QueryString, Reader, RequestClient, Writer},
    page::{List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::{
    api::context::{Context, now},
    domain::{
        event::Changed,
        id::{IncomingHookId, ReleaseId, TemplateId},
        incoming_hook::{INCOMING_PATH, IncomingHookDraft, MadeIncomingHook},
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// An address to be made.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncomingHookRequest {
    /// Who a report will be by.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// Null is every step of the release.
    template_id: Option<i64>,
}

/// The addresses of a release, without their keys.
#[utoipa::path(get, path = "/api/releases/{id}/hooks", tag = "releases",
    params(("id" = i64, Path, description = "The release's id"), PageQuery),
    responses((status = 200, description = "A page of addresses", body = List<IncomingHook>)))]
pub async fn list_incoming_hooks(
    Id(id): Id<ReleaseId>,
    Reader(store): Reader,
    QueryString(page): QueryString<PageQuery>,
) -> Result<Json<List<IncomingHook>>, Problem> {
    let rows = store.incoming_hooks(id).await?;
    Ok(Json(List::select(rows, &page, |it| it.id.0)?))
}

/// Makes an address that CI reports to. The answer tells its key, this once.
#[utoipa::path(post, path = "/api/releases/{id}/hooks", tag = "releases", request_body = IncomingHookRequest,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 201, description = "The new address", body = NewIncomingHook)))]
pub async fn create_incoming_hook(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    client: RequestClient,
    headers: HeaderMap,
    JsonBody(body): JsonBody<IncomingHookRequest>,
) -> RestResponse {
    let draft = IncomingHookDraft {
        name: body.name,
        template_id: body.template_id.map(TemplateId),
    };
    let Changed { row, batch_id } = caller
        .store
        .create_incoming_hook(id, draft, caller.stamp)
        .await?;
    let MadeIncomingHook { hook, key } = row;
    let made = NewIncomingHook {
        row: hook.into(),
        url: format!("{}{INCOMING_PATH}/{key}", origin(&client, &headers)),
        key,
    };
    let mut response = response::ok(&made, batch_id);
    *response.status_mut() = StatusCode::CREATED;
    // A single one has no address, so the location is the list.
    if let Ok(location) = HeaderValue::from_str(&format!("/api/releases/{id}/hooks")) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// What the address begins with: as people open the server, if that was set, else as this request came. Empty if neither says.
fn origin(client: &RequestClient, headers: &HeaderMap) -> String {
    if let Some(url) = &client.settings.public_url {
        return url.clone();
    }
    let is_https = client.client.is_https;
    let scheme = if is_https { "https" } else { "http" };
    let host = headers.get(header::HOST).and_then(|it| it.to_str().ok());
    host.map_or_else(String::new, |it| format!("{scheme}://{it}"))
}

/// Deletes an address: nothing that is reported to it is taken any more.
#[utoipa::path(delete, path = "/api/hooks/{id}", tag = "releases",
    params(("id" = i64, Path, description = "The address's id")),
    responses((status = 204, description = "It is deleted")))]
pub async fn delete_incoming_hook(Id(id): Id<IncomingHookId>, caller: Writer) -> RestResponse {
    caller.store.delete_incoming_hook(id, caller.stamp).await?;
    Ok(response::no_content(None))
}

/// Takes a report of CI: `customer`, `step` and `status` (`started`, `done`, `failed`), with `url`, `output`, `reason` and `id`; or
/// what Jenkins' Notification plugin sends.
#[utoipa::path(post, path = "/api/hooks/in/{key}", tag = "releases", request_body = CiReportBody,
    params(("key" = String, Path, description = "The key of the address")),
    responses((status = 202, description = "It is taken", body = ReportAnswer)))]
pub async fn take_report(
    Id(key): Id<String>,
    State(context): State<Context>,
    JsonBody(body): JsonBody<Value>,
) -> RestResponse {
    taken(&context, &key, &body).await
}

/// The same with the key as `Authorization: Bearer`.
#[utoipa::path(post, path = "/api/hooks/in", tag = "releases", request_body = CiReportBody,
    responses((status = 202, description = "It is taken", body = ReportAnswer)))]
pub async fn take_report_by_header(
    State(context): State<Context>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<Value>,
) -> RestResponse {
    let value = headers.get(header::AUTHORIZATION);
    let value = value.and_then(|it| it.to_str().ok()).unwrap_or_default();
    let (scheme, key) = value.split_once(' ').unwrap_or_default();
    if !scheme.eq_ignore_ascii_case("bearer") {
        let text = "Send the key of the address: Authorization: Bearer";
        return Err(Problem::new(StatusCode::UNAUTHORIZED, text));
    }
    taken(&context, key.trim(), &body).await
}

async fn taken(context: &Context, key: &str, body: &Value) -> RestResponse {
    let report = context.database.take_report(key, body, now()).await?;
    let answer = ReportAnswer {
        changed: report.changed,
    };
    let mut response = response::ok(&answer, report.batch_id);
    *response.status_mut() = StatusCode::ACCEPTED;
    Ok(response)
}
