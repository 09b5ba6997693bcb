//! Preselection of the cluster in the forms for new customers.
use crate::domain::{cluster::ClusterSummary, id::ClusterId};

/// The cluster, if there is exactly one; then there is nothing to choose.
pub fn only_cluster(clusters: &[ClusterSummary]) -> Option<ClusterId> {
    match clusters {
        [only] => Some(only.cluster.id),
        _ => None,
    }
}
