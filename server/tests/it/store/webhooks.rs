//! Tests of webhooks (R62): what a change tells them in its own transaction.
use crate::{harness::TestApp, world::World};
use app::{
    domain::{
        customer::Customer,
        event::EventFilter,
        id::{StepId, WebhookId},
        vocabulary::StepAction,
        webhook::{Delivery, DeliveryState, Webhook, WebhookDraft},
    },
    store::{
        entity::{customer_step, webhook_delivery},
        steps::transitions::TransitionOptions,
    },
};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};

fn draft(events: &[&str]) -> WebhookDraft {
    WebhookDraft {
        name: "CI".into(),
        target: "http://127.0.0.1:9/secret-path".into(),
        events: events.iter().map(|it| (*it).to_owned()).collect(),
        ..WebhookDraft::default()
    }
}

async fn add(app: &TestApp, draft: WebhookDraft) -> Webhook {
    let made = app.store.create_webhook(draft, app.ana()).await.unwrap();
    made.row.hook
}

/// A hook for these events.
pub(super) async fn hook(app: &TestApp, events: &[&str]) -> Webhook {
    add(app, draft(events)).await
}

/// The messages to a hook, the oldest first.
pub(super) async fn messages(app: &TestApp, hook: WebhookId) -> Vec<Value> {
    let rows = webhook_delivery::Entity::find()
        .filter(webhook_delivery::Column::WebhookId.eq(hook.0))
        .order_by_asc(webhook_delivery::Column::Id)
        .all(app.database.writer())
        .await
        .unwrap();
    let read = |it: &webhook_delivery::Model| serde_json::from_str(&it.message).unwrap();
    rows.iter().map(read).collect()
}

/// Their events.
async fn told(app: &TestApp, hook: WebhookId) -> Vec<String> {
    let messages = messages(app, hook).await;
    let word = |it: &Value| it["type"].as_str().unwrap().to_owned();
    messages.iter().map(word).collect()
}

fn because(reason: &str) -> TransitionOptions {
    TransitionOptions {
        reason: Some(reason.into()),
        allow_unresolved: true,
        ..TransitionOptions::default()
    }
}

/// One transition, with a reason.
pub(super) async fn act(world: &World, customer: &Customer, step: &str, action: StepAction) {
    let id = world.id(customer, step).await;
    let (store, by) = (&world.app.store, world.app.ana());
    let done = store.act_on_step(id, action, because("disk full"), by);
    done.await.unwrap();
}

/// All steps of a customer at once.
async fn act_on_all(world: &World, customer: &Customer, action: StepAction) {
    let steps = world.steps(customer.id).await;
    let ids: Vec<StepId> = steps.iter().map(|it| it.id).collect();
    let (store, by) = (&world.app.store, world.app.ana());
    let done = store.act_on_steps(ids, action, because("not needed"), by);
    done.await.unwrap();
}

/// The newest first.
pub(super) async fn deliveries(app: &TestApp, hook: WebhookId) -> Vec<Delivery> {
    app.store.newest_deliveries(hook).await.unwrap()
}

#[tokio::test]
async fn a_message_is_written_with_its_change_and_none_with_one_that_is_refused() {
    let world = World::active().await;
    let app = &world.app;
    let hook = hook(app, &["step.failed"]).await;
    let step = world.id(&world.acme, "Upgrade").await;
    let refused = TransitionOptions::default();
    let by = app.ana();
    let failed = app.store.act_on_step(step, StepAction::Fail, refused, by);
    assert!(failed.await.is_err());
    assert!(messages(app, hook.id).await.is_empty());
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    let events = app.store.events(EventFilter::default()).await.unwrap();
    let event = &events.items[0];
    let path = format!("/releases/{}", world.june);
    let expected = json!({
        "type": "step.failed",
        "timestamp": "2026-06-01T09:10:00Z",
        "data": {
            "batchId": event.batch_id, "actor": "Ana", "reason": "disk full",
            "release": { "id": world.june, "name": "June", "url": path },
            "count": 1,
            "steps": [{
                "id": step, "step": "Upgrade", "customer": "Acme", "cluster": "eu-west", "status": "failed",
                "url": format!("{path}?step={step}"),
            }],
        },
    });
    let mut found = messages(app, hook.id).await;
    let timestamp = &mut found[0]["timestamp"];
    assert!(timestamp.as_str().unwrap().starts_with("2026-06-01T"));
    *timestamp = expected["timestamp"].clone();
    assert_eq!(found, [expected]);
    let row = &deliveries(app, hook.id).await[0];
    assert_eq!((row.state, row.tries), (DeliveryState::Pending, 0));
    assert_eq!(row.next_at, Some(event.at));
}

