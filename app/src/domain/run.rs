//! Runs (R71): executions of a step's text, on a runner or by `rollcall run`. Their states, the effect of an exit code on the step,
//! and the limits of their output.
use super::{
    base64,
    field_error::FieldError,
    id::{ClusterId, CustomerId, ReleaseId, RunId, StepId, UserId},
    time_serde,
    validation_errors::ValidationErrors,
    vocabulary::{Field, StepAction},
};
use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// Default timeout of a run, in seconds.
pub const RUN_TIMEOUT_SECONDS_DEFAULT: u32 = 1_800;
/// Seconds that a run may take at most.
pub const RUN_TIMEOUT_SECONDS_MAX: u32 = 86_400;
/// Bytes of one chunk of output.
pub const OUTPUT_CHUNK_MAX_BYTES: usize = 64 * 1024;
/// Pieces of output that one report brings at most.
pub const OUTPUT_CHUNKS_MAX: usize = 25_000;
/// Bytes that are kept of the beginning of an output, and as many of its end.
pub const OUTPUT_KEPT_BYTES: usize = 1024 * 1024;
/// Days that an output is kept. Its digest stays.
pub const OUTPUT_KEPT_DAYS: i64 = 90;
/// Default duration of a run's lease, in seconds. Each report renews it; a run whose lease has expired is lost.
pub const RUN_LEASE_SECONDS_DEFAULT: u32 = 60;
/// The sentence of the refusal of an old lease.
pub const LEASE_OVER: &str = "This run is not yours any more: end what you started for it";
/// Characters of an output's last line in a reason.
const LAST_LINE_MAX_CHARS: usize = 500;

words! {
    /// How far a run is.
    RunState {
        Queued = "queued", Claimed = "claimed", Running = "running", Succeeded = "succeeded", Failed = "failed",
        Cancelled = "cancelled", Lost = "lost",
    }
}

impl RunState {
    /// Those in which something more is expected.
    pub const UNFINISHED: [Self; 3] = [Self::Queued, Self::Claimed, Self::Running];

    /// Whether nothing more is expected. A step has one run at most that is not over.
    pub fn is_over(self) -> bool {
        matches!(
            self,
            Self::Succeeded | Self::Failed | Self::Cancelled | Self::Lost
        )
    }

    /// Whether a person may want its step to be run again.
    pub fn may_be_run_again(self) -> bool {
        self.is_over() && self != Self::Succeeded
    }

    /// The label on the screen.
    pub fn label(self) -> &'static str {
        match self {
            Self::Queued => "Queued",
            Self::Claimed => "Claimed",
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Cancelled => "Cancelled",
            Self::Lost => "Lost",
        }
    }
}

words! {
    /// By what a text is carried out.
    RunKind { Bash = "bash", Sql = "sql", Jenkins = "jenkins" }
}

words! {
    /// Where a run wrote something.
    OutputStream { Stdout = "stdout", Stderr = "stderr" }
}

/// A run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Run {
    pub id: RunId,
    pub step_id: StepId,
    pub release_id: ReleaseId,
    pub customer_id: CustomerId,
    /// The customer's cluster when it was asked for.
    pub cluster_id: ClusterId,
    pub kind: RunKind,
    /// With its variables resolved, as it was when it was asked for. Empty in lists, and then left out by REST.
    #[serde(default)]
    pub text: String,
    /// The SHA-256 of the text, as 64 lowercase hexadecimal digits.
    pub text_sha256: String,
    /// The step's version that the text is of.
    pub step_version: i64,
    pub state: RunState,
    /// By the name of that time.
    pub asked_by: String,
    /// None in `open` mode.
    #[serde(skip)]
    pub asked_by_user: Option<UserId>,
    /// The runner that has it, by its name; none while it is queued, and of `rollcall run`.
    pub runner: Option<String>,
    #[serde(with = "time_serde")]
    pub asked_at: DateTime<Utc>,
    #[serde(with = "time_serde::option")]
    pub started_at: Option<DateTime<Utc>>,
    #[serde(with = "time_serde::option")]
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_code: Option<i32>,
    /// The signal that ended it: `SIGTERM`.
    pub signal: Option<String>,
    pub timeout_seconds: u32,
    /// All that it wrote, kept or not.
    pub output_bytes: u64,
    /// Whether less than all of it is kept.
    pub output_cut: bool,
    /// Of what is kept, once it is over; stays when the output goes.
    pub output_sha256: Option<String>,
    /// Why it did not succeed. As it is read of one that is queued: what it waits for.
    pub reason: Option<String>,
    /// Who asked to cancel it.
    pub cancel_by: Option<String>,
    /// The build at Jenkins, or its place in the queue.
    pub jenkins_url: Option<String>,
    pub version: i64,
}

