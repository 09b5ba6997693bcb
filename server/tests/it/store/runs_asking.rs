//! Tests of the store: who may ask for a run of what (R71), what becomes of the step, and how a run is cancelled or asked for again.
use super::webhooks::{hook, messages};
use crate::{
    harness::TestApp,
    people::scope,
    world::{World, draft},
};
use app::{
    domain::{
        customer::Customer,
        event::{Changed, EventAction, EventFilter, HistoryEntry},
        id::StepId,
        order::Position,
        permission::Role,
        rule_violation::RuleViolation,
        run::{Run, RunFilter, RunKind, RunRequest, RunState},
        runner::{ClaimedRun, Runner, RunnerDraft, RunnerHello},
        step::CustomerStep,
        vocabulary::{Noun, StepAction, StepStatus},
    },
    store::{Store, error::StoreError, steps::transitions::TransitionOptions},
};
use chrono::TimeDelta;
use serde_json::json;
use std::{collections::HashMap, fmt::Debug};

fn plain() -> RunRequest {
    RunRequest::default()
}

/// What is asked for by who has seen the step as it is.
pub(super) fn seen(step: &CustomerStep) -> RunRequest {
    RunRequest {
        version: Some(step.version),
        ..RunRequest::default()
    }
}

/// Ana asks for a run of a customer's step.
pub(super) async fn ask(world: &World, customer: &Customer, name: &str) -> Changed<Run> {
    let step = world.step(customer, name).await;
    let (store, ana) = (&world.app.store, world.app.ana());
    store.ask_run(step.id, seen(&step), ana).await.unwrap()
}

/// The runner eu-1 of the cluster eu-west.
pub(super) async fn runner(world: &World) -> Runner {
    let draft = RunnerDraft {
        name: "eu-1".into(),
        clusters: vec!["eu-west".into()],
    };
    let (store, by) = (&world.app.store, world.app.ana());
    store.create_runner(draft, by).await.unwrap().row.runner
}

/// What a runner gets that asks for bash scripts of eu-west.
pub(super) async fn claim(world: &World, runner: &Runner) -> Option<ClaimedRun> {
    let hello = RunnerHello {
        clusters: vec!["eu-west".into()],
        kinds: vec![RunKind::Bash],
        max_parallel: 4,
        version: "1".into(),
    };
    let now = world.app.ana().at;
    let claimed = world.app.database.claim_run(runner, &hello, now);
    claimed.await.unwrap()
}

/// The rule that refuses it.
pub(super) fn refusal<T: Debug>(answer: Result<T, StoreError>) -> RuleViolation {
    match answer {
        Err(StoreError::Refused(violation)) => violation,
        other => panic!("{other:?}"),
    }
}

/// One transition, with a reason.
async fn act(store: &Store, world: &World, step: StepId, action: StepAction, by: &str) {
    let options = TransitionOptions {
        reason: Some("because".into()),
        ..TransitionOptions::default()
    };
    let acted = store.act_on_step(step, action, options, world.app.by(by));
    acted.await.unwrap();
}

async fn history(world: &World, step: StepId) -> Vec<HistoryEntry> {
    let opened = world.app.store.open_step(step).await.unwrap();
    opened.detail.history
}

#[tokio::test]
async fn a_run_starts_its_step_and_the_history_says_so() {
    let world = World::active().await;
    let before = world.step(&world.acme, "Upgrade").await;
    let asked = ask(&world, &world.acme, "Upgrade").await;
    let run = asked.row;
    assert_eq!((run.state, run.kind), (RunState::Queued, RunKind::Bash));
    assert_eq!(
        (run.text.as_str(), run.step_version),
        ("curl acme.example", 1)
    );
    assert_eq!((run.asked_by.as_str(), run.timeout_seconds), ("Ana", 1_800));
    assert_eq!(run.cluster_id, world.eu_west.id);
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.status, StepStatus::InProgress);
    assert_eq!(step.started_at, Some(run.asked_at));
    assert_eq!(step.version, before.version + 1);
    let newest = history(&world, step.id).await.remove(0);
    assert_eq!(newest.action, EventAction::Start);
    assert_eq!(newest.batch_id, asked.batch_id.unwrap());
    assert_eq!(newest.resolved_sha256, Some(run.text_sha256.clone()));
    let told: Vec<_> = newest.changes.iter().map(|it| it.field.as_str()).collect();
    assert_eq!(told, ["run"]);
    assert_eq!(newest.changes[0].after, Some(run.id.to_string()));
    let store = &world.app.store;
    assert_eq!(store.run(run.id).await.unwrap().text, run.text);
    let open = store.unfinished_runs(world.june).await.unwrap();
    assert_eq!(open, [(step.id, run.id, RunState::Queued)]);
}

