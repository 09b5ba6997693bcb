//! View models that several pages share: layout, dashboard, details of clusters, customers, releases and steps, and
//! the results of bulk actions and undo.
use super::{
    actor_stamp::ActorStamp,
    attention::Urgency,
    cluster::{Cluster, ClusterSummary},
    copy::BashFrames,
    customer::{Customer, CustomerSummary},
    event::{Event, HistoryEntry, ListPage},
    id::{ClusterId, CustomerId, EventId, ReleaseId, StepId},
    progress::Progress,
    release::{Release, ReleaseSummary},
    step::CustomerStep,
    template::StepTemplate,
    text_change::{KeptText, TextChange},
    undo::UndoneAction,
    variables::{ResolvedText, Variable},
    via::Via,
    vocabulary::{ReleaseStatus, StepStatus},
    warning::Warning,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What the layout around every page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LayoutInfo {
    /// The caller's name (R20).
    pub actor: String,
    /// `light` or `dark`; none means the system's.
    pub theme: Option<String>,
    #[serde(with = "crate::domain::time_serde")]
    pub now: DateTime<Utc>,
    /// The number of releases.
    pub releases: u32,
    /// The number of active customers.
    pub customers: u32,
    /// The number of active clusters.
    pub clusters: u32,
    /// Whether the caller is a user; false in `open` mode.
    pub is_user: bool,
    /// Whether the caller signed in here, and so can sign out.
    pub has_session: bool,
}

/// The progress of one customer or cluster within a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartProgress {
    /// The id of the customer or cluster.
    pub id: i64,
    pub name: String,
    /// The number of customers; 1 for a customer.
    pub customers: u32,
    pub progress: Progress,
}

/// An active release with its progress by cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActiveRelease {
    pub summary: ReleaseSummary,
    /// The number of cells that the caller has in progress.
    pub own_in_progress: u32,
    pub clusters: Vec<PartProgress>,
    /// The cell that is open, if it is the only one.
    pub last_cell: Option<LastCell>,
}

/// The only open cell of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LastCell {
    pub step_id: StepId,
    /// The number of the step in the customer's list.
    pub number: usize,
    /// The name of the customer.
    pub customer: String,
}

/// A cell that needs attention.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attention {
    pub step_id: StepId,
    pub release_id: ReleaseId,
    /// The name of the step.
    pub step: String,
    pub customer: String,
    pub cluster_id: ClusterId,
    pub cluster: String,
    pub status: StepStatus,
    pub urgency: Urgency,
    /// The reason of a failed or reverted step, or why its run was lost.
    pub reason: Option<String>,
    /// Who set the state.
    pub by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub at: Option<DateTime<Utc>>,
    /// For how many seconds it has been in progress; 0 in another state.
    pub elapsed_seconds: i64,
    /// How many seconds the step usually takes; none if that is not known.
    pub usual_seconds: Option<i64>,
}

/// A variable that open cells of a release use and that has no value for some customers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MissingValue {
    pub release_id: ReleaseId,
    pub release: String,
    /// Its name as texts have it: `var.HOST`, `customer.name`.
    pub variable: String,
    /// The first few customers by name.
    pub customers: Vec<(CustomerId, String)>,
    /// The number of customers without a value.
    pub n_customers: u32,
    /// The clusters of these customers, each once.
    pub clusters: Vec<(ClusterId, String)>,
    /// The number of open cells whose text uses it.
    pub cells: u32,
    /// The newest change that removed the value of one of these customers; none if they never had one (R81).
    pub removed: Option<TextChange>,
}

/// Everything on the dashboard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Dashboard {
    pub clusters: u32,
    pub customers: u32,
    pub releases: u32,
    /// Grouped by release, the release with the most urgent cell first; within a release by urgency, then by time.
    pub attention: Vec<Attention>,
    /// Whether more cells need attention than `attention` lists.
    pub has_more_attention: bool,
    pub missing: Vec<MissingValue>,
    pub active: Vec<ActiveRelease>,
    pub recent: Vec<NamedEvent>,
    /// Whether an export can be imported here: not where people sign in.
    pub can_import: bool,
}

