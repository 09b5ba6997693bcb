//! What is not run at Jenkins, and why.
use super::{FakeJenkins, JenkinsWorld, TOKEN, job, set_job};
use crate::world::World;
use app::{
    domain::{
        jenkins::JenkinsJob,
        rule_violation::RuleViolation,
        run::{RunOffer, RunRequest, RunState},
        step::CustomerStep,
        vocabulary::StepStatus,
    },
    store::error::StoreError,
};
use axum::http::StatusCode;
use chrono::TimeDelta;

/// Why a run of this step is refused.
async fn refusal(world: &World, step: &CustomerStep) -> RuleViolation {
    let by = world.app.ana();
    let asked = world.app.store.ask_run(step.id, RunRequest::default(), by);
    match asked.await {
        Err(StoreError::Refused(violation)) => violation,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn without_settings_a_step_with_a_job_is_not_run_and_says_so() {
    let world = World::active().await;
    set_job(&world, &world.check, Some(job())).await;
    let step = world.step(&world.acme, "Check").await;
    assert_eq!(refusal(&world, &step).await, RuleViolation::NoJenkins);
    let offer = world.app.store.run_offer(step.id, None).await.unwrap();
    let reason = "set JENKINS_URL and JENKINS_TOKEN on the server to run steps there".to_owned();
    assert_eq!(offer, RunOffer::Unavailable { reason });
    assert_eq!(
        world.step(&world.acme, "Check").await.status,
        StepStatus::Pending
    );
    let page = world.app.get("/").await.body;
    assert!(!page.contains("data-jenkins"), "{page}");
    world.app.database.set_jenkins();
    let runners = vec!["Jenkins".to_owned()];
    let offer = world.app.store.run_offer(step.id, None).await.unwrap();
    assert_eq!(offer, RunOffer::Ready { runners });
    assert!(
        world
            .app
            .get("/clusters")
            .await
            .body
            .contains("data-jenkins")
    );
}

#[tokio::test]
async fn a_parameter_without_a_value_is_refused_as_one_of_the_text() {
    let world = World::active().await;
    world.app.database.set_jenkins();
    let parameters = [
        ("A", "{{var.NONE}}"),
        ("B", "{{var.NO_MORE}} {{customer.name}}"),
    ];
    let job = JenkinsJob {
        job: "deploy".into(),
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    };
    set_job(&world, &world.check, Some(job)).await;
    let step = world.step(&world.acme, "Check").await;
    let names = vec!["var.NONE".to_owned(), "var.NO_MORE".to_owned()];
    let unresolved = RuleViolation::Unresolved { names };
    assert_eq!(refusal(&world, &step).await, unresolved);
    assert_eq!(
        world.step(&world.acme, "Check").await.status,
        StepStatus::Pending
    );
}

#[tokio::test]
async fn a_job_that_jenkins_refuses_was_not_started() {
    for (status, body, words) in [
        (StatusCode::NOT_FOUND, "", "no such job"),
        (StatusCode::FORBIDDEN, "", "may not do this"),
        (StatusCode::CONFLICT, "", "takes no builds"),
        (
            StatusCode::BAD_REQUEST,
            "folder/deploy is not parameterized",
            "takes no parameters",
        ),
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "",
            "starting, or not there",
        ),
    ] {
        let it = JenkinsWorld::start().await;
        it.jenkins.set(|it| it.instead = Some((status, body)));
        let mut notices = it.notices();
        let run = it.ask("Check").await;
        let ended = it.ended(&mut notices, run.id).await;
        assert_eq!(ended.state, RunState::Failed);
        let reason = ended.reason.unwrap();
        assert!(reason.starts_with("could not be started: "), "{reason}");
        assert!(reason.contains(words), "{reason}");
        assert_eq!(it.status("Check").await, StepStatus::Failed);
    }
}

#[tokio::test]
async fn a_token_that_jenkins_does_not_take_is_in_no_reason() {
    let jenkins = FakeJenkins::start().await;
    let it = JenkinsWorld::start_with(jenkins, "11wrong").await;
    let mut notices = it.notices();
    let run = it.ask("Check").await;
    let reason = it.ended(&mut notices, run.id).await.reason.unwrap();
    assert!(
        reason.contains("Check JENKINS_USER and JENKINS_TOKEN"),
        "{reason}"
    );
    assert!(
        !reason.contains("11wrong") && !reason.contains(TOKEN),
        "{reason}"
    );
}

#[tokio::test]
async fn a_run_of_which_nobody_knows_whether_jenkins_began_it_is_lost_and_not_asked_for_again() {
    let it = JenkinsWorld::start().await;
    let mut notices = it.notices();
    let bad_gateway = StatusCode::BAD_GATEWAY;
    it.jenkins.set(|it| it.instead = Some((bad_gateway, "")));
    let run = it.ask("Check").await;
    let lost = it.ended(&mut notices, run.id).await;
    assert_eq!(lost.state, RunState::Lost);
    let reason = lost.reason.unwrap();
    assert!(
        reason.contains("check Jenkins before you run it again"),
        "{reason}"
    );
    assert!(!reason.contains("runner"), "{reason}");
    assert_eq!(it.status("Check").await, StepStatus::InProgress);
    // Not even a server that finds it does anything about it.
    let database = &it.world.app.database;
    let later = app::api::context::now() + TimeDelta::hours(1);
    let until = later + TimeDelta::minutes(1);
    assert!(
        database
            .take_over_jenkins_run(later, until)
            .await
            .unwrap()
            .is_none()
    );
    assert!(
        database
            .claim_jenkins_run(later, until)
            .await
            .unwrap()
            .is_none()
    );
}