#[tokio::test]
async fn five_hundred_cells_of_one_change_are_one_message() {
    let world = World::draft().await;
    let app = &world.app;
    let customers = app.customers(125).await;
    let (store, june) = (&app.store, world.june);
    let activated = store.activate_release(june, Some(customers), app.ana());
    activated.await.unwrap();
    let changed = hook(app, &["steps.changed"]).await;
    let failed = hook(app, &["step.failed", "release.attention"]).await;
    let steps = customer_step::Entity::find()
        .order_by_asc(customer_step::Column::Id)
        .all(app.database.writer())
        .await
        .unwrap();
    let ids: Vec<StepId> = steps.iter().map(|it| StepId(it.id)).collect();
    assert_eq!(ids.len(), 500);
    let done = store.act_on_steps(ids.clone(), StepAction::Fail, because("x"), app.ana());
    assert_eq!(done.await.unwrap().changed, 500);
    let found = messages(app, changed.id).await;
    assert_eq!(found.len(), 1);
    let data = &found[0]["data"];
    assert_eq!(data["count"], 500);
    assert_eq!(data["reason"], "x");
    let named = data["steps"].as_array().unwrap();
    assert_eq!(named.len(), 20);
    assert_eq!(named[0]["id"], ids[0].0);
    assert!(found[0].to_string().len() < 20_000);
    assert_eq!(
        told(app, failed.id).await,
        ["step.failed", "release.attention"]
    );
}

#[tokio::test]
async fn only_the_first_failure_needs_attention_until_all_is_well_again() {
    let world = World::active().await;
    let app = &world.app;
    let hook = hook(app, &["release.attention"]).await;
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    assert_eq!(told(app, hook.id).await, ["release.attention"]);
    act(&world, &world.globex, "Upgrade", StepAction::Fail).await;
    act(&world, &world.acme, "Upgrade", StepAction::Done).await;
    act(&world, &world.acme, "Check", StepAction::Fail).await;
    assert_eq!(told(app, hook.id).await.len(), 1);
    act(&world, &world.acme, "Check", StepAction::Done).await;
    act(&world, &world.globex, "Upgrade", StepAction::Done).await;
    act(&world, &world.globex, "Check", StepAction::Fail).await;
    let found = messages(app, hook.id).await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[1]["data"]["steps"][0]["customer"], "Globex");
}

#[tokio::test]
async fn the_last_open_step_finishes_its_customer_its_cluster_and_the_release() {
    let world = World::active().await;
    let app = &world.app;
    let events = ["customer.finished", "cluster.finished", "release.finished"];
    let hook = hook(app, &events).await;
    act_on_all(&world, &world.acme, StepAction::Done).await;
    assert_eq!(told(app, hook.id).await, ["customer.finished"]);
    act_on_all(&world, &world.globex, StepAction::Skip).await;
    let expected = ["customer.finished", "customer.finished", "cluster.finished"];
    assert_eq!(told(app, hook.id).await, expected);
    act_on_all(&world, &world.initech, StepAction::Done).await;
    let mut last = told(app, hook.id).await.split_off(3);
    last.sort();
    let mut all = events.map(str::to_owned);
    all.sort();
    assert_eq!(last, all);
    let finished = messages(app, hook.id).await;
    let finished = finished.iter().find(|it| it["type"] == "release.finished");
    assert_eq!(finished.unwrap()["data"]["count"], 4);
}

