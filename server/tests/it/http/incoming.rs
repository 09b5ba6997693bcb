//! Tests of reports of CI (R63): who makes an address, what is reported to it, what that changes, and where its key is not.
use crate::{
    harness::{TestApp, TestResponse},
    world::World,
};
use app::{
    domain::{
        customer::Customer,
        permission::Role,
        vocabulary::{StepAction, StepStatus},
    },
    store::{
        entity::{incoming_hook, sha256},
        steps::transitions::TransitionOptions,
    },
};
use axum::http::StatusCode;
use sea_orm::EntityTrait;
use serde_json::{Value, json};
use server::ops::auth_settings::AuthSettings;

/// Makes an address of June, for all steps or for one template step.
async fn hook(world: &World, template: Option<i64>) -> Value {
    let path = format!("/api/releases/{}/hooks", world.june);
    let body = json!({ "name": "Jenkins", "templateId": template });
    let made = world.app.api("POST", &path, body, &[]).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.header("location"), path);
    made.json()
}

fn key(hook: &Value) -> &str {
    hook["key"].as_str().unwrap()
}

async fn report(world: &World, hook: &Value, body: Value) -> TestResponse {
    let path = format!("/api/hooks/in/{}", key(hook));
    world.app.api("POST", &path, body, &[]).await
}

/// The number of changed steps that an accepted report is answered with.
async fn changed(world: &World, hook: &Value, body: Value) -> u64 {
    let answer = report(world, hook, body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    answer.json()["changed"].as_u64().unwrap()
}

async fn last_event(world: &World) -> Value {
    let list = world.app.read("/api/audit?limit=1").await;
    list["items"][0].clone()
}

async fn status(world: &World, customer: &Customer, step: &str) -> StepStatus {
    world.step(customer, step).await.status
}

#[tokio::test]
async fn a_key_is_told_once_and_only_its_sha256_is_stored() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    assert!(key(&made).len() == 64 && made["templateId"].is_null());
    let url = format!("http://localhost/api/hooks/in/{}", key(&made));
    assert_eq!(made["url"], url);
    let path = format!("/api/releases/{}/hooks", world.june);
    let list = world.app.read(&path).await;
    assert_eq!(list["items"][0]["name"], "Jenkins");
    assert!(!list.to_string().contains(key(&made)));
    let db = world.app.database.writer();
    let rows = incoming_hook::Entity::find().all(db).await.unwrap();
    assert_eq!(rows[0].sha256, sha256(key(&made)));
    let history = world.app.read("/api/audit?entity=incoming_hook").await;
    assert_eq!(history["items"][0]["after"]["name"], "Jenkins");
    assert!(!history.to_string().contains(key(&made)));
    let of_it = format!("/api/hooks/{}", made["id"]);
    for expected in [StatusCode::NO_CONTENT, StatusCode::NOT_FOUND] {
        let gone = world.app.api("DELETE", &of_it, Value::Null, &[]).await;
        assert_eq!(gone.status, expected);
    }
    let body = json!({ "customer": "acme", "step": "Announce", "status": "done" });
    report(&world, &made, body).await.problem(404);
}

#[tokio::test]
async fn an_address_begins_as_people_open_the_server() {
    let settings = AuthSettings {
        public_url: Some("https://rollcall.example.com".to_owned()),
        ..AuthSettings::default()
    };
    let world = World::active_in(TestApp::with(settings).await).await;
    let made = hook(&world, None).await;
    let url = format!("https://rollcall.example.com/api/hooks/in/{}", key(&made));
    assert_eq!(made["url"], url);
}

#[tokio::test]
async fn managers_make_addresses_and_operators_do_not() {
    let world = World::active_in(TestApp::with_login().await).await;
    let path = format!("/api/releases/{}/hooks", world.june);
    let body = || json!({ "name": "Jenkins" });
    for (role, expected) in [
        (Role::Viewer, StatusCode::FORBIDDEN),
        (Role::Operator, StatusCode::FORBIDDEN),
        (Role::Manager, StatusCode::CREATED),
    ] {
        let person = world.app.person(role, None).await;
        let made = world.app.api_as(&person, "POST", &path, body()).await;
        assert_eq!(made.status, expected, "{role}: {}", made.body);
    }
    let manager = world.app.person(Role::Manager, None).await;
    let other = json!({ "name": "x", "templateId": 99 });
    let wrong = world.app.api_as(&manager, "POST", &path, other).await;
    assert!(wrong.problem(422)["errors"]["templateId"].is_string());
}

