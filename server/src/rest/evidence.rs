//! REST: evidence of a step (R74). List, read, add, delete. What is added is JSON (an output, a link), or a file as it is.
use super::{
    dto::evidence::Evidence,
    extract::{Id, JsonBody, QueryString, Reader, Writer, is_json, read_body},
    page::{List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use crate::output::attachment::attachment;
use app::{
    domain::{
        event::Changed,
        evidence::{EvidenceDraft, RefusedEvidence},
        id::{EvidenceId, StepId},
    },
    store::error::StoreError,
};
use axum::{
    Json,
    extract::{FromRequest, Request},
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The version of a piece, which is never edited.
const ONLY_VERSION: i64 = 1;
/// What a file may do in a browser that opens it: nothing.
pub const FILE_CONTENT_POLICY: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// The name of a file that is added.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct EvidenceQuery {
    /// Of a file; JSON has its own.
    #[param(max_length = 100)]
    name: Option<String>,
}

/// An output or a link to be added. A file is sent as it is, with its media type.
#[derive(Debug, Deserialize, ToSchema)]
pub struct EvidenceRequest {
    /// `output` or `link`.
    #[serde(default)]
    #[schema(required = true)]
    kind: String,
    /// Of an output: at most 1 MiB.
    #[serde(default)]
    #[schema(required = false)]
    text: String,
    /// Of a link.
    #[serde(default)]
    #[schema(required = false, max_length = 2000)]
    url: String,
    #[schema(max_length = 100)]
    name: Option<String>,
}

fn refused(error: RefusedEvidence) -> Problem {
    let text = error.to_string();
    match error {
        RefusedEvidence::Invalid(errors) => Problem::from(StoreError::from(errors)),
        RefusedEvidence::TooLarge(_) => Problem::new(StatusCode::PAYLOAD_TOO_LARGE, text),
        RefusedEvidence::OtherType => Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, text)
            .with_type("media-type", "A file of this type is not taken"),
    }
}

/// What a request wants to add.
async fn draft_of(request: Request, name: Option<String>) -> Result<EvidenceDraft, Problem> {
    if is_json(request.headers()) {
        let JsonBody(body) = JsonBody::<EvidenceRequest>::from_request(request, &()).await?;
        let name = body.name.or(name);
        let draft = match body.kind.as_str() {
            "output" => EvidenceDraft::output(&body.text, name.as_deref()),
            "link" => EvidenceDraft::link(&body.url, name.as_deref()),
            _ => return Err(Problem::invalid("kind", "Choose one of: output, link")),
        };
        return draft.map_err(refused);
    }
    let media_type = request.headers().get(header::CONTENT_TYPE);
    let media_type = media_type.and_then(|it| it.to_str().ok());
    let media_type = media_type.unwrap_or_default().to_owned();
    let body = read_body(request, &()).await?;
    EvidenceDraft::file(body.to_vec(), &media_type, name.as_deref()).map_err(refused)
}

/// The evidence of a step, oldest first.
#[utoipa::path(get, path = "/api/steps/{id}/evidence", tag = "steps",
    params(("id" = i64, Path, description = "The step's id"), PageQuery),
    responses((status = 200, description = "A page of evidence", body = List<Evidence>)))]
pub async fn list_evidence(
    Id(id): Id<StepId>,
    Reader(store): Reader,
    QueryString(page): QueryString<PageQuery>,
) -> Result<Json<List<Evidence>>, Problem> {
    let rows = store.evidence(id).await?;
    Ok(Json(List::select(rows, &page, |it| it.id.0)?))
}

/// Adds evidence to a step that was started: an output or a link as JSON, or a text or an image as it is. At most 1 MiB, and
/// five pieces a step.
#[utoipa::path(post, path = "/api/steps/{id}/evidence", tag = "steps", request_body = EvidenceRequest,
    params(("id" = i64, Path, description = "The step's id"), EvidenceQuery),
    responses((status = 201, description = "What was added", body = Evidence)))]
pub async fn add_evidence(
    Id(id): Id<StepId>,
    caller: Writer,
    QueryString(query): QueryString<EvidenceQuery>,
    request: Request,
) -> RestResponse {
    let draft = draft_of(request, query.name).await?;
    let Changed { row, batch_id } = caller.store.add_evidence(id, draft, caller.stamp).await?;
    let location = format!("/api/steps/{id}/evidence/{}", row.id);
    let row = Evidence::from(row);
    Ok(response::created(&location, ONLY_VERSION, &row, batch_id))
}

/// The bytes of a piece: a PNG, JPEG, GIF or WebP as an image, all else as a download.
#[utoipa::path(get, path = "/api/steps/{id}/evidence/{n}", tag = "steps",
    params(("id" = i64, Path, description = "The step's id"), ("n" = i64, Path, description = "The id of the piece")),
    responses((status = 200, description = "The bytes", content(
        (String = "text/plain"),
        (String = "image/png")
    ))))]
pub async fn read_evidence(
    Id((step, id)): Id<(StepId, EvidenceId)>,
    Reader(store): Reader,
) -> RestResponse {
    let (row, body) = store.evidence_file(step, id).await?;
    let is_image = row.is_image();
    let mut response: Response = if is_image {
        body.into_response()
    } else {
        attachment("application/octet-stream", &row.name, body)
    };
    let content_type = if is_image {
        row.content_type
    } else {
        format!("{}; charset=utf-8", row.content_type)
    };
    let headers = response.headers_mut();
    if let Ok(content_type) = HeaderValue::from_str(&content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let policy = HeaderValue::from_static(FILE_CONTENT_POLICY);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy);
    Ok(response)
}

/// Deletes a piece of evidence: who added it, or a manager. The history keeps its name, size and SHA-256.
#[utoipa::path(delete, path = "/api/steps/{id}/evidence/{n}", tag = "steps",
    params(("id" = i64, Path, description = "The step's id"), ("n" = i64, Path, description = "The id of the piece")),
    responses((status = 204, description = "It is deleted")))]
pub async fn delete_evidence(
    Id((step, id)): Id<(StepId, EvidenceId)>,
    caller: Writer,
) -> RestResponse {
    let done = caller.store.delete_evidence(step, id, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}
