//! Clusters: Kubernetes clusters that customers' namespaces belong to.
use super::{
    copy::ContextCheck,
    field_error::FieldError,
    id::ClusterId,
    metadata::Metadata,
    rule_violation::RuleViolation,
    text::{Description, KubeconfigPath, KubectlContext, Name},
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::Field,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Default of `max_parallel`: the number of runs that may be claimed or running in a cluster at once (R73).
pub const MAX_PARALLEL_DEFAULT: u32 = 1;
/// Runs that a cluster can be set to take at once.
pub const MAX_PARALLEL_MAX: u32 = 100;

/// What a cluster takes that was written before there were runs.
fn max_parallel_default() -> u32 {
    MAX_PARALLEL_DEFAULT
}

/// A cluster as stored. Clusters are never deleted, only deactivated (R5).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    pub id: ClusterId,
    pub name: String,
    /// The absolute path of a kubeconfig file, as copied texts name it.
    pub kubeconfig_path: Option<String>,
    /// The kubectl context, if it is not called as the cluster is.
    pub context: Option<String>,
    /// How many runs it takes at once.
    #[serde(default = "max_parallel_default")]
    pub max_parallel: u32,
    pub description: Option<String>,
    /// False after a deletion, which keeps the row (R5).
    pub is_active: bool,
    /// Its variables (R18).
    pub metadata: Metadata,
    /// Counts up by one with each change of the row; an edit names the one that it is based on (R3).
    pub version: i64,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
    #[serde(with = "crate::domain::time_serde")]
    pub updated_at: DateTime<Utc>,
}

/// The input of a cluster form, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ClusterDraft {
    pub name: String,
    pub kubeconfig_path: String,
    pub context: String,
    /// A number; empty: 1.
    pub max_parallel: String,
    pub description: String,
    pub metadata: Metadata,
}

/// The fields of a cluster after validation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClusterFields {
    pub name: Name,
    pub kubeconfig_path: Option<KubeconfigPath>,
    pub context: Option<KubectlContext>,
    pub max_parallel: u32,
    pub description: Option<Description>,
    pub metadata: Metadata,
}

impl ClusterDraft {
    /// Validates all fields; the errors name every wrong one.
    pub fn parse(self) -> Result<ClusterFields, ValidationErrors> {
        let mut errors = ErrorCollector::default();
        let name = errors.check(Field::Name, Name::parse(&self.name));
        let path = errors.check(
            Field::KubeconfigPath,
            KubeconfigPath::parse(&self.kubeconfig_path),
        );
        let context = errors.check(Field::Context, KubectlContext::parse(&self.context));
        let max_parallel = errors.check(Field::MaxParallel, parse_max_parallel(&self.max_parallel));
        let description = errors.check(Field::Description, Description::parse(&self.description));
        let metadata = errors.check(Field::Variables, self.metadata.checked());
        errors.finish((|| {
            Some(ClusterFields {
                name: name?,
                kubeconfig_path: path?,
                context: context?,
                max_parallel: max_parallel?,
                description: description?,
                metadata: metadata?,
            })
        })())
    }
}

fn parse_max_parallel(text: &str) -> Result<u32, FieldError> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(MAX_PARALLEL_DEFAULT);
    }
    let number = text.parse::<u32>().ok();
    let number = number.filter(|it| (1..=MAX_PARALLEL_MAX).contains(it));
    number.ok_or(FieldError::NumberOutOfRange {
        min: 1,
        max: MAX_PARALLEL_MAX,
    })
}

impl From<Cluster> for ClusterDraft {
    fn from(cluster: Cluster) -> Self {
        Self {
            name: cluster.name,
            kubeconfig_path: cluster.kubeconfig_path.unwrap_or_default(),
            context: cluster.context.unwrap_or_default(),
            max_parallel: cluster.max_parallel.to_string(),
            description: cluster.description.unwrap_or_default(),
            metadata: cluster.metadata,
        }
    }
}

impl Cluster {
    /// What kubectl must be set to for this cluster's customers (R82).
    pub fn context_check(&self) -> ContextCheck<'_> {
        ContextCheck {
            context: self.context.as_deref().unwrap_or(&self.name),
            kubeconfig: self.kubeconfig_path.as_deref(),
            is_own: self.context.is_some() || self.kubeconfig_path.is_some(),
        }
    }

    /// Refuses to deactivate a cluster that has active customers (R5); the error names them.
    pub fn may_be_deactivated(&self, active_customers: Vec<String>) -> Result<(), RuleViolation> {
        if active_customers.is_empty() {
            return Ok(());
        }
        Err(RuleViolation::ClusterHasCustomers {
            cluster: self.name.clone(),
            names: active_customers,
        })
    }

    /// Refuses to create, move or restore a customer in an inactive cluster.
    pub fn may_take_customers(&self) -> Result<(), RuleViolation> {
        if self.is_active {
            Ok(())
        } else {
            Err(RuleViolation::ClusterInactive {
                cluster: self.name.clone(),
            })
        }
    }

    /// The colour and mark of the cluster, 1 to 32.
    pub fn hue(&self) -> u8 {
        hue(self.id)
    }
}

