//! Idempotency keys for requests that create a row, and for server functions: a page sends a mark or a note with one that had to wait
//! for a lost connection (R32). A repeated request with the same `Idempotency-Key` gets the first response
//! again, for 24 hours. The same key with another request, or under another scope, is 422; a repetition while the first request
//! still runs is 409. Only successful responses are stored, and those of server functions only if something was changed: otherwise
//! the key may be used again.
//! A response that tells a secret is not stored: of it only the id of the new row is, and a repetition is 409 and names that.
//!
//! A request with a key runs to its end even if its client disconnects, because that client will repeat the request.
//!
//! Marks and notes of pages all have a key: their change claims it, and their answer is stored after it was given, so that a key costs
//! them no time.
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
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tracing::Instrument;

/// The header, and the field that problems name.
pub const KEY_HEADER: &str = "Idempotency-Key";
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
    /// Only the id of what was made: the answer tells a secret, which is kept nowhere.
    IdAlone,
}

/// Whether the answer to a POST there tells the secret of what it makes; for addresses, and for patterns of them.
pub fn tells_secret(path: &str) -> bool {
    let is_of_release = path.starts_with("/api/releases/") && path.ends_with("/hooks");
    let is_listed = matches!(
        path,
        "/api/tokens"
            | "/api/webhooks"
            | "/api/runners"
            | "/rpc/create_token"
            | "/rpc/create_webhook"
            | "/rpc/create_runner"
            | "/rpc/create_incoming_hook"
    );
    is_listed || is_of_release
}

impl KeptBody {
    fn of(path: &str) -> Self {
        if tells_secret(path) {
            Self::IdAlone
        } else if path.starts_with(SERVER_FUNCTIONS) {
            Self::Binary
        } else {
            Self::Json
        }
    }
}

/// Where the addresses of server functions begin.
const SERVER_FUNCTIONS: &str = "/rpc/";

/// The server functions that claim their key with their change: each makes one at most.
const MARKS: [&str; 3] = ["/rpc/act_on_step", "/rpc/act_on_steps", "/rpc/note_step"];

/// The answer of a mark is stored a moment after its change: so often and after so long it is looked for again.
const ANSWER_TRIES: u32 = 20;
const ANSWER_WAIT: Duration = Duration::from_millis(50);

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
    // What was answered under another scope may be about what is out of this one, so it is another request.
    let scope = match caller.scope.limits() {
        [] => String::new(),
        limits => format!("\n{limits:?}"),
    };
    let kept_body = KeptBody::of(parts.uri.path());
    let store = &context.database.as_caller(caller);
    let identity = format!(
        "{}\n{}\n{actor}{scope}\n{}",
        parts.method,
        parts.uri.path(),
        String::from_utf8_lossy(&body)
    );
    let is_mark = MARKS.contains(&parts.uri.path());
    let is_server_function = parts.uri.path().starts_with(SERVER_FUNCTIONS);
    let claim = if is_mark {
        claim_of_mark(store, &key, &identity).await?
    } else {
        store.claim_key(&key, &identity, now()).await?
    };
    let Claim::New(keyed_store) = claim else {
        return answer_known(claim, kept_body);
    };
    let mut request = Request::from_parts(parts, Body::from(body));
    request.extensions_mut().insert(*keyed_store);
    // The router's timeout ends only the waiting for this task; this timeout ends the work itself.
    let response = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
    let timed_out = |_| Problem::from_status(StatusCode::SERVICE_UNAVAILABLE).into_response();
    let response = response.unwrap_or_else(timed_out);
    match (is_mark, response.status().is_success()) {
        (true, true) => {
            let (answer, response) = kept_answer(response, kept_body).await?;
            let store = store.clone();
            let stored = async move { note(store.store_response(&key, answer, now()).await) };
            tokio::spawn(stored.in_current_span());
            Ok(response)
        }
        // The same may have been carried out meanwhile, for another request with the key.
        (true, false) => match claim_of_mark(store, &key, &identity).await {
            Ok(Claim::New(_)) | Err(_) => Ok(response),
            Ok(known) => answer_known(known, kept_body),
        },
        (false, true) => {
            if is_server_function {
                // Most only read, and their rights must be checked at each request, so their response is not stored. The key of a
                // request that wrote something is kept: `release_key` deletes only keys without a change.
                note(store.release_key(&key).await);
            }
            let (answer, response) = kept_answer(response, kept_body).await?;
            note(store.store_response(&key, answer, now()).await);
            Ok(response)
        }
        (false, false) => {
            note(store.release_key(&key).await);
            Ok(response)
        }
    }
}

