//! DTOs of the table that says which version each customer is on.
use app::domain::customer_version;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer, and the release that it finished last.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerVersion {
    /// The customer's.
    pub id: i64,
    pub name: String,
    pub cluster_id: i64,
    pub cluster: String,
    /// Null if it has not finished any.
    pub finished: Option<FinishedRelease>,
}

/// A release in which every step of a customer is done or skipped.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FinishedRelease {
    pub id: i64,
    pub name: String,
    pub version_number: Option<String>,
    /// When the last step was done or skipped.
    pub finished_at: DateTime<Utc>,
}

impl From<customer_version::CustomerVersion> for CustomerVersion {
    fn from(it: customer_version::CustomerVersion) -> Self {
        let finished = |it: customer_version::FinishedRelease| FinishedRelease {
            id: it.id.0,
            name: it.name,
            version_number: it.version_number,
            finished_at: it.at,
        };
        Self {
            id: it.id.0,
            name: it.customer,
            cluster_id: it.cluster_id.0,
            cluster: it.cluster,
            finished: it.finished.map(finished),
        }
    }
}
