//! Tests of REST: template steps, and their effect on the copies.
use crate::{harness::TestResponse, world::World};
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn call(world: &World, method: &str, path: &str, body: Value) -> TestResponse {
    world.app.api(method, path, body, &[]).await
}

/// The names of a release's template steps.
async fn names(world: &World) -> Vec<String> {
    let path = format!("/api/releases/{}/templates", world.june);
    let list = world.app.read(&path).await;
    let items = list["items"].as_array().unwrap().clone();
    items
        .iter()
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_template_step_is_added_at_its_place() {
    let world = World::active().await;
    let path = format!("/api/releases/{}/templates", world.june);
    let body = |place: Value| {
        let mut body = json!({ "name": "Snapshot", "category": "deploy", "type": "bash", "content": "pg_dump" });
        let place = place.as_object().unwrap().clone();
        body.as_object_mut().unwrap().extend(place);
        body
    };
    let before = body(json!({ "insertBefore": world.upgrade.id }));
    let made = call(&world, "POST", &path, before).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let at = made.header("location").to_owned();
    assert_eq!(at, format!("/api/templates/{}", made.json()["id"]));
    assert_eq!(made.json()["orderIndex"], 2);
    let read = call(&world, "GET", &at, Value::Null).await;
    assert!(read.header("etag").starts_with("\"1-"), "position counts");
    assert_eq!(
        names(&world).await,
        ["Announce", "Migrate schema", "Snapshot", "Upgrade", "Check"]
    );
    assert_eq!(world.names(&world.acme).await[2], "Snapshot");
    let unknown = call(&world, "POST", &path, body(json!({ "insertAfter": 77 }))).await;
    assert_eq!(
        unknown.problem(422)["errors"]["insertAfter"],
        "There is no template step with the id 77"
    );
    let other = body(json!({ "insertAfter": world.check.id }));
    call(&world, "POST", &path, other).await.problem(409);
    let two = body(json!({ "insertAfter": world.upgrade.id, "insertBefore": world.upgrade.id }));
    call(&world, "POST", &path, two).await.problem(422);
    let empty = call(&world, "POST", &path, json!({})).await.problem(422);
    for field in ["name", "category", "type", "content"] {
        assert!(empty["errors"][field].is_string(), "{field}");
    }
}

#[tokio::test]
async fn an_edit_says_before_how_many_copies_follow_and_takes_them_along() {
    let world = World::active().await;
    let step = world.step(&world.acme, "Upgrade").await;
    let over = json!({ "content": "mine", "version": step.version });
    let over = call(
        &world,
        "POST",
        &format!("/api/steps/{}/override", step.id),
        over,
    )
    .await;
    assert_eq!(over.status, StatusCode::OK, "{}", over.body);
    let path = format!("/api/templates/{}", world.upgrade.id);
    let dry = json!({ "content": "wget", "dryRun": true });
    let dry = call(&world, "PATCH", &path, dry).await;
    let expected = json!({ "changes": 2, "keeps": { "overridden": 1, "started": 0, "executed": 0 }, "warnings": [] });
    assert_eq!(dry.json(), expected);
    let same = json!({ "name": "Upgrade", "dryRun": true });
    assert_eq!(
        call(&world, "PATCH", &path, same).await.json()["changes"],
        0
    );
    call(&world, "PATCH", &path, json!({ "content": "wget" }))
        .await
        .problem(428);
    let edited = json!({ "content": "wget", "version": 1 });
    let edited = call(&world, "PATCH", &path, edited).await;
    assert_eq!(
        (&edited.json()["version"], &edited.json()["name"]),
        (&json!(2), &json!("Upgrade"))
    );
    let globex = world.step(&world.globex, "Upgrade").await;
    assert_eq!(
        (
            globex.content.as_str(),
            globex.version,
            globex.template_version
        ),
        ("wget", 2, Some(2))
    );
    assert_eq!(world.step(&world.acme, "Upgrade").await.content, "mine");
    let stale = json!({ "content": "x", "version": 1 });
    call(&world, "PATCH", &path, stale).await.problem(409);
    let verify = json!({ "category": "verify", "version": 2 });
    call(&world, "PATCH", &path, verify).await;
    assert_eq!(
        names(&world).await,
        ["Announce", "Migrate schema", "Check", "Upgrade"]
    );
}

#[tokio::test]
async fn a_deletion_says_before_what_goes_and_what_stays() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    call(
        &world,
        "POST",
        &format!("/api/steps/{step}/start"),
        Value::Null,
    )
    .await;
    let path = format!("/api/templates/{}", world.announce.id);
    let dry = call(
        &world,
        "DELETE",
        &format!("{path}?dryRun=true"),
        Value::Null,
    )
    .await;
    let expected =
        json!({ "changes": 2, "keeps": { "overridden": 0, "started": 1, "executed": 0 } });
    assert_eq!(dry.json(), expected);
    call(&world, "DELETE", &format!("{path}?version=9"), Value::Null)
        .await
        .problem(409);
    let headers = [("if-match", "\"1\"")];
    let gone = world.app.api("DELETE", &path, Value::Null, &headers).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT);
    call(&world, "GET", &path, Value::Null).await.problem(404);
    assert!(world.step(&world.acme, "Announce").await.is_custom);
    let undo = format!("/api/audit/{}/undo", gone.header("x-rollcall-batch"));
    let undone = call(&world, "POST", &undo, Value::Null).await;
    assert_eq!(undone.json()["restored"], 1, "{}", undone.body);
    assert_eq!(
        call(&world, "GET", &path, Value::Null).await.status,
        StatusCode::OK
    );
}

