//! REST: template steps of a release. List, read, create, import from Markdown, update, duplicate, delete, reorder; dry runs of
//! an import, an update and a deletion.
use super::{
    dto::{
        enums::{CategorySchema, StepTypeSchema},
        runbook_import::{RunbookImport, RunbookImportResult},
        templates::{JenkinsJob, Template},
        work_views::Effect,
        written::{EditEffect, TemplateWithWarnings},
    },
    extract::{Id, JsonBody, Patch, QueryString, Reader, Writer},
    page::{self, List, PageQuery},
    position::{position, require_neighbor},
    problem::Problem,
    response::{self, RestResponse},
};
use app::{
    domain::{
        event::Changed,
        field_error::FieldError,
        id::{ReleaseId, TemplateId},
        template::{StepTemplate, TemplateDraft, TemplateFields, TemplateImpact},
        vocabulary::{Category, Noun},
    },
    store::{Store, error::StoreError},
};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// A template step to be added. Without a neighbor it comes last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewTemplate {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    #[serde(default)]
    #[schema(value_type = CategorySchema, required = true)]
    category: String,
    #[serde(default, rename = "type")]
    #[schema(value_type = StepTypeSchema, required = true)]
    kind: String,
    /// At most 256 KiB.
    #[serde(default)]
    #[schema(required = true, min_length = 1)]
    content: String,
    #[schema(max_length = 4000)]
    description: Option<String>,
    jenkins: Option<JenkinsJob>,
    /// The step that it comes before.
    insert_before: Option<i64>,
    /// The step that it comes after.
    insert_after: Option<i64>,
}

impl From<NewTemplate> for TemplateDraft {
    fn from(body: NewTemplate) -> Self {
        Self {
            name: body.name,
            category: body.category,
            kind: body.kind,
            content: body.content,
            description: body.description.unwrap_or_default(),
            jenkins: body.jenkins.map(Into::into),
        }
    }
}

/// What to change of a template step; what is left out stays. Copies that are pending and not overridden follow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct TemplatePatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    /// Another category moves the step to its end, with all copies.
    #[serde(default)]
    #[schema(value_type = CategorySchema, required = false)]
    category: Patch<String>,
    #[serde(default, rename = "type")]
    #[schema(value_type = StepTypeSchema, required = false)]
    kind: Patch<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1)]
    content: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000)]
    description: Patch<String>,
    /// Null for none.
    #[serde(default)]
    #[schema(value_type = Option<JenkinsJob>)]
    jenkins: Patch<JenkinsJob>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
    /// Only say what it would do; needs no version.
    dry_run: Option<bool>,
}

impl TemplatePatch {
    fn apply_to(self, present: TemplateDraft) -> TemplateDraft {
        TemplateDraft {
            name: self.name.apply_to(present.name),
            category: self.category.apply_to(present.category),
            kind: self.kind.apply_to(present.kind),
            content: self.content.apply_to(present.content),
            description: self.description.apply_to(present.description),
            jenkins: match self.jenkins {
                Patch::Absent => present.jenkins,
                Patch::Null => None,
                Patch::Value(it) => Some(it.into()),
            },
        }
    }
}

/// The template step as it is now; or on a dry run, what would become of its copies.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum TemplateEditResult {
    Template(TemplateWithWarnings),
    DryRun(EditEffect),
}

/// How to delete a template step.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct DeleteQuery {
    /// Only say what it would do.
    #[param(value_type = Option<bool>)]
    dry_run: Option<String>,
    /// The version that the deletion is based on; or send If-Match.
    #[param(value_type = Option<i64>)]
    version: Option<String>,
}

/// A new order of a category, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReorderRequest {
    #[schema(value_type = i64)]
    release_id: Option<ReleaseId>,
    #[schema(value_type = CategorySchema)]
    category: Option<Category>,
    /// Every template step of the category, once.
    #[serde(default)]
    #[schema(value_type = Vec<i64>, required = true)]
    ordered_ids: Vec<TemplateId>,
    /// The release's version that the order is based on.
    version: Option<i64>,
}

/// What became of a new order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReorderResult {
    success: bool,
    /// The number of customers' lists that were left alone, because they have an order of their own.
    left_alone: u32,
    /// Null if the order was that already.
    batch_id: Option<String>,
}

