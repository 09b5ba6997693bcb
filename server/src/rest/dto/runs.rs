//! DTOs of runs, their output, and runners. None has a lease or a token but that of what was just made or fetched.
use super::enums::{OutputStreamSchema, RunKindSchema, RunStateSchema};
use app::domain::{
    run::{self, OutputChunk, OutputStream, RunKind, RunState},
    runner,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A run: a step's text that is carried out.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub id: i64,
    pub step_id: i64,
    pub release_id: i64,
    pub customer_id: i64,
    /// The customer's cluster when it was asked for.
    pub cluster_id: i64,
    #[schema(value_type = RunKindSchema)]
    pub kind: RunKind,
    /// With its variables filled in, as it was when it was asked for. Left out in lists.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(required = false)]
    pub text: String,
    /// The SHA-256 of the text in hexadecimal digits.
    pub text_sha256: String,
    /// The step's version that the text is of.
    pub step_version: i64,
    #[schema(value_type = RunStateSchema)]
    pub state: RunState,
    /// By the name of that time.
    pub asked_by: String,
    /// The name of the runner that has it; null while it is queued, and of `rollcall run`.
    pub runner: Option<String>,
    pub asked_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_code: Option<i32>,
    /// The signal that ended it, such as `SIGTERM`.
    pub signal: Option<String>,
    pub timeout_seconds: u32,
    /// All that it wrote, kept or not.
    pub output_bytes: u64,
    /// Whether less than all of it is kept.
    pub output_cut: bool,
    /// Of what is kept, once it is over. It stays when the output goes, after 90 days.
    pub output_sha256: Option<String>,
    /// Why it did not succeed; of a queued one in an answer to GET what it waits for, if that is known.
    pub reason: Option<String>,
    /// Who asked to cancel it.
    pub cancel_by: Option<String>,
    /// The build at Jenkins, or its place in the queue.
    pub jenkins_url: Option<String>,
    pub version: i64,
}

impl From<run::Run> for Run {
    fn from(row: run::Run) -> Self {
        let run::Run {
            id,
            step_id,
            release_id,
            customer_id,
            cluster_id,
            kind,
            text,
            text_sha256,
            step_version,
            state,
            asked_by,
            asked_by_user: _,
            runner,
            asked_at,
            started_at,
            ended_at,
            exit_code,
            signal,
            timeout_seconds,
            output_bytes,
            output_cut,
            output_sha256,
            reason,
            cancel_by,
            jenkins_url,
            version,
        } = row;
        Self {
            id: id.0,
            step_id: step_id.0,
            release_id: release_id.0,
            customer_id: customer_id.0,
            cluster_id: cluster_id.0,
            kind,
            text,
            text_sha256,
            step_version,
            state,
            asked_by,
            runner,
            asked_at,
            started_at,
            ended_at,
            exit_code,
            signal,
            timeout_seconds,
            output_bytes,
            output_cut,
            output_sha256,
            reason,
            cancel_by,
            jenkins_url,
            version,
        }
    }
}

/// A run in a list, with the names of what it is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunListItem {
    #[serde(flatten)]
    pub run: Run,
    pub step: String,
    pub customer: String,
    pub namespace: String,
    pub cluster: String,
    pub release: String,
}

impl From<run::RunListRow> for RunListItem {
    fn from(row: run::RunListRow) -> Self {
        let run::RunListRow {
            run,
            step,
            customer,
            namespace,
            cluster,
            release,
        } = row;
        Self {
            run: run.into(),
            step,
            customer,
            namespace,
            cluster,
            release,
        }
    }
}

/// A run that the caller carries out by itself (`here`), with its lease and what it needs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunHere {
    #[serde(flatten)]
    pub run: Run,
    /// Every report about the run bears it; told this once.
    pub lease: String,
    /// How long it lasts without a report.
    pub lease_seconds: u32,
    pub customer: String,
    pub namespace: String,
    pub cluster: String,
    /// The kubectl context, if it is not called as the cluster is.
    pub cluster_context: Option<String>,
    pub release: String,
    pub step: String,
}

impl From<runner::ClaimedRun> for RunHere {
    fn from(claimed: runner::ClaimedRun) -> Self {
        let ClaimedRun {
            run,
            lease,
            lease_seconds,
            customer,
            namespace,
            cluster,
            cluster_context,
            release,
            step,
        } = claimed.into();
        Self {
            run,
            lease,
            lease_seconds,
            customer,
            namespace,
            cluster,
            cluster_context,
            release,
            step,
        }
    }
}

/// A run that a runner has fetched, with its lease and what it needs.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimedRun {
    pub run: Run,
    /// Every report about the run bears it; told this once.
    pub lease: String,
    /// How long it lasts without a report.
    pub lease_seconds: u32,
    pub customer: String,
    pub namespace: String,
    pub cluster: String,
    /// The kubectl context, if it is not called as the cluster is.
    pub cluster_context: Option<String>,
    pub release: String,
    pub step: String,
}

