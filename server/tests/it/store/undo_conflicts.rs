//! Tests of the store: what an undo restores as it was, what it leaves alone, and who is named for it (R16, R88).
use crate::world::{World, draft};
use app::{
    domain::{
        id::{BatchId, ReleaseId, StepId},
        order::Position,
        release::ReleaseDraft,
        rule_violation::RuleViolation,
        vocabulary::{Category, StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

fn because() -> TransitionOptions {
    TransitionOptions {
        reason: Some("because".into()),
        ..TransitionOptions::default()
    }
}

async fn is_well(world: &World) {
    let findings = world.app.store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

#[tokio::test]
async fn a_reopened_copy_comes_back_with_who_reopened_it() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.id(&world.acme, "Upgrade").await;
    for action in [StepAction::Start, StepAction::Reopen] {
        let done = store.act_on_step(step, action, because(), world.app.by("Jonas"));
        done.await.unwrap();
    }
    let before = world.step(&world.acme, "Upgrade").await;
    assert_eq!(before.state_by.as_deref(), Some("Jonas"));
    let deleted = store.delete_template(world.upgrade.id, None, ana()).await;
    let batch = deleted.unwrap().batch_id.unwrap();
    store.undo(batch, ana()).await.unwrap();
    let after = world.step(&world.acme, "Upgrade").await;
    assert_eq!(after.id, before.id);
    assert_eq!(
        (after.state_by, after.state_at),
        (before.state_by, before.state_at)
    );
    is_well(&world).await;
}

#[tokio::test]
async fn a_copy_that_comes_back_has_a_version_of_its_own() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let before = world.step(&world.acme, "Upgrade").await;
    let deleted = store.delete_template(world.upgrade.id, None, ana()).await;
    let batch = deleted.unwrap().batch_id.unwrap();
    let undone = store.undo(batch, world.app.by("Ravi")).await;
    undone.unwrap();
    let after = world.step(&world.acme, "Upgrade").await;
    assert_eq!((after.id, after.version), (before.id, before.version + 1));
    // What somebody read before the deletion is no base for a change.
    let stale = store.note_step(before.id, "x".into(), before.version, ana());
    match stale.await {
        Err(StoreError::Stale(stale)) => assert_eq!(stale.changed_by.as_deref(), Some("Ravi")),
        other => panic!("{other:?}"),
    }
}

/// June's and July's cells of Acme, and both skipped in one batch.
async fn skipped_in_two_releases(world: &World) -> (StepId, ReleaseId, BatchId) {
    let (store, ana) = (&world.app.store, || world.app.ana());
    let july = ReleaseDraft {
        name: "July".into(),
        ..ReleaseDraft::default()
    };
    let july = store.create_release(july, ana()).await.unwrap().row.id;
    let one = draft("One", "deploy", "bash", "true");
    let added = store.add_template(july, one, Position::Last, ana()).await;
    added.unwrap();
    let activated = store.activate_release(july, Some(vec![world.acme.id]), ana());
    activated.await.unwrap();
    let work = store.customer_work(july, world.acme.id).await.unwrap();
    let of_june = world.id(&world.acme, "Announce").await;
    let ids = vec![of_june, work.steps[0].id];
    let bulk = store.act_on_steps(ids, StepAction::Skip, because(), ana());
    (of_june, july, bulk.await.unwrap().batch_id.unwrap())
}

#[tokio::test]
async fn an_undo_over_two_releases_leaves_the_archived_one_alone() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let (of_june, july, batch) = skipped_in_two_releases(&world).await;
    let archived = store.archive_release(world.june, None, world.app.by("Jonas"));
    archived.await.unwrap();
    let undone = store.undo(batch, ana()).await.unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (1, 1));
    let conflict = &undone.conflicts[0];
    assert_eq!(conflict.id, of_june.0);
    let reason = "Announce, Acme: the release is archived";
    assert!(conflict.reason.starts_with(reason), "{}", conflict.reason);
    assert_eq!(conflict.changed_by.as_deref(), Some("Jonas"));
    let step = world.step(&world.acme, "Announce").await;
    assert_eq!(step.status, StepStatus::Skipped);
    is_well(&world).await;
    // With both archived nothing is left to be restored.
    store.archive_release(july, None, ana()).await.unwrap();
    let refused = store.undo(undone.batch_id.unwrap(), ana()).await;
    assert!(
        matches!(refused, Err(StoreError::Refused(RuleViolation::Archived))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_undo_in_a_draft_that_was_deleted_says_so() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let text = draft("Once more", "deploy", "bash", "true");
    let added = store.add_template(world.june, text, Position::Last, ana());
    let batch = added.await.unwrap().batch_id.unwrap();
    store.delete_draft(world.june, ana()).await.unwrap();
    let refused = store.undo(batch, ana()).await.unwrap_err();
    assert_eq!(
        refused.to_string(),
        "nothing can be restored: its release was deleted"
    );
}

#[tokio::test]
async fn whoever_changed_a_copy_by_its_template_is_named() {
    let world = World::active().await;
    let store = &world.app.store;
    let by = |who: &str| world.app.by(who);
    let globex = world.step(&world.globex, "Upgrade").await;
    let noted = store.note_step(globex.id, "slow".into(), globex.version, by("Jonas"));
    let noted = noted.await.unwrap().row;
    let stale = async |version: i64| {
        let edit = store.note_step(globex.id, "x".into(), version, by("Ana"));
        match edit.await {
            Err(StoreError::Stale(stale)) => stale.changed_by.unwrap(),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(stale(globex.version).await, "Jonas");
    let text = draft("Upgrade", "deploy", "bash", "helm upgrade");
    let edited = store.update_template(world.upgrade.id, text, 1, by("Ravi"));
    edited.await.unwrap();
    assert_eq!(stale(noted.version).await, "Ravi");
    let acme = world.step(&world.acme, "Upgrade").await;
    let mine = store.override_step(acme.id, "helm -v".into(), acme.version, by("Ana"));
    mine.await.unwrap();
    store.promote_step(acme.id, None, by("Mei")).await.unwrap();
    assert_eq!(stale(noted.version).await, "Mei");
    let moved = store.move_template(world.upgrade.id, Category::Verify, by("Zoe"));
    moved.await.unwrap();
    assert_eq!(stale(noted.version).await, "Zoe");
    // Its copy is done, so it stays when the template goes, and is linked again when the template comes back.
    let done = store.act_on_step(globex.id, StepAction::Done, because(), by("Ana"));
    done.await.unwrap();
    let deleted = store
        .delete_template(world.upgrade.id, None, by("Kim"))
        .await;
    assert_eq!(stale(noted.version).await, "Kim");
    let undone = store.undo(deleted.unwrap().batch_id.unwrap(), by("Lee"));
    undone.await.unwrap();
    assert_eq!(stale(noted.version).await, "Lee");
}

/// What an undo says of the only cell that it left alone.
async fn conflict_by(world: &World, batch: Option<BatchId>) -> Option<String> {
    let undone = world.app.store.undo(batch.unwrap(), world.app.ana());
    let mut undone = undone.await.unwrap();
    assert_eq!(undone.conflicts.len(), 1, "{undone:?}");
    undone.conflicts.remove(0).changed_by
}

#[tokio::test]
async fn a_conflict_names_who_changed_the_template_meanwhile() {
    let world = World::active().await;
    let store = &world.app.store;
    let by = |who: &str| world.app.by(who);
    // A bulk that reopens: pending again, so an edit of the template changes both copies.
    let ids = vec![
        world.id(&world.acme, "Upgrade").await,
        world.id(&world.globex, "Announce").await,
    ];
    let bulk = async |action: StepAction| {
        let done = store.act_on_steps(ids.clone(), action, because(), by("Ana"));
        done.await.unwrap().batch_id
    };
    bulk(StepAction::Start).await;
    let reopened = bulk(StepAction::Reopen).await;
    let text = draft("Upgrade it", "deploy", "bash", "helm upgrade");
    let edited = store.update_template(world.upgrade.id, text, 1, by("Ravi"));
    edited.await.unwrap();
    let by_ravi = conflict_by(&world, reopened).await;
    assert_eq!(by_ravi.as_deref(), Some("Ravi"));
}

#[tokio::test]
async fn a_conflict_names_who_took_the_step_away() {
    let world = World::active().await;
    let store = &world.app.store;
    let by = |who: &str| world.app.by(who);
    let bulk = async |other: StepId| {
        let ids = vec![world.id(&world.acme, "Announce").await, other];
        for action in [StepAction::Start, StepAction::Reopen] {
            let done = store.act_on_steps(ids.clone(), action, because(), by("Ana"));
            let batch = done.await.unwrap().batch_id;
            if action == StepAction::Reopen {
                return batch;
            }
        }
        None
    };
    let batch = bulk(world.id(&world.globex, "Upgrade").await).await;
    let deleted = store
        .delete_template(world.upgrade.id, None, by("Kim"))
        .await;
    deleted.unwrap();
    assert_eq!(conflict_by(&world, batch).await.as_deref(), Some("Kim"));
    let step = world.id(&world.acme, "Announce").await;
    let reopened = store.act_on_step(step, StepAction::Reopen, because(), by("Ana"));
    reopened.await.unwrap();
    let batch = bulk(world.id(&world.initech, "Check").await).await;
    let removed = store.remove_customers(world.june, vec![world.initech.id], by("Lee"));
    removed.await.unwrap();
    assert_eq!(conflict_by(&world, batch).await.as_deref(), Some("Lee"));
}

#[tokio::test]
async fn a_template_that_comes_back_has_a_copy_at_every_member() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let acme = world.step(&world.acme, "Upgrade").await;
    let text = "helm upgrade --acme".to_owned();
    let done = store
        .override_step(acme.id, text, acme.version, ana())
        .await;
    done.unwrap();
    let deleted = store.delete_template(world.upgrade.id, None, ana()).await;
    let batch = deleted.unwrap().batch_id.unwrap();
    // What was kept of Acme's is deleted, and Globex is taken out and put in again.
    store
        .delete_custom_step(acme.id, None, ana())
        .await
        .unwrap();
    let globex = world.globex.id;
    store
        .remove_customers(world.june, vec![globex], ana())
        .await
        .unwrap();
    store
        .add_customers(world.june, vec![globex], ana())
        .await
        .unwrap();
    let undone = store.undo(batch, ana()).await.unwrap();
    assert_eq!(undone.conflicts.len(), 1, "Acme's own text is gone");
    for customer in [&world.acme, &world.globex, &world.initech] {
        let step = world.step(customer, "Upgrade").await;
        assert_eq!(step.template_id, Some(world.upgrade.id));
        assert_eq!(step.content, "curl {{var.HOST}}");
    }
    is_well(&world).await;
}

#[tokio::test]
async fn without_its_override_a_copy_follows_the_template_as_it_is_now() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let step = world.step(&world.acme, "Upgrade").await;
    let done = store.override_step(step.id, "mine".into(), step.version, ana());
    let batch = done.await.unwrap().batch_id.unwrap();
    let edit = draft("Upgrade", "deploy", "bash", "helm upgrade");
    let version = world.upgrade.version;
    let edited = store.update_template(world.upgrade.id, edit, version, ana());
    edited.await.unwrap();
    store.undo(batch, ana()).await.unwrap();
    let step = world.step(&world.acme, "Upgrade").await;
    assert!(!step.is_overridden);
    assert_eq!(step.content, "helm upgrade");
    assert_eq!(step.template_version, Some(version + 1));
    is_well(&world).await;
}

#[tokio::test]
async fn a_conflict_names_who_removed_the_customer() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let edit = draft("Upgrade", "deploy", "bash", "helm upgrade");
    let edited = store.update_template(world.upgrade.id, edit, 1, ana());
    let edited = edited.await.unwrap().batch_id.unwrap();
    let deleted = store.delete_template(world.announce.id, None, ana()).await;
    let deleted = deleted.unwrap().batch_id.unwrap();
    let lee = world.app.by("Lee");
    let removed = store.remove_customers(world.june, vec![world.initech.id], lee.clone());
    removed.await.unwrap();
    let expected = [
        (edited, "Upgrade, Initech was changed since"),
        (deleted, "Announce, Initech: not in the release any more"),
    ];
    for (batch, reason) in expected {
        let undone = store.undo(batch, ana()).await.unwrap();
        let named = undone.conflicts.iter();
        let named: Vec<_> = named
            .map(|it| (it.reason.as_str(), it.changed_by.as_deref()))
            .collect();
        assert_eq!(named, [(reason, Some("Lee"))]);
        assert_eq!(undone.conflicts[0].changed_at, Some(lee.at));
    }
    is_well(&world).await;
}
