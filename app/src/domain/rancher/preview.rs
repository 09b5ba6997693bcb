//! Which clusters and namespaces of Rancher are new here, known, or here and gone from Rancher. Only the server compares; the page
//! shows what it is told.
use super::{
    RancherCluster, RancherFilter, RancherKnown, RancherKnownCluster, RancherListing,
    RancherNamespace, RancherStatus,
};
use crate::domain::{
    customer_import::system_namespaces::is_system,
    field_error::FieldError,
    fold::lowercase,
    id::{ClusterId, CustomerId},
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A cluster of Rancher, or one that is here and not there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RancherClusterRow {
    /// Its name in Rancher; of one that is gone, its name here.
    pub name: String,
    /// Rancher's word; none of one that is gone.
    pub state: Option<String>,
    pub status: RancherStatus,
    /// Why its namespaces could not be read.
    pub problem: Option<String>,
}

/// A namespace of Rancher, or a customer whose namespace is gone from there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RancherNamespaceRow {
    /// The name of the cluster in Rancher.
    pub cluster: String,
    pub namespace: String,
    /// The project's name, or its id if Rancher does not tell the name.
    pub project: Option<String>,
    pub status: RancherStatus,
    /// Whether it belongs to the system and not to a customer.
    pub is_system: bool,
    /// Why it is no customer by itself: it is of the system, its cluster is inactive, the known customer is inactive.
    pub reason: Option<String>,
    /// The known customer, and its name.
    pub customer_id: Option<CustomerId>,
    pub customer: Option<String>,
}

/// All clusters and namespaces that the filter wants, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RancherPreview {
    pub clusters: Vec<RancherClusterRow>,
    pub namespaces: Vec<RancherNamespaceRow>,
}

/// Compares what Rancher has with what is here. A customer is gone if its cluster's namespaces were read, and its own is not among
/// them. Errors: a label that is none; clusters that are neither there nor here.
pub fn preview(
    listing: &RancherListing,
    filter: &RancherFilter,
    known: &RancherKnown,
) -> Result<RancherPreview, ValidationErrors> {
    let labels = Labels::parse(&filter.label)?;
    let matched = known.matched(&listing.0);
    let mut preview = RancherPreview::default();
    for (cluster, ours) in listing.0.iter().zip(&matched) {
        if !filter.wants(cluster) {
            continue;
        }
        preview.clusters.push(RancherClusterRow {
            name: cluster.name.clone(),
            state: Some(cluster.state.clone()),
            status: status_of(ours.is_some()),
            problem: cluster.problem.clone(),
        });
        let Some(namespaces) = &cluster.namespaces else {
            continue;
        };
        let inactive = ours
            .filter(|it| !it.is_active)
            .map(|it| inactive_cluster(&it.name));
        for namespace in namespaces {
            if wants_namespace(filter, &labels, namespace) {
                let mut row = row_of(cluster, namespace, ours.map(|it| it.id), known);
                if row.status == RancherStatus::New {
                    row.reason = inactive.clone().or(row.reason);
                }
                preview.namespaces.push(row);
            }
        }
        // What is gone has neither labels nor a project.
        if let Some(ours) = ours.filter(|it| it.is_active)
            && labels.0.is_empty()
            && filter.project.trim().is_empty()
        {
            let there: BTreeSet<&str> = namespaces.iter().map(|it| it.name.as_str()).collect();
            let gone = known.customers.iter().filter(|((at, namespace), it)| {
                *at == ours.id
                    && it.is_active
                    && !there.contains(namespace.as_str())
                    && has_part(namespace, &filter.name)
            });
            let gone = gone.map(|((_, namespace), it)| RancherNamespaceRow {
                cluster: cluster.name.clone(),
                namespace: namespace.clone(),
                project: None,
                status: RancherStatus::Gone,
                is_system: false,
                reason: None,
                customer_id: Some(it.id),
                customer: Some(it.name.clone()),
            });
            preview.namespaces.extend(gone);
        }
    }
    add_gone_clusters(&mut preview, filter, known, &matched_ids(&matched));
    must_know_all(&preview, listing, filter)?;
    preview.clusters.sort_by(|a, b| a.name.cmp(&b.name));
    preview
        .namespaces
        .sort_by(|a, b| (&a.cluster, &a.namespace).cmp(&(&b.cluster, &b.namespace)));
    Ok(preview)
}

