//! Tests of runs that have not begun (R71, R73): what ends them, and that their step is then as it was; and of texts that changed since
//! they were shown.
use super::{
    runs_asking::{ask, claim, refusal, runner, seen},
    runs_work::{any, at, exit, is_lease_over, stored},
};
use crate::{harness::TestApp, world::World};
use app::{
    domain::{
        event::{EventAction, EventFilter},
        permission::Role,
        rule_violation::RuleViolation,
        run::{RunEnd, RunState},
        runner::ClaimedRun,
        user::UserDraft,
        vocabulary::StepStatus,
    },
    store::entity::sha256,
};
use std::collections::HashMap;

async fn status(world: &World) -> StepStatus {
    world.step(&world.acme, "Check").await.status
}

/// Asks for `Check` of Acme, which a runner claims.
async fn claimed(world: &World) -> ClaimedRun {
    ask(world, &world.acme, "Check").await;
    let eu = runner(world).await;
    let claimed = world.app.database.claim_run(&eu, &any(), at(0)).await;
    claimed.unwrap().unwrap()
}

#[tokio::test]
async fn a_run_that_has_not_begun_is_only_given_back_or_could_not_be_started() {
    let world = World::active().await;
    let database = &world.app.database;
    let claimed = claimed(&world).await;
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    let finish = async |end: RunEnd| database.finish_run(id, lease, end, Vec::new(), at(2)).await;
    for end in [exit(0), exit(3), RunEnd::default()] {
        assert_eq!(refusal(finish(end).await), RuleViolation::RunNotBegun);
    }
    assert_eq!(stored(&world, id).await.state, RunState::Claimed);
    let given_back = RunEnd {
        is_cancelled: true,
        ..RunEnd::default()
    };
    let ended = finish(given_back).await.unwrap();
    assert_eq!((ended.state, ended.started_at), (RunState::Cancelled, None));
    let reason = "cancelled at the runner eu-1 before it began";
    assert_eq!(ended.reason.as_deref(), Some(reason));
    assert_eq!(status(&world).await, StepStatus::Pending);
    // One that could not be started fails its step, which says why.
    let again = ask(&world, &world.acme, "Check").await.row;
    let runners = world.app.store.list_runners().await.unwrap();
    let claimed = database.claim_run(&runners[0], &any(), at(3)).await;
    let claimed = claimed.unwrap().unwrap();
    let end = RunEnd {
        error: Some("no bash".into()),
        ..RunEnd::default()
    };
    let ended = database.finish_run(again.id, &claimed.lease, end, Vec::new(), at(4));
    assert_eq!(ended.await.unwrap().state, RunState::Failed);
    assert_eq!(status(&world).await, StepStatus::Failed);
    assert!(world.app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_that_was_cancelled_and_whose_runner_dies_before_it_began_is_cancelled_and_not_lost()
{
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let claimed = claimed(&world).await;
    let (id, lease) = (claimed.run.id, claimed.lease.as_str());
    app.store.cancel_run(id, None, app.by("Ben")).await.unwrap();
    assert_eq!(database.expire_runs(at(59)).await.unwrap(), 0);
    assert_eq!(database.expire_runs(at(60)).await.unwrap(), 1);
    let ended = stored(&world, id).await;
    assert_eq!((ended.state, ended.started_at), (RunState::Cancelled, None));
    let reason = "cancelled by Ben before it began";
    assert_eq!(ended.reason.as_deref(), Some(reason));
    assert_eq!(status(&world).await, StepStatus::Pending);
    let events = app.store.events(EventFilter::default()).await.unwrap();
    assert_eq!(events.items[0].action, EventAction::Undo);
    assert!(is_lease_over(database.begin_run(id, lease, at(61)).await));
    assert!(app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn who_is_no_manager_any_more_runs_no_text_that_was_a_customer_s_own() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let asker = world.app.person(Role::Manager, None).await;
    let own = world.step(&world.acme, "Upgrade").await;
    let text = "true".to_owned();
    let overridden = asker.store.override_step(own.id, text, own.version, by());
    let own = overridden.await.unwrap().row;
    let other = world.step(&world.globex, "Upgrade").await;
    let mut runs = Vec::new();
    for step in [&own, &other] {
        let asked = asker.store.ask_run(step.id, seen(step), by()).await;
        runs.push(asked.unwrap().row.id);
    }
    // What is overridden after that is not what runs.
    let version = world.step(&world.globex, "Upgrade").await.version;
    let overridden = store.override_step(other.id, "false".into(), version, by());
    overridden.await.unwrap();
    let operator = UserDraft {
        role: Role::Operator.to_string(),
        ..asker.user.clone().into()
    };
    let demoted = store.update_user(asker.user.id, operator, asker.user.version, by());
    demoted.await.unwrap();
    let eu = runner(&world).await;
    let claimed = claim(&world, &eu).await.unwrap();
    assert_eq!(claimed.run.id, runs[1]);
    let ended = store.run(runs[0]).await.unwrap();
    let reason = "who asked for it lost the right to before it began";
    assert_eq!(ended.state, RunState::Cancelled);
    assert_eq!(ended.reason.as_deref(), Some(reason));
    let step = world.step(&world.acme, "Upgrade").await;
    assert_eq!(step.status, StepStatus::Pending);
}

#[tokio::test]
async fn of_many_steps_those_run_whose_text_is_still_the_one_that_was_shown() {
    let world = World::active().await;
    let (store, by) = (&world.app.store, || world.app.ana());
    let acme = world.step(&world.acme, "Upgrade").await;
    let globex = world.id(&world.globex, "Upgrade").await;
    let check = world.id(&world.acme, "Check").await;
    let shown = HashMap::from([
        (acme.id, sha256("curl acme.example")),
        (globex, sha256("curl globex.example")),
    ]);
    let text = "rm -rf /".to_owned();
    let overridden = store.override_step(acme.id, text, acme.version, by());
    overridden.await.unwrap();
    // Nobody says what was shown of the third.
    let ids = vec![acme.id, globex, check];
    let result = store.ask_runs(ids, None, shown, by()).await.unwrap();
    assert_eq!(result.changed_ids, [globex, check]);
    let [left] = &result.not_eligible[..] else {
        panic!("{:?}", result.not_eligible);
    };
    assert_eq!((left.id, left.step.as_str()), (acme.id, "Upgrade"));
    assert_eq!(left.reason, "the text has changed since it was shown");
    let status = world.step(&world.acme, "Upgrade").await.status;
    assert_eq!(status, StepStatus::Pending);
    let filter = EventFilter {
        batch_id: result.batch_id,
        ..EventFilter::default()
    };
    let events = store.events(filter).await.unwrap().items;
    let told: Vec<_> = events.iter().map(|it| it.text_shown).collect();
    // Newest first.
    assert_eq!(told, [Some(false), Some(true)]);
}
