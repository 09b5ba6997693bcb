//! REST: what a runner asks with its own token (R73): who it is, a run to carry out, and its reports about one. Each report bears the
//! lease of the run; an old one is 409 `lease-over`.
use super::{
    dto::{
        enums::{OutputStreamSchema, RunKindSchema},
        runs::{ClaimedRun, HeartbeatAnswer, OwnRunner, Run},
    },
    extract::{Id, JsonBody, OptionalBody},
    problem::Problem,
    response::{self, RestResponse},
};
use crate::live::{
    Live,
    runner_waits::{RunnerProcess, RunnerWait},
    runs::{RunNews, is_of_output},
};
use app::{
    api::context::{Context, now},
    domain::{
        field_error::FieldError,
        id::RunId,
        rule_violation::RuleViolation,
        run::{OUTPUT_CHUNK_MAX_BYTES, OutputChunk, OutputStream, RunEnd, RunKind},
        runner::{Runner, RunnerHello},
        text::Name,
    },
    error::AppError,
    store::error::StoreError,
};
use axum::{
    Extension, Json,
    extract::{FromRequestParts, State},
    http::request::Parts,
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use chrono::{DateTime, Datelike, SubsecRound, Utc};
use serde::Deserialize;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{
        broadcast::{self, error::RecvError},
        watch,
    },
    time::{Instant, sleep, sleep_until},
};
use utoipa::ToSchema;

/// How long a runner that asks for a run waits for one. Shorter than any request may take.
const CLAIM_WAIT: Duration = Duration::from_secs(25);
/// How often it is looked meanwhile for what nobody told of.
const LOOK_INTERVAL: Duration = Duration::from_secs(5);
/// Commits that follow each other are one reason to look. Runs are told of beside that, and at once.
const COMMITS_GATHER: Duration = Duration::from_millis(100);
/// Runs that a runner may carry out at once.
const MAX_PARALLEL_MAX: u32 = 1_000;
/// Letters of the name of a signal.
const SIGNAL_MAX_CHARS: usize = 20;

/// The runner, as `http::access` found it out by its token.
pub struct CallingRunner(pub Arc<Runner>);

impl<S: Send + Sync> FromRequestParts<S> for CallingRunner {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let runner = parts.extensions.get::<Arc<Runner>>().cloned();
        runner
            .map(Self)
            .ok_or_else(|| Problem::from(AppError::SignIn))
    }
}

/// What a runner says of itself when it asks for a run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ClaimRequest {
    /// Names of clusters, among those of the runner; all of them if it names none.
    #[serde(default)]
    #[schema(required = false)]
    clusters: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Vec<RunKindSchema>, required = true, min_items = 1)]
    kinds: Vec<RunKind>,
    /// How many runs it carries out at once; 1 if it is left out.
    #[schema(minimum = 1, maximum = 1000)]
    max_parallel: Option<i64>,
    /// Its version of Rollcall.
    #[schema(max_length = 100)]
    version: Option<String>,
    /// A name of this program's own, where several may have one token.
    #[schema(max_length = 100)]
    process: Option<String>,
}

impl ClaimRequest {
    fn parse(self) -> Result<RunnerHello, Problem> {
        let invalid = |field, error: FieldError| Problem::invalid(field, error.to_string());
        if self.kinds.is_empty() {
            return Err(invalid("kinds", FieldError::EmptyList));
        }
        let name = |text: &String| Name::parse(text).map(String::from);
        let clusters: Result<Vec<String>, FieldError> = self.clusters.iter().map(name).collect();
        let version = self.version.filter(|it| !it.is_empty());
        let version = version.as_ref().map(name).transpose();
        let max_parallel = u32::try_from(self.max_parallel.unwrap_or(1)).unwrap_or_default();
        if !(1..=MAX_PARALLEL_MAX).contains(&max_parallel) {
            let range = FieldError::NumberOutOfRange {
                min: 1,
                max: MAX_PARALLEL_MAX,
            };
            return Err(invalid("maxParallel", range));
        }
        Ok(RunnerHello {
            clusters: clusters.map_err(|it| invalid("clusters", it))?,
            kinds: self.kinds,
            max_parallel,
            version: version
                .map_err(|it| invalid("version", it))?
                .unwrap_or_default(),
        })
    }
}

/// That a runner has to end.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DrainRequest {
    /// The name that this program gave itself when it asked for a run; all programs with this token are meant if it is left out.
    #[schema(max_length = 100)]
    process: Option<String>,
    /// How many runs this program carries out still.
    #[schema(minimum = 0)]
    in_hand: Option<i64>,
    /// Whether it has come to its end, with nothing in hand: from now on it does not count as connected.
    ended: Option<bool>,
}