/// Dry run of an update: how many copies it would change. None if only the category differs, or nothing.
async fn update_effect(
    store: &Store,
    present: StepTemplate,
    draft: TemplateDraft,
    sent: Option<&str>,
) -> Result<EditEffect, Problem> {
    let id = present.id;
    let release = store.release_row(present.release_id).await?;
    release.may_be_edited().map_err(StoreError::from)?;
    let fields = draft.parse().map_err(StoreError::from)?;
    let present = TemplateDraft::from(present).parse();
    let is_unchanged = present.is_ok_and(|it| {
        TemplateFields {
            category: fields.category,
            ..it
        } == fields
    });
    let impact = if is_unchanged {
        TemplateImpact::default()
    } else {
        store.template_impact(id).await?
    };
    Ok(EditEffect::of(impact.into(), &fields, sent))
}

/// A release's template steps, deploy first, in order.
#[utoipa::path(get, path = "/api/releases/{id}/templates", tag = "templates",
    params(("id" = i64, Path, description = "The release's id"), PageQuery),
    responses((status = 200, description = "A page of template steps", body = List<Template>)))]
pub async fn list_templates(
    Reader(store): Reader,
    Id(id): Id<ReleaseId>,
    QueryString(query): QueryString<PageQuery>,
) -> Result<Json<List<Template>>, Problem> {
    let templates = store.release(id).await?.templates;
    Ok(Json(List::select(templates, &query, |it| it.id.0)?))
}

/// One template step.
#[utoipa::path(get, path = "/api/templates/{id}", tag = "templates",
    params(("id" = i64, Path, description = "The template step's id")),
    responses((status = 200, description = "The template step", body = Template)))]
pub async fn read_template(Reader(store): Reader, Id(id): Id<TemplateId>) -> RestResponse {
    let template = store.template_row(id).await?;
    let version = template.version;
    // Its position changes without its version.
    Ok(response::view(version, &Template::from(template)))
}

/// Errors: 422 at the path of a job that has none. No job is null.
fn must_be_named(job: Option<&JenkinsJob>) -> Result<(), Problem> {
    if job.is_none_or(JenkinsJob::is_named) {
        return Ok(());
    }
    Err(Problem::invalid(
        "jenkins.job",
        FieldError::NotAJob.to_string(),
    ))
}

/// Adds a template step. In an active release every customer gets a pending copy.
#[utoipa::path(post, path = "/api/releases/{id}/templates", tag = "templates", request_body = NewTemplate,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 201, description = "The new template step", body = TemplateWithWarnings)))]
pub async fn create_template(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    JsonBody(body): JsonBody<NewTemplate>,
) -> RestResponse {
    must_be_named(body.jenkins.as_ref())?;
    let before = body.insert_before.map(TemplateId);
    let position = position(before, body.insert_after.map(TemplateId))?;
    require_neighbor(position, |it| it.0, |id| caller.store.template_row(id)).await?;
    let sent = body.content.clone();
    let done = caller
        .store
        .add_template(id, body.into(), position, caller.stamp)
        .await?;
    created(done, Some(&sent))
}

/// Appends the steps of a Markdown runbook, all of them or none. In an active release every customer gets pending copies.
#[utoipa::path(post, path = "/api/releases/{id}/templates/import", tag = "templates", request_body = RunbookImport,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "What was read and created, or would be", body = RunbookImportResult)))]
pub async fn import_templates(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    JsonBody(body): JsonBody<RunbookImport>,
) -> RestResponse {
    let store = &caller.store;
    let markdown = body.markdown.ok_or_else(|| Problem::missing("markdown"))?;
    let edits = body.edits.unwrap_or_default();
    let edits = edits.into_iter().map(Into::into).collect();
    if body.dry_run.unwrap_or_default() {
        let read = store.preview_runbook(id, markdown, edits).await?;
        return Ok(response::ok(&RunbookImportResult::from(read), None));
    }
    let Changed { row, batch_id } = store
        .import_runbook(id, markdown, edits, caller.stamp)
        .await?;
    Ok(response::ok(&RunbookImportResult::from(row), batch_id))
}

/// The same step once more, behind the original.
#[utoipa::path(post, path = "/api/templates/{id}/duplicate", tag = "templates",
    params(("id" = i64, Path, description = "The template step's id")),
    responses((status = 201, description = "The new template step", body = TemplateWithWarnings)))]
