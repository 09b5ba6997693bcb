//! Tests of REST: a step in detail, bulk actions, undo, and the history.
use crate::{harness::TestResponse, world::World};
use app::domain::id::StepId;
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: Value) -> TestResponse {
    world.app.api("POST", path, body, &[]).await
}

#[tokio::test]
async fn the_detail_has_all_that_is_needed_to_do_a_step() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Migrate schema").await;
    let path = format!("/api/steps/{step}/detail");
    let detail = world.app.read(&path).await;
    assert_eq!(
        (&detail["id"], &detail["name"]),
        (&json!(step.0), &json!("Migrate schema"))
    );
    assert_eq!(
        (&detail["number"], &detail["status"]),
        (&json!(2), &json!("pending"))
    );
    assert_eq!(detail["template"]["id"], world.migrate.id.0);
    assert_eq!(detail["customer"]["name"], "Acme");
    assert_eq!(detail["customer"]["cluster"]["name"], "eu-west");
    assert_eq!(detail["resolvedContent"], "SELECT 'acme';");
    assert_eq!(detail["unresolved"], json!([]));
    let variable = json!({ "name": "customer.namespace", "value": "acme", "source": "customer" });
    assert_eq!(detail["variables"], json!([variable]));
    let copied = "-- Acme | eu-west | acme | June, step 2 Migrate schema\nSELECT 'acme';";
    assert_eq!(detail["copyText"], copied);
    let upgrade = world.id(&world.initech, "Upgrade").await;
    let detail = world
        .app
        .read(&format!("/api/steps/{upgrade}/detail"))
        .await;
    assert_eq!(detail["unresolved"], json!(["var.HOST"]));
    assert_eq!(detail["variables"][0]["value"], Value::Null);
}

#[tokio::test]
async fn the_detail_s_history_has_the_step_s_events_and_the_template_s() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Migrate schema").await;
    let edit = json!({ "content": "SELECT 2;", "version": 1 });
    let template = format!("/api/templates/{}", world.migrate.id);
    let edited = world.app.api("PATCH", &template, edit, &[]).await;
    assert_eq!(edited.status, StatusCode::OK, "{}", edited.body);
    post(&world, &format!("/api/steps/{step}/start"), Value::Null).await;
    let detail = world.app.read(&format!("/api/steps/{step}/detail")).await;
    let history = detail["history"].as_array().unwrap();
    assert_eq!(
        (&history[0]["entity"], &history[0]["action"]),
        (&json!("step"), &json!("start"))
    );
    assert_eq!(history[0]["after"]["status"], "in_progress");
    assert_eq!(
        (&history[1]["entity"], &history[1]["action"]),
        (&json!("template"), &json!("update"))
    );
    assert_eq!(history[1]["before"]["content"], world.migrate.content);
}

#[tokio::test]
async fn a_bulk_changes_what_it_may_and_names_the_rest() {
    let world = World::active().await;
    let acme = world.id(&world.acme, "Upgrade").await;
    let initech = world.id(&world.initech, "Upgrade").await;
    let ids = json!([acme, acme, initech, 99_999]);
    let done = post(
        &world,
        "/api/steps/bulk",
        json!({ "ids": ids, "action": "done", "notes": "n" }),
    )
    .await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    let result = done.json();
    assert_eq!(result["changed"], 1);
    assert_eq!(result["batchId"], done.header("x-rollcall-batch"));
    let rest = result["notEligible"].as_array().unwrap();
    assert_eq!(rest.len(), 2);
    assert_eq!(
        (&rest[0]["id"], &rest[0]["customer"]),
        (&json!(initech), &json!("Initech"))
    );
    assert!(rest[0]["reason"].as_str().unwrap().contains("var.HOST"));
    assert_eq!(
        (&rest[1]["id"], &rest[1]["reason"]),
        (&json!(99_999), &json!("step not found"))
    );
    let nothing = json!({ "ids": [acme], "action": "skip", "reason": "x" });
    let nothing = post(&world, "/api/steps/bulk", nothing).await;
    assert_eq!(
        (&nothing.json()["changed"], &nothing.json()["batchId"]),
        (&json!(0), &Value::Null)
    );
    let allowed = json!({ "ids": [initech], "action": "done", "allowUnresolved": true });
    assert_eq!(
        post(&world, "/api/steps/bulk", allowed).await.json()["changed"],
        1
    );
}

#[tokio::test]
async fn a_wrong_bulk_changes_nothing() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let many: Vec<i64> = (0..10_001).collect();
    for (body, field) in [
        (json!({ "ids": [], "action": "start" }), "ids"),
        (json!({ "action": "start" }), "ids"),
        (json!({ "ids": many, "action": "start" }), "ids"),
        (json!({ "ids": ["x"], "action": "start" }), "ids"),
        (json!({ "ids": [step], "action": "explode" }), "action"),
        (json!({ "ids": [step] }), "action"),
        (json!({ "ids": [step], "action": "fail" }), "reason"),
    ] {
        let problem = post(&world, "/api/steps/bulk", body).await.problem(422);
        assert!(problem["errors"][field].is_string(), "{problem}");
    }
    assert_eq!(world.step(&world.acme, "Announce").await.version, 1);
}