/// One program of a runner, by the name that it gives itself.
fn process(runner: &Runner, name: Option<&str>) -> Result<RunnerProcess, Problem> {
    let name = name.filter(|it| !it.is_empty()).map(Name::parse);
    let name = name.transpose();
    let name = name.map_err(|it| Problem::invalid("process", it.to_string()))?;
    Ok(RunnerProcess {
        runner: runner.id,
        process: name.map(String::from),
    })
}

/// A piece of output that is reported.
#[derive(Debug, Deserialize, ToSchema)]
pub struct ReportedOutput {
    /// Counts from 1, through both streams; a number is passed over where output was left out. What comes again is taken once.
    #[schema(minimum = 1)]
    seq: i64,
    at: DateTime<Utc>,
    #[schema(value_type = OutputStreamSchema)]
    stream: OutputStream,
    /// At most 64 KiB.
    text: Option<String>,
    /// The same in base64, for what is no UTF-8. It counts if both are sent.
    base64: Option<String>,
}

/// The lease of a run.
#[derive(Debug, Deserialize, ToSchema)]
pub struct LeaseRequest {
    #[serde(default)]
    #[schema(required = true)]
    lease: String,
}

/// A report about a run that goes on.
#[derive(Debug, Deserialize, ToSchema)]
pub struct HeartbeatRequest {
    #[serde(default)]
    #[schema(required = true)]
    lease: String,
    /// What it wrote since the last report.
    output: Option<Vec<ReportedOutput>>,
}

/// The report about the end of a run.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct FinishRequest {
    #[serde(default)]
    #[schema(required = true)]
    lease: String,
    exit_code: Option<i32>,
    /// The signal that ended it, such as `SIGKILL`.
    #[schema(max_length = 20, pattern = "^[A-Z0-9+]*$")]
    signal: Option<String>,
    /// Whether it was ended because its time was up.
    timed_out: Option<bool>,
    /// Whether it was ended because somebody asked for that.
    cancelled: Option<bool>,
    /// The last line of its output that is not empty.
    last_line: Option<String>,
    /// Whether output was left out before it was sent.
    output_cut: Option<bool>,
    /// All bytes that it wrote, also those that were left out before they were sent.
    #[schema(minimum = 0)]
    output_bytes: Option<i64>,
    /// Why it could not be started.
    error: Option<String>,
    /// How many seconds ago it ended, if that could not be told at once.
    #[schema(minimum = 0)]
    ended_ago_seconds: Option<i64>,
    /// What it wrote since the last report.
    output: Option<Vec<ReportedOutput>>,
}

fn lease(text: String) -> Result<String, Problem> {
    if text.is_empty() {
        return Err(Problem::missing("lease"));
    }
    Ok(text)
}

/// A number that is no negative one.
fn natural(field: &str, number: Option<i64>) -> Result<Option<u64>, Problem> {
    let number = number.map(u64::try_from).transpose();
    number.map_err(|_| Problem::invalid(field, "Send a number from 0"))
}

/// The pieces of a report. Errors: a wrong one, by its place.
fn chunks(output: Option<Vec<ReportedOutput>>) -> Result<Vec<OutputChunk>, Problem> {
    let parts = output.unwrap_or_default().into_iter().enumerate();
    parts.map(|(at, part)| chunk(at, part)).collect()
}

fn chunk(place: usize, part: ReportedOutput) -> Result<OutputChunk, Problem> {
    let wrong = |member: &str, text: &str| {
        Problem::invalid("output", format!("output[{place}].{member}: {text}"))
    };
    if part.seq < 1 {
        return Err(wrong("seq", "Send a number from 1"));
    }
    // Both databases keep these years.
    if !(1970..10_000).contains(&part.at.year()) {
        return Err(wrong("at", "Send the time at which it was written"));
    }
    let bytes = match (part.base64, part.text) {
        (Some(base64), _) => {
            let bytes = BASE64.decode(base64);
            bytes.map_err(|_| wrong("base64", "Send the bytes in base64"))?
        }
        (None, Some(text)) => text.into_bytes(),
        (None, None) => return Err(wrong("text", "Send what was written, or `base64`")),
    };
    if bytes.len() > OUTPUT_CHUNK_MAX_BYTES {
        return Err(wrong("text", "Send at most 64 KiB in one piece"));
    }
    Ok(OutputChunk {
        seq: part.seq,
        at: part.at.trunc_subsecs(6),
        stream: part.stream,
        bytes,
    })
}

