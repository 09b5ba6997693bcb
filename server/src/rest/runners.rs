//! REST: runners (R73). List, make, delete; for admins. The token of one is told once: an idempotency key keeps of that
//! answer the id alone.
use super::{
    dto::runs::{NewRunner, Runner},
    extract::{Id, JsonBody, QueryString, Reader, Writer},
    page::{List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{event::Changed, id::RunnerId, runner::RunnerDraft};
use axum::{
    Json,
    http::{HeaderValue, StatusCode, header},
};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A runner to be made.
#[derive(Debug, Deserialize, ToSchema)]
pub struct RunnerRequest {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// Names or ids of clusters: those that it may fetch runs of.
    #[serde(default)]
    #[schema(value_type = Vec<String>, required = true, min_items = 1)]
    clusters: Vec<Value>,
}

/// The name or the id of a cluster.
fn name_or_id((place, value): (usize, Value)) -> Result<String, Problem> {
    match value {
        Value::String(text) => Ok(text),
        Value::Number(id) => Ok(id.to_string()),
        _ => {
            let text = format!("clusters[{place}]: Send the name or the id of a cluster");
            Err(Problem::invalid("clusters", text))
        }
    }
}

/// All runners, with what they do now.
#[utoipa::path(get, path = "/api/runners", tag = "runners", params(PageQuery),
    responses((status = 200, description = "A page of runners", body = List<Runner>)))]
pub async fn list_runners(
    Reader(store): Reader,
    QueryString(page): QueryString<PageQuery>,
) -> Result<Json<List<Runner>>, Problem> {
    let rows = store.list_runners().await?;
    Ok(Json(List::select(rows, &page, |it| it.id.0)?))
}

/// Makes a runner. The answer tells its token, this once.
#[utoipa::path(post, path = "/api/runners", tag = "runners", request_body = RunnerRequest,
    responses((status = 201, description = "The new runner", body = NewRunner)))]
pub async fn create_runner(
    caller: Writer,
    JsonBody(body): JsonBody<RunnerRequest>,
) -> RestResponse {
    let clusters = body.clusters.into_iter().enumerate().map(name_or_id);
    let draft = RunnerDraft {
        name: body.name,
        clusters: clusters.collect::<Result<_, Problem>>()?,
    };
    let made = caller.store.create_runner(draft, caller.stamp).await?;
    let Changed { row, batch_id } = made;
    let mut response = response::ok(&NewRunner::from(row), batch_id);
    *response.status_mut() = StatusCode::CREATED;
    // A single one has no address, so the location is the list.
    let location = HeaderValue::from_static("/api/runners");
    response.headers_mut().insert(header::LOCATION, location);
    Ok(response)
}

/// Deletes a runner: its token is not good any more, and what it carries out is lost when its leases end.
#[utoipa::path(delete, path = "/api/runners/{id}", tag = "runners",
    params(("id" = i64, Path, description = "The runner's id")),
    responses((status = 204, description = "It is deleted")))]
pub async fn delete_runner(Id(id): Id<RunnerId>, caller: Writer) -> RestResponse {
    caller.store.delete_runner(id, caller.stamp).await?;
    Ok(response::no_content(None))
}
