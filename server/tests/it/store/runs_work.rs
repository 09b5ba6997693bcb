//! Tests of runs as their runners see them (R71, R73): who gets which, what a lease is worth, and what an end makes of its step.
use crate::{harness::TestApp, world::World};
use app::{
    domain::{
        cluster::{Cluster, ClusterDraft},
        customer::{Customer, CustomerDraft},
        event::{Event, EventAction, EventFilter},
        id::RunId,
        run::{Run, RunEnd, RunKind, RunRequest, RunState},
        runner::{ClaimedRun, Runner, RunnerDraft, RunnerHello},
        via::Via,
        vocabulary::{StepAction, StepStatus},
    },
    store::{
        entity::{run, sha256},
        error::StoreError,
        steps::transitions::TransitionOptions,
    },
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::EntityTrait;

/// Seconds after a time that is after every change of the test.
pub(super) fn at(seconds: i64) -> DateTime<Utc> {
    let start: DateTime<Utc> = "2026-07-01T14:00:00Z".parse().unwrap();
    start + TimeDelta::seconds(seconds)
}

/// Makes a runner of these clusters.
pub(super) async fn runner(app: &TestApp, name: &str, clusters: &[&str]) -> Runner {
    let draft = RunnerDraft {
        name: name.into(),
        clusters: clusters.iter().map(|it| (*it).to_owned()).collect(),
    };
    let made = app.store.create_runner(draft, app.ana()).await.unwrap();
    made.row.runner
}

pub(super) fn hello(kinds: &[RunKind], max_parallel: u32) -> RunnerHello {
    RunnerHello {
        clusters: Vec::new(),
        kinds: kinds.to_vec(),
        max_parallel,
        version: "0.1.0".into(),
    }
}

/// Of any kind, many at once.
pub(super) fn any() -> RunnerHello {
    hello(&[RunKind::Bash, RunKind::Sql], 100)
}

pub(super) async fn ask(world: &World, customer: &Customer, step: &str) -> Run {
    let step = world.id(customer, step).await;
    let by = world.app.ana();
    let asked = world.app.store.ask_run(step, RunRequest::default(), by);
    asked.await.unwrap().row
}

/// Asks for `Check` of Acme, which a runner claims and begins.
pub(super) async fn begun(world: &World) -> ClaimedRun {
    ask(world, &world.acme, "Check").await;
    let eu = runner(&world.app, "eu-1", &["eu-west"]).await;
    let database = &world.app.database;
    let claimed = database.claim_run(&eu, &any(), at(0)).await;
    let claimed = claimed.unwrap().unwrap();
    let begun = database.begin_run(claimed.run.id, &claimed.lease, at(1));
    assert_eq!(begun.await.unwrap().state, RunState::Running);
    claimed
}

pub(super) fn exit(code: i32) -> RunEnd {
    RunEnd {
        exit_code: Some(code),
        last_line: Some("no space".into()),
        ..RunEnd::default()
    }
}

pub(super) async fn finish(
    world: &World,
    claimed: &ClaimedRun,
    end: RunEnd,
    seconds: i64,
) -> Result<Run, StoreError> {
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    let database = &world.app.database;
    database
        .finish_run(id, lease, end, Vec::new(), at(seconds))
        .await
}

pub(super) fn is_lease_over<T>(answer: Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::LeaseOver))
}

/// A run as it is stored.
pub(super) async fn stored(world: &World, id: RunId) -> Run {
    let db = world.app.database.writer();
    let row = run::Entity::find_by_id(id.0).one(db).await.unwrap();
    row.unwrap().try_into().unwrap()
}

pub(super) async fn last_event(world: &World) -> Event {
    let events = world.app.store.events(EventFilter::default()).await;
    events.unwrap().items.remove(0)
}

pub(super) async fn status(world: &World) -> StepStatus {
    world.step(&world.acme, "Check").await.status
}

/// Lets a cluster carry out so many runs at once.
async fn allow(world: &World, cluster: &Cluster, max_parallel: u32) {
    let draft = ClusterDraft {
        max_parallel: max_parallel.to_string(),
        ..cluster.clone().into()
    };
    let by = world.app.ana();
    let updated = world
        .app
        .store
        .update_cluster(cluster.id, draft, cluster.version, by);
    updated.await.unwrap();
}