/// What is known of a mark's key.
async fn claim_of_mark(store: &Store, key: &str, identity: &str) -> Result<Claim, StoreError> {
    let mut claim = store.key_of_change(key, identity, now()).await?;
    for _ in 0..ANSWER_TRIES {
        if !matches!(claim, Claim::ResponseLost(_)) {
            break;
        }
        tokio::time::sleep(ANSWER_WAIT).await;
        claim = store.key_of_change(key, identity, now()).await?;
    }
    Ok(claim)
}

/// The answer to a request whose key is not new.
fn answer_known(claim: Claim, kept_body: KeptBody) -> RestResponse {
    match claim {
        Claim::Completed(answer) if kept_body == KeptBody::IdAlone => Err(created_already(answer)),
        Claim::Completed(answer) => Ok(replay(answer, kept_body)),
        Claim::New(_) | Claim::InProgress => Err(Problem::new(
            StatusCode::CONFLICT,
            "A request with this key is still being carried out: ask again in a moment",
        )
        .with_field_error(KEY_HEADER, "Is in use")),
        Claim::ResponseLost(batch) => Err(response_lost(batch)),
        Claim::OtherRequest => Err(Problem::invalid(
            KEY_HEADER,
            "Was used for another request: take a new key",
        )),
    }
}

/// 409: the request was carried out, but the server stopped before it stored the response.
fn response_lost(batch: BatchId) -> Problem {
    let detail = format!(
        "This was carried out as change {batch}, but its answer was lost when the server stopped: look it up in /api/audit"
    );
    let mut problem = Problem::new(StatusCode::CONFLICT, detail);
    problem.0.batch_id = Some(batch.0);
    problem
}

/// 409: the first request made what this one asks for, and told its secret then. A server function's answer has no id that is
/// known here.
fn created_already(stored: StoredResponse) -> Problem {
    let id: Option<i64> = stored.body.parse().ok();
    let what = id.map_or_else(String::new, |id| format!(" with the id {id}"));
    let detail = format!(
        "This was created already{what}, and its secret was told then, once: if that answer was lost, delete it and take a new key"
    );
    let mut problem = Problem::new(StatusCode::CONFLICT, detail);
    problem.0.batch_id = stored.batch;
    problem.0.current = id.map(|id| json!({ "id": id }));
    problem.with_field_error(KEY_HEADER, "Was used for this already")
}

/// The stored response of the first request.
fn replay(stored: StoredResponse, kept_body: KeptBody) -> Response {
    let status = StatusCode::from_u16(stored.status).unwrap_or(StatusCode::CREATED);
    let (media_type, body) = match kept_body {
        KeptBody::Json | KeptBody::IdAlone => ("application/json", stored.body.into_bytes()),
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

/// The id that an answer begins a row with; empty if it has none.
fn id_of(body: &[u8]) -> String {
    let row: Value = serde_json::from_slice(body).unwrap_or_default();
    row["id"]
        .as_i64()
        .map_or_else(String::new, |it| it.to_string())
}

/// What is kept of a successful response, and the response.
async fn kept_answer(
    response: Response,
    kept_body: KeptBody,
) -> Result<(StoredResponse, Response), Problem> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::from_status(StatusCode::INTERNAL_SERVER_ERROR))?;
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let answer = StoredResponse {
        status: parts.status.as_u16(),
        location: text(header::LOCATION),
        etag: text(header::ETAG),
        batch: text(response::BATCH_HEADER),
        body: match kept_body {
            KeptBody::Json => String::from_utf8_lossy(&body).into_owned(),
            KeptBody::Binary => BASE64.encode(&body),
            KeptBody::IdAlone => id_of(&body),
        },
    };
    Ok((answer, Response::from_parts(parts, Body::from(body))))
}

/// A response is right although it could not be kept: the failure is only logged.
fn note(stored: Result<(), StoreError>) {
    if let Err(error) = stored {
        to_app_error(error);
    }
}