#[tokio::test]
async fn the_original_s_reorder_takes_the_whole_list() {
    let world = World::active().await;
    let body =
        |ids: Value| json!({ "releaseId": world.june.0, "category": "deploy", "orderedIds": ids });
    let reorder = async |body: Value| call(&world, "POST", "/api/steps/reorder", body).await;
    let (a, m, u) = (world.announce.id.0, world.migrate.id.0, world.upgrade.id.0);
    let done = reorder(body(json!([u, a, m]))).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(
        (&done.json()["success"], &done.json()["leftAlone"]),
        (&json!(true), &json!(0))
    );
    assert!(!done.header("x-rollcall-batch").is_empty());
    assert_eq!(
        world.names(&world.acme).await,
        ["Upgrade", "Announce", "Migrate schema", "Check"]
    );
    for wrong in [
        json!([u, a]),
        json!([u, a, a]),
        json!([u, a, m, 99]),
        json!([u, a, world.check.id.0]),
    ] {
        let problem = reorder(body(wrong)).await.problem(422);
        assert!(problem["errors"]["orderedIds"].is_string());
    }
    let mut stale = body(json!([a, m, u]));
    stale["version"] = json!(1);
    reorder(stale).await.problem(409);
    let mut unknown = body(json!([]));
    unknown["releaseId"] = json!(99);
    assert_eq!(
        reorder(unknown).await.problem(422)["errors"]["releaseId"],
        "There is no release with the id 99"
    );
    let mut wrong = body(json!([a, m, u]));
    wrong["category"] = json!("x");
    assert!(reorder(wrong).await.problem(422)["errors"]["category"].is_string());
    assert!(reorder(json!({})).await.problem(422)["errors"]["releaseId"].is_string());
}

#[tokio::test]
async fn a_duplicate_stands_behind_the_original() {
    let world = World::draft().await;
    let path = format!("/api/templates/{}/duplicate", world.announce.id);
    let made = call(&world, "POST", &path, Value::Null).await;
    assert_eq!(made.status, StatusCode::CREATED);
    assert_eq!(names(&world).await[..2], ["Announce", "Announce"]);
}

#[tokio::test]
async fn an_archived_release_keeps_its_template() {
    let world = World::active().await;
    call(
        &world,
        "POST",
        &format!("/api/releases/{}/archive", world.june),
        Value::Null,
    )
    .await;
    let path = format!("/api/templates/{}", world.announce.id);
    call(&world, "DELETE", &path, Value::Null)
        .await
        .problem(409);
    call(
        &world,
        "DELETE",
        &format!("{path}?dryRun=true"),
        Value::Null,
    )
    .await
    .problem(409);
    let patch = json!({ "content": "x", "version": 1 });
    call(&world, "PATCH", &path, patch).await.problem(409);
}
