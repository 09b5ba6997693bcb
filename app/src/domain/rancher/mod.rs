//! Import from Rancher (R65): what Rancher has, which part of it is asked for, and what becomes of it. The server reads Rancher,
//! `preview` and `plan` compare what it found with the clusters and customers that are here.
mod known;
mod plan;
mod preview;

pub use known::{RancherKnown, RancherKnownCluster, RancherKnownCustomer};
pub use plan::{PlannedPlace, RancherPlan, plan};
pub use preview::{RancherClusterRow, RancherNamespaceRow, RancherPreview, preview};

use super::{
    customer_import::ImportState,
    fold::lowercase,
    id::{ClusterId, CustomerId},
    rule_violation::RuleViolation,
};
use serde::{Deserialize, Serialize};
use std::{collections::BTreeMap, future::Future, pin::Pin};

/// How many namespaces one import takes.
pub const RANCHER_PICKS_MAX: usize = 5_000;

words! {
    /// Whether a cluster or a namespace of Rancher is here: it is not yet; it is; it is here, and not in Rancher any more.
    RancherStatus { New = "new", Known = "known", Gone = "gone" }
}

/// A namespace of a cluster in Rancher.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RancherNamespace {
    pub name: String,
    /// As the annotation has it: `c-m-abc:p-xyz`. None if it is in no project.
    pub project_id: Option<String>,
    /// The name of the project, if Rancher tells it.
    pub project: Option<String>,
    pub labels: BTreeMap<String, String>,
    /// Whether Rancher counts it to the system.
    pub is_system: bool,
}

/// A cluster in Rancher.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RancherCluster {
    /// Rancher's id: `c-m-abc`.
    pub id: String,
    pub name: String,
    /// Rancher's word for its state: `active`, `unavailable`.
    pub state: String,
    /// None if they were not asked for, or could not be read.
    pub namespaces: Option<Vec<RancherNamespace>>,
    /// Why they could not be read.
    pub problem: Option<String>,
}

/// All clusters of Rancher, with the namespaces of those that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RancherListing(pub Vec<RancherCluster>);

/// Which part of Rancher is asked for; what is left out does not narrow it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RancherFilter {
    /// Names or ids of clusters in Rancher; all of them if it is empty.
    pub clusters: Vec<String>,
    /// A part of the namespace, in any case of letters.
    pub name: String,
    /// `key=value`, or `key` for any value; with commas between them all must be there.
    pub label: String,
    /// A project, by its name or id.
    pub project: String,
}

impl RancherFilter {
    /// That of the clusters which a choice names.
    pub fn of_picks(picks: &[RancherPick]) -> Self {
        let mut clusters: Vec<String> = picks.iter().map(|it| it.cluster.clone()).collect();
        clusters.sort_unstable();
        clusters.dedup();
        Self {
            clusters,
            ..Self::default()
        }
    }

    /// Whether a cluster of Rancher is asked for.
    pub fn wants(&self, cluster: &RancherCluster) -> bool {
        let names = &self.clusters;
        names.is_empty() || names.iter().any(|it| cluster.is_called(it))
    }
}

impl RancherCluster {
    /// Whether this is its name, in any case of letters, or its id.
    pub fn is_called(&self, text: &str) -> bool {
        let text = text.trim();
        self.id == text || lowercase(&self.name) == lowercase(text)
    }
}

/// A namespace that is to become a customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RancherPick {
    /// The name of its cluster in Rancher, or the id.
    pub cluster: String,
    pub namespace: String,
    /// The customer's name; without one it is called as the namespace.
    #[serde(default)]
    pub name: Option<String>,
}

/// What became of a namespace that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RancherImportRow {
    /// The name of the cluster in Rancher.
    pub cluster: String,
    pub namespace: String,
    /// The customer's name.
    pub name: String,
    pub state: ImportState,
    /// Why it is left out, or that the known customer is inactive.
    pub reason: Option<String>,
    /// None if it is left out.
    pub cluster_id: Option<ClusterId>,
    /// The customer that was created, or was known.
    pub customer_id: Option<CustomerId>,
}

/// Every namespace that was chosen, and how many clusters and customers were created.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RancherImport {
    pub rows: Vec<RancherImportRow>,
    /// The number of customers that were created.
    pub created: u32,
    /// The number of clusters that were created.
    pub clusters_created: u32,
}

/// The answer of a `RancherSource`, once it is there.
pub type RancherReading<'a> =
    Pin<Box<dyn Future<Output = Result<RancherListing, RuleViolation>> + Send + 'a>>;

/// What reads Rancher. The server puts one into each request.
pub trait RancherSource: Send + Sync {
    /// Whether the settings name a Rancher and a token for it.
    fn is_set(&self) -> bool;
    /// Reads all clusters, and the namespaces of those that the filter wants. Errors: the settings are missing; Rancher does not
    /// answer, or says no.
    fn list(&self, filter: RancherFilter) -> RancherReading<'_>;
}