#[tokio::test]
async fn an_operator_runs_a_template_s_text_and_only_a_manager_a_customer_s_own() {
    let world = World::active_in(TestApp::with_login().await).await;
    let by = || world.app.ana();
    let step = world.step(&world.acme, "Upgrade").await;
    let viewer = world.app.person(Role::Viewer, None).await.store;
    let operator = world.app.person(Role::Operator, None).await.store;
    let manager = world.app.person(Role::Manager, None).await.store;
    let answer = viewer.ask_run(step.id, seen(&step), by()).await;
    assert!(matches!(answer, Err(StoreError::NeedsRole(Role::Operator))));
    let answer = viewer.begin_run_here(step.id, seen(&step), by()).await;
    assert!(matches!(answer, Err(StoreError::NeedsRole(Role::Operator))));
    let run = operator.ask_run(step.id, seen(&step), by()).await.unwrap();
    assert!(run.row.asked_by_user.is_some());
    let answer = viewer.cancel_run(run.row.id, None, by()).await;
    assert!(matches!(answer, Err(StoreError::NeedsRole(Role::Operator))));
    operator.cancel_run(run.row.id, None, by()).await.unwrap();

    let step = world.step(&world.acme, "Upgrade").await;
    let changed = operator.override_step(step.id, "rm -rf /".into(), step.version, by());
    let step = changed.await.unwrap().row;
    let own = draft("Own", "deploy", "bash", "true");
    let own = operator.add_custom_step(world.june, world.acme.id, own, Position::Last, false, by());
    let own = own.await.unwrap().row;
    for step in [&step, &own] {
        let answer = operator.ask_run(step.id, seen(step), by()).await;
        let needs = matches!(answer, Err(StoreError::NeedsRole(Role::Manager)));
        assert!(needs, "{answer:?}");
    }
    let answer = operator.retry_run(run.row.id, None, plain(), by()).await;
    assert!(matches!(answer, Err(StoreError::NeedsRole(Role::Manager))));
    let asked = operator
        .ask_runs(vec![step.id, own.id], None, HashMap::new(), by())
        .await;
    let asked = asked.unwrap();
    assert_eq!((asked.changed, asked.batch_id), (0, None));
    let why = "only a manager can run a text of this customer's own";
    assert!(asked.not_eligible.iter().all(|it| it.reason == why));
    // On their own machine it is theirs, whoever wrote it.
    let here = operator.begin_run_here(own.id, seen(&own), by()).await;
    assert_eq!(here.unwrap().row.run.state, RunState::Running);
    manager.ask_run(step.id, seen(&step), by()).await.unwrap();
}

#[tokio::test]
async fn who_does_not_see_a_customer_neither_runs_its_steps_nor_finds_its_runs() {
    let world = World::active_in(TestApp::with_login().await).await;
    let by = || world.app.ana();
    let of_acme = ask(&world, &world.acme, "Upgrade").await.row;
    let of_initech = ask(&world, &world.initech, "Check").await.row;
    let eu = scope(&[world.eu_west.id], &[]);
    let store = world.app.person(Role::Operator, eu).await.store;
    let step = world.step(&world.initech, "Upgrade").await;
    let no_step = store.ask_run(step.id, seen(&step), by()).await;
    assert!(matches!(no_step, Err(StoreError::NotFound(Noun::Step))));
    let id = of_initech.id;
    for answer in [
        store.run(id).await.map(|_| ()),
        store.run_output(id, 0).await.map(|_| ()),
        store.run_output_bytes(id).await.map(|_| ()),
        store.cancel_run(id, None, by()).await.map(|_| ()),
        store.retry_run(id, None, plain(), by()).await.map(|_| ()),
    ] {
        let is_hidden = matches!(answer, Err(StoreError::NotFound(Noun::Run)));
        assert!(is_hidden, "{answer:?}");
    }
    let no_step = store.runs_of_step(of_initech.step_id).await;
    assert!(matches!(no_step, Err(StoreError::NotFound(Noun::Step))));
    let listed = store.runs(RunFilter::default()).await.unwrap().items;
    let listed: Vec<_> = listed.iter().map(|it| it.run.id).collect();
    assert_eq!(listed, [of_acme.id]);
    let open = store.unfinished_runs(world.june).await.unwrap();
    assert_eq!(open.len(), 1);
    let offers = vec![of_acme.step_id, of_initech.step_id];
    assert_eq!(store.run_offers(offers).await.unwrap().len(), 1);
    let asked = store
        .ask_runs(vec![step.id], None, HashMap::new(), by())
        .await
        .unwrap();
    assert_eq!(asked.not_eligible[0].reason, "step not found");
}

