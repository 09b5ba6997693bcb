//! Tests of server functions: each is called once, and errors have the right status.
use crate::{harness::TestApp, world::World};
use app::domain::{
    field_error::FieldError, rule_violation::RuleViolation, validation_errors::ValidationErrors,
    vocabulary::Field,
};
use axum::{
    body::Body,
    http::{Method, Request, StatusCode, header},
};
use serde_json::{Value, json};
use std::collections::BTreeSet;

fn template_draft() -> Value {
    json!({ "name": "x", "category": "deploy", "type": "bash", "content": "true", "description": "" })
}

/// Calls about the frame, the history, clusters and customers: name, arguments, expected status.
fn calls_of_records(world: &World) -> Vec<(&'static str, Value, u16)> {
    let acme = world.acme.id.0;
    let globex = world.globex.id.0;
    vec![
        ("read_frame", json!({}), 200),
        ("read_dashboard", json!({}), 200),
        (
            "list_customer_versions",
            json!({ "filter": "a", "rows": 20 }),
            200,
        ),
        ("list_activity", json!({ "filter": {} }), 200),
        (
            "count_new_activity",
            json!({ "after": 1, "filter": {} }),
            200,
        ),
        ("read_activity_choices", json!({}), 200),
        ("set_actor", json!({ "name": "Mei" }), 200),
        ("set_theme", json!({ "theme": "dark" }), 200),
        (
            "undo",
            json!({ "batch": "none", "deletes_work": null }),
            404,
        ),
        ("preview_undo", json!({ "batch": "none" }), 404),
        (
            "preview_undo",
            json!({ "batch": "none", "others": ["none"] }),
            404,
        ),
        (
            "is_changed_elsewhere",
            json!({ "release": 1, "own": ["none"] }),
            200,
        ),
        ("list_clusters", json!({ "include_inactive": true }), 200),
        ("read_cluster", json!({ "id": 99 }), 404),
        ("create_cluster", json!({ "draft": { "name": "" } }), 422),
        (
            "update_cluster",
            json!({ "id": 1, "draft": { "name": "x" }, "version": 9 }),
            409,
        ),
        ("deactivate_cluster", json!({ "id": 1 }), 409),
        ("restore_cluster", json!({ "id": 1 }), 200),
        ("list_customers", json!({ "include_inactive": false }), 200),
        ("read_customer", json!({ "id": acme }), 200),
        ("create_customer", json!({ "draft": { "name": "x" } }), 422),
        (
            "update_customer",
            json!({ "id": acme, "draft": { "name": "Acme", "clusterId": 1, "namespace": "acme" }, "version": 7 }),
            409,
        ),
        (
            "import_customers",
            json!({ "request": { "text": "Hooli, hooli", "clusterId": 1, "dryRun": true } }),
            200,
        ),
        (
            "import_customers",
            json!({ "request": { "text": "Hooli, hooli", "clusterId": 99 } }),
            422,
        ),
        // Without the settings of Rancher.
        ("preview_rancher", json!({ "filter": {} }), 409),
        ("import_rancher", json!({ "namespaces": [] }), 409),
        (
            "set_values",
            json!({ "edits": [{ "place": { "Customer": acme }, "variable": "var.ZONE", "value": "a", "replaces": false }] }),
            200,
        ),
        ("deactivate_customer", json!({ "id": globex }), 200),
        ("restore_customer", json!({ "id": globex }), 200),
    ]
}

/// Calls about users and the caller's own account, which doesn't exist in `open` mode: name, arguments, expected status.
fn calls_of_people() -> Vec<(&'static str, Value, u16)> {
    let draft = json!({ "login": "eve", "name": "Eve", "role": "viewer" });
    vec![
        ("list_users", json!({}), 200),
        ("read_user", json!({ "id": 99 }), 404),
        ("create_user", json!({ "draft": { "login": "" } }), 422),
        (
            "update_user",
            json!({ "id": 99, "draft": draft, "version": 1 }),
            404,
        ),
        ("deactivate_user", json!({ "id": 99 }), 404),
        ("restore_user", json!({ "id": 99 }), 404),
        ("end_sessions_of", json!({ "id": 99 }), 404),
        ("read_account", json!({}), 404),
        ("rename_self", json!({ "name": "Mei" }), 404),
        (
            "change_password",
            json!({ "current": "x", "password": "y" }),
            404,
        ),
        ("end_session", json!({ "id": 99 }), 404),
        ("create_token", json!({ "draft": { "name": "ci" } }), 404),
        ("revoke_token", json!({ "id": 99 }), 404),
    ]
}