fn matched_ids(matched: &[Option<&RancherKnownCluster>]) -> BTreeSet<ClusterId> {
    matched.iter().flatten().map(|it| it.id).collect()
}

/// Active clusters that are here and not in Rancher. Whether Rancher ever had them is not known, so that their customers are not
/// listed.
fn add_gone_clusters(
    preview: &mut RancherPreview,
    filter: &RancherFilter,
    known: &RancherKnown,
    matched: &BTreeSet<ClusterId>,
) {
    let names = &filter.clusters;
    let is_wanted = |name: &str| {
        names.is_empty()
            || names
                .iter()
                .any(|it| lowercase(it.trim()) == lowercase(name))
    };
    let gone = known.clusters.iter();
    let gone = gone.filter(|it| it.is_active && !matched.contains(&it.id) && is_wanted(&it.name));
    preview.clusters.extend(gone.map(|it| RancherClusterRow {
        name: it.name.clone(),
        state: None,
        status: RancherStatus::Gone,
        problem: None,
    }));
}

/// Refuses a filter that names clusters which are neither in Rancher nor here.
fn must_know_all(
    preview: &RancherPreview,
    listing: &RancherListing,
    filter: &RancherFilter,
) -> Result<(), ValidationErrors> {
    let is_known = |name: &String| {
        let small = lowercase(name.trim());
        listing.0.iter().any(|it| it.is_called(name))
            || preview
                .clusters
                .iter()
                .any(|it| lowercase(&it.name) == small)
    };
    let unknown = filter.clusters.iter().filter(|it| !is_known(it));
    let faults: Vec<String> = unknown
        .map(|it| format!("Rancher has no cluster {it}"))
        .collect();
    if faults.is_empty() {
        return Ok(());
    }
    Err(ValidationErrors::one(
        Field::ClusterNames,
        FieldError::Faults { faults },
    ))
}

fn status_of(is_here: bool) -> RancherStatus {
    if is_here {
        RancherStatus::Known
    } else {
        RancherStatus::New
    }
}

/// Why no customer can be created in a cluster.
pub fn inactive_cluster(name: &str) -> String {
    format!("Cluster {name} is inactive. Restore it first")
}

/// What is said of a customer that is known and not active.
pub fn inactive_customer() -> String {
    "Inactive. Restore it to use it again".to_owned()
}

fn row_of(
    cluster: &RancherCluster,
    namespace: &RancherNamespace,
    ours: Option<ClusterId>,
    known: &RancherKnown,
) -> RancherNamespaceRow {
    let customer = ours.and_then(|id| known.customers.get(&(id, namespace.name.clone())));
    let is_system = namespace.is_system || is_system(&namespace.name);
    let reason = match customer {
        Some(it) => (!it.is_active).then(inactive_customer),
        None => is_system.then(|| format!("{} is a system namespace", namespace.name)),
    };
    RancherNamespaceRow {
        cluster: cluster.name.clone(),
        namespace: namespace.name.clone(),
        project: namespace
            .project
            .clone()
            .or_else(|| namespace.project_id.clone()),
        status: status_of(customer.is_some()),
        is_system,
        reason,
        customer_id: customer.map(|it| it.id),
        customer: customer.map(|it| it.name.clone()),
    }
}

/// Whether a text has a part, in any case of letters.
fn has_part(text: &str, part: &str) -> bool {
    lowercase(text).contains(&lowercase(part.trim()))
}

fn wants_namespace(filter: &RancherFilter, labels: &Labels, it: &RancherNamespace) -> bool {
    has_part(&it.name, &filter.name) && labels.are_on(it) && is_in_project(it, &filter.project)
}

