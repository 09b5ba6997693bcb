//! DTOs of Rancher's v3 API and of the Kubernetes lists that it passes on, as far as they are read. Members that are not named here are
//! ignored.
use app::domain::rancher::RancherNamespace;
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Set by Rancher on its own namespaces of the cluster that it runs in.
const SYSTEM_NAMESPACE: &str = "management.cattle.io/system-namespace";
/// The label of the project that has a cluster's system namespaces.
const SYSTEM_PROJECT: &str = "authz.management.cattle.io/system-project";
/// The project of a namespace, as `cluster:project`.
const PROJECT_ID: &str = "field.cattle.io/projectId";

/// A page of a list of the v3 API.
#[derive(Debug, Deserialize)]
pub struct V3Collection<T> {
    #[serde(default = "Vec::new")]
    pub data: Vec<T>,
    pub pagination: Option<V3Pagination>,
}

/// Where the next page is.
#[derive(Debug, Deserialize)]
pub struct V3Pagination {
    /// The address of the next page; none, or empty, on the last one.
    pub next: Option<String>,
}

/// A cluster of the v3 API.
#[derive(Debug, Deserialize)]
pub struct V3Cluster {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub state: String,
}

/// A project of the v3 API.
#[derive(Debug, Deserialize)]
pub struct V3Project {
    pub id: String,
    #[serde(default)]
    pub name: String,
    pub labels: Option<BTreeMap<String, String>>,
}

/// A page of the namespaces of a cluster.
#[derive(Debug, Deserialize)]
pub struct KubeNamespaceList {
    pub metadata: KubeListPlace,
    pub items: Vec<KubeNamespace>,
}

/// Where the next page of a list begins.
#[derive(Debug, Deserialize)]
pub struct KubeListPlace {
    /// None, or empty, on the last page.
    #[serde(rename = "continue")]
    pub next: Option<String>,
}

/// A namespace as Kubernetes tells it.
#[derive(Debug, Deserialize)]
pub struct KubeNamespace {
    metadata: KubeMetadata,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KubeMetadata {
    name: String,
    labels: Option<BTreeMap<String, String>>,
    annotations: Option<BTreeMap<String, String>>,
    /// Set while it is being deleted.
    deletion_timestamp: Option<String>,
}

/// Projects by their ids.
#[derive(Debug, Default)]
pub struct RancherProjects(HashMap<String, V3Project>);

impl RancherProjects {
    /// Those of an answer.
    pub fn of(projects: Vec<V3Project>) -> Self {
        Self(projects.into_iter().map(|it| (it.id.clone(), it)).collect())
    }

    /// The namespace with its project; none of one that is being deleted.
    pub fn read(&self, namespace: KubeNamespace) -> Option<RancherNamespace> {
        let KubeMetadata {
            name,
            labels,
            annotations,
            deletion_timestamp,
        } = namespace.metadata;
        if deletion_timestamp.is_some() {
            return None;
        }
        let mut annotations = annotations.unwrap_or_default();
        let project_id = annotations.remove(PROJECT_ID).filter(|it| !it.is_empty());
        let project = project_id.as_ref().and_then(|it| self.0.get(it));
        let is_true = |it: Option<&String>| it.is_some_and(|it| it == "true");
        let of_system_project = project.and_then(|it| it.labels.as_ref()?.get(SYSTEM_PROJECT));
        Some(RancherNamespace {
            name,
            is_system: is_true(annotations.get(SYSTEM_NAMESPACE)) || is_true(of_system_project),
            project: project
                .map(|it| it.name.clone())
                .filter(|it| !it.is_empty()),
            project_id,
            labels: labels.unwrap_or_default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn a_namespace_has_its_project_and_one_that_is_being_deleted_is_passed_over() {
        let project = |id: &str, name: &str, labels: Value| {
            let project = json!({ "id": id, "name": name, "labels": labels, "clusterId": "c-1" });
            serde_json::from_value::<V3Project>(project).unwrap()
        };
        let projects = RancherProjects::of(vec![
            project("c-1:p-1", "Shop", json!(null)),
            project("c-1:p-2", "System", json!({ SYSTEM_PROJECT: "true" })),
        ]);
        let read = |annotations: Value, deleted: Option<&str>| {
            let namespace = json!({ "metadata": {
                "name": "acme", "annotations": annotations, "deletionTimestamp": deleted,
                "managedFields": [{ "manager": "rancher" }],
            }, "status": { "phase": "Active" } });
            projects.read(serde_json::from_value(namespace).unwrap())
        };
        let shop = read(json!({ PROJECT_ID: "c-1:p-1" }), None).unwrap();
        assert_eq!(shop.project.as_deref(), Some("Shop"));
        assert!(!shop.is_system && shop.labels.is_empty());
        assert!(
            read(json!({ PROJECT_ID: "c-1:p-2" }), None)
                .unwrap()
                .is_system
        );
        assert!(
            read(json!({ SYSTEM_NAMESPACE: "true" }), None)
                .unwrap()
                .is_system
        );
        let unknown = read(json!({ PROJECT_ID: "c-1:p-9" }), None).unwrap();
        assert_eq!(unknown.project, None);
        assert_eq!(unknown.project_id.as_deref(), Some("c-1:p-9"));
        assert_eq!(read(json!(null), Some("2026-11-27T10:00:00Z")), None);
    }
}