impl Run {
    /// The page of its build at Jenkins, if it is one that a link may lead to.
    pub fn build_page(&self) -> Option<&str> {
        let url = self.jenkins_url.as_deref()?;
        let is_web = url.starts_with("https://") || url.starts_with("http://");
        is_web.then_some(url)
    }

    /// Whether it was begun by `rollcall run`, so that no runner has it.
    pub fn is_here(&self) -> bool {
        self.runner.is_none() && self.started_at.is_some()
    }

    /// Seconds that it has taken by then; 0 before it began.
    pub fn seconds_at(&self, now: DateTime<Utc>) -> i64 {
        let end = self.ended_at.unwrap_or(now);
        let taken = self.started_at.map(|it| (end - it).num_seconds());
        taken.unwrap_or_default().max(0)
    }
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunRequest {
    /// The step's version that the person saw; none: any.
    pub version: Option<i64>,
    /// The SHA-256 of the text that the person was shown; none: whatever the text is.
    pub text_sha256: Option<String>,
    /// None: half an hour.
    pub timeout_seconds: Option<u32>,
    /// By `rollcall run`, on the person's own machine.
    #[serde(rename = "here")]
    pub is_here: bool,
}

impl RunRequest {
    /// Seconds that the run may take. Errors: none, or more than a day.
    pub fn timeout(&self) -> Result<u32, ValidationErrors> {
        let seconds = self.timeout_seconds.unwrap_or(RUN_TIMEOUT_SECONDS_DEFAULT);
        if (1..=RUN_TIMEOUT_SECONDS_MAX).contains(&seconds) {
            return Ok(seconds);
        }
        let problem = FieldError::NumberOutOfRange {
            min: 1,
            max: RUN_TIMEOUT_SECONDS_MAX,
        };
        Err(ValidationErrors::one(Field::TimeoutSeconds, problem))
    }
}

/// How a run ended, as who carried it out says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunEnd {
    pub exit_code: Option<i32>,
    /// The signal that ended it: `SIGKILL`.
    pub signal: Option<String>,
    /// Whether it was ended because its time was up.
    #[serde(rename = "timedOut")]
    pub is_timeout: bool,
    #[serde(rename = "cancelled")]
    pub is_cancelled: bool,
    /// The last line of its output that is not empty.
    pub last_line: Option<String>,
    /// Whether output was left out before it was sent.
    pub output_cut: bool,
    /// Bytes that the process wrote, including those that were not sent; none if the runner did not count them.
    pub output_bytes: Option<u64>,
    /// Why it could not be started.
    pub error: Option<String>,
    /// How long ago it ended, if that is told later. No time of day: the clock of who carried it out may be wrong.
    pub ended_ago_seconds: Option<u64>,
    /// Why it was no success, where that is told otherwise: of a build at Jenkins its address (R64). No report of a runner has it.
    #[serde(skip)]
    pub failure: Option<String>,
}

/// What a run's end means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunOutcome {
    pub state: RunState,
    /// What the step is marked as: done or failed.
    pub action: StepAction,
    /// Of anything but a success.
    pub reason: Option<String>,
}

