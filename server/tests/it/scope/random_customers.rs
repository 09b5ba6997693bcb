//! Clusters and customers of a random world, and how customers move between clusters.
use super::random_world::{RandomCustomer, RandomWorld, marked};
use crate::{model::dice::Dice, people::scope};
use app::domain::{
    cluster::ClusterDraft,
    customer::CustomerDraft,
    id::ClusterId,
    metadata::{Metadata, Value},
};

/// Where a customer is to be, by the numbers of the clusters: in the end, and at first. `is_single`: the scope names it.
struct CustomerPlace {
    home: usize,
    former: usize,
    is_single: bool,
}

fn variables(is_in_scope: bool, twin: usize) -> Metadata {
    let host = marked("host.example", is_in_scope);
    // Never the one in scope: two worlds must not differ in whether a move changed it.
    let port = if is_in_scope { 0 } else { 1 + twin };
    let pairs = [("HOST", host), ("PORT", format!("{port}"))];
    let pairs = pairs.map(|(key, value)| (key.into(), Value::Text(value)));
    Metadata(pairs.into_iter().collect())
}

/// Draws each customer's first and final cluster. The last cluster is hidden: no customer in it is in scope after the moves. In every
/// world the first customer, in scope in 7 of 8 worlds or more, moves from the last cluster to cluster 0, and the last one the other way.
fn places(dice: &mut Dice, last: usize) -> Vec<CustomerPlace> {
    let mut homes = vec![(0, !dice.one_in(8))];
    for cluster in 0..last {
        for _ in 0..=dice.below(2) {
            homes.push((cluster, dice.one_in(3)));
        }
    }
    for _ in 0..=dice.below(2) {
        homes.push((last, false));
    }
    let n_customers = homes.len();
    let places = homes.into_iter().enumerate().map(|(n, (home, is_single))| {
        let moves = dice.one_in(2);
        let other = dice.below(last + 1);
        let former = match n {
            0 => last,
            _ if n + 1 == n_customers => 0,
            _ if moves => other,
            _ => home,
        };
        CustomerPlace {
            home,
            former,
            is_single,
        }
    });
    places.collect()
}

impl RandomWorld {
    /// Clusters, customers where they are at first, and a scope of some of both.
    pub async fn add_customers(&mut self, dice: &mut Dice, twin: usize) {
        let last = 1 + dice.below(2);
        let whole: Vec<bool> = (0..=last).map(|it| dice.one_in(3) && it != last).collect();
        let places = places(dice, last);
        for (n, is_whole) in whole.iter().enumerate() {
            let is_seen = *is_whole || places.iter().any(|it| it.home == n && it.is_single);
            self.add_cluster(n, is_seen, twin).await;
        }
        for (n, place) in places.iter().enumerate() {
            let is_in_scope = whole[place.home] || place.is_single;
            self.add_customer(n, place, is_in_scope, twin).await;
        }
        let clusters = self.clusters.iter().zip(&whole).filter(|it| *it.1);
        let clusters: Vec<ClusterId> = clusters.map(|(it, _)| it.0).collect();
        let singles = self.customers.iter().zip(&places);
        let singles = singles.filter(|(_, of)| of.is_single).map(|(it, _)| it.id);
        self.scope = scope(&clusters, &singles.collect::<Vec<_>>());
    }

    async fn add_cluster(&mut self, n: usize, is_seen: bool, twin: usize) {
        // Not the variables: what is kept of a text that was begun here is its hash, also for a customer that is seen later.
        let of_twin = if is_seen { 0 } else { twin };
        let cluster = ClusterDraft {
            name: marked(&format!("cluster-{n}"), is_seen),
            kubeconfig_path: format!("/etc/{}-{of_twin}", marked("kube", is_seen)),
            metadata: variables(is_seen, 0),
            ..ClusterDraft::default()
        };
        let made = self.app.store.create_cluster(cluster, self.app.ana()).await;
        self.clusters.push((made.unwrap().row.id, is_seen));
    }

    /// A customer in its first cluster. One that moves has the variables of its clusters, and others their own.
    async fn add_customer(
        &mut self,
        n: usize,
        place: &CustomerPlace,
        is_in_scope: bool,
        twin: usize,
    ) {
        let metadata = if place.former == place.home {
            variables(is_in_scope, twin)
        } else {
            Metadata::default()
        };
        let customer = CustomerDraft {
            name: marked(&format!("Customer {n}"), is_in_scope),
            cluster_id: Some(self.clusters[place.former].0),
            namespace: marked(&format!("c{n}"), is_in_scope),
            metadata,
            ..CustomerDraft::default()
        };
        let by = self.by(is_in_scope);
        let made = self.app.store.create_customer(customer, by).await;
        self.customers.push(RandomCustomer {
            id: made.unwrap().row.id,
            is_in_scope,
            home: self.clusters[place.home].0,
        });
    }

    /// Changes a value of the hidden cluster while customers in scope are there, and moves each customer to where it is in the end.
    pub async fn move_customers(&self) {
        let store = &self.app.store;
        let (hidden, _) = self.clusters[self.clusters.len() - 1];
        let cluster = store.cluster(hidden).await.unwrap().summary.cluster;
        let version = cluster.version;
        let mut draft = ClusterDraft::from(cluster);
        let host = Value::Text(marked("other.example", false));
        draft.metadata.0.insert("HOST".into(), host);
        let changed = store.update_cluster(hidden, draft, version, self.app.ana());
        changed.await.unwrap();
        for it in &self.customers {
            let customer = store.customer(it.id).await.unwrap().customer;
            if customer.cluster_id == it.home {
                continue;
            }
            let version = customer.version;
            let draft = CustomerDraft {
                cluster_id: Some(it.home),
                ..customer.into()
            };
            let moved = store.update_customer(it.id, draft, version, self.by(it.is_in_scope));
            moved.await.unwrap();
        }
    }
}