#[tokio::test]
async fn a_bulk_is_undone_but_for_what_changed_since() {
    let world = World::active().await;
    let mut ids: Vec<StepId> = Vec::new();
    for customer in [&world.acme, &world.globex] {
        ids.push(world.id(customer, "Announce").await);
    }
    let done = post(
        &world,
        "/api/steps/bulk",
        json!({ "ids": ids, "action": "done" }),
    )
    .await;
    post(
        &world,
        &format!("/api/steps/{}/revert", ids[0]),
        Value::Null,
    )
    .await;
    let path = format!("/api/audit/{}/undo", done.header("x-rollcall-batch"));
    let undone = post(&world, &path, Value::Null).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
    let result = undone.json();
    assert_eq!(
        (&result["restored"], &result["batchId"]),
        (&json!(1), &json!(undone.header("x-rollcall-batch")))
    );
    let conflict = &result["conflicts"][0];
    assert_eq!(
        (&conflict["id"], &conflict["changedBy"]),
        (&json!(ids[0]), &json!("Test"))
    );
    assert!(
        conflict["changedAt"].is_string() && conflict["reason"].as_str().unwrap().contains("Acme")
    );
    let refused = post(&world, &path, Value::Null).await.problem(409);
    assert_eq!(refused["changedBy"], "Test", "{refused}");
    assert!(refused["changedAt"].is_string(), "{refused}");
    post(&world, "/api/audit/none/undo", Value::Null)
        .await
        .problem(404);
    let again = format!("/api/audit/{}/undo", undone.header("x-rollcall-batch"));
    post(
        &world,
        &format!("/api/releases/{}/archive", world.june),
        Value::Null,
    )
    .await;
    post(&world, &again, Value::Null).await.problem(409);
}

#[tokio::test]
async fn the_history_is_read_by_any_of_its_columns() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Migrate schema").await;
    let by = [("x-rollcall-user", "Mei")];
    let path = format!("/api/steps/{step}/done");
    let done = world.app.api("POST", &path, Value::Null, &by).await;
    let batch = done.header("x-rollcall-batch").to_owned();
    let events = async |query: &str| {
        let list = world.app.read(&format!("/api/audit?{query}")).await;
        list["items"].as_array().unwrap().clone()
    };
    let found = events(&format!("batchId={batch}")).await;
    assert_eq!(found.len(), 1);
    let event = &found[0];
    assert_eq!(
        (&event["entity"], &event["entityId"]),
        (&json!("step"), &json!(step))
    );
    assert_eq!(
        (&event["releaseId"], &event["customerId"]),
        (&json!(world.june), &json!(world.acme.id))
    );
    assert_eq!(
        (&event["action"], &event["actor"]),
        (&json!("done"), &json!("Mei"))
    );
    assert_eq!(
        (&event["before"]["status"], &event["after"]["status"]),
        (&json!("pending"), &json!("done"))
    );
    assert_eq!(event["resolvedText"], "SELECT 'acme';");
    let sha = "b85d29bcb60bcfd28da0de25849deed3603d082f776690edc4e2e52134083ba8";
    assert_eq!(event["resolvedSha256"], sha);
    for query in [
        "actor=Mei".to_owned(),
        "action=done".to_owned(),
        format!("entity=step&entityId={step}"),
        format!("releaseId={}&customerId={}", world.june, world.acme.id),
        "from=2026-06-02T00:00:00Z&actor=Mei".to_owned(),
    ] {
        assert_eq!(events(&query).await.len(), 1, "{query}");
    }
    assert!(events("to=2020-01-01T00:00:00Z").await.is_empty());
    assert!(events("actor=Nobody").await.is_empty());
    for (query, field) in [
        ("entity=x", "entity"),
        ("action=x", "action"),
        ("entityId=x", "entityId"),
        ("from=yesterday", "from"),
        ("to=1", "to"),
        ("format=xml", "format"),
    ] {
        let path = format!("/api/audit?{query}");
        let wrong = world
            .app
            .api("GET", &path, Value::Null, &[])
            .await
            .problem(422);
        assert!(wrong["errors"][field].is_string(), "{query}");
    }
}

#[tokio::test]
async fn the_history_is_read_page_by_page_to_its_end() {
    let world = World::active().await;
    let (mut ids, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = world.app.read(&format!("/api/audit?limit=3{cursor}")).await;
        let items = page["items"].as_array().unwrap();
        ids.extend(items.iter().map(|it| it["id"].as_i64().unwrap()));
        let Some(next) = page["nextCursor"].as_str() else {
            break;
        };
        cursor = format!("&cursor={next}");
    }
    // Two clusters, three customers, a release, four template steps, and the activation as one event.
    let expected: Vec<i64> = (1..=11).rev().collect();
    assert_eq!(ids, expected);
}