/// Calls about releases and their customers: name, arguments, expected status.
fn calls_of_releases(world: &World) -> Vec<(&'static str, Value, u16)> {
    let june = world.june.0;
    let acme = world.acme.id.0;
    vec![
        ("list_views", json!({ "release": june }), 200),
        ("save_view", json!({ "draft": { "name": "" } }), 422),
        ("delete_view", json!({ "id": 99 }), 404),
        ("list_incoming_hooks", json!({ "release": june }), 200),
        (
            "create_incoming_hook",
            json!({ "release": june, "draft": { "name": "" } }),
            422,
        ),
        ("delete_incoming_hook", json!({ "id": 99 }), 404),
        ("list_releases", json!({}), 200),
        ("read_release", json!({ "id": june }), 200),
        (
            "create_release",
            json!({ "draft": { "name": "July", "type": "release" } }),
            200,
        ),
        ("list_release_names", json!({}), 200),
        (
            "create_whole_release",
            json!({ "release": { "details": { "name": "September" }, "steps": { "Clone": { "from": 99, "only": null } } } }),
            404,
        ),
        (
            "preview_new_release",
            json!({ "release": { "details": { "name": "September" }, "customers": [acme] } }),
            409,
        ),
        (
            "update_release",
            json!({ "id": june, "draft": { "name": "June", "type": "x" }, "version": 1 }),
            422,
        ),
        (
            "clone_release",
            json!({ "id": june, "name": "August" }),
            200,
        ),
        (
            "activate_release",
            json!({ "id": june, "customers": [acme] }),
            409,
        ),
        (
            "preview_customers",
            json!({ "id": june, "customers": [acme] }),
            409,
        ),
        (
            "add_customers",
            json!({ "id": june, "customers": [acme] }),
            409,
        ),
        (
            "remove_customers",
            json!({ "id": june, "customers": [] }),
            422,
        ),
        ("list_members", json!({ "id": june }), 200),
        (
            "read_matrix",
            json!({ "id": june, "row": 0, "column": 0 }),
            200,
        ),
        ("read_marks", json!({ "id": june }), 200),
        ("read_status_summary", json!({ "id": june }), 200),
        ("read_missing_values", json!({ "release": june }), 200),
        (
            "read_customer_work",
            json!({ "release": june, "customer": acme }),
            200,
        ),
    ]
}

/// Calls about template steps: name, arguments, expected status.
fn calls_of_templates(world: &World) -> Vec<(&'static str, Value, u16)> {
    let june = world.june.0;
    let acme = world.acme.id.0;
    let draft = template_draft();
    vec![
        (
            "add_template",
            json!({ "release": june, "draft": draft, "place": "Last" }),
            200,
        ),
        (
            "update_template",
            json!({ "id": 1, "draft": draft, "version": 9 }),
            409,
        ),
        ("duplicate_template", json!({ "id": 1 }), 200),
        (
            "move_template",
            json!({ "id": 1, "category": "verify" }),
            200,
        ),
        ("preview_template", json!({ "id": 2 }), 200),
        ("read_template", json!({ "id": 99 }), 404),
        (
            "preview_order",
            json!({ "release": june, "category": "deploy" }),
            200,
        ),
        ("list_variables", json!({ "release": june }), 200),
        ("list_targets", json!({ "release": june }), 200),
        (
            "preview_text",
            json!({ "release": june, "customer": acme, "content": "{{var.HOST}}", "kind": "bash" }),
            200,
        ),
        (
            "preview_runbook",
            json!({ "release": june, "text": "nothing" }),
            200,
        ),
        ("read_runbook", json!({ "text": "nothing" }), 200),
        (
            "import_templates",
            json!({ "release": june, "steps": [draft, { "name": "" }] }),
            422,
        ),
        ("delete_template", json!({ "id": 1 }), 200),
        (
            "place_template",
            json!({ "id": 2, "place": { "After": 1 } }),
            422,
        ),
    ]
}

