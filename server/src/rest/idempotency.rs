//! Idempotency keys for requests that create a row, and for server functions: a page sends a mark or a note with one that had to wait
//! for a lost connection (R32). A repeated request with the same `Idempotency-Key` gets the first response
//! again, for 24 hours. The same key with another request is 422; a repetition while the first request still runs is 409.
//! Only successful responses are stored: after a failure the key may be used again.
//!
//! A request with a key runs to its end even if its client disconnects, because that client will repeat the request.
use super::{
    extract,
    problem::Problem,
    response::{self, RestResponse},
};
use crate::ops::limits::REQUEST_TIMEOUT;
use app::{
    api::context::{Context, now, to_app_error},
    domain::{caller::Caller, id::BatchId},
    error::AppError,
    store::{
        Store,
        audit::idempotency::{Claim, StoredResponse},
        error::StoreError,
    },
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts},
    middleware::Next,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use std::sync::Arc;
use tracing::Instrument;

/// The header, and the field that problems name.
const KEY_HEADER: &str = "Idempotency-Key";
/// In characters of ASCII.
const KEY_MAX_LENGTH: usize = 255;

/// The key of a request, if it has one. It must be visible ASCII.
fn parse_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(KEY_HEADER) else {
        return Ok(None);
    };
    let is_visible = value.as_bytes().iter().all(u8::is_ascii_graphic);
    if is_visible && (1..=KEY_MAX_LENGTH).contains(&value.len()) {
        Ok(value.to_str().ok().map(str::to_owned))
    } else {
        Err(Problem::invalid(
            KEY_HEADER,
            format!("1 to {KEY_MAX_LENGTH} letters, digits and signs, without spaces"),
        ))
    }
}

/// Middleware of every handler that creates a row.
pub async fn with_idempotency_key(
    State(context): State<Context>,
    request: Request,
    next: Next,
) -> RestResponse {
    if request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let Some(key) = parse_key(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let for_body = Request::from_parts(parts.clone(), body);
    let body = extract::read_body(for_body, &()).await?;
    // A task of its own: it goes on when the client disconnects.
    let task = tokio::spawn(run_under_key(context, key, parts, body, next).in_current_span());
    let result = task.await;
    result.unwrap_or_else(|_| Err(Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR)))
}

/// How the body of a kept answer is text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum KeptBody {
    /// As it is.
    Json,
    /// In base64: the answer of a server function is binary.
    Binary,
}

impl KeptBody {
    fn of(path: &str) -> Self {
        if path.starts_with(SERVER_FUNCTIONS) {
            Self::Binary
        } else {
            Self::Json
        }
    }
}

/// Where the addresses of server functions begin.
const SERVER_FUNCTIONS: &str = "/rpc/";

/// Middleware of pages and server functions: only the latter take a key.
pub async fn with_key_of_server_function(
    context: State<Context>,
    request: Request,
    next: Next,
) -> RestResponse {
    if request.uri().path().starts_with(SERVER_FUNCTIONS) {
        with_idempotency_key(context, request, next).await
    } else {
        Ok(next.run(request).await)
    }
}

/// Claims the key and runs the request, or answers from what is known of the key.
async fn run_under_key(
    context: Context,
    key: String,
    parts: Parts,
    body: Bytes,
    next: Next,
) -> RestResponse {
    let Some(caller) = parts.extensions.get::<Arc<Caller>>().cloned() else {
        return Err(Problem::from(AppError::SignIn));
    };
    let actor = caller.name.clone();
    let kept_body = KeptBody::of(parts.uri.path());
    let store = &context.database.as_caller(caller);
    let identity = format!(
        "{}\n{}\n{actor}\n{}",
        parts.method,
        parts.uri.path(),
        String::from_utf8_lossy(&body)
    );
    match store.claim_key(&key, &identity, now()).await? {
        Claim::New(keyed_store) => {
            let mut request = Request::from_parts(parts, Body::from(body));
            request.extensions_mut().insert(*keyed_store);
            // The router's timeout ends only the waiting for this task; this timeout ends the work itself.
            let response = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
            let timed_out =
                |_| Problem::from_status(StatusCode::SERVICE_UNAVAILABLE).into_response();
            let response = response.unwrap_or_else(timed_out);
            store_response(store, &key, response, kept_body).await
        }
        Claim::Completed(answer) => Ok(replay(answer, kept_body)),
        Claim::InProgress => Err(Problem::new(
            StatusCode::CONFLICT,
            "a request with this key is still being carried out: ask again in a moment",
        )
        .with_field_error(KEY_HEADER, "is in use")),
        Claim::ResponseLost(batch) => Err(response_lost(batch)),
        Claim::OtherRequest => Err(Problem::invalid(
            KEY_HEADER,
            "was used for another request: take a new key",
        )),
    }
}

/// 409: the request was carried out, but the server stopped before it stored the response.
fn response_lost(batch: BatchId) -> Problem {
    let detail = format!(
        "this was carried out as change {batch}, but its answer was lost when the server stopped: look it up in /api/audit"
    );
    let mut problem = Problem::new(StatusCode::CONFLICT, detail);
    problem.0.batch_id = Some(batch.0);
    problem
}

/// The stored response of the first request.
fn replay(stored: StoredResponse, kept_body: KeptBody) -> Response {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::CREATED);
    let (media_type, body) = match kept_body {
        KeptBody::Json => ("application/json", stored.body.into_bytes()),
        KeptBody::Binary => (
            "application/octet-stream",
            BASE64.decode(stored.body).unwrap_or_default(),
        ),
    };
    let media_type = HeaderValue::from_static(media_type);
    let mut response = (status, [(header::CONTENT_TYPE, media_type)], body).into_response();
    let headers = [
        (header::LOCATION, stored.location),
        (header::ETAG, stored.etag),
        (response::BATCH_HEADER, stored.batch),
    ];
    for (name, text) in headers {
        if let Some(value) = text.and_then(|it| HeaderValue::from_str(&it).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Stores a successful response under the key; releases the key after a failure. Returns the response.
async fn store_response(
    store: &Store,
    key: &str,
    response: Response,
    kept_body: KeptBody,
) -> RestResponse {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR))?;
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let stored: Result<(), StoreError> = if parts.status.is_success() {
        let answer = StoredResponse {
            status: parts.status.as_u16(),
            location: text(header::LOCATION),
            etag: text(header::ETAG),
            batch: text(response::BATCH_HEADER),
            body: match kept_body {
                KeptBody::Json => String::from_utf8_lossy(&body).into_owned(),
                KeptBody::Binary => BASE64.encode(&body),
            },
        };
        store.store_response(key, answer).await
    } else {
        store.release_key(key).await
    };
    if let Err(error) = stored {
        // `hide` logs it. The row is created, so the response is still right.
        to_app_error(error);
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}