#[tokio::test]
async fn a_report_needs_no_account_and_is_recorded_under_the_hook_s_name() {
    let world = World::active_in(TestApp::with_login().await).await;
    let manager = world.app.person(Role::Manager, None).await;
    let path = format!("/api/releases/{}/hooks", world.june);
    let body = json!({ "name": "Jenkins" });
    let made = world.app.api_as(&manager, "POST", &path, body).await.json();
    let done = |step: &str| json!({ "customer": "acme", "step": step, "status": "done" });
    assert_eq!(changed(&world, &made, done("Announce")).await, 1);
    let admin = world.app.person(Role::Admin, None).await;
    let list = world
        .app
        .api_as(&admin, "GET", "/api/audit?entity=step&limit=1", Value::Null)
        .await;
    let event = &list.json()["items"][0];
    assert_eq!(event["action"], "done");
    assert_eq!(event["actor"], "Jenkins");
    assert_eq!(event["via"], "hook Jenkins");
    assert_eq!(event["textShown"], false);
    assert!(event["userId"].is_null());
    // The key may come as a header too.
    let bearer = format!("Bearer {}", key(&made));
    let by_header = [("authorization", bearer.as_str())];
    let in_header = "/api/hooks/in";
    let answer = world
        .app
        .api("POST", in_header, done("Migrate schema"), &by_header)
        .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    assert_eq!(
        status(&world, &world.acme, "Migrate schema").await,
        StepStatus::Done
    );
    let nobody = world.app.api("POST", in_header, done("Check"), &[]).await;
    nobody.problem(401);
    let unknown = [("authorization", "Bearer 0000")];
    let answer = world
        .app
        .api("POST", in_header, done("Check"), &unknown)
        .await;
    answer.problem(404);
}

#[tokio::test]
async fn a_report_follows_the_rules_of_a_step() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let said = |status: &str| json!({ "customer": "Acme", "step": "Upgrade", "status": status });
    assert_eq!(changed(&world, &made, said("started")).await, 1);
    assert_eq!(changed(&world, &made, said("started")).await, 0);
    assert_eq!(changed(&world, &made, said("failed")).await, 1);
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.fail_reason.as_deref(), Some("failed in CI"));
    assert_eq!(changed(&world, &made, said("done")).await, 1);
    let refused = report(&world, &made, said("started")).await.problem(409);
    assert_eq!(refused["detail"], "A done step cannot be started");
    // Initech has no HOST: a report never says that this does not matter.
    let body = json!({ "customer": "initech", "step": "Upgrade", "status": "done", "allowUnresolved": true });
    let refused = report(&world, &made, body).await.problem(409);
    assert!(refused["detail"].as_str().unwrap().contains("var.HOST"));
    let with_url = json!({ "customer": "globex", "step": "Upgrade", "status": "failed", "url": "https://ci.example.com/7" });
    assert_eq!(changed(&world, &made, with_url).await, 1);
    let step = world.step(&world.globex, "Upgrade").await;
    assert_eq!(
        step.fail_reason.as_deref(),
        Some("https://ci.example.com/7")
    );
    let archive = format!("/api/releases/{}/archive", world.june);
    world.app.api("POST", &archive, Value::Null, &[]).await;
    report(&world, &made, said("failed")).await.problem(409);
}

#[tokio::test]
async fn a_report_of_the_same_id_is_taken_once() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let done = || json!({ "customer": "acme", "step": 1, "status": "done", "id": "build 7" });
    assert_eq!(changed(&world, &made, done()).await, 1);
    assert_eq!(changed(&world, &made, done()).await, 0);
    let id = world.id(&world.acme, "Announce").await;
    let reopen = TransitionOptions::default();
    let store = &world.app.store;
    let reopened = store.act_on_step(id, StepAction::Reopen, reopen, world.app.ana());
    reopened.await.unwrap();
    assert_eq!(changed(&world, &made, done()).await, 0);
    assert_eq!(
        status(&world, &world.acme, "Announce").await,
        StepStatus::Pending
    );
    // One that was refused is not taken, and one that changed nothing is.
    let start = || json!({ "customer": "acme", "step": 2, "status": "started", "id": 8 });
    assert_eq!(changed(&world, &made, start()).await, 1);
    let again = || json!({ "customer": "acme", "step": 2, "status": "started", "id": 9 });
    assert_eq!(changed(&world, &made, again()).await, 0);
    let id = world.id(&world.acme, "Migrate schema").await;
    let reopen = TransitionOptions::default();
    let reopened = store.act_on_step(id, StepAction::Reopen, reopen, world.app.ana());
    reopened.await.unwrap();
    assert_eq!(changed(&world, &made, again()).await, 0);
    // Another address may use the same id.
    let other = hook(&world, None).await;
    assert_eq!(changed(&world, &other, done()).await, 1);
}