/// Calls about customers' steps, and the end of a release: name, arguments, expected status.
fn calls_of_steps(world: &World, step: i64) -> Vec<(&'static str, Value, u16)> {
    let june = world.june.0;
    let acme = world.acme.id.0;
    let draft = template_draft();
    vec![
        ("read_step", json!({ "id": step }), 200),
        (
            "act_on_step",
            json!({ "id": step, "action": "skip", "reason": "", "allow_unresolved": false }),
            422,
        ),
        (
            "act_on_steps",
            json!({ "ids": [step], "action": "start", "reason": null }),
            200,
        ),
        (
            "note_step",
            json!({ "id": step, "notes": "x", "version": 99 }),
            409,
        ),
        (
            "override_step",
            json!({ "id": step, "content": "x", "version": 99 }),
            409,
        ),
        ("keep_override", json!({ "id": step, "version": 99 }), 409),
        ("reset_step", json!({ "id": step }), 200),
        ("preview_promotion", json!({ "id": step }), 409),
        ("promote_step", json!({ "id": step, "version": 99 }), 409),
        (
            "read_custom_places",
            json!({ "release": june, "customer": acme }),
            200,
        ),
        ("move_step", json!({ "id": step, "place": "Last" }), 200),
        ("compare_texts", json!({ "before": "a", "after": "b" }), 200),
        ("read_changed_text", json!({ "id": 99, "shown": "a" }), 404),
        (
            "read_checklist",
            json!({ "release": june, "customer": acme }),
            200,
        ),
        (
            "add_custom_step",
            json!({ "release": june, "customer": acme, "draft": draft, "place": "Last", "add_to_template": false }),
            200,
        ),
        (
            "edit_custom_step",
            json!({ "id": step, "draft": draft, "version": 2 }),
            409,
        ),
        ("delete_custom_step", json!({ "id": step }), 409),
        ("archive_release", json!({ "id": june }), 200),
        ("restore_release", json!({ "id": june }), 200),
        ("delete_draft", json!({ "id": june }), 409),
    ]
}

/// Calls about webhooks, runs and runners: name, arguments, expected status.
fn calls_of_webhooks() -> Vec<(&'static str, Value, u16)> {
    let draft =
        json!({ "name": "CI", "target": "http://127.0.0.1:9/x", "events": ["step.failed"] });
    vec![
        ("create_webhook", json!({ "draft": draft }), 200),
        ("create_webhook", json!({ "draft": { "name": "" } }), 422),
        ("list_webhooks", json!({}), 200),
        ("read_webhook", json!({ "id": 1 }), 200),
        (
            "update_webhook",
            json!({ "id": 1, "draft": draft, "version": 9 }),
            409,
        ),
        ("test_webhook", json!({ "id": 1 }), 200),
        ("list_deliveries", json!({ "id": 1 }), 200),
        ("replay_delivery", json!({ "id": 1, "n": 99 }), 404),
        (
            "preview_message",
            json!({ "kind": "webhook", "event": "step.failed" }),
            200,
        ),
        ("delete_webhook", json!({ "id": 1 }), 200),
        ("list_runs", json!({ "filter": {} }), 200),
        ("list_runners", json!({}), 200),
        ("create_runner", json!({ "draft": { "name": "" } }), 422),
        ("delete_runner", json!({ "id": 99 }), 404),
    ]
}

/// A call of every server function: name, arguments, and the status for an admin. `step` is one of Acme's.
pub fn calls(world: &World, step: i64) -> Vec<(&'static str, Value, u16)> {
    [
        calls_of_records(world),
        calls_of_releases(world),
        calls_of_templates(world),
        calls_of_steps(world, step),
        calls_of_people(),
        calls_of_webhooks(),
    ]
    .concat()
}

