//! Tests of the store: an undo that would delete rows with work (R101). They are conflicts that name who worked on them, or go
//! if that is allowed; a dry run says so, and changes nothing.
use crate::world::{World, draft};
use app::{
    domain::{
        id::{BatchId, StepId},
        order::Position,
        rule_violation::RuleViolation,
        step::CustomerStep,
        template::StepTemplate,
        undo::{RowOutcome, UndoAnswer, UndoPreview},
        vocabulary::{StepAction, StepStatus},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};
use chrono::DateTime;

async fn is_well(world: &World) {
    let findings = world.app.store.check().await.unwrap();
    assert!(findings.is_empty(), "{findings:?}");
}

async fn act(world: &World, step: StepId, action: StepAction, who: &str) {
    let ask = TransitionOptions {
        reason: Some("because".into()),
        ..TransitionOptions::default()
    };
    let done = world
        .app
        .store
        .act_on_step(step, action, ask, world.app.by(who));
    done.await.unwrap();
}

async fn note(world: &World, step: &CustomerStep, who: &str) {
    let by = world.app.by(who);
    let noted = world
        .app
        .store
        .note_step(step.id, "careful".into(), step.version, by);
    noted.await.unwrap();
}

/// A step that was added to the template of the active June by Ana, behind Announce.
async fn added(world: &World) -> (StepTemplate, BatchId) {
    let step = draft("Smoke test", "deploy", "bash", "true");
    let place = Position::After(world.announce.id);
    let added = world
        .app
        .store
        .add_template(world.june, step, place, world.app.ana());
    let added = added.await.unwrap();
    (added.row, added.batch_id.unwrap())
}

/// The same, done for Acme by Jonas, with notes for Globex by Mei, and untouched for Initech.
async fn added_and_worked_on(world: &World) -> BatchId {
    let (_, batch) = added(world).await;
    let acme = world.id(&world.acme, "Smoke test").await;
    act(world, acme, StepAction::Done, "Jonas").await;
    note(world, &world.step(&world.globex, "Smoke test").await, "Mei").await;
    batch
}

/// All steps of all customers, without what a change and its undo leave behind.
async fn everything(world: &World) -> Vec<CustomerStep> {
    let mut steps = Vec::new();
    for customer in [&world.acme, &world.globex, &world.initech] {
        for step in world.steps(customer.id).await {
            steps.push(CustomerStep {
                version: 0,
                template_version: None,
                created_at: DateTime::UNIX_EPOCH,
                updated_at: DateTime::UNIX_EPOCH,
                ..step
            });
        }
    }
    steps
}

const OF_WORK: [(&str, Option<&str>); 2] = [
    ("Smoke test, Acme has work (done)", Some("Jonas")),
    ("Smoke test, Globex has work (notes)", Some("Mei")),
];

#[tokio::test]
async fn rows_with_work_are_conflicts_that_name_who_worked_on_them() {
    let world = World::active().await;
    let batch = added_and_worked_on(&world).await;
    let undone = world.app.store.undo(batch, world.app.ana()).await.unwrap();
    let named = undone.conflicts.iter();
    let named: Vec<_> = named
        .map(|it| (it.reason.as_str(), it.changed_by.as_deref()))
        .collect();
    assert_eq!(named, OF_WORK);
    assert!(undone.conflicts.iter().all(|it| it.changed_at.is_some()));
    assert_eq!(undone.restored, 1);
    // Who worked keeps the step; who did not has lost it.
    let acme = world.step(&world.acme, "Smoke test").await;
    assert_eq!((acme.status, acme.is_custom), (StepStatus::Done, true));
    let globex = world.step(&world.globex, "Smoke test").await;
    assert_eq!(
        (globex.notes.as_deref(), globex.is_custom),
        (Some("careful"), true)
    );
    assert!(!world.names(&world.initech).await.contains(&acme.name));
    is_well(&world).await;
}

#[tokio::test]
async fn with_their_work_they_go_and_come_back_by_a_redo() {
    let world = World::active().await;
    let store = &world.app.store;
    let before = everything(&world).await;
    let batch = added_and_worked_on(&world).await;
    let with_work = everything(&world).await;
    let undone = store.undo_with_work(batch, world.app.by("Kim")).await;
    let undone = undone.unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (1, 0));
    assert_eq!(everything(&world).await, before);
    is_well(&world).await;
    let redone = store.undo(undone.batch_id.unwrap(), world.app.ana()).await;
    let redone = redone.unwrap();
    assert_eq!((redone.restored, redone.conflicts.len()), (3, 0));
    assert_eq!(everything(&world).await, with_work);
    is_well(&world).await;
}

