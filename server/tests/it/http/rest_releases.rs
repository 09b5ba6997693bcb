//! Tests of REST: releases, their states, their customers, progress and matrix.
use crate::world::World;
use app::domain::vocabulary::StepAction;
use app::store::steps::transitions::TransitionOptions;
use axum::http::StatusCode;
use serde_json::{Value, json};

async fn post(world: &World, path: &str, body: Value) -> crate::harness::TestResponse {
    world.app.api("POST", path, body, &[]).await
}

#[tokio::test]
async fn a_release_has_a_date_and_a_type() {
    let world = World::draft().await;
    let body = json!({ "name": "July", "type": "hotfix", "versionNumber": "7", "releaseDate": "2026-02-01" });
    let made = post(&world, "/api/releases", body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let row = made.json();
    assert_eq!(row["releaseDate"], "2026-02-01");
    assert_eq!(
        (&row["type"], &row["status"]),
        (&json!("hotfix"), &json!("draft"))
    );
    let path = made.header("location").to_owned();
    let patch = json!({ "releaseDate": null, "version": 1 });
    let patched = world.app.api("PATCH", &path, patch, &[]).await.json();
    assert_eq!(
        (&patched["releaseDate"], &patched["versionNumber"]),
        (&Value::Null, &json!("7"))
    );
    let wrong = json!({ "name": "x", "releaseDate": "1.2.2026" });
    let wrong = post(&world, "/api/releases", wrong).await.problem(422);
    assert!(wrong["errors"]["releaseDate"].is_string());
    assert_eq!(
        wrong["errors"]["type"],
        "Choose one of: onboarding, release, hotfix"
    );
}

#[tokio::test]
async fn a_dry_run_says_what_activation_would_do_and_does_nothing() {
    let world = World::draft().await;
    let path = format!("/api/releases/{}/activate", world.june);
    let dry = post(&world, &path, json!({ "dryRun": true })).await;
    assert_eq!(dry.status, StatusCode::OK, "{}", dry.body);
    let unresolved = json!([{ "customerId": world.initech.id.0, "variable": "var.HOST", "stepNames": ["Upgrade"], "removed": null }]);
    assert_eq!(
        dry.json(),
        json!({ "customers": 3, "cells": 12, "unresolved": unresolved, "warnings": [] })
    );
    let release = format!("/api/releases/{}", world.june);
    assert_eq!(world.app.read(&release).await["status"], "draft");
}

#[tokio::test]
async fn activation_takes_the_named_customers_or_all_and_refuses_wrong_ones() {
    let world = World::draft().await;
    let path = format!("/api/releases/{}/activate", world.june);
    let wrong = async |ids: Value| {
        let refused = post(&world, &path, json!({ "customerIds": ids })).await;
        let problem = refused.problem(422);
        problem["errors"]["customerIds"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    assert_eq!(wrong(json!([])).await, "Choose at least one");
    assert_eq!(wrong(json!([world.acme.id.0, 77])).await, "Unknown: 77");
    let globex = format!("/api/customers/{}", world.globex.id);
    world.app.api("DELETE", &globex, Value::Null, &[]).await;
    assert_eq!(
        wrong(json!([world.globex.id.0])).await,
        "Not active: Globex"
    );
    let done = post(&world, &path, Value::Null).await;
    assert_eq!(done.status, StatusCode::OK, "{}", done.body);
    assert_eq!(done.json()["status"], "active");
    assert!(!done.header("x-rollcall-batch").is_empty());
    let release = world
        .app
        .read(&format!("/api/releases/{}", world.june))
        .await;
    assert_eq!(
        (&release["customers"], &release["templates"]),
        (&json!(2), &json!(4))
    );
    post(&world, &path, Value::Null).await.problem(409);
    post(&world, &path, json!({ "dryRun": true }))
        .await
        .problem(409);
    let undo = format!("/api/audit/{}/undo", done.header("x-rollcall-batch"));
    post(&world, &undo, Value::Null).await.problem(409);
}

#[tokio::test]
async fn an_activation_names_unknown_and_inactive_customers_alike() {
    let world = World::draft().await;
    let initech = format!("/api/customers/{}", world.initech.id);
    world.app.api("DELETE", &initech, Value::Null, &[]).await;
    let path = format!("/api/releases/{}/activate", world.june);
    let ids = json!([world.acme.id, world.initech.id, 99, 98]);
    for dry_run in [false, true] {
        let body = json!({ "customerIds": ids, "dryRun": dry_run });
        let problem = post(&world, &path, body).await.problem(422);
        assert_eq!(
            problem["errors"]["customerIds"],
            "Unknown: 99, 98; not active: Initech"
        );
    }
    let release = format!("/api/releases/{}", world.june);
    assert_eq!(world.app.read(&release).await["status"], "draft");
}

#[tokio::test]
async fn a_release_without_steps_is_not_activated() {
    let world = World::draft().await;
    let made = post(
        &world,
        "/api/releases",
        json!({ "name": "Empty", "type": "release" }),
    )
    .await;
    let path = format!("{}/activate", made.header("location"));
    post(&world, &path, Value::Null).await.problem(409);
    post(&world, &path, json!({ "dryRun": true }))
        .await
        .problem(409);
}

#[tokio::test]
async fn customers_join_and_leave() {
    let world = World::active().await;
    let june = format!("/api/releases/{}", world.june);
    let (add, remove) = (
        format!("{june}/add-customers"),
        format!("{june}/remove-customers"),
    );
    let acme = world.acme.id.0;
    post(&world, &add, json!({ "customerIds": [acme] }))
        .await
        .problem(409);
    let body = json!({ "name": "Hooli", "clusterId": world.us_east.id, "namespace": "hooli" });
    let hooli = post(&world, "/api/customers", body).await.json()["id"].clone();
    let stranger = json!({ "customerIds": [hooli] });
    post(&world, &remove, stranger.clone()).await.problem(409);
    let dry = json!({ "customerIds": [hooli], "dryRun": true });
    let dry = post(&world, &add, dry).await.json();
    assert_eq!((&dry["customers"], &dry["cells"]), (&json!(1), &json!(4)));
    assert_eq!(dry["unresolved"][0]["variable"], "var.HOST");
    let added = post(&world, &add, json!({ "customerIds": [acme, hooli] })).await;
    let body = added.json();
    assert_eq!(
        (&body["success"], &body["added"]),
        (&json!(true), &json!([hooli]))
    );
    assert_eq!(body["batchId"], added.header("x-rollcall-batch"));
    let unknown = post(&world, &add, json!({ "customerIds": [77] }))
        .await
        .problem(422);
    assert_eq!(unknown["errors"]["customerIds"], "Unknown: 77");
    let removed = post(&world, &remove, stranger).await.json();
    assert_eq!(
        (&removed["success"], &removed["removed"]),
        (&json!(true), &json!([hooli]))
    );
    let step = world.id(&world.acme, "Announce").await;
    let start = world.app.store.act_on_step(
        step,
        StepAction::Start,
        TransitionOptions::default(),
        world.app.ana(),
    );
    start.await.unwrap();
    let refused = post(&world, &remove, json!({ "customerIds": [acme] }))
        .await
        .problem(409);
    assert!(refused["detail"].as_str().unwrap().contains("Announce"));
    let draft = post(&world, &format!("{june}/clone"), json!({ "name": "July" })).await;
    let draft = format!("{}/add-customers", draft.header("location"));
    post(&world, &draft, json!({ "customerIds": [acme] }))
        .await
        .problem(409);
    let dry = json!({ "customerIds": [acme], "dryRun": true });
    post(&world, &draft, dry).await.problem(409);
}

#[tokio::test]
async fn a_hundred_thousand_unknown_customers_are_refused_in_a_short_sentence() {
    let world = World::active().await;
    let path = format!("/api/releases/{}", world.june);
    let ids: Vec<i64> = (1_000..101_000).collect();
    for verb in ["add-customers", "remove-customers"] {
        let answer = post(
            &world,
            &format!("{path}/{verb}"),
            json!({ "customerIds": ids }),
        )
        .await;
        answer.problem(422);
        assert!(answer.body.len() < 5_000, "{verb}: {}", answer.body.len());
    }
}

#[tokio::test]
async fn members_and_progress_say_how_far_everybody_is() {
    let world = World::active().await;
    let store = &world.app.store;
    for name in ["Announce", "Migrate schema", "Upgrade", "Check"] {
        let step = world.id(&world.acme, name).await;
        let done = store.act_on_step(
            step,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        );
        done.await.unwrap();
    }
    let path = format!("/api/releases/{}/customers", world.june);
    let members = world.app.read(&path).await;
    let members = members["items"].as_array().unwrap().clone();
    let names: Vec<&str> = members
        .iter()
        .map(|it| it["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["Acme", "Globex", "Initech"]);
    assert_eq!(members[0]["cluster"]["name"], "eu-west");
    assert_eq!(members[0]["isActive"], true);
    assert!(members[0]["addedAt"].is_string());
    assert_eq!(
        (
            &members[0]["progress"]["percent"],
            &members[0]["progress"]["state"]
        ),
        (&json!(100), &json!("done"))
    );
    let progress = world
        .app
        .read(&format!("/api/releases/{}/progress", world.june))
        .await;
    let counts = json!({ "pending": 8, "inProgress": 0, "done": 4, "failed": 0, "skipped": 0, "reverted": 0 });
    assert_eq!(
        (&progress["total"], &progress["counts"]),
        (&json!(12), &counts)
    );
    assert_eq!(
        (&progress["percent"], &progress["state"]),
        (&json!(33), &json!("pending"))
    );
    assert_eq!(
        (
            &progress["customers"][0]["name"],
            &progress["customers"][0]["percent"]
        ),
        (&json!("Acme"), &json!(100))
    );
    assert_eq!(
        (
            &progress["clusters"][0]["name"],
            &progress["clusters"][0]["percent"]
        ),
        (&json!("eu-west"), &json!(50))
    );
    assert_eq!(
        (
            &progress["categories"][1]["category"],
            &progress["categories"][1]["total"]
        ),
        (&json!("verify"), &json!(3))
    );
}

#[tokio::test]
async fn the_matrix_has_rows_of_steps_and_columns_of_customers() {
    let world = World::active().await;
    let path = format!("/api/releases/{}/matrix", world.june);
    let matrix = world.app.read(&path).await;
    assert_eq!(matrix["clusters"][0]["name"], "eu-west");
    assert_eq!(matrix["clusters"][0]["customers"][1]["name"], "Globex");
    assert_eq!(matrix["rows"].as_array().unwrap().len(), 4);
    let upgrade = &matrix["rows"][2];
    assert_eq!(
        (&upgrade["name"], &upgrade["type"]),
        (&json!("Upgrade"), &json!("bash"))
    );
    let cells = upgrade["cells"].as_array().unwrap();
    assert_eq!(cells.len(), 3);
    assert_eq!(cells[2]["customerId"], world.initech.id.0);
    assert_eq!(cells[2]["id"], world.id(&world.initech, "Upgrade").await.0);
    assert_eq!(
        (&cells[2]["isUnresolved"], &cells[0]["isUnresolved"]),
        (&json!(true), &json!(false))
    );
    let one = format!("{path}?clusterId={}", world.us_east.id);
    let one = world.app.read(&one).await;
    assert_eq!(one["clusters"].as_array().unwrap().len(), 1);
    assert_eq!(one["rows"][2]["cells"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_release_goes_from_draft_to_active_to_archived_and_back() {
    let world = World::active().await;
    let june = format!("/api/releases/{}", world.june);
    let call =
        async |method: &str, path: &str, body: Value| world.app.api(method, path, body, &[]).await;
    call("DELETE", &june, Value::Null).await.problem(409);
    call("POST", &format!("{june}/restore"), Value::Null)
        .await
        .problem(409);
    let archive = format!("{june}/archive");
    let stale = call("POST", &archive, json!({ "version": 1 }))
        .await
        .problem(409);
    assert_eq!(stale["current"]["id"], world.june.0);
    let headers = [("if-match", "\"1\"")];
    world
        .app
        .api("POST", &archive, Value::Null, &headers)
        .await
        .problem(409);
    let archived = call("POST", &archive, json!({ "version": 2 })).await;
    assert_eq!(archived.json()["status"], "archived");
    call("DELETE", &june, Value::Null).await.problem(409);
    let patch = json!({ "name": "x", "version": 3 });
    let refused = call("PATCH", &june, patch).await.problem(409);
    assert!(refused["detail"].as_str().unwrap().contains("read-only"));
    let step = world.step(&world.acme, "Announce").await;
    let note = json!({ "notes": "x", "version": step.version });
    call("PATCH", &format!("/api/steps/{}", step.id), note)
        .await
        .problem(409);
    let restored = call("POST", &format!("{june}/restore"), Value::Null).await;
    assert_eq!(restored.json()["status"], "active");
    let clone = json!({ "name": "July", "versionNumber": "7.0" });
    let clone = call("POST", &format!("{june}/clone"), clone).await;
    assert_eq!(clone.status, StatusCode::CREATED);
    let path = clone.header("location").to_owned();
    let draft = world.app.read(&path).await;
    assert_eq!(
        (&draft["status"], &draft["versionNumber"]),
        (&json!("draft"), &json!("7.0"))
    );
    assert_eq!(
        (&draft["templates"], &draft["customers"]),
        (&json!(4), &json!(0))
    );
    call("POST", &format!("{path}/archive"), Value::Null)
        .await
        .problem(409);
    assert_eq!(
        call("DELETE", &path, Value::Null).await.status,
        StatusCode::NO_CONTENT
    );
    call("GET", &path, Value::Null).await.problem(404);
}
