//! Tests of `open` mode without `ROLLCALL_USER` (R108): a page has no name until its person enters one, and records nothing before.
use crate::{harness::TestApp, world::World};
use app::{domain::vocabulary::StepAction, store::steps::transitions::TransitionOptions};
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
    assert!(words.contains("Enter your name first"), "{words}");
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
async fn what_an_undo_would_do_is_told_without_a_name_and_the_undo_asks_for_it() {
    let world = World::active_in(app_without_a_name().await).await;
    let app = &world.app;
    let announce = world.id(&world.acme, "Announce").await;
    let (done, options) = (StepAction::Done, TransitionOptions::default());
    let done = app
        .store
        .act_on_step(announce, done, options, app.ana())
        .await;
    done.unwrap();
    let batch = app.read("/api/audit").await["items"][0]["batchId"].clone();
    let asked = json!({ "batch": batch });
    let told = app.api("POST", "/rpc/preview_undo", asked, &PAGE).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    let undo = json!({ "batch": batch, "deletes_work": false });
    let refused = app.api("POST", "/rpc/undo", undo, &PAGE).await;
    assert_eq!(refused.status, StatusCode::PRECONDITION_REQUIRED);
    let message = json!({ "kind": "webhook", "event": "step.failed" });
    let shown = app
        .api("POST", "/rpc/preview_message", message, &PAGE)
        .await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.body);
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
