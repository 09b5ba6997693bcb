//! REST: runs of steps (R71). Ask for one or many, list, read, output, cancel, ask again; and the reports of a run that the caller
//! carries out by itself (R72). Reports of runners: `runner_work`.
use super::{
    dto::{
        enums::RunStateSchema,
        runs::{HeartbeatAnswer, Run, RunHere, RunListItem, RunOffer, RunOutput},
        work_views::BulkResult,
    },
    evidence::FILE_CONTENT_POLICY,
    extract::{Id, JsonBody, OptionalBody, QueryString, Reader, Writer},
    idempotency::KEY_HEADER,
    page::{self, List},
    problem::Problem,
    releases::VersionRequest,
    response::{self, RestResponse},
    runner_work::{self, FinishRequest, HeartbeatRequest},
};
use crate::output::attachment::attachment;
use app::{
    api::context::Context,
    domain::{
        event::Changed,
        history_chain::is_sha256,
        id::{ClusterId, CustomerId, ReleaseId, RunId, StepId},
        run::{self, RunFilter, RunRequest, RunState},
        text::Name,
    },
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};
use utoipa::{IntoParams, ToSchema};

/// Asks for a run.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskRunRequest {
    /// The version of the step that is to be run; or send If-Match.
    version: Option<i64>,
    /// The SHA-256 of the text that was shown (`resolvedSha256`): if the text is another by now, 409 `text-changed`.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    text_sha256: Option<String>,
    /// Half an hour if it is left out.
    #[schema(minimum = 1, maximum = 86400)]
    timeout_seconds: Option<i64>,
    /// Whether the caller carries it out by itself, as `rollcall run` does: the answer tells a lease.
    here: Option<bool>,
}

/// Asks for a run again.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RetryRunRequest {
    /// The version of the run that is over; or send If-Match. Checked if it is sent.
    version: Option<i64>,
    /// The SHA-256 of the text that was shown (`resolvedSha256`): if the text is another by now, 409 `text-changed`.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    text_sha256: Option<String>,
    /// As the run before if it is left out.
    #[schema(minimum = 1, maximum = 86400)]
    timeout_seconds: Option<i64>,
}

/// Asks for runs of many steps.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct AskRunsRequest {
    /// At most 10,000; what is named twice counts once.
    #[serde(default)]
    #[schema(value_type = Vec<i64>, required = true, min_items = 1, max_items = 10000)]
    ids: Vec<StepId>,
    /// Half an hour if it is left out.
    #[schema(minimum = 1, maximum = 86400)]
    timeout_seconds: Option<i64>,
    /// The SHA-256 of the text that was shown (`resolvedSha256`), by the id of its step: a step whose text is another by now is not
    /// eligible. Of a step that is not named any text runs.
    text_sha256s: Option<BTreeMap<String, String>>,
}

/// Which runs. All given conditions must hold.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RunListQuery {
    #[param(value_type = Option<i64>)]
    release_id: Option<String>,
    #[param(value_type = Option<i64>)]
    customer_id: Option<String>,
    #[param(value_type = Option<i64>)]
    cluster_id: Option<String>,
    #[param(value_type = Option<i64>)]
    step_id: Option<String>,
    #[param(value_type = Option<RunStateSchema>)]
    state: Option<String>,
    /// Only those that are not over.
    #[param(value_type = Option<bool>)]
    unfinished: Option<String>,
    /// Only those that somebody waits for: which are not over, or are lost while their step is still in progress by them.
    #[param(value_type = Option<bool>)]
    unsettled: Option<String>,
    /// The name of a runner.
    #[param(max_length = 100)]
    runner: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// Which part of an output, and in which form.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct RunOutputQuery {
    /// The `seq` of the last piece that the caller has; 0 is before the first.
    #[param(value_type = Option<i64>, minimum = 0)]
    after: Option<String>,
    /// `raw`: all bytes of both streams as they are, as a download.
    #[param(pattern = "^(json|raw)$")]
    format: Option<String>,
}

/// Whether a step can be run again.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct RunOfferQuery {
    /// A run of the step that is over: whether it can be asked for again, which takes over what it has left in progress.
    #[param(value_type = Option<i64>)]
    retry_of: Option<String>,
}

/// Seconds as the domain takes them: what is no such number is out of its range.
fn seconds(number: Option<i64>) -> Option<u32> {
    number.map(|it| u32::try_from(it).unwrap_or_default())
}

/// The text that was shown of a step. Errors: no id, or no SHA-256.
fn shown_text((id, sha256): (&String, &String)) -> Result<(StepId, String), Problem> {
    let id = id.parse::<i64>().ok().filter(|_| is_sha256(sha256));
    id.map(|it| (StepId(it), sha256.clone())).ok_or_else(|| {
        let why = "Send the SHA-256 of each text, as 64 lowercase hexadecimal digits, by the id of its step";
        Problem::invalid("textSha256s", why)
    })
}

