//! DTOs of addresses that CI reports to, and of what became of a report.
use app::domain::incoming_hook;
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// An address that CI reports to, without its key.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncomingHook {
    pub id: i64,
    pub release_id: i64,
    /// Null is every step of the release.
    pub template_id: Option<i64>,
    /// Who a report is by.
    pub name: String,
    /// Who made it, by the name of that time.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
}

/// An address that was just made.
#[derive(Serialize, ToSchema)]
pub struct NewIncomingHook {
    #[serde(flatten)]
    pub row: IncomingHook,
    /// 256 random bits in hexadecimal digits: they are told this once.
    pub key: String,
    /// The address with the key.
    pub url: String,
}

/// A report of CI. What Jenkins' Notification plugin sends is read too.
#[derive(Debug, Serialize, ToSchema)]
pub struct CiReportBody {
    /// By name, namespace, slug or id.
    pub customer: String,
    /// By name, the number that the customer's list shows, or id. May be left out if the address is of one step.
    #[schema(nullable = false)]
    pub step: Option<String>,
    /// `started`, `done` or `failed`.
    pub status: String,
    /// Of the build. It is kept as evidence.
    #[schema(nullable = false)]
    pub url: Option<String>,
    /// At most 64 KiB. It is kept as evidence.
    #[schema(nullable = false)]
    pub output: Option<String>,
    /// Of a failure; without one it is the `url`.
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// A second report of the same id, step and status changes nothing.
    #[schema(nullable = false)]
    pub id: Option<String>,
}

/// What became of a report.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReportAnswer {
    /// How many steps it changed: 1, or 0 if it was so already.
    pub changed: u32,
}

impl From<incoming_hook::IncomingHook> for IncomingHook {
    fn from(row: incoming_hook::IncomingHook) -> Self {
        let incoming_hook::IncomingHook {
            id,
            release_id,
            template_id,
            name,
            created_by,
            created_at,
        } = row;
        Self {
            id: id.0,
            release_id: release_id.0,
            template_id: template_id.map(|it| it.0),
            name,
            created_by,
            created_at,
        }
    }
}