#[tokio::test]
async fn an_id_that_comes_again_for_another_step_or_status_is_refused() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let said = |customer: &str, step: u32, status: &str, id: u32| json!({ "customer": customer, "step": step, "status": status, "id": id });
    let first = || said("acme", 1, "started", 7);
    assert_eq!(changed(&world, &made, first()).await, 1);
    for (customer, step, status) in [
        ("acme", 1, "done"),
        ("acme", 2, "started"),
        ("globex", 1, "started"),
    ] {
        let other = said(customer, step, status, 7);
        let refused = report(&world, &made, other).await.problem(422);
        assert!(refused["errors"]["id"].is_string(), "{refused}");
    }
    let now = async || status(&world, &world.acme, "Announce").await;
    assert_eq!(now().await, StepStatus::InProgress);
    // What was refused is not taken, and may come with an id of its own.
    assert_eq!(changed(&world, &made, said("acme", 1, "done", 8)).await, 1);
    // The start is known, though the step is done by now.
    assert_eq!(changed(&world, &made, first()).await, 0);
    assert_eq!(now().await, StepStatus::Done);
    // A report that changed nothing has its id too.
    assert_eq!(changed(&world, &made, said("acme", 1, "done", 9)).await, 0);
    let other = said("globex", 1, "done", 9);
    report(&world, &made, other).await.problem(422);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn repeats_at_once_that_change_nothing_are_taken() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let start = json!({ "customer": "acme", "step": 1, "status": "started" });
    assert_eq!(changed(&world, &made, start).await, 1);
    for id in 0..8 {
        let again = || json!({ "customer": "acme", "step": 1, "status": "started", "id": id });
        let call = || changed(&world, &made, again());
        let answers: [u64; 6] = tokio::join!(call(), call(), call(), call(), call(), call()).into();
        assert_eq!(answers, [0; 6]);
    }
}

#[tokio::test]
async fn customer_and_step_are_named_in_several_ways() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let id = world.id(&world.acme, "Check").await.0;
    for (customer, step, name) in [
        (json!("Acme"), json!("Announce"), "Announce"),
        (
            json!(world.acme.id.0),
            json!("migrate-schema"),
            "Migrate schema",
        ),
        (json!("acme"), json!(3), "Upgrade"),
        (
            json!(world.acme.id.to_string()),
            json!(format!("{id}")),
            "Check",
        ),
    ] {
        let body = json!({ "customer": customer, "step": step, "status": "started" });
        assert_eq!(changed(&world, &made, body).await, 1, "{name}");
        assert_eq!(
            status(&world, &world.acme, name).await,
            StepStatus::InProgress
        );
    }
    for (customer, step) in [("hooli", "Announce"), ("acme", "Nothing"), ("acme", "99")] {
        let body = json!({ "customer": customer, "step": step, "status": "started" });
        report(&world, &made, body).await.problem(404);
    }
    let wrong = report(&world, &made, json!({ "status": "started" })).await;
    assert!(wrong.problem(422)["errors"]["customer"].is_string());
    let no_step = json!({ "customer": "acme", "status": "started" });
    let wrong = report(&world, &made, no_step).await.problem(422);
    assert!(wrong["errors"]["step"].is_string());
}

#[tokio::test]
async fn an_address_of_one_step_reaches_no_other() {
    let world = World::active().await;
    let made = hook(&world, Some(world.upgrade.id.0)).await;
    let of = |step: Value| json!({ "customer": "acme", "step": step, "status": "started" });
    report(&world, &made, of(json!("Announce")))
        .await
        .problem(404);
    report(&world, &made, of(json!(1))).await.problem(404);
    // Its own needs no name, and has the number that the list shows.
    assert_eq!(changed(&world, &made, of(Value::Null)).await, 1);
    assert_eq!(
        status(&world, &world.acme, "Upgrade").await,
        StepStatus::InProgress
    );
    let body = json!({ "customer": "globex", "step": 3, "status": "started" });
    assert_eq!(changed(&world, &made, body).await, 1);
    assert_eq!(
        status(&world, &world.globex, "Upgrade").await,
        StepStatus::InProgress
    );
}