impl HeartbeatRequest {
    /// The lease and the output.
    pub fn parse(self) -> Result<(String, Vec<OutputChunk>), Problem> {
        Ok((lease(self.lease)?, chunks(self.output)?))
    }
}

impl FinishRequest {
    /// The lease, the end and the output.
    pub fn parse(self) -> Result<(String, RunEnd, Vec<OutputChunk>), Problem> {
        let is_letter = |it: u8| it.is_ascii_uppercase() || it.is_ascii_digit() || it == b'+';
        let signal = self.signal.filter(|it| !it.is_empty());
        let is_signal = |it: &String| it.len() <= SIGNAL_MAX_CHARS && it.bytes().all(is_letter);
        if !signal.as_ref().is_none_or(is_signal) {
            return Err(Problem::invalid("signal", "Send a name such as SIGKILL"));
        }
        let output_bytes = natural("outputBytes", self.output_bytes)?;
        let end = RunEnd {
            exit_code: self.exit_code,
            signal,
            is_timeout: self.timed_out.unwrap_or_default(),
            is_cancelled: self.cancelled.unwrap_or_default(),
            last_line: self.last_line,
            output_cut: self.output_cut.unwrap_or_default(),
            output_bytes,
            error: self.error.filter(|it| !it.is_empty()),
            ended_ago_seconds: natural("endedAgoSeconds", self.ended_ago_seconds)?,
            failure: None,
        };
        Ok((lease(self.lease)?, end, chunks(self.output)?))
    }
}

/// The runner of this token, and the clusters that it may serve.
#[utoipa::path(get, path = "/api/runner", tag = "runners",
    responses((status = 200, description = "The runner", body = OwnRunner)))]
pub async fn read_own_runner(
    CallingRunner(runner): CallingRunner,
    State(context): State<Context>,
) -> Result<Json<OwnRunner>, Problem> {
    let clusters = context.database.runner_clusters(&runner).await?;
    Ok(Json(OwnRunner {
        id: runner.id.0,
        name: runner.name.clone(),
        clusters,
    }))
}

/// Fetches a run. If there is none yet the answer waits for one, up to 25 seconds.
#[utoipa::path(post, path = "/api/runner/claim", tag = "runners", request_body = ClaimRequest,
    responses((status = 200, description = "A run that is this runner's now", body = ClaimedRun),
        (status = 204, description = "There is none: ask again")))]
pub async fn claim_run(
    CallingRunner(runner): CallingRunner,
    Extension(live): Extension<Live>,
    State(context): State<Context>,
    JsonBody(body): JsonBody<ClaimRequest>,
) -> RestResponse {
    let process = process(&runner, body.process.as_deref())?;
    let hello = body.parse()?;
    let database = &context.database;
    if database.runners_are_refused() {
        return Err(Problem::from(StoreError::from(RuleViolation::NoRunners)));
    }
    let deadline = Instant::now() + CLAIM_WAIT;
    live.start();
    let mut waiting = WaitingClaim {
        news: live.follow_runs(),
        wait: live.runner_waits().begin(process),
        commits: database.commits(),
        live,
        runner: Arc::clone(&runner),
    };
    loop {
        // What is told from here on is not known to this look.
        waiting.look();
        if let Some(claimed) = database.claim_run(&runner, &hello, now()).await? {
            return Ok(response::ok(&ClaimedRun::from(claimed), None));
        }
        if !waiting.may_find_more(deadline).await {
            return Ok(response::no_content(None));
        }
    }
}

/// A runner that waits for a run.
struct WaitingClaim {
    live: Live,
    news: broadcast::Receiver<RunNews>,
    wait: RunnerWait,
    commits: watch::Receiver<i64>,
    runner: Arc<Runner>,
}

impl WaitingClaim {
    /// Forgets what it was told up to now.
    fn look(&mut self) {
        self.news = self.news.resubscribe();
        self.commits.borrow_and_update();
    }

    /// Waits until there may be something to fetch; false if the wait is over.
    async fn may_find_more(&mut self, deadline: Instant) -> bool {
        let look_at = deadline.min(Instant::now() + LOOK_INTERVAL);
        loop {
            tokio::select! {
                // First the ends, so that nothing is fetched after one.
                biased;
                () = self.live.stopped() => return false,
                () = self.wait.ended() => return false,
                () = sleep_until(look_at) => return look_at < deadline,
                _ = self.commits.changed() => {
                    sleep(COMMITS_GATHER).await;
                    return true;
                }
                heard = self.news.recv() => match heard {
                    Ok(Some(notice)) => {
                        let is_near = self.runner.cluster_ids.contains(&notice.cluster);
                        // It waits, or it ended and made room.
                        let is_about_work = !is_of_output(&notice);
                        if is_near && is_about_work {
                            return true;
                        }
                    }
                    Ok(None) | Err(RecvError::Lagged(_)) => return true,
                    Err(RecvError::Closed) => return false,
                },
            }
        }
    }
}

