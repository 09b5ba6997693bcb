//! Tests of the queue of runs (R71): of one customer one run at a time, in the order of the steps, and nothing after a failure; and runs
//! that their runner gives back.
use super::{
    runs_asking::{ask, runner},
    runs_work::{any, at, exit, hello, is_lease_over, stored},
};
use crate::world::{World, draft};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::Customer,
        event::EventFilter,
        id::{RunId, StepId},
        order::Position,
        release::ReleaseDraft,
        run::{RunEnd, RunFilter, RunKind, RunRequest, RunState},
        runner::{ClaimedRun, Runner},
        vocabulary::{StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};
use std::collections::HashMap;

/// June, in a cluster that takes many runs at once, with a runner for it.
async fn world_with_runner() -> (World, Runner) {
    let world = World::active().await;
    let draft = ClusterDraft {
        max_parallel: "100".into(),
        ..world.eu_west.clone().into()
    };
    let (id, version) = (world.eu_west.id, world.eu_west.version);
    let updated = world
        .app
        .store
        .update_cluster(id, draft, version, world.app.ana());
    updated.await.unwrap();
    let eu = runner(&world).await;
    (world, eu)
}

/// Asks at once for these steps of a customer. Answers their runs, in this order.
async fn ask_all(world: &World, steps: &[(&Customer, &str)]) -> Vec<RunId> {
    let mut ids: Vec<StepId> = Vec::new();
    for (customer, step) in steps {
        ids.push(world.id(customer, step).await);
    }
    let (store, by) = (&world.app.store, world.app.ana());
    let asked = store.ask_runs(ids.clone(), None, HashMap::new(), by).await;
    assert_eq!(asked.unwrap().changed_ids, ids);
    let runs = store.runs(RunFilter::default()).await.unwrap().items;
    let of_step = |id: &StepId| {
        let newest = runs.iter().find(|it| it.run.step_id == *id);
        newest.unwrap().run.id
    };
    ids.iter().map(of_step).collect()
}

async fn claim(world: &World, runner: &Runner, seconds: i64) -> Option<ClaimedRun> {
    let database = &world.app.database;
    let claimed = database.claim_run(runner, &any(), at(seconds)).await;
    claimed.unwrap()
}

/// Claims the next run, which is begun and ends so.
async fn carry_out(world: &World, runner: &Runner, code: i32, seconds: i64) -> RunId {
    let claimed = claim(world, runner, seconds).await.unwrap();
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    let database = &world.app.database;
    database.begin_run(id, lease, at(seconds)).await.unwrap();
    let ended = database.finish_run(id, lease, exit(code), Vec::new(), at(seconds));
    ended.await.unwrap();
    id
}

async fn status(world: &World, customer: &Customer, step: &str) -> StepStatus {
    world.step(customer, step).await.status
}