#[tokio::test]
async fn a_custom_step_with_work_is_left_alone_until_its_work_may_go() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let custom = draft("Own", "deploy", "bash", "true");
    let owner = world.acme.id;
    let added = store.add_custom_step(world.june, owner, custom, Position::Last, false, ana());
    let added = added.await.unwrap();
    let batch = added.batch_id.unwrap();
    act(&world, added.row.id, StepAction::Fail, "Jonas").await;
    let refused = store.undo(batch.clone(), ana()).await.unwrap_err();
    let StoreError::Refused(RuleViolation::NothingToUndo { reasons, last }) = refused else {
        panic!("{refused}")
    };
    assert_eq!(reasons, ["Own, Acme has work (failed) by Jonas"]);
    assert_eq!(last.map(|it| it.by).as_deref(), Some("Jonas"));
    assert_eq!(
        world.step(&world.acme, "Own").await.status,
        StepStatus::Failed
    );
    // Reopened it has no work any more, and without the record nothing is lost.
    act(&world, added.row.id, StepAction::Reopen, "Jonas").await;
    note(&world, &world.step(&world.acme, "Own").await, "Mei").await;
    let preview = store.preview_undo(batch.clone(), false, ana()).await;
    let preview = preview.unwrap();
    assert_eq!(preview.restored, 0);
    assert_eq!(preview.with_work[0].changed_by.as_deref(), Some("Mei"));
    store.undo_with_work(batch, ana()).await.unwrap();
    assert!(!world.names(&world.acme).await.contains(&"Own".to_owned()));
    is_well(&world).await;
}

#[tokio::test]
async fn a_step_whose_text_changed_is_no_matter_of_work() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let custom = draft("Own", "deploy", "bash", "true");
    let owner = world.acme.id;
    let added = store.add_custom_step(world.june, owner, custom, Position::Last, false, ana());
    let added = added.await.unwrap();
    let edit = draft("Own", "deploy", "bash", "false");
    let edited = store.edit_custom_step(added.row.id, edit, 1, world.app.by("Jonas"));
    edited.await.unwrap();
    let refused = store.undo_with_work(added.batch_id.unwrap(), ana()).await;
    let StoreError::Refused(RuleViolation::NothingToUndo { reasons, last }) = refused.unwrap_err()
    else {
        panic!()
    };
    assert_eq!(reasons, ["Own, Acme was changed since by Jonas"]);
    assert_eq!(last.map(|it| it.by).as_deref(), Some("Jonas"));
}

#[tokio::test]
async fn a_dry_run_says_what_becomes_of_each_row_and_changes_nothing() {
    let world = World::active().await;
    let store = &world.app.store;
    let batch = added_and_worked_on(&world).await;
    let before = (
        everything(&world).await,
        world.app.database.last_event().await.unwrap(),
    );
    let preview = async |deletes_work| {
        let preview = store.preview_undo(batch.clone(), deletes_work, world.app.ana());
        preview.await.unwrap()
    };
    let rows = |preview: &UndoPreview| -> Vec<(String, RowOutcome, bool)> {
        let rows = preview.rows.iter();
        rows.map(|it| (it.full_name(), it.outcome, it.has_work))
            .collect()
    };
    let row = |name: &str, outcome, has_work| (name.to_owned(), outcome, has_work);
    let kept = preview(false).await;
    let named = kept.with_work.iter();
    let named: Vec<_> = named
        .map(|it| (it.reason.as_str(), it.changed_by.as_deref()))
        .collect();
    assert_eq!(named, OF_WORK);
    assert_eq!((kept.restored, &kept.conflicts), (1, &kept.with_work));
    let expected = [
        row("Smoke test", RowOutcome::Deleted, false),
        row("Smoke test, Acme", RowOutcome::LeftAlone, true),
        row("Smoke test, Globex", RowOutcome::LeftAlone, true),
        row("Smoke test, Initech", RowOutcome::Deleted, false),
    ];
    assert_eq!(rows(&kept), expected);
    let gone = preview(true).await;
    assert_eq!((gone.with_work.len(), gone.conflicts.len()), (2, 0));
    assert_eq!(
        rows(&gone)[1],
        row("Smoke test, Acme", RowOutcome::Deleted, true)
    );
    let after = (
        everything(&world).await,
        world.app.database.last_event().await.unwrap(),
    );
    assert_eq!(after, before);
    // A mark that is undone is told by its states.
    let step = world.id(&world.acme, "Announce").await;
    let ids = vec![step, world.id(&world.globex, "Announce").await];
    let ask = TransitionOptions::default();
    let bulk = store.act_on_steps(ids, StepAction::Done, ask, world.app.ana());
    let bulk = bulk.await.unwrap().batch_id.unwrap();
    act(&world, step, StepAction::Revert, "Jonas").await;
    let preview = store.preview_undo(bulk, false, world.app.ana()).await;
    let says: Vec<_> = preview
        .unwrap()
        .rows
        .into_iter()
        .map(|it| it.becomes)
        .collect();
    assert_eq!(says, ["done → pending", "Announce, Acme was changed since"]);
}

