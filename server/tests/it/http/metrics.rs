//! Tests of `GET /metrics`.
use crate::{harness::TestApp, world::World};
use app::{domain::vocabulary::StepAction, store::steps::transitions::TransitionOptions};
use axum::http::StatusCode;
use serde_json::json;

/// The value of the line with this name and these labels. All tests of the process share one recorder, so counters may be
/// higher than one test makes them.
fn value(text: &str, name: &str, labels: &[(&str, &str)]) -> u64 {
    let line = text.lines().find(|line| {
        let rest = line.strip_prefix(name).unwrap_or_default();
        let has = |(key, value): &(&str, &str)| rest.contains(&format!("{key}=\"{value}\""));
        rest.starts_with(['{', ' ']) && labels.iter().all(has)
    });
    let line = line.unwrap_or_else(|| panic!("{name} {labels:?} is missing: {text}"));
    line.rsplit(' ').next().unwrap().parse().unwrap()
}

#[tokio::test]
async fn it_tells_requests_by_route_and_status_and_how_long_they_took() {
    let app = TestApp::new().await;
    app.get("/clusters/77").await;
    app.get("/nowhere/at/all").await;
    app.call("/rpc/list_releases", json!({})).await;
    let answer = app.get("/metrics").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(
        answer
            .header("content-type")
            .starts_with("text/plain; version=0.0.4")
    );
    let text = &answer.body;
    let requests = "rollcall_http_requests_total";
    let rpc = ("route", "/rpc/list_releases");
    for labels in [
        [("method", "GET"), ("route", "none"), ("status", "404")],
        [("method", "POST"), rpc, ("status", "200")],
    ] {
        assert!(value(text, requests, &labels) >= 1);
    }
    // An address with an id is counted by its route.
    let of_cluster = text
        .lines()
        .any(|it| it.starts_with(requests) && it.contains("route=\"/clusters/{"));
    assert!(of_cluster && !text.contains("/clusters/77"), "{text}");
    let bucket = "rollcall_http_request_seconds_bucket";
    assert!(value(text, bucket, &[rpc, ("le", "+Inf")]) >= 1);
}

#[tokio::test]
async fn it_tells_how_long_the_database_takes_and_how_large_it_is() {
    let app = TestApp::new().await;
    // Building the router starts the recorder.
    app.get("/healthz").await;
    app.customers(1).await;
    let text = app.get("/metrics").await.body;
    assert!(value(&text, "rollcall_database_bytes", &[]) > 10_000);
    assert!(value(&text, "rollcall_store_write_seconds_count", &[]) >= 1);
    assert!(value(&text, "rollcall_store_wait_seconds_count", &[]) >= 1);
    let labels = [("operation", "insert"), ("table", "audit_events")];
    assert!(value(&text, "rollcall_store_query_seconds_count", &labels) >= 1);
}

#[tokio::test]
async fn it_tells_how_many_streams_are_open() {
    let app = TestApp::new().await;
    app.get("/healthz").await;
    let slot = app.live.take_slot("somebody");
    let text = app.get("/metrics").await.body;
    assert!(value(&text, "rollcall_open_streams", &[]) >= 1);
    drop(slot);
}

#[tokio::test]
async fn it_tells_cells_by_state_of_active_releases_only() {
    let world = World::active().await;
    let id = world.id(&world.acme, "Announce").await;
    let store = &world.app.store;
    store
        .act_on_step(
            id,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let text = world.app.get("/metrics").await.body;
    let cells = |status: &str| {
        let labels = [("release_id", "1"), ("release", "June"), ("status", status)];
        value(&text, "rollcall_cells", &labels)
    };
    assert_eq!(["done", "pending", "failed"].map(cells), [1, 11, 0]);
    store
        .archive_release(world.june, None, world.app.ana())
        .await
        .unwrap();
    let text = world.app.get("/metrics").await.body;
    assert!(!text.contains("rollcall_cells{"));
}

#[tokio::test]
async fn it_tells_nothing_of_texts_and_variables() {
    let world = World::active().await;
    world.app.get("/").await;
    let text = world.app.get("/metrics").await.body;
    for secret in ["acme.example", "curl", "SELECT"] {
        assert!(!text.contains(secret), "{secret}");
    }
}
