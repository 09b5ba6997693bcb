//! Calls of server functions whose arguments cannot be read. The framework answers 500, as if the server had failed; the fault is
//! in the request, so they are answered by 422.
use app::error::AppError;
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use server_fn::error::{FromServerFnError, SERVER_FN_ERROR_HEADER};

/// The longest error of a server function that is looked into.
const ERROR_MAX_BYTES: usize = 64 * 1_024;

/// Middleware of server functions.
pub async fn refuse_malformed_call(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let is_error = response.headers().contains_key(SERVER_FN_ERROR_HEADER);
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR || !is_error {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(error) = to_bytes(body, ERROR_MAX_BYTES).await else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    if matches!(AppError::de(error.clone()), AppError::Malformed) {
        parts.status = StatusCode::UNPROCESSABLE_ENTITY;
        let no_store = HeaderValue::from_static("no-store");
        parts.headers.insert(header::CACHE_CONTROL, no_store);
    }
    Response::from_parts(parts, Body::from(error))
}
