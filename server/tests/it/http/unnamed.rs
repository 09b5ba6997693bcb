//! Tests of `open` mode without `ROLLCALL_USER` (R108): a page has no name until its person enters one, and records nothing before. A
//! form that is posted without JavaScript is part of its page.
use crate::{
    harness::TestApp, http::first_run::post_file, store::transfer::exported, world::World,
};
use app::{domain::vocabulary::StepAction, store::steps::transitions::TransitionOptions};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
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
    let draft = json!({ "draft": { "name": "ap-south" } });
    let called = app.call("/rpc/create_cluster", draft).await;
    assert_eq!(called.status, StatusCode::OK, "{}", called.body);
    let events = app.read("/api/audit").await;
    for index in 0..2 {
        assert_eq!(events["items"][index]["actor"], "Test");
    }
}

/// Whom the events are by, the newest first.
async fn authors(app: &TestApp) -> Vec<Value> {
    let events = app.read("/api/audit").await;
    let events = events["items"].as_array().unwrap();
    events.iter().map(|it| it["actor"].clone()).collect()
}

#[tokio::test]
async fn a_posted_form_without_a_name_changes_nothing_and_asks_for_one() {
    let app = app_without_a_name().await;
    let jonas = [("x-rollcall-user", "Jonas")];
    let cluster = json!({ "name": "eu-west" });
    let made = app.api("POST", "/api/clusters", cluster, &jonas).await;
    assert_eq!(made.status, StatusCode::CREATED);
    let typed = "name=us-east&kubeconfigPath=&description=%22Two%22%0D%0Alines";
    let asked = app.post_form("/clusters/new?first", typed).await;
    assert_eq!(asked.status, StatusCode::PRECONDITION_REQUIRED);
    assert_eq!(asked.header("set-cookie"), "");
    for part in [
        "action=\"/clusters/new?first\"",
        "<option value=\"Jonas\">",
        "<input type=\"hidden\" name=\"name\" value=\"us-east\">",
        "name=\"description\" value=\"&quot;Two&quot;\r\nlines\"",
    ] {
        assert!(asked.body.contains(part), "{part}: {}", asked.body);
    }
    assert_eq!(authors(&app).await, ["Jonas"]);
    // A name that is not accepted is asked for again, with all that was typed.
    let unnamed = format!("{typed}&yourName=+");
    let again = app.post_form("/clusters/new", &unnamed).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(again.body.contains("Enter a name") && again.body.contains("value=\"us-east\""));
    assert_eq!(authors(&app).await, ["Jonas"]);
}

#[tokio::test]
async fn the_name_that_a_posted_form_asked_for_is_recorded_and_kept() {
    let app = app_without_a_name().await;
    let made = app
        .post_form("/clusters/new", "name=us-east&yourName=Mei+Tan")
        .await;
    let expected = (StatusCode::SEE_OTHER, "/clusters/1");
    assert_eq!((made.status, made.header("location")), expected);
    let cookie = made.header("set-cookie");
    assert!(cookie.starts_with("rollcall_user=Mei%20Tan;"), "{cookie}");
    assert_eq!(authors(&app).await, ["Mei Tan"]);
    // A form that is refused for something else comes back under the name.
    let wrong = app
        .post_form("/clusters/new", "name=us-east&yourName=Mei")
        .await;
    assert_eq!(wrong.status, StatusCode::CONFLICT);
    assert!(wrong.body.contains("You: Mei") && !wrong.header("set-cookie").is_empty());
    assert!(wrong.body.contains("Cluster name us-east is already used"));
    // With a name nothing is asked, and the field means nothing.
    let request = Request::builder()
        .method("POST")
        .uri("/clusters/new")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header(header::COOKIE, "rollcall_user=Mei");
    let body = Body::from("name=ap-south&yourName=Ben");
    let named = app.send(request.body(body).unwrap()).await;
    assert_eq!(named.status, StatusCode::SEE_OTHER, "{}", named.body);
    assert_eq!(authors(&app).await, ["Mei", "Mei Tan"]);
}

#[tokio::test]
async fn an_import_asks_for_the_name_and_then_for_the_file_again() {
    let world = World::active().await;
    let export = exported(&world.app.store).await;
    let app = app_without_a_name().await;
    let asked = post_file(&app, &export, None).await;
    assert_eq!(asked.status, StatusCode::PRECONDITION_REQUIRED);
    assert!(asked.body.contains("Choose the file again"));
    assert_eq!(app.database.last_event().await.unwrap(), 0);
    let named = app.post_form("/", "yourName=Mei").await;
    let expected = (StatusCode::SEE_OTHER, "/");
    assert_eq!((named.status, named.header("location")), expected);
    assert!(named.header("set-cookie").starts_with("rollcall_user=Mei;"));
    assert_eq!(app.database.last_event().await.unwrap(), 0);
    let done = post_file(&app, &export, Some("rollcall_user=Mei")).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert_eq!(authors(&app).await[0], "Mei");
}

#[tokio::test]
async fn the_demo_needs_no_name_since_it_has_its_own() {
    let app = app_without_a_name().await;
    let done = app.post_form("/", "").await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    assert!(!authors(&app).await.contains(&json!("Test")));
}