/// An event with the current names of the rows it refers to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NamedEvent {
    pub entry: HistoryEntry,
    /// The number of events in its batch that the list's filter lets through.
    pub in_batch: u32,
    /// The number of customers that these events are about.
    pub customers: u32,
    /// Of several customers' steps: the number of different steps; else 1.
    pub steps: u32,
    /// The number of events in its batch, whatever the filter.
    pub batch_size: u32,
    /// Of an undo: what it undid, or did again.
    pub undid: Option<UndoneAction>,
    /// The name of the row that it is about; none if the row is gone.
    pub subject: Option<String>,
    pub customer: Option<String>,
    pub release: Option<String>,
    pub undo: UndoState,
}

/// How many events the search of the activity page looks at in one go, as it has no index to go by. Reasons are looked for among
/// this number of the newest ones.
pub const SEARCHED_EVENTS_MAX: u32 = 50_000;

impl HistoryEntry {
    /// As pages show it: beside the name of who made the change stands the runner of a run that made it in their name.
    pub fn of_page(event: Event) -> Self {
        let run = event.via.as_ref().and_then(Via::run_in_words);
        let mut entry = Self::from(event);
        if let Some(run) = run {
            entry.actor = format!("{} ({run})", entry.actor);
        }
        entry
    }
}

/// A page of the history, and the newest event that there was when it was read, whatever the filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HistoryPage {
    pub lines: ListPage<NamedEvent>,
    pub newest: EventId,
}

/// Whether a batch can be undone (R16). Rows that changed since are reported by the undo itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UndoState {
    Open,
    Undone,
    /// It has an opposite action instead, or its release is archived or deleted.
    Never,
}

/// The choices of the activity filter, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActivityFilterOptions {
    /// Newest first.
    pub releases: Vec<(ReleaseId, String)>,
    pub clusters: Vec<(ClusterId, String)>,
    pub customers: Vec<(CustomerId, String)>,
    /// The authors of recent events.
    pub people: Vec<String>,
}

/// A cluster with what its page shows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterDetail {
    pub summary: ClusterSummary,
    pub customers: Vec<CustomerSummary>,
    pub releases: Vec<ClusterRelease>,
    pub work: RecordWork,
    /// Who changed it last, and when; none if the history does not have it.
    pub changed: Option<ActorStamp>,
}

/// What the page of a customer or cluster says of its work in active releases.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordWork {
    /// The first of the steps that failed or were reverted, failures first.
    pub failed: Vec<FailedCell>,
    /// The number of all of them.
    pub n_failed: u32,
    pub missing: Vec<RecordGap>,
}

/// A step that failed or was reverted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailedCell {
    pub step_id: StepId,
    pub release_id: ReleaseId,
    pub release: String,
    /// The name of the step.
    pub step: String,
    pub customer: String,
    pub status: StepStatus,
    pub reason: Option<String>,
    pub by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub at: Option<DateTime<Utc>>,
}

/// A variable without a value that open steps of a release use.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordGap {
    pub release_id: ReleaseId,
    pub release: String,
    /// Its name as texts have it: `var.HOST`.
    pub variable: String,
    /// The number of customers without a value.
    pub customers: u32,
    /// The number of open steps that use it.
    pub cells: u32,
    /// The first of them.
    pub step_id: StepId,
}

/// A release with customers of a cluster, and their progress.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterRelease {
    pub id: ReleaseId,
    pub name: String,
    pub status: ReleaseStatus,
    /// The cluster's customers in it.
    pub customers: Vec<CustomerId>,
    pub progress: Progress,
}

/// A customer with every release that it is or was a member of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerDetail {
    pub customer: Customer,
    pub cluster: Cluster,
    pub releases: Vec<CustomerRelease>,
    pub work: RecordWork,
    /// Who changed it last, and when; none if the history does not have it.
    pub changed: Option<ActorStamp>,
}

/// A release of a customer, and the customer's progress in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomerRelease {
    pub release: Release,
    pub progress: Progress,
    /// Who removed the customer from the release, and when; none if it is a member.
    pub removed: Option<ActorStamp>,
}

