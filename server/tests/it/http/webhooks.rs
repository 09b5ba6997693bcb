//! Tests of webhooks by REST (R62): a secret that is told once, versions, targets that are never called, tests and replays; and of
//! their pages.
use crate::{harness::TestApp, people::Person, world::World};
use app::domain::{permission::Role, vocabulary::StepAction};
use app::store::steps::transitions::TransitionOptions;
use axum::http::StatusCode;
use serde_json::{Value, json};

const NOBODY: &[(&str, &str)] = &[];

fn hook(name: &str) -> Value {
    json!({ "name": name, "kind": "webhook", "target": "http://127.0.0.1:9/x", "events": ["step.failed", "release.finished"] })
}

async fn create(app: &TestApp, body: Value) -> Value {
    let made = app.api("POST", "/api/webhooks", body, NOBODY).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    made.json()
}

#[tokio::test]
async fn the_secret_is_told_once_and_an_edit_names_its_version() {
    let app = TestApp::new().await;
    let made = app.api("POST", "/api/webhooks", hook("CI"), NOBODY).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.header("etag"), "\"1\"");
    let path = made.header("location").to_owned();
    let created = made.json();
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with("whsec_") && secret.len() > 36);
    let read = app.api("GET", &path, Value::Null, NOBODY).await;
    assert!(!read.body.contains(secret) && read.header("etag") == "\"1\"");
    let expected = json!({
        "id": created["id"], "name": "CI", "kind": "webhook", "target": "http://127.0.0.1:9/x",
        "events": ["step.failed", "release.finished"], "releaseId": null, "clusterIds": null, "isActive": true,
        "offReason": null, "version": 1, "createdAt": created["createdAt"], "updatedAt": created["updatedAt"],
    });
    assert_eq!(read.json(), expected);
    let list = app.read("/api/webhooks").await;
    assert_eq!(list["items"], json!([expected]));
    let off = json!({ "isActive": false });
    let unnamed = app.api("PATCH", &path, off.clone(), NOBODY).await;
    unnamed.problem(428);
    let stale = app
        .api("PATCH", &path, off.clone(), &[("if-match", "\"7\"")])
        .await;
    stale.problem(409);
    let saved = app.api("PATCH", &path, off, &[("if-match", "\"1\"")]).await;
    assert_eq!(saved.status, StatusCode::OK, "{}", saved.body);
    assert_eq!(saved.header("etag"), "\"2\"");
    assert_eq!(saved.json()["isActive"], false);
    let gone = app.api("DELETE", &path, Value::Null, NOBODY).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    app.api("GET", &path, Value::Null, NOBODY)
        .await
        .problem(404);
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field() {
    let world = World::draft().await;
    let app = &world.app;
    for (member, wrong) in [
        ("name", json!("")),
        ("kind", json!("pager")),
        ("target", json!("example.com")),
        ("target", json!("http://169.254.169.254/latest/meta-data")),
        ("target", json!("http://10.0.0.7/hook")),
        ("events", json!([])),
        ("events", json!(["test"])),
        ("releaseId", json!(99)),
        ("clusterIds", json!([])),
        ("clusterIds", json!([world.eu_west.id, 99])),
    ] {
        let mut body = hook("CI");
        body[member] = wrong.clone();
        let refused = app.api("POST", "/api/webhooks", body, NOBODY).await;
        let problem = refused.problem(422);
        assert!(problem["errors"][member].is_string(), "{wrong}: {problem}");
    }
    let list = app.read("/api/webhooks").await;
    assert_eq!(list["items"], json!([]));
}

#[tokio::test]
async fn only_a_signed_kind_has_a_secret_and_the_kind_stays() {
    let app = TestApp::new().await;
    let mut mail = hook("Mail");
    mail["kind"] = json!("email");
    mail["target"] = json!("ana@example.com, ben@example.com");
    let made = create(&app, mail).await;
    assert_eq!(made["secret"], Value::Null);
    let path = format!("/api/webhooks/{}", made["id"]);
    let body = json!({ "kind": "webhook", "target": "http://127.0.0.1:9/x", "version": 1 });
    let refused = app.api("PATCH", &path, body, NOBODY).await;
    assert!(refused.problem(422)["errors"]["kind"].is_string());
}