/// Makes one more customer of June in eu-west.
async fn member(world: &World, name: &str) -> Customer {
    let (store, by) = (&world.app.store, || world.app.ana());
    let draft = CustomerDraft {
        name: name.into(),
        cluster_id: Some(world.eu_west.id),
        namespace: name.to_ascii_lowercase(),
        ..CustomerDraft::default()
    };
    let customer = store.create_customer(draft, by()).await.unwrap().row;
    let added = store.add_customers(world.june, vec![customer.id], by());
    added.await.unwrap();
    customer
}

pub(super) async fn act(world: &World, action: StepAction, who: &str) {
    let step = world.id(&world.acme, "Check").await;
    let (options, by) = (TransitionOptions::default(), world.app.by(who));
    let acted = world.app.store.act_on_step(step, action, options, by);
    acted.await.unwrap();
}

#[tokio::test]
async fn a_runner_gets_the_oldest_run_of_its_clusters_and_kinds_and_nobody_gets_it_again() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let bash = ask(&world, &world.acme, "Check").await;
    let sql = ask(&world, &world.initech, "Migrate schema").await;
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    let both = runner(app, "all", &["eu-west", "us-east"]).await;
    let claim = async |runner: &Runner, hello: RunnerHello| {
        database.claim_run(runner, &hello, at(0)).await.unwrap()
    };
    assert!(claim(&eu, hello(&[RunKind::Sql], 9)).await.is_none());
    assert!(claim(&both, hello(&[], 9)).await.is_none());
    let elsewhere = RunnerHello {
        clusters: vec!["us-east".into()],
        ..hello(&[RunKind::Bash], 9)
    };
    assert!(claim(&both, elsewhere).await.is_none());
    let first = claim(&both, any()).await.unwrap();
    assert_eq!(first.run.id, bash.id);
    assert_eq!(
        (first.run.text.as_str(), first.step.as_str()),
        ("true", "Check")
    );
    assert_eq!(
        (first.customer.as_str(), first.namespace.as_str()),
        ("Acme", "acme")
    );
    assert_eq!(
        (first.cluster.as_str(), first.release.as_str()),
        ("eu-west", "June")
    );
    assert_eq!((first.lease.len(), first.lease_seconds), (64, 60));
    assert!(claim(&eu, any()).await.is_none());
    let second = claim(&both, any()).await.unwrap();
    assert_eq!(second.run.id, sql.id);
    assert_ne!(second.lease, first.lease);
    assert!(claim(&both, any()).await.is_none());
    let row = run::Entity::find_by_id(first.run.id.0).one(database.writer());
    let row = row.await.unwrap().unwrap();
    assert_eq!(row.lease_sha256, Some(sha256(&first.lease)));
}

#[tokio::test]
async fn no_more_is_carried_out_at_once_than_the_cluster_and_the_runner_say() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let mut customers = Vec::new();
    for name in ["Hooli", "Umbrella", "Stark", "Wayne"] {
        customers.push(member(&world, name).await);
    }
    for customer in &customers {
        ask(&world, customer, "Check").await;
    }
    // What a person runs on their own machine is no work of the cluster's runners.
    let here = world.id(&world.acme, "Migrate schema").await;
    let begun = app
        .store
        .begin_run_here(here, RunRequest::default(), app.ana());
    begun.await.unwrap();
    let (one, two) = (
        runner(app, "eu-1", &["eu-west"]).await,
        runner(app, "eu-2", &["eu-west"]).await,
    );
    let claim = async |runner: &Runner, max_parallel: u32| {
        let hello = hello(&[RunKind::Bash], max_parallel);
        database.claim_run(runner, &hello, at(0)).await.unwrap()
    };
    assert!(claim(&one, 0).await.is_none());
    let first = claim(&one, 9).await.unwrap();
    assert!(
        claim(&two, 9).await.is_none(),
        "a cluster takes one by itself"
    );
    allow(&world, &world.eu_west, 3).await;
    assert!(claim(&one, 1).await.is_none(), "the runner has one");
    assert!(claim(&two, 2).await.is_some() && claim(&two, 2).await.is_some());
    assert!(claim(&one, 9).await.is_none(), "the cluster has three");
    let begun = database.begin_run(first.run.id, &first.lease, at(1));
    begun.await.unwrap();
    finish(&world, &first, exit(0), 5).await.unwrap();
    assert!(claim(&two, 2).await.is_none(), "the runner has two");
    assert!(claim(&one, 9).await.is_some());
}

