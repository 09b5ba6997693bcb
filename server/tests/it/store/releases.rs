//! Tests of the store: releases, their states, activation and members (R1, R4, R14).
use crate::world::World;
use app::{
    domain::{
        event::{EventAction, EventFilter},
        field_error::FieldError,
        id::CustomerId,
        rule_violation::RuleViolation,
        vocabulary::{Field, ReleaseStatus, StepAction},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

#[tokio::test]
async fn activation_copies_every_template_to_every_chosen_customer() {
    let world = World::draft().await;
    let store = &world.app.store;
    let chosen = vec![world.acme.id, world.initech.id];
    let dry = store
        .dry_run(world.june, Some(chosen.clone()))
        .await
        .unwrap();
    assert_eq!((dry.customers, dry.cells), (2, 8));
    assert_eq!(dry.unresolved.len(), 1);
    assert_eq!(
        (
            dry.unresolved[0].customer_id,
            dry.unresolved[0].variable.as_str()
        ),
        (world.initech.id, "var.HOST")
    );
    assert_eq!(dry.unresolved[0].step_names, ["Upgrade"]);
    let release = store
        .activate_release(world.june, Some(chosen), world.app.ana())
        .await
        .unwrap()
        .row;
    assert_eq!(release.status, ReleaseStatus::Active);
    assert_eq!(
        world.names(&world.acme).await,
        ["Announce", "Migrate schema", "Upgrade", "Check"]
    );
    assert_eq!(world.names(&world.initech).await.len(), 4);
    assert!(
        store
            .customer_work(world.june, world.globex.id)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn activation_refuses_nobody_unknown_and_inactive_customers_naming_them() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    store
        .deactivate_customer(world.globex.id, ana())
        .await
        .unwrap();
    let problem = async |customers: Vec<CustomerId>| {
        let StoreError::Invalid(invalid) = store
            .activate_release(world.june, Some(customers), ana())
            .await
            .unwrap_err()
        else {
            panic!("not invalid")
        };
        invalid.error_for(Field::Customers).cloned().unwrap()
    };
    assert_eq!(problem(vec![]).await, FieldError::EmptyList);
    assert_eq!(
        problem(vec![world.acme.id, CustomerId(77)]).await,
        FieldError::Unknown { ids: vec![77] }
    );
    assert_eq!(
        problem(vec![world.globex.id]).await,
        FieldError::Inactive {
            names: vec!["Globex".into()]
        }
    );
    assert_eq!(
        store.release(world.june).await.unwrap().release.status,
        ReleaseStatus::Draft
    );
}

#[tokio::test]
async fn without_customers_named_all_active_ones_are_taken() {
    let world = World::draft().await;
    world
        .app
        .store
        .activate_release(world.june, None, world.app.ana())
        .await
        .unwrap();
    assert_eq!(world.app.store.members(world.june).await.unwrap().len(), 3);
}

#[tokio::test]
async fn adding_skips_who_is_in_and_refuses_when_all_are() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    store
        .activate_release(world.june, Some(vec![world.acme.id]), ana())
        .await
        .unwrap();
    let added = store
        .add_customers(world.june, vec![world.acme.id, world.globex.id], ana())
        .await
        .unwrap();
    assert_eq!(added.row, [world.globex.id]);
    let again = store
        .add_customers(world.june, vec![world.globex.id], ana())
        .await
        .unwrap_err();
    assert!(matches!(
        again,
        StoreError::Refused(RuleViolation::AllAlreadyIn)
    ));
}

#[tokio::test]
async fn a_customer_leaves_only_while_all_of_its_steps_are_pending() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Announce").await;
    store
        .act_on_step(step, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    let refused = store
        .remove_customers(world.june, vec![world.globex.id, world.acme.id], ana())
        .await
        .unwrap_err();
    assert_eq!(
        refused.to_string(),
        "Acme has steps in work: Announce. Reopen them first"
    );
    assert_eq!(store.members(world.june).await.unwrap().len(), 3);
    store
        .remove_customers(world.june, vec![world.globex.id], ana())
        .await
        .unwrap();
    assert_eq!(store.members(world.june).await.unwrap().len(), 2);
}

#[tokio::test]
async fn an_archived_release_is_read_only_and_comes_back() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    store
        .archive_release(world.june, None, ana())
        .await
        .unwrap();
    let step = world.id(&world.acme, "Announce").await;
    let refused = store
        .act_on_step(step, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Refused(RuleViolation::Archived)
    ));
    assert!(
        store
            .add_customers(world.june, vec![world.acme.id], ana())
            .await
            .is_err()
    );
    assert!(store.note_step(step, "x".into(), 1, ana()).await.is_err());
    store
        .restore_release(world.june, None, ana())
        .await
        .unwrap();
    assert!(
        store
            .act_on_step(step, StepAction::Done, TransitionOptions::default(), ana())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn a_clone_has_the_details_and_steps_and_no_customers() {
    let world = World::active().await;
    let store = &world.app.store;
    let clone = store
        .clone_release(
            world.june,
            "July".into(),
            Some("7.0".into()),
            world.app.ana(),
        )
        .await
        .unwrap()
        .row;
    let detail = store.release(clone.id).await.unwrap();
    assert_eq!(
        (detail.release.status, detail.customers),
        (ReleaseStatus::Draft, 0)
    );
    let names: Vec<_> = detail.templates.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(names, ["Announce", "Migrate schema", "Upgrade", "Check"]);
}

#[tokio::test]
async fn only_a_draft_is_deleted() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    assert!(store.delete_draft(world.june, ana()).await.is_err());
    let clone = store
        .clone_release(world.june, "July".into(), None, ana())
        .await
        .unwrap()
        .row;
    store.delete_draft(clone.id, ana()).await.unwrap();
    assert!(store.release(clone.id).await.is_err());
}

#[tokio::test]
async fn activation_is_one_event_with_customers_and_counts() {
    let world = World::active().await;
    let filter = EventFilter {
        action: Some(EventAction::Activate),
        ..EventFilter::default()
    };
    let events = world.app.store.events(filter).await.unwrap().items;
    assert_eq!(events.len(), 1);
    let after = events[0].after.clone().unwrap();
    assert_eq!(
        (
            after["cells"].as_i64(),
            after["customerIds"].as_array().map(Vec::len)
        ),
        (Some(12), Some(3))
    );
}
