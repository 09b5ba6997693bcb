//! Tests of runners by REST (R73): who makes them, what their tokens open, the wait for a run, leases, and wrong reports; and of runs
//! in the stream of changes (R71).
use crate::{
    harness::TestApp,
    people::{Person, scope},
    runners::{AT, RunnerOfTest, piece},
    streams::{OpenStream, StreamedEvent},
    test_database::TestEngine,
    world::World,
};
use app::domain::{customer::Customer, permission::Role, run::RunRequest};
use axum::http::StatusCode;
use serde_json::{Value, json};
use server::live::runner_waits::RunnerProcess;
use std::time::Duration;
use tokio::time::timeout;

const NOBODY: &[(&str, &str)] = &[];
/// Who waits for a run is woken, and does not only look now and then, which is every five seconds.
const WOKEN_WITHIN: Duration = Duration::from_secs(4);

/// Asks for a run of a customer's check; its id.
async fn ask(world: &World, customer: &Customer) -> i64 {
    let step = world.step(customer, "Check").await;
    let request = RunRequest {
        version: Some(step.version),
        ..RunRequest::default()
    };
    let asked = world.app.store.ask_run(step.id, request, world.app.ana());
    asked.await.unwrap().row.id.0
}

#[tokio::test]
async fn admins_make_runners_and_a_token_is_told_once() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let admin = app.person(Role::Admin, None).await;
    let manager = app.person(Role::Manager, None).await;
    let body = json!({ "name": "eu-1", "clusters": ["eu-west", world.us_east.id] });
    let post = async |person: &Person, body: &Value| {
        app.api_as(person, "POST", "/api/runners", body.clone())
            .await
    };
    post(&manager, &body).await.problem(403);
    let made = post(&admin, &body).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    assert_eq!(made.header("location"), "/api/runners");
    let made = made.json();
    let token = made["token"].as_str().unwrap();
    assert!(token.starts_with("rcr_") && token.len() == 50, "{token}");
    let clusters = json!([world.eu_west.id, world.us_east.id]);
    assert_eq!(made["clusterIds"], clusters);
    let list = app.api_as(&admin, "GET", "/api/runners", Value::Null).await;
    assert!(!list.body.contains(token), "{}", list.body);
    let row = &list.json()["items"][0];
    assert_eq!(
        (&row["name"], &row["running"]),
        (&json!("eu-1"), &json!([]))
    );
    let taken = post(&admin, &body).await.problem(409);
    assert_eq!(taken["type"], "urn:rollcall:problem:taken");
    for clusters in [json!([]), json!(["no-such"]), json!([true])] {
        let wrong = json!({ "name": "eu-2", "clusters": clusters });
        let wrong = post(&admin, &wrong).await.problem(422);
        assert!(wrong["errors"]["clusters"].is_string(), "{wrong}");
    }
    let bearer = format!("Bearer {token}");
    let headers = [("authorization", bearer.as_str())];
    let own = app.api("GET", "/api/runner", Value::Null, &headers).await;
    let expected = json!({ "id": made["id"], "name": "eu-1", "clusters": ["eu-west", "us-east"] });
    assert_eq!(own.json(), expected);
    let path = format!("/api/runners/{}", made["id"]);
    let gone = app.api_as(&admin, "DELETE", &path, Value::Null).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    let refused = app.api("GET", "/api/runner", Value::Null, &headers).await;
    refused.problem(401);
    assert!(refused.header("www-authenticate").starts_with("Bearer"));
}

#[tokio::test]
async fn a_person_s_token_is_none_of_a_runner() {
    let world = World::active_in(TestApp::with_login().await).await;
    let admin = world.app.person(Role::Admin, None).await;
    let named = json!({ "name": "nightly" });
    let token = world.app.api_as(&admin, "POST", "/api/tokens", named).await;
    let bearer = format!("Bearer {}", token.json()["token"].as_str().unwrap());
    for headers in [
        [("authorization", bearer.as_str())],
        [("cookie", admin.cookie.as_str())],
        [("authorization", "Bearer rcr_wrong")],
    ] {
        let refused = world
            .app
            .api("GET", "/api/runner", Value::Null, &headers)
            .await;
        refused.problem(401);
    }
}