/// A release with its templates and the number of its members.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseDetail {
    pub release: Release,
    /// The number of members.
    pub customers: u32,
    pub templates: Vec<StepTemplate>,
}

/// A release's progress: the whole, and by customer, cluster and category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseProgress {
    pub progress: Progress,
    pub customers: Vec<PartProgress>,
    pub clusters: Vec<PartProgress>,
    pub categories: Vec<CategoryProgress>,
}

/// The progress of one category.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CategoryProgress {
    pub category: super::vocabulary::Category,
    pub progress: Progress,
}

/// A member of a release.
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
    /// The change that removed the value; none if the customer never had one (R81).
    pub removed: Option<TextChange>,
}

impl Unresolved {
    /// How many steps have no value for a variable, each counted once whatever it lacks. Steps of one template may have one name.
    pub fn n_steps(all: &[Self]) -> usize {
        let mut steps: Vec<(i64, &str, usize)> = Vec::new();
        for it in all {
            for (at, name) in it.step_names.iter().enumerate() {
                let before = it.step_names[..at].iter();
                let nth = before.filter(|other| *other == name).count();
                steps.push((it.customer_id.0, name, nth));
            }
        }
        steps.sort_unstable();
        steps.dedup();
        steps.len()
    }
}

/// What activating a release, or adding customers, would do (R14).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DryRun {
    /// The number of customers that would be added.
    pub customers: u32,
    /// The number of steps that would be created.
    pub cells: u32,
    pub unresolved: Vec<Unresolved>,
    pub warnings: Vec<Warning>,
}

/// One customer's steps in one release, with their texts, in order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerWork {
    pub release: Release,
    pub customer: Customer,
    pub cluster: Cluster,
    pub progress: Progress,
    pub steps: Vec<CustomerStep>,
}

/// One step with everything the panel shows.
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
    /// The text with its variables resolved, as one string.
    pub resolved_content: String,
    /// The SHA-256 of `resolved_content`, as 64 lowercase hexadecimal digits.
    pub resolved_sha256: String,
    /// Of a done step: the text that its event kept.
    pub kept: Option<KeptText>,
    /// What changed in the text since the release was activated; since a done step was done.
    pub changes: Vec<TextChange>,
    /// The names of the variables without a value.
    pub unresolved: Vec<String>,
    pub variables: Vec<Variable>,
    /// What the Copy button puts on the clipboard: the header line, then the text.
    pub copy_text: String,
    /// The frames of a bash step; empty for others.
    pub copy_frames: BashFrames,
    pub warnings: Vec<Warning>,
    /// Newest first.
    pub history: Vec<HistoryEntry>,
}

/// A customer and its cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomerWithCluster {
    pub customer: Customer,
    pub cluster: Cluster,
}

/// A template step, and who changed it last; none if it came with a clone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateDetail {
    pub template: StepTemplate,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// A text that may not be stored yet, with a customer's values and warnings about them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextPreview {
    pub resolved: ResolvedText,
    pub warnings: Vec<Warning>,
}

/// A customer whose values a text can be previewed with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewTarget {
    pub id: CustomerId,
    pub name: String,
    pub cluster: String,
}

/// A step that a bulk action did not change, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotEligible {
    pub id: StepId,
    /// The name of the step.
    pub step: String,
    /// The name of the customer.
    pub customer: String,
    /// A sentence.
    pub reason: String,
}

impl NotEligible {
    /// A step that is unknown, or out of the caller's scope.
    pub fn unknown(id: StepId) -> Self {
        Self {
            id,
            step: String::new(),
            customer: String::new(),
            reason: "step not found".to_owned(),
        }
    }
}

/// The result of a bulk action (R15).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    /// The number of steps that changed.
    pub changed: u32,
    /// The changed steps, so that the page can redraw them without a request.
    pub changed_ids: Vec<StepId>,
    pub not_eligible: Vec<NotEligible>,
    /// Author and time of the change.
    pub stamp: Option<ActorStamp>,
    /// None if nothing changed.
    pub batch_id: Option<super::id::BatchId>,
}
