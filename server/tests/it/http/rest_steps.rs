//! Tests of REST: transitions, text, notes and position of a step.
use crate::{harness::TestResponse, world::World};
use app::domain::{id::StepId, vocabulary::Category};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn call(world: &World, method: &str, path: &str, body: Value) -> TestResponse {
    world.app.api(method, path, body, &[]).await
}

async fn act(world: &World, step: StepId, verb: &str, body: Value) -> TestResponse {
    call(world, "POST", &format!("/api/steps/{step}/{verb}"), body).await
}

#[tokio::test]
async fn a_step_goes_through_its_states() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let started = act(&world, step, "start", Value::Null).await;
    assert_eq!(started.status, StatusCode::OK, "{}", started.body);
    assert!(!started.header("x-rollcall-batch").is_empty());
    let row = started.json();
    assert_eq!(
        (&row["status"], &row["startedBy"]),
        (&json!("in_progress"), &json!("Test"))
    );
    let failed = act(&world, step, "fail", json!({ "reason": "timeout" }))
        .await
        .json();
    assert_eq!(
        (&failed["status"], &failed["failReason"]),
        (&json!("failed"), &json!("timeout"))
    );
    let done = act(&world, step, "done", json!({ "notes": "at last" }))
        .await
        .json();
    assert_eq!(
        (&done["status"], &done["notes"]),
        (&json!("done"), &json!("at last"))
    );
    assert_eq!(
        (&done["executedBy"], &done["failReason"]),
        (&json!("Test"), &Value::Null)
    );
    let again = act(&world, step, "done", Value::Null).await;
    assert_eq!(
        (again.status, again.header("x-rollcall-batch")),
        (StatusCode::OK, "")
    );
    let refused = act(&world, step, "skip", json!({ "reason": "x" }))
        .await
        .problem(409);
    assert_eq!(refused["detail"], "A done step cannot be skipped");
    let reverted = act(&world, step, "revert", Value::Null).await.json();
    assert_eq!(
        (&reverted["status"], &reverted["executedBy"]),
        (&json!("reverted"), &json!("Test"))
    );
    let open = act(&world, step, "reopen", json!({})).await.json();
    assert_eq!(
        (&open["status"], &open["executedBy"]),
        (&json!("pending"), &Value::Null)
    );
    assert_eq!(open["notes"], "at last");
    // Who reopened it, and nobody who started it.
    assert_eq!(
        (&open["stateBy"], &open["startedBy"]),
        (&json!("Test"), &Value::Null)
    );
    assert!(open["stateAt"].is_string(), "{open}");
    for verb in ["fail", "skip"] {
        let missing = act(&world, step, verb, Value::Null).await.problem(422);
        assert_eq!(missing["errors"]["reason"], "Enter a reason");
    }
    let skipped = act(&world, step, "skip", json!({ "reason": "not theirs" }))
        .await
        .json();
    assert_eq!(skipped["skipReason"], "not theirs");
    act(&world, StepId(99_999), "start", Value::Null)
        .await
        .problem(404);
    act(&world, step, "explode", Value::Null).await.problem(404);
}

#[tokio::test]
async fn a_transition_checks_the_version_if_one_is_given() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let stale = act(&world, step, "start", json!({ "version": 9 }))
        .await
        .problem(409);
    assert_eq!(stale["current"]["id"], step.0);
    assert_eq!(stale["current"]["status"], "pending");
    let path = format!("/api/steps/{step}/start");
    let headers = [("if-match", "\"9\"")];
    let stale = world.app.api("POST", &path, Value::Null, &headers).await;
    stale.problem(409);
    let headers = [("if-match", "\"1\"")];
    let fresh = world.app.api("POST", &path, Value::Null, &headers).await;
    assert_eq!(
        (fresh.status, fresh.header("etag")),
        (StatusCode::OK, "\"2\"")
    );
    for verb in ["reset", "move", "promote"] {
        act(&world, step, verb, json!({ "version": 9 }))
            .await
            .problem(409);
    }
}

#[tokio::test]
async fn a_step_with_a_missing_value_is_done_only_when_that_is_allowed() {
    let world = World::active().await;
    let step = world.id(&world.initech, "Upgrade").await;
    let refused = act(&world, step, "done", Value::Null).await.problem(409);
    assert!(refused["detail"].as_str().unwrap().contains("var.HOST"));
    let done = act(&world, step, "done", json!({ "allowUnresolved": true })).await;
    assert_eq!(done.json()["status"], "done");
}

