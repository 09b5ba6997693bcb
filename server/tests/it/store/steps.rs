//! Tests of the store: one customer's steps (R2, R12, R13, R17).
use crate::world::{World, draft};
use app::{
    domain::{
        event::EventAction,
        order::Position,
        rule_violation::RuleViolation,
        vocabulary::{StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

#[tokio::test]
async fn done_keeps_the_resolved_text_and_its_fingerprint() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Migrate schema").await;
    let done = store
        .act_on_step(
            step,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap()
        .row;
    assert_eq!(
        (done.status, done.executed_by.as_deref(), done.version),
        (StepStatus::Done, Some("Ana"), 2)
    );
    let history = store.step(step).await.unwrap().history;
    assert_eq!(history[0].action, EventAction::Done);
    assert_eq!(history[0].resolved_text.as_deref(), Some("SELECT 'acme';"));
    assert_eq!(
        history[0].resolved_sha256.as_deref(),
        Some("b85d29bcb60bcfd28da0de25849deed3603d082f776690edc4e2e52134083ba8")
    );
}

#[tokio::test]
async fn asking_again_for_the_same_state_changes_nothing() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Announce").await;
    store
        .act_on_step(
            step,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let again = store
        .act_on_step(
            step,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.by("Jonas"),
        )
        .await
        .unwrap();
    assert_eq!(
        (again.row.executed_by.as_deref(), again.batch_id),
        (Some("Ana"), None)
    );
}

#[tokio::test]
async fn a_step_with_a_missing_value_is_done_only_on_purpose() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.initech, "Upgrade").await;
    let refused = store
        .act_on_step(
            step,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap_err();
    assert!(
        matches!(refused, StoreError::Refused(RuleViolation::Unresolved { names }) if names == ["var.HOST"])
    );
    let ask = TransitionOptions {
        allow_unresolved: true,
        ..TransitionOptions::default()
    };
    assert!(
        store
            .act_on_step(step, StepAction::Done, ask, world.app.ana())
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn an_override_is_this_customer_s_alone_and_a_reset_brings_the_template_back() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    let over = store
        .override_step(step.id, "curl -v {{var.HOST}}".into(), step.version, ana())
        .await
        .unwrap()
        .row;
    assert!(over.is_overridden);
    assert_eq!(
        (
            over.template_version,
            world.step(&world.globex, "Upgrade").await.is_overridden
        ),
        (Some(1), false)
    );
    let back = store.reset_step(step.id, None, ana()).await.unwrap().row;
    assert_eq!(
        (back.content.as_str(), back.is_overridden),
        ("curl {{var.HOST}}", false)
    );
}

#[tokio::test]
async fn a_stale_note_is_refused() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    store
        .note_step(step.id, "first".into(), step.version, ana())
        .await
        .unwrap();
    let stale = store
        .note_step(step.id, "second".into(), step.version, ana())
        .await
        .unwrap_err();
    assert!(matches!(stale, StoreError::Stale(_)));
}

#[tokio::test]
async fn notes_go_along_with_a_mark_unless_somebody_else_has_changed_them() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.step(&world.acme, "Upgrade").await;
    let theirs = store.note_step(step.id, "theirs".into(), 1, world.app.by("Jonas"));
    theirs.await.unwrap();
    let done = async |notes: &str, before: &str| {
        let options = TransitionOptions {
            notes: Some(notes.into()),
            notes_before: Some(before.into()),
            ..TransitionOptions::default()
        };
        store
            .act_on_step(step.id, StepAction::Done, options, world.app.ana())
            .await
    };
    let refused = done("mine", "").await.unwrap_err();
    let StoreError::Stale(stale) = refused else {
        panic!("{refused:?}")
    };
    assert_eq!(stale.changed_by.as_deref(), Some("Jonas"));
    let now = world.step(&world.acme, "Upgrade").await;
    assert_eq!(now.status, StepStatus::Pending);
    let marked = done("theirs and mine", "theirs").await.unwrap();
    assert_eq!(marked.row.notes.as_deref(), Some("theirs and mine"));
    // One change: its undo takes back the mark and the notes.
    let undone = store.undo(marked.batch_id.unwrap(), world.app.ana()).await;
    assert_eq!(undone.unwrap().restored, 1);
    let now = world.step(&world.acme, "Upgrade").await;
    let state = (now.status, now.notes.as_deref());
    assert_eq!(state, (StepStatus::Pending, Some("theirs")));
}

#[tokio::test]
async fn a_custom_step_stands_where_it_was_put_and_only_there() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let after = world.id(&world.acme, "Announce").await;
    let custom = draft("Rotate key", "deploy", "bash", "true");
    let custom = store
        .add_custom_step(
            world.june,
            world.acme.id,
            custom,
            Position::After(after),
            false,
            ana(),
        )
        .await
        .unwrap()
        .row;
    assert_eq!(
        world.names(&world.acme).await,
        [
            "Announce",
            "Rotate key",
            "Migrate schema",
            "Upgrade",
            "Check"
        ]
    );
    assert_eq!(world.names(&world.globex).await.len(), 4);
    let first = world.id(&world.acme, "Announce").await;
    store
        .move_step(custom.id, Position::Before(first), None, ana())
        .await
        .unwrap();
    assert_eq!(world.names(&world.acme).await[0], "Rotate key");
    store
        .delete_custom_step(custom.id, None, ana())
        .await
        .unwrap();
    let orders: Vec<i32> = world
        .steps(world.acme.id)
        .await
        .iter()
        .map(|it| it.order_index)
        .collect();
    assert_eq!(orders, [0, 1, 2, 0]);
}

#[tokio::test]
async fn added_to_the_template_it_goes_to_everybody_in_this_release() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    store
        .activate_release(
            world.june,
            Some(vec![world.acme.id, world.globex.id]),
            ana(),
        )
        .await
        .unwrap();
    let after = world.id(&world.acme, "Announce").await;
    let custom = draft("Rotate key", "deploy", "bash", "true");
    let step = store
        .add_custom_step(
            world.june,
            world.acme.id,
            custom,
            Position::After(after),
            true,
            ana(),
        )
        .await
        .unwrap()
        .row;
    assert!(!step.is_custom && step.customer_id == world.acme.id);
    for customer in [&world.acme, &world.globex] {
        assert_eq!(world.names(customer).await[1], "Rotate key");
    }
}

#[tokio::test]
async fn a_promoted_custom_step_becomes_everybody_s() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let after = world.id(&world.acme, "Migrate schema").await;
    let custom = draft("Rotate key", "deploy", "bash", "true");
    let custom = store
        .add_custom_step(
            world.june,
            world.acme.id,
            custom,
            Position::After(after),
            false,
            ana(),
        )
        .await
        .unwrap()
        .row;
    store
        .act_on_step(
            custom.id,
            StepAction::Done,
            TransitionOptions::default(),
            ana(),
        )
        .await
        .unwrap();
    let promoted = store
        .promote_step(custom.id, None, ana())
        .await
        .unwrap()
        .row;
    assert_eq!(
        (promoted.id, promoted.is_custom, promoted.status),
        (custom.id, false, StepStatus::Done)
    );
    for customer in [&world.acme, &world.globex, &world.initech] {
        assert_eq!(
            world.names(customer).await,
            [
                "Announce",
                "Migrate schema",
                "Rotate key",
                "Upgrade",
                "Check"
            ]
        );
    }
}