impl From<runner::ClaimedRun> for ClaimedRun {
    fn from(claimed: runner::ClaimedRun) -> Self {
        let runner::ClaimedRun {
            run,
            lease,
            lease_seconds,
            customer,
            namespace,
            cluster,
            cluster_context,
            release,
            step,
        } = claimed;
        Self {
            run: run.into(),
            lease,
            lease_seconds,
            customer,
            namespace,
            cluster,
            cluster_context,
            release,
            step,
        }
    }
}

/// A piece of output, as the domain writes it: this is only its schema.
#[derive(Debug, ToSchema)]
pub struct RunOutputItem {
    /// Counts from 1, through both streams.
    pub seq: i64,
    pub at: DateTime<Utc>,
    #[schema(value_type = OutputStreamSchema)]
    pub stream: OutputStream,
    /// With U+FFFD in place of what is no UTF-8.
    pub text: String,
    /// The bytes, if they are no UTF-8.
    #[schema(nullable = false)]
    pub base64: Option<String>,
}

/// Output of a run after some piece; at most 1 MiB.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunOutput {
    #[schema(value_type = Vec<RunOutputItem>)]
    pub items: Vec<OutputChunk>,
    /// Of the last piece that is there; 0 if there is none.
    pub last: i64,
    /// Whether the run is over and nothing follows.
    pub finished: bool,
}

impl From<run::OutputPage> for RunOutput {
    fn from(page: run::OutputPage) -> Self {
        let run::OutputPage {
            items,
            last,
            finished,
        } = page;
        Self {
            items,
            last,
            finished,
        }
    }
}

/// Whether a step can be run now.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunOffer {
    pub can_run: bool,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    pub reason: Option<String>,
    /// The names of those that can do it.
    pub runners: Vec<String>,
}

impl From<run::RunOffer> for RunOffer {
    fn from(offer: run::RunOffer) -> Self {
        match offer {
            run::RunOffer::Ready { runners } => Self {
                can_run: true,
                reason: None,
                runners,
            },
            run::RunOffer::Unavailable { reason } => Self {
                can_run: false,
                reason: Some(reason),
                runners: Vec::new(),
            },
        }
    }
}

/// What a report about a run brings back.
#[derive(Debug, Serialize, ToSchema)]
pub struct HeartbeatAnswer {
    /// Whether somebody asked to cancel it.
    pub cancel: bool,
}

impl From<run::HeartbeatAnswer> for HeartbeatAnswer {
    fn from(answer: run::HeartbeatAnswer) -> Self {
        let run::HeartbeatAnswer { cancel } = answer;
        Self { cancel }
    }
}

/// A runner, without its token.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Runner {
    pub id: i64,
    pub name: String,
    /// Those that it may fetch runs of.
    pub cluster_ids: Vec<i64>,
    /// Who made it, by the name of that time.
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    /// When it last asked for a run.
    pub seen_at: Option<DateTime<Utc>>,
    /// What it can carry out, as it last said.
    #[schema(value_type = Vec<RunKindSchema>)]
    pub kinds: Vec<RunKind>,
    /// The ids of the clusters that it serves, as it last said.
    pub serves: Vec<i64>,
    /// How many runs at once, as it last said: 0 at its end.
    pub max_parallel: Option<u32>,
    /// Its version of Rollcall, as it last said.
    pub program_version: Option<String>,
    /// The ids of the runs that it carries out now.
    pub running: Vec<i64>,
}

impl From<runner::Runner> for Runner {
    fn from(row: runner::Runner) -> Self {
        let runner::Runner {
            id,
            name,
            cluster_ids,
            created_by,
            created_at,
            seen_at,
            kinds,
            serves,
            max_parallel,
            program_version,
            running,
        } = row;
        Self {
            id: id.0,
            name,
            cluster_ids: cluster_ids.into_iter().map(|it| it.0).collect(),
            created_by,
            created_at,
            seen_at,
            kinds,
            serves: serves.into_iter().map(|it| it.0).collect(),
            max_parallel,
            program_version,
            running: running.into_iter().map(|it| it.0).collect(),
        }
    }
}

/// A runner that was just made, with its token.
#[derive(Serialize, ToSchema)]
pub struct NewRunner {
    #[serde(flatten)]
    pub row: Runner,
    /// `rcr_`, 40 characters and 6 of checksum: told this once.
    pub token: String,
}

impl From<runner::MadeRunner> for NewRunner {
    fn from(made: runner::MadeRunner) -> Self {
        let runner::MadeRunner { runner, token } = made;
        Self {
            row: runner.into(),
            token,
        }
    }
}

/// What a runner is told of itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct OwnRunner {
    pub id: i64,
    pub name: String,
    /// The names of those that it may fetch runs of.
    pub clusters: Vec<String>,
}
