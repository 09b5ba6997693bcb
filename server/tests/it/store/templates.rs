//! Tests of the store: template steps and their copies (R8-R11).
use crate::world::{World, draft};
use app::domain::{
    id::StepId,
    order::Position,
    template::{KeptCopies, TemplateDraft},
    vocabulary::{Category, StepAction},
};
use app::store::{error::StoreError, steps::transitions::TransitionOptions};

#[tokio::test]
async fn a_template_added_to_an_active_release_reaches_every_member() {
    let world = World::active().await;
    let store = &world.app.store;
    let place = Position::After(world.announce.id);
    store
        .add_template(
            world.june,
            draft("Snapshot", "deploy", "bash", "pg_dump"),
            place,
            world.app.ana(),
        )
        .await
        .unwrap();
    for customer in [&world.acme, &world.globex, &world.initech] {
        assert_eq!(
            world.names(customer).await,
            ["Announce", "Snapshot", "Migrate schema", "Upgrade", "Check"]
        );
    }
}

#[tokio::test]
async fn an_edit_reaches_pending_copies_and_leaves_the_others_their_text() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let over = world.step(&world.acme, "Upgrade").await;
    store
        .override_step(over.id, "mine".into(), over.version, ana())
        .await
        .unwrap();
    let started = world.id(&world.globex, "Upgrade").await;
    store
        .act_on_step(
            started,
            StepAction::Start,
            TransitionOptions::default(),
            ana(),
        )
        .await
        .unwrap();
    let effect = store.template_impact(world.upgrade.id).await.unwrap();
    assert_eq!(
        (effect.changes, effect.keeps),
        (
            1,
            KeptCopies {
                overridden: 1,
                started: 1,
                executed: 0
            }
        )
    );
    let edited = TemplateDraft {
        content: "wget {{var.HOST}}".into(),
        ..TemplateDraft::from(world.upgrade.clone())
    };
    store
        .update_template(world.upgrade.id, edited, 1, ana())
        .await
        .unwrap();
    let text = async |customer| world.step(customer, "Upgrade").await.content;
    assert_eq!(text(&world.acme).await, "mine");
    assert_eq!(text(&world.globex).await, "curl {{var.HOST}}");
    assert_eq!(text(&world.initech).await, "wget {{var.HOST}}");
    assert_eq!(world.step(&world.initech, "Upgrade").await.version, 2);
}

#[tokio::test]
async fn deleting_removes_untouched_copies_and_the_others_stay_as_custom_steps() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let done = world.id(&world.acme, "Migrate schema").await;
    store
        .act_on_step(done, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    store
        .delete_template(world.migrate.id, None, ana())
        .await
        .unwrap();
    let kept = world.step(&world.acme, "Migrate schema").await;
    assert!(kept.is_custom && kept.template_id.is_none());
    assert_eq!(
        world.names(&world.acme).await,
        ["Announce", "Migrate schema", "Upgrade", "Check"]
    );
    assert_eq!(
        world.names(&world.globex).await,
        ["Announce", "Upgrade", "Check"]
    );
    let orders: Vec<i32> = world
        .steps(world.globex.id)
        .await
        .iter()
        .map(|it| it.order_index)
        .collect();
    assert_eq!(orders, [0, 1, 0]);
}

#[tokio::test]
async fn copies_follow_a_new_order_and_a_list_of_its_own_is_left_alone() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let behind = world.id(&world.acme, "Migrate schema").await;
    store
        .add_custom_step(
            world.june,
            world.acme.id,
            draft("Mine", "deploy", "bash", "x"),
            Position::After(behind),
            false,
            ana(),
        )
        .await
        .unwrap();
    let mut own: Vec<StepId> = world
        .steps(world.globex.id)
        .await
        .iter()
        .filter(|it| it.category == Category::Deploy)
        .map(|it| it.id)
        .collect();
    own.swap(0, 2);
    store
        .reorder_steps(
            world.june,
            None,
            world.globex.id,
            Category::Deploy,
            own,
            ana(),
        )
        .await
        .unwrap();
    let order = vec![world.migrate.id, world.upgrade.id, world.announce.id];
    let left_alone = store
        .reorder_templates(world.june, None, Category::Deploy, order, ana())
        .await
        .unwrap()
        .row;
    assert_eq!(left_alone, 1);
    assert_eq!(
        world.names(&world.acme).await,
        ["Migrate schema", "Mine", "Upgrade", "Announce", "Check"]
    );
    assert_eq!(
        world.names(&world.globex).await,
        ["Upgrade", "Migrate schema", "Announce", "Check"]
    );
    assert_eq!(
        world.names(&world.initech).await,
        ["Migrate schema", "Upgrade", "Announce", "Check"]
    );
}