#[tokio::test]
async fn a_page_is_asked_before_work_goes_and_only_then() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let (_, plain) = added(&world).await;
    let answer = store.undo_or_ask(plain, &[], None, ana()).await.unwrap();
    assert!(matches!(answer, UndoAnswer::Done(_)), "{answer:?}");
    let batch = added_and_worked_on(&world).await;
    let before = everything(&world).await;
    let answer = store.undo_or_ask(batch.clone(), &[], None, ana()).await;
    let UndoAnswer::Asks(question) = answer.unwrap() else {
        panic!()
    };
    assert_eq!((question.with_work.n, question.changes.n), (2, 2));
    assert!(question.can_restore && !question.is_redo);
    assert_eq!(everything(&world).await, before);
    let answer = store.undo_or_ask(batch, &[], Some(true), ana()).await;
    let UndoAnswer::Done(result) = answer.unwrap() else {
        panic!()
    };
    let says = "Undid \"Add\" on 1 step: Smoke test. The record changed; clusters are not affected";
    assert_eq!(result.message, says);
}

#[tokio::test]
async fn a_step_that_was_promoted_never_goes_with_its_template() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let custom = draft("Own", "deploy", "bash", "true");
    let owner = world.acme.id;
    let own = store.add_custom_step(world.june, owner, custom, Position::Last, false, ana());
    let own = own.await.unwrap().row.id;
    let promoted = store.promote_step(own, None, ana()).await.unwrap();
    let batch = promoted.batch_id.unwrap();
    act(&world, own, StepAction::Done, "Jonas").await;
    let of_globex = world.id(&world.globex, "Own").await;
    act(&world, of_globex, StepAction::Done, "Jonas").await;
    let undone = store.undo_with_work(batch, ana()).await.unwrap();
    // Acme's step was there before the promotion. Globex got its own by it.
    let named: Vec<_> = undone
        .conflicts
        .iter()
        .map(|it| it.reason.as_str())
        .collect();
    assert_eq!(named, ["Own, Acme was changed since"]);
    let kept = world.step(&world.acme, "Own").await;
    assert_eq!(
        (kept.id, kept.status, kept.is_custom),
        (own, StepStatus::Done, true)
    );
    assert!(!world.names(&world.globex).await.contains(&"Own".to_owned()));
    is_well(&world).await;
}

#[tokio::test]
async fn an_added_template_step_that_was_edited_since_is_left_alone() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let (template, batch) = added(&world).await;
    let edit = draft("Smoke test", "deploy", "bash", "curl -f localhost");
    let edited = store.update_template(template.id, edit, 1, world.app.by("Ravi"));
    edited.await.unwrap();
    for refused in [
        store.undo(batch.clone(), ana()).await,
        store.undo_with_work(batch, ana()).await,
    ] {
        let StoreError::Refused(RuleViolation::NothingToUndo { reasons, last }) =
            refused.unwrap_err()
        else {
            panic!()
        };
        assert_eq!(reasons, ["Smoke test was changed since by Ravi"]);
        assert_eq!(last.map(|it| it.by).as_deref(), Some("Ravi"));
    }
    let step = world.step(&world.acme, "Smoke test").await;
    assert_eq!(step.content, "curl -f localhost");
}
