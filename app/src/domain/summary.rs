//! What several screens show of the whole: the layout's figures, the dashboard, one customer's work, one step's detail.
use super::{
    cluster::{Cluster, ClusterSummary},
    copy::BashFrames,
    customer::{Customer, CustomerSummary},
    event::HistoryEntry,
    id::{CustomerId, ReleaseId, StepId},
    progress::Progress,
    release::{Release, ReleaseSummary},
    step::CustomerStep,
    template::StepTemplate,
    variables::{ResolvedText, Variable},
    vocabulary::{ReleaseStatus, StepStatus},
    warning::Warning,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the frame around every page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutInfo {
    /// Who you are (R20).
    pub actor: String,
    /// `light`, `dark`, or nothing: the system's.
    pub theme: Option<String>,
    #[serde(with = "crate::domain::time_serde")]
    pub now: DateTime<Utc>,
    pub releases: u32,
    pub customers: u32,
    pub clusters: u32,
}

/// The progress of a part of a release, with its name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartProgress {
    pub id: i64,
    pub name: String,
    pub customers: u32,
    pub progress: Progress,
}

/// A release with its progress by cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRelease {
    pub summary: ReleaseSummary,
    pub clusters: Vec<PartProgress>,
}

/// A cell that needs somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    pub step_id: StepId,
    pub release_id: ReleaseId,
    pub step: String,
    pub customer: String,
    pub cluster_id: super::id::ClusterId,
    pub cluster: String,
    pub status: StepStatus,
    pub reason: Option<String>,
    pub by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub at: Option<DateTime<Utc>>,
}

/// A variable that open cells of a release use, and that has no value for some of its customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingValue {
    pub release_id: ReleaseId,
    pub release: String,
    pub variable: String,
    /// The first of them by name.
    pub customers: Vec<(CustomerId, String)>,
    pub n_customers: u32,
    pub cells: u32,
}

/// Everything on `/`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    pub clusters: u32,
    pub customers: u32,
    pub releases: u32,
    /// Work in progress for longer than this needs attention.
    pub stale_hours: u32,
    pub attention: Vec<Attention>,
    /// There is more than `attention` has.
    pub has_more_attention: bool,
    pub missing: Vec<MissingValue>,
    pub active: Vec<ActiveRelease>,
    pub recent: Vec<NamedEvent>,
}

/// An event with the names of what it speaks of, as they are now.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedEvent {
    pub entry: HistoryEntry,
    /// How many events its batch has.
    pub in_batch: u32,
    pub subject: Option<String>,
    pub customer: Option<String>,
    pub release: Option<String>,
    pub undo: UndoState,
}

/// Whether a batch can be undone (R16). If rows have changed since, the undo itself says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UndoState {
    Open,
    Undone,
    /// It has its own opposite, or its release is read-only or gone.
    Never,
}

/// What the history can be narrowed to, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityFilterOptions {
    /// Newest first.
    pub releases: Vec<(ReleaseId, String)>,
    pub clusters: Vec<(super::id::ClusterId, String)>,
    pub customers: Vec<(CustomerId, String)>,
    /// Who has changed something of late.
    pub people: Vec<String>,
}

/// A cluster's page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterDetail {
    pub summary: ClusterSummary,
    pub customers: Vec<CustomerSummary>,
    pub releases: Vec<ClusterRelease>,
}

/// A release that customers of a cluster are in, and how far they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRelease {
    pub id: ReleaseId,
    pub name: String,
    pub status: ReleaseStatus,
    pub customers: u32,
    pub progress: Progress,
}

/// A customer's page: every release that it is part of, with progress, and those that it was.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerDetail {
    pub customer: Customer,
    pub cluster: Cluster,
    pub releases: Vec<CustomerRelease>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRelease {
    pub release: Release,
    pub progress: Progress,
    /// Who took the customer out of it, and when.
    pub removed: Option<super::actor_stamp::ActorStamp>,
}

/// A release's templates, and how many customers have copies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseDetail {
    pub release: Release,
    pub customers: u32,
    pub templates: Vec<StepTemplate>,
}

/// A release's progress as a whole and by its parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseProgress {
    pub progress: Progress,
    pub customers: Vec<PartProgress>,
    pub clusters: Vec<PartProgress>,
    pub categories: Vec<CategoryProgress>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryProgress {
    pub category: super::vocabulary::Category,
    pub progress: Progress,
}

/// A customer in a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    pub id: CustomerId,
    pub name: String,
    pub namespace: String,
    pub cluster: Cluster,
    pub is_active: bool,
    #[serde(with = "crate::domain::time_serde")]
    pub added_at: DateTime<Utc>,
    pub progress: Progress,
}

/// A variable that has no value for a customer, and the steps that use it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Unresolved {
    pub customer_id: CustomerId,
    pub variable: String,
    pub step_names: Vec<String>,
}

/// What activating, or adding customers, would do (R14).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRun {
    pub customers: u32,
    pub cells: u32,
    pub unresolved: Vec<Unresolved>,
    pub warnings: Vec<Warning>,
}

/// One customer's work in one release, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerWork {
    pub release: Release,
    pub customer: Customer,
    pub cluster: Cluster,
    pub progress: Progress,
    pub steps: Vec<CustomerStep>,
}

/// One step with all that the panel shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepDetail {
    pub step: CustomerStep,
    /// Counts from 1 over both categories of the customer's list.
    pub number: u32,
    /// None for a custom step.
    pub template: Option<StepTemplate>,
    pub customer: CustomerWithCluster,
    pub release: Release,
    pub resolved: ResolvedText,
    pub resolved_content: String,
    pub unresolved: Vec<String>,
    pub variables: Vec<Variable>,
    pub copy_text: String,
    /// Of a bash step.
    pub copy_frames: BashFrames,
    pub warnings: Vec<Warning>,
    pub history: Vec<HistoryEntry>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerWithCluster {
    pub customer: Customer,
    pub cluster: Cluster,
}

/// A template step, and who changed it last: none if it came with a clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateDetail {
    pub template: StepTemplate,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// A text that may not be stored yet with a customer's values, and what these bring to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPreview {
    pub resolved: ResolvedText,
    pub warnings: Vec<Warning>,
}

/// Whose values a text can be filled with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewTarget {
    pub id: CustomerId,
    pub name: String,
    pub cluster: String,
}

/// A cell that was not changed, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotEligible {
    pub id: StepId,
    pub step: String,
    pub customer: String,
    pub reason: String,
}

/// What a bulk action did (R15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    pub changed: u32,
    /// Which, so that the page can draw them without asking again.
    pub changed_ids: Vec<StepId>,
    pub not_eligible: Vec<NotEligible>,
    /// Who, and when.
    pub stamp: Option<super::actor_stamp::ActorStamp>,
    pub batch_id: Option<super::id::BatchId>,
}

/// A row that an undo left alone, because it was changed since.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    pub id: i64,
    pub reason: String,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// What an undo did (R16). It changed the record, not the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoResult {
    pub restored: u32,
    pub conflicts: Vec<Conflict>,
    pub batch_id: Option<super::id::BatchId>,
}