#[tokio::test]
async fn of_one_customer_one_run_is_given_at_a_time_in_the_order_of_the_steps() {
    let (world, eu) = world_with_runner().await;
    let (acme, globex) = (&world.acme, &world.globex);
    let runs = ask_all(
        &world,
        &[(acme, "Check"), (acme, "Upgrade"), (globex, "Check")],
    )
    .await;
    // Asked for later, and before the others in the order of the steps.
    let migrate = ask(&world, acme, "Migrate schema").await.row.id;
    let first = claim(&world, &eu, 0).await.unwrap();
    assert_eq!(first.run.id, migrate);
    // The cluster takes more, and another customer waits for none of this.
    assert_eq!(claim(&world, &eu, 1).await.unwrap().run.id, runs[2]);
    assert!(claim(&world, &eu, 2).await.is_none());
    let database = &world.app.database;
    let begun = database.begin_run(migrate, &first.lease, at(3));
    begun.await.unwrap();
    assert!(claim(&world, &eu, 4).await.is_none());
    let ended = database.finish_run(migrate, &first.lease, exit(3), Vec::new(), at(5));
    ended.await.unwrap();
    // It was asked for by itself, so its failure holds nothing back.
    assert_eq!(carry_out(&world, &eu, 0, 6).await, runs[1]);
    assert_eq!(carry_out(&world, &eu, 0, 7).await, runs[0]);
    assert_eq!(status(&world, acme, "Check").await, StepStatus::Done);
    assert!(world.app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_would_only_end_holds_up_no_later_step_although_no_runner_could_have_it() {
    let (world, eu) = world_with_runner().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let migrate = ask(&world, &world.acme, "Migrate schema").await.row;
    let check = ask(&world, &world.acme, "Check").await.row;
    let claim = async |seconds: i64| {
        let bash = hello(&[RunKind::Bash], 9);
        let claimed = database.claim_run(&eu, &bash, at(seconds)).await;
        claimed.unwrap().map(|it| it.run.id)
    };
    // It may still be carried out, by a runner for sql.
    assert_eq!(claim(0).await, None);
    let (options, ben) = (TransitionOptions::default(), world.app.by("Ben"));
    let by_hand = store.act_on_step(migrate.step_id, StepAction::Done, options, ben);
    by_hand.await.unwrap();
    assert_eq!(claim(1).await, Some(check.id));
    let ended = stored(&world, migrate.id).await;
    assert_eq!(ended.state, RunState::Cancelled);
    let migrated = status(&world, &world.acme, "Migrate schema").await;
    assert_eq!(migrated, StepStatus::Done);
}

#[tokio::test]
async fn while_a_person_runs_a_step_themselves_the_queue_gives_no_other_of_that_customer() {
    let (world, eu) = world_with_runner().await;
    let step = world.id(&world.acme, "Check").await;
    let (store, by) = (&world.app.store, world.app.ana());
    let here = store.begin_run_here(step, RunRequest::default(), by).await;
    let here = here.unwrap().row;
    let upgrade = ask(&world, &world.acme, "Upgrade").await.row.id;
    assert!(claim(&world, &eu, 0).await.is_none());
    let database = &world.app.database;
    let ended = database.finish_run(here.run.id, &here.lease, exit(0), Vec::new(), at(1));
    ended.await.unwrap();
    assert_eq!(claim(&world, &eu, 2).await.unwrap().run.id, upgrade);
}

#[tokio::test]
async fn after_a_failure_no_later_step_begins_that_was_asked_for_with_it() {
    let (world, eu) = world_with_runner().await;
    let (acme, globex) = (&world.acme, &world.globex);
    let alone = ask(&world, acme, "Migrate schema").await.row.id;
    let runs = ask_all(
        &world,
        &[(acme, "Upgrade"), (acme, "Check"), (globex, "Check")],
    )
    .await;
    assert_eq!(carry_out(&world, &eu, 0, 0).await, alone);
    assert_eq!(carry_out(&world, &eu, 3, 1).await, runs[0]);
    let held_back = stored(&world, runs[1]).await;
    assert_eq!(held_back.state, RunState::Cancelled);
    assert_eq!(
        held_back.reason.as_deref(),
        Some("not begun: Upgrade failed")
    );
    assert_eq!(
        (held_back.started_at, held_back.ended_at),
        (None, Some(at(1)))
    );
    assert_eq!(status(&world, acme, "Upgrade").await, StepStatus::Failed);
    assert_eq!(status(&world, acme, "Check").await, StepStatus::Pending);
    // Another customer's goes on.
    assert_eq!(carry_out(&world, &eu, 0, 2).await, runs[2]);
    assert!(claim(&world, &eu, 3).await.is_none());
    assert!(world.app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn after_a_lost_run_no_later_step_begins_either() {
    let (world, eu) = world_with_runner().await;
    let acme = &world.acme;
    let runs = ask_all(&world, &[(acme, "Upgrade"), (acme, "Check")]).await;
    claim(&world, &eu, 0).await.unwrap();
    assert_eq!(world.app.database.expire_runs(at(60)).await.unwrap(), 1);
    assert_eq!(stored(&world, runs[0]).await.state, RunState::Lost);
    let held_back = stored(&world, runs[1]).await;
    let why = "not begun: Upgrade lost its runner";
    assert_eq!(held_back.reason.as_deref(), Some(why));
    assert_eq!(status(&world, acme, "Check").await, StepStatus::Pending);
}

#[tokio::test]
async fn who_cancels_a_step_that_waits_cancels_those_after_it_and_not_those_before() {
    let (world, eu) = world_with_runner().await;
    let acme = &world.acme;
    let steps = [(acme, "Migrate schema"), (acme, "Upgrade"), (acme, "Check")];
    let runs = ask_all(&world, &steps).await;
    let store = &world.app.store;
    let cancelled = store.cancel_run(runs[1], None, world.app.by("Ben")).await;
    let batch_id = cancelled.unwrap().batch_id;
    let held_back = stored(&world, runs[2]).await;
    let why = "not begun: Upgrade was cancelled";
    assert_eq!(held_back.reason.as_deref(), Some(why));
    assert_eq!(status(&world, acme, "Check").await, StepStatus::Pending);
    let filter = EventFilter {
        batch_id,
        ..EventFilter::default()
    };
    let events = store.events(filter).await.unwrap().items;
    assert_eq!(events.len(), 2);
    assert!(events.iter().all(|it| it.actor == "Ben"));
    assert_eq!(carry_out(&world, &eu, 0, 1).await, runs[0]);
    assert!(store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_is_given_back_waits_again_and_another_runner_gets_it() {
    let (world, eu) = world_with_runner().await;
    let database = &world.app.database;
    let asked = ask(&world, &world.acme, "Check").await.row.id;
    let claimed = claim(&world, &eu, 0).await.unwrap();
    let give_back = async |lease: &str| database.give_back_run(asked, lease, at(1)).await;
    assert!(is_lease_over(give_back("guessed").await));
    let given_back = give_back(&claimed.lease).await.unwrap();
    assert_eq!(given_back.state, RunState::Queued);
    assert_eq!((&given_back.runner, given_back.started_at), (&None, None));
    assert_eq!(
        status(&world, &world.acme, "Check").await,
        StepStatus::InProgress
    );
    // The old lease is worth nothing.
    assert!(is_lease_over(give_back(&claimed.lease).await));
    assert!(is_lease_over(
        database.begin_run(asked, &claimed.lease, at(2)).await
    ));
    assert_eq!(database.expire_runs(at(600)).await.unwrap(), 0);
    assert_eq!(carry_out(&world, &eu, 0, 601).await, asked);
    assert_eq!(status(&world, &world.acme, "Check").await, StepStatus::Done);
    assert!(world.app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn the_history_and_the_activity_say_that_a_runner_did_it_and_for_whom() {
    let (world, eu) = world_with_runner().await;
    let step = world.id(&world.acme, "Check").await;
    ask(&world, &world.acme, "Check").await;
    carry_out(&world, &eu, 0, 0).await;
    let store = &world.app.store;
    let lines = store.activity(EventFilter::default()).await.unwrap().items;
    let actors = lines.iter().take(2).map(|it| it.entry.actor.as_str());
    let expected = ["Ana (on runner eu-1)", "Ana"];
    assert_eq!(actors.collect::<Vec<_>>(), expected);
    let history = store.open_step(step).await.unwrap().detail.history;
    let actors = history.iter().take(2).map(|it| it.actor.as_str());
    assert_eq!(actors.collect::<Vec<_>>(), expected);
    // For programs the name stays the name.
    let row = store.step(step).await.unwrap();
    assert_eq!(row.history[0].actor, "Ana");
}

#[tokio::test]
async fn what_has_begun_is_not_given_back_and_what_was_cancelled_ends() {
    let (world, eu) = world_with_runner().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let begun = ask(&world, &world.globex, "Check").await.row.id;
    let claimed = claim(&world, &eu, 0).await.unwrap();
    database
        .begin_run(begun, &claimed.lease, at(1))
        .await
        .unwrap();
    let refused = database.give_back_run(begun, &claimed.lease, at(2)).await;
    assert!(matches!(refused, Err(StoreError::Refused(_))));
    assert_eq!(stored(&world, begun).await.state, RunState::Running);

    let asked = ask(&world, &world.acme, "Check").await.row.id;
    let claimed = claim(&world, &eu, 3).await.unwrap();
    let by = world.app.by("Ben");
    store.cancel_run(asked, None, by).await.unwrap();
    let ended = database.give_back_run(asked, &claimed.lease, at(4)).await;
    let ended = ended.unwrap();
    assert_eq!(ended.state, RunState::Cancelled);
    let why = "cancelled by Ben before it began";
    assert_eq!(ended.reason.as_deref(), Some(why));
    assert_eq!(
        status(&world, &world.acme, "Check").await,
        StepStatus::Pending
    );
}

#[tokio::test]
async fn a_run_of_another_version_is_neither_cancelled_nor_asked_for_again() {
    let (world, eu) = world_with_runner().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let by = || world.app.ana();
    let asked = ask(&world, &world.acme, "Check").await.row;
    let claimed = claim(&world, &eu, 0).await.unwrap();
    let stale = store.cancel_run(asked.id, Some(asked.version), by()).await;
    assert!(matches!(stale, Err(StoreError::Stale(_))));
    let end = RunEnd {
        is_cancelled: true,
        ..RunEnd::default()
    };
    let ended = database.finish_run(asked.id, &claimed.lease, end, Vec::new(), at(1));
    let version = ended.await.unwrap().version;
    let retry = async |version: i64| {
        let (version, request) = (Some(version), RunRequest::default());
        store.retry_run(asked.id, version, request, by()).await
    };
    assert!(matches!(
        retry(asked.version).await,
        Err(StoreError::Stale(_))
    ));
    let again = retry(version).await;
    assert_eq!(again.unwrap().row.state, RunState::Queued);
}

/// July with one step, active for Acme. Answers that step.
async fn july(world: &World) -> StepId {
    let (store, by) = (&world.app.store, || world.app.ana());
    let july = ReleaseDraft {
        name: "July".into(),
        version_number: "7.0".into(),
        ..ReleaseDraft::default()
    };
    let july = store.create_release(july, by()).await.unwrap().row.id;
    let patch = draft("Patch", "deploy", "bash", "true");
    let added = store.add_template(july, patch, Position::Last, by()).await;
    added.unwrap();
    let members = vec![world.acme.id];
    let activated = store.activate_release(july, Some(members), by());
    Box::pin(activated).await.unwrap();
    let work = store.customer_work(july, world.acme.id).await.unwrap();
    work.steps[0].id
}

#[tokio::test]
async fn of_two_releases_a_customer_s_runs_do_not_meet() {
    let (world, eu) = world_with_runner().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let first = ask(&world, &world.acme, "Check").await.row.id;
    let patch = july(&world).await;
    let asked = store.ask_run(patch, RunRequest::default(), world.app.ana());
    let second = asked.await.unwrap().row.id;
    let begun = claim(&world, &eu, 0).await.unwrap();
    assert_eq!(begun.run.id, first);
    assert!(claim(&world, &eu, 1).await.is_none());
    let waits = store.run(second).await.unwrap().reason;
    assert_eq!(waits.as_deref(), Some("waits for Check of June"));
    database
        .begin_run(first, &begun.lease, at(2))
        .await
        .unwrap();
    let ended = database.finish_run(first, &begun.lease, exit(3), Vec::new(), at(3));
    ended.await.unwrap();
    // The failure of another release holds nothing back.
    assert_eq!(store.run(second).await.unwrap().reason, None);
    assert_eq!(carry_out(&world, &eu, 0, 4).await, second);
}

#[tokio::test]
async fn a_run_that_waits_says_what_for() {
    let world = World::active().await;
    let (store, database, acme) = (&world.app.store, &world.app.database, &world.acme);
    let reason = async |id: RunId| store.run(id).await.unwrap().reason.unwrap_or_default();
    let migrate = ask(&world, acme, "Migrate schema").await.row.id;
    let check = ask(&world, acme, "Check").await.row;
    let nobody = "no runner serves eu-west";
    assert_eq!(reason(migrate).await, nobody);
    let why = format!("waits for Migrate schema: {nobody}");
    assert_eq!(reason(check.id).await, why);
    let eu = runner(&world).await;
    let bash_only = hello(&[RunKind::Bash], 9);
    let bash = database.claim_run(&eu, &bash_only, at(0)).await;
    assert!(bash.unwrap().is_none());
    let why = "waits for Migrate schema: no runner that serves eu-west runs sql";
    assert_eq!(reason(check.id).await, why);
    // The list and the panel say the same.
    let listed = store.runs(RunFilter::default()).await.unwrap().items;
    assert_eq!(listed[0].run.reason.as_deref(), Some(why));
    let panel = store.open_step(check.step_id).await.unwrap();
    assert_eq!(panel.runs[0].reason.as_deref(), Some(why));

    let cancelled = store.cancel_run(migrate, None, world.app.ana()).await;
    cancelled.unwrap();
    assert_eq!(reason(check.id).await, "");
    let globex = ask(&world, &world.globex, "Check").await.row.id;
    assert_eq!(claim(&world, &eu, 1).await.unwrap().run.id, check.id);
    assert_eq!(reason(globex).await, "eu-west takes 1 run at once");
    database.refuse_runners();
    let why = reason(globex).await;
    assert!(why.starts_with("runners need people to sign in"), "{why}");
}

#[tokio::test]
async fn a_run_waits_for_a_runner_that_has_as_many_as_it_takes() {
    let (world, eu) = world_with_runner().await;
    ask(&world, &world.acme, "Check").await;
    let globex = ask(&world, &world.globex, "Check").await.row.id;
    let one = hello(&[RunKind::Bash], 1);
    let claimed = world.app.database.claim_run(&eu, &one, at(0)).await;
    assert!(claimed.unwrap().is_some());
    let waits = world.app.store.run(globex).await.unwrap().reason;
    let why = "all runners that serve eu-west are busy";
    assert_eq!(waits.as_deref(), Some(why));
}