#[tokio::test]
async fn the_wait_for_a_run_ends_when_one_is_asked_for() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    // Of another cluster: it is none of this runner's.
    ask(&world, &world.initech).await;
    let (claimed, asked) = tokio::join!(timeout(WOKEN_WITHIN, runner.claim()), async {
        tokio::task::yield_now().await;
        ask(&world, &world.acme).await
    });
    let claimed = claimed.expect("the wait goes on");
    assert_eq!(claimed["run"]["id"], asked);
    assert_eq!(claimed["run"]["text"], "true");
    assert_eq!(claimed["run"]["state"], "claimed");
    for (member, value) in [
        ("customer", json!("Acme")),
        ("namespace", json!("acme")),
        ("cluster", json!("eu-west")),
        ("release", json!("June")),
        ("step", json!("Check")),
        ("leaseSeconds", json!(60)),
    ] {
        assert_eq!(claimed[member], value, "{claimed}");
    }
}

#[tokio::test]
async fn the_wait_for_a_run_ends_when_another_makes_room() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    ask(&world, &world.acme).await;
    let next = ask(&world, &world.globex).await;
    // The cluster takes one at once.
    let first = runner.begin().await;
    let (claimed, _) = tokio::join!(timeout(WOKEN_WITHIN, runner.claim()), async {
        tokio::task::yield_now().await;
        runner
            .reported(&first, "finish", json!({ "exitCode": 0 }))
            .await
    });
    let claimed = claimed.expect("the wait goes on");
    assert_eq!(claimed["run"]["id"], next);
}

#[tokio::test]
async fn the_wait_for_a_run_does_not_hold_up_the_end_of_the_server() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let (answer, ()) = tokio::join!(timeout(WOKEN_WITHIN, runner.try_claim()), async {
        tokio::task::yield_now().await;
        world.app.live.stop();
    });
    let answer = answer.expect("the wait goes on");
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
}

#[tokio::test]
async fn the_wait_for_a_run_ends_when_its_runner_has_to_end_and_another_s_goes_on() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let other = RunnerOfTest::new(&world.app, "eu-2", &["eu-west"]).await;
    let (answer, claimed, ()) = tokio::join!(
        timeout(WOKEN_WITHIN, runner.try_claim()),
        timeout(WOKEN_WITHIN, other.claim()),
        async {
            // Once it waits: the server has noted what it takes.
            loop {
                let runners = world.app.store.list_runners().await.unwrap();
                let mut named = runners.iter().filter(|it| it.name == "eu-1");
                if named.any(|it| !it.kinds.is_empty()) {
                    break;
                }
                tokio::task::yield_now().await;
            }
            let drained = runner.ask("POST", "/api/runner/drain", Value::Null).await;
            assert_eq!(drained.status, StatusCode::NO_CONTENT, "{}", drained.body);
            ask(&world, &world.acme).await;
        }
    );
    let answer = answer.expect("the wait goes on");
    assert_eq!(answer.status, StatusCode::NO_CONTENT, "{}", answer.body);
    assert!(claimed.is_ok());
}

