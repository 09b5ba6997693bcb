//! Tests of runs by REST (R71): asking, what is refused, lists, output, cancelling, asking again, and runs on the caller's own machine.
use crate::{
    harness::{TestApp, TestResponse},
    people::{Person, scope},
    runners::{AT, RunnerOfTest, piece},
    world::World,
};
use app::domain::{customer::Customer, permission::Role, vocabulary::StepStatus};
use axum::http::StatusCode;
use serde_json::{Value, json};

const NOBODY: &[(&str, &str)] = &[];

async fn post(app: &TestApp, path: &str, body: Value) -> TestResponse {
    app.api("POST", path, body, NOBODY).await
}

/// Where a run of a customer's step is asked for, and the step's version.
async fn asked_at(world: &World, customer: &Customer, step: &str) -> (String, i64) {
    let step = world.step(customer, step).await;
    (format!("/api/steps/{}/run", step.id), step.version)
}

/// Asks for a run of a customer's step.
async fn ask(world: &World, customer: &Customer, step: &str) -> Value {
    let (path, version) = asked_at(world, customer, step).await;
    let asked = post(&world.app, &path, json!({ "version": version })).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
    asked.json()
}

async fn status(world: &World, customer: &Customer, step: &str) -> StepStatus {
    world.step(customer, step).await.status
}

fn ids(list: &Value) -> Vec<i64> {
    let items = list["items"].as_array().unwrap();
    items.iter().map(|it| it["id"].as_i64().unwrap()).collect()
}

#[tokio::test]
async fn asking_starts_the_step_and_answers_the_run() {
    let world = World::active().await;
    let (path, version) = asked_at(&world, &world.acme, "Upgrade").await;
    let match_header = format!("\"{version}\"");
    let headers = [("if-match", match_header.as_str())];
    let body = json!({ "timeoutSeconds": 30 });
    let asked = world.app.api("POST", &path, body, &headers).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
    let run = asked.json();
    let location = format!("/api/runs/{}", run["id"]);
    assert_eq!(asked.header("location"), location);
    assert!(!asked.header("etag").is_empty() && !asked.header("x-rollcall-batch").is_empty());
    for (member, value) in [
        ("kind", json!("bash")),
        ("text", json!("curl acme.example")),
        ("state", json!("queued")),
        ("stepVersion", json!(version)),
        ("askedBy", json!("Test")),
        ("runner", Value::Null),
        ("timeoutSeconds", json!(30)),
        ("outputBytes", json!(0)),
        ("customerId", json!(world.acme.id)),
        ("clusterId", json!(world.eu_west.id)),
        ("releaseId", json!(world.june)),
    ] {
        assert_eq!(run[member], value, "{member}: {run}");
    }
    assert!(run.get("lease").is_none());
    assert_eq!(world.app.read(&location).await, run);
    let now = status(&world, &world.acme, "Upgrade").await;
    assert_eq!(now, StepStatus::InProgress);
    let history = world.app.read("/api/audit?limit=1").await;
    assert_eq!(history["items"][0]["after"]["run"]["id"], run["id"]);
}

#[tokio::test]
async fn what_cannot_be_run_is_refused_and_a_version_is_needed() {
    let world = World::active().await;
    let app = &world.app;
    let (path, version) = asked_at(&world, &world.acme, "Check").await;
    let missing = post(app, &path, json!({})).await.problem(428);
    assert_eq!(missing["type"], "urn:rollcall:problem:version-missing");
    for timeout in [0, -1, 86_401] {
        let body = json!({ "version": version, "timeoutSeconds": timeout });
        let wrong = post(app, &path, body).await.problem(422);
        assert!(wrong["errors"]["timeoutSeconds"].is_string(), "{wrong}");
    }
    let other_text = json!({ "version": version, "textSha256": "0".repeat(64) });
    let changed = post(app, &path, other_text).await.problem(409);
    assert_eq!(changed["type"], "urn:rollcall:problem:text-changed");
    let stale = json!({ "version": version + 1 });
    post(app, &path, stale).await.problem(409);
    post(app, "/api/steps/9999/run", json!({}))
        .await
        .problem(404);
    let pending = status(&world, &world.acme, "Check").await;
    assert_eq!(pending, StepStatus::Pending);

    ask(&world, &world.acme, "Check").await;
    let (path, version) = asked_at(&world, &world.acme, "Check").await;
    let second = post(app, &path, json!({ "version": version })).await;
    let second = second.problem(409);
    assert!(
        second["detail"].as_str().unwrap().contains("is queued"),
        "{second}"
    );
    // A text step, and a variable without a value.
    for (customer, step) in [(&world.acme, "Announce"), (&world.initech, "Upgrade")] {
        let (path, version) = asked_at(&world, customer, step).await;
        let refused = post(app, &path, json!({ "version": version })).await;
        refused.problem(409);
    }
}