#[tokio::test]
async fn what_was_asked_for_by_somebody_who_has_lost_the_right_is_not_begun() {
    let world = World::active_in(TestApp::with_login().await).await;
    let eu = runner(&world).await;
    let by = || world.app.ana();
    let asker = world.app.person(Role::Operator, None).await;
    let step = world.step(&world.acme, "Upgrade").await;
    let asked = asker.store.ask_run(step.id, seen(&step), by()).await;
    let gone = world.app.store.deactivate_user(asker.user.id, by());
    gone.await.unwrap();
    assert!(claim(&world, &eu).await.is_none());
    let ended = world.app.store.run(asked.unwrap().row.id).await.unwrap();
    let reason = Some("who asked for it lost the right to before it began");
    assert_eq!(ended.state, RunState::Cancelled);
    assert_eq!(ended.reason.as_deref(), reason);
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.status, StepStatus::Pending);
}

#[tokio::test]
async fn a_run_is_refused_for_what_a_start_and_a_done_are_refused_for() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    let old = RunRequest {
        version: Some(step.version + 1),
        ..RunRequest::default()
    };
    let answer = store.ask_run(step.id, old, by()).await;
    assert!(matches!(answer, Err(StoreError::Stale(_))));
    let other = RunRequest {
        text_sha256: Some("0".repeat(64)),
        ..seen(&step)
    };
    let answer = store.ask_run(step.id, other.clone(), by()).await;
    let Err(StoreError::TextChanged(now)) = answer else {
        panic!("{answer:?}");
    };
    assert_eq!(now.resolved_content, "curl acme.example");
    let answer = store.begin_run_here(step.id, other, by()).await;
    assert!(matches!(answer, Err(StoreError::TextChanged(_))));
    let wrong = [
        (Some("no hash"), None),
        (None, Some(0)),
        (None, Some(86_401)),
    ];
    for (text_sha256, timeout_seconds) in wrong {
        let request = RunRequest {
            text_sha256: text_sha256.map(str::to_owned),
            timeout_seconds,
            ..seen(&step)
        };
        let answer = store.ask_run(step.id, request, by()).await;
        assert!(matches!(answer, Err(StoreError::Invalid(_))));
    }
    let any = RunRequest::default;
    let unset = world.id(&world.initech, "Upgrade").await;
    let answer = refusal(store.ask_run(unset, any(), by()).await);
    assert!(matches!(answer, RuleViolation::Unresolved { .. }));
    let text = world.id(&world.acme, "Announce").await;
    let name = "Announce".to_owned();
    let answer = refusal(store.begin_run_here(text, any(), by()).await);
    assert_eq!(answer, RuleViolation::NotRunnable { name });
    act(store, &world, step.id, StepAction::Done, "Ana").await;
    let answer = refusal(store.ask_run(step.id, any(), by()).await);
    assert_eq!(answer.to_string(), "a done step cannot be started");
    store.archive_release(world.june, None, by()).await.unwrap();
    let check = world.id(&world.acme, "Check").await;
    let answer = refusal(store.ask_run(check, any(), by()).await);
    assert_eq!(answer, RuleViolation::Archived);
    // Nothing of it is left.
    assert!(
        store
            .runs(RunFilter::default())
            .await
            .unwrap()
            .items
            .is_empty()
    );
}

#[tokio::test]
async fn a_step_has_one_run_that_is_not_over() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let run = ask(&world, &world.acme, "Upgrade").await.row;
    let state = RunState::Queued;
    let again = refusal(
        store
            .ask_run(run.step_id, RunRequest::default(), by())
            .await,
    );
    assert_eq!(again, RuleViolation::RunUnfinished { state });
    let here = store.begin_run_here(run.step_id, RunRequest::default(), by());
    assert_eq!(refusal(here.await), RuleViolation::RunUnfinished { state });
    let retried = refusal(store.retry_run(run.id, None, plain(), by()).await);
    assert_eq!(retried, RuleViolation::RunUnfinished { state });
}

