//! DTOs of single rows: clusters, customers, releases, customers' steps, and events of the history.
use super::{
    enums::{
        CategorySchema, EntitySchema, EventActionSchema, ReleaseStatusSchema, ReleaseTypeSchema,
        StepStatusSchema, StepTypeSchema, VariablesSchema,
    },
    progress::Progress,
};
use app::domain::{
    cluster, customer,
    event::{self, Entity, EventAction},
    metadata::Metadata,
    release::{self},
    step::{self},
    vocabulary::{Category, ReleaseStatus, ReleaseType, StepStatus, StepType},
};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Serialize, Serializer};
use serde_json::Value;
use utoipa::ToSchema;

/// A cluster. Deleting one deactivates it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Cluster {
    pub id: i64,
    pub name: String,
    /// The absolute path of its kubeconfig. Rollcall never opens the file.
    pub kubeconfig_path: Option<String>,
    /// The kubectl context that copied scripts check for. Null: it is called as the cluster is.
    pub context: Option<String>,
    /// How many runs it takes at once.
    pub max_parallel: u32,
    pub description: Option<String>,
    pub is_active: bool,
    #[schema(value_type = VariablesSchema)]
    pub metadata: Metadata,
    /// Counts up with every change; changes name the one that they are based on.
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<cluster::Cluster> for Cluster {
    fn from(row: cluster::Cluster) -> Self {
        let cluster::Cluster {
            id,
            name,
            kubeconfig_path,
            context,
            max_parallel,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id: id.0,
            name,
            kubeconfig_path,
            context,
            max_parallel,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        }
    }
}

/// A cluster, and how many active customers it has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClusterView {
    #[serde(flatten)]
    pub cluster: Cluster,
    pub active_customers: u32,
}

impl From<cluster::ClusterSummary> for ClusterView {
    fn from(summary: cluster::ClusterSummary) -> Self {
        Self {
            cluster: summary.cluster.into(),
            active_customers: summary.active_customers,
        }
    }
}

/// A customer: one namespace of one cluster. Deleting one deactivates it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Customer {
    pub id: i64,
    pub cluster_id: i64,
    pub namespace: String,
    pub name: String,
    pub description: Option<String>,
    pub is_active: bool,
    #[schema(value_type = VariablesSchema)]
    pub metadata: Metadata,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<customer::Customer> for Customer {
    fn from(row: customer::Customer) -> Self {
        let customer::Customer {
            id,
            cluster_id,
            namespace,
            name,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id: id.0,
            cluster_id: cluster_id.0,
            namespace,
            name,
            description,
            is_active,
            metadata,
            version,
            created_at,
            updated_at,
        }
    }
}

/// A customer with its cluster.
#[derive(Debug, Serialize, ToSchema)]
pub struct CustomerView {
    #[serde(flatten)]
    pub customer: Customer,
    pub cluster: Cluster,
}

impl From<(customer::Customer, cluster::Cluster)> for CustomerView {
    fn from((customer, cluster): (customer::Customer, cluster::Cluster)) -> Self {
        Self {
            customer: customer.into(),
            cluster: cluster.into(),
        }
    }
}

/// A release.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Release {
    pub id: i64,
    pub name: String,
    #[serde(rename = "type")]
    #[schema(value_type = ReleaseTypeSchema)]
    pub kind: ReleaseType,
    #[schema(value_type = ReleaseStatusSchema)]
    pub status: ReleaseStatus,
    pub version_number: Option<String>,
    pub release_date: Option<NaiveDate>,
    pub description: Option<String>,
    #[schema(value_type = VariablesSchema)]
    pub metadata: Metadata,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<release::Release> for Release {
    fn from(row: release::Release) -> Self {
        let release::Release {
            id,
            name,
            kind,
            status,
            version_number,
            release_date,
            description,
            metadata,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id: id.0,
            name,
            kind,
            status,
            version_number,
            release_date,
            description,
            metadata,
            version,
            created_at,
            updated_at,
        }
    }
}

/// A release, how many template steps and customers it has, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
pub struct ReleaseView {
    #[serde(flatten)]
    pub release: Release,
    pub templates: u32,
    pub customers: u32,
    pub progress: Progress,
}

impl From<release::ReleaseSummary> for ReleaseView {
    fn from(summary: release::ReleaseSummary) -> Self {
        Self {
            release: summary.release.into(),
            templates: summary.templates,
            customers: summary.customers,
            progress: summary.progress.into(),
        }
    }
}

