//! Matches Rancher's clusters and namespaces with the stored ones. A cluster is the one of the same name, else the one with its name
//! in other letters, else the one whose kubectl context is called so, as Rancher's kubeconfigs name their contexts after the cluster.
use super::RancherCluster;
use crate::domain::{
    fold::lowercase,
    id::{ClusterId, CustomerId},
    text::Name,
};
use std::collections::{BTreeMap, BTreeSet};

/// A cluster that is here, active or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RancherKnownCluster {
    pub id: ClusterId,
    pub name: String,
    /// The kubectl context, if it is not called as the cluster is.
    pub context: Option<String>,
    pub is_active: bool,
}

/// A customer that is here, active or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RancherKnownCustomer {
    pub id: CustomerId,
    pub name: String,
    pub is_active: bool,
}

/// What Rancher is compared with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RancherKnown {
    pub clusters: Vec<RancherKnownCluster>,
    /// By cluster and namespace.
    pub customers: BTreeMap<(ClusterId, String), RancherKnownCustomer>,
}

/// Whether a cluster of Rancher may be one that is here.
type MatchesCluster = fn(&RancherCluster, &RancherKnownCluster) -> bool;

impl RancherKnown {
    /// The cluster here of each cluster of Rancher. No two have the same.
    pub fn matched(&self, listed: &[RancherCluster]) -> Vec<Option<&RancherKnownCluster>> {
        let ways: [MatchesCluster; 3] = [
            |theirs, ours| stored_name(&theirs.name) == ours.name,
            |theirs, ours| lowercase(&stored_name(&theirs.name)) == lowercase(&ours.name),
            |theirs, ours| ours.context.as_ref() == Some(&theirs.name),
        ];
        let mut found: Vec<Option<&RancherKnownCluster>> = vec![None; listed.len()];
        let mut taken = BTreeSet::new();
        for is_same in ways {
            for (theirs, found) in listed.iter().zip(&mut found) {
                if found.is_some() {
                    continue;
                }
                let mut free = self.clusters.iter().filter(|it| !taken.contains(&it.id));
                *found = free.find(|it| is_same(theirs, it));
                taken.extend(found.map(|it| it.id));
            }
        }
        found
    }
}

/// A name as it is stored: trimmed and composed.
fn stored_name(name: &str) -> String {
    Name::parse(name).map_or_else(|_| name.to_owned(), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(id: i64, name: &str, context: Option<&str>) -> RancherKnownCluster {
        RancherKnownCluster {
            id: ClusterId(id),
            name: name.to_owned(),
            context: context.map(str::to_owned),
            is_active: true,
        }
    }

    fn theirs(name: &str) -> RancherCluster {
        RancherCluster {
            name: name.to_owned(),
            ..RancherCluster::default()
        }
    }

    #[test]
    fn a_cluster_is_known_by_its_name_or_its_context_and_only_once() {
        let known = RancherKnown {
            clusters: vec![
                ours(1, "prod-eu", Some("rke-eu")),
                ours(2, "Prod-US", None),
                ours(3, "West", Some("rke-west")),
            ],
            ..RancherKnown::default()
        };
        let listed = ["rke-eu", "prod-us", "prod-eu", "rke-west", "new"].map(theirs);
        let found = known.matched(&listed);
        let ids: Vec<_> = found.iter().map(|it| it.map(|it| it.id.0)).collect();
        // `rke-eu` is the context of prod-eu, which is matched by its name.
        assert_eq!(ids, [None, Some(2), Some(1), Some(3), None]);
    }
}