/// The filter of a list.
fn filter(query: &RunListQuery) -> Result<RunFilter, Problem> {
    let id = |name: &str, text: &Option<String>| page::parse_id(name, text.as_deref());
    let state: Option<RunState> = page::parse_enum("state", query.state.as_deref())?;
    let runner = query.runner.as_deref().map(Name::parse).transpose();
    let runner = runner.map_err(|it| Problem::invalid("runner", it.to_string()))?;
    let after = page::parse("cursor", query.cursor.as_deref(), "a cursor of this list")?;
    Ok(RunFilter {
        release_id: id("releaseId", &query.release_id)?.map(ReleaseId),
        customer_id: id("customerId", &query.customer_id)?.map(CustomerId),
        cluster_id: id("clusterId", &query.cluster_id)?.map(ClusterId),
        step_id: id("stepId", &query.step_id)?.map(StepId),
        state,
        runner: runner.map(Into::into),
        is_unfinished: page::parse_flag("unfinished", query.unfinished.as_deref())?,
        is_unsettled: page::parse_flag("unsettled", query.unsettled.as_deref())?,
        before: after.map(RunId),
        limit: Some(page::parse_limit(query.limit.as_deref())?),
    })
}

/// 201 with a run that was asked for.
fn created(done: Changed<run::Run>) -> Response {
    let Changed { row, batch_id } = done;
    let location = format!("/api/runs/{}", row.id);
    let version = row.version;
    response::created(&location, version, &Run::from(row), batch_id)
}

/// Whether a step can be run now, and by which runners.
#[utoipa::path(get, path = "/api/steps/{id}/run", tag = "runs",
    params(("id" = i64, Path, description = "The step's id"), RunOfferQuery),
    responses((status = 200, description = "Whether it can", body = RunOffer)))]
pub async fn read_run_offer(
    Id(id): Id<StepId>,
    Reader(store): Reader,
    QueryString(query): QueryString<RunOfferQuery>,
) -> Result<Json<RunOffer>, Problem> {
    let retry_of = page::parse_id("retryOf", query.retry_of.as_deref())?;
    let offer = store.run_offer(id, retry_of.map(RunId)).await?;
    Ok(Json(offer.into()))
}

/// Asks for a run of a step, which starts the step. A runner fetches it; with `here` the caller carries it out.
#[utoipa::path(post, path = "/api/steps/{id}/run", tag = "runs", request_body = Option<AskRunRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 201, description = "The run; with `here` also its lease and what it needs", body = Run)))]
pub async fn ask_run(
    Id(id): Id<StepId>,
    caller: Writer,
    headers: HeaderMap,
    OptionalBody(body): OptionalBody<AskRunRequest>,
) -> RestResponse {
    // An unknown id is 404, even if the version is missing too.
    caller.store.step_row(id).await?;
    let request = RunRequest {
        version: Some(caller.require_version(body.version)?),
        text_sha256: body.text_sha256,
        timeout_seconds: seconds(body.timeout_seconds),
        is_here: body.here.unwrap_or_default(),
    };
    if !request.is_here {
        let asked = caller.store.ask_run(id, request, caller.stamp).await?;
        return Ok(created(asked));
    }
    if headers.contains_key(KEY_HEADER) {
        let text = "The answer to `here` tells a lease, so it is kept under no key: leave it out";
        return Err(Problem::invalid(KEY_HEADER, text));
    }
    let begun = caller
        .store
        .begin_run_here(id, request, caller.stamp)
        .await?;
    let Changed { row, batch_id } = begun;
    let (location, version) = (format!("/api/runs/{}", row.run.id), row.run.version);
    let row = RunHere::from(row);
    Ok(response::created(&location, version, &row, batch_id))
}

/// Asks for runs of many steps, in one change. The steps that are not eligible are named, with the reason.
#[utoipa::path(post, path = "/api/runs", tag = "runs", request_body = AskRunsRequest,
    responses((status = 200, description = "What was done", body = BulkResult)))]
pub async fn ask_runs(caller: Writer, JsonBody(body): JsonBody<AskRunsRequest>) -> RestResponse {
    let timeout = seconds(body.timeout_seconds);
    let shown = body.text_sha256s.unwrap_or_default();
    let shown: Result<HashMap<StepId, String>, Problem> = shown.iter().map(shown_text).collect();
    let asked = caller
        .store
        .ask_runs(body.ids, timeout, shown?, caller.stamp);
    let result = asked.await?;
    let batch = result.batch_id.clone();
    Ok(response::ok(&BulkResult::from(result), batch))
}

/// Runs, newest first, without their texts.
#[utoipa::path(get, path = "/api/runs", tag = "runs", params(RunListQuery),
    responses((status = 200, description = "A page of runs", body = List<RunListItem>)))]