#[tokio::test]
async fn what_is_in_progress_is_run_by_who_has_it() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Upgrade").await;
    act(store, &world, step, StepAction::Start, "Ben").await;
    let any = RunRequest::default;
    let by = "Ben".to_owned();
    let of_ana = refusal(store.ask_run(step, any(), world.app.ana()).await);
    assert_eq!(of_ana, RuleViolation::SomebodyElse { by });
    let of_ben = store.ask_run(step, any(), world.app.by("Ben")).await;
    let of_ben = of_ben.unwrap().row;
    let started = world.step(&world.acme, "Upgrade").await;
    assert_eq!(started.started_at, Some(of_ben.asked_at));
}

#[tokio::test]
async fn a_run_that_waits_is_cancelled_and_its_step_is_as_it_was() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let hook = hook(&world.app, &["run.finished"]).await;
    for status in [
        StepStatus::Pending,
        StepStatus::Failed,
        StepStatus::InProgress,
    ] {
        let name = "Upgrade";
        let id = world.id(&world.acme, name).await;
        match status {
            StepStatus::Failed => act(store, &world, id, StepAction::Fail, "Ana").await,
            StepStatus::InProgress => act(store, &world, id, StepAction::Start, "Ana").await,
            _ => {}
        }
        let before = world.step(&world.acme, name).await;
        let asked = ask(&world, &world.acme, name).await;
        let version = before.version + 1;
        let noted = store.note_step(id, format!("of {status}"), version, by());
        noted.await.unwrap();
        let cancelled = store.cancel_run(asked.row.id, None, by()).await.unwrap();
        let run = cancelled.row;
        assert_eq!(run.state, RunState::Cancelled);
        assert_eq!(
            run.reason.as_deref(),
            Some("cancelled by Ana before it began")
        );
        let step = world.step(&world.acme, name).await;
        let expected = CustomerStep {
            notes: Some(format!("of {status}")),
            version: step.version,
            updated_at: step.updated_at,
            ..before
        };
        assert_eq!(step, expected, "{status}");
        let newest = history(&world, id).await.remove(0);
        assert_eq!(newest.action, EventAction::Undo);
        assert_eq!(newest.undoes, asked.batch_id);
        let again = refusal(store.cancel_run(run.id, None, by()).await);
        assert_eq!(again, RuleViolation::RunIsOver);
    }
    let told = messages(&world.app, hook.id).await;
    assert_eq!(told.len(), 3);
    assert_eq!(told[0]["data"]["run"]["state"], "cancelled");
    assert_eq!(told[1]["data"]["steps"][0]["status"], "failed");
    assert_eq!(told[1]["data"]["steps"][0]["step"], "Upgrade");
}

#[tokio::test]
async fn what_a_person_has_decided_meanwhile_stays_when_the_run_is_cancelled() {
    let world = World::active().await;
    let store = &world.app.store;
    let run = ask(&world, &world.acme, "Upgrade").await.row;
    act(store, &world, run.step_id, StepAction::Done, "Ben").await;
    let cancelled = store.cancel_run(run.id, None, world.app.ana()).await;
    let cancelled = cancelled.unwrap();
    assert_eq!(cancelled.row.state, RunState::Cancelled);
    assert!(cancelled.batch_id.is_some());
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.status, StepStatus::Done);
    let newest = history(&world, step.id).await.remove(0);
    assert_eq!(newest.action, EventAction::RunCancel);
    let undone = store.undo(cancelled.batch_id.unwrap(), world.app.ana());
    assert!(matches!(
        refusal(undone.await),
        RuleViolation::NotUndoable { .. }
    ));
}

#[tokio::test]
async fn a_run_that_a_runner_has_is_asked_to_end_once() {
    let world = World::active().await;
    let (store, ben) = (&world.app.store, || world.app.by("Ben"));
    let run = ask(&world, &world.acme, "Upgrade").await.row;
    let eu_1 = runner(&world).await;
    assert_eq!(claim(&world, &eu_1).await.unwrap().run.id, run.id);
    let cancelled = store.cancel_run(run.id, None, ben()).await.unwrap();
    assert_eq!(cancelled.row.state, RunState::Claimed);
    assert_eq!(cancelled.row.cancel_by.as_deref(), Some("Ben"));
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.status, StepStatus::InProgress);
    let newest = history(&world, step.id).await.remove(0);
    assert_eq!(newest.action, EventAction::RunCancel);
    assert_eq!(newest.changes[0].after, Some(format!("{} on eu-1", run.id)));
    let again = store.cancel_run(run.id, None, world.app.ana()).await;
    let again = again.unwrap();
    assert_eq!((again.row, again.batch_id), (cancelled.row, None));
}