/// Waits until this is so.
async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_runner_that_says_goodbye_is_not_connected_unless_another_program_with_its_token_is() {
    let world = World::active().await;
    let (store, waits) = (&world.app.store, world.app.live.runner_waits());
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let id = store.list_runners().await.unwrap()[0].id;
    let program = |name: &str| RunnerProcess {
        runner: id,
        process: Some(name.to_owned()),
    };
    let (one, two) = (program("one"), program("two"));
    let claim = async |name: &str| {
        let hello = json!({ "kinds": ["bash"], "maxParallel": 4, "process": name });
        let answer = runner.ask("POST", "/api/runner/claim", hello);
        let answer = timeout(WOKEN_WITHIN, answer).await;
        answer.expect("the wait goes on").status
    };
    let drain = async |name: &str, ended: bool| {
        let body = json!({ "process": name, "ended": ended });
        let told = runner.ask("POST", "/api/runner/drain", body).await;
        assert_eq!(told.status, StatusCode::NO_CONTENT, "{}", told.body);
    };
    let is_gone = async || store.list_runners().await.unwrap()[0].is_not_connected();
    let (first, second, ()) = tokio::join!(claim("one"), claim("two"), async {
        until(|| waits.has_another(&one) && waits.has_another(&two)).await;
        drain("one", false).await;
        until(|| !waits.has_another(&two)).await;
        drain("one", true).await;
        assert!(!is_gone().await, "the second still waits");
        drain("two", false).await;
        until(|| !waits.has_another(&one)).await;
        assert!(!is_gone().await, "it has not come to its end");
        drain("two", true).await;
        assert!(is_gone().await);
    });
    assert_eq!([first, second], [StatusCode::NO_CONTENT; 2]);
    // While a run goes on, who says goodbye was another program.
    ask(&world, &world.acme).await;
    let claimed = runner.begin().await;
    assert!(!is_gone().await, "it asked again");
    drain("one", true).await;
    assert!(!is_gone().await);
    let answer = runner.reported(&claimed, "heartbeat", json!({})).await;
    assert_eq!(answer["cancel"], false);
    let end = json!({ "exitCode": 0 });
    assert_eq!(
        runner.reported(&claimed, "finish", end).await["state"],
        "succeeded"
    );
    drain("two", true).await;
    assert!(is_gone().await);
}

#[tokio::test]
async fn a_run_that_was_not_begun_is_given_back_under_its_lease_once() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let other = RunnerOfTest::new(&world.app, "eu-2", &["eu-west"]).await;
    let run = ask(&world, &world.acme).await;
    let claimed = runner.claim().await;
    other
        .report(&claimed, "give-back", json!({}))
        .await
        .problem(409);
    let given_back = runner.reported(&claimed, "give-back", json!({})).await;
    assert_eq!(given_back["state"], "queued");
    assert_eq!(given_back["runner"], Value::Null);
    let again = runner.report(&claimed, "give-back", json!({})).await;
    assert_eq!(
        again.problem(409)["type"],
        "urn:rollcall:problem:lease-over"
    );
    assert_eq!(other.begin().await["run"]["id"], run);
}

#[tokio::test]
async fn an_old_lease_and_another_s_are_409_and_a_run_is_marked_once() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    ask(&world, &world.acme).await;
    let claimed = runner.begin().await;
    let other = RunnerOfTest::new(&world.app, "eu-2", &["eu-west"]).await;
    let mut stranger = claimed.clone();
    stranger["lease"] = json!("another");
    for (what, body) in [
        ("begin", json!({})),
        ("heartbeat", json!({ "output": [piece(1, "x")] })),
        ("finish", json!({ "exitCode": 0 })),
    ] {
        let by_lease = runner.report(&stranger, what, body.clone()).await;
        // Another runner that has got hold of the lease.
        let by_runner = other.report(&claimed, what, body).await;
        for refused in [by_lease, by_runner] {
            let over = refused.problem(409);
            assert_eq!(over["type"], "urn:rollcall:problem:lease-over", "{what}");
        }
    }
    let end = || json!({ "exitCode": 0 });
    let ended = runner.reported(&claimed, "finish", end()).await;
    let last = world.app.database.last_event().await.unwrap();
    // The answer may have been lost.
    assert_eq!(runner.reported(&claimed, "finish", end()).await, ended);
    assert_eq!(world.app.database.last_event().await.unwrap(), last);
    let nothing = json!({ "run": { "id": 9_999 }, "lease": "x" });
    runner
        .report(&nothing, "begin", json!({}))
        .await
        .problem(404);
}