/// A step of one customer in one release: a cell of the matrix.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Step {
    pub id: i64,
    pub release_id: i64,
    pub customer_id: i64,
    /// Null for a custom step.
    pub template_id: Option<i64>,
    pub name: String,
    #[schema(value_type = CategorySchema)]
    pub category: Category,
    #[serde(rename = "type")]
    #[schema(value_type = StepTypeSchema)]
    pub kind: StepType,
    pub content: String,
    /// Counts from 0 within the category.
    pub order_index: i32,
    #[schema(value_type = StepStatusSchema)]
    pub status: StepStatus,
    pub executed_at: Option<DateTime<Utc>>,
    pub executed_by: Option<String>,
    pub started_at: Option<DateTime<Utc>>,
    pub started_by: Option<String>,
    /// When the present state was set.
    pub state_at: Option<DateTime<Utc>>,
    /// Who set the present state.
    pub state_by: Option<String>,
    pub skip_reason: Option<String>,
    pub fail_reason: Option<String>,
    pub revert_reason: Option<String>,
    pub notes: Option<String>,
    pub is_custom: bool,
    pub is_overridden: bool,
    /// The template's version that the text was based on.
    pub template_version: Option<i64>,
    pub version: i64,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<step::CustomerStep> for Step {
    fn from(row: step::CustomerStep) -> Self {
        let step::CustomerStep {
            id,
            release_id,
            customer_id,
            template_id,
            name,
            category,
            kind,
            content,
            order_index,
            status,
            executed_at,
            executed_by,
            started_at,
            started_by,
            state_at,
            state_by,
            skip_reason,
            fail_reason,
            revert_reason,
            notes,
            is_custom,
            is_overridden,
            template_version,
            version,
            created_at,
            updated_at,
        } = row;
        Self {
            id: id.0,
            release_id: release_id.0,
            customer_id: customer_id.0,
            template_id: template_id.map(|it| it.0),
            name,
            category,
            kind,
            content,
            order_index,
            status,
            executed_at,
            executed_by,
            started_at,
            started_by,
            state_at,
            state_by,
            skip_reason,
            fail_reason,
            revert_reason,
            notes,
            is_custom,
            is_overridden,
            template_version,
            version,
            created_at,
            updated_at,
        }
    }
}

/// A line of the history.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Event {
    pub id: i64,
    /// What was changed together has the same.
    pub batch_id: String,
    #[schema(value_type = EntitySchema)]
    pub entity: Entity,
    pub entity_id: i64,
    pub release_id: Option<i64>,
    pub customer_id: Option<i64>,
    #[schema(value_type = EventActionSchema)]
    pub action: EventAction,
    pub actor: String,
    /// With six decimals, as it is hashed.
    #[serde(serialize_with = "microseconds")]
    pub at: DateTime<Utc>,
    #[schema(value_type = Option<Object>)]
    pub before: Option<Value>,
    #[schema(value_type = Option<Object>)]
    pub after: Option<Value>,
    /// On done: the text as it was shown, without the comment that a copy begins with.
    pub resolved_text: Option<String>,
    /// SHA-256 of that text; on start of the text at that time.
    pub resolved_sha256: Option<String>,
    /// On done: whether the person had that text on the page.
    pub text_shown: Option<bool>,
    /// The batch that this one undid.
    pub undoes: Option<String>,
    /// The user who made the change; null if there was none: in `open` mode, and on the command line.
    pub user_id: Option<i64>,
    /// By what way: `session`, `token {name}`, `proxy`, `cli`, `runner {name}`, `hook {name}` or `import`; null in `open` mode.
    pub via: Option<String>,
    /// SHA-256 in hexadecimal digits of `previousHash`, a line feed, and this event as canonical JSON (RFC 8785) without
    /// `hash`, `previousHash`, `resolvedText` and the members that are null; in `before` and `after` nulls stay, and each
    /// text member `content`, at any depth, counts by its SHA-256 in hexadecimal digits. Null for a caller with a scope.
    pub hash: Option<String>,
    /// The hash of the event before this one; of the first one 64 zeros.
    pub previous_hash: Option<String>,
}

/// The newest event of the history.
#[derive(Debug, Serialize, ToSchema)]
pub struct HistoryHead {
    pub id: i64,
    pub hash: String,
    #[serde(serialize_with = "microseconds_or_none")]
    pub at: Option<DateTime<Utc>>,
    /// Ed25519 of `ID:HASH`, in base64, if heads are signed.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub signature: Option<String>,
}

/// A time with six decimals; what is finer is cut off.
fn microseconds<S: Serializer>(at: &DateTime<Utc>, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&at.format("%Y-%m-%dT%H:%M:%S%.6fZ"))
}

#[expect(clippy::ref_option, reason = "serde hands the field by reference")]
fn microseconds_or_none<S: Serializer>(
    at: &Option<DateTime<Utc>>,
    to: S,
) -> Result<S::Ok, S::Error> {
    match at {
        Some(at) => microseconds(at, to),
        None => to.serialize_none(),
    }
}

impl From<event::Event> for Event {
    fn from(row: event::Event) -> Self {
        let event::Event {
            id,
            batch_id,
            entity,
            entity_id,
            release_id,
            customer_id,
            action,
            actor,
            at,
            before,
            after,
            resolved_text,
            resolved_sha256,
            text_shown,
            undoes,
            user_id,
            via,
            hash,
            previous_hash,
        } = row;
        Self {
            id: id.0,
            batch_id: batch_id.0,
            entity,
            entity_id,
            release_id: release_id.map(|it| it.0),
            customer_id: customer_id.map(|it| it.0),
            action,
            actor,
            at,
            before,
            after,
            resolved_text,
            resolved_sha256,
            text_shown,
            undoes: undoes.map(|it| it.0),
            user_id: user_id.map(|it| it.0),
            via: via.map(|it| it.to_string()),
            hash,
            previous_hash,
        }
    }
}
