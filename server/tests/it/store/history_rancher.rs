//! The calls about Rancher of the test in `history`: what is compared writes nothing, what is imported is told.
use super::history::{TableWatch, define_call};
use crate::world::World;
use app::domain::rancher::{
    RancherCluster, RancherFilter, RancherListing, RancherNamespace, RancherPick,
};

/// Calls every method about Rancher.
pub(super) async fn call_rancher(world: &World, watch: &mut TableWatch<'_>) {
    let store = &world.app.store;
    let by = || world.app.ana();
    define_call!($ store watch);
    let cluster = RancherCluster {
        name: "from-rancher".into(),
        namespaces: Some(vec![RancherNamespace {
            name: "wayne-prod".into(),
            ..RancherNamespace::default()
        }]),
        ..RancherCluster::default()
    };
    let listing = RancherListing(vec![cluster]);
    let pick = RancherPick {
        cluster: "from-rancher".into(),
        namespace: "wayne-prod".into(),
        name: None,
    };
    call!(preview_rancher(listing.clone(), RancherFilter::default()));
    call!(import_rancher(listing.clone(), vec![pick.clone()], by()));
    call!(import_rancher(listing.clone(), vec![pick], by()));
    call!(import_rancher(listing, vec![], by()));
}
