//! Tests of taking over a step that somebody else has in progress (R33), by REST and by the server function.
use crate::world::World;
use axum::http::StatusCode;
use serde_json::{Value, json};

#[tokio::test]
async fn a_start_takes_over_only_if_it_says_so_and_only_from_somebody_else() {
    let world = World::active().await;
    let id = world.id(&world.acme, "Check").await;
    let path = format!("/api/steps/{id}/start");
    let start = async |name: &str, body: Value| {
        let headers = [("X-Rollcall-User", name)];
        let answer = world.app.api("POST", &path, body, &headers).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let is_changed = !answer.header("x-rollcall-batch").is_empty();
        (is_changed, answer.json()["startedBy"].clone())
    };
    assert_eq!(start("Ben", json!({})).await, (true, json!("Ben")));
    assert_eq!(start("Ana", json!({})).await, (false, json!("Ben")));
    let over = json!({ "takeOver": true });
    assert_eq!(start("Ben", over.clone()).await, (false, json!("Ben")));
    assert_eq!(start("Ana", over.clone()).await, (true, json!("Ana")));
    let step = world.app.read(&format!("/api/steps/{id}")).await;
    assert_eq!(
        (&step["status"], &step["stateBy"]),
        (&json!("in_progress"), &json!("Ana"))
    );
    let history = world
        .app
        .read(&format!("/api/audit?entity=step&entityId={id}"))
        .await;
    let events = history["items"].as_array().unwrap();
    assert_eq!(events.len(), 2, "{history}");
    assert_eq!(
        (&events[0]["action"], &events[0]["actor"]),
        (&json!("start"), &json!("Ana"))
    );
    // Undone, it is Ben's again.
    let batch = events[0]["batchId"].as_str().unwrap();
    let undo = format!("/api/audit/{batch}/undo");
    world.app.api("POST", &undo, json!({}), &[]).await;
    let step = world.app.read(&format!("/api/steps/{id}")).await;
    assert_eq!(step["startedBy"], "Ben");
}

#[tokio::test]
async fn what_is_not_in_progress_is_started_or_refused_as_ever() {
    let world = World::active().await;
    let id = world.id(&world.acme, "Check").await;
    let act = async |action: &str, body: Value| {
        let path = format!("/api/steps/{id}/{action}");
        world.app.api("POST", &path, body, &[]).await
    };
    let over = json!({ "takeOver": true });
    assert_eq!(act("start", over.clone()).await.status, StatusCode::OK);
    assert_eq!(act("done", json!({})).await.status, StatusCode::OK);
    act("start", over).await.problem(409);
}

#[tokio::test]
async fn the_page_s_function_takes_over_too() {
    let world = World::active().await;
    let id = world.id(&world.acme, "Check").await;
    let path = format!("/api/steps/{id}/start");
    let ben = [("X-Rollcall-User", "Ben")];
    world.app.api("POST", &path, json!({}), &ben).await;
    let mut arguments =
        json!({ "id": id, "action": "start", "reason": null, "allow_unresolved": false });
    for (take_over, by) in [(false, "Ben"), (true, "Test")] {
        arguments["take_over"] = json!(take_over);
        let answer = world.app.call("/rpc/act_on_step", arguments.clone()).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        let step = world.app.read(&format!("/api/steps/{id}")).await;
        assert_eq!(step["startedBy"], by);
    }
}