#[tokio::test]
async fn what_came_is_evidence_and_stays_when_the_mark_is_undone() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let answer = report(
        &world,
        &made,
        json!({
            "customer": "acme", "step": "Announce", "status": "done", "url": "https://ci.example.com/7", "output": "told\n",
            "id": "build 7",
        }),
    )
    .await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    let event = last_event(&world).await;
    assert_eq!(event["after"]["message"], "build 7");
    let told = event["after"]["evidence"].as_array().unwrap();
    let kinds: Vec<&str> = told.iter().map(|it| it["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["link", "output"]);
    assert_eq!(told[1]["sha256"], sha256("told\n"));
    let id = world.id(&world.acme, "Announce").await;
    let path = format!("/api/steps/{id}/evidence");
    let list = world.app.read(&path).await;
    assert_eq!(list["items"][0]["url"], "https://ci.example.com/7");
    assert_eq!(list["items"][1]["by"], "Jenkins");
    assert_eq!(list["items"][1]["message"], "build 7");
    let bytes = format!("{path}/{}", list["items"][1]["id"]);
    let bytes = world.app.api("GET", &bytes, Value::Null, &[]).await;
    assert_eq!(bytes.body, "told\n");
    let undo = format!("/api/audit/{}/undo", answer.header("x-rollcall-batch"));
    let undone = world.app.api("POST", &undo, Value::Null, &[]).await;
    assert_eq!(undone.status, StatusCode::OK, "{}", undone.body);
    assert_eq!(
        status(&world, &world.acme, "Announce").await,
        StepStatus::Pending
    );
    assert_eq!(world.app.read(&path).await, list);
    let findings = world.app.store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

#[tokio::test]
async fn more_than_64_kib_of_output_is_422() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let body = |n: usize| {
        let output = "a".repeat(n);
        json!({ "customer": "acme", "step": "Announce", "status": "done", "output": output })
    };
    let refused = report(&world, &made, body(64 * 1024 + 1))
        .await
        .problem(422);
    assert!(refused["errors"]["output"].is_string());
    assert_eq!(changed(&world, &made, body(64 * 1024)).await, 1);
}

/// What Jenkins' Notification plugin sends; `ci_report` names the source of the shape.
fn of_jenkins(number: u32, phase: &str, status: Option<&str>) -> Value {
    json!({
        "name": "acme", "display_name": "acme", "url": "job/deploy/job/acme/",
        "build": {
            "full_url": format!("https://ci.example.com/job/deploy/job/acme/{number}/"), "number": number, "queue_id": 2077,
            "timestamp": 1_780_000_000_000_i64, "duration": 0, "phase": phase, "status": status,
            "url": format!("job/deploy/job/acme/{number}/"), "scm": {}, "log": "",
            "parameters": { "CUSTOMER": "acme", "STEP": "Upgrade" }, "artifacts": {},
        },
    })
}

#[tokio::test]
async fn the_notification_plugin_of_jenkins_reports_a_build() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let now = async || status(&world, &world.acme, "Upgrade").await;
    for (number, phase, result, expected, state) in [
        (18, "QUEUED", None, 0, StepStatus::Pending),
        (18, "STARTED", None, 1, StepStatus::InProgress),
        (18, "STARTED", None, 0, StepStatus::InProgress),
        (18, "COMPLETED", Some("UNSTABLE"), 1, StepStatus::Failed),
        (18, "FINALIZED", Some("UNSTABLE"), 0, StepStatus::Failed),
        (19, "STARTED", None, 1, StepStatus::InProgress),
        (19, "COMPLETED", Some("SUCCESS"), 1, StepStatus::Done),
        (19, "FINALIZED", Some("SUCCESS"), 0, StepStatus::Done),
    ] {
        let answer = changed(&world, &made, of_jenkins(number, phase, result)).await;
        assert_eq!(answer, expected, "{number} {phase}");
        assert_eq!(now().await, state, "{number} {phase}");
    }
    let failed = world.app.read("/api/audit?action=fail").await;
    let reason = &failed["items"][0]["after"]["failReason"];
    assert_eq!(reason, "https://ci.example.com/job/deploy/job/acme/18/");
}

#[tokio::test]
async fn metrics_show_no_key() {
    let world = World::active().await;
    let made = hook(&world, None).await;
    let body = json!({ "customer": "acme", "step": "Announce", "status": "done" });
    assert_eq!(changed(&world, &made, body).await, 1);
    let metrics = world.app.get("/metrics").await.body;
    assert!(metrics.contains("route=\"/api/hooks/in/…\"") && !metrics.contains(key(&made)));
}
