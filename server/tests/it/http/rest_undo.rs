//! Tests of REST: dry run of an undo, and undo of rows with work (R101).
use crate::{harness::TestResponse, world::World};
use app::domain::id::StepId;
use axum::{
    body::Body,
    http::{Method, Request, StatusCode},
};
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: Value, who: &str) -> TestResponse {
    let by = [("x-rollcall-user", who)];
    world.app.api("POST", path, body, &by).await
}

/// A step that was added to the template of the active June, done for Acme by Jonas: how it is undone, and Acme's step.
async fn added_and_done(world: &World) -> (String, StepId) {
    let step =
        json!({ "name": "Smoke test", "category": "deploy", "type": "bash", "content": "true" });
    let path = format!("/api/releases/{}/templates", world.june);
    let added = post(world, &path, step, "Ana").await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    let id = world.id(&world.acme, "Smoke test").await;
    let done = post(
        world,
        &format!("/api/steps/{id}/done"),
        Value::Null,
        "Jonas",
    )
    .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let undo = format!("/api/audit/{}/undo", added.header("x-rollcall-batch"));
    (undo, id)
}

async fn last_event(world: &World) -> Value {
    world.app.read("/api/audit/head").await["id"].clone()
}

#[tokio::test]
async fn a_dry_run_of_an_undo_names_rows_conflicts_and_work() {
    let world = World::active().await;
    let (undo, id) = added_and_done(&world).await;
    let before = last_event(&world).await;
    let tried = post(&world, &undo, json!({ "dryRun": true }), "Ana").await;
    assert_eq!(tried.status, StatusCode::OK, "{}", tried.body);
    let dry_run = tried.json();
    assert_eq!(dry_run["restored"], 1);
    let work = &dry_run["withWork"][0];
    assert_eq!(
        (&work["id"], &work["reason"], &work["changedBy"]),
        (
            &json!(id),
            &json!("Smoke test, Acme has work (done)"),
            &json!("Jonas")
        )
    );
    assert_eq!(dry_run["conflicts"], dry_run["withWork"]);
    let row = &dry_run["rows"][1];
    assert_eq!(
        (&row["entity"], &row["id"], &row["name"], &row["customer"]),
        (
            &json!("step"),
            &json!(id),
            &json!("Smoke test"),
            &json!("Acme")
        )
    );
    assert_eq!(
        (&row["state"], &row["hasWork"]),
        (&json!("left-alone"), &json!(true))
    );
    assert_eq!(dry_run["rows"][0]["state"], "deleted");
    let both = json!({ "dryRun": true, "deleteWork": true });
    let tried = post(&world, &undo, both, "Ana").await.json();
    assert_eq!(
        (&tried["conflicts"], &tried["rows"][1]["state"]),
        (&json!([]), &json!("deleted"))
    );
    assert_eq!(tried["withWork"][0]["changedBy"], "Jonas");
    assert_eq!(last_event(&world).await, before);
    let step = world.app.read(&format!("/api/steps/{id}")).await;
    assert_eq!(
        (&step["status"], &step["isCustom"]),
        (&json!("done"), &json!(false))
    );
}

#[tokio::test]
async fn rows_with_work_are_conflicts_unless_they_are_to_be_deleted() {
    let world = World::active().await;
    let (undo, id) = added_and_done(&world).await;
    let undone = post(&world, &undo, json!({}), "Ana").await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
    let result = undone.json();
    assert_eq!(result["restored"], 1);
    assert_eq!(result["conflicts"][0]["changedBy"], "Jonas");
    assert!(result["conflicts"][0]["changedAt"].is_string());
    let step = world.app.read(&format!("/api/steps/{id}")).await;
    assert_eq!(
        (&step["status"], &step["isCustom"]),
        (&json!("done"), &json!(true))
    );

    let world = World::active().await;
    let (undo, id) = added_and_done(&world).await;
    let undone = post(&world, &undo, json!({ "deleteWork": true }), "Ana").await;
    assert_eq!(undone.json()["conflicts"], json!([]), "{}", undone.body);
    assert_eq!(undone.json()["batchId"], undone.header("x-rollcall-batch"));
    world
        .app
        .api("GET", &format!("/api/steps/{id}"), Value::Null, &[])
        .await
        .problem(404);
}

#[tokio::test]
async fn where_nothing_can_be_undone_who_stands_in_the_way_is_named() {
    let world = World::active().await;
    let step = json!({ "name": "Own", "category": "deploy", "type": "bash", "content": "true" });
    let path = format!(
        "/api/releases/{}/customers/{}/steps",
        world.june, world.acme.id
    );
    let own = post(&world, &path, step, "Ana").await;
    let id = own.json()["id"].clone();
    post(
        &world,
        &format!("/api/steps/{id}/done"),
        Value::Null,
        "Jonas",
    )
    .await;
    let undo = format!("/api/audit/{}/undo", own.header("x-rollcall-batch"));
    let refused = post(&world, &undo, Value::Null, "Ana").await.problem(409);
    assert_eq!(refused["changedBy"], "Jonas", "{refused}");
    let detail = refused["detail"].as_str().unwrap();
    assert!(detail.ends_with("(done) by Jonas"), "{refused}");
    assert!(refused["changedAt"].is_string(), "{refused}");
    let tried = post(&world, &undo, json!({ "dryRun": true }), "Ana")
        .await
        .json();
    assert_eq!(
        (&tried["restored"], &tried["conflicts"][0]["id"]),
        (&json!(0), &id)
    );
    let undone = post(&world, &undo, json!({ "deleteWork": true }), "Ana").await;
    assert_eq!(undone.json()["restored"], 1, "{}", undone.body);
}

#[tokio::test]
async fn the_body_of_an_undo_may_be_missing_and_must_be_right() {
    let world = World::active().await;
    let id = world.id(&world.acme, "Announce").await;
    let mut undo = String::new();
    let marked = async || {
        let done = post(
            &world,
            &format!("/api/steps/{id}/start"),
            Value::Null,
            "Ana",
        )
        .await;
        format!("/api/audit/{}/undo", done.header("x-rollcall-batch"))
    };
    for (body, media) in [
        ("", None),
        ("", Some("application/json")),
        ("{}", Some("application/json")),
        ("null", Some("application/json")),
    ] {
        undo = marked().await;
        let mut request = Request::builder().method(Method::POST).uri(&undo);
        if let Some(media) = media {
            request = request.header("content-type", media);
        }
        let answer = world
            .app
            .send(request.body(Body::from(body)).unwrap())
            .await;
        assert_eq!(answer.status, StatusCode::OK, "{body:?}: {}", answer.body);
        assert_eq!(answer.json()["restored"], 1);
    }
    let wrong = post(&world, &undo, json!({ "dryRun": "yes" }), "Ana").await;
    let wrong = wrong.problem(422);
    assert!(wrong["errors"]["dryRun"].is_string(), "{wrong}");
}