pub async fn duplicate_template(Id(id): Id<TemplateId>, caller: Writer) -> RestResponse {
    let done = caller.store.duplicate_template(id, caller.stamp).await?;
    created(done, None)
}

#[expect(clippy::unnecessary_wraps, reason = "handlers return it as it is")]
fn created(done: Changed<StepTemplate>, sent: Option<&str>) -> RestResponse {
    let Changed { row, batch_id } = done;
    let (location, version) = (format!("/api/templates/{}", row.id), row.version);
    let written = TemplateWithWarnings::of(row, sent);
    Ok(response::created(&location, version, &written, batch_id))
}

/// Changes some fields of a template step.
#[utoipa::path(patch, path = "/api/templates/{id}", tag = "templates", request_body = TemplatePatch,
    params(("id" = i64, Path, description = "The template step's id")),
    responses((status = 200, description = "The template step as it is now, or what would be done", body = TemplateEditResult)))]
pub async fn update_template(
    Id(id): Id<TemplateId>,
    caller: Writer,
    JsonBody(patch): JsonBody<TemplatePatch>,
) -> RestResponse {
    must_be_named(match &patch.jenkins {
        Patch::Value(job) => Some(job),
        Patch::Absent | Patch::Null => None,
    })?;
    let present = caller.store.template_row(id).await?;
    let sent = patch.content.sent().map(str::to_owned);
    if patch.dry_run.unwrap_or_default() {
        let draft = patch.apply_to(present.clone().into());
        let effect = update_effect(&caller.store, present, draft, sent.as_deref()).await?;
        return Ok(response::ok(&TemplateEditResult::DryRun(effect), None));
    }
    let version = caller.require_version(patch.version)?;
    let draft = patch.apply_to(present.into());
    let Changed { row, batch_id } = caller
        .store
        .update_template(id, draft, version, caller.stamp)
        .await?;
    let version = row.version;
    let template = TemplateEditResult::Template(TemplateWithWarnings::of(row, sent.as_deref()));
    Ok(response::changed(version, &template, batch_id))
}

/// Deletes a template step with its pending, untouched copies. The others stay as custom steps of their customers.
#[utoipa::path(delete, path = "/api/templates/{id}", tag = "templates",
    params(("id" = i64, Path, description = "The template step's id"), DeleteQuery),
    responses(
        (status = 200, description = "On a dry run: how many copies would go, and how many stay", body = Effect),
        (status = 204, description = "It is gone")))]
pub async fn delete_template(
    Id(id): Id<TemplateId>,
    caller: Writer,
    QueryString(query): QueryString<DeleteQuery>,
) -> RestResponse {
    let dry_run = page::parse_flag("dryRun", query.dry_run.as_deref())?;
    let version = page::parse("version", query.version.as_deref(), "a version")?;
    let store = &caller.store;
    if dry_run {
        let release = store.template_row(id).await?.release_id;
        let release = store.release_row(release).await?;
        release.may_be_edited().map_err(StoreError::from)?;
        let effect = Effect::from(store.template_impact(id).await?);
        return Ok(response::ok(&effect, None));
    }
    let version = caller.version(version);
    let done = store.delete_template(id, version, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}

/// Puts the template steps of a category into a new order; the customers' lists follow.
#[utoipa::path(post, path = "/api/steps/reorder", tag = "templates", request_body = ReorderRequest,
    responses((status = 200, description = "The order is that now", body = ReorderResult)))]
pub async fn reorder_templates(
    caller: Writer,
    JsonBody(body): JsonBody<ReorderRequest>,
) -> RestResponse {
    let release = body.release_id;
    let release = release.ok_or_else(|| Problem::missing("releaseId"))?;
    let category = body.category;
    let category = category.ok_or_else(|| Problem::missing("category"))?;
    let version = caller.version(body.version);
    let done = caller
        .store
        .reorder_templates(release, version, category, body.ordered_ids, caller.stamp)
        .await;
    let Changed { row, batch_id } = match done {
        Ok(done) => done,
        // The path does not name the release, so an unknown one is a wrong field and not 404.
        Err(StoreError::NotFound(_)) => {
            return Err(Problem::no_such_row("releaseId", Noun::Release, release.0));
        }
        Err(error) => return Err(error.into()),
    };
    let reordered = ReorderResult {
        success: true,
        left_alone: row,
        batch_id: batch_id.clone().map(|it| it.0),
    };
    Ok(response::ok(&reordered, batch_id))
}
