//! Tests of the store: what the dashboard puts first, and what it says of missing values.
use crate::{
    harness::TestApp,
    world::{World, draft, metadata},
};
use app::{
    domain::{
        cluster::ClusterDraft,
        customer::CustomerDraft,
        order::Position,
        release::ReleaseDraft,
        text_change::TextChange,
        vocabulary::{StepAction, StepStatus},
    },
    store::steps::transitions::TransitionOptions,
};

#[tokio::test]
async fn newer_reverts_never_hide_older_failures() {
    let app = TestApp::new().await;
    let (store, customers) = (&app.store, app.customers(60).await);
    let release = ReleaseDraft {
        name: "June".into(),
        ..ReleaseDraft::default()
    };
    let release = store.create_release(release, app.ana()).await;
    let release = release.unwrap().row.id;
    let step = draft("Go", "deploy", "text", "Go.");
    let added = store.add_template(release, step, Position::Last, app.ana());
    added.await.unwrap();
    let activated = store.activate_release(release, Some(customers.clone()), app.ana());
    activated.await.unwrap();
    let mut ids = Vec::new();
    for customer in customers {
        let work = store.customer_work(release, customer).await.unwrap();
        ids.push(work.steps[0].id);
    }
    let act = async |cells: &[_], action: StepAction| {
        let because = TransitionOptions {
            reason: Some("because".into()),
            ..TransitionOptions::default()
        };
        let done = store.act_on_steps(cells.to_vec(), action, because, app.ana());
        assert_eq!(done.await.unwrap().changed_ids.len(), cells.len());
    };
    act(&ids[..5], StepAction::Fail).await;
    act(&ids[5..56], StepAction::Done).await;
    act(&ids[5..56], StepAction::Revert).await;
    let dashboard = store.dashboard(app.ana().at).await.unwrap();
    let shown: Vec<StepStatus> = dashboard.attention.iter().map(|it| it.status).collect();
    assert_eq!(shown.len(), 50);
    assert!(shown[..5].iter().all(|it| *it == StepStatus::Failed));
    assert!(shown[5..].iter().all(|it| *it == StepStatus::Reverted));
    assert!(dashboard.has_more_attention);
}

#[tokio::test]
async fn a_missing_value_that_was_there_is_told_with_who_took_it_away() {
    let world = World::draft().await;
    let store = &world.app.store;
    let bare = CustomerDraft {
        metadata: metadata(&[]),
        ..world.acme.clone().into()
    };
    let (acme, version) = (world.acme.id, world.acme.version);
    store
        .update_customer(acme, bare, version, world.app.by("Jonas"))
        .await
        .unwrap();
    let removed = |it: Option<TextChange>| it.map(|it| (it.name, it.by, it.from, it.to));
    let expected = Some((
        "var.HOST".to_owned(),
        "Jonas".to_owned(),
        Some("acme.example".to_owned()),
        None,
    ));
    let both = vec![acme, world.initech.id];
    let dry = store.dry_run(world.june, Some(both.clone())).await.unwrap();
    let told = dry
        .unresolved
        .into_iter()
        .map(|it| (it.customer_id, removed(it.removed)));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [(acme, expected.clone()), (world.initech.id, None)]);
    store
        .activate_release(world.june, Some(both), world.app.ana())
        .await
        .unwrap();
    let dashboard = store.dashboard(world.app.ana().at).await.unwrap();
    let [line] = dashboard.missing.as_slice() else {
        panic!("{:?}", dashboard.missing)
    };
    assert_eq!(
        (line.n_customers, removed(line.removed.clone())),
        (2, expected)
    );
}

#[tokio::test]
async fn a_value_lost_by_a_move_to_another_cluster_is_told() {
    let world = World::draft().await;
    let store = &world.app.store;
    let step = draft("Zone", "deploy", "bash", "zone {{var.ZONE}}");
    let added = store.add_template(world.june, step, Position::Last, world.app.ana());
    added.await.unwrap();
    let zone = ClusterDraft {
        metadata: metadata(&[("ZONE", "z1")]),
        ..world.eu_west.clone().into()
    };
    let (eu_west, version) = (world.eu_west.id, world.eu_west.version);
    let edited = store.update_cluster(eu_west, zone, version, world.app.ana());
    edited.await.unwrap();
    let only = |id| Some(vec![id]);
    store
        .activate_release(world.june, only(world.acme.id), world.app.ana())
        .await
        .unwrap();
    for customer in [&world.acme, &world.globex] {
        let moved = CustomerDraft {
            cluster_id: Some(world.us_east.id),
            ..customer.clone().into()
        };
        let jonas = world.app.by("Jonas");
        let moved = store.update_customer(customer.id, moved, customer.version, jonas);
        moved.await.unwrap();
    }
    // What happens to the value afterwards is none of theirs.
    let zone = ClusterDraft::from(world.eu_west.clone());
    let edited = store.update_cluster(eu_west, zone, version + 1, world.app.ana());
    edited.await.unwrap();
    let removed = |it: Option<TextChange>| it.map(|it| (it.by, it.from, it.to));
    let expected = Some(("Jonas".to_owned(), Some("z1".to_owned()), None));
    let dry_run = store.dry_run(world.june, only(world.globex.id)).await;
    let missing = dry_run.unwrap().unresolved.remove(0);
    assert_eq!(missing.variable, "var.ZONE");
    assert_eq!(removed(missing.removed), expected);
    let dashboard = store.dashboard(world.app.ana().at).await.unwrap();
    let [line] = dashboard.missing.as_slice() else {
        panic!("{:?}", dashboard.missing)
    };
    assert_eq!(line.variable, "var.ZONE");
    assert_eq!(removed(line.removed.clone()), expected);
}
