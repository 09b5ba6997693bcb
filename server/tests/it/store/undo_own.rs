//! Tests of the store: until when a tab undoes in passing what it has changed (R101), and a dry run beside other changes.
use crate::world::{World, draft};
use app::{
    domain::{
        id::{BatchId, StepId},
        order::Position,
        own_changes::OWN_CHANGES_MAX,
        undo::RowOutcome,
        vocabulary::{Category, StepAction},
    },
    store::steps::transitions::TransitionOptions,
};
use sea_orm::TransactionTrait;

async fn mark(world: &World, ids: Vec<StepId>, who: &str) -> BatchId {
    let (ask, by) = (TransitionOptions::default(), world.app.by(who));
    let marked = world.app.store.act_on_steps(ids, StepAction::Done, ask, by);
    marked.await.unwrap().batch_id.unwrap()
}

async fn ended_by(world: &World, own: &[BatchId]) -> Option<String> {
    let ended = world.app.store.is_changed_elsewhere(world.june, own);
    ended.await.unwrap()
}

async fn is_over(world: &World, own: &[BatchId]) -> bool {
    ended_by(world, own).await.is_some()
}

#[tokio::test]
async fn a_tab_undoes_its_changes_until_the_template_is_changed_elsewhere() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let announce = world.id(&world.acme, "Announce").await;
    let marked = mark(&world, vec![announce], "Ana").await;
    let mut own = vec![marked];
    assert!(!is_over(&world, &own).await);
    // What others do with steps, customers and the release's own fields ends nothing.
    mark(
        &world,
        vec![world.id(&world.globex, "Announce").await],
        "Jonas",
    )
    .await;
    let custom = draft("Own", "deploy", "bash", "true");
    let acme = world.acme.id;
    let added = store.add_custom_step(world.june, acme, custom, Position::Last, false, ana());
    added.await.unwrap();
    assert!(!is_over(&world, &own).await);
    // A step that the tab itself has added to the template is its own change.
    let custom = draft("For all", "deploy", "bash", "true");
    let added = store.add_custom_step(world.june, acme, custom, Position::Last, true, ana());
    let added = added.await.unwrap().batch_id.unwrap();
    assert!(is_over(&world, &own).await);
    own.push(added);
    assert!(!is_over(&world, &own).await);
    let edit = draft("Announce", "deploy", "text", "Tell everybody.");
    let edited = store.update_template(world.announce.id, edit, 1, world.app.by("Jonas"));
    edited.await.unwrap();
    assert_eq!(ended_by(&world, &own).await.as_deref(), Some("Jonas"));
    // What was marked after that can be undone.
    let upgrade = world.id(&world.acme, "Upgrade").await;
    let later = [mark(&world, vec![upgrade], "Ana").await];
    assert!(!is_over(&world, &later).await);
}

#[tokio::test]
async fn a_new_order_of_the_template_and_an_archive_end_what_a_tab_can_undo() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let announce = world.id(&world.acme, "Announce").await;
    let own = [mark(&world, vec![announce], "Ana").await];
    // An order of one customer's own is none of the template's.
    let steps = world.steps(world.globex.id).await;
    let deploy = steps.iter().filter(|it| it.category == Category::Deploy);
    let mut order: Vec<StepId> = deploy.map(|it| it.id).collect();
    order.reverse();
    let globex = world.globex.id;
    let ordered = store.reorder_steps(world.june, None, globex, Category::Deploy, order, ana());
    ordered.await.unwrap();
    assert!(!is_over(&world, &own).await);
    store
        .archive_release(world.june, None, ana())
        .await
        .unwrap();
    store
        .restore_release(world.june, None, ana())
        .await
        .unwrap();
    assert!(is_over(&world, &own).await);
    let upgrade = world.id(&world.acme, "Upgrade").await;
    let own = [mark(&world, vec![upgrade], "Ana").await];
    assert!(!is_over(&world, &own).await);
    let moved = store.move_template(world.announce.id, Category::Verify, ana());
    moved.await.unwrap();
    assert!(is_over(&world, &own).await);
}

#[tokio::test]
async fn batches_that_are_unknown_or_too_many_are_not_undone_in_passing() {
    let world = World::active().await;
    assert!(is_over(&world, &[]).await);
    assert!(is_over(&world, &[BatchId("none".into())]).await);
    let announce = world.id(&world.acme, "Announce").await;
    let own = mark(&world, vec![announce], "Ana").await;
    assert!(!is_over(&world, std::slice::from_ref(&own)).await);
    assert!(is_over(&world, &vec![own; OWN_CHANGES_MAX + 1]).await);
}

#[tokio::test]
async fn a_dry_run_of_marks_does_not_wait_for_the_writer() {
    let world = World::active().await;
    let announce = world.id(&world.acme, "Announce").await;
    let ids = vec![announce, world.id(&world.globex, "Announce").await];
    let batch = mark(&world, ids, "Ana").await;
    let (ask, by) = (TransitionOptions::default(), world.app.by("Jonas"));
    let reverted = world
        .app
        .store
        .act_on_step(announce, StepAction::Revert, ask, by);
    reverted.await.unwrap();
    #[expect(
        clippy::disallowed_methods,
        reason = "holds the writer, and writes nothing"
    )]
    let writing = world.app.database.writer().begin().await.unwrap();
    let preview = world.app.store.preview_undo(batch, false, world.app.ana());
    let preview = preview.await.unwrap();
    writing.rollback().await.unwrap();
    let rows = preview.rows.iter();
    let rows: Vec<_> = rows.map(|it| (it.outcome, it.becomes.as_str())).collect();
    assert_eq!(
        rows,
        [
            (RowOutcome::Restored, "done → pending"),
            (RowOutcome::LeftAlone, "Announce, Acme was changed since"),
        ]
    );
    assert_eq!((preview.restored, preview.conflicts.len()), (1, 1));
}
