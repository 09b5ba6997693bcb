//! Responses of successful requests: a row with its ETag, the batch id by which a change can be undone, and the location of a
//! new row.
use super::{etag, problem::Problem};
use app::domain::id::BatchId;
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// What a handler returns.
pub type RestResponse = Result<Response, Problem>;

/// The id of the batch that a change wrote; absent if nothing was changed.
pub const BATCH_HEADER: HeaderName = HeaderName::from_static("x-rollcall-batch");

fn set_header(response: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(name, value);
    }
}

fn with_batch(mut response: Response, batch: Option<BatchId>) -> Response {
    if let Some(batch) = batch {
        set_header(&mut response, BATCH_HEADER, &batch.0);
    }
    response
}

/// 200: one row.
pub fn row(version: i64, row: &impl Serialize) -> Response {
    let mut response = Json(row).into_response();
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag::from_version(version));
    response
}

/// 200: a row together with what is computed from other rows.
pub fn view(version: i64, view: &impl Serialize) -> Response {
    let Ok(body) = serde_json::to_vec(view) else {
        return Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR).into_response();
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/json"),
        ),
        (header::ETAG, etag::from_view(version, &body)),
    ];
    (headers, body).into_response()
}

/// 200: a row after a change. Without a batch nothing was changed.
pub fn changed(version: i64, row: &impl Serialize, batch: Option<BatchId>) -> Response {
    with_batch(self::row(version, row), batch)
}

/// 201: a new row.
pub fn created(
    location: &str,
    version: i64,
    row: &impl Serialize,
    batch: Option<BatchId>,
) -> Response {
    let mut response = changed(version, row, batch);
    *response.status_mut() = StatusCode::CREATED;
    set_header(&mut response, header::LOCATION, location);
    response
}

/// 200: a result that is not one row.
pub fn ok(result: &impl Serialize, batch: Option<BatchId>) -> Response {
    with_batch(Json(result).into_response(), batch)
}

/// 204: the row was deleted or deactivated.
pub fn no_content(batch: Option<BatchId>) -> Response {
    with_batch(StatusCode::NO_CONTENT.into_response(), batch)
}