#[tokio::test]
async fn what_a_lost_run_left_in_progress_is_asked_for_again_by_whoever_retries_it() {
    let world = World::active().await;
    let (store, ben) = (&world.app.store, || world.app.by("Ben"));
    let run = ask(&world, &world.acme, "Upgrade").await.row;
    let eu_1 = runner(&world).await;
    let claimed = claim(&world, &eu_1).await.unwrap();
    let database = &world.app.database;
    let later = world.app.ana().at + TimeDelta::minutes(5);
    let begun = database.begin_run(run.id, &claimed.lease, world.app.ana().at);
    begun.await.unwrap();
    assert_eq!(database.expire_runs(later).await.unwrap(), 1);
    let lost = store.run(run.id).await.unwrap();
    assert_eq!(lost.state, RunState::Lost);
    let newest = history(&world, run.step_id).await.remove(0);
    assert_eq!(newest.action, EventAction::RunLost);
    assert_eq!(newest.reason, lost.reason);
    assert!(newest.reason.unwrap().starts_with("lost its runner at "));
    let by = "Ana".to_owned();
    let asked = refusal(store.ask_run(run.step_id, plain(), ben()).await);
    assert_eq!(asked, RuleViolation::SomebodyElse { by });
    let retried = store.retry_run(run.id, None, plain(), ben()).await;
    let retried = retried.unwrap().row;
    assert!(retried.id != run.id && retried.state == RunState::Queued);
    assert_eq!(retried.asked_by, "Ben");
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.started_by.as_deref(), Some("Ben"));
    let of_step = store.runs_of_step(step.id).await.unwrap();
    let states: Vec<_> = of_step.iter().map(|it| it.state).collect();
    assert_eq!(states, [RunState::Queued, RunState::Lost]);
}

#[tokio::test]
async fn undoing_the_start_leaves_the_run_going() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let asked = ask(&world, &world.acme, "Upgrade").await;
    store.undo(asked.batch_id.unwrap(), by()).await.unwrap();
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.status, StepStatus::Pending);
    let run = store.run(asked.row.id).await.unwrap();
    assert_eq!(run.state, RunState::Queued);
    let again = refusal(store.ask_run(step.id, RunRequest::default(), by()).await);
    assert!(matches!(again, RuleViolation::RunUnfinished { .. }));
}

#[tokio::test]
async fn runs_of_many_steps_are_one_batch_and_the_others_are_reported() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let waits = ask(&world, &world.acme, "Check").await.row.step_id;
    let mut ids = Vec::new();
    for customer in [&world.acme, &world.globex, &world.initech] {
        ids.push(world.id(customer, "Upgrade").await);
    }
    let text = world.id(&world.acme, "Announce").await;
    ids.extend([ids[0], waits, text, StepId(999)]);
    let result = store
        .ask_runs(ids.clone(), Some(60), HashMap::new(), by())
        .await
        .unwrap();
    assert_eq!(result.changed_ids, ids[..2]);
    let reasons: Vec<&str> = result
        .not_eligible
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert!(reasons[0].starts_with("var.HOST is not set"));
    assert!(reasons[1].starts_with("a run of this step is queued"));
    assert!(reasons[2].starts_with("Announce is a text step"));
    assert_eq!(reasons[3], "step not found");
    let runs = store.runs(RunFilter::default()).await.unwrap().items;
    assert_eq!(runs.len(), 3);
    assert_eq!(runs[0].run.timeout_seconds, 60);
    assert_eq!(runs[0].run.text, "");
    let named = json!([
        runs[0].step,
        runs[0].customer,
        runs[0].namespace,
        runs[0].cluster
    ]);
    assert_eq!(named, json!(["Upgrade", "Globex", "globex", "eu-west"]));
    let filter = EventFilter {
        batch_id: result.batch_id,
        ..EventFilter::default()
    };
    let events = store.events(filter).await.unwrap().items;
    assert!(events.len() == 2 && events.iter().all(|it| it.action == EventAction::Start));
    let none = store.ask_runs(Vec::new(), None, HashMap::new(), by()).await;
    assert!(matches!(none, Err(StoreError::Invalid(_))));
}
