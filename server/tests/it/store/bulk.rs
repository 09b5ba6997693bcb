//! Tests of the store: bulk actions (R15).
use crate::{
    harness::TestApp,
    world::{World, draft},
};
use app::{
    domain::{
        event::EventFilter,
        id::StepId,
        matrix::{CellIndex, Grid},
        order::Position,
        release::ReleaseDraft,
        step::{CustomerStep, Transition},
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};

#[tokio::test]
async fn eligible_cells_change_and_the_others_are_named_with_the_reason() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let mut ids = Vec::new();
    for customer in [&world.acme, &world.globex, &world.initech] {
        ids.push(world.id(customer, "Upgrade").await);
    }
    ids.extend([ids[0], StepId(999)]);
    let result = store
        .act_on_steps(
            ids.clone(),
            StepAction::Done,
            TransitionOptions::default(),
            ana(),
        )
        .await
        .unwrap();
    assert_eq!(result.changed, 2);
    let named: Vec<_> = result
        .not_eligible
        .iter()
        .map(|it| (it.customer.as_str(), it.reason.as_str()))
        .collect();
    assert_eq!(named[0].0, "Initech");
    assert!(named[0].1.starts_with("var.HOST is not set"));
    assert_eq!(named[1].1, "step not found");
    let again = store
        .act_on_steps(
            ids[..2].to_vec(),
            StepAction::Done,
            TransitionOptions::default(),
            ana(),
        )
        .await
        .unwrap();
    assert_eq!(
        (again.changed, again.not_eligible.len(), again.batch_id),
        (0, 0, None)
    );
}

#[tokio::test]
async fn a_bulk_writes_what_single_transitions_would() {
    let world = World::active().await;
    let store = &world.app.store;
    let path = [
        StepAction::Start,
        StepAction::Fail,
        StepAction::Done,
        StepAction::Revert,
        StepAction::Skip,
        StepAction::Reopen,
    ];
    let step = world.step(&world.acme, "Announce").await;
    let mut expected = step.clone();
    for action in path {
        let ask = TransitionOptions {
            reason: Some("because".into()),
            ..TransitionOptions::default()
        };
        let stamp = world.app.ana();
        let transition = Transition::parse(action, Some("because")).unwrap();
        expected = expected.transition(&transition, &stamp).unwrap().unwrap();
        store
            .act_on_steps(vec![step.id], action, ask, stamp)
            .await
            .unwrap();
        let stored = world.step(&world.acme, "Announce").await;
        let bare = |it: &CustomerStep| CustomerStep {
            version: 0,
            updated_at: step.updated_at,
            ..it.clone()
        };
        assert_eq!(bare(&stored), bare(&expected), "{action}");
    }
}

#[tokio::test]
async fn one_event_a_cell_and_one_batch() {
    let world = World::active().await;
    let store = &world.app.store;
    let ids: Vec<StepId> = world
        .steps(world.acme.id)
        .await
        .iter()
        .map(|it| it.id)
        .collect();
    let result = store
        .act_on_steps(
            ids.clone(),
            StepAction::Done,
            TransitionOptions::default(),
            world.app.ana(),
        )
        .await
        .unwrap();
    let filter = EventFilter {
        batch_id: result.batch_id,
        ..Default::default()
    };
    let events = store.events(filter).await.unwrap().items;
    assert_eq!(events.len(), ids.len());
    assert!(
        world
            .steps(world.acme.id)
            .await
            .iter()
            .all(|it| it.status == StepStatus::Done)
    );
}

#[tokio::test]
async fn empty_notes_clear_in_a_bulk_as_they_do_in_single() {
    let world = World::active().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let names = ["Announce", "Migrate schema", "Upgrade"];
    let mut ids = Vec::new();
    for name in names {
        let step = world.step(&world.acme, name).await;
        let noted = store.note_step(step.id, "slow".into(), step.version, ana());
        noted.await.unwrap();
        ids.push(step.id);
    }
    let with = |notes: Option<&str>| TransitionOptions {
        notes: notes.map(Into::into),
        allow_unresolved: true,
        ..TransitionOptions::default()
    };
    let single = store.act_on_step(ids[0], StepAction::Done, with(Some("")), ana());
    single.await.unwrap();
    for (id, notes) in [(ids[1], Some("")), (ids[2], None)] {
        let bulk = store.act_on_steps(vec![id], StepAction::Done, with(notes), ana());
        assert_eq!(bulk.await.unwrap().changed, 1);
    }
    let mut notes = Vec::new();
    for name in names {
        notes.push(world.step(&world.acme, name).await.notes);
    }
    assert_eq!(notes, [None, None, Some("slow".to_owned())]);
    // The grid says the same.
    let grid = store.matrix(world.june, CellIndex::default()).await;
    let grid = Grid::from(grid.unwrap());
    let has_notes = |id: &StepId| grid.cell(grid.index_of(*id).unwrap()).unwrap().has_notes;
    let has_notes: Vec<bool> = ids.iter().map(has_notes).collect();
    assert_eq!(has_notes, [false, false, true]);
}

#[tokio::test]
async fn a_bulk_over_many_parts_reports_in_the_order_that_was_asked_for() {
    let app = TestApp::new().await;
    let (store, customers) = (&app.store, app.customers(25).await);
    let release = ReleaseDraft {
        name: "June".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, app.ana()).await;
    let release = release.unwrap().row.id;
    for n in 0..12 {
        let step = draft(&format!("step {n}"), "deploy", "bash", "true");
        let added = store.add_template(release, step, Position::Last, app.ana());
        added.await.unwrap();
    }
    let activated = store.activate_release(release, Some(customers.clone()), app.ana());
    activated.await.unwrap();
    let mut ids = Vec::new();
    for customer in customers {
        let work = store.customer_work(release, customer).await.unwrap();
        ids.extend(work.steps.into_iter().map(|it| it.id));
    }
    let done: Vec<StepId> = ids.iter().copied().step_by(7).collect();
    let ask = TransitionOptions::default;
    let finished = store.act_on_steps(done.clone(), StepAction::Done, ask(), app.ana());
    assert_eq!(finished.await.unwrap().changed_ids, done);
    // In an order of its own, with two that are not there and one that is named twice.
    let mut asked: Vec<StepId> = (0..300).map(|n| ids[n * 7 % 300]).collect();
    asked.insert(150, StepId(99_999));
    asked.insert(20, StepId(88_888));
    asked.push(asked[0]);
    let result = store.act_on_steps(asked.clone(), StepAction::Fail, ask(), app.ana());
    assert!(result.await.is_err(), "failing wants a reason");
    let why = TransitionOptions {
        reason: Some("because".into()),
        ..ask()
    };
    let result = store.act_on_steps(asked.clone(), StepAction::Fail, why, app.ana());
    let result = result.await.unwrap();
    asked.pop();
    let is_refused = |it: &StepId| done.contains(it) || it.0 > 50_000;
    let (refused, changed): (Vec<StepId>, Vec<StepId>) =
        asked.iter().partition(|it| is_refused(it));
    assert_eq!(result.changed_ids, changed);
    let named: Vec<StepId> = result.not_eligible.iter().map(|it| it.id).collect();
    assert_eq!(named, refused);
    let filter = EventFilter {
        batch_id: result.batch_id,
        limit: Some(500),
        ..EventFilter::default()
    };
    let events = store.events(filter).await.unwrap().items;
    assert_eq!(events.len(), changed.len());
}
