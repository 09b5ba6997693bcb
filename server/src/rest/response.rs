//! How answers leave: the row with its tag, the batch to undo a change by, and where a new row is.
use super::{etag, problem::Problem};
use app::domain::id::BatchId;
use axum::{
    Json,
    http::{HeaderName, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;

/// What a handler answers.
pub type RestResponse = Result<Response, Problem>;

pub const BATCH: HeaderName = HeaderName::from_static("x-rollcall-batch");

fn set(response: &mut Response, name: HeaderName, text: &str) {
    if let Ok(value) = HeaderValue::from_str(text) {
        response.headers_mut().insert(name, value);
    }
}

fn with_batch(mut response: Response, batch: Option<BatchId>) -> Response {
    if let Some(batch) = batch {
        set(&mut response, BATCH, &batch.0);
    }
    response
}

/// 200: one row.
pub fn row(version: i64, row: &impl Serialize) -> Response {
    let mut response = Json(row).into_response();
    let headers = response.headers_mut();
    headers.insert(header::ETAG, etag::of(version));
    response
}

/// 200: a row after a change. Without a batch nothing was changed.
pub fn changed(version: i64, row: &impl Serialize, batch: Option<BatchId>) -> Response {
    with_batch(self::row(version, row), batch)
}

/// 201: a new row, and where it is.
pub fn created(
    location: &str,
    version: i64,
    row: &impl Serialize,
    batch: Option<BatchId>,
) -> Response {
    let mut response = changed(version, row, batch);
    *response.status_mut() = StatusCode::CREATED;
    set(&mut response, header::LOCATION, location);
    response
}

/// 200: what a change did that is not of one row.
pub fn did(what: &impl Serialize, batch: Option<BatchId>) -> Response {
    with_batch(Json(what).into_response(), batch)
}

/// 204: it is gone.
pub fn gone(batch: Option<BatchId>) -> Response {
    with_batch(StatusCode::NO_CONTENT.into_response(), batch)
}
