//! Tests of deliveries to webhooks (R62): leases, what was given up, a replay, a hook that is switched off, the daily head.
use super::webhooks::{act, deliveries, hook, messages};
use crate::world::World;
use app::{
    domain::{
        event::EventFilter,
        vocabulary::StepAction,
        webhook::{DeliveryState, WebhookDraft},
    },
    store::outbox::deliveries::DeliveryOutcome,
};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// A time after every change of the test.
fn later() -> DateTime<Utc> {
    "2026-07-01T00:00:00Z".parse().unwrap()
}

fn after(seconds: i64) -> DateTime<Utc> {
    later() + TimeDelta::seconds(seconds)
}

#[tokio::test]
async fn a_claimed_delivery_is_nobody_else_s_until_its_lease_ends_or_is_taken_back() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let hook = hook(app, &["step.failed"]).await;
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    act(&world, &world.globex, "Upgrade", StepAction::Fail).await;
    let claim = async |at: DateTime<Utc>, n: u64| {
        let until = at + TimeDelta::seconds(60);
        database.claim_deliveries(at, until, n).await.unwrap()
    };
    let first = claim(later(), 1).await;
    assert_eq!(first.len(), 1);
    assert_eq!(first[0].message.data.steps[0].customer, "Acme");
    assert!(first[0].secret.is_some());
    let others = claim(after(1), 10).await;
    assert_eq!(others.len(), 1);
    assert_ne!(others[0].n, first[0].n);
    assert!(claim(after(2), 10).await.is_empty());
    // The sender died: its leases end by themselves, or the next one takes them back at its start.
    assert_eq!(claim(after(62), 10).await.len(), 2);
    assert_eq!(database.take_back_leases(after(63)).await.unwrap(), 2);
    let again = claim(after(64), 10).await;
    assert_eq!(again[0].message_id, first[0].message_id);
    let done = DeliveryOutcome::Delivered {
        status: Some(204),
        answer: None,
        error: None,
    };
    for it in &again {
        let finished = database.finish_delivery(hook.id, it.n, it.due_at, done.clone(), after(65));
        finished.await.unwrap();
    }
    assert!(claim(after(900), 10).await.is_empty());
    let rows = deliveries(app, hook.id).await;
    assert!(rows.iter().all(|it| it.state == DeliveryState::Delivered));
    assert_eq!((rows[0].tries, rows[0].status), (1, Some(204)));
}

#[tokio::test]
async fn of_a_hook_four_messages_are_tried_at_once_and_the_others_hold_up_no_other_hook() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let slow = hook(app, &["step.failed"]).await;
    for _ in 0..6 {
        app.store.test_webhook(slow.id, app.ana()).await.unwrap();
    }
    let quick = hook(app, &["step.failed"]).await;
    app.store.test_webhook(quick.id, app.ana()).await.unwrap();
    let claim = async |at: DateTime<Utc>, n: u64| {
        let until = at + TimeDelta::seconds(60);
        database.claim_deliveries(at, until, n).await.unwrap()
    };
    let first = claim(later(), 4).await;
    assert!(first.iter().all(|it| it.webhook_id == slow.id));
    assert_eq!(first.len(), 4);
    let next = database.next_delivery_at(after(1)).await.unwrap();
    assert!(next.unwrap() < later(), "the other hook's is due");
    let other = claim(after(1), 9).await;
    assert_eq!(other.len(), 1);
    assert_eq!(other[0].webhook_id, quick.id);
    // What waits for a try to end is not due: nobody looks for it again and again.
    assert!(claim(after(2), 9).await.is_empty());
    let next = database.next_delivery_at(after(2)).await.unwrap();
    assert_eq!(next, Some(after(61)));
    let done = DeliveryOutcome::Delivered {
        status: Some(204),
        answer: None,
        error: None,
    };
    let (n, due_at) = (first[0].n, first[0].due_at);
    let finished = database.finish_delivery(slow.id, n, due_at, done, after(3));
    finished.await.unwrap();
    assert_eq!(claim(after(4), 9).await.len(), 1);
}