#[tokio::test]
async fn notes_belong_to_any_step_and_the_fields_to_custom_ones() {
    let world = World::active().await;
    let copy = world.id(&world.acme, "Announce").await;
    let path = format!("/api/steps/{copy}");
    let read = call(&world, "GET", &path, Value::Null).await;
    let headers = [("if-match", read.header("etag"))];
    let noted = json!({ "notes": "call first" });
    let noted = world.app.api("PATCH", &path, noted, &headers).await;
    assert_eq!(noted.json()["notes"], "call first");
    call(&world, "PATCH", &path, json!({ "notes": "x" }))
        .await
        .problem(428);
    for field in ["name", "content"] {
        let mut patch = json!({ "version": 2 });
        patch[field] = json!("x");
        let refused = call(&world, "PATCH", &path, patch).await.problem(409);
        assert!(refused["detail"].as_str().unwrap().contains("override"));
    }
    let kind = json!({ "type": "sql", "version": 2 });
    call(&world, "PATCH", &path, kind).await.problem(409);
    let emptied = json!({ "notes": null, "version": 2 });
    let emptied = call(&world, "PATCH", &path, emptied).await.json();
    assert_eq!(emptied["notes"], Value::Null);
    let list = format!(
        "/api/releases/{}/customers/{}/steps",
        world.june, world.acme.id
    );
    let custom = json!({ "name": "Mine", "category": "deploy", "type": "bash", "content": "true" });
    let custom = call(&world, "POST", &list, custom).await;
    let path = custom.header("location").to_owned();
    let patch =
        json!({ "name": "Ours", "type": "sql", "content": "SELECT 1", "notes": "n", "version": 1 });
    let changed = call(&world, "PATCH", &path, patch).await;
    let row = changed.json();
    assert_eq!(
        (&row["name"], &row["type"], &row["notes"]),
        (&json!("Ours"), &json!("sql"), &json!("n"))
    );
    assert_eq!(row["version"], 2);
    let wrong = json!({ "name": "", "type": "perl", "content": " ", "version": 2 });
    let wrong = call(&world, "PATCH", &path, wrong).await.problem(422);
    assert_eq!(wrong["errors"].as_object().unwrap().len(), 3);
}

#[tokio::test]
async fn a_copy_is_overridden_reset_and_promoted() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Upgrade").await;
    act(&world, step, "override", json!({ "content": "mine" }))
        .await
        .problem(428);
    let stale = json!({ "content": "mine", "version": 9 });
    act(&world, step, "override", stale).await.problem(409);
    act(&world, step, "override", json!({ "version": 1 }))
        .await
        .problem(422);
    act(&world, step, "promote", Value::Null).await.problem(409);
    let over = act(
        &world,
        step,
        "override",
        json!({ "content": "mine", "version": 1 }),
    )
    .await
    .json();
    assert_eq!(
        (&over["isOverridden"], &over["templateVersion"]),
        (&json!(true), &json!(1))
    );
    let reset = act(&world, step, "reset", Value::Null).await.json();
    assert_eq!(
        (&reset["isOverridden"], &reset["content"]),
        (&json!(false), &json!("curl {{var.HOST}}"))
    );
    let again = json!({ "content": "ours", "version": 3 });
    act(&world, step, "override", again).await;
    let promoted = act(&world, step, "promote", json!({ "version": 4 })).await;
    assert_eq!(promoted.json()["isOverridden"], false, "{}", promoted.body);
    assert_eq!(world.step(&world.globex, "Upgrade").await.content, "ours");
}