#[tokio::test]
async fn two_servers_never_give_one_run_to_two() {
    let world = World::active().await;
    let beside = world.app.beside().await;
    for cluster in [&world.eu_west, &world.us_east] {
        allow(&world, cluster, 100).await;
    }
    let mut customers = vec![
        world.acme.clone(),
        world.globex.clone(),
        world.initech.clone(),
    ];
    for name in ["Hooli", "Umbrella", "Stark"] {
        customers.push(member(&world, name).await);
    }
    for customer in &customers {
        ask(&world, customer, "Check").await;
    }
    let everywhere = ["eu-west", "us-east"];
    let one = runner(&world.app, "one", &everywhere).await;
    let two = runner(&world.app, "two", &everywhere).await;
    let hello = any();
    let mut claimed = Vec::new();
    for _ in 0..4 {
        let (first, second) = tokio::join!(
            world.app.database.claim_run(&one, &hello, at(0)),
            beside.database.claim_run(&two, &hello, at(0))
        );
        let both = [first.unwrap(), second.unwrap()];
        claimed.extend(both.into_iter().flatten().map(|it| it.run.id.0));
    }
    assert_eq!(claimed.len(), 6);
    claimed.sort_unstable();
    claimed.dedup();
    assert_eq!(claimed.len(), 6);
    // Both end the first one at once: it ends once.
    let again = beside.database.expire_runs(at(61));
    let (first, second) = tokio::join!(world.app.database.expire_runs(at(61)), again);
    assert_eq!(first.unwrap() + second.unwrap(), 6);
}

#[tokio::test]
async fn a_run_begins_once_and_asking_again_under_its_lease_is_the_same_answer() {
    let world = World::active().await;
    let database = &world.app.database;
    let claimed = begun(&world).await;
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    let again = database.begin_run(id, lease, at(9)).await.unwrap();
    assert_eq!(
        (again.state, again.started_at),
        (RunState::Running, Some(at(1)))
    );
    assert!(is_lease_over(
        database.begin_run(id, "guessed", at(9)).await
    ));
    let unknown = database.begin_run(RunId(99), lease, at(9)).await;
    assert!(matches!(unknown, Err(StoreError::NotFound(_))));
    finish(&world, &claimed, exit(0), 10).await.unwrap();
    assert!(is_lease_over(database.begin_run(id, lease, at(11)).await));
}