#[tokio::test]
async fn what_was_given_up_is_shown_and_a_replay_keeps_its_id() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let hook = hook(app, &["step.failed"]).await;
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    let n = deliveries(app, hook.id).await[0].n;
    let finish = async |outcome| {
        let due_at = deliveries(app, hook.id).await[0].next_at;
        let finished = database.finish_delivery(hook.id, n, due_at, outcome, later());
        finished.await.unwrap();
    };
    finish(DeliveryOutcome::Failed {
        status: Some(500),
        answer: Some("ü".repeat(1_000)),
        error: "HTTP 500".into(),
        next_at: after(5),
    })
    .await;
    let row = &deliveries(app, hook.id).await[0];
    assert_eq!((row.state, row.tries), (DeliveryState::Failed, 1));
    assert_eq!(row.next_at, Some(after(5)));
    assert_eq!(row.answer.as_ref().map(String::len), Some(1_024));
    let next = database.next_delivery_at(after(1)).await.unwrap();
    assert_eq!(next, Some(after(5)));
    let early = database.claim_deliveries(after(4), after(60), 9).await;
    assert!(early.unwrap().is_empty());
    finish(DeliveryOutcome::GivenUp {
        status: None,
        answer: None,
        error: "no answer".into(),
    })
    .await;
    let given_up = deliveries(app, hook.id).await.remove(0);
    assert_eq!(
        (given_up.state, given_up.tries, given_up.next_at),
        (DeliveryState::GivenUp, 2, None)
    );
    let health = app.store.webhooks().await.unwrap().remove(0).health;
    assert_eq!((health.n_given_up, health.n_waiting), (1, 0));
    assert_eq!(health.last.unwrap().error.as_deref(), Some("no answer"));
    let replayed = app.store.replay_delivery(hook.id, n, after(9)).await;
    let replayed = replayed.unwrap();
    assert_eq!(replayed.message_id, given_up.message_id);
    assert_eq!(
        (replayed.state, replayed.tries, replayed.error),
        (DeliveryState::Pending, 0, None)
    );
    let claimed = database.claim_deliveries(after(9), after(60), 9).await;
    assert_eq!(claimed.unwrap().len(), 1);
}

#[tokio::test]
async fn a_replay_during_a_try_is_sent_again_whatever_became_of_the_try() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let hook = hook(app, &["step.failed"]).await;
    app.store.test_webhook(hook.id, app.ana()).await.unwrap();
    let claim = async |at: DateTime<Utc>| {
        let until = at + TimeDelta::seconds(60);
        database.claim_deliveries(at, until, 9).await.unwrap()
    };
    let tried = claim(later()).await.remove(0);
    let replayed = app.store.replay_delivery(hook.id, tried.n, after(1));
    replayed.await.unwrap();
    assert!(claim(after(2)).await.is_empty(), "it is still being tried");
    let done = DeliveryOutcome::Delivered {
        status: Some(204),
        answer: None,
        error: None,
    };
    let finished = database.finish_delivery(hook.id, tried.n, tried.due_at, done.clone(), after(3));
    finished.await.unwrap();
    let row = deliveries(app, hook.id).await.remove(0);
    assert_eq!((row.state, row.tries), (DeliveryState::Pending, 0));
    let again = claim(after(4)).await.remove(0);
    assert_eq!(again.message_id, tried.message_id);
    let finished = database.finish_delivery(hook.id, again.n, again.due_at, done, after(5));
    finished.await.unwrap();
    let row = deliveries(app, hook.id).await.remove(0);
    assert_eq!((row.state, row.tries), (DeliveryState::Delivered, 1));
    assert!(claim(after(900)).await.is_empty());
}

