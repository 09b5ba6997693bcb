//! Runs at Jenkins when the server ends, by force or in order.
use super::{FakeJenkins, JenkinsWorld, StartAnswer, TOKEN, USER, job, settings};
use crate::{
    program::{RunningServer, ended, program, program_at},
    world::{World, draft},
};
use app::{
    api::context::now,
    domain::{
        customer::Customer,
        id::ReleaseId,
        order::Position,
        release::ReleaseDraft,
        run::{Run, RunRequest, RunState},
        template::TemplateDraft,
        vocabulary::StepStatus,
    },
    store::runs::notices::RunNotice,
};
use chrono::TimeDelta;
use server::jenkins::{client::JenkinsClient, responses::run_mark};
use std::{
    fs::{self, File},
    path::Path,
    process::{Command, Stdio},
};

/// The world with July, of one step that names the job, for these customers. Nothing here follows Jenkins.
async fn july(customers: impl Fn(&World) -> Vec<Customer>) -> (World, ReleaseId) {
    let world = World::draft().await;
    let store = &world.app.store;
    let release = ReleaseDraft {
        name: "July".into(),
        version_number: "7.0".into(),
        ..ReleaseDraft::default()
    };
    let made = store.create_release(release, world.app.ana()).await;
    let july = made.unwrap().row.id;
    let step = TemplateDraft {
        jenkins: Some(job()),
        ..draft("Deploy", "deploy", "bash", "true")
    };
    let added = store.add_template(july, step, Position::Last, world.app.ana());
    added.await.unwrap();
    let members = customers(&world).iter().map(|it| it.id).collect();
    let activated = store.activate_release(july, Some(members), world.app.ana());
    activated.await.unwrap();
    world.app.database.set_jenkins();
    (world, july)
}

fn command(world: &World, jenkins: &FakeJenkins, token: &str) -> Command {
    let mut command = program_at(&world.app.url());
    command
        .env("JENKINS_URL", &jenkins.url)
        .env("JENKINS_USER", USER)
        .env("JENKINS_TOKEN", token)
        // On PostgreSQL a server waits until the lease of the one before it has ended.
        .env("ROLLCALL_RUN_LEASE", "2");
    command
}

/// Ana asks for a run of the step of July.
async fn ask(world: &World, july: ReleaseId, customer: &Customer) -> Run {
    let store = &world.app.store;
    let work = store.customer_work(july, customer.id).await.unwrap();
    let (step, by) = (work.steps[0].id, world.app.ana());
    let asked = store.ask_run(step, RunRequest::default(), by).await;
    asked.unwrap().row
}

