//! Tests of evidence of a step (R74): what is taken, how it is served, who deletes it, and what is left of it.
use crate::{
    harness::{TestApp, TestResponse},
    people::scope,
    world::World,
};
use app::{
    domain::{id::StepId, permission::Role, vocabulary::StepAction},
    store::{entity::sha256, steps::transitions::TransitionOptions},
};
use axum::{
    body::Body,
    http::{Request, StatusCode, header},
};
use serde_json::{Value, json};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR";

/// Acme's first step, marked done.
async fn done_step(world: &World) -> StepId {
    let id = world.id(&world.acme, "Announce").await;
    let options = TransitionOptions::default();
    let store = &world.app.store;
    let done = store.act_on_step(id, StepAction::Done, options, world.app.ana());
    done.await.unwrap();
    id
}

fn address(step: StepId) -> String {
    format!("/api/steps/{step}/evidence")
}

async fn add(world: &World, step: StepId, body: Value) -> TestResponse {
    world.app.api("POST", &address(step), body, &[]).await
}

/// Sends a file as it is.
async fn send(app: &TestApp, path: &str, media_type: &str, bytes: Vec<u8>) -> TestResponse {
    let request = Request::builder()
        .method("POST")
        .uri(path)
        .header(header::CONTENT_TYPE, media_type)
        .body(Body::from(bytes));
    app.send(request.unwrap()).await
}

fn output() -> Value {
    json!({ "kind": "output", "text": "ok\n" })
}

#[tokio::test]
async fn an_output_a_link_and_a_file_are_added_and_listed() {
    let world = World::active().await;
    let step = done_step(&world).await;
    let added = add(&world, step, output()).await;
    assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
    let row = added.json();
    assert_eq!(row["kind"], "output");
    assert_eq!((&row["bytes"], &row["by"]), (&json!(3), &json!("Test")));
    assert_eq!(row["sha256"], sha256("ok\n"));
    assert_eq!(
        added.header("location"),
        format!("{}/{}", address(step), row["id"])
    );
    let link = json!({ "kind": "link", "url": "https://ci.example.com/7", "name": "Build 7" });
    let link = add(&world, step, link).await.json();
    assert_eq!(
        (&link["name"], &link["url"]),
        (&json!("Build 7"), &json!("https://ci.example.com/7"))
    );
    let path = format!("{}?name=deploy.log", address(step));
    let file = send(&world.app, &path, "text/plain", b"a log".to_vec()).await;
    assert_eq!(file.status, StatusCode::CREATED, "{}", file.body);
    assert_eq!(file.json()["contentType"], "text/plain");
    let list = world.app.read(&address(step)).await;
    let names: Vec<&Value> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| &it["name"])
        .collect();
    assert_eq!(names, ["output.txt", "Build 7", "deploy.log"]);
    // The panel and the history show it.
    let panel = world
        .app
        .get(&format!("/releases/{}?step={step}", world.june))
        .await;
    for shown in ["deploy.log", "Build 7", "added evidence", &sha256("ok\n")] {
        assert!(panel.body.contains(shown), "{shown}");
    }
    let line = format!("  - output.txt, 3 bytes, SHA-256 `{}`", sha256("ok\n"));
    let (june, acme) = (world.june, world.acme.id);
    for report in [
        format!("/api/releases/{june}/export?format=md"),
        format!("/releases/{june}/customer/{acme}/runbook.md"),
    ] {
        let report = world.app.get(&report).await.body;
        assert!(report.contains(&line), "{report}");
    }
}

#[tokio::test]
async fn a_pending_step_and_a_sixth_piece_are_409() {
    let world = World::active().await;
    let pending = world.id(&world.acme, "Check").await;
    let refused = add(&world, pending, output()).await.problem(409);
    assert_eq!(
        refused["detail"],
        "A pending step has no evidence: start it first"
    );
    let step = done_step(&world).await;
    for _ in 0..5 {
        assert_eq!(
            add(&world, step, output()).await.status,
            StatusCode::CREATED
        );
    }
    add(&world, step, output()).await.problem(409);
}