#[tokio::test]
async fn a_wrong_report_is_told_at_its_field_and_changes_nothing() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let run = ask(&world, &world.acme).await;
    let claimed = runner.begin().await;
    let with = |member: &str, value: Value| {
        let mut wrong = piece(1, "x");
        wrong[member] = value;
        json!({ "output": [wrong] })
    };
    let long = "a".repeat(64 * 1024 + 1);
    for (what, body, field) in [
        ("heartbeat", with("seq", json!(0)), "output"),
        ("heartbeat", with("at", json!("yesterday")), "output"),
        (
            "heartbeat",
            with("at", json!("+99999-01-01T00:00:00Z")),
            "output",
        ),
        ("heartbeat", with("stream", json!("stdlog")), "output"),
        ("heartbeat", with("base64", json!("*")), "output"),
        ("heartbeat", with("text", json!(long)), "output"),
        ("heartbeat", with("text", Value::Null), "output"),
        ("heartbeat", json!({ "output": "x" }), "output"),
        ("finish", json!({ "exitCode": "x" }), "exitCode"),
        ("finish", json!({ "signal": "sig term" }), "signal"),
        ("finish", json!({ "outputBytes": -1 }), "outputBytes"),
    ] {
        let wrong = runner.report(&claimed, what, body.clone()).await;
        let wrong = wrong.problem(422);
        assert!(wrong["errors"][field].is_string(), "{body}: {wrong}");
    }
    for what in ["begin", "heartbeat", "finish"] {
        let path = format!("/api/runner/runs/{run}/{what}");
        let wrong = runner.ask("POST", &path, json!({})).await.problem(422);
        assert!(wrong["errors"]["lease"].is_string(), "{what}: {wrong}");
    }
    for (body, field) in [
        (json!({ "kinds": [] }), "kinds"),
        (json!({ "kinds": ["perl"] }), "kinds"),
        (
            json!({ "kinds": ["bash"], "maxParallel": 0 }),
            "maxParallel",
        ),
        (json!({ "kinds": ["bash"], "clusters": [""] }), "clusters"),
        (json!({ "kinds": ["bash"], "version": "a\u{0}" }), "version"),
    ] {
        let wrong = runner.ask("POST", "/api/runner/claim", body.clone()).await;
        let wrong = wrong.problem(422);
        assert!(wrong["errors"][field].is_string(), "{body}: {wrong}");
    }
    let output = world.app.read(&format!("/api/runs/{run}/output")).await;
    assert_eq!(output["items"], json!([]));
}

#[tokio::test]
async fn where_nobody_signs_in_and_others_can_come_there_are_no_runners() {
    let world = World::active().await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    world.app.database.refuse_runners();
    let step = world.step(&world.acme, "Check").await;
    let path = format!("/api/steps/{}/run", step.id);
    let body = json!({ "version": step.version });
    let refused = world.app.api("POST", &path, body, NOBODY).await;
    let problem = refused.problem(409);
    assert!(
        problem["detail"]
            .as_str()
            .unwrap()
            .contains("ROLLCALL_AUTH"),
        "{problem}"
    );
    runner.try_claim().await.problem(409);
    let body = json!({ "name": "eu-2", "clusters": ["eu-west"] });
    let refused = world.app.api("POST", "/api/runners", body, NOBODY).await;
    refused.problem(409);
    let bulk = json!({ "ids": [step.id] });
    let refused = world.app.api("POST", "/api/runs", bulk, NOBODY).await;
    refused.problem(409);
}

/// The next event of this name; others are passed over.
async fn next(stream: &mut OpenStream, name: &str) -> StreamedEvent {
    loop {
        let event = stream.next().await.expect("the stream ended");
        if event.name == name {
            return event;
        }
    }
}

