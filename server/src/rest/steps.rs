//! REST: customers' steps. Read (row or detail), update, delete a custom step, transitions of one or many, override and
//! reset of the text. Adding, moving and promoting steps: `custom_steps`.
use super::{
    dto::{
        enums::{StepActionSchema, StepTypeSchema},
        rows::Step,
        text_changes::StepWithTextChanges,
        work_views::{BulkResult, StepDetail},
        written::StepWithWarnings,
    },
    extract::{Id, JsonBody, OptionalBody, Patch, Reader, Writer},
    problem::Problem,
    releases::VersionRequest,
    response::{self, RestResponse},
};
use app::{
    domain::event::Changed,
    domain::id::StepId,
    domain::step::CustomerStep,
    domain::vocabulary::StepAction,
    store::steps::step_patch::StepPatch,
    store::steps::transitions::{TransitionOptions, TransitionResult},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// What to change of a step; what is left out stays. Name, type and content are a custom step's own.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepFields {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    #[serde(default, rename = "type")]
    #[schema(value_type = StepTypeSchema, required = false)]
    kind: Patch<String>,
    /// At most 256 KiB.
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1)]
    content: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 10000)]
    notes: Patch<String>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

/// Marks a step done.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MarkDoneRequest {
    /// New notes; they replace the step's notes.
    #[schema(max_length = 10000)]
    notes: Option<String>,
    /// Whether to mark it done although a variable of its text has no value.
    allow_unresolved: Option<bool>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
    /// The SHA-256 of the text that was shown (`resolvedSha256`): if the text is another by now, 409 `text-changed`.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    text_sha256: Option<String>,
}

/// Starts a step.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StartRequest {
    /// Whether to take over a step that somebody else has in progress: it is started anew, by the caller.
    take_over: Option<bool>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
    /// The SHA-256 of the text that was shown (`resolvedSha256`): if the text is another by now, 409 `text-changed`.
    #[schema(min_length = 64, max_length = 64, pattern = "^[0-9a-f]{64}$")]
    text_sha256: Option<String>,
}

/// The reason of a transition.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct ReasonRequest {
    #[schema(min_length = 1, max_length = 10000)]
    reason: Option<String>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

/// A step's text for one customer alone.
#[derive(Debug, Deserialize, ToSchema)]
pub struct OverrideRequest {
    /// At most 256 KiB.
    #[serde(default)]
    #[schema(required = true, min_length = 1)]
    content: String,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

/// One action on many steps.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkActionRequest {
    /// At most 10,000; what is named twice counts once.
    #[serde(default)]
    #[schema(value_type = Vec<i64>, required = true, min_items = 1, max_items = 10000)]
    ids: Vec<StepId>,
    #[schema(value_type = StepActionSchema)]
    action: Option<StepAction>,
    /// Required for fail and skip, optional for revert, ignored otherwise.
    #[schema(max_length = 10000)]
    reason: Option<String>,
    /// New notes for all steps; used with done only.
    #[schema(max_length = 10000)]
    notes: Option<String>,
    /// Whether to mark steps done although a variable of a text has no value.
    allow_unresolved: Option<bool>,
}

/// 200 with the step after a change.
pub fn changed(done: Changed<CustomerStep>) -> RestResponse {
    let Changed { row, batch_id } = done;
    let version = row.version;
    Ok(response::changed(version, &Step::from(row), batch_id))
}

/// 200 with the step after a request that may have changed its text; `sent` is the text of the request, if it had one.
pub fn written(done: Changed<CustomerStep>, sent: Option<&str>) -> RestResponse {
    let Changed { row, batch_id } = done;
    let version = row.version;
    Ok(response::changed(
        version,
        &StepWithWarnings::of(row, sent),
        batch_id,
    ))
}

/// One step.
#[utoipa::path(get, path = "/api/steps/{id}", tag = "steps",
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step", body = Step)))]
pub async fn read_step(Reader(store): Reader, Id(id): Id<StepId>) -> RestResponse {
    let step = store.step_row(id).await?;
    let version = step.version;
    // Not `row`: a reorder changes the position but not the version, so the ETag needs the hash of the body.
    Ok(response::view(version, &Step::from(step)))
}

/// One step with all that is needed to do it: its text filled in, the text to copy, its history.
#[utoipa::path(get, path = "/api/steps/{id}/detail", tag = "steps",
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step in detail", body = StepDetail)))]
pub async fn read_step_detail(Reader(store): Reader, Id(id): Id<StepId>) -> RestResponse {
    let detail = store.step(id).await?;
    let history = store.step_events(&detail.step).await?;
    let version = detail.step.version;
    Ok(response::view(version, &StepDetail::new(detail, history)))
}

/// Changes the notes of a step; or name, type and content of a custom one.
#[utoipa::path(patch, path = "/api/steps/{id}", tag = "steps", request_body = StepFields,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = StepWithWarnings)))]
pub async fn update_step(
    Id(id): Id<StepId>,
    caller: Writer,
    JsonBody(fields): JsonBody<StepFields>,
) -> RestResponse {
    // An unknown id is 404, even if the version is missing too.
    caller.store.step_row(id).await?;
    let version = caller.require_version(fields.version)?;
    let patch = StepPatch {
        name: fields.name.into_value(),
        kind: fields.kind.into_value(),
        content: fields.content.into_value(),
        notes: fields.notes.into_value(),
    };
    let sent = patch.content.clone();
    let done = caller.store.patch_step(id, patch, version, caller.stamp);
    written(done.await?, sent.as_deref())
}