/// Waits until all steps of July are done.
async fn wait_for_july(server: &RunningServer) {
    let url = format!("http://{}/", server.address);
    let waited = tokio::task::spawn_blocking(move || {
        let mut wait = program(Path::new("unused"));
        wait.env("ROLLCALL_URL", url);
        ended(wait.args(["wait", "July", "--until", "done", "--timeout", "90s"]))
    });
    assert_eq!(waited.await.unwrap().code, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_goes_on_with_its_build_and_starts_none_twice() {
    let jenkins = FakeJenkins::start().await;
    let (world, july) = july(|it| vec![it.acme.clone()]).await;
    let server = RunningServer::start(&mut command(&world, &jenkins, TOKEN));
    let run = ask(&world, july, &world.acme).await;
    jenkins.wait_for_one("GET /jenkins/queue/item/12/").await;
    // By SIGKILL, as all of them.
    drop(server);
    jenkins.begin();
    jenkins.set(|it| it.log.push_str("one\n"));
    let server = RunningServer::start(&mut command(&world, &jenkins, TOKEN));
    // What was read first is stored before it is asked again.
    jenkins.wait_for(2, "/7/logText/").await;
    drop(server);
    jenkins.set(|it| it.log.push_str("two\n"));
    jenkins.end("SUCCESS");
    let server = RunningServer::start(&mut command(&world, &jenkins, TOKEN));
    wait_for_july(&server).await;
    let store = &world.app.store;
    let over = store.run(run.id).await.unwrap();
    assert_eq!(over.state, RunState::Succeeded);
    assert_eq!(store.run_output_bytes(run.id).await.unwrap(), b"one\ntwo\n");
    assert_eq!(jenkins.n_started(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_while_it_asked_jenkins_finds_its_build() {
    let jenkins = FakeJenkins::start().await;
    let (world, july) = july(|it| vec![it.acme.clone()]).await;
    jenkins.set(|it| {
        it.is_silent = true;
        it.declares_run = true;
    });
    let server = RunningServer::start(&mut command(&world, &jenkins, TOKEN));
    let run = ask(&world, july, &world.acme).await;
    jenkins.wait_for_one("/buildWithParameters").await;
    drop(server);
    jenkins.begin();
    jenkins.end("SUCCESS");
    jenkins.set(|it| it.is_silent = false);
    let server = RunningServer::start(&mut command(&world, &jenkins, TOKEN));
    wait_for_july(&server).await;
    let over = world.app.store.run(run.id).await.unwrap();
    assert_eq!(over.state, RunState::Succeeded);
    assert_eq!(jenkins.n_started(), 1);
}

/// A run of Acme's step "Check" whose server was killed once Jenkins had the request: nothing of it is stored. Nothing follows it.
async fn killed_while_asking(jenkins: &FakeJenkins) -> (World, Run) {
    let world = JenkinsWorld::unfollowed().await;
    let step = world.id(&world.acme, "Check").await;
    let (store, by) = (&world.app.store, world.app.ana());
    let asked = store.ask_run(step, RunRequest::default(), by).await;
    let run = asked.unwrap().row;
    let until = now() + TimeDelta::hours(1);
    let claimed = world.app.database.claim_jenkins_run(now(), until).await;
    let claimed = claimed.unwrap().unwrap();
    let client = JenkinsClient::new(settings(&jenkins.url, TOKEN)).unwrap();
    let started = client.start(&claimed.job, &run_mark(&claimed.run)).await;
    started.unwrap();
    (world, run)
}

#[tokio::test]
async fn a_start_that_got_no_answer_is_found_in_the_queue() {
    let jenkins = FakeJenkins::start().await;
    jenkins.set(|it| it.declares_run = true);
    let (world, run) = killed_while_asking(&jenkins).await;
    let mut notices = world.app.database.follow_runs();
    let it = JenkinsWorld::follow(world, jenkins, TOKEN);
    it.jenkins.wait_for_one("GET /jenkins/queue/item/12/").await;
    let queue = format!("{}/queue/item/12/", it.jenkins.url);
    assert_eq!(it.run(run.id).await.jenkins_url, Some(queue));
    it.jenkins.begin();
    it.jenkins.end("FAILURE");
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Failed);
    assert_eq!(it.jenkins.n_started(), 1);
}

#[tokio::test]
async fn a_start_that_got_no_answer_is_lost_if_the_job_does_not_declare_the_run() {
    let jenkins = FakeJenkins::start().await;
    jenkins.begin();
    let (world, run) = killed_while_asking(&jenkins).await;
    let mut notices = world.app.database.follow_runs();
    let it = JenkinsWorld::follow(world, jenkins, TOKEN);
    let lost = it.ended(&mut notices, run.id).await;
    assert_eq!(lost.state, RunState::Lost);
    let reason = lost.reason.unwrap();
    assert!(
        reason.contains("check Jenkins before you run it again"),
        "{reason}"
    );
    assert_eq!(it.status("Check").await, StepStatus::InProgress);
    assert_eq!(it.jenkins.n_started(), 1);
}

#[tokio::test]
async fn a_start_that_got_no_answer_is_found_by_the_same_server() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    // Jenkins has begun it, and the answer has no place in the queue.
    it.jenkins.set(|it| {
        it.declares_run = true;
        it.start_answer = StartAnswer::Bare;
    });
    it.jenkins.begin();
    it.jenkins.end("SUCCESS");
    let run = it.ask("Check").await;
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Succeeded);
    assert_eq!(it.jenkins.n_started(), 1);
}

#[tokio::test]
async fn a_server_that_ends_in_order_leaves_its_builds_to_the_next() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    it.jenkins.begin();
    let run = it.ask("Check").await;
    let has_begun = |it: &RunNotice| it.state == RunState::Running;
    it.wait_for(&mut notices, has_begun).await;
    let (world, jenkins) = it.end_server().await;
    assert_eq!(
        world.app.store.run(run.id).await.unwrap().state,
        RunState::Running
    );
    // It is not lost, however long no server is there.
    let database = &world.app.database;
    let later = now() + TimeDelta::days(1);
    assert_eq!(database.expire_runs(later).await.unwrap(), 0);
    let until = later + TimeDelta::minutes(1);
    let taken = database
        .take_over_jenkins_run(later, until)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(taken.run.id, run.id);
    assert_eq!(taken.job.parameters["NAMESPACE"], "acme");
    // Two servers never have it.
    assert!(
        database
            .take_over_jenkins_run(later, until)
            .await
            .unwrap()
            .is_none()
    );
    assert_eq!(jenkins.n_started(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_is_in_no_log() {
    const WRONG: &str = "11secretsecret";
    let jenkins = FakeJenkins::start().await;
    let (world, july) = july(|it| vec![it.acme.clone()]).await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let mut command = command(&world, &jenkins, WRONG);
    command
        .env("RUST_LOG", "debug")
        .stdout(Stdio::null())
        .stderr(File::create(&path).unwrap());
    let mut server = command.spawn().unwrap();
    ask(&world, july, &world.acme).await;
    jenkins.wait_for_one("/buildWithParameters").await;
    server.kill().unwrap();
    server.wait().unwrap();
    let log = fs::read_to_string(&path).unwrap();
    assert!(log.contains("Rollcall is at http://"), "{log}");
    // `rollcall:11secretsecret` in base64.
    for secret in [WRONG, "cm9sbGNhbGw6MTFzZWNyZXRzZWNyZXQ"] {
        assert!(!log.contains(secret), "{log}");
    }
}