#[tokio::test]
async fn a_key_gives_the_first_answer_again_but_keeps_no_lease() {
    let world = World::active().await;
    let key = [("idempotency-key", "run-1")];
    let (path, version) = asked_at(&world, &world.acme, "Check").await;
    let here = json!({ "version": version, "here": true });
    let refused = world.app.api("POST", &path, here, &key).await.problem(422);
    assert!(
        refused["errors"]["Idempotency-Key"].is_string(),
        "{refused}"
    );
    let body = json!({ "version": version });
    let first = world.app.api("POST", &path, body.clone(), &key).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    let again = world.app.api("POST", &path, body, &key).await;
    assert_eq!((again.status, &again.body), (first.status, &first.body));
    assert_eq!(ids(&world.app.read("/api/runs").await).len(), 1);
}

#[tokio::test]
async fn many_are_asked_for_in_one_change_and_lists_are_filtered() {
    let world = World::active().await;
    let app = &world.app;
    let mut steps = Vec::new();
    for (customer, step) in [
        (&world.acme, "Check"),
        (&world.initech, "Check"),
        (&world.globex, "Announce"),
    ] {
        steps.push(world.id(customer, step).await);
    }
    let asked = post(app, "/api/runs", json!({ "ids": steps })).await;
    assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
    let report = asked.json();
    assert_eq!(report["changed"], 2);
    assert_eq!(report["notEligible"][0]["id"], json!(steps[2]));
    assert_eq!(report["batchId"], asked.header("x-rollcall-batch"));
    let none = post(app, "/api/runs", json!({})).await.problem(422);
    assert!(none["errors"]["ids"].is_string());
    for texts in [
        json!({ "x": "0".repeat(64) }),
        json!({ "1": "0" }),
        json!([]),
    ] {
        let wrong = json!({ "ids": steps, "textSha256s": texts });
        let wrong = post(app, "/api/runs", wrong).await.problem(422);
        assert!(wrong["errors"]["textSha256s"].is_string(), "{wrong}");
    }
    let other = world.id(&world.globex, "Check").await;
    let texts = json!({ other.to_string(): "0".repeat(64) });
    let body = json!({ "ids": [other], "textSha256s": texts });
    let report = post(app, "/api/runs", body).await.json();
    let why = "the text has changed since it was shown";
    assert_eq!(report["notEligible"][0]["reason"], why, "{report}");

    let all = app.read("/api/runs").await;
    let newest_first = ids(&all);
    assert_eq!(newest_first.len(), 2);
    assert!(newest_first[0] > newest_first[1]);
    let row = &all["items"][1];
    for (member, value) in [
        ("step", "Check"),
        ("customer", "Acme"),
        ("namespace", "acme"),
        ("cluster", "eu-west"),
        ("release", "June"),
    ] {
        assert_eq!(row[member], value, "{row}");
    }
    assert!(row.get("text").is_none(), "{row}");
    let (initech, acme) = (newest_first[0], newest_first[1]);
    for (query, expected) in [
        (format!("releaseId={}", world.june), vec![initech, acme]),
        ("releaseId=99".to_owned(), vec![]),
        (format!("customerId={}", world.acme.id), vec![acme]),
        (format!("clusterId={}", world.us_east.id), vec![initech]),
        (format!("stepId={}&state=queued", steps[0]), vec![acme]),
        ("state=running".to_owned(), vec![]),
        ("runner=eu-1".to_owned(), vec![]),
        ("limit=1".to_owned(), vec![initech]),
        (format!("cursor={initech}"), vec![acme]),
    ] {
        let list = app.read(&format!("/api/runs?{query}")).await;
        assert_eq!(ids(&list), expected, "{query}");
    }
    let first = app.read("/api/runs?limit=1").await;
    assert_eq!(first["nextCursor"], initech.to_string());
    for (query, field) in [
        ("state=done", "state"),
        ("releaseId=x", "releaseId"),
        ("limit=0", "limit"),
        ("cursor=x", "cursor"),
        ("runner=a%00b", "runner"),
    ] {
        let address = format!("/api/runs?{query}");
        let wrong = app.api("GET", &address, Value::Null, NOBODY).await;
        let wrong = wrong.problem(422);
        assert!(wrong["errors"][field].is_string(), "{query}: {wrong}");
    }
}

