//! `Idempotency-Key` on requests that create something: the same key with the same request gives the first answer again,
//! for 24 hours; with another request it is refused. While the first one is still being carried out, asking again is a
//! 409: it is over in a moment. Only what was created is kept; after a refusal the key may be used again. Whoever goes away
//! before the answer is who asks again: what is carried out under a key goes on without its client.
use super::{
    extract,
    problem::Problem,
    response::{self, RestResponse},
};
use crate::http::middleware::REQUEST_TIMEOUT;
use app::{
    api::context::{Context, actor, now, to_app_error},
    domain::id::BatchId,
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
use tracing::Instrument;

/// As clients write it, and as problems name it.
const NAME: &str = "Idempotency-Key";
const KEY_MAX: usize = 255;

/// The key of a request, if it has one: visible ASCII.
fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get(NAME) else {
        return Ok(None);
    };
    let is_visible = value.as_bytes().iter().all(u8::is_ascii_graphic);
    if is_visible && (1..=KEY_MAX).contains(&value.len()) {
        Ok(value.to_str().ok().map(str::to_owned))
    } else {
        Err(Problem::invalid(
            NAME,
            format!("1 to {KEY_MAX} letters, digits and signs, without spaces"),
        ))
    }
}

/// Around every handler that creates something.
pub async fn once(State(context): State<Context>, request: Request, next: Next) -> RestResponse {
    if request.method() != Method::POST {
        return Ok(next.run(request).await);
    }
    let Some(key) = key(request.headers())? else {
        return Ok(next.run(request).await);
    };
    let (parts, body) = request.into_parts();
    let again = Request::from_parts(parts.clone(), body);
    let bytes = extract::bytes(again, &()).await?;
    let work = carry_out(context, key, parts, bytes, next);
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|_| Err(Problem::of(StatusCode::INTERNAL_SERVER_ERROR)))
}

async fn carry_out(
    context: Context,
    key: String,
    parts: Parts,
    bytes: Bytes,
    next: Next,
) -> RestResponse {
    let store = &context.store;
    let who = actor(&parts.headers, &context.default_actor);
    let what = format!(
        "{}\n{}\n{who}\n{}",
        parts.method,
        parts.uri.path(),
        String::from_utf8_lossy(&bytes)
    );
    match store.claim_key(&key, &what, now()).await? {
        Claim::New(keyed) => {
            let mut request = Request::from_parts(parts, Body::from(bytes));
            request.extensions_mut().insert(*keyed);
            let answer = tokio::time::timeout(REQUEST_TIMEOUT, next.run(request)).await;
            let late = |_| Problem::of(StatusCode::SERVICE_UNAVAILABLE).into_response();
            kept(store, &key, answer.unwrap_or_else(late)).await
        }
        Claim::Completed(answer) => Ok(first(answer)),
        Claim::InProgress => Err(Problem::new(
            StatusCode::CONFLICT,
            "a request with this key is still being carried out: ask again in a moment",
        )
        .at(NAME, "is in use")),
        Claim::ResponseLost(batch) => Err(lost(batch)),
        Claim::OtherRequest => Err(Problem::invalid(
            NAME,
            "was used for another request: take a new key",
        )),
    }
}

fn lost(batch: BatchId) -> Problem {
    let detail = format!(
        "this was carried out as change {batch}, but its answer was lost when the server stopped: look it up in /api/audit"
    );
    let mut problem = Problem::new(StatusCode::CONFLICT, detail);
    problem.0.batch_id = Some(batch.0);
    problem
}

/// The first answer, once more.
fn first(kept: StoredResponse) -> Response {
    let status = StatusCode::from_u16(kept.status).unwrap_or(StatusCode::CREATED);
    let json = HeaderValue::from_static("application/json");
    let mut response = (status, [(header::CONTENT_TYPE, json)], kept.body).into_response();
    let headers = [
        (header::LOCATION, kept.location),
        (header::ETAG, kept.etag),
        (response::BATCH, kept.batch),
    ];
    for (name, text) in headers {
        if let Some(value) = text.and_then(|it| HeaderValue::from_str(&it).ok()) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Keeps what was created; or lets go of the key.
async fn kept(store: &Store, key: &str, response: Response) -> RestResponse {
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX)
        .await
        .map_err(|_| Problem::of(StatusCode::INTERNAL_SERVER_ERROR))?;
    let text = |name: HeaderName| {
        let value = parts.headers.get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let done: Result<(), StoreError> = if parts.status.is_success() {
        let answer = StoredResponse {
            status: parts.status.as_u16(),
            location: text(header::LOCATION),
            etag: text(header::ETAG),
            batch: text(response::BATCH),
            body: String::from_utf8_lossy(&bytes).into_owned(),
        };
        store.store_response(key, answer).await
    } else {
        store.release_key(key).await
    };
    if let Err(error) = done {
        // It is logged; what was created stays, and so does its answer.
        to_app_error(error);
    }
    Ok(Response::from_parts(parts, Body::from(bytes)))
}
