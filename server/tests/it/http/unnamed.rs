//! Tests of `open` mode without `ROLLCALL_USER` (R108): a page has no name until its person enters one, and records nothing before.
use crate::harness::TestApp;
use axum::http::StatusCode;
use serde_json::{Value, json};
use server::ops::auth_settings::AuthSettings;

/// What a page sends along that asks for a name.
const PAGE: [(&str, &str); 1] = [("x-rollcall-asks-for-name", "1")];

async fn app_without_a_name() -> TestApp {
    let settings = AuthSettings {
        asks_for_name: true,
        ..AuthSettings::default()
    };
    TestApp::with(settings).await
}

#[tokio::test]
async fn a_page_without_a_name_reads_and_changes_nothing() {
    let app = app_without_a_name().await;
    let page = app.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("You: Enter your name"));
    assert!(!page.body.contains("You: Test"));
    let frame = app.call("/rpc/read_frame", json!({})).await;
    assert_eq!(frame.status, StatusCode::OK);
    let draft = json!({ "draft": { "name": "eu-west" } });
    let refused = app.api("POST", "/rpc/create_cluster", draft, &PAGE).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_REQUIRED);
    let words = refused.error().to_string();
    assert!(words.contains("enter your name first"), "{words}");
    assert_eq!(app.read("/api/clusters").await["items"], json!([]));
}

#[tokio::test]
async fn with_a_name_a_page_changes_things_under_it() {
    let app = app_without_a_name().await;
    let named = app.call("/rpc/set_actor", json!({ "name": "Mei" })).await;
    assert_eq!(named.status, StatusCode::OK);
    let cookie = [PAGE[0], ("cookie", "rollcall_user=Mei")];
    let draft = json!({ "draft": { "name": "eu-west" } });
    let created = app.api("POST", "/rpc/create_cluster", draft, &cookie).await;
    assert_eq!(created.status, StatusCode::OK, "{}", created.body);
    assert_eq!(app.read("/api/audit").await["items"][0]["actor"], "Mei");
    let page = app.api("GET", "/clusters", Value::Null, &cookie).await;
    assert!(page.body.contains("You: Mei"));
}

#[tokio::test]
async fn whatever_is_no_page_has_the_default_name() {
    let app = app_without_a_name().await;
    let body = json!({ "name": "eu-west" });
    let created = app.api("POST", "/api/clusters", body, &[]).await;
    assert_eq!(created.status, StatusCode::CREATED);
    let posted = app.post_form("/clusters/new", "name=us-east").await;
    assert!(posted.status.is_redirection(), "{}", posted.body);
    let draft = json!({ "draft": { "name": "ap-south" } });
    let called = app.call("/rpc/create_cluster", draft).await;
    assert_eq!(called.status, StatusCode::OK, "{}", called.body);
    let events = app.read("/api/audit").await;
    for index in 0..3 {
        assert_eq!(events["items"][index]["actor"], "Test");
    }
}