#[tokio::test]
async fn a_step_says_whether_a_runner_is_there_for_it() {
    let world = World::active().await;
    let (path, _) = asked_at(&world, &world.acme, "Check").await;
    let before = world.app.read(&path).await;
    assert_eq!(before["canRun"], false);
    assert!(before["reason"].is_string(), "{before}");
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    ask(&world, &world.globex, "Check").await;
    runner.claim().await;
    let after = world.app.read(&path).await;
    assert_eq!(after, json!({ "canRun": true, "runners": ["eu-1"] }));
}

#[tokio::test]
async fn a_runner_that_has_to_end_is_offered_nothing_unless_another_program_of_it_is_there() {
    let world = World::active().await;
    let (path, _) = asked_at(&world, &world.acme, "Upgrade").await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    ask(&world, &world.globex, "Check").await;
    let claimed = runner.begin().await;
    let drain = async |in_hand: i64| {
        let body = json!({ "process": "one", "inHand": in_hand });
        runner.ask("POST", "/api/runner/drain", body).await
    };
    let offered = async || world.app.read(&path).await;
    drain(-1).await.problem(422);
    // The run is that of another program, which may take more.
    assert_eq!(drain(0).await.status, StatusCode::NO_CONTENT);
    assert_eq!(offered().await["canRun"], true);
    assert_eq!(drain(1).await.status, StatusCode::NO_CONTENT);
    let nobody = json!({ "canRun": false, "reason": "no runner serves eu-west", "runners": [] });
    assert_eq!(offered().await, nobody);
    runner.reported(&claimed, "heartbeat", json!({})).await;
    assert_eq!(offered().await, nobody);
    let waits = ask(&world, &world.acme, "Upgrade").await;
    assert_eq!(waits["reason"], nobody["reason"]);
    let end = json!({ "exitCode": 0 });
    runner.reported(&claimed, "finish", end).await;
    // One that asks is there.
    let claimed = runner.claim().await;
    assert_eq!(claimed["run"]["id"], waits["id"]);
    let (path, _) = asked_at(&world, &world.globex, "Upgrade").await;
    assert_eq!(world.app.read(&path).await["canRun"], true);
}

#[tokio::test]
async fn output_is_read_from_where_one_is_and_as_it_is() {
    let world = World::active().await;
    let app = &world.app;
    let runner = RunnerOfTest::new(app, "eu-1", &["eu-west"]).await;
    let run = ask(&world, &world.acme, "Check").await;
    let claimed = runner.begin().await;
    let path = format!("/api/runs/{}/output", run["id"]);
    let bytes = json!({ "seq": 3, "at": AT, "stream": "stderr", "base64": "Yf8=" });
    let output = json!({ "output": [piece(1, "one\n"), piece(2, "two\n"), bytes] });
    let answer = runner.reported(&claimed, "heartbeat", output).await;
    assert_eq!(answer, json!({ "cancel": false }));

    let all = app.read(&path).await;
    assert_eq!((&all["last"], &all["finished"]), (&json!(3), &json!(false)));
    let first = json!({ "seq": 1, "at": AT, "stream": "stdout", "text": "one\n" });
    assert_eq!(all["items"][0], first);
    let last =
        json!({ "seq": 3, "at": AT, "stream": "stderr", "text": "a\u{fffd}", "base64": "Yf8=" });
    assert_eq!(all["items"][2], last);
    let end = runner.reported(&claimed, "finish", json!({ "exitCode": 0 }));
    assert_eq!(end.await["state"], "succeeded");
    let rest = app.read(&format!("{path}?after=2")).await;
    assert_eq!(
        rest,
        json!({ "items": [last], "last": 3, "finished": true })
    );

    let address = format!("{path}?format=raw");
    let raw = app.api("GET", &address, Value::Null, NOBODY).await;
    assert_eq!(raw.status, StatusCode::OK, "{}", raw.body);
    assert_eq!(&raw.bytes[..], b"one\ntwo\na\xff");
    let name = format!("attachment; filename=\"run-{}.txt\"", run["id"]);
    for (header, value) in [
        ("content-type", "text/plain; charset=utf-8"),
        ("content-disposition", name.as_str()),
        ("x-content-type-options", "nosniff"),
        (
            "content-security-policy",
            "default-src 'none'; frame-ancestors 'none'; sandbox",
        ),
    ] {
        assert_eq!(raw.header(header), value);
    }
    for (query, field) in [
        ("after=x", "after"),
        ("after=-1", "after"),
        ("format=x", "format"),
    ] {
        let address = format!("{path}?{query}");
        let wrong = app.api("GET", &address, Value::Null, NOBODY).await;
        let wrong = wrong.problem(422);
        assert!(wrong["errors"][field].is_string(), "{query}: {wrong}");
    }
}