/// How many colours there are for clusters.
const HUES: i64 = 8;
/// How many marks tell clusters of one colour apart: none, and three kinds of stripes.
const MARKS: i64 = 4;

/// The colour and mark of a cluster, 1 to 32, as the style sheet has them: 1 to 8 are the colours, 9 to 16 the same with the first
/// mark, and so on. It never changes; neighbouring ids get hues that are far apart.
pub fn hue(cluster: ClusterId) -> u8 {
    const ORDER: [u8; 8] = [1, 6, 3, 2, 4, 5, 7, 8];
    let at = (cluster.0 - 1).rem_euclid(HUES * MARKS);
    let hue = ORDER[usize::try_from(at % HUES).unwrap_or_default()];
    hue + 8 * u8::try_from(at / HUES).unwrap_or_default()
}

/// A row of the clusters' list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterSummary {
    pub cluster: Cluster,
    pub active_customers: u32,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::text::CONTEXT_MAX_CHARS;
    use std::collections::BTreeSet;

    #[test]
    fn a_context_is_one_line_or_none() {
        let arn = "arn:aws:eks:eu-west-1:123456789012:cluster/prod";
        let parsed = KubectlContext::parse(&format!(" {arn} ")).unwrap();
        assert_eq!(parsed.unwrap().as_str(), arn);
        assert_eq!(KubectlContext::parse(" "), Ok(None));
        assert!(KubectlContext::parse("a\nb").is_err());
        assert!(KubectlContext::parse(&"a".repeat(CONTEXT_MAX_CHARS + 1)).is_err());
    }

    #[test]
    fn a_cluster_takes_1_to_100_runs_at_once_and_1_if_nobody_says() {
        for (text, number) in [("", 1), (" 7 ", 7), ("100", 100)] {
            assert_eq!(parse_max_parallel(text), Ok(number));
        }
        for text in ["0", "101", "-1", "2.5", "many", "99999999999"] {
            let wrong = parse_max_parallel(text).unwrap_err().to_string();
            assert_eq!(wrong, "Enter a number from 1 to 100", "{text}");
        }
        let earlier = serde_json::json!({
            "id": 1, "name": "eu", "kubeconfigPath": null, "description": null, "isActive": true, "metadata": {},
            "version": 1, "createdAt": "2026-01-01T00:00:00Z", "updatedAt": "2026-01-01T00:00:00Z",
        });
        let earlier: Cluster = serde_json::from_value(earlier).unwrap();
        assert_eq!(earlier.max_parallel, 1);
    }

    #[test]
    fn a_draft_reports_all_its_problems() {
        let draft = ClusterDraft {
            kubeconfig_path: "etc".into(),
            ..ClusterDraft::default()
        };
        let invalid = draft.parse().unwrap_err();
        assert_eq!(invalid.error_for(Field::Name), Some(&FieldError::Missing));
        assert_eq!(
            invalid.error_for(Field::KubeconfigPath),
            Some(&FieldError::PathNotAbsolute)
        );
    }

    #[test]
    fn the_context_is_called_as_the_cluster_unless_it_has_its_own() {
        let mut cluster = Cluster {
            id: ClusterId(1),
            name: "prod-eu".into(),
            kubeconfig_path: Some("/etc/eu.yaml".into()),
            context: None,
            max_parallel: 1,
            description: None,
            is_active: true,
            metadata: Metadata::default(),
            version: 1,
            created_at: DateTime::UNIX_EPOCH,
            updated_at: DateTime::UNIX_EPOCH,
        };
        assert_eq!(cluster.context_check().context, "prod-eu");
        cluster.context = Some("gke_eu".into());
        let check = cluster.context_check();
        assert_eq!(check.context, "gke_eu");
        assert_eq!(check.kubeconfig, Some("/etc/eu.yaml"));
    }

    #[test]
    fn eight_clusters_in_a_row_have_eight_colours() {
        let mut hues: Vec<u8> = (1..=8).map(|id| hue(ClusterId(id))).collect();
        hues.sort_unstable();
        assert_eq!(hues, [1, 2, 3, 4, 5, 6, 7, 8]);
    }

    #[test]
    fn above_eight_a_mark_tells_clusters_of_one_colour_apart() {
        let looks: BTreeSet<u8> = (1..=32).map(|id| hue(ClusterId(id))).collect();
        assert_eq!(looks, (1..=32).collect());
        let of = |id| hue(ClusterId(id));
        assert_eq!((of(1), of(9), of(17), of(25), of(33)), (1, 9, 17, 25, 1));
    }
}
