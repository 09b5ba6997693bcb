//! Tests of the store: what is read of runs (R71): whether a step can be run and why not, the output, reports; and that there are no
//! runners where nobody signs in.
use super::runs_asking::{ask, claim, refusal, runner, seen};
use crate::{
    harness::TestApp,
    world::{World, draft},
};
use app::{
    domain::{
        customer::Customer,
        order::Position,
        permission::Role,
        rule_violation::RuleViolation,
        run::{
            OUTPUT_CHUNK_MAX_BYTES, OutputChunk, OutputStream, RunEnd, RunFilter, RunOffer,
            RunRequest, RunState,
        },
        vocabulary::StepAction,
    },
    store::{Store, error::StoreError, steps::transitions::TransitionOptions},
};
use std::collections::HashMap;

async fn offer(world: &World, store: &Store, customer: &Customer, name: &str) -> RunOffer {
    let id = world.id(customer, name).await;
    let offer = store.run_offer(id, None).await.unwrap();
    // The panel says the same.
    assert_eq!(store.open_step(id).await.unwrap().offer, offer);
    offer
}

/// Why a step cannot be run.
async fn why(world: &World, store: &Store, customer: &Customer, name: &str) -> String {
    match offer(world, store, customer, name).await {
        RunOffer::Unavailable { reason } => reason,
        ready @ RunOffer::Ready { .. } => panic!("{name}: {ready:?}"),
    }
}

/// The chunks with these numbers, as large as they may be.
fn chunks(numbers: impl Iterator<Item = i64>) -> Vec<OutputChunk> {
    let chunk = |seq| OutputChunk {
        seq,
        at: "2026-06-01T12:00:00Z".parse().unwrap(),
        stream: OutputStream::Stdout,
        bytes: vec![b'x'; OUTPUT_CHUNK_MAX_BYTES],
    };
    numbers.map(chunk).collect()
}

#[tokio::test]
async fn a_step_is_offered_to_a_runner_that_serves_its_cluster_and_kind_or_says_why_not() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (store, acme, by) = (&world.app.store, &world.acme, || world.app.ana());
    let reason = why(&world, store, acme, "Upgrade").await;
    assert_eq!(reason, "no runner serves eu-west");
    let eu_1 = runner(&world).await;
    // It has not said anything yet.
    let reason = why(&world, store, acme, "Upgrade").await;
    assert_eq!(reason, "no runner serves eu-west");
    assert_eq!(claim(&world, &eu_1).await, None);
    let runners = vec!["eu-1".to_owned()];
    let ready = RunOffer::Ready { runners };
    assert_eq!(offer(&world, store, acme, "Upgrade").await, ready);
    let reason = why(&world, store, &world.initech, "Check").await;
    assert_eq!(reason, "no runner serves us-east");
    let reason = why(&world, store, acme, "Migrate schema").await;
    assert_eq!(reason, "no runner that serves eu-west runs sql");
    let reason = why(&world, store, acme, "Announce").await;
    assert_eq!(
        reason,
        "Announce is a text step: only bash and sql can be run"
    );
    let reason = why(&world, store, &world.initech, "Upgrade").await;
    assert_eq!(reason, "not set: HOST");
    let viewer = world.app.person(Role::Viewer, None).await.store;
    let reason = why(&world, &viewer, acme, "Upgrade").await;
    assert_eq!(reason, "only an operator can run steps");
    let operator = world.app.person(Role::Operator, None).await.store;
    let own = draft("Own", "deploy", "bash", "true");
    let own = operator.add_custom_step(world.june, acme.id, own, Position::Last, false, by());
    own.await.unwrap();
    let reason = why(&world, &operator, acme, "Own").await;
    assert_eq!(
        reason,
        "only a manager can run a text of this customer's own"
    );
    assert_eq!(offer(&world, store, acme, "Own").await, ready);
    let check = world.id(acme, "Check").await;
    let start = TransitionOptions::default();
    let started = operator.act_on_step(check, StepAction::Start, start, by());
    let started_by = started.await.unwrap().row.started_by.unwrap();
    let reason = why(&world, store, acme, "Check").await;
    let begins = format!("the step is in progress by {started_by}");
    assert!(reason.starts_with(&begins), "{reason}");
    ask(&world, acme, "Upgrade").await;
    let reason = why(&world, store, acme, "Upgrade").await;
    assert!(reason.starts_with("a run of this step is queued"));
}

