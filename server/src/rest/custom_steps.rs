//! REST: one customer's list of steps. Read it, add a custom step, move a step, reorder the list, promote a step to the
//! template.
use super::{
    dto::{
        enums::{CategorySchema, StepTypeSchema},
        rows::Step,
        written::StepWithWarnings,
    },
    extract::{Id, JsonBody, OptionalBody, QueryString, Reader, Writer},
    page::{List, PageQuery},
    position::{position, require_neighbor},
    problem::Problem,
    releases::VersionRequest,
    response::{self, RestResponse},
    steps::{changed, written},
};
use app::domain::{
    event::Changed,
    id::{CustomerId, ReleaseId, StepId},
    order::Position,
    template::TemplateDraft,
    vocabulary::Category,
};
use axum::Json;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A step of one customer alone. Without a neighbor it comes last.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewStep {
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
    /// The step of the same customer and category that it comes before.
    insert_before: Option<i64>,
    /// The step of the same customer and category that it comes after.
    insert_after: Option<i64>,
    /// For every customer of this release, not for this one alone.
    add_to_template: Option<bool>,
}

/// Where to: before or after a neighbor.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MoveRequest {
    /// The step of the same customer and category that it comes before.
    insert_before: Option<i64>,
    /// The step of the same customer and category that it comes after.
    insert_after: Option<i64>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

/// A new order of one customer's steps in a category, whole.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerReorderRequest {
    #[schema(value_type = CategorySchema)]
    category: Option<Category>,
    /// Every step of the customer in the category, once.
    #[serde(default)]
    #[schema(value_type = Vec<i64>, required = true)]
    ordered_ids: Vec<StepId>,
    /// The release's version that the order is based on.
    version: Option<i64>,
}

/// What became of a new order.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerReorderResult {
    success: bool,
    /// Null if the order was that already.
    batch_id: Option<String>,
}

/// One customer's steps in a release, deploy first, in the customer's order.
#[utoipa::path(get, path = "/api/releases/{id}/customers/{customerId}/steps", tag = "steps",
    params(
        ("id" = i64, Path, description = "The release's id"),
        ("customerId" = i64, Path, description = "The customer's id"),
        PageQuery),
    responses((status = 200, description = "A page of steps", body = List<Step>)))]
pub async fn list_customer_steps(
    Reader(store): Reader,
    Id((release, customer)): Id<(ReleaseId, CustomerId)>,
    QueryString(query): QueryString<PageQuery>,
) -> Result<Json<List<Step>>, Problem> {
    let steps = store.customer_work(release, customer).await?.steps;
    Ok(Json(List::select(steps, &query, |it| it.id.0)?))
}

/// Adds a step for one customer alone; or with `addToTemplate` for every customer of the release.
#[utoipa::path(post, path = "/api/releases/{id}/customers/{customerId}/steps", tag = "steps", request_body = NewStep,
    params(
        ("id" = i64, Path, description = "The release's id"),
        ("customerId" = i64, Path, description = "The customer's id")),
    responses((status = 201, description = "The customer's new step", body = StepWithWarnings)))]
pub async fn create_step(
    Id((release, customer)): Id<(ReleaseId, CustomerId)>,
    caller: Writer,
    JsonBody(body): JsonBody<NewStep>,
) -> RestResponse {
    let store = &caller.store;
    store.must_be_member(release, customer).await?;
    let before = body.insert_before.map(StepId);
    let position = position(before, body.insert_after.map(StepId))?;
    require_neighbor(position, |it| it.0, |id| store.step_row(id)).await?;
    let to_all = body.add_to_template.unwrap_or_default();
    let sent = body.content.clone();
    let draft = TemplateDraft {
        name: body.name,
        category: body.category,
        kind: body.kind,
        content: body.content,
        description: String::new(),
        jenkins: None,
    };
    let created = store.add_custom_step(release, customer, draft, position, to_all, caller.stamp);
    let Changed { row, batch_id } = created.await?;
    let (location, version) = (format!("/api/steps/{}", row.id), row.version);
    let written = StepWithWarnings::of(row, Some(&sent));
    Ok(response::created(&location, version, &written, batch_id))
}

/// Puts a step before or after another one of its customer's list; the category stays.
#[utoipa::path(post, path = "/api/steps/{id}/move", tag = "steps", request_body = Option<MoveRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = Step)))]
pub async fn move_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<MoveRequest>,
) -> RestResponse {
    let row = caller.store.step_row(id).await?;
    let before = body.insert_before.map(StepId);
    let position = position(before, body.insert_after.map(StepId))?;
    require_neighbor(position, |it| it.0, |id| caller.store.step_row(id)).await?;
    let version = caller.version(body.version);
    // A stale version is refused first (409), by the store.
    if position == Position::Last && version.is_none_or(|it| it == row.version) {
        let problem = "Name the step that it comes before or after";
        return Err(
            Problem::invalid("insertAfter", problem).with_field_error("insertBefore", problem)
        );
    }
    let done = caller.store.move_step(id, position, version, caller.stamp);
    changed(done.await?)
}

/// Makes a custom step a template step of the release; or an overridden copy's text the template's.
#[utoipa::path(post, path = "/api/steps/{id}/promote", tag = "steps", request_body = Option<VersionRequest>,
    params(("id" = i64, Path, description = "The step's id")),
    responses((status = 200, description = "The step as it is now", body = StepWithWarnings)))]
pub async fn promote_step(
    Id(id): Id<StepId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<VersionRequest>,
) -> RestResponse {
    let version = caller.version(body.version);
    let done = caller.store.promote_step(id, version, caller.stamp);
    written(done.await?, None)
}

/// Puts one customer's steps of a category into an order of their own, which the template's order then leaves alone.
#[utoipa::path(post, path = "/api/releases/{id}/customers/{customerId}/reorder", tag = "steps", request_body = CustomerReorderRequest,
    params(
        ("id" = i64, Path, description = "The release's id"),
        ("customerId" = i64, Path, description = "The customer's id")),
    responses((status = 200, description = "The order is that now", body = CustomerReorderResult)))]
pub async fn reorder_customer_steps(
    Id((release, customer)): Id<(ReleaseId, CustomerId)>,
    caller: Writer,
    JsonBody(body): JsonBody<CustomerReorderRequest>,
) -> RestResponse {
    let category = body.category;
    let category = category.ok_or_else(|| Problem::missing("category"))?;
    let version = caller.version(body.version);
    let store = &caller.store;
    store.must_be_member(release, customer).await?;
    let (ids, stamp) = (body.ordered_ids, caller.stamp);
    let done = store.reorder_steps(release, version, customer, category, ids, stamp);
    let batch_id = done.await?.batch_id;
    let reordered = CustomerReorderResult {
        success: true,
        batch_id: batch_id.clone().map(|it| it.0),
    };
    Ok(response::ok(&reordered, batch_id))
}
