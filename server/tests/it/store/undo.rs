//! Tests of the store: undo (R16). It writes a new event that restores the state before; what changed since stays, and is
//! named.
use crate::world::{World, draft};
use app::{
    domain::{
        event::{EventAction, EventFilter},
        id::{BatchId, StepId},
        order::Position,
        step::CustomerStep,
        summary::UndoState,
        template::TemplateDraft,
        undo::UndoAnswer,
        vocabulary::{Category, StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

async fn everything(world: &World) -> Vec<CustomerStep> {
    let mut steps = Vec::new();
    for customer in [&world.acme, &world.globex, &world.initech] {
        for step in world.steps(customer.id).await {
            // An undo is a change too, so versions differ.
            steps.push(CustomerStep {
                version: 0,
                template_version: None,
                updated_at: step.created_at,
                ..step
            });
        }
    }
    steps
}

async fn undo(world: &World, batch: Option<BatchId>) -> BatchId {
    world
        .app
        .store
        .undo(batch.unwrap(), world.app.ana())
        .await
        .unwrap()
        .batch_id
        .unwrap()
}

#[tokio::test]
async fn a_mark_is_undone_redone_and_undone_again() {
    let world = World::active().await;
    let before = everything(&world).await;
    let step = world.id(&world.acme, "Announce").await;
    let ask = TransitionOptions::default();
    let done = world
        .app
        .store
        .act_on_step(step, StepAction::Done, ask, world.app.ana())
        .await
        .unwrap();
    let after = everything(&world).await;
    let undone = undo(&world, done.batch_id).await;
    assert_eq!(everything(&world).await, before);
    let redone = undo(&world, Some(undone)).await;
    assert_eq!(everything(&world).await, after);
    undo(&world, Some(redone)).await;
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn an_undo_of_a_redo_is_told_by_the_first_action() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Announce").await;
    let ask = TransitionOptions::default();
    let done = store
        .act_on_step(step, StepAction::Done, ask, world.app.ana())
        .await
        .unwrap();
    let mut batch = done.batch_id.unwrap();
    for (says, is_redo) in [
        ("Undid \"Mark done\" on 1 cell: Announce for Acme.", false),
        ("Redid \"Mark done\" on 1 cell: Announce for Acme.", true),
        ("Undid \"Mark done\" on 1 cell: Announce for Acme.", false),
        ("Redid \"Mark done\" on 1 cell: Announce for Acme.", true),
    ] {
        let preview = store.preview_undo(batch.clone(), false, world.app.ana());
        assert_eq!(preview.await.unwrap().is_redo, is_redo);
        let undone = store.undo(batch, world.app.ana()).await.unwrap();
        assert!(undone.message.starts_with(says), "{}", undone.message);
        batch = undone.batch_id.unwrap();
    }
}

#[tokio::test]
async fn two_marks_are_undone_one_after_the_other() {
    let world = World::active().await;
    let store = &world.app.store;
    let before = everything(&world).await;
    let step = world.id(&world.acme, "Announce").await;
    let first = store
        .act_on_step(
            step,
            StepAction::Start,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let second = store
        .act_on_step(
            step,
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    undo(&world, second.batch_id).await;
    undo(&world, first.batch_id).await;
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn several_batches_are_undone_together_newest_first() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let before = everything(&world).await;
    let step = world.id(&world.acme, "Announce").await;
    let act = async |action| {
        let ask = TransitionOptions::default();
        let changed = store.act_on_step(step, action, ask, ana()).await.unwrap();
        changed.batch_id.unwrap()
    };
    let started = act(StepAction::Start).await;
    let done = act(StepAction::Done).await;
    let after = everything(&world).await;
    // In whatever order they are named.
    let others = [done.clone()];
    let preview = store.preview_undos(started.clone(), &others, false, ana());
    let preview = preview.await.unwrap();
    assert_eq!((preview.restored, preview.conflicts.len()), (2, 0));
    assert_eq!(everything(&world).await, after);
    let answer = store.undo_or_ask(started.clone(), &others, Some(false), ana());
    let UndoAnswer::Done(result) = answer.await.unwrap() else {
        panic!()
    };
    assert_eq!(result.restored, 2);
    assert_eq!(everything(&world).await, before);
    // Each undo is a line of its own.
    let lines = store.activity(EventFilter::default()).await.unwrap().items;
    assert_eq!(result.batch_id.as_ref(), Some(&lines[0].entry.batch_id));
    let lines = lines.into_iter().take(4);
    let lines: Vec<_> = lines
        .map(|it| (it.entry.action, it.undo, it.entry.undoes))
        .collect();
    let expected = [
        (EventAction::Undo, UndoState::Open, Some(started.clone())),
        (EventAction::Undo, UndoState::Open, Some(done)),
        (EventAction::Done, UndoState::Undone, None),
        (EventAction::Start, UndoState::Undone, None),
    ];
    assert_eq!(lines, expected);
    let unknown = [BatchId("none".into())];
    let refused = store.preview_undos(started, &unknown, false, ana()).await;
    assert!(matches!(refused, Err(StoreError::NotFound(_))));
}

#[tokio::test]
async fn of_several_batches_those_that_changed_since_are_left_alone() {
    let world = World::active().await;
    let store = &world.app.store;
    let act = async |step, action, who: &str| {
        let stamp = world.app.by(who);
        let ask = TransitionOptions {
            reason: Some("because".into()),
            ..TransitionOptions::default()
        };
        let changed = store.act_on_step(step, action, ask, stamp).await.unwrap();
        changed.batch_id.unwrap()
    };
    let acme = world.id(&world.acme, "Announce").await;
    let globex = world.id(&world.globex, "Announce").await;
    let of_acme = act(acme, StepAction::Done, "Ana").await;
    let of_globex = act(globex, StepAction::Done, "Ana").await;
    act(acme, StepAction::Revert, "Jonas").await;
    let others = [of_acme];
    let preview = store.preview_undos(of_globex.clone(), &others, false, world.app.ana());
    let preview = preview.await.unwrap();
    let becomes: Vec<_> = preview.rows.iter().map(|it| it.becomes.as_str()).collect();
    assert_eq!(
        becomes,
        ["done → pending", "Announce, Acme was changed since"]
    );
    let answer = store.undo_or_ask(of_globex, &others, Some(false), world.app.ana());
    let UndoAnswer::Done(result) = answer.await.unwrap() else {
        panic!()
    };
    assert_eq!((result.restored, result.conflicts.len()), (1, 1));
    let lines = store.activity(EventFilter::default()).await.unwrap().items;
    assert_eq!(result.batch_id.as_ref(), Some(&lines[0].entry.batch_id));
}

#[tokio::test]
async fn a_cell_that_changed_since_is_left_alone_and_named() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let ids: Vec<StepId> = vec![
        world.id(&world.acme, "Announce").await,
        world.id(&world.globex, "Announce").await,
    ];
    let bulk = store
        .act_on_steps(
            ids.clone(),
            StepAction::Done,
            TransitionOptions::default(),
            ana(),
        )
        .await
        .unwrap();
    store
        .act_on_step(
            ids[0],
            StepAction::Revert,
            TransitionOptions::default(),
            world.app.by("Jonas"),
        )
        .await
        .unwrap();
    let result = store.undo(bulk.batch_id.unwrap(), ana()).await.unwrap();
    assert_eq!(result.restored, 1);
    assert_eq!(
        result.conflicts[0].reason,
        "Announce, Acme was changed since"
    );
    assert_eq!(result.conflicts[0].changed_by.as_deref(), Some("Jonas"));
    assert_eq!(
        world.step(&world.acme, "Announce").await.status,
        StepStatus::Reverted
    );
    assert_eq!(
        world.step(&world.globex, "Announce").await.status,
        StepStatus::Pending
    );
}

#[tokio::test]
async fn overrides_notes_and_custom_steps_are_undone() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let before = everything(&world).await;
    let step = world.step(&world.acme, "Upgrade").await;
    let over = store
        .override_step(step.id, "mine".into(), step.version, ana())
        .await
        .unwrap();
    let noted = store
        .note_step(step.id, "careful".into(), over.row.version, ana())
        .await
        .unwrap();
    let custom = draft("Mine", "deploy", "bash", "x");
    let added = store
        .add_custom_step(
            world.june,
            world.acme.id,
            custom,
            Position::Before(step.id),
            false,
            ana(),
        )
        .await
        .unwrap();
    let with_it = everything(&world).await;
    let deleted = store
        .delete_custom_step(added.row.id, None, ana())
        .await
        .unwrap();
    undo(&world, deleted.batch_id).await;
    let back: Vec<_> = everything(&world)
        .await
        .into_iter()
        .map(|it| (it.id, it.name, it.order_index))
        .collect();
    assert_eq!(
        back,
        with_it
            .into_iter()
            .map(|it| (it.id, it.name, it.order_index))
            .collect::<Vec<_>>()
    );
    undo(&world, added.batch_id).await;
    undo(&world, noted.batch_id).await;
    undo(&world, over.batch_id).await;
    assert_eq!(everything(&world).await, before);
}

#[tokio::test]
async fn what_was_done_to_the_template_is_undone_with_its_copies() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let done = world.id(&world.acme, "Migrate schema").await;
    store
        .act_on_step(done, StepAction::Done, TransitionOptions::default(), ana())
        .await
        .unwrap();
    let before: Vec<_> = everything(&world).await;
    let bare = |steps: &[CustomerStep]| -> Vec<_> {
        steps
            .iter()
            .map(|it| {
                (
                    it.id,
                    it.name.clone(),
                    it.content.clone(),
                    it.order_index,
                    it.category,
                    it.is_custom,
                    it.template_id,
                )
            })
            .collect()
    };
    let edited = TemplateDraft {
        content: "wget".into(),
        ..TemplateDraft::from(world.upgrade.clone())
    };
    let edit = store
        .update_template(world.upgrade.id, edited, 1, ana())
        .await
        .unwrap()
        .batch_id;
    undo(&world, edit).await;
    assert_eq!(bare(&everything(&world).await), bare(&before), "edit");
    let deleted = store
        .delete_template(world.migrate.id, None, ana())
        .await
        .unwrap()
        .batch_id;
    undo(&world, deleted).await;
    assert_eq!(bare(&everything(&world).await), bare(&before), "delete");
    let added = store
        .add_template(
            world.june,
            draft("New", "deploy", "bash", "x"),
            Position::After(world.announce.id),
            ana(),
        )
        .await
        .unwrap();
    undo(&world, added.batch_id).await;
    assert_eq!(bare(&everything(&world).await), bare(&before), "add");
    let order = vec![world.upgrade.id, world.announce.id, world.migrate.id];
    let reordered = store
        .reorder_templates(world.june, None, Category::Deploy, order, ana())
        .await
        .unwrap()
        .batch_id;
    undo(&world, reordered).await;
    assert_eq!(bare(&everything(&world).await), bare(&before), "reorder");
    let moved = store
        .move_template(world.announce.id, Category::Verify, ana())
        .await
        .unwrap()
        .batch_id;
    undo(&world, moved).await;
    assert_eq!(bare(&everything(&world).await), bare(&before), "move");
}

#[tokio::test]
async fn what_was_brought_back_is_not_brought_back_twice_and_needs_its_customer() {
    let world = World::active().await;
    let (store, acme) = (&world.app.store, world.acme.id);
    let template = world.step(&world.acme, "Announce").await.template_id;
    let template = template.unwrap();
    let gone = store.delete_template(template, None, world.app.ana());
    let gone = gone.await.unwrap().batch_id.unwrap();
    let custom = draft("Own", "deploy", "bash", "echo");
    let custom = store
        .add_custom_step(
            world.june,
            acme,
            custom,
            Position::Last,
            false,
            world.app.ana(),
        )
        .await
        .unwrap();
    let deleted = store.delete_custom_step(custom.row.id, None, world.app.ana());
    let deleted = deleted.await.unwrap().batch_id.unwrap();
    for batch in [&gone, &deleted] {
        undo(&world, Some(batch.clone())).await;
        let before = everything(&world).await;
        let again = store.undo(batch.clone(), world.app.ana()).await;
        assert!(matches!(again, Err(StoreError::Refused(_))), "{again:?}");
        assert_eq!(everything(&world).await, before);
    }
    let deleted = store.delete_custom_step(custom.row.id, None, world.app.ana());
    let deleted = deleted.await.unwrap().batch_id.unwrap();
    let left = store.remove_customers(world.june, vec![acme], world.app.ana());
    left.await.unwrap();
    let again = store.undo(deleted, world.app.ana()).await;
    assert!(matches!(again, Err(StoreError::Refused(_))), "{again:?}");
}

#[tokio::test]
async fn activation_and_archive_have_their_own_opposite() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let archived = store
        .archive_release(world.june, None, ana())
        .await
        .unwrap()
        .batch_id
        .unwrap();
    assert!(matches!(
        store.undo(archived, ana()).await,
        Err(StoreError::Refused(_))
    ));
    assert!(matches!(
        store.undo(BatchId("none".into()), ana()).await,
        Err(StoreError::NotFound(_))
    ));
}
