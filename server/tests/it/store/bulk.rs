//! Tests of the store: bulk actions (R15).
use crate::world::World;
use app::{
    domain::{
        id::StepId,
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
    let filter = app::domain::event::EventFilter {
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
