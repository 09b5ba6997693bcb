//! Tests of the store: what each role may change (R22), that a change names the account (R28), and that scope cuts changes too.
use crate::{
    harness::TestApp,
    people::scope,
    world::{World, draft},
};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        customer_import::ImportRequest,
        event::{Entity, EventFilter},
        evidence::EvidenceDraft,
        id::{EvidenceId, IncomingHookId, ReleaseId, RunnerId, StepId},
        incoming_hook::IncomingHookDraft,
        new_release::{NewSteps, WholeRelease},
        order::Position,
        permission::Role,
        rancher::{RancherFilter, RancherListing},
        release::ReleaseDraft,
        run::RunRequest,
        runner::RunnerDraft,
        saved_view::ViewDraft,
        user::UserDraft,
        value_edit::{ValueEdit, ValuePlace},
        via::Via,
        vocabulary::{Category, Noun, StepAction, StepStatus},
        webhook::WebhookDraft,
    },
    store::{
        Store,
        error::StoreError,
        steps::{step_patch::StepPatch, transitions::TransitionOptions},
    },
};
use std::collections::HashMap;

/// A new release without a name, with the steps of another.
fn clone_of(from: ReleaseId) -> WholeRelease {
    WholeRelease {
        steps: NewSteps::Clone { from, only: None },
        ..WholeRelease::default()
    }
}

/// What a store answers to each change: its name, the lowest role that may make it, and the error. The arguments are such that
/// nothing is changed, whoever asks.
async fn refusals(world: &World, store: &Store) -> Vec<(&'static str, Role, Option<StoreError>)> {
    let mut answers = Vec::new();
    let (june, acme, by) = (world.june, world.acme.id, || world.app.ana());
    let step = world.id(&world.acme, "Upgrade").await;
    let template = world.upgrade.id;
    let eu = world.eu_west.id;
    let wrong = || draft("", "", "", "");
    let ask = TransitionOptions::default;
    let never = || RunRequest {
        version: Some(99),
        ..RunRequest::default()
    };
    let for_all = || ViewDraft {
        for_all: true,
        ..ViewDraft::default()
    };
    let value = |place| ValueEdit {
        place,
        variable: "var.1".into(),
        value: "x".into(),
        replaces: false,
    };
    macro_rules! calls {
        ($($role:ident: $method:ident ( $($argument:expr),* $(,)? );)+) => {$(
            let error = Box::pin(store.$method($($argument),*)).await.err();
            answers.push((stringify!($method), Role::$role, error));
        )+};
    }
    calls! {
        Operator: act_on_step(step, StepAction::Skip, ask(), by());
        Operator: act_on_steps(vec![], StepAction::Start, ask(), by());
        Operator: note_step(step, String::new(), 99, by());
        Operator: override_step(step, String::new(), 99, by());
        Operator: keep_override(step, Some(99), by());
        Operator: reset_step(step, Some(99), by());
        Operator: add_custom_step(june, acme, wrong(), Position::Last, false, by());
        Operator: edit_custom_step(step, wrong(), 99, by());
        Operator: delete_custom_step(step, Some(99), by());
        Operator: patch_step(step, StepPatch::default(), 99, by());
        Operator: move_step(step, Position::Last, Some(99), by());
        Operator: reorder_steps(june, None, acme, Category::Deploy, vec![], by());
        Operator: save_view(for_all(), by());
        Operator: add_evidence(step, EvidenceDraft::output("ok", None).unwrap(), by());
        Operator: delete_evidence(step, EvidenceId(99), by());
        Operator: ask_run(step, never(), by());
        Operator: begin_run_here(step, never(), by());
        Operator: ask_runs(vec![], None, HashMap::new(), by());
        Manager: incoming_hooks(june);
        Manager: create_incoming_hook(june, IncomingHookDraft::default(), by());
        Manager: delete_incoming_hook(IncomingHookId(99), by());
        Manager: create_cluster(ClusterDraft::default(), by());
        Manager: update_cluster(eu, ClusterDraft::default(), 99, by());
        Manager: deactivate_cluster(eu, by());
        Manager: create_customer(CustomerDraft::default(), by());
        Manager: update_customer(acme, CustomerDraft::default(), 99, by());
        Manager: import_customers(ImportRequest::default(), by());
        Manager: preview_rancher(RancherListing::default(), RancherFilter::default());
        Manager: import_rancher(RancherListing::default(), vec![], by());
        Manager: set_values(vec![value(ValuePlace::Customer(acme))], by());
        Manager: set_values(vec![value(ValuePlace::Cluster(eu))], by());
        Manager: set_values(vec![value(ValuePlace::Release(june))], by());
        Manager: create_release(ReleaseDraft::default(), by());
        Manager: create_whole_release(WholeRelease::default(), by());
        Manager: create_whole_release(clone_of(june), by());
        Manager: dry_run_new_release(WholeRelease::default());
        Manager: read_runbook(String::new());
        Manager: update_release(june, ReleaseDraft::default(), 99, by());
        Manager: clone_release(june, String::new(), None, by());
        Manager: delete_draft(june, by());
        Manager: activate_release(june, None, by());
        Manager: dry_run(june, None);
        Manager: add_customers(june, vec![], by());
        Manager: remove_customers(june, vec![], by());
        Manager: archive_release(june, Some(99), by());
        Manager: add_template(june, wrong(), Position::Last, by());
        Manager: update_template(template, wrong(), 99, by());
        Manager: delete_template(template, Some(99), by());
        Manager: place_template(template, Position::Last, by());
        Manager: reorder_templates(june, None, Category::Deploy, vec![], by());
        Manager: import_templates(june, vec![wrong()], by());
        Manager: add_custom_step(june, acme, wrong(), Position::Last, true, by());
        Manager: promote_step(step, Some(99), by());
        Admin: create_user(UserDraft::default(), by());
        Admin: users(true);
        Admin: create_webhook(WebhookDraft::default(), by());
        Admin: webhooks();
        Admin: list_runners();
        Admin: create_runner(RunnerDraft::default(), by());
        Admin: delete_runner(RunnerId(99), by());
        Admin: check();
    }
    let export = store.export(None).await.err();
    answers.push(("export", Role::Admin, export));
    answers
}