/// Deletes a custom step. A copy of a template step stays.
#[utoipa::path(delete, path = "/api/steps/{id}", tag = "steps",
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 204, description = "The step was deleted")))]
pub async fn delete_step(Id(id): Id<StepId>, caller: Writer) -> RestResponse {
    let version = caller.version(None);
    let done = caller.store.delete_custom_step(id, version, caller.stamp);
    Ok(response::no_content(done.await?.batch_id))
}

async fn act(
    caller: Writer,
    id: StepId,
    action: StepAction,
    mut options: TransitionOptions,
) -> RestResponse {
    options.version = caller.version(options.version);
    let store = &caller.store;
    let done = store.act_on_step(id, action, options, caller.stamp);
    changed(done.await?.into())
}

fn with_reason(body: ReasonRequest) -> TransitionOptions {
    TransitionOptions {
        reason: body.reason,
        version: body.version,
        ..TransitionOptions::default()
    }
}

fn with_version(body: VersionRequest) -> TransitionOptions {
    TransitionOptions {
        version: body.version,
        ..TransitionOptions::default()
    }
}

/// Starts a step: its status becomes `in_progress`. One that is in progress stays as it is, unless it is taken over.
#[utoipa::path(post, path = "/api/steps/{id}/start", tag = "steps", request_body = Option<StartRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn start_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<StartRequest>,
) -> RestResponse {
    let options = TransitionOptions {
        version: body.version,
        text_sha256: body.text_sha256,
        take_over: body.take_over.unwrap_or_default(),
        ..TransitionOptions::default()
    };
    act(caller, id, StepAction::Start, options).await
}

/// Marks a step done. A step with a variable that has no value is refused, unless that is allowed; so is a text that is another
/// than the one with `textSha256`.
#[utoipa::path(post, path = "/api/steps/{id}/done", tag = "steps", request_body = Option<MarkDoneRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = StepWithTextChanges)))]
pub async fn finish_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<MarkDoneRequest>,
) -> RestResponse {
    let options = TransitionOptions {
        notes: body.notes,
        allow_unresolved: body.allow_unresolved.unwrap_or_default(),
        version: caller.version(body.version),
        text_sha256: body.text_sha256,
        ..TransitionOptions::default()
    };
    let store = &caller.store;
    let done = store.act_on_step(id, StepAction::Done, options, caller.stamp);
    let TransitionResult {
        row,
        batch_id,
        changes,
    } = done.await?;
    let version = row.version;
    let step = StepWithTextChanges {
        step: row.into(),
        changes: changes.into_iter().map(Into::into).collect(),
    };
    Ok(response::changed(version, &step, batch_id))
}

/// Marks a step failed; the reason is required.
#[utoipa::path(post, path = "/api/steps/{id}/fail", tag = "steps", request_body = Option<ReasonRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn fail_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<ReasonRequest>,
) -> RestResponse {
    act(caller, id, StepAction::Fail, with_reason(body)).await
}

/// Skips a step for this customer; the reason is required.
#[utoipa::path(post, path = "/api/steps/{id}/skip", tag = "steps", request_body = Option<ReasonRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn skip_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<ReasonRequest>,
) -> RestResponse {
    act(caller, id, StepAction::Skip, with_reason(body)).await
}

/// Marks a step reverted: what it did was taken back.
#[utoipa::path(post, path = "/api/steps/{id}/revert", tag = "steps", request_body = Option<ReasonRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn revert_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<ReasonRequest>,
) -> RestResponse {
    act(caller, id, StepAction::Revert, with_reason(body)).await
}

/// Reopens a step: its status becomes pending.
#[utoipa::path(post, path = "/api/steps/{id}/reopen", tag = "steps", request_body = Option<VersionRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn reopen_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<VersionRequest>,
) -> RestResponse {
    act(caller, id, StepAction::Reopen, with_version(body)).await
}

/// Rewrites a copy's text for this customer alone.
#[utoipa::path(post, path = "/api/steps/{id}/override", tag = "steps", request_body = OverrideRequest,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = StepWithWarnings)))]
pub async fn override_step(
    Id(id): Id<StepId>,
    caller: Writer,
    JsonBody(body): JsonBody<OverrideRequest>,
) -> RestResponse {
    // An unknown id is 404, even if the version is missing too.
    caller.store.step_row(id).await?;
    let version = caller.require_version(body.version)?;
    let store = &caller.store;
    let sent = body.content.clone();
    let done = store.override_step(id, body.content, version, caller.stamp);
    written(done.await?, Some(&sent))
}

/// Brings back the template's name, type and text; the state stays.
#[utoipa::path(post, path = "/api/steps/{id}/reset", tag = "steps", request_body = Option<VersionRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn reset_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<VersionRequest>,
) -> RestResponse {
    let version = caller.version(body.version);
    let done = caller.store.reset_step(id, version, caller.stamp);
    changed(done.await?)
}

/// One action on many steps, in one change. The steps that are not eligible are named, with the reason.
#[utoipa::path(post, path = "/api/steps/bulk", tag = "steps", request_body = BulkActionRequest,
    responses((status = 200, description = "What was done", body = BulkResult)))]
pub async fn act_on_steps(
    caller: Writer,
    JsonBody(body): JsonBody<BulkActionRequest>,
) -> RestResponse {
    let action = body.action;
    let action = action.ok_or_else(|| Problem::missing("action"))?;
    let options = TransitionOptions {
        reason: body.reason,
        notes: body.notes,
        allow_unresolved: body.allow_unresolved.unwrap_or_default(),
        ..TransitionOptions::default()
    };
    let store = &caller.store;
    let result = store.act_on_steps(body.ids, action, options, caller.stamp);
    let result = result.await?;
    let batch = result.batch_id.clone();
    Ok(response::ok(&BulkResult::from(result), batch))
}
