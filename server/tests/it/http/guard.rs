//! Tests of the middleware: headers of every response, cross-site protection, body limit; and of health checks.
use crate::harness::TestApp;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::json;

#[tokio::test]
async fn pages_carry_a_strict_policy_with_a_nonce_of_their_own() {
    let app = TestApp::new().await;
    let (one, two) = (app.get("/").await, app.get("/").await);
    let policy = one.header("content-security-policy");
    for part in [
        "script-src 'nonce-",
        "'wasm-unsafe-eval'",
        "object-src 'none'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
    ] {
        assert!(policy.contains(part), "{part}: {policy}");
    }
    assert!(!policy.contains("unsafe-inline"));
    assert_ne!(policy, two.header("content-security-policy"));
    assert_eq!(
        (
            one.header("x-content-type-options"),
            one.header("referrer-policy")
        ),
        ("nosniff", "same-origin")
    );
}

#[tokio::test]
async fn a_cross_site_request_changes_nothing() {
    let app = TestApp::new().await;
    let request = Request::builder()
        .method(Method::POST)
        .uri("/rpc/create_cluster")
        .header(header::CONTENT_TYPE, "application/json")
        .header(header::HOST, "localhost")
        .header(header::ORIGIN, "https://evil.example")
        .header("sec-fetch-site", "cross-site")
        .body(Body::from(json!({ "draft": { "name": "x" } }).to_string()))
        .unwrap();
    assert_eq!(app.send(request).await.status, StatusCode::FORBIDDEN);
    assert!(app.store.clusters(true).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_refusal_bears_the_headers_of_every_other_answer() {
    let app = TestApp::new().await;
    let evil = &[("host", "evil.example")][..];
    let cross_site = &[
        ("origin", "https://evil.example"),
        ("sec-fetch-site", "cross-site"),
    ][..];
    let large = &[("content-length", "9000000")][..];
    let own = &[("host", "localhost")][..];
    for (method, path, headers, status) in [
        ("GET", "/", evil, 421),
        ("GET", "/api/clusters", evil, 421),
        ("GET", "http://evil.example/", own, 400),
        ("POST", "/api/clusters", cross_site, 403),
        ("POST", "/clusters/new", cross_site, 403),
        ("POST", "/api/clusters", large, 413),
        ("DELETE", "/api/clusters", own, 405),
        ("GET", "/api/clusters/99", own, 404),
    ] {
        let answer = app.api(method, path, json!({}), headers).await;
        assert_eq!(answer.status.as_u16(), status, "{method} {path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("cache-control", "no-store"),
            ("referrer-policy", "same-origin"),
            ("x-frame-options", "DENY"),
            ("x-app-version", env!("CARGO_PKG_VERSION")),
        ] {
            assert_eq!(answer.header(name), value, "{method} {path} {name}");
        }
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_turned_away() {
    let app = TestApp::new().await;
    let answer = app
        .call(
            "/rpc/create_cluster",
            json!({ "draft": { "name": "x".repeat(9 * 1024 * 1024) } }),
        )
        .await;
    assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE);
    let long = [("content-length", "9000000")];
    let form = app.api("POST", "/clusters/new", json!({}), &long).await;
    assert_eq!(form.status, StatusCode::PAYLOAD_TOO_LARGE);
    let says = "What was sent is too large, and nothing was changed.";
    assert!(form.body.starts_with(says), "{}", form.body);
    assert!(app.store.clusters(true).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_health_checks_answer() {
    let app = TestApp::new().await;
    assert_eq!(app.get("/healthz").await.body, "ok");
    let ready = app.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (StatusCode::OK, "ready")
    );
}

#[tokio::test]
async fn without_its_database_it_says_so_and_when_to_ask_again() {
    let app = TestApp::new().await;
    app.customers(1).await;
    app.database.clone().close().await.unwrap();
    assert_eq!(app.get("/healthz").await.body, "ok");
    for path in ["/readyz", "/", "/releases"] {
        let answer = app.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.header("retry-after"), "5", "{path}");
        assert!(answer.body.contains("database does not answer"), "{path}");
    }
    let answer = app.api("GET", "/api/clusters", json!(null), &[]).await;
    assert_eq!(answer.header("retry-after"), "5");
    let problem = answer.problem(503);
    assert_eq!(
        (&problem["type"], &problem["retryAfter"]),
        (
            &json!("urn:rollcall:problem:database-unavailable"),
            &json!(5)
        )
    );
}

#[tokio::test]
async fn an_unknown_file_of_the_site_is_not_found() {
    let app = TestApp::new().await;
    assert_eq!(
        app.get("/pkg/nothing.js").await.status,
        StatusCode::NOT_FOUND
    );
}