impl RunEnd {
    /// When it ended: now, or as long ago as is told, but not before its begin.
    pub fn ended_at(&self, run: &Run, now: DateTime<Utc>) -> DateTime<Utc> {
        let earliest = run.started_at.unwrap_or(run.asked_at).min(now);
        let ago = i64::try_from(self.ended_ago_seconds.unwrap_or_default()).ok();
        let ago = ago.and_then(TimeDelta::try_seconds);
        let told = ago.and_then(|it| now.checked_sub_signed(it));
        told.map_or(earliest, |it| it.max(earliest))
    }

    /// What this end means for the run and its step.
    pub fn outcome(&self, run: &Run, ended_at: DateTime<Utc>) -> RunOutcome {
        let state = if self.is_cancelled {
            RunState::Cancelled
        } else {
            RunState::Failed
        };
        match self.reason(run, ended_at) {
            None => RunOutcome {
                state: RunState::Succeeded,
                action: StepAction::Done,
                reason: None,
            },
            Some(reason) => RunOutcome {
                state,
                action: StepAction::Fail,
                reason: Some(reason),
            },
        }
    }

    /// Why it is no success; none if it is one.
    fn reason(&self, run: &Run, ended_at: DateTime<Utc>) -> Option<String> {
        let said = |text: &Option<String>| text.as_deref().map(one_line);
        let at = said(&self.failure).map_or_else(String::new, |it| format!(": {it}"));
        if self.is_cancelled {
            let by = match (&run.cancel_by, &run.runner) {
                (Some(person), _) => format!("by {person}"),
                (None, _) if run.kind == RunKind::Jenkins => "in Jenkins".to_owned(),
                (None, Some(runner)) => format!("at the runner {runner}"),
                (None, None) => format!("by {}", run.asked_by),
            };
            let when = match run.started_at {
                Some(_) => format!("after {} s", run.seconds_at(ended_at)),
                None => "before it began".to_owned(),
            };
            return Some(format!("cancelled {by} {when}{at}"));
        }
        if self.is_timeout {
            let after = run.timeout_seconds;
            return Some(format!("timed out after {after} s{at}"));
        }
        if let Some(error) = said(&self.error) {
            return Some(format!("could not be started: {error}"));
        }
        if let Some(failure) = said(&self.failure) {
            return Some(failure);
        }
        let how = match (said(&self.signal), self.exit_code) {
            (Some(signal), _) => format!("ended by {signal}"),
            (None, Some(0)) => return None,
            (None, Some(code)) => format!("exit code {code}"),
            (None, None) if run.kind == RunKind::Jenkins => return None,
            (None, None) => "ended without an exit code".to_owned(),
        };
        let last = said(&self.last_line).filter(|it| !it.is_empty());
        Some(match last {
            Some(line) => format!("{how}: {line}"),
            None => how,
        })
    }
}

/// A line as a reason can bear it: without colours and control characters, and not too long.
fn one_line(text: &str) -> String {
    let mut line = String::new();
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        if letter == '\u{1b}' {
            // A colour ends with its first letter: ESC [ 1 ; 31 m.
            if letters.next_if_eq(&'[').is_some() {
                for letter in letters.by_ref() {
                    if ('@'..='~').contains(&letter) {
                        break;
                    }
                }
            }
        } else if letter.is_control() {
            line.push(' ');
        } else {
            line.push(letter);
        }
    }
    let line = line.trim();
    match line.char_indices().nth(LAST_LINE_MAX_CHARS) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line.to_owned(),
    }
}

/// A piece of output, in the order in which it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "ChunkJson", try_from = "ChunkJson")]
pub struct OutputChunk {
    /// Counts from 1, through both streams. A number is missing where output was left out.
    pub seq: i64,
    pub at: DateTime<Utc>,
    pub stream: OutputStream,
    /// As they were written, which may be no text.
    pub bytes: Vec<u8>,
}

