//! Tests of marks that waited for the connection (R32): they say what their page had heard, and overwrite nothing newer.
use crate::{harness::TestResponse, world::World};
use app::{
    domain::id::StepId,
    error::{AppError, ViolationDetail},
};
use axum::http::StatusCode;
use serde_json::{Value, json};

const OVERTAKEN: &str = "Ben changed this step while your mark waited";

/// What a page says that has heard everything up to now.
async fn heard(world: &World) -> String {
    let history = world.app.read("/api/audit?limit=1").await;
    history["items"][0]["id"].to_string()
}

async fn ben(world: &World, step: StepId, action: &str, body: Value) {
    let path = format!("/api/steps/{step}/{action}");
    let by = [("X-Rollcall-User", "Ben")];
    let answer = world.app.api("POST", &path, body, &by).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

async fn mark(world: &World, step: StepId, action: &str, seen: &str) -> TestResponse {
    let arguments =
        json!({ "id": step, "action": action, "reason": null, "allow_unresolved": false });
    let seen = [("X-Rollcall-Seen", seen)];
    let path = "/rpc/act_on_step";
    world.app.api("POST", path, arguments, &seen).await
}

async fn status(world: &World, step: StepId) -> Value {
    world.app.read(&format!("/api/steps/{step}")).await["status"].clone()
}

#[tokio::test]
async fn a_mark_that_waited_does_not_overwrite_what_others_did_meanwhile() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let seen = heard(&world).await;
    ben(&world, step, "fail", json!({ "reason": "no answer" })).await;
    let refused = mark(&world, step, "done", &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let AppError::Refused(why) = refused.error() else {
        panic!("{:?}", refused.error());
    };
    assert_eq!(
        (why.text.as_str(), &why.about),
        (OVERTAKEN, &ViolationDetail::Overtaken)
    );
    assert!(refused.error().is_retryable());
    assert_eq!(status(&world, step).await, "failed");
    // Who has been told of it since means it.
    let seen = heard(&world).await;
    let done = mark(&world, step, "done", &seen).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(status(&world, step).await, "done");
}

#[tokio::test]
async fn a_mark_that_the_rules_refuse_after_what_others_did_says_who_it_was() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let seen = heard(&world).await;
    ben(&world, step, "done", json!({})).await;
    let refused = mark(&world, step, "start", &seen).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    let AppError::Refused(why) = refused.error() else {
        panic!("{:?}", refused.error());
    };
    assert_eq!(why.text, OVERTAKEN);
    // What is so already is no conflict.
    let same = mark(&world, step, "done", &seen).await;
    assert_eq!(same.status, StatusCode::OK, "{}", same.body);
}

#[tokio::test]
async fn a_mark_that_was_refused_leaves_its_key_free_to_be_sent_again() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let before = heard(&world).await;
    ben(&world, step, "fail", json!({ "reason": "no answer" })).await;
    let after = heard(&world).await;
    let body = json!({ "id": step, "action": "done", "reason": null, "allow_unresolved": false });
    for (seen, status) in [
        (&before, StatusCode::CONFLICT),
        (&after, StatusCode::OK),
        // Who asks again has the answer, whatever it has heard.
        (&before, StatusCode::OK),
    ] {
        let headers = [("X-Rollcall-Seen", seen.as_str()), ("Idempotency-Key", "k")];
        let path = "/rpc/act_on_step";
        let answer = world.app.api("POST", path, body.clone(), &headers).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
}

#[tokio::test]
async fn own_changes_and_notes_of_others_overtake_no_mark() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let seen = heard(&world).await;
    assert_eq!(
        mark(&world, step, "start", &seen).await.status,
        StatusCode::OK
    );
    let history = world.app.read("/api/audit?limit=1").await;
    let own = history["items"][0]["batchId"].as_str().unwrap();
    let row = world.app.read(&format!("/api/steps/{step}")).await;
    let note = json!({ "id": step, "notes": "called", "version": row["version"] });
    let noted = world.app.call("/rpc/note_step", note).await;
    assert_eq!(noted.status, StatusCode::OK, "{}", noted.body);
    // Without its own batch the page would be asked about it.
    let asked = mark(&world, step, "done", &seen).await;
    assert_eq!(asked.status, StatusCode::CONFLICT);
    let seen = format!("{seen} {own}");
    let done = mark(&world, step, "done", &seen).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
}

#[tokio::test]
async fn a_bulk_that_waited_leaves_out_what_others_did_meanwhile() {
    let world = World::active().await;
    let acme = world.id(&world.acme, "Announce").await;
    let globex = world.id(&world.globex, "Announce").await;
    let seen = heard(&world).await;
    ben(&world, acme, "fail", json!({ "reason": "no answer" })).await;
    let path = "/rpc/act_on_steps";
    let arguments = json!({ "ids": [acme, globex], "action": "done", "reason": null });
    let seen = [("X-Rollcall-Seen", seen.as_str())];
    let answer = world.app.api("POST", path, arguments, &seen).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert!(answer.body.contains(OVERTAKEN), "{}", answer.body);
    assert_eq!(status(&world, acme).await, "failed");
    assert_eq!(status(&world, globex).await, "done");
    // Neither may be started: of the one that somebody else marked, that is why.
    let arguments = json!({ "ids": [acme, globex], "action": "start", "reason": null });
    ben(&world, acme, "done", json!({})).await;
    let answer = world.app.api("POST", path, arguments, &seen).await;
    assert_eq!(answer.body.matches(OVERTAKEN).count(), 1, "{}", answer.body);
}