#[tokio::test]
async fn a_receiver_that_is_gone_switches_its_hook_off_and_nothing_waits_any_more() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let hook = hook(app, &["step.failed"]).await;
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    act(&world, &world.globex, "Upgrade", StepAction::Fail).await;
    let first = deliveries(app, hook.id).await.remove(1);
    let gone = DeliveryOutcome::SwitchOff {
        status: Some(410),
        answer: None,
        error: "The receiver is gone (410)".into(),
    };
    let finished = database.finish_delivery(hook.id, first.n, first.next_at, gone, later());
    finished.await.unwrap();
    let off = app.store.webhook(hook.id).await.unwrap();
    assert!(!off.is_active);
    let reason = off.off_reason.as_deref();
    assert_eq!(reason, Some("The receiver is gone (410)"));
    let rows = deliveries(app, hook.id).await;
    assert!(rows.iter().all(|it| it.state == DeliveryState::GivenUp));
    assert_eq!(rows[1].status, Some(410));
    let events = app.store.events(EventFilter::default()).await.unwrap();
    let event = &events.items[0];
    assert_eq!(
        (event.actor.as_str(), event.action.as_str()),
        ("Rollcall", "deactivate")
    );
    act(&world, &world.initech, "Upgrade", StepAction::Fail).await;
    assert_eq!(deliveries(app, hook.id).await.len(), 2);
    // A test is sent all the same, once.
    let test = app.store.test_webhook(hook.id, app.ana()).await.unwrap();
    let claimed = database.claim_deliveries(after(1), after(60), 9).await;
    assert_eq!(claimed.unwrap().len(), 1);
    let failed = DeliveryOutcome::Failed {
        status: Some(500),
        answer: None,
        error: "HTTP 500".into(),
        next_at: after(5),
    };
    let finished = database.finish_delivery(hook.id, test.n, test.next_at, failed, after(2));
    finished.await.unwrap();
    let state = deliveries(app, hook.id).await[0].state;
    assert_eq!(state, DeliveryState::GivenUp);
    let on = WebhookDraft {
        is_active: true,
        ..off.clone().into()
    };
    let on = app
        .store
        .update_webhook(hook.id, on, off.version, app.ana());
    assert_eq!(on.await.unwrap().row.off_reason, None);
}

#[tokio::test]
async fn the_head_of_the_history_is_told_once_a_day() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let hook = hook(app, &["history.head"]).await;
    let tell = async |at: DateTime<Utc>| database.tell_history_head(at).await.unwrap();
    assert_eq!(tell(later()).await, 1);
    assert_eq!(tell(after(3_600)).await, 0);
    assert_eq!(tell(after(24 * 3_600)).await, 1);
    let found = messages(app, hook.id).await;
    let (head, _) = app.store.head().await.unwrap().unwrap();
    assert_eq!(
        found[0]["data"]["head"],
        json!({ "id": head.id, "hash": head.hash })
    );
    assert!(found[0]["data"].get("batchId").is_none());
}

#[tokio::test]
async fn deliveries_are_kept_for_thirty_days() {
    let world = World::active().await;
    let (app, database) = (&world.app, &world.app.database);
    let hook = hook(app, &["step.failed"]).await;
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    let made = deliveries(app, hook.id).await[0].at;
    let delete = async |at: DateTime<Utc>| database.delete_old_deliveries(at).await.unwrap();
    assert_eq!(delete(made + TimeDelta::days(30)).await, 0);
    assert_eq!(delete(made + TimeDelta::days(31)).await, 1);
    assert!(deliveries(app, hook.id).await.is_empty());
}

#[tokio::test]
async fn a_hook_that_is_deleted_takes_its_deliveries_along() {
    let world = World::active().await;
    let app = &world.app;
    let hook = hook(app, &["step.failed"]).await;
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    assert_eq!(messages(app, hook.id).await.len(), 1);
    app.store.delete_webhook(hook.id, app.ana()).await.unwrap();
    assert!(messages(app, hook.id).await.is_empty());
}