/// Whether a namespace is in the project that the text names: by name, whole id (`c-m-abc:p-xyz`), or the id within the cluster.
fn is_in_project(namespace: &RancherNamespace, project: &str) -> bool {
    let project = project.trim();
    if project.is_empty() {
        return true;
    }
    let name = namespace.project.as_deref().map(lowercase);
    let id = namespace.project_id.as_deref().unwrap_or_default();
    let within = id.rsplit(':').next();
    name == Some(lowercase(project)) || id == project || within == Some(project)
}

/// Labels that a namespace must have, each with a value, or with any.
struct Labels(Vec<(String, Option<String>)>);

impl Labels {
    /// Errors: a part without a key, or with `!`, by which kubectl names what must not be there.
    fn parse(text: &str) -> Result<Self, ValidationErrors> {
        let parts = text.split(',').map(str::trim).filter(|it| !it.is_empty());
        let mut labels = Vec::new();
        for part in parts {
            let (key, value) = match part.split_once('=') {
                Some((key, value)) => {
                    let value = value.strip_prefix('=').unwrap_or(value);
                    (key.trim(), Some(value.trim().to_owned()))
                }
                None => (part, None),
            };
            if key.is_empty() || key.contains(['!', ' ', '(']) {
                let faults = vec!["Write a label as key=value, such as team=shop".to_owned()];
                return Err(ValidationErrors::one(
                    Field::Label,
                    FieldError::Faults { faults },
                ));
            }
            labels.push((key.to_owned(), value));
        }
        Ok(Self(labels))
    }

    fn are_on(&self, namespace: &RancherNamespace) -> bool {
        self.0.iter().all(|(key, value)| {
            let found = namespace.labels.get(key);
            found.is_some_and(|it| value.as_ref().is_none_or(|value| value == it))
        })
    }
}

