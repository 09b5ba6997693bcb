//! Row of `runs`: a step's text that is carried out. Lists read it without the text.
use super::parse_word;
use crate::{
    domain::{
        id::{ClusterId, CustomerId, ReleaseId, RunId, StepId, UserId},
        run::Run,
    },
    store::error::StoreError,
};
use sea_orm::{FromQueryResult, QuerySelect, Select, entity::prelude::*};
use std::{fmt, num::TryFromIntError};

const TABLE: &str = "runs";

/// A row of the table.
#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "runs")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// No foreign key: a step that was deleted comes back by an undo.
    pub step_id: i64,
    pub release_id: i64,
    pub customer_id: i64,
    /// No foreign key either.
    pub cluster_id: i64,
    /// The step's id until the run is over: a step has one such run at most.
    #[sea_orm(unique)]
    pub open_step_id: Option<i64>,
    pub kind: String,
    pub text: String,
    pub text_sha256: String,
    pub step_version: i64,
    pub state: String,
    pub asked_by: String,
    pub asked_by_user: Option<i64>,
    /// What `Caller::person` says of who asked.
    pub owner: String,
    /// None while it is queued, and of a runner that was deleted.
    pub runner_id: Option<i64>,
    /// The runner's name.
    pub runner: Option<String>,
    /// By `rollcall run`: no runner fetches it.
    pub is_here: bool,
    /// The SHA-256 of the lease of who has it, in hexadecimal digits.
    pub lease_sha256: Option<String>,
    pub lease_until: Option<DateTimeUtc>,
    pub asked_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    pub exit_code: Option<i32>,
    pub signal: Option<String>,
    pub timeout_seconds: i32,
    pub output_bytes: i64,
    pub output_cut: bool,
    pub output_sha256: Option<String>,
    pub reason: Option<String>,
    pub cancel_by: Option<String>,
    pub cancel_at: Option<DateTimeUtc>,
    /// JSON: the step as it was before its start.
    pub step_before: String,
    /// Of the change that started the step.
    pub batch_id: String,
    pub jenkins_job: Option<String>,
    /// JSON.
    pub jenkins_parameters: Option<String>,
    pub jenkins_url: Option<String>,
    pub version: i64,
}

/// Without the text, which belongs into no log.
impl fmt::Debug for Model {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "runs::Model {{ id: {}, step_id: {}, state: {:?}, version: {}, .. }}",
            self.id, self.step_id, self.state, self.version
        )
    }
}

/// Relations are not loaded through entities.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A row without its text, for lists.
#[derive(Clone, Debug, FromQueryResult)]
pub struct BriefRun {
    pub id: i64,
    pub step_id: i64,
    pub release_id: i64,
    pub customer_id: i64,
    pub cluster_id: i64,
    pub kind: String,
    pub text_sha256: String,
    pub step_version: i64,
    pub state: String,
    pub asked_by: String,
    pub asked_by_user: Option<i64>,
    pub runner: Option<String>,
    pub asked_at: DateTimeUtc,
    pub started_at: Option<DateTimeUtc>,
    pub ended_at: Option<DateTimeUtc>,
    pub exit_code: Option<i32>,
    pub signal: Option<String>,
    pub timeout_seconds: i32,
    pub output_bytes: i64,
    pub output_cut: bool,
    pub output_sha256: Option<String>,
    pub reason: Option<String>,
    pub cancel_by: Option<String>,
    pub jenkins_url: Option<String>,
    pub version: i64,
}

/// The columns of a `BriefRun`.
const BRIEF_COLUMNS: [Column; 25] = [
    Column::Id,
    Column::StepId,
    Column::ReleaseId,
    Column::CustomerId,
    Column::ClusterId,
    Column::Kind,
    Column::TextSha256,
    Column::StepVersion,
    Column::State,
    Column::AskedBy,
    Column::AskedByUser,
    Column::Runner,
    Column::AskedAt,
    Column::StartedAt,
    Column::EndedAt,
    Column::ExitCode,
    Column::Signal,
    Column::TimeoutSeconds,
    Column::OutputBytes,
    Column::OutputCut,
    Column::OutputSha256,
    Column::Reason,
    Column::CancelBy,
    Column::JenkinsUrl,
    Column::Version,
];

/// The same query, for rows without their text.
pub fn brief(query: Select<Entity>) -> Select<Entity> {
    query.select_only().columns(BRIEF_COLUMNS)
}

impl TryFrom<BriefRun> for Run {
    type Error = StoreError;
    fn try_from(row: BriefRun) -> Result<Self, StoreError> {
        let corrupt = |error: TryFromIntError| StoreError::corrupt(TABLE, error);
        Ok(Self {
            id: RunId(row.id),
            step_id: StepId(row.step_id),
            release_id: ReleaseId(row.release_id),
            customer_id: CustomerId(row.customer_id),
            cluster_id: ClusterId(row.cluster_id),
            kind: parse_word(TABLE, &row.kind)?,
            text: String::new(),
            text_sha256: row.text_sha256,
            step_version: row.step_version,
            state: parse_word(TABLE, &row.state)?,
            asked_by: row.asked_by,
            asked_by_user: row.asked_by_user.map(UserId),
            runner: row.runner,
            asked_at: row.asked_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            exit_code: row.exit_code,
            signal: row.signal,
            timeout_seconds: u32::try_from(row.timeout_seconds).map_err(corrupt)?,
            output_bytes: u64::try_from(row.output_bytes).map_err(corrupt)?,
            output_cut: row.output_cut,
            output_sha256: row.output_sha256,
            reason: row.reason,
            cancel_by: row.cancel_by,
            jenkins_url: row.jenkins_url,
            version: row.version,
        })
    }
}

impl From<Model> for BriefRun {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            step_id: row.step_id,
            release_id: row.release_id,
            customer_id: row.customer_id,
            cluster_id: row.cluster_id,
            kind: row.kind,
            text_sha256: row.text_sha256,
            step_version: row.step_version,
            state: row.state,
            asked_by: row.asked_by,
            asked_by_user: row.asked_by_user,
            runner: row.runner,
            asked_at: row.asked_at,
            started_at: row.started_at,
            ended_at: row.ended_at,
            exit_code: row.exit_code,
            signal: row.signal,
            timeout_seconds: row.timeout_seconds,
            output_bytes: row.output_bytes,
            output_cut: row.output_cut,
            output_sha256: row.output_sha256,
            reason: row.reason,
            cancel_by: row.cancel_by,
            jenkins_url: row.jenkins_url,
            version: row.version,
        }
    }
}

impl TryFrom<Model> for Run {
    type Error = StoreError;
    fn try_from(mut row: Model) -> Result<Self, StoreError> {
        let text = std::mem::take(&mut row.text);
        let run = Self::try_from(BriefRun::from(row))?;
        Ok(Self { text, ..run })
    }
}