#[tokio::test]
async fn a_hook_hears_of_its_release_and_its_clusters_only() {
    let world = World::active().await;
    let app = &world.app;
    let store = &app.store;
    let july = store.clone_release(world.june, "July".into(), None, app.ana());
    let july = july.await.unwrap().row.id;
    let all = ["steps.changed", "release.attention", "release.finished"];
    let of_july = WebhookDraft {
        release_id: Some(july),
        ..draft(&all)
    };
    let of_us = WebhookDraft {
        cluster_ids: Some([world.us_east.id].into()),
        ..draft(&all)
    };
    let (of_july, of_us) = (add(app, of_july).await, add(app, of_us).await);
    act(&world, &world.acme, "Upgrade", StepAction::Fail).await;
    assert!(told(app, of_july.id).await.is_empty());
    assert!(told(app, of_us.id).await.is_empty());
    // In its clusters all was well until now.
    act(&world, &world.initech, "Upgrade", StepAction::Fail).await;
    let expected = ["steps.changed", "release.attention"];
    assert_eq!(told(app, of_us.id).await, expected);
    act_on_all(&world, &world.initech, StepAction::Done).await;
    let told = told(app, of_us.id).await;
    assert!(told.contains(&"release.finished".to_owned()), "{told:?}");
}

#[tokio::test]
async fn an_activation_is_told_with_the_number_of_its_steps() {
    let world = World::draft().await;
    let app = &world.app;
    let everywhere = hook(app, &["release.activated"]).await;
    let of_us = WebhookDraft {
        cluster_ids: Some([world.us_east.id].into()),
        ..draft(&["release.activated"])
    };
    let of_us = add(app, of_us).await;
    let everybody = vec![world.acme.id, world.globex.id, world.initech.id];
    let activated = app
        .store
        .activate_release(world.june, Some(everybody), app.ana());
    activated.await.unwrap();
    let count = async |hook: &Webhook| {
        let found = messages(app, hook.id).await;
        assert_eq!(found.len(), 1);
        found[0]["data"]["count"].as_u64().unwrap()
    };
    assert_eq!((count(&everywhere).await, count(&of_us).await), (12, 4));
}

#[tokio::test]
async fn an_undo_tells_of_the_states_that_came_back() {
    let world = World::active().await;
    let app = &world.app;
    let hook = hook(app, &["steps.changed", "step.failed"]).await;
    let step = world.id(&world.acme, "Check").await;
    act(&world, &world.acme, "Check", StepAction::Fail).await;
    let repaired = app
        .store
        .act_on_step(step, StepAction::Done, because("x"), app.ana());
    let batch = repaired.await.unwrap().batch_id.unwrap();
    app.store.undo(batch, app.ana()).await.unwrap();
    let found = messages(app, hook.id).await;
    let last: Vec<&Value> = found.iter().rev().take(2).collect();
    let types: Vec<&Value> = last.iter().map(|it| &it["type"]).collect();
    assert_eq!(types, ["steps.changed", "step.failed"]);
    assert_eq!(last[0]["data"]["steps"][0]["status"], "failed");
    // Notes change no state.
    let version = world.step(&world.acme, "Check").await.version;
    let noted = app.store.note_step(step, "x".into(), version, app.ana());
    noted.await.unwrap();
    assert_eq!(messages(app, hook.id).await.len(), found.len());
}

#[tokio::test]
async fn no_text_of_a_step_and_no_value_leaves() {
    let world = World::active().await;
    let app = &world.app;
    let hook = hook(app, &["steps.changed", "step.done", "customer.finished"]).await;
    act_on_all(&world, &world.acme, StepAction::Done).await;
    for message in messages(app, hook.id).await {
        let text = message.to_string();
        for secret in ["acme.example", "curl", "SELECT", "HOST"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
}

#[tokio::test]
async fn the_history_has_neither_the_secret_nor_the_path_of_a_target() {
    let world = World::draft().await;
    let app = &world.app;
    let made = app
        .store
        .create_webhook(draft(&["step.failed"]), app.ana())
        .await
        .unwrap();
    let (hook, secret) = (made.row.hook, made.row.secret.unwrap());
    assert!(secret.starts_with("whsec_"), "{secret}");
    let renamed = WebhookDraft {
        name: "CD".into(),
        ..hook.clone().into()
    };
    let saved = app.store.update_webhook(hook.id, renamed, 1, app.ana());
    assert_eq!(saved.await.unwrap().row.target, hook.target);
    app.store.delete_webhook(hook.id, app.ana()).await.unwrap();
    let events = app.store.events(EventFilter::default()).await.unwrap();
    let text = format!("{:?}", events.items);
    assert!(text.contains("http://127.0.0.1:9/…"), "{text}");
    assert!(!text.contains("secret-path") && !text.contains(&secret));
}