#[tokio::test]
async fn each_change_of_the_store_asks_for_the_role_of_the_table() {
    let world = World::active_in(TestApp::with_login().await).await;
    for role in Role::ALL {
        let person = world.app.person(*role, None).await;
        let last = world.app.database.last_event().await.unwrap();
        for (method, needed, error) in refusals(&world, &person.store).await {
            let refused = match &error {
                Some(StoreError::NeedsRole(role)) => Some(*role),
                _ => None,
            };
            let expected = (*role < needed).then_some(needed);
            assert_eq!(refused, expected, "{role}: {method}: {error:?}");
        }
        // Nothing is half done.
        assert_eq!(world.app.database.last_event().await.unwrap(), last);
    }
}

#[tokio::test]
async fn what_is_out_of_scope_is_not_found_before_the_role_is_asked() {
    let world = World::active_in(TestApp::with_login().await).await;
    let step = world.id(&world.initech, "Upgrade").await;
    for role in [Role::Viewer, Role::Operator] {
        let person = world
            .app
            .person(role, scope(&[world.eu_west.id], &[]))
            .await;
        let store = &person.store;
        let noted = store.note_step(step, "x".into(), 1, world.app.ana()).await;
        assert!(
            matches!(noted, Err(StoreError::NotFound(Noun::Step))),
            "{role}: {noted:?}"
        );
        let changed = store
            .update_customer(
                world.initech.id,
                CustomerDraft::default(),
                1,
                world.app.ana(),
            )
            .await;
        assert!(
            matches!(changed, Err(StoreError::NotFound(Noun::Customer))),
            "{changed:?}"
        );
        let moved = store
            .reorder_steps(
                world.june,
                None,
                world.initech.id,
                Category::Deploy,
                vec![],
                world.app.ana(),
            )
            .await;
        assert!(matches!(moved, Err(StoreError::NotFound(_))), "{moved:?}");
    }
}

#[tokio::test]
async fn a_change_names_the_account_and_not_what_the_request_says() {
    let world = World::active_in(TestApp::with_login().await).await;
    let person = world.app.person(Role::Operator, None).await;
    let step = world.step(&world.acme, "Upgrade").await;
    let eve = world.app.by("Eve");
    let noted = person
        .store
        .note_step(step.id, "n".into(), step.version, eve);
    noted.await.unwrap();
    let newest = world
        .app
        .store
        .events(EventFilter::default())
        .await
        .unwrap();
    let newest = &newest.items[0];
    assert_eq!(newest.actor, person.user.name);
    assert_eq!(newest.user_id, Some(person.user.id));
    assert_eq!(newest.via, Some(Via::Session));
    // In `open` mode all is as it was.
    let step = world.step(&world.acme, "Upgrade").await;
    let mei = world.app.by("Mei");
    let noted = world
        .app
        .store
        .note_step(step.id, "m".into(), step.version, mei);
    noted.await.unwrap();
    let newest = world
        .app
        .store
        .events(EventFilter::default())
        .await
        .unwrap();
    let newest = &newest.items[0];
    assert_eq!(
        (newest.actor.as_str(), newest.user_id, &newest.via),
        ("Mei", None, &None)
    );
    assert!(world.app.store.check().await.unwrap().is_empty());
}

/// One change of a cell in scope and of one that is not.
async fn start_both(world: &World) -> (StepId, StepId, app::domain::id::BatchId) {
    let seen = world.id(&world.acme, "Announce").await;
    let hidden = world.id(&world.initech, "Announce").await;
    let ask = TransitionOptions::default();
    let started = world
        .app
        .store
        .act_on_steps(vec![seen, hidden], StepAction::Start, ask, world.app.ana())
        .await
        .unwrap();
    (seen, hidden, started.batch_id.unwrap())
}