#[tokio::test]
async fn a_runner_that_is_not_heard_of_for_a_minute_serves_nothing_until_it_asks_again() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (store, database) = (&world.app.store, &world.app.database);
    let eu_1 = runner(&world).await;
    assert_eq!(claim(&world, &eu_1).await, None);
    let seen_at = store.list_runners().await.unwrap()[0].seen_at.unwrap();
    let after = |seconds| seen_at + chrono::TimeDelta::seconds(seconds);
    database.note_absent_runners(after(60)).await.unwrap();
    let offered = offer(&world, store, &world.acme, "Upgrade").await;
    assert!(matches!(offered, RunOffer::Ready { .. }), "{offered:?}");
    database.note_absent_runners(after(61)).await.unwrap();
    let reason = why(&world, store, &world.acme, "Upgrade").await;
    assert_eq!(reason, "no runner serves eu-west");
    assert_eq!(claim(&world, &eu_1).await, None);
    let offered = offer(&world, store, &world.acme, "Upgrade").await;
    assert!(matches!(offered, RunOffer::Ready { .. }), "{offered:?}");
}

#[tokio::test]
async fn a_run_is_offered_again_where_it_left_its_step_in_progress_and_not_once_that_was_skipped() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (store, database, acme) = (&world.app.store, &world.app.database, &world.acme);
    let operator = world.app.person(Role::Operator, None).await.store;
    let run = ask(&world, acme, "Upgrade").await.row;
    let eu_1 = runner(&world).await;
    let claimed = claim(&world, &eu_1).await.unwrap();
    let now = world.app.ana().at;
    let begun = database.begin_run(run.id, &claimed.lease, now).await;
    begun.unwrap();
    let step = run.step_id;
    assert_eq!(operator.open_step(step).await.unwrap().retry, None);
    let later = now + chrono::TimeDelta::minutes(5);
    assert_eq!(database.expire_runs(later).await.unwrap(), 1);
    let again = async || {
        let offer = operator.run_offer(step, Some(run.id)).await.unwrap();
        // The panel says the same.
        let opened = operator.open_step(step).await.unwrap();
        assert_eq!(opened.retry.as_ref(), Some(&offer));
        offer
    };
    // Somebody else asked for it: only that it is asked for again takes it over.
    let reason = why(&world, &operator, acme, "Upgrade").await;
    assert!(reason.starts_with("the step is in progress by"), "{reason}");
    let runners = vec!["eu-1".to_owned()];
    assert_eq!(again().await, RunOffer::Ready { runners });
    let other = world.id(acme, "Check").await;
    let other = operator.run_offer(other, Some(run.id)).await;
    assert!(matches!(other, Err(StoreError::NotFound(_))));
    let options = TransitionOptions {
        reason: Some("not needed".into()),
        ..TransitionOptions::default()
    };
    let skipped = store.act_on_step(step, StepAction::Skip, options, world.app.ana());
    skipped.await.unwrap();
    let reason = "a skipped step cannot be started".to_owned();
    assert_eq!(again().await, RunOffer::Unavailable { reason });
}

#[tokio::test]
async fn where_nobody_signs_in_there_are_no_runners_and_one_s_own_machine_still_runs() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let waits = ask(&world, &world.globex, "Upgrade").await.row;
    world.app.database.refuse_runners();
    let step = world.step(&world.acme, "Upgrade").await;
    let asked = refusal(store.ask_run(step.id, seen(&step), by()).await);
    assert_eq!(asked, RuleViolation::NoRunners);
    let asked = refusal(
        store
            .ask_runs(vec![step.id], None, HashMap::new(), by())
            .await,
    );
    assert_eq!(asked, RuleViolation::NoRunners);
    let reason = why(&world, store, &world.acme, "Upgrade").await;
    assert_eq!(reason, RuleViolation::NoRunners.to_string());
    // What waits can be cancelled, and is not asked for again.
    store.cancel_run(waits.id, None, by()).await.unwrap();
    let retried = refusal(
        store
            .retry_run(waits.id, None, RunRequest::default(), by())
            .await,
    );
    assert_eq!(retried, RuleViolation::NoRunners);
    let here = store.begin_run_here(step.id, seen(&step), by()).await;
    let here = here.unwrap().row;
    assert_eq!(
        (here.customer.as_str(), here.namespace.as_str()),
        ("Acme", "acme")
    );
    assert_eq!(
        (here.cluster.as_str(), here.cluster_context),
        ("eu-west", None)
    );
    assert_eq!(
        (here.release.as_str(), here.step.as_str()),
        ("June", "Upgrade")
    );
    assert_eq!((here.lease_seconds, here.run.runner), (60, None));
    assert!(here.run.started_at.is_some());
}

