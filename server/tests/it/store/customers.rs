//! Tests of the store: customers (R5).
use crate::world::World;
use app::{
    domain::{
        customer::CustomerDraft,
        id::ClusterId,
        rule_violation::RuleViolation,
        vocabulary::{Field, StepAction},
    },
    store::{error::StoreError, steps::transitions::TransitionOptions},
};

#[tokio::test]
async fn a_namespace_is_held_once_a_cluster() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let mut draft = CustomerDraft::from(world.acme.clone());
    draft.name = "Acme Two".into();
    let taken = store
        .create_customer(draft.clone(), ana())
        .await
        .unwrap_err();
    assert!(matches!(
        taken,
        StoreError::Refused(RuleViolation::NamespaceTaken {
            inactive_id: None,
            ..
        })
    ));
    draft.cluster_id = Some(world.us_east.id);
    assert!(store.create_customer(draft.clone(), ana()).await.is_ok());
    store
        .deactivate_customer(world.acme.id, ana())
        .await
        .unwrap();
    draft.cluster_id = Some(world.eu_west.id);
    let taken = store.create_customer(draft, ana()).await.unwrap_err();
    assert!(matches!(
        taken,
        StoreError::Refused(RuleViolation::NamespaceTaken {
            inactive_id: Some(_),
            ..
        })
    ));
}

#[tokio::test]
async fn nobody_moves_into_an_inactive_or_unknown_cluster() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let mut draft = CustomerDraft {
        namespace: "new".into(),
        ..CustomerDraft::from(world.initech.clone())
    };
    store
        .deactivate_customer(world.initech.id, ana())
        .await
        .unwrap();
    store
        .deactivate_cluster(world.us_east.id, ana())
        .await
        .unwrap();
    let refused = store
        .create_customer(draft.clone(), ana())
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        StoreError::Refused(RuleViolation::ClusterInactive { .. })
    ));
    assert!(
        store
            .restore_customer(world.initech.id, ana())
            .await
            .is_err()
    );
    draft.cluster_id = Some(ClusterId(99));
    let StoreError::Invalid(invalid) = store.create_customer(draft, ana()).await.unwrap_err()
    else {
        panic!()
    };
    assert!(invalid.error_for(Field::Cluster).is_some());
}

#[tokio::test]
async fn an_inactive_customer_stays_in_its_releases() {
    let world = World::active().await;
    world
        .app
        .store
        .deactivate_customer(world.acme.id, world.app.ana())
        .await
        .unwrap();
    let detail = world.app.store.customer(world.acme.id).await.unwrap();
    assert_eq!(detail.releases.len(), 1);
    let members = world.app.store.members(world.june).await.unwrap();
    assert!(
        members
            .iter()
            .any(|it| it.id == world.acme.id && !it.is_active)
    );
}

#[tokio::test]
async fn a_customer_knows_the_release_that_it_was_taken_out_of() {
    let world = World::active().await;
    let (store, globex) = (&world.app.store, world.globex.id);
    store
        .remove_customers(world.june, vec![globex], world.app.by("Jonas"))
        .await
        .unwrap();
    let was = store.customer(globex).await.unwrap().releases;
    assert_eq!(was.len(), 1);
    assert_eq!(was[0].removed.as_ref().unwrap().by, "Jonas");
    assert_eq!(was[0].progress.total, 0);
    let of_eu = store.cluster(world.eu_west.id).await.unwrap().releases;
    assert_eq!(of_eu[0].customers, [world.acme.id]);
    assert_eq!(of_eu[0].progress.total, 4);
    store
        .add_customers(world.june, vec![globex], world.app.ana())
        .await
        .unwrap();
    let is = store.customer(globex).await.unwrap().releases;
    assert_eq!((is[0].removed.clone(), is[0].progress.total), (None, 4));
    let never = store.cluster(world.us_east.id).await.unwrap().releases;
    assert_eq!(never[0].customers, [world.initech.id]);
}

#[tokio::test]
async fn a_customer_is_listed_with_where_it_is_how_far_and_what_is_missing() {
    let world = World::active().await;
    let store = &world.app.store;
    let step = world.id(&world.acme, "Announce").await;
    let options = TransitionOptions::default();
    store
        .act_on_step(step, StepAction::Done, options, world.app.ana())
        .await
        .unwrap();
    let all = store.customers(false).await.unwrap();
    let now = |name: &str| {
        let found = all.iter().find(|it| it.name == name).unwrap();
        found.now.clone().unwrap()
    };
    let acme = now("Acme");
    assert_eq!(
        (acme.release_id, acme.release.as_str()),
        (world.june, "June")
    );
    assert_eq!((acme.counts.done, acme.counts.total()), (1, 4));
    assert_eq!((acme.missing, now("Initech").missing), (0, 1));
    store
        .archive_release(world.june, None, world.app.ana())
        .await
        .unwrap();
    let all = store.customers(false).await.unwrap();
    assert!(all.iter().all(|it| it.now.is_none()));
}