#[tokio::test]
async fn a_run_is_cancelled_before_it_begins_and_while_it_runs() {
    let world = World::active().await;
    let app = &world.app;
    let waiting = ask(&world, &world.acme, "Check").await;
    let cancel = format!("/api/runs/{}/cancel", waiting["id"]);
    let cancelled = post(app, &cancel, Value::Null).await;
    assert_eq!(cancelled.status, StatusCode::OK, "{}", cancelled.body);
    assert_eq!(cancelled.json()["state"], "cancelled");
    let step = status(&world, &world.acme, "Check").await;
    assert_eq!(step, StepStatus::Pending);
    post(app, &cancel, Value::Null).await.problem(409);

    let runner = RunnerOfTest::new(app, "eu-1", &["eu-west"]).await;
    let begun = ask(&world, &world.globex, "Check").await;
    let claimed = runner.begin().await;
    let cancel = format!("/api/runs/{}/cancel", begun["id"]);
    let stale = json!({ "version": begun["version"] });
    post(app, &cancel, stale).await.problem(409);
    let asked = post(app, &cancel, Value::Null).await.json();
    assert_eq!(
        (&asked["state"], &asked["cancelBy"]),
        (&json!("running"), &json!("Test"))
    );
    let heard = runner.reported(&claimed, "heartbeat", json!({})).await;
    assert_eq!(heard["cancel"], true);
    let end = json!({ "signal": "SIGTERM", "cancelled": true });
    let ended = runner.reported(&claimed, "finish", end).await;
    assert_eq!(ended["state"], "cancelled");
    let step = status(&world, &world.globex, "Check").await;
    assert_eq!(step, StepStatus::Failed);
}

#[tokio::test]
async fn a_failed_run_is_asked_for_again_and_an_unfinished_one_is_not() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let run = ask(&world, &world.acme, "Check").await;
    let retry = format!("/api/runs/{}/retry", run["id"]);
    post(&world.app, &retry, Value::Null).await.problem(409);
    let claimed = runner.begin().await;
    let end = json!({ "exitCode": 3, "lastLine": "no such host" });
    let failed = runner.reported(&claimed, "finish", end).await;
    assert_eq!(failed["reason"], "exit code 3: no such host");
    // A version is checked if it is sent, as of every change of a state.
    let stale = json!({ "version": run["version"] });
    let stale = post(&world.app, &retry, stale).await.problem(409);
    assert_eq!(stale["type"], "urn:rollcall:problem:stale");
    assert_eq!(stale["current"]["version"], failed["version"]);
    let none = world.app.read("/api/runs?unsettled=true").await;
    assert_eq!(none["items"], json!([]));
    let longer = json!({ "timeoutSeconds": 90, "version": failed["version"] });
    let again = post(&world.app, &retry, longer).await;
    assert_eq!(again.status, StatusCode::CREATED, "{}", again.body);
    assert_ne!(again.json()["id"], run["id"]);
    assert_eq!(again.json()["timeoutSeconds"], 90);
    let waits = world.app.read("/api/runs?unsettled=true").await;
    assert_eq!(waits["items"][0]["id"], again.json()["id"]);
    let step = status(&world, &world.acme, "Check").await;
    assert_eq!(step, StepStatus::InProgress);
}

