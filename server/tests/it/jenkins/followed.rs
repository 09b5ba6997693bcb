//! What becomes of a run that Jenkins has.
use super::{ItemState, JenkinsWorld};
use app::{
    domain::{
        event::EventFilter,
        run::{RunKind, RunRequest, RunState},
        via::Via,
        vocabulary::StepStatus,
    },
    store::runs::notices::RunNotice,
};
use axum::http::StatusCode;
use server::jenkins::responses::run_mark;

const BUILD: &str = "https://ci.example.com/jenkins/job/folder/job/deploy/7/";

#[tokio::test]
async fn a_job_gets_its_parameters_resolved_and_its_success_is_the_step_s() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    // No runner runs a text step; a job is run for any.
    let run = it.ask("Announce").await;
    assert_eq!((run.kind, run.state), (RunKind::Jenkins, RunState::Queued));
    assert_eq!(run.text, "Tell Acme.");
    it.jenkins.wait_for(2, "GET /jenkins/queue/item/12/").await;
    let waiting = it.run(run.id).await;
    assert_eq!(waiting.state, RunState::Claimed);
    assert_eq!(waiting.runner.as_deref(), Some("Jenkins"));
    let queue = format!("{}/queue/item/12/", it.jenkins.url);
    assert_eq!(waiting.jenkins_url, Some(queue));
    it.jenkins.begin();
    let has_begun = |it: &RunNotice| it.state == RunState::Running;
    it.wait_for(&mut notices, has_begun).await;
    it.jenkins.set(|it| it.log.push_str("one\n"));
    let has_written = |it: &RunNotice| !it.chunks.is_empty();
    it.wait_for(&mut notices, has_written).await;
    assert_eq!(it.status("Announce").await, StepStatus::InProgress);
    it.jenkins
        .set(|it| it.log.push_str("two é\nFinished: SUCCESS\n"));
    it.jenkins.end("SUCCESS");
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Succeeded);
    assert_eq!((ended.exit_code, ended.reason), (None, None));
    assert_eq!(ended.jenkins_url.as_deref(), Some(BUILD));
    assert_eq!(it.output(run.id).await, "one\ntwo é\nFinished: SUCCESS\n");
    let step = it.world.step(&it.world.acme, "Announce").await;
    assert_eq!(step.status, StepStatus::Done);
    assert_eq!(step.executed_by.as_deref(), Some("Ana"));
    let events = it.world.app.store.events(EventFilter::default()).await;
    let events = events.unwrap();
    assert_eq!(events.items[0].via, Some(Via::Runner("Jenkins".into())));
    let started = it.jenkins.state.lock().started.clone();
    let mark = run_mark(&run);
    let form = format!("NAMESPACE=acme&TEXT=a+%26+b+%3D+6.0&ROLLCALL_RUN={mark}");
    assert_eq!(started, [form]);
}

#[tokio::test]
async fn failure_and_unstable_fail_with_the_build_s_address_as_reason() {
    for result in ["FAILURE", "UNSTABLE", "NOT_BUILT"] {
        let it = JenkinsWorld::start().await;
        let run = it.run_to(result).await;
        assert_eq!(run.state, RunState::Failed, "{result}");
        assert_eq!(run.reason.as_deref(), Some(BUILD));
        let step = it.world.step(&it.world.acme, "Check").await;
        assert_eq!(step.status, StepStatus::Failed);
        assert_eq!(step.fail_reason.as_deref(), Some(BUILD));
    }
}

#[tokio::test]
async fn a_build_that_was_aborted_in_jenkins_is_cancelled() {
    let it = JenkinsWorld::start().await;
    let run = it.run_to("ABORTED").await;
    assert_eq!(run.state, RunState::Cancelled);
    let reason = run.reason.unwrap();
    assert!(
        reason.starts_with("cancelled in Jenkins after "),
        "{reason}"
    );
    assert!(reason.ends_with(BUILD), "{reason}");
    assert_eq!(it.status("Check").await, StepStatus::Failed);
}

