//! Tests of the check of `Host` (R87): a page that rebound its name to this machine can read and change nothing.
use crate::harness::TestApp;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};

/// GET under this host.
async fn status_under(app: &TestApp, path: &str, host: &str) -> u16 {
    let headers = [("host", host)];
    let answer = app.api("GET", path, Value::Null, &headers).await;
    answer.status.as_u16()
}

#[tokio::test]
async fn a_page_that_rebound_its_name_makes_nothing() {
    let app = TestApp::new().await;
    for path in ["/api/clusters", "/rpc/create_cluster"] {
        let body = json!({ "name": "x", "draft": { "name": "x" } }).to_string();
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header(header::HOST, "evil.example")
            .header(header::ORIGIN, "http://evil.example")
            .header("sec-fetch-site", "same-origin")
            .header(header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .unwrap();
        let answer = app.send(request).await;
        assert_eq!(answer.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    assert!(app.store.clusters(true).await.unwrap().is_empty());
    for path in [
        "/",
        "/customers",
        "/metrics",
        "/api/export",
        "/pkg/x.js",
        "/no/such",
    ] {
        assert_eq!(
            status_under(&app, path, "evil.example").await,
            421,
            "{path}"
        );
    }
    let headers = [("host", "evil.example")];
    let answer = app.api("GET", "/api/clusters", Value::Null, &headers).await;
    let problem = answer.problem(421);
    assert_eq!(problem["type"], "urn:rollcall:problem:misdirected");
    let detail = problem["detail"].as_str().unwrap();
    assert!(detail.contains("ROLLCALL_PUBLIC_URL"), "{detail}");
    assert!(answer.header("x-request-id").len() > 8);
}

#[tokio::test]
async fn health_is_told_under_any_host() {
    let app = TestApp::new().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(
            status_under(&app, path, "evil.example").await,
            200,
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_port_and_the_spelling_of_a_host_do_not_matter() {
    let app = TestApp::new().await;
    for host in [
        "localhost",
        "LOCALHOST:1",
        "localhost.:3000",
        "127.0.0.1:3000",
        "[::1]:80",
    ] {
        assert_eq!(
            status_under(&app, "/api/clusters", host).await,
            200,
            "{host}"
        );
    }
    for host in [
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "192.0.2.1",
        "0.0.0.0",
        "",
        "a b",
        "ana@localhost",
        "localhost, localhost",
        "localhost:x",
    ] {
        assert_eq!(
            status_under(&app, "/api/clusters", host).await,
            421,
            "{host}"
        );
    }
}