#[tokio::test]
async fn a_run_here_is_reported_by_its_lease_and_no_runner_gets_it() {
    let world = World::active().await;
    let app = &world.app;
    // Also where there are no runners.
    app.database.refuse_runners();
    let (path, version) = asked_at(&world, &world.acme, "Upgrade").await;
    let body = json!({ "version": version, "here": true });
    let begun = post(app, &path, body).await;
    assert_eq!(begun.status, StatusCode::CREATED, "{}", begun.body);
    let run = begun.json();
    for (member, value) in [
        ("state", "running"),
        ("customer", "Acme"),
        ("namespace", "acme"),
        ("cluster", "eu-west"),
        ("release", "June"),
        ("step", "Upgrade"),
    ] {
        assert_eq!(run[member], value, "{run}");
    }
    assert_eq!(run["leaseSeconds"], 60);
    let location = begun.header("location").to_owned();
    let read = app.read(&location).await;
    assert!(
        read.get("lease").is_none() && read["runner"].is_null(),
        "{read}"
    );
    let report = |what: &str| format!("{location}/{what}");
    let lease = &run["lease"];
    let beat = json!({ "lease": lease, "output": [piece(1, "a\n")] });
    let beat = post(app, &report("heartbeat"), beat).await;
    assert_eq!(beat.json(), json!({ "cancel": false }));
    let other = json!({ "lease": "another", "exitCode": 0 });
    let over = post(app, &report("finish"), other).await.problem(409);
    assert_eq!(over["type"], "urn:rollcall:problem:lease-over");
    let end = json!({ "lease": lease, "exitCode": 0 });
    let ended = post(app, &report("finish"), end).await;
    assert_eq!(ended.json()["state"], "succeeded", "{}", ended.body);
    let step = status(&world, &world.acme, "Upgrade").await;
    assert_eq!(step, StepStatus::Done);
}

/// What is asked about a run, and what of it changes something.
fn about(run: &Value) -> Vec<(&'static str, String, Value)> {
    let of = |rest: &str| format!("/api/runs/{}{rest}", run["id"]);
    let report = || json!({ "lease": "x" });
    vec![
        ("GET", of(""), Value::Null),
        ("GET", of("/output"), Value::Null),
        ("GET", of("/output?format=raw"), Value::Null),
        ("POST", of("/cancel"), Value::Null),
        ("POST", of("/retry"), Value::Null),
        ("POST", of("/heartbeat"), report()),
        ("POST", of("/finish"), report()),
    ]
}

#[tokio::test]
async fn a_run_out_of_scope_is_not_there_and_a_viewer_changes_none() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let manager = app.person(Role::Manager, None).await;
    let elsewhere = app
        .person(Role::Operator, scope(&[world.us_east.id], &[]))
        .await;
    let viewer = app.person(Role::Viewer, None).await;
    let (path, version) = asked_at(&world, &world.acme, "Check").await;
    let body = || json!({ "version": version });
    let as_person = async |person: &Person, method: &str, path: &str, body: Value| {
        app.api_as(person, method, path, body).await
    };
    as_person(&viewer, "POST", &path, body()).await.problem(403);
    as_person(&elsewhere, "POST", &path, body())
        .await
        .problem(404);
    as_person(&elsewhere, "GET", &path, Value::Null)
        .await
        .problem(404);
    let asked = as_person(&manager, "POST", &path, body()).await;
    assert_eq!(asked.status, StatusCode::CREATED, "{}", asked.body);
    let run = asked.json();
    for (method, path, body) in about(&run) {
        let hidden = as_person(&elsewhere, method, &path, body.clone()).await;
        hidden.problem(404);
        let seen = as_person(&viewer, method, &path, body).await;
        let expected = if method == "GET" { 200 } else { 403 };
        assert_eq!(seen.status.as_u16(), expected, "{path}: {}", seen.body);
    }
    let list = as_person(&elsewhere, "GET", "/api/runs", Value::Null).await;
    assert_eq!(list.json()["items"], json!([]));
    let bulk = json!({ "ids": [run["stepId"]] });
    let bulk = as_person(&elsewhere, "POST", "/api/runs", bulk).await;
    assert_eq!(bulk.json()["changed"], 0, "{}", bulk.body);
    assert!(!bulk.body.contains("Acme"), "{}", bulk.body);
}