#[tokio::test]
async fn a_wrong_order_changes_nothing() {
    let world = World::active().await;
    let store = &world.app.store;
    for wrong in [
        vec![world.announce.id],
        vec![world.announce.id; 3],
        vec![world.announce.id, world.migrate.id, world.check.id],
    ] {
        assert!(
            store
                .reorder_templates(world.june, None, Category::Deploy, wrong, world.app.ana())
                .await
                .is_err()
        );
    }
    assert_eq!(
        world.names(&world.acme).await,
        ["Announce", "Migrate schema", "Upgrade", "Check"]
    );
}

#[tokio::test]
async fn of_two_who_move_different_steps_at_once_nobody_loses_a_move() {
    let world = World::active().await;
    let (store, migrate) = (&world.app.store, world.migrate.id);
    // Both see Announce, Migrate schema, Upgrade.
    let (down, up) = tokio::join!(
        store.place_template(world.announce.id, Position::After(migrate), world.app.ana()),
        store.place_template(
            world.upgrade.id,
            Position::Before(migrate),
            world.app.by("Jonas")
        ),
    );
    assert!(down.unwrap().batch_id.is_some() && up.unwrap().batch_id.is_some());
    for customer in [&world.acme, &world.globex] {
        assert_eq!(
            world.names(customer).await,
            ["Upgrade", "Migrate schema", "Announce", "Check"]
        );
    }
}

#[tokio::test]
async fn beside_a_step_that_is_not_in_its_list_nothing_is_moved() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let (announce, migrate) = (world.announce.id, world.migrate.id);
    let moved = store.move_template(migrate, Category::Verify, ana());
    moved.await.unwrap();
    for neighbour in [migrate, announce] {
        let refused = store.place_template(announce, Position::After(neighbour), ana());
        let refused = refused.await;
        assert!(
            matches!(refused, Err(StoreError::Invalid(_))),
            "{refused:?}"
        );
    }
    assert_eq!(
        world.names(&world.acme).await,
        ["Announce", "Upgrade", "Check", "Migrate schema"]
    );
}

#[tokio::test]
async fn moved_to_the_other_category_it_is_last_there_with_all_its_copies() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let done = world.id(&world.acme, "Announce").await;
    store
        .act_on_step(done, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    store
        .move_template(world.announce.id, Category::Verify, ana())
        .await
        .unwrap();
    for customer in [&world.acme, &world.globex] {
        assert_eq!(
            world.names(customer).await,
            ["Migrate schema", "Upgrade", "Check", "Announce"]
        );
        let orders: Vec<i32> = world
            .steps(customer.id)
            .await
            .iter()
            .map(|it| it.order_index)
            .collect();
        assert_eq!(orders, [0, 1, 0, 1]);
    }
}

#[tokio::test]
async fn moving_a_template_raises_the_version_of_every_copy() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let done = world.id(&world.acme, "Upgrade").await;
    let ask = TransitionOptions::default();
    let marked = store.act_on_step(done, StepAction::Done, ask, ana()).await;
    marked.unwrap();
    let globex = world.step(&world.globex, "Upgrade").await;
    let mine = store.override_step(globex.id, "helm -v".into(), globex.version, ana());
    mine.await.unwrap();
    let versions = async || {
        let mut versions = Vec::new();
        for customer in [&world.acme, &world.globex, &world.initech] {
            versions.push(world.step(customer, "Upgrade").await.version);
        }
        versions
    };
    assert_eq!(versions().await, [2, 2, 1]);
    let moved = store.move_template(world.upgrade.id, Category::Verify, ana());
    let batch = moved.await.unwrap().batch_id.unwrap();
    assert_eq!(versions().await, [3, 3, 2]);
    let stale = store.note_step(done, "x".into(), 2, ana()).await;
    assert!(matches!(stale, Err(StoreError::Stale(_))), "{stale:?}");
    store.undo(batch, ana()).await.unwrap();
    assert_eq!(versions().await, [4, 4, 3]);
}

#[tokio::test]
async fn a_duplicate_stands_behind_the_original() {
    let world = World::active().await;
    world
        .app
        .store
        .duplicate_template(world.announce.id, world.app.ana())
        .await
        .unwrap();
    assert_eq!(
        world.names(&world.acme).await,
        ["Announce", "Announce", "Migrate schema", "Upgrade", "Check"]
    );
}

#[tokio::test]
async fn a_new_order_says_before_how_many_lists_follow_it_and_how_many_are_left_alone() {
    let world = World::active().await;
    let store = &world.app.store;
    let effect = async || {
        store
            .reorder_impact(world.june, Category::Deploy)
            .await
            .unwrap()
    };
    let all = effect().await;
    assert_eq!((all.follows, all.left_alone), (3, 0));
    let steps = world.steps(world.acme.id).await;
    let deploy = steps.iter().filter(|it| it.category == Category::Deploy);
    let reversed: Vec<StepId> = deploy.map(|it| it.id).rev().collect();
    store
        .reorder_steps(
            world.june,
            None,
            world.acme.id,
            Category::Deploy,
            reversed,
            world.app.ana(),
        )
        .await
        .unwrap();
    let some = effect().await;
    assert_eq!((some.follows, some.left_alone), (2, 1));
}
