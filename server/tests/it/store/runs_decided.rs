//! Tests of runs whose step somebody decides about meanwhile (R71): by another state, with its release, or by its deletion. The run ends,
//! and the history says so.
use super::runs_work::{
    act, any, ask, at, begun, exit, finish, last_event, runner, status, stored,
};
use crate::world::{World, draft};
use app::{
    domain::{
        event::{EventAction, EventFilter},
        order::Position,
        run::RunState,
        via::Via,
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};

#[tokio::test]
async fn what_a_person_has_decided_about_the_step_meanwhile_stays() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    act(&world, StepAction::Reopen, "Ben").await;
    act(&world, StepAction::Start, "Ben").await;
    let before = world.step(&world.acme, "Check").await;
    let ended = finish(&world, &claimed, exit(0), 13).await.unwrap();
    assert_eq!(ended.state, RunState::Succeeded);
    assert_eq!(world.step(&world.acme, "Check").await, before);
    assert_eq!(stored(&world, claimed.run.id).await, ended);
    assert!(world.app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_end_that_leaves_the_step_as_it_is_is_in_the_history_too() {
    let world = World::active().await;
    let (app, claimed) = (&world.app, begun(&world).await);
    let options = TransitionOptions {
        reason: Some("not needed".into()),
        ..TransitionOptions::default()
    };
    let (step, by) = (claimed.run.step_id, app.by("Ben"));
    let skipped = app.store.act_on_step(step, StepAction::Skip, options, by);
    skipped.await.unwrap();
    finish(&world, &claimed, exit(5), 13).await.unwrap();
    assert_eq!(status(&world).await, StepStatus::Skipped);
    let event = last_event(&world).await;
    assert_eq!(
        (event.action, event.actor.as_str(), event.at),
        (EventAction::RunEnd, "Ana", at(13))
    );
    assert_eq!(event.via, Some(Via::Runner("eu-1".into())));
    assert_eq!(event.after.as_ref().unwrap()["run"]["exitCode"], 5);
    // Its own reason, and not that of the step.
    assert_eq!(event.reason(), Some("exit code 5: no space"));
    let history = app.store.open_step(step).await.unwrap().detail.history;
    assert_eq!(history[0].action, EventAction::RunEnd);
    assert_eq!(history[0].reason.as_deref(), Some("exit code 5: no space"));
    let found = async |text: &str| {
        let filter = EventFilter {
            q: Some(text.to_owned()),
            ..EventFilter::default()
        };
        let lines = app.store.activity(filter).await.unwrap().items.into_iter();
        lines.map(|it| it.entry.action).collect::<Vec<_>>()
    };
    assert_eq!(found("no space").await, [EventAction::RunEnd]);
    assert_eq!(found("not needed").await, [EventAction::Skip]);
    let undone = app.store.undo(event.batch_id, app.ana()).await;
    assert!(undone.is_err());
    // What is told again is told once.
    finish(&world, &claimed, exit(5), 20).await.unwrap();
    assert_eq!(last_event(&world).await.id, event.id);
    assert!(app.store.check().await.unwrap().is_empty());
}

#[tokio::test]
async fn a_run_ends_also_if_its_release_was_archived() {
    let world = World::active().await;
    let claimed = begun(&world).await;
    let archived = world
        .app
        .store
        .archive_release(world.june, None, world.app.ana());
    archived.await.unwrap();
    let ended = finish(&world, &claimed, exit(0), 13).await.unwrap();
    assert_eq!(ended.state, RunState::Succeeded);
    assert_eq!(status(&world).await, StepStatus::InProgress);
    assert_eq!(last_event(&world).await.action, EventAction::RunEnd);
}

#[tokio::test]
async fn a_run_of_a_step_that_was_deleted_is_given_to_nobody() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let own = draft("Own", "deploy", "bash", "true");
    let (june, acme) = (world.june, world.acme.id);
    let own = app
        .store
        .add_custom_step(june, acme, own, Position::Last, false, app.ana());
    let own = own.await.unwrap().row;
    let asked = ask(&world, &world.acme, "Own").await;
    let deleted = app.store.delete_custom_step(own.id, None, app.ana());
    deleted.await.unwrap();
    let eu = runner(app, "eu-1", &["eu-west"]).await;
    let claimed = database.claim_run(&eu, &any(), at(0)).await.unwrap();
    assert!(claimed.is_none());
    let ended = stored(&world, asked.id).await;
    assert_eq!(ended.state, RunState::Cancelled);
    let reason = "the step was deleted before it began";
    assert_eq!(ended.reason.as_deref(), Some(reason));
    let event = last_event(&world).await;
    assert_eq!(
        (event.action, event.reason()),
        (EventAction::RunEnd, Some(reason))
    );
    assert!(app.store.check().await.unwrap().is_empty());
}