#[tokio::test]
async fn output_is_read_by_pages_of_one_mib_until_the_run_is_over() {
    let world = World::active().await;
    let (store, database) = (&world.app.store, &world.app.database);
    let now = || world.app.ana().at;
    let step = world.step(&world.acme, "Upgrade").await;
    let begun = store.begin_run_here(step.id, seen(&step), world.app.ana());
    let begun = begun.await.unwrap().row;
    let (id, lease) = (begun.run.id, begun.lease.as_str());
    let empty = store.run_output(id, 0).await.unwrap();
    assert_eq!(
        (empty.items.len(), empty.last, empty.finished),
        (0, 0, false)
    );
    let taken = database.take_output(id, lease, chunks(1..=20), now());
    taken.await.unwrap();
    let first = store.run_output(id, 0).await.unwrap();
    assert_eq!(
        (first.items.len(), first.last, first.finished),
        (16, 16, false)
    );
    let second = store.run_output(id, first.last).await.unwrap();
    assert_eq!(
        (second.items.len(), second.last, second.finished),
        (4, 20, false)
    );
    let end = RunEnd {
        exit_code: Some(0),
        ..RunEnd::default()
    };
    let finished = database.finish_run(id, lease, end, chunks(21..=21), now());
    assert_eq!(finished.await.unwrap().state, RunState::Succeeded);
    let third = store.run_output(id, second.last).await.unwrap();
    assert_eq!(
        (third.items.len(), third.last, third.finished),
        (1, 21, true)
    );
    let bytes = store.run_output_bytes(id).await.unwrap();
    assert_eq!(bytes, vec![b'x'; 21 * OUTPUT_CHUNK_MAX_BYTES]);
    // The report keeps what proves the output.
    let sheet = store.release_sheet(world.june).await.unwrap();
    let row = sheet.rows.iter().find(|it| it.id == step.id).unwrap();
    let told = &row.runs[0];
    assert_eq!((told.id, told.exit_code), (id, Some(0)));
    assert_eq!(told.output_sha256.as_ref().unwrap().len(), 64);
    assert!(
        sheet
            .rows
            .iter()
            .all(|it| it.id == step.id || it.runs.is_empty())
    );
    let newest = store.open_step(step.id).await.unwrap();
    assert_eq!(newest.runs[0].id, id);
    let ran = newest.detail.history[0].changes.last().unwrap();
    assert_eq!(
        (ran.field.as_str(), ran.after.clone()),
        ("run", Some(format!("{id}, exit code 0")))
    );
}

#[tokio::test]
async fn runs_are_listed_newest_first_by_pages_and_by_what_they_are() {
    let world = World::active().await;
    let store = &world.app.store;
    let first = ask(&world, &world.acme, "Upgrade").await.row;
    let second = ask(&world, &world.globex, "Upgrade").await.row;
    let third = ask(&world, &world.initech, "Check").await.row;
    store
        .cancel_run(first.id, None, world.app.ana())
        .await
        .unwrap();
    let ids = async |filter: RunFilter| -> Vec<_> {
        let page = store.runs(filter).await.unwrap();
        page.items.iter().map(|it| it.run.id).collect()
    };
    let page = RunFilter {
        limit: Some(2),
        ..RunFilter::default()
    };
    let newest = store.runs(page.clone()).await.unwrap();
    assert_eq!(newest.next, Some(second.id));
    let rest = RunFilter {
        before: newest.next,
        ..page
    };
    assert_eq!(ids(rest).await, [first.id]);
    let of = RunFilter {
        cluster_id: Some(world.eu_west.id),
        ..RunFilter::default()
    };
    assert_eq!(ids(of).await, [second.id, first.id]);
    let of = RunFilter {
        customer_id: Some(world.initech.id),
        release_id: Some(world.june),
        step_id: Some(third.step_id),
        ..RunFilter::default()
    };
    assert_eq!(ids(of).await, [third.id]);
    let of = RunFilter {
        state: Some(RunState::Cancelled),
        ..RunFilter::default()
    };
    assert_eq!(ids(of).await, [first.id]);
    let of = RunFilter {
        is_unfinished: true,
        ..RunFilter::default()
    };
    assert_eq!(ids(of).await, [third.id, second.id]);
    let of = RunFilter {
        runner: Some("nobody\0".into()),
        ..RunFilter::default()
    };
    assert!(ids(of).await.is_empty());
    let of = RunFilter {
        limit: Some(501),
        ..RunFilter::default()
    };
    let answer = store.runs(of).await;
    assert!(matches!(answer, Err(StoreError::Invalid(_))));
    let none = store.ask_run(first.step_id, RunRequest::default(), world.app.ana());
    assert!(
        none.await.is_ok(),
        "what was cancelled can be asked for again"
    );
}