/// A piece of output as JSON has it: as text, and in base64 besides where the bytes are no UTF-8. Either is enough to be read.
#[derive(Serialize, Deserialize)]
struct ChunkJson {
    seq: i64,
    #[serde(with = "time_serde")]
    at: DateTime<Utc>,
    stream: OutputStream,
    #[serde(default)]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
}

impl From<OutputChunk> for ChunkJson {
    fn from(chunk: OutputChunk) -> Self {
        let OutputChunk {
            seq,
            at,
            stream,
            bytes,
        } = chunk;
        let (text, base64) = match String::from_utf8(bytes) {
            Ok(text) => (text, None),
            Err(error) => {
                let bytes = error.as_bytes();
                let text = String::from_utf8_lossy(bytes).into_owned();
                (text, Some(base64::encode(bytes)))
            }
        };
        Self {
            seq,
            at,
            stream,
            text: Some(text),
            base64,
        }
    }
}

impl TryFrom<ChunkJson> for OutputChunk {
    type Error = &'static str;

    fn try_from(json: ChunkJson) -> Result<Self, Self::Error> {
        let bytes = match (json.base64, json.text) {
            (Some(base64), _) => base64::decode(&base64).ok_or("this is no base64")?,
            (None, Some(text)) => text.into_bytes(),
            (None, None) => return Err("send the output as text, or in base64"),
        };
        Ok(Self {
            seq: json.seq,
            at: json.at,
            stream: json.stream,
            bytes,
        })
    }
}

/// Output after some chunk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OutputPage {
    pub items: Vec<OutputChunk>,
    /// Of the last chunk that is there; 0 if there is none.
    pub last: i64,
    /// Whether the run is over and nothing follows.
    pub finished: bool,
}

/// What a report about a run brings back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeartbeatAnswer {
    /// Whether somebody asked to cancel it.
    pub cancel: bool,
}

/// Which runs to list. All given conditions must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RunFilter {
    pub release_id: Option<ReleaseId>,
    pub customer_id: Option<CustomerId>,
    pub cluster_id: Option<ClusterId>,
    pub step_id: Option<StepId>,
    pub state: Option<RunState>,
    /// The whole name of a runner.
    pub runner: Option<String>,
    /// Only those that are not over.
    pub is_unfinished: bool,
    /// Only runs that are not over, and lost runs whose step is still in progress because of them.
    pub is_unsettled: bool,
    /// Only runs before this one: the last of the page before.
    pub before: Option<RunId>,
    /// 1 to 500; none for 100.
    pub limit: Option<u32>,
}

/// A run with the names of its release, step and customer, as lists show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunListRow {
    /// Its text is empty.
    pub run: Run,
    pub step: String,
    pub customer: String,
    pub namespace: String,
    pub cluster: String,
    pub release: String,
}

/// A page of runs, newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunPage {
    pub items: Vec<RunListRow>,
    /// The `before` of the next page; none on the last one.
    pub next: Option<RunId>,
}

/// Whether a step can be run now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunOffer {
    /// By one of these runners.
    Ready { runners: Vec<String> },
    /// "no runner serves prod-eu".
    Unavailable { reason: String },
}

#[cfg(test)]
impl Run {
    /// A run that a runner has begun, for tests.
    pub fn example() -> Self {
        Self {
            id: RunId(1),
            step_id: StepId(7),
            release_id: ReleaseId(1),
            customer_id: CustomerId(1),
            cluster_id: ClusterId(1),
            kind: RunKind::Bash,
            text: "true".into(),
            text_sha256: String::new(),
            step_version: 1,
            state: RunState::Running,
            asked_by: "Ben".into(),
            asked_by_user: None,
            runner: Some("eu-1".into()),
            asked_at: DateTime::UNIX_EPOCH,
            started_at: Some(DateTime::UNIX_EPOCH),
            ended_at: None,
            exit_code: None,
            signal: None,
            timeout_seconds: 30,
            output_bytes: 0,
            output_cut: false,
            output_sha256: None,
            reason: None,
            cancel_by: None,
            jenkins_url: None,
            version: 1,
        }
    }
}