#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::domain::rancher::RancherKnownCustomer;

    /// A namespace with labels, in a project.
    pub fn namespace(name: &str, project: &str, labels: &[(&str, &str)]) -> RancherNamespace {
        let labels = labels.iter();
        RancherNamespace {
            name: name.to_owned(),
            project_id: Some(format!("c-m-eu:p-{project}")),
            project: (project != "x").then(|| format!("Team {project}")),
            labels: labels
                .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
                .collect(),
            is_system: false,
        }
    }

    /// Two clusters, of which one does not answer.
    pub fn listing() -> RancherListing {
        let cluster = |id: &str, name: &str, state: &str| RancherCluster {
            id: id.to_owned(),
            name: name.to_owned(),
            state: state.to_owned(),
            ..RancherCluster::default()
        };
        let eu = RancherCluster {
            namespaces: Some(vec![
                namespace("kube-system", "x", &[]),
                namespace("acme-prod", "shop", &[("team", "shop"), ("tier", "gold")]),
                namespace("acme", "shop", &[("team", "shop")]),
                namespace("globex", "x", &[("team", "ops")]),
            ]),
            ..cluster("c-m-eu", "prod-eu", "active")
        };
        let us = RancherCluster {
            problem: Some("Rancher answers 503".to_owned()),
            ..cluster("c-m-us", "prod-us", "unavailable")
        };
        RancherListing(vec![us, eu])
    }

    /// `prod-eu` with a customer that is in Rancher, one that is gone and one that is inactive; and a cluster that Rancher has not.
    pub fn known() -> RancherKnown {
        let cluster = |id: i64, name: &str| RancherKnownCluster {
            id: ClusterId(id),
            name: name.to_owned(),
            context: None,
            is_active: true,
        };
        let customer = |id: i64, name: &str, is_active: bool| RancherKnownCustomer {
            id: CustomerId(id),
            name: name.to_owned(),
            is_active,
        };
        let at = |namespace: &str| (ClusterId(1), namespace.to_owned());
        RancherKnown {
            clusters: vec![cluster(1, "prod-eu"), cluster(2, "by-hand")],
            customers: [
                (at("acme"), customer(1, "Acme", true)),
                (at("hooli"), customer(2, "Hooli", true)),
                (at("globex"), customer(3, "Globex", false)),
                (at("closed"), customer(4, "Closed", false)),
            ]
            .into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{samples::*, *};

    fn shown(filter: &RancherFilter) -> Vec<String> {
        let preview = preview(&listing(), filter, &known()).unwrap();
        let rows = preview.namespaces.iter();
        rows.map(|it| format!("{} {} {}", it.cluster, it.namespace, it.status))
            .collect()
    }

    #[test]
    fn each_namespace_is_new_known_or_gone() {
        let found = preview(&listing(), &RancherFilter::default(), &known()).unwrap();
        let clusters: Vec<_> = found
            .clusters
            .iter()
            .map(|it| (it.name.as_str(), it.status, it.problem.is_some()))
            .collect();
        assert_eq!(
            clusters,
            [
                ("by-hand", RancherStatus::Gone, false),
                ("prod-eu", RancherStatus::Known, false),
                ("prod-us", RancherStatus::New, true),
            ]
        );
        assert_eq!(
            shown(&RancherFilter::default()),
            [
                "prod-eu acme known",
                "prod-eu acme-prod new",
                "prod-eu globex known",
                "prod-eu hooli gone",
                "prod-eu kube-system new",
            ]
        );
        let row = |name: &str| found.namespaces.iter().find(|it| it.namespace == name);
        let system = row("kube-system").unwrap();
        assert!(system.is_system && system.reason.is_some());
        assert_eq!(system.project.as_deref(), Some("c-m-eu:p-x"));
        let acme = row("acme").unwrap();
        assert_eq!(acme.project.as_deref(), Some("Team shop"));
        assert_eq!(acme.customer.as_deref(), Some("Acme"));
        assert!(row("globex").unwrap().reason.is_some());
    }

    #[test]
    fn a_filter_narrows_by_name_label_project_and_cluster() {
        let by = |name: &str, label: &str, project: &str| {
            shown(&RancherFilter {
                name: name.to_owned(),
                label: label.to_owned(),
                project: project.to_owned(),
                ..RancherFilter::default()
            })
        };
        assert_eq!(
            by("ACME", "", ""),
            ["prod-eu acme known", "prod-eu acme-prod new"]
        );
        assert_eq!(by("hoo", "", ""), ["prod-eu hooli gone"]);
        assert_eq!(by("", "team=shop,tier", ""), ["prod-eu acme-prod new"]);
        assert_eq!(by("", "team==ops", ""), ["prod-eu globex known"]);
        for project in ["team SHOP", "p-shop", "c-m-eu:p-shop"] {
            assert_eq!(by("", "", project).len(), 2, "{project}");
        }
        assert!(by("", "", "shop").is_empty());
        let us = |clusters: &[&str]| RancherFilter {
            clusters: clusters.iter().map(|it| (*it).to_owned()).collect(),
            ..RancherFilter::default()
        };
        assert!(shown(&us(&["c-m-us"])).is_empty());
        assert_eq!(shown(&us(&["Prod-EU"])).len(), 5);
    }

    #[test]
    fn a_wrong_label_and_an_unknown_cluster_are_refused() {
        let refused = |filter: &RancherFilter| preview(&listing(), filter, &known()).unwrap_err();
        for label in ["=shop", "!team", "team in (a)"] {
            let label = label.to_owned();
            let error = refused(&RancherFilter {
                label,
                ..RancherFilter::default()
            });
            assert!(error.error_for(Field::Label).is_some(), "{error}");
        }
        let clusters = vec!["by-hand".to_owned(), "nowhere".to_owned()];
        let error = refused(&RancherFilter {
            clusters,
            ..RancherFilter::default()
        });
        assert_eq!(
            error.to_string(),
            "clusters: Rancher has no cluster nowhere"
        );
    }

    #[test]
    fn nothing_new_can_go_into_an_inactive_cluster() {
        let mut known = known();
        known.clusters[0].is_active = false;
        let found = preview(&listing(), &RancherFilter::default(), &known).unwrap();
        let row = found
            .namespaces
            .iter()
            .find(|it| it.namespace == "acme-prod");
        assert_eq!(
            row.unwrap().reason.as_deref(),
            Some("Cluster prod-eu is inactive. Restore it first")
        );
    }
}