#[tokio::test]
async fn a_run_is_cancelled_in_the_queue_and_its_step_is_as_before() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    let run = it.ask("Check").await;
    it.jenkins.wait_for_one("GET /jenkins/queue/item/12/").await;
    let by = it.world.app.by("Ben");
    it.world
        .app
        .store
        .cancel_run(run.id, None, by)
        .await
        .unwrap();
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Cancelled);
    let reason = ended.reason.unwrap();
    assert!(reason.starts_with("cancelled by Ben"), "{reason}");
    assert_eq!(it.status("Check").await, StepStatus::Pending);
    assert!(it.jenkins.state.lock().item == ItemState::Cancelled);
}

#[tokio::test]
async fn a_run_is_cancelled_as_a_build_and_its_step_fails() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    it.jenkins.begin();
    let run = it.ask("Check").await;
    let has_begun = |it: &RunNotice| it.state == RunState::Running;
    it.wait_for(&mut notices, has_begun).await;
    let by = it.world.app.by("Ben");
    it.world
        .app
        .store
        .cancel_run(run.id, None, by)
        .await
        .unwrap();
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Cancelled);
    let reason = ended.reason.unwrap();
    assert!(reason.starts_with("cancelled by Ben after "), "{reason}");
    assert_eq!(it.status("Check").await, StepStatus::Failed);
    let asked = it.jenkins.state.asked.borrow().clone();
    let stops = asked.iter().filter(|it| it.ends_with("/7/stop"));
    assert_eq!(stops.count(), 1, "{asked:?}");
}

#[tokio::test]
async fn a_build_whose_time_is_up_is_stopped() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    it.jenkins.begin();
    let step = it.world.id(&it.world.acme, "Check").await;
    let request = RunRequest {
        timeout_seconds: Some(1),
        ..RunRequest::default()
    };
    let asked = it
        .world
        .app
        .store
        .ask_run(step, request, it.world.app.ana());
    let run = asked.await.unwrap().row;
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Failed);
    assert_eq!(ended.reason, Some(format!("timed out after 1 s: {BUILD}")));
}

#[tokio::test]
async fn the_build_of_an_item_that_the_queue_has_forgotten_is_found() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    it.jenkins.set(|it| it.item = ItemState::Forgotten);
    it.jenkins.end("SUCCESS");
    let run = it.ask("Check").await;
    let ended = it.ended(&mut notices, run.id).await;
    assert_eq!(ended.state, RunState::Succeeded);
    assert_eq!(ended.jenkins_url.as_deref(), Some(BUILD));
}

#[tokio::test]
async fn jenkins_may_be_away_meanwhile() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    it.jenkins.begin();
    let run = it.ask("Check").await;
    let has_begun = |it: &RunNotice| it.state == RunState::Running;
    it.wait_for(&mut notices, has_begun).await;
    let starting = StatusCode::SERVICE_UNAVAILABLE;
    it.jenkins
        .set(|it| it.instead = Some((starting, "Jenkins is getting ready to work")));
    it.jenkins.wait_for(3, "/7/api/json").await;
    assert_eq!(it.run(run.id).await.state, RunState::Running);
    it.jenkins.set(|it| it.instead = None);
    it.jenkins.end("SUCCESS");
    assert_eq!(
        it.ended(&mut notices, run.id).await.state,
        RunState::Succeeded
    );
}

#[tokio::test]
async fn a_console_is_read_by_the_bytes_of_its_raw_log_and_one_without_end_holds_up_nothing() {
    let it = JenkinsWorld::start().await;
    it.jenkins.set(|it| {
        it.notes = 100;
        it.is_endless = true;
        it.log.push_str("one\n");
    });
    let run = it.run_to("SUCCESS").await;
    assert_eq!(it.output(run.id).await, "one\n");
    assert!(run.output_cut);
}

#[tokio::test]
async fn no_more_runs_of_a_cluster_are_at_jenkins_than_it_takes() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    it.jenkins.begin();
    let first = it.ask("Announce").await;
    let second = it.ask("Check").await;
    let has_begun = |it: &RunNotice| it.state == RunState::Running;
    it.wait_for(&mut notices, has_begun).await;
    it.jenkins.wait_for(2, "/7/api/json").await;
    assert_eq!(it.run(second.id).await.state, RunState::Queued);
    assert_eq!(it.jenkins.n_started(), 1);
    it.jenkins.end("SUCCESS");
    it.ended(&mut notices, first.id).await;
    let mut notices = it.notices();
    if !it.run(second.id).await.state.is_over() {
        it.ended(&mut notices, second.id).await;
    }
    assert_eq!(it.jenkins.n_started(), 2);
}