#[tokio::test]
async fn every_server_function_answers_and_only_to_post() {
    let world = World::active().await;
    let step = world.step(&world.acme, "Upgrade").await.id.0;
    let mut called = BTreeSet::new();
    for (name, arguments, status) in calls(&world, step) {
        let path = format!("/rpc/{name}");
        let answer = world.app.call(&path, arguments).await;
        assert_eq!(answer.status.as_u16(), status, "{name}: {}", answer.body);
        let get = Request::builder().uri(&path).body(Body::empty()).unwrap();
        assert!(
            !world.app.send(get).await.status.is_success(),
            "{name} answers to GET"
        );
        called.insert(path);
    }
    let known: BTreeSet<String> = server_fn::axum::server_fn_paths()
        .inspect(|(_, method)| assert_eq!(*method, Method::POST))
        .map(|(path, _)| path.to_owned())
        .collect();
    assert_eq!(called, known);
}

#[tokio::test]
async fn errors_are_typed() {
    let world = World::draft().await;
    let taken = world
        .app
        .call(
            "/rpc/create_cluster",
            json!({ "draft": { "name": "eu-west" } }),
        )
        .await;
    let name = "eu-west".to_owned();
    assert_eq!(
        taken.error(),
        RuleViolation::ClusterNameTaken {
            name,
            inactive_id: None
        }
        .into()
    );
    let empty = world
        .app
        .call("/rpc/create_cluster", json!({ "draft": { "name": " " } }))
        .await;
    assert_eq!(
        empty.error(),
        ValidationErrors::one(Field::Name, FieldError::Missing).into()
    );
}

#[tokio::test]
async fn who_is_asking_is_the_header_else_the_cookie_else_the_default() {
    let world = World::draft().await;
    let create = async |name: &str, headers: &[(&str, &str)]| {
        let mut request = Request::builder()
            .method(Method::POST)
            .uri("/rpc/create_cluster")
            .header(header::CONTENT_TYPE, "application/json");
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let body = Body::from(json!({ "draft": { "name": name } }).to_string());
        assert_eq!(
            world.app.send(request.body(body).unwrap()).await.status,
            StatusCode::OK
        );
        let events = world
            .app
            .store
            .events(app::domain::event::EventFilter::default())
            .await
            .unwrap();
        events.items[0].actor.clone()
    };
    assert_eq!(create("a", &[]).await, "Test");
    assert_eq!(
        create("b", &[("cookie", "rollcall_user=Zo%C3%AB%20K")]).await,
        "Zoë K"
    );
    assert_eq!(
        create(
            "c",
            &[("cookie", "rollcall_user=x"), ("x-rollcall-user", "José")]
        )
        .await,
        "José"
    );
}

#[tokio::test]
async fn a_name_and_a_theme_are_kept_in_cookies_that_scripts_cannot_read() {
    let world = World::draft().await;
    let named = world
        .app
        .call("/rpc/set_actor", json!({ "name": "  Mei " }))
        .await;
    let cookie = named.header("set-cookie");
    assert!(
        cookie.starts_with("rollcall_user=Mei;")
            && cookie.contains("HttpOnly")
            && cookie.contains("SameSite=Lax")
    );
    let wrong = world
        .app
        .call("/rpc/set_actor", json!({ "name": "" }))
        .await;
    assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn arguments_that_cannot_be_read_are_a_fault_of_the_request() {
    let app = TestApp::new().await;
    for arguments in [json!({}), json!({ "id": "one" }), json!([[1]]), json!(null)] {
        let refused = app.call("/rpc/read_cluster", arguments.clone()).await;
        let status = refused.status;
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{arguments}");
        let words = refused.error().to_string();
        assert!(words.contains("reload the page"), "{arguments}: {words}");
    }
}

#[tokio::test]
async fn texts_that_are_too_long_are_not_compared() {
    let app = TestApp::new().await;
    let compare = async |bytes: usize| {
        let texts = json!({ "before": "a".repeat(bytes), "after": "b".repeat(bytes) });
        app.call("/rpc/compare_texts", texts).await
    };
    assert_eq!(compare(256 * 1024).await.status, StatusCode::OK);
    let refused = compare(256 * 1024 + 1).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let words = refused.error().to_string();
    assert!(words.contains("At most 262,144 bytes"), "{words}");
}