pub async fn list_runs(
    Reader(store): Reader,
    QueryString(query): QueryString<RunListQuery>,
) -> Result<Json<List<RunListItem>>, Problem> {
    let page = store.runs(filter(&query)?).await?;
    Ok(Json(List {
        items: page.items.into_iter().map(Into::into).collect(),
        next_cursor: page.next.map(|it| it.to_string()),
    }))
}

/// One run.
#[utoipa::path(get, path = "/api/runs/{id}", tag = "runs",
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "The run", body = Run)))]
pub async fn read_run(Id(id): Id<RunId>, Reader(store): Reader) -> RestResponse {
    let run = store.run(id).await?;
    let version = run.version;
    // Not `row`: output counts no versions.
    Ok(response::view(version, &Run::from(run)))
}

/// What a run wrote, in order. After 90 days it is gone, and only its SHA-256 is left.
#[utoipa::path(get, path = "/api/runs/{id}/output", tag = "runs",
    params(("id" = i64, Path, description = "The run's id"), RunOutputQuery),
    responses((status = 200, description = "Output; with `format=raw` its bytes",
        content((RunOutput = "application/json"), (String = "text/plain")))))]
pub async fn read_run_output(
    Id(id): Id<RunId>,
    Reader(store): Reader,
    QueryString(query): QueryString<RunOutputQuery>,
) -> RestResponse {
    match query.format.as_deref() {
        None | Some("json") => {}
        Some("raw") => {
            let bytes = store.run_output_bytes(id).await?;
            let name = format!("run-{id}.txt");
            let mut response = attachment("text/plain; charset=utf-8", &name, bytes);
            let policy = HeaderValue::from_static(FILE_CONTENT_POLICY);
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_SECURITY_POLICY, policy);
            return Ok(response);
        }
        Some(_) => return Err(Problem::invalid("format", "Choose one of: json, raw")),
    }
    let expected = "the seq of a piece of output";
    let after: Option<i64> = page::parse("after", query.after.as_deref(), expected)?;
    let after = after.unwrap_or_default();
    if after < 0 {
        return Err(Problem::invalid("after", format!("Not {expected}")));
    }
    let output = store.run_output(id, after).await?;
    Ok(Json(RunOutput::from(output)).into_response())
}

/// Cancels a run. One that has begun is told to end, and its step fails; of one that has not, the step is as it was before.
#[utoipa::path(post, path = "/api/runs/{id}/cancel", tag = "runs", request_body = Option<VersionRequest>,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it is now", body = Run)))]
pub async fn cancel_run(
    Id(id): Id<RunId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<VersionRequest>,
) -> RestResponse {
    let version = caller.version(body.version);
    let done = caller.store.cancel_run(id, version, caller.stamp).await?;
    let Changed { row, batch_id } = done;
    let version = row.version;
    Ok(response::changed(version, &Run::from(row), batch_id))
}

/// Asks for the same step again, after a run of it that failed, was cancelled or lost its runner. The text is that of now.
#[utoipa::path(post, path = "/api/runs/{id}/retry", tag = "runs", request_body = Option<RetryRunRequest>,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 201, description = "The new run", body = Run)))]
pub async fn retry_run(
    Id(id): Id<RunId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<RetryRunRequest>,
) -> RestResponse {
    let version = caller.version(body.version);
    let (store, stamp) = (caller.store, caller.stamp);
    let request = RunRequest {
        text_sha256: body.text_sha256,
        timeout_seconds: seconds(body.timeout_seconds),
        ..RunRequest::default()
    };
    let asked = store.retry_run(id, version, request, stamp).await?;
    Ok(created(asked))
}

/// Says that a run which the caller carries out by itself goes on, and what it wrote since the last time.
#[utoipa::path(post, path = "/api/runs/{id}/heartbeat", tag = "runs", request_body = HeartbeatRequest,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "Whether to go on", body = HeartbeatAnswer)))]
pub async fn report_output_here(
    Id(id): Id<RunId>,
    Writer { store, .. }: Writer,
    State(context): State<Context>,
    JsonBody(body): JsonBody<HeartbeatRequest>,
) -> RestResponse {
    // The lease says whose it is; what the caller does not see is not there.
    store.run(id).await?;
    runner_work::take_output(&context, id, body).await
}

/// Says how a run ended which the caller carried out by itself. The step is marked done or failed, unless somebody has decided
/// otherwise meanwhile.
#[utoipa::path(post, path = "/api/runs/{id}/finish", tag = "runs", request_body = FinishRequest,
    params(("id" = i64, Path, description = "The run's id")),
    responses((status = 200, description = "The run as it is now", body = Run)))]
pub async fn report_end_here(
    Id(id): Id<RunId>,
    Writer { store, .. }: Writer,
    State(context): State<Context>,
    JsonBody(body): JsonBody<FinishRequest>,
) -> RestResponse {
    store.run(id).await?;
    runner_work::finish(&context, id, body).await
}
