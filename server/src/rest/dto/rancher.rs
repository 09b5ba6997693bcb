//! DTOs of the import from Rancher: what is asked for, what Rancher has, and what became of what was chosen.
use super::enums::{ImportStateSchema, RancherStatusSchema};
use app::domain::{
    customer_import::ImportState,
    rancher::{self, RancherStatus},
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Which part of Rancher; what is left out does not narrow it.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct RancherFilter {
    /// Clusters of Rancher, by name or id.
    clusters: Option<Vec<String>>,
    /// A part of the namespace.
    name: Option<String>,
    /// A label that the namespace has: `key=value`, or `key`; several with commas between them.
    label: Option<String>,
    /// A project, by name or id.
    project: Option<String>,
}

impl From<RancherFilter> for rancher::RancherFilter {
    fn from(body: RancherFilter) -> Self {
        let RancherFilter {
            clusters,
            name,
            label,
            project,
        } = body;
        Self {
            clusters: clusters.unwrap_or_default(),
            name: name.unwrap_or_default(),
            label: label.unwrap_or_default(),
            project: project.unwrap_or_default(),
        }
    }
}

/// A cluster of Rancher, or one that is here and not there.
#[derive(Debug, Serialize, ToSchema)]
pub struct RancherCluster {
    /// Its name in Rancher; of one that is gone, its name here.
    pub name: String,
    /// Rancher's word, such as active or unavailable; null of one that is gone.
    pub state: Option<String>,
    #[schema(value_type = RancherStatusSchema)]
    pub status: RancherStatus,
    /// Why its namespaces could not be read.
    pub problem: Option<String>,
}

/// A namespace of Rancher, or a customer whose namespace is gone from there.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RancherNamespace {
    /// The cluster's name in Rancher.
    pub cluster: String,
    pub namespace: String,
    /// The project's name, or its id if Rancher does not tell the name.
    pub project: Option<String>,
    #[schema(value_type = RancherStatusSchema)]
    pub status: RancherStatus,
    /// Whether it is of the cluster or an add-on, and not of a customer.
    pub is_system: bool,
    /// Why it should be looked at before it is imported, or that the known customer is inactive.
    pub reason: Option<String>,
    /// The known customer, and its name.
    pub customer_id: Option<i64>,
    pub customer: Option<String>,
}

/// The clusters and namespaces that the filter wants, by name.
#[derive(Debug, Serialize, ToSchema)]
pub struct RancherPreview {
    pub clusters: Vec<RancherCluster>,
    pub namespaces: Vec<RancherNamespace>,
}

impl From<rancher::RancherClusterRow> for RancherCluster {
    fn from(row: rancher::RancherClusterRow) -> Self {
        let rancher::RancherClusterRow {
            name,
            state,
            status,
            problem,
        } = row;
        Self {
            name,
            state,
            status,
            problem,
        }
    }
}

impl From<rancher::RancherNamespaceRow> for RancherNamespace {
    fn from(row: rancher::RancherNamespaceRow) -> Self {
        let rancher::RancherNamespaceRow {
            cluster,
            namespace,
            project,
            status,
            is_system,
            reason,
            customer_id,
            customer,
        } = row;
        Self {
            cluster,
            namespace,
            project,
            status,
            is_system,
            reason,
            customer_id: customer_id.map(|it| it.0),
            customer,
        }
    }
}

impl From<rancher::RancherPreview> for RancherPreview {
    fn from(preview: rancher::RancherPreview) -> Self {
        let rancher::RancherPreview {
            clusters,
            namespaces,
        } = preview;
        Self {
            clusters: clusters.into_iter().map(Into::into).collect(),
            namespaces: namespaces.into_iter().map(Into::into).collect(),
        }
    }
}

/// A namespace that is to become a customer.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RancherPick {
    /// The cluster's name in Rancher, or the id.
    cluster: String,
    namespace: String,
    /// The customer's name; without one it is called as the namespace.
    #[schema(max_length = 100)]
    name: Option<String>,
}

/// What is to be imported.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RancherPicks {
    #[serde(default)]
    #[schema(required = true, min_items = 1, max_items = 5000)]
    pub namespaces: Vec<RancherPick>,
}

impl From<RancherPick> for rancher::RancherPick {
    fn from(pick: RancherPick) -> Self {
        let RancherPick {
            cluster,
            namespace,
            name,
        } = pick;
        Self {
            cluster,
            namespace,
            name,
        }
    }
}

/// What became of a namespace that was chosen: a new customer, a known one, which stays as it is, or one that is left out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RancherImportRow {
    pub cluster: String,
    pub namespace: String,
    /// The customer's name.
    pub name: String,
    #[schema(value_type = ImportStateSchema)]
    pub state: ImportState,
    pub reason: Option<String>,
    /// Null if it is left out.
    pub cluster_id: Option<i64>,
    pub customer_id: Option<i64>,
}

impl From<rancher::RancherImportRow> for RancherImportRow {
    fn from(row: rancher::RancherImportRow) -> Self {
        let rancher::RancherImportRow {
            cluster,
            namespace,
            name,
            state,
            reason,
            cluster_id,
            customer_id,
        } = row;
        Self {
            cluster,
            namespace,
            name,
            state,
            reason,
            cluster_id: cluster_id.map(|it| it.0),
            customer_id: customer_id.map(|it| it.0),
        }
    }
}

/// Every namespace that was chosen, and how many customers and clusters were created.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RancherImport {
    pub rows: Vec<RancherImportRow>,
    /// Customers that were created.
    pub created: u32,
    pub clusters_created: u32,
}

impl From<rancher::RancherImport> for RancherImport {
    fn from(done: rancher::RancherImport) -> Self {
        let rancher::RancherImport {
            rows,
            created,
            clusters_created,
        } = done;
        Self {
            rows: rows.into_iter().map(Into::into).collect(),
            created,
            clusters_created,
        }
    }
}
