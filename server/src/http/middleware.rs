//! Middleware of the whole router, and the order it is applied in: limits on body and time, headers of every response,
//! compression, cross-site protection, metrics, log.
use crate::{
    ops::{prometheus, telemetry},
    rest::problem,
};
use axum::{
    RequestExt, Router,
    body::{Body, Bytes, HttpBody},
    extract::{DefaultBodyLimit, Request},
    http::{HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use http_body::Frame;
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use std::{future::poll_fn, pin::Pin, time::Duration};
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer,
};

/// For pages: the last kilobyte that could be saved would take longer than the page itself, and a larger window of memory.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(2);
/// The largest body of a request, in bytes.
const BODY_MAX: usize = 8 * 1024 * 1024;
/// How long a request may take.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a body that is too large is read nevertheless.
const BODY_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// An import is a whole database.
const IMPORT: &str = "/api/import";
const IMPORT_BODY_MAX: usize = 256 * 1024 * 1024;
const IMPORT_TIMEOUT: Duration = Duration::from_mins(10);

/// Nothing but our own, scripts only with this page's nonce, and no `style` attribute ever.
pub fn set_content_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    let policy = format!(
        "default-src 'self'; script-src 'nonce-{nonce}' 'strict-dynamic' 'wasm-unsafe-eval'; style-src 'self' 'nonce-{nonce}'; \
         img-src 'self' data:; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

/// For every answer; what a handler says itself stands.
pub async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    let always = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::CACHE_CONTROL, "no-store"),
        (
            HeaderName::from_static("x-app-version"),
            env!("CARGO_PKG_VERSION"),
        ),
    ];
    for (name, value) in always {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    response
}

/// Throws away what is being sent, for a while: who is still sending does not hear an answer.
async fn drain(mut body: Body) {
    let all = async { while let Some(Ok(_)) = frame(&mut body).await {} };
    // Whoever sends for longer is cut off.
    let _ = tokio::time::timeout(BODY_DRAIN_TIMEOUT, all).await;
}

async fn frame(body: &mut Body) -> Option<Result<Frame<Bytes>, axum::Error>> {
    poll_fn(|context| Pin::new(&mut *body).poll_frame(context)).await
}

/// A body that is too large is turned away at once if it says so, and otherwise as soon as it is.
pub async fn limit_body(mut request: Request, next: Next) -> Response {
    let max = if request.uri().path() == IMPORT {
        IMPORT_BODY_MAX
    } else {
        BODY_MAX
    };
    let said = request
        .headers()
        .get(header::CONTENT_LENGTH)
        .and_then(|it| it.to_str().ok()?.parse::<u64>().ok());
    if said.is_some_and(|it| usize::try_from(it).is_ok_and(|it| it > max)) {
        if !request.headers().contains_key(header::EXPECT) {
            drain(request.into_body()).await;
        }
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    DefaultBodyLimit::max(max).apply(&mut request);
    let mut request = request.with_limited_body();
    // It is limited now, whoever reads it.
    DefaultBodyLimit::disable().apply(&mut request);
    next.run(request).await
}

/// A request that takes too long is given up; what it has not committed is undone.
pub async fn limit_time(request: Request, next: Next) -> Response {
    let limit = if request.uri().path() == IMPORT {
        IMPORT_TIMEOUT
    } else {
        REQUEST_TIMEOUT
    };
    let path = request.uri().path().to_owned();
    let Ok(response) = tokio::time::timeout(limit, next.run(request)).await else {
        tracing::warn!(%path, "given up after {} seconds", limit.as_secs());
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    response
}

/// Wraps the router. Each `layer` goes around those before it, so that requests pass them from the last to the first:
/// log and request id; problem documents for `/api`; metrics; cross-site check; panics as 500; response headers; the
/// time limit; the body limit; compression.
pub fn apply(router: Router) -> Router {
    router
        .layer(CompressionLayer::new().quality(COMPRESSION))
        .layer(from_fn(limit_body))
        .layer(from_fn(limit_time))
        .layer(from_fn(headers))
        .layer(CatchPanicLayer::new())
        .layer(CsrfLayer::new())
        .layer(from_fn(prometheus::measure))
        .layer(from_fn(problem::dress))
        .layer(telemetry::layers())
}
