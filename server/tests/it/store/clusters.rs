//! Tests of the store: clusters (R3, R5).
use crate::world::World;
use app::{
    domain::{cluster::ClusterDraft, rule_violation::RuleViolation},
    store::error::StoreError,
};

fn named(name: &str) -> ClusterDraft {
    ClusterDraft {
        name: name.into(),
        ..ClusterDraft::default()
    }
}

#[tokio::test]
async fn a_name_is_held_once_also_by_an_inactive_one() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let taken = store
        .create_cluster(named(" eu-west "), ana())
        .await
        .unwrap_err();
    assert!(matches!(
        taken,
        StoreError::Refused(RuleViolation::ClusterNameTaken {
            inactive_id: None,
            ..
        })
    ));
    let spare = store
        .create_cluster(named("spare"), ana())
        .await
        .unwrap()
        .row;
    store.deactivate_cluster(spare.id, ana()).await.unwrap();
    let taken = store
        .create_cluster(named("spare"), ana())
        .await
        .unwrap_err();
    assert!(
        matches!(taken, StoreError::Refused(RuleViolation::ClusterNameTaken { inactive_id: Some(id), .. }) if id == spare.id.0)
    );
}

#[tokio::test]
async fn a_cluster_with_active_customers_stays_and_names_them() {
    let world = World::draft().await;
    let refused = world
        .app
        .store
        .deactivate_cluster(world.eu_west.id, world.app.ana())
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("Acme, Globex"), "{refused}");
}

#[tokio::test]
async fn lists_hide_what_is_inactive_until_asked() {
    let world = World::draft().await;
    let (store, ana) = (&world.app.store, || world.app.ana());
    let spare = store
        .create_cluster(named("spare"), ana())
        .await
        .unwrap()
        .row;
    store.deactivate_cluster(spare.id, ana()).await.unwrap();
    assert_eq!(store.clusters(false).await.unwrap().len(), 2);
    assert_eq!(store.clusters(true).await.unwrap().len(), 3);
    store.restore_cluster(spare.id, ana()).await.unwrap();
    assert_eq!(store.clusters(false).await.unwrap().len(), 3);
}

#[tokio::test]
async fn a_stale_edit_is_refused_with_the_present_row_and_who_changed_it() {
    let world = World::draft().await;
    let store = &world.app.store;
    let version = world.eu_west.version;
    store
        .update_cluster(
            world.eu_west.id,
            named("eu-1"),
            version,
            world.app.by("Jonas"),
        )
        .await
        .unwrap();
    let stale = store
        .update_cluster(world.eu_west.id, named("eu-2"), version, world.app.ana())
        .await
        .unwrap_err();
    let StoreError::Stale(stale) = stale else {
        panic!("{stale}")
    };
    assert!(stale.current.contains(r#""name":"eu-1""#));
    assert_eq!(stale.changed_by.as_deref(), Some("Jonas"));
}

#[tokio::test]
async fn saving_without_a_change_writes_nothing() {
    let world = World::draft().await;
    let store = &world.app.store;
    let saved = store
        .update_cluster(
            world.eu_west.id,
            named("eu-west"),
            world.eu_west.version,
            world.app.ana(),
        )
        .await
        .unwrap();
    assert_eq!(
        (saved.row.version, saved.batch_id),
        (world.eu_west.version, None)
    );
}