#[tokio::test]
async fn a_test_and_a_replay_are_accepted_and_a_replay_keeps_the_message_id() {
    let world = World::active().await;
    let app = &world.app;
    let (made, other) = (create(app, hook("CI")).await, create(app, hook("CD")).await);
    let path = format!("/api/webhooks/{}", made["id"]);
    let test = app
        .api("POST", &format!("{path}/test"), Value::Null, NOBODY)
        .await;
    assert_eq!(test.status, StatusCode::ACCEPTED, "{}", test.body);
    let test = test.json();
    assert_eq!(
        (&test["event"], &test["state"]),
        (&json!("test"), &json!("pending"))
    );
    let step = world.id(&world.acme, "Upgrade").await;
    let options = TransitionOptions {
        reason: Some("disk full".into()),
        ..TransitionOptions::default()
    };
    let failed = app
        .store
        .act_on_step(step, StepAction::Fail, options, app.ana());
    failed.await.unwrap();
    let list = app.read(&format!("{path}/deliveries")).await;
    let events: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["event"])
        .collect();
    assert_eq!(events, ["step.failed", "test"]);
    let first = &list["items"][0];
    for member in [
        "n",
        "messageId",
        "state",
        "tries",
        "at",
        "nextAt",
        "status",
        "answer",
        "error",
    ] {
        assert!(first.get(member).is_some(), "{member}: {first}");
    }
    let replay = |hook: &Value| format!("/api/webhooks/{hook}/deliveries/{}/replay", first["n"]);
    let again = app
        .api("POST", &replay(&made["id"]), Value::Null, NOBODY)
        .await;
    assert_eq!(again.status, StatusCode::ACCEPTED, "{}", again.body);
    assert_eq!(again.json()["messageId"], first["messageId"]);
    let of_other = app
        .api("POST", &replay(&other["id"]), Value::Null, NOBODY)
        .await;
    of_other.problem(404);
    let page = app.read(&format!("{path}/deliveries?limit=1")).await;
    let next = page["nextCursor"].as_str().unwrap();
    let rest = app.read(&format!("{path}/deliveries?cursor={next}")).await;
    assert_eq!(rest["items"][0]["event"], "test");
}

async fn get(app: &TestApp, person: &Person, path: &str) -> String {
    let page = app.api_as(person, "GET", path, Value::Null).await;
    assert_eq!(page.status, StatusCode::OK, "{path}");
    page.body
}

#[tokio::test]
async fn an_admin_sees_how_each_webhook_does_and_nobody_else_sees_any() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let admin = app.person(Role::Admin, None).await;
    let page = get(app, &admin, "/webhooks").await;
    assert!(page.contains("No webhooks yet") && page.contains("href=\"/webhooks\""));
    let made = app
        .api_as(&admin, "POST", "/api/webhooks", hook("Build server"))
        .await
        .json();
    let page = get(app, &admin, "/webhooks").await;
    assert!(page.contains("Build server") && page.contains("Nothing sent yet"));
    let path = format!("/webhooks/{}", made["id"]);
    let page = get(app, &admin, &path).await;
    for part in [
        "Steps failed, Release finished",
        "http://127.0.0.1:9/x",
        "No deliveries yet",
    ] {
        assert!(page.contains(part), "{part}");
    }
    let secret = made["secret"].as_str().unwrap();
    let edit = get(app, &admin, &format!("{path}/edit")).await;
    assert!(edit.contains("Edit Build server") && !edit.contains(secret));
    let manager = app.person(Role::Manager, None).await;
    for path in ["/webhooks", path.as_str(), "/api/webhooks"] {
        let refused = app.api_as(&manager, "GET", path, Value::Null).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path}");
    }
    assert!(!get(app, &manager, "/").await.contains("href=\"/webhooks\""));
}