#[tokio::test]
async fn what_is_too_large_or_of_another_type_is_refused() {
    let world = World::active().await;
    let step = done_step(&world).await;
    let path = address(step);
    let large = vec![b'a'; 1024 * 1024 + 1];
    send(&world.app, &path, "text/plain", large.clone())
        .await
        .problem(413);
    let text = String::from_utf8(large).unwrap();
    add(&world, step, json!({ "kind": "output", "text": text }))
        .await
        .problem(413);
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>";
    for (media_type, bytes) in [
        ("image/svg+xml", &svg[..]),
        ("image/png", svg),
        ("application/pdf", b"%PDF-1.7"),
        ("application/octet-stream", b"a"),
        ("text/plain", b"\xff\0"),
        ("text/xml", svg),
        ("text/plain", svg),
        ("text/html", b"<p>a"),
        ("text/plain", b"\n<!DOCTYPE html><p>a"),
    ] {
        let refused = send(&world.app, &path, media_type, bytes.to_vec()).await;
        let refused = refused.problem(415);
        assert_eq!(
            refused["type"], "urn:rollcall:problem:media-type",
            "{media_type}"
        );
    }
    let wrong = add(&world, step, json!({ "kind": "file" })).await;
    assert!(wrong.problem(422)["errors"]["kind"].is_string());
    let script = json!({ "kind": "link", "url": "javascript:alert(1)" });
    let wrong = add(&world, step, script).await.problem(422);
    assert!(wrong["errors"]["url"].is_string());
    assert_eq!(world.app.read(&path).await["items"], json!([]));
}

#[tokio::test]
async fn an_image_is_served_as_one_and_all_else_as_a_download() {
    let world = World::active().await;
    let step = done_step(&world).await;
    let image = send(&world.app, &address(step), "image/jpeg", PNG.to_vec()).await;
    assert_eq!(image.json()["contentType"], "image/png");
    let page = b"<script>alert(1)</script>".to_vec();
    let text = send(&world.app, &address(step), "text/plain", page).await;
    let policy = "default-src 'none'; frame-ancestors 'none'; sandbox";
    for (added, content_type, is_download) in [
        (image, "image/png", false),
        (text, "text/plain; charset=utf-8", true),
    ] {
        let read = world
            .app
            .api("GET", added.header("location"), Value::Null, &[])
            .await;
        assert_eq!(read.status, StatusCode::OK, "{}", read.body);
        assert_eq!(read.header("content-type"), content_type);
        assert_eq!(read.header("content-security-policy"), policy);
        assert_eq!(read.header("x-content-type-options"), "nosniff");
        let disposition = read.header("content-disposition");
        assert_eq!(disposition.starts_with("attachment"), is_download);
    }
    let of_another = world.id(&world.globex, "Announce").await;
    let path = format!("{}/1", address(of_another));
    let foreign = world.app.api("GET", &path, Value::Null, &[]).await;
    foreign.problem(404);
}

#[tokio::test]
async fn who_added_it_or_a_manager_deletes_it_and_the_history_keeps_its_digest() {
    let world = World::active_in(TestApp::with_login().await).await;
    let step = done_step(&world).await;
    let app = &world.app;
    let operator = app.person(Role::Operator, None).await;
    let other = app.person(Role::Operator, None).await;
    let manager = app.person(Role::Manager, None).await;
    let post = async || {
        let added = app
            .api_as(&operator, "POST", &address(step), output())
            .await;
        assert_eq!(added.status, StatusCode::CREATED, "{}", added.body);
        added.header("location").to_owned()
    };
    let (first, second) = (post().await, post().await);
    let refused = app.api_as(&other, "DELETE", &first, Value::Null).await;
    assert_eq!(refused.problem(403)["role"], "manager");
    for (person, path) in [(&operator, &first), (&manager, &second)] {
        let deleted = app.api_as(person, "DELETE", path, Value::Null).await;
        assert_eq!(deleted.status, StatusCode::NO_CONTENT, "{}", deleted.body);
        let again = app.api_as(person, "DELETE", path, Value::Null).await;
        again.problem(404);
    }
    let list = app
        .api_as(&manager, "GET", "/api/audit?action=detach", Value::Null)
        .await;
    let told = &list.json()["items"][0]["before"]["evidence"][0];
    let digest =
        json!({ "kind": "output", "name": "output.txt", "bytes": 3, "sha256": sha256("ok\n") });
    assert_eq!(*told, digest);
    // What was kept is no mark that could be taken back.
    let added = app
        .api_as(&operator, "POST", &address(step), output())
        .await;
    let undo = format!("/api/audit/{}/undo", added.header("x-rollcall-batch"));
    app.api_as(&manager, "POST", &undo, Value::Null)
        .await
        .problem(409);
    let findings = app.store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

#[tokio::test]
async fn evidence_out_of_scope_is_not_there() {
    let world = World::active_in(TestApp::with_login().await).await;
    let step = done_step(&world).await;
    let app = &world.app;
    let manager = app.person(Role::Manager, None).await;
    let added = app.api_as(&manager, "POST", &address(step), output()).await;
    let location = added.header("location").to_owned();
    let elsewhere = scope(&[world.us_east.id], &[]);
    let operator = app.person(Role::Operator, elsewhere).await;
    for (method, path) in [
        ("GET", address(step)),
        ("POST", address(step)),
        ("GET", location.clone()),
        ("DELETE", location),
    ] {
        let body = if method == "POST" {
            output()
        } else {
            Value::Null
        };
        app.api_as(&operator, method, &path, body)
            .await
            .problem(404);
    }
}
