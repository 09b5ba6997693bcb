//! Middleware of the whole router, and the order it is applied in: rights, compression, limits on body and time, panics,
//! cross-site protection, hosts, headers of every response, metrics, problem documents, log.
//!
//! tower-http does what it can do as it is. Two limits are our own: they differ by address, a body that is too large is
//! still read for a while (`body_limit.rs`), and a request that takes too long is logged.
use crate::{
    http::{
        access::{Access, check_access},
        body_limit::limit_body,
        host_check::check_host,
        standalone_page::refusal_page,
    },
    ops::{allowed_hosts::AllowedHosts, limits, prometheus, shown_path::shown_path, telemetry},
    rest::problem,
};
use axum::{
    Router,
    extract::Request,
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse, Response},
};
use leptos::{nonce::use_nonce, prelude::*};
use leptos_axum::ResponseOptions;
use std::sync::Arc;
use tower::ServiceBuilder;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer, csrf::CsrfLayer,
    set_header::SetResponseHeaderLayer,
};

/// For pages. It takes as long as level 2. A higher level would save half a kilobyte, and take twice as long or more.
const COMPRESSION_LEVEL: CompressionLevel = CompressionLevel::Precise(3);

/// Sets the content security policy of a page: only our own files, only scripts with this response's nonce, and no `style`
/// attribute.
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

/// Sets a header on every response that does not have it yet.
fn default_header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// Answers 503 to a request that takes too long. Its future is dropped, so a transaction that is not committed rolls back.
async fn limit_time(request: Request, next: Next) -> Response {
    let path = request.uri().path().to_owned();
    let limit = limits::timeout(request.method(), &path);
    // Only a page is answered with one, in the colours that its request asks for.
    let page_headers = is_page(&path).then(|| request.headers().clone());
    let Ok(response) = tokio::time::timeout(limit, next.run(request)).await else {
        let path = shown_path(&path);
        tracing::warn!(%path, "given up after {} seconds", limit.as_secs());
        return too_late(page_headers.as_ref());
    };
    response
}

/// Whether a person looks at what is answered: neither a program, nor a script of a page.
fn is_page(path: &str) -> bool {
    let is_called = ["/rpc/", "/pkg/"].iter().any(|it| path.starts_with(it));
    !is_called && !problem::is_rest_path(path)
}

/// The answer to a request that took too long; a page if these headers are those of one.
fn too_late(page_headers: Option<&HeaderMap>) -> Response {
    let status = StatusCode::SERVICE_UNAVAILABLE;
    match page_headers {
        Some(headers) => refusal_page(
            headers,
            status,
            "This took too long. Try again in a moment.",
        ),
        None => status.into_response(),
    }
}

/// Adds `Retry-After` to each 503 that has none.
async fn say_when_to_retry(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        let seconds = HeaderValue::from(limits::RETRY_AFTER_SECONDS);
        let headers = response.headers_mut();
        headers.entry(header::RETRY_AFTER).or_insert(seconds);
    }
    response
}

/// Wraps the router. Each `layer` goes around those before it, so requests pass them from the last to the first: log and request
/// id; problem documents for `/api`; metrics; `Retry-After` of a 503; response headers, also of refusals; the host; cross-site
/// check; panics as 500; the time limit; the body limit; compression; authentication and rights.
pub fn apply(router: Router, hosts: AllowedHosts, access: Access) -> Router {
    let headers = ServiceBuilder::new()
        .layer(default_header(header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(default_header(header::REFERRER_POLICY, "same-origin"))
        .layer(default_header(header::X_FRAME_OPTIONS, "DENY"))
        .layer(default_header(header::CACHE_CONTROL, "no-store"))
        .layer(default_header(
            HeaderName::from_static("x-app-version"),
            env!("CARGO_PKG_VERSION"),
        ));
    router
        .layer(from_fn_with_state(access, check_access))
        .layer(CompressionLayer::new().quality(COMPRESSION_LEVEL))
        .layer(from_fn(limit_body))
        .layer(from_fn(limit_time))
        .layer(CatchPanicLayer::new())
        .layer(CsrfLayer::new())
        .layer(from_fn_with_state(Arc::new(hosts), check_host))
        .layer(headers)
        .layer(from_fn(say_when_to_retry))
        .layer(from_fn(prometheus::measure_request))
        .layer(from_fn(problem::convert_failures))
        .layer(telemetry::layers())
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    #[tokio::test]
    async fn a_page_that_takes_too_long_is_answered_with_a_page() {
        assert!(is_page("/login/oidc/callback") && is_page("/releases/1"));
        for path in ["/api/releases", "/rpc/read_step", "/pkg/rollcall.js"] {
            assert!(!is_page(path), "{path}");
        }
        let page = too_late(Some(&HeaderMap::new()));
        assert_eq!(page.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(page.into_body(), usize::MAX).await.unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(text.contains("This took too long. Try again in a moment."));
        let plain = too_late(None);
        assert_eq!(plain.status(), StatusCode::SERVICE_UNAVAILABLE);
        let body = to_bytes(plain.into_body(), usize::MAX).await.unwrap();
        assert!(body.is_empty());
    }
}