#[tokio::test]
async fn a_custom_step_has_a_place_and_can_be_deleted() {
    let world = World::active().await;
    let list = format!(
        "/api/releases/{}/customers/{}/steps",
        world.june, world.acme.id
    );
    let upgrade = world.id(&world.acme, "Upgrade").await;
    let body = |place: &str, id: i64| {
        let mut body = json!({ "name": "Snapshot", "category": "deploy", "type": "bash", "content": "pg_dump" });
        body[place] = json!(id);
        body
    };
    let made = call(&world, "POST", &list, body("insertBefore", upgrade.0)).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let row = made.json();
    assert_eq!(made.header("location"), format!("/api/steps/{}", row["id"]));
    assert_eq!(
        (&row["isCustom"], &row["templateId"]),
        (&json!(true), &Value::Null)
    );
    assert_eq!(
        world.names(&world.acme).await,
        ["Announce", "Migrate schema", "Snapshot", "Upgrade", "Check"]
    );
    let steps = world.app.read(&list).await;
    assert_eq!(steps["items"][2]["name"], "Snapshot");
    let to = format!("/api/steps/{}/move", row["id"]);
    for place in ["insertBefore", "insertAfter"] {
        let unknown = call(&world, "POST", &list, body(place, 99_999)).await;
        assert!(unknown.problem(422)["errors"][place].is_string());
        let unknown = call(&world, "POST", &to, json!({ place: 99_999 })).await;
        assert!(unknown.problem(422)["errors"][place].is_string());
    }
    let others = world.id(&world.globex, "Upgrade").await;
    call(&world, "POST", &list, body("insertAfter", others.0))
        .await
        .problem(409);
    let check = world.id(&world.acme, "Check").await;
    call(&world, "POST", &list, body("insertAfter", check.0))
        .await
        .problem(409);
    let path = made.header("location").to_owned();
    assert_eq!(
        call(&world, "DELETE", &path, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    call(
        &world,
        "DELETE",
        &format!("/api/steps/{upgrade}"),
        Value::Null,
    )
    .await
    .problem(409);
    let mut for_all = body("insertBefore", upgrade.0);
    for_all["addToTemplate"] = json!(true);
    let made = call(&world, "POST", &list, for_all).await.json();
    assert_eq!(
        (&made["isCustom"], &made["customerId"]),
        (&json!(false), &json!(world.acme.id.0))
    );
    assert_eq!(world.names(&world.initech).await[2], "Snapshot");
}

#[tokio::test]
async fn who_is_not_in_the_release_has_no_steps_there() {
    let world = World::active().await;
    let body = json!({ "name": "Hooli", "clusterId": world.us_east.id, "namespace": "hooli" });
    let hooli = call(&world, "POST", "/api/customers", body).await.json()["id"].clone();
    let path = format!("/api/releases/{}/customers/{hooli}", world.june);
    call(&world, "GET", &format!("{path}/steps"), Value::Null)
        .await
        .problem(404);
    let step = json!({ "name": "x", "category": "deploy", "type": "bash", "content": "true" });
    call(&world, "POST", &format!("{path}/steps"), step)
        .await
        .problem(404);
    let order = json!({ "category": "deploy", "orderedIds": [] });
    call(&world, "POST", &format!("{path}/reorder"), order)
        .await
        .problem(404);
}

#[tokio::test]
async fn one_customer_s_list_gets_an_order_of_its_own() {
    let world = World::active().await;
    let path = format!(
        "/api/releases/{}/customers/{}/reorder",
        world.june, world.acme.id
    );
    let steps = world.steps(world.acme.id).await;
    let deploy = steps.iter().filter(|it| it.category == Category::Deploy);
    let reversed: Vec<i64> = deploy.map(|it| it.id.0).rev().collect();
    let body = json!({ "category": "deploy", "orderedIds": reversed });
    let done = call(&world, "POST", &path, body.clone()).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(done.json()["success"], true);
    assert_eq!(
        world.names(&world.acme).await,
        ["Upgrade", "Migrate schema", "Announce", "Check"]
    );
    let again = call(&world, "POST", &path, body).await;
    assert_eq!(
        (again.header("x-rollcall-batch"), &again.json()["batchId"]),
        ("", &Value::Null)
    );
    let wrong = json!({ "category": "deploy", "orderedIds": reversed[1..] });
    call(&world, "POST", &path, wrong).await.problem(422);
    let stale = json!({ "category": "deploy", "orderedIds": reversed, "version": 1 });
    call(&world, "POST", &path, stale).await.problem(409);
    let announce = world.id(&world.acme, "Announce").await;
    let upgrade = world.id(&world.acme, "Upgrade").await;
    let moved = act(
        &world,
        announce,
        "move",
        json!({ "insertBefore": upgrade.0 }),
    )
    .await;
    assert_eq!(moved.json()["orderIndex"], 0, "{}", moved.body);
    let check = world.id(&world.acme, "Check").await;
    act(&world, announce, "move", json!({ "insertAfter": check.0 }))
        .await
        .problem(409);
    act(&world, announce, "move", json!({ "insertAfter": 99_999 }))
        .await
        .problem(422);
    let two = json!({ "insertAfter": upgrade.0, "insertBefore": upgrade.0 });
    act(&world, announce, "move", two).await.problem(422);
    let migrate = world.id(&world.acme, "Migrate schema").await;
    let moved = act(
        &world,
        announce,
        "move",
        json!({ "insertAfter": migrate.0 }),
    )
    .await;
    assert_eq!(moved.status, StatusCode::OK, "{}", moved.body);
    assert_eq!(
        world.names(&world.acme).await,
        ["Upgrade", "Migrate schema", "Announce", "Check"]
    );
}

#[tokio::test]
async fn a_move_without_a_neighbour_or_with_a_misspelt_one_is_refused() {
    let world = World::active().await;
    let announce = world.id(&world.acme, "Announce").await;
    let before = world.names(&world.acme).await;
    for body in [
        Value::Null,
        json!({}),
        json!({ "insertbefore": announce.0 }),
        json!({ "after": announce.0, "version": 1 }),
    ] {
        let answer = act(&world, announce, "move", body.clone()).await;
        let problem = answer.problem(422);
        let error = problem["errors"]["insertAfter"].as_str();
        let words = "Name the step that it comes before or after";
        assert_eq!(error, Some(words), "{body}: {problem}");
    }
    assert_eq!(world.names(&world.acme).await, before);
    let stale = act(&world, announce, "move", json!({ "version": 9 })).await;
    stale.problem(409);
    let unknown = act(&world, StepId(99_999), "move", Value::Null).await;
    unknown.problem(404);
    let reorders = world.app.read("/api/audit?action=reorder").await;
    assert_eq!(reorders["items"], json!([]));
}

#[tokio::test]
async fn a_move_beside_itself_is_refused_with_its_own_reason() {
    let world = World::active().await;
    let announce = world.id(&world.acme, "Announce").await;
    let before = world.names(&world.acme).await;
    for neighbour in ["insertBefore", "insertAfter"] {
        let answer = act(&world, announce, "move", json!({ neighbour: announce.0 })).await;
        let problem = answer.problem(409);
        let words = "Announce cannot be moved before or after itself: name another step";
        assert_eq!(problem["detail"], words, "{neighbour}");
    }
    assert_eq!(world.names(&world.acme).await, before);
}

#[tokio::test]
async fn a_text_that_changed_is_409_with_the_text_and_what_changed() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Upgrade").await;
    let detail = world.app.read(&format!("/api/steps/{step}/detail")).await;
    let sha = detail["resolvedSha256"].as_str().unwrap().to_owned();
    let customer = format!("/api/customers/{}", world.acme.id);
    let version = world.app.read(&customer).await["version"].clone();
    let body = json!({ "metadata": { "HOST": "new" }, "version": version });
    let headers = [("x-rollcall-user", "Jonas")];
    let changed = world.app.api("PATCH", &customer, body, &headers).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    for verb in ["done", "start"] {
        let problem = act(&world, step, verb, json!({ "textSha256": sha }))
            .await
            .problem(409);
        assert_eq!(problem["type"], "urn:rollcall:problem:text-changed");
        let current = &problem["current"];
        assert_eq!(current["resolvedContent"], "curl new");
        let change = &current["changes"][0];
        assert_eq!(
            (
                &change["kind"],
                &change["name"],
                &change["by"],
                &change["to"]
            ),
            (
                &json!("variable"),
                &json!("var.HOST"),
                &json!("Jonas"),
                &json!("new")
            )
        );
        let wrong = act(&world, step, verb, json!({ "textSha256": "x" })).await;
        assert!(wrong.problem(422)["errors"]["textSha256"].is_string());
    }
    let detail = world.app.read(&format!("/api/steps/{step}/detail")).await;
    assert_eq!(detail["changes"][0]["name"], "var.HOST");
    let sha = &detail["resolvedSha256"];
    let done = act(&world, step, "done", json!({ "textSha256": sha }))
        .await
        .json();
    assert_eq!(
        (&done["status"], &done["changes"]),
        (&json!("done"), &json!([]))
    );
    let events = world.app.read("/api/audit?action=done").await;
    assert_eq!(events["items"][0]["textShown"], true);
}