#[tokio::test]
async fn runs_are_told_to_who_sees_the_customer_and_output_to_streams_of_the_release() {
    let world = World::active_in(TestApp::with_login().await).await;
    let app = &world.app;
    let eu = app
        .person(Role::Viewer, scope(&[world.eu_west.id], &[]))
        .await;
    let us = app
        .person(Role::Viewer, scope(&[world.us_east.id], &[]))
        .await;
    let runner = RunnerOfTest::new(app, "all", &["eu-west", "us-east"]).await;
    let address = app.serve().await;
    let open = async |person: &Person, path: &str| {
        let headers = [("cookie", person.cookie.as_str())];
        OpenStream::hello(address, path, &headers).await.0
    };
    let of_june = format!("/api/events?release={}", world.june);
    let mut of_release = open(&eu, &of_june).await;
    let mut of_all = open(&eu, "/api/events").await;
    let mut elsewhere = open(&us, &of_june).await;

    let run = ask(&world, &world.acme).await;
    let step = world.id(&world.acme, "Check").await;
    let claimed = runner.begin().await;
    for state in ["queued", "claimed", "running"] {
        let expected = json!({
            "id": run, "stepId": step, "releaseId": world.june, "customerId": world.acme.id, "state": state, "last": 0,
        });
        for stream in [&mut of_release, &mut of_all] {
            let event = next(stream, "run").await;
            assert_eq!((event.data, event.id), (expected.clone(), None));
        }
    }
    let output = json!({ "output": [piece(1, "one\n")] });
    runner.reported(&claimed, "heartbeat", output).await;
    let told = next(&mut of_release, "run-output").await;
    let item = json!({ "seq": 1, "at": AT, "stream": "stdout", "text": "one\n" });
    let expected = json!({ "runId": run, "stepId": step, "items": [item] });
    assert_eq!(told.data, expected);
    let told = next(&mut of_release, "run").await;
    assert_eq!(
        (&told.data["state"], &told.data["last"]),
        (&json!("running"), &json!(1))
    );
    runner
        .reported(&claimed, "finish", json!({ "exitCode": 0 }))
        .await;
    // Of all releases only states are told.
    for stream in [&mut of_release, &mut of_all] {
        assert_eq!(next(stream, "run").await.data["state"], "succeeded");
    }
    // And nothing of it to who does not see the customer: the first that comes there is the other customer's.
    let other = ask(&world, &world.initech).await;
    assert_eq!(next(&mut elsewhere, "run").await.data["id"], other);
}

#[tokio::test]
async fn servers_on_one_database_of_postgresql_tell_each_other_of_runs_without_their_output() {
    if TestEngine::of_this_run() == TestEngine::Sqlite {
        return;
    }
    let world = World::active().await;
    let beside = world.app.beside().await;
    let address = beside.serve().await;
    let path = format!("/api/events?release={}", world.june);
    let (mut stream, _) = OpenStream::hello(address, &path, &[]).await;
    // A server that has a runner tells the others.
    world.app.live.start();
    let run = ask(&world, &world.acme).await;
    let runner = RunnerOfTest::new(&world.app, "eu-1", &["eu-west"]).await;
    let claimed = runner.begin().await;
    let output = json!({ "output": [piece(1, &"x".repeat(64 * 1024))] });
    runner.reported(&claimed, "heartbeat", output).await;
    for (state, last) in [
        ("queued", 0),
        ("claimed", 0),
        ("running", 0),
        ("running", 1),
    ] {
        let told = loop {
            let event = stream.next().await.expect("the stream ended");
            assert_ne!(event.name, "run-output");
            if event.name == "run" {
                break event.data;
            }
        };
        let expected = (&json!(run), &json!(state), &json!(last));
        assert_eq!((&told["id"], &told["state"], &told["last"]), expected);
    }
}