/// Says that this runner has to end: what it waits for is answered at once, with 204. A run that is on its way is to be given back.
/// Nothing is offered to it until it asks again, and with `ended`, at its end, it is not connected any more; unless another program with
/// its token waits, or carries out a run.
#[utoipa::path(post, path = "/api/runner/drain", tag = "runners", request_body = Option<DrainRequest>,
    responses((status = 204, description = "It waits for no run any more")))]
pub async fn drain_runner(
    CallingRunner(runner): CallingRunner,
    Extension(live): Extension<Live>,
    State(context): State<Context>,
    OptionalBody(body): OptionalBody<DrainRequest>,
) -> RestResponse {
    let process = process(&runner, body.process.as_deref())?;
    let in_hand = natural("inHand", body.in_hand)?.unwrap_or_default();
    let waits = live.runner_waits();
    waits.end(&process);
    if !waits.has_another(&process) {
        let has_ended = body.ended.unwrap_or_default();
        let database = &context.database;
        database
            .note_leaving_runner(runner.id, in_hand, has_ended)
            .await?;
    }
    Ok(response::no_content(None))
}

/// Gives back a run that was not begun: it waits for a runner again.
#[utoipa::path(post, path = "/api/runner/runs/{id}/give-back", tag = "runners", request_body = LeaseRequest,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it is now", body = Run)))]
pub async fn give_back_run(
    Id(id): Id<RunId>,
    CallingRunner(runner): CallingRunner,
    State(context): State<Context>,
    JsonBody(body): JsonBody<LeaseRequest>,
) -> RestResponse {
    context.database.must_have_run(&runner, id).await?;
    let lease = lease(body.lease)?;
    let run = context.database.give_back_run(id, &lease, now()).await?;
    Ok(response::ok(&Run::from(run), None))
}

/// Says that a run begins now.
#[utoipa::path(post, path = "/api/runner/runs/{id}/begin", tag = "runners", request_body = LeaseRequest,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it is now", body = Run)))]
pub async fn begin_run(
    Id(id): Id<RunId>,
    CallingRunner(runner): CallingRunner,
    State(context): State<Context>,
    JsonBody(body): JsonBody<LeaseRequest>,
) -> RestResponse {
    context.database.must_have_run(&runner, id).await?;
    let lease = lease(body.lease)?;
    let run = context.database.begin_run(id, &lease, now()).await?;
    Ok(response::ok(&Run::from(run), None))
}

/// Says that a run goes on, and what it wrote since the last time. This renews its lease.
#[utoipa::path(post, path = "/api/runner/runs/{id}/heartbeat", tag = "runners", request_body = HeartbeatRequest,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "Whether to go on", body = HeartbeatAnswer)))]
pub async fn report_output(
    Id(id): Id<RunId>,
    CallingRunner(runner): CallingRunner,
    State(context): State<Context>,
    JsonBody(body): JsonBody<HeartbeatRequest>,
) -> RestResponse {
    context.database.must_have_run(&runner, id).await?;
    take_output(&context, id, body).await
}

/// Says how a run ended. The step is marked done or failed, unless somebody has decided otherwise meanwhile.
#[utoipa::path(post, path = "/api/runner/runs/{id}/finish", tag = "runners", request_body = FinishRequest,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it is now", body = Run)))]
pub async fn report_end(
    Id(id): Id<RunId>,
    CallingRunner(runner): CallingRunner,
    State(context): State<Context>,
    JsonBody(body): JsonBody<FinishRequest>,
) -> RestResponse {
    context.database.must_have_run(&runner, id).await?;
    finish(&context, id, body).await
}

/// Takes a report about a run that goes on; the lease says whose it is.
pub async fn take_output(context: &Context, id: RunId, body: HeartbeatRequest) -> RestResponse {
    let (lease, chunks) = body.parse()?;
    let database = &context.database;
    let answer = database.take_output(id, &lease, chunks, now()).await?;
    Ok(response::ok(&HeartbeatAnswer::from(answer), None))
}

/// Takes the report about a run's end; the lease says whose it is.
pub async fn finish(context: &Context, id: RunId, body: FinishRequest) -> RestResponse {
    let (lease, end, chunks) = body.parse()?;
    let database = &context.database;
    let run = database.finish_run(id, &lease, end, chunks, now()).await?;
    Ok(response::ok(&Run::from(run), None))
}