async fn status(world: &World, step: StepId) -> StepStatus {
    world.app.store.step_row(step).await.unwrap().status
}

#[tokio::test]
async fn an_undo_touches_counts_and_names_only_cells_in_scope() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (seen, hidden, batch) = start_both(&world).await;
    let eu = scope(&[world.eu_west.id], &[]);
    let operator = world.app.person(Role::Operator, eu.clone()).await;
    let undone = operator
        .store
        .undo(batch.clone(), world.app.ana())
        .await
        .unwrap();
    assert_eq!((undone.restored, undone.conflicts.len()), (1, 0));
    assert_eq!(status(&world, seen).await, StepStatus::Pending);
    assert_eq!(status(&world, hidden).await, StepStatus::InProgress);
    // Of a batch that is out of scope as a whole nothing is there.
    let us = world.app.person(Role::Operator, scope(&[], &[])).await;
    let refused = us.store.undo(batch, world.app.ana()).await;
    assert!(
        matches!(refused, Err(StoreError::NotFound(Noun::Batch))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn an_operator_does_not_undo_a_plan_and_a_viewer_nothing() {
    let world = World::active_in(TestApp::with_login().await).await;
    let (_, _, work) = start_both(&world).await;
    let edited = draft("Announce", "deploy", "text", "Call {{customer.name}}.");
    let edited = world
        .app
        .store
        .update_template(world.announce.id, edited, 1, world.app.ana());
    let plan = edited.await.unwrap().batch_id.unwrap();
    for (role, batch, needed) in [
        (Role::Viewer, &work, Role::Operator),
        (Role::Operator, &plan, Role::Manager),
    ] {
        let person = world.app.person(role, None).await;
        let refused = person.store.undo(batch.clone(), world.app.ana()).await;
        let is_refused = matches!(&refused, Err(StoreError::NeedsRole(it)) if *it == needed);
        assert!(is_refused, "{role}: {refused:?}");
    }
    let manager = world.app.person(Role::Manager, None).await;
    manager.store.undo(plan, world.app.ana()).await.unwrap();
}

#[tokio::test]
async fn in_bulk_a_step_out_of_scope_is_an_unknown_one() {
    let world = World::active_in(TestApp::with_login().await).await;
    let hidden = world.id(&world.initech, "Announce").await;
    let operator = world
        .app
        .person(Role::Operator, scope(&[world.eu_west.id], &[]))
        .await;
    let ask = |id| {
        let options = TransitionOptions::default();
        operator
            .store
            .act_on_steps(vec![id], StepAction::Start, options, world.app.ana())
    };
    let mut answers = [
        ask(hidden).await.unwrap(),
        ask(StepId(99_999)).await.unwrap(),
    ];
    assert_eq!(answers[0].changed, 0);
    answers[0].not_eligible[0].id = StepId(99_999);
    assert_eq!(answers[0].not_eligible, answers[1].not_eligible);
    assert_eq!(status(&world, hidden).await, StepStatus::Pending);
}

#[tokio::test]
async fn events_of_people_are_for_admins() {
    let world = World::active_in(TestApp::with_login().await).await;
    let entities = async |store: &Store| {
        let filter = EventFilter {
            limit: Some(200),
            ..EventFilter::default()
        };
        let events = store.events(filter).await.unwrap().items;
        let of_people = [
            Entity::User,
            Entity::Session,
            Entity::Token,
            Entity::Webhook,
            Entity::Runner,
        ];
        events
            .iter()
            .filter(|it| of_people.contains(&it.entity))
            .count()
    };
    for role in Role::ALL {
        let person = world.app.person(*role, None).await;
        let seen = entities(&person.store).await;
        assert_eq!(seen > 0, *role == Role::Admin, "{role}: {seen}");
    }
}

#[tokio::test]
async fn a_member_event_names_and_counts_who_is_in_scope() {
    let world = World::active_in(TestApp::with_login().await).await;
    let viewer = world
        .app
        .person(Role::Viewer, scope(&[], &[world.acme.id]))
        .await;
    let filter = EventFilter {
        entity: Some(Entity::Release),
        ..EventFilter::default()
    };
    let events = viewer.store.events(filter).await.unwrap().items;
    let activated = events.iter().find(|it| {
        it.after
            .as_ref()
            .is_some_and(|it| it.get("cells").is_some())
    });
    let after = activated.unwrap().after.clone().unwrap();
    assert_eq!(after["customerIds"], serde_json::json!([world.acme.id]));
    assert_eq!(after["cells"], 4);
    assert!(
        events
            .iter()
            .all(|it| it.hash.is_none() && it.previous_hash.is_none())
    );
    // The head is of all events, so it is for people without a scope.
    let head = viewer.store.head().await;
    assert!(matches!(head, Err(StoreError::NeedsAll)), "{head:?}");
}