#[tokio::test]
async fn an_end_marks_the_step_in_the_name_of_who_asked_with_the_text_that_was_run() {
    let world = World::active().await;
    let app = &world.app;
    let step = world.id(&world.acme, "Check").await;
    let request = RunRequest {
        text_sha256: Some(sha256("true")),
        ..RunRequest::default()
    };
    app.store
        .ask_run(step, request, app.by("Ben"))
        .await
        .unwrap();
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    let claimed = app.database.claim_run(&eu, &any(), at(0)).await;
    let claimed = claimed.unwrap().unwrap();
    let begun = app
        .database
        .begin_run(claimed.run.id, &claimed.lease, at(1));
    begun.await.unwrap();
    let version = world.step(&world.acme, "Check").await.version;
    let other = "false".to_owned();
    let overridden = app.store.override_step(step, other, version, app.ana());
    overridden.await.unwrap();
    let ended = finish(&world, &claimed, exit(0), 13).await.unwrap();
    assert_eq!(
        (ended.state, ended.exit_code),
        (RunState::Succeeded, Some(0))
    );
    assert_eq!((ended.ended_at, ended.reason), (Some(at(13)), None));
    assert_eq!(ended.output_sha256, Some(sha256("")));
    let done = world.step(&world.acme, "Check").await;
    assert_eq!(done.status, StepStatus::Done);
    assert_eq!(done.executed_by.as_deref(), Some("Ben"));
    let event = last_event(&world).await;
    assert_eq!(
        (event.action, event.actor.as_str()),
        (EventAction::Done, "Ben")
    );
    assert_eq!(event.via, Some(Via::Runner("eu-1".into())));
    assert_eq!(event.resolved_text.as_deref(), Some("true"));
    assert_eq!(event.resolved_sha256, Some(sha256("true")));
    assert_eq!(event.text_shown, Some(true));
    let after = event.after.unwrap();
    assert_eq!(after["run"]["id"], claimed.run.id.0);
    assert_eq!(after["run"]["runner"], "eu-1");
    assert_eq!(after["changes"][0]["to"], "false");
    assert!(app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_fails_says_why_at_its_step() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let ended = finish(&world, &claimed, exit(3), 13).await.unwrap();
    assert_eq!(ended.state, RunState::Failed);
    let step = world.step(&world.acme, "Check").await;
    assert_eq!(step.status, StepStatus::Failed);
    assert_eq!(step.fail_reason.as_deref(), Some("exit code 3: no space"));
    assert_eq!(step.state_by.as_deref(), Some("Ana"));
    let after = last_event(&world).await.after.unwrap();
    assert_eq!(after["run"]["exitCode"], 3);
}

#[tokio::test]
async fn an_end_that_is_told_again_is_taken_once() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let ended = finish(&world, &claimed, exit(0), 13).await.unwrap();
    let last = last_event(&world).await;
    assert_eq!(finish(&world, &claimed, exit(3), 20).await.unwrap(), ended);
    assert_eq!(last_event(&world).await.id, last.id);
    let (id, database) = (claimed.run.id, &world.app.database);
    let guessed = database.finish_run(id, "guessed", exit(0), Vec::new(), at(20));
    assert!(is_lease_over(guessed.await));
    let late = database.take_output(id, &claimed.lease, Vec::new(), at(20));
    assert!(is_lease_over(late.await));
}

#[tokio::test]
async fn a_run_whose_end_is_told_later_ended_when_it_did() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let end = RunEnd {
        is_cancelled: true,
        ended_ago_seconds: Some(30),
        ..exit(143)
    };
    let ended = finish(&world, &claimed, end, 50).await.unwrap();
    assert_eq!(ended.ended_at, Some(at(20)));
    let reason = "cancelled at the runner eu-1 after 19 s";
    assert_eq!(ended.reason.as_deref(), Some(reason));
    // The history tells when it was told.
    assert_eq!(last_event(&world).await.at, at(50));
}

#[tokio::test]
async fn a_run_that_nobody_may_begin_any_more_ends_and_its_step_is_as_it_was() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    let claim = async || database.claim_run(&eu, &any(), at(0)).await.unwrap();
    // Somebody has done it by hand while it was queued.
    let by_hand = ask(&world, &world.acme, "Check").await;
    act(&world, StepAction::Done, "Ben").await;
    assert!(claim().await.is_none());
    assert_eq!(stored(&world, by_hand.id).await.state, RunState::Cancelled);
    assert_eq!(status(&world).await, StepStatus::Done);
    // Cancelled after the claim, and before it began.
    act(&world, StepAction::Reopen, "Ben").await;
    let asked = ask(&world, &world.acme, "Check").await;
    let claimed = claim().await.unwrap();
    app.store
        .cancel_run(asked.id, None, app.by("Ben"))
        .await
        .unwrap();
    let begun = database.begin_run(asked.id, &claimed.lease, at(1)).await;
    assert!(is_lease_over(begun));
    let ended = stored(&world, asked.id).await;
    assert_eq!((ended.state, ended.started_at), (RunState::Cancelled, None));
    assert_eq!(
        ended.reason.as_deref(),
        Some("cancelled by Ben before it began")
    );
    assert_eq!(status(&world).await, StepStatus::Pending);
    assert_eq!(last_event(&world).await.action, EventAction::Undo);
    // Its release was archived while it was queued.
    let asked = ask(&world, &world.acme, "Check").await;
    let archived = app.store.archive_release(world.june, None, app.ana());
    archived.await.unwrap();
    assert!(claim().await.is_none());
    assert_eq!(stored(&world, asked.id).await.state, RunState::Cancelled);
    assert_eq!(status(&world).await, StepStatus::InProgress);
    assert!(app.store.check().await.unwrap().is_empty());
}
