//! Customers (R5).
use crate::world::World;
use app::{
    domain::{
        customer::CustomerDraft,
        id::ClusterId,
        refusal::{Field, Refusal},
    },
    store::error::StoreError,
};

#[tokio::test]
async fn a_namespace_is_held_once_a_cluster() {
    let world = World::draft().await;
    let (store, ana) = (&world.bench.store, || world.bench.ana());
    let mut draft = CustomerDraft::from(world.acme.clone());
    draft.name = "Acme Two".into();
    let taken = store
        .create_customer(draft.clone(), ana())
        .await
        .unwrap_err();
    assert!(matches!(
        taken,
        StoreError::Refused(Refusal::NamespaceTaken {
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
        StoreError::Refused(Refusal::NamespaceTaken {
            inactive_id: Some(_),
            ..
        })
    ));
}

#[tokio::test]
async fn nobody_moves_into_an_inactive_or_unknown_cluster() {
    let world = World::draft().await;
    let (store, ana) = (&world.bench.store, || world.bench.ana());
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
        StoreError::Refused(Refusal::ClusterInactive { .. })
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
    assert!(invalid.at(Field::Cluster).is_some());
}

#[tokio::test]
async fn an_inactive_customer_stays_in_its_releases() {
    let world = World::active().await;
    world
        .bench
        .store
        .deactivate_customer(world.acme.id, world.bench.ana())
        .await
        .unwrap();
    let detail = world.bench.store.customer(world.acme.id).await.unwrap();
    assert_eq!(detail.releases.len(), 1);
    let members = world.bench.store.members(world.june).await.unwrap();
    assert!(
        members
            .iter()
            .any(|it| it.id == world.acme.id && !it.is_active)
    );
}
