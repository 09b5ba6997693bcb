//! Which version each customer is on (R107): the release that it finished last.
use super::{
    fold::fold,
    id::{ClusterId, CustomerId, ReleaseId},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// Customers that the dashboard shows before all are asked for.
pub const VERSIONS_SHOWN_MAX: u32 = 20;

/// An active customer, and the release that it finished last: all of its steps there are done or skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerVersion {
    pub id: CustomerId,
    pub customer: String,
    pub cluster_id: ClusterId,
    pub cluster: String,
    /// None if it has not finished a release.
    pub finished: Option<FinishedRelease>,
}

/// A release that a customer finished, and when its last step was done or skipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FinishedRelease {
    pub id: ReleaseId,
    pub name: String,
    pub version_number: Option<String>,
    #[serde(with = "crate::domain::time_serde")]
    pub at: DateTime<Utc>,
}

/// The customers that match a filter: the first of them, and how many there are.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerVersions {
    pub rows: Vec<CustomerVersion>,
    /// The number of customers that match.
    pub found: usize,
    /// The number of all active customers.
    pub total: usize,
}

impl CustomerVersion {
    /// Whether customer, cluster, release or version contains a text that was folded.
    fn matches(&self, folded: &str) -> bool {
        let has = |text: &str| fold(text).contains(folded);
        let finished = self.finished.as_ref();
        has(&self.customer)
            || has(&self.cluster)
            || finished
                .is_some_and(|it| has(&it.name) || it.version_number.as_deref().is_some_and(has))
    }
}

impl CustomerVersions {
    /// The first `limit` customers that match a filter, in their order.
    pub fn select(all: &[CustomerVersion], filter: &str, limit: usize) -> Self {
        let folded = fold(filter.trim());
        let found: Vec<&CustomerVersion> = all
            .iter()
            .filter(|it| folded.is_empty() || it.matches(&folded))
            .collect();
        Self {
            found: found.len(),
            total: all.len(),
            rows: found.into_iter().take(limit).cloned().collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn customer(id: i64, name: &str, release: Option<&str>) -> CustomerVersion {
        CustomerVersion {
            id: CustomerId(id),
            customer: name.to_owned(),
            cluster_id: ClusterId(1),
            cluster: "eu-west".to_owned(),
            finished: release.map(|it| FinishedRelease {
                id: ReleaseId(1),
                name: it.to_owned(),
                version_number: Some("6.0".to_owned()),
                at: DateTime::UNIX_EPOCH,
            }),
        }
    }

    #[test]
    fn a_filter_finds_customers_clusters_releases_and_versions() {
        let all = [
            customer(1, "Acme", Some("June")),
            customer(2, "Müller", None),
        ];
        let found = |filter: &str| {
            let it = CustomerVersions::select(&all, filter, 9);
            let ids: Vec<i64> = it.rows.iter().map(|it| it.id.0).collect();
            (ids, it.found, it.total)
        };
        assert_eq!(found(" muller "), (vec![2], 1, 2));
        assert_eq!(found("june"), (vec![1], 1, 2));
        assert_eq!(found("6.0"), (vec![1], 1, 2));
        assert_eq!(found("EU-west"), (vec![1, 2], 2, 2));
        assert_eq!(found("nobody"), (vec![], 0, 2));
        let first = CustomerVersions::select(&all, "", 1);
        assert_eq!((first.rows.len(), first.found), (1, 2));
    }
}
