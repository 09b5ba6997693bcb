//! DTOs of progress: counts of steps by state, of a release and of its parts (`PartProgress`: a customer, a cluster, a
//! category).
use super::enums::{CategorySchema, StepStatusSchema};
use app::{
    domain::progress, domain::summary, domain::vocabulary::Category, domain::vocabulary::StepStatus,
};
use serde::Serialize;
use utoipa::ToSchema;

/// How many steps are in each state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    pub pending: u32,
    pub in_progress: u32,
    pub done: u32,
    pub failed: u32,
    pub skipped: u32,
    pub reverted: u32,
}

/// How far something is.
#[derive(Debug, Serialize, ToSchema)]
pub struct Progress {
    pub total: u32,
    pub counts: Counts,
    /// Done and skipped of all, rounded down; null without steps.
    pub percent: Option<u32>,
    /// The state that most needs attention; null without steps.
    #[schema(value_type = Option<StepStatusSchema>)]
    pub state: Option<StepStatus>,
}

impl From<progress::Progress> for Progress {
    fn from(it: progress::Progress) -> Self {
        let progress::Counts {
            pending,
            in_progress,
            done,
            failed,
            skipped,
            reverted,
        } = it.counts;
        Self {
            total: it.total,
            counts: Counts {
                pending,
                in_progress,
                done,
                failed,
                skipped,
                reverted,
            },
            percent: it.percent,
            state: it.state,
        }
    }
}

/// How far a customer or a cluster is in a release.
#[derive(Debug, Serialize, ToSchema)]
pub struct PartProgress {
    pub id: i64,
    pub name: String,
    /// How many customers it has in the release.
    pub customers: u32,
    #[serde(flatten)]
    pub progress: Progress,
}

impl From<summary::PartProgress> for PartProgress {
    fn from(part: summary::PartProgress) -> Self {
        Self {
            id: part.id,
            name: part.name,
            customers: part.customers,
            progress: part.progress.into(),
        }
    }
}

/// How far a category is in a release.
#[derive(Debug, Serialize, ToSchema)]
pub struct CategoryProgress {
    #[schema(value_type = CategorySchema)]
    pub category: Category,
    #[serde(flatten)]
    pub progress: Progress,
}

/// How far a release is, as a whole and by its parts.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseProgress {
    #[serde(flatten)]
    pub progress: Progress,
    pub customers: Vec<PartProgress>,
    pub clusters: Vec<PartProgress>,
    pub categories: Vec<CategoryProgress>,
}

impl From<summary::ReleaseProgress> for ReleaseProgress {
    fn from(it: summary::ReleaseProgress) -> Self {
        let category = |it: summary::CategoryProgress| CategoryProgress {
            category: it.category,
            progress: it.progress.into(),
        };
        Self {
            progress: it.progress.into(),
            customers: it.customers.into_iter().map(Into::into).collect(),
            clusters: it.clusters.into_iter().map(Into::into).collect(),
            categories: it.categories.into_iter().map(category).collect(),
        }
    }
}
