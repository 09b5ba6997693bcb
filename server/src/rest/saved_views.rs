//! REST: saved views of the matrix (R104). List, save, delete.
use super::{
    dto::saved_views::SavedView,
    extract::{Id, JsonBody, QueryString, Reader, Writer},
    page::{self, List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{
    event::Changed,
    id::{ReleaseId, ViewId},
    saved_view::ViewDraft,
};
use axum::Json;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// The version of a view, which is never edited.
const ONLY_VERSION: i64 = 1;

/// Which views.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct ViewQuery {
    /// Only those of this release and of every release.
    #[param(value_type = Option<i64>)]
    release_id: Option<String>,
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A view to be saved.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewView {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// A query of the matrix, such as `?status=failed`, or a path of this site with one.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 2000)]
    address: String,
    /// Null is every release.
    release_id: Option<i64>,
    /// For everybody, which needs the role operator; else for the caller alone.
    #[serde(default)]
    #[schema(required = false)]
    for_all: bool,
}

/// The caller's views and those for all, by name.
#[utoipa::path(get, path = "/api/views", tag = "views", params(ViewQuery),
    responses((status = 200, description = "A page of views", body = List<SavedView>)))]
pub async fn list_views(
    Reader(store): Reader,
    QueryString(query): QueryString<ViewQuery>,
) -> Result<Json<List<SavedView>>, Problem> {
    let release = page::parse_id("releaseId", query.release_id.as_deref())?;
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let rows = store.saved_views(release.map(ReleaseId)).await?;
    Ok(Json(List::select(rows, &page, |it| it.id.0)?))
}

/// Saves a view, for the caller or for all.
#[utoipa::path(post, path = "/api/views", tag = "views", request_body = NewView,
    responses((status = 201, description = "The new view", body = SavedView)))]
pub async fn create_view(caller: Writer, JsonBody(body): JsonBody<NewView>) -> RestResponse {
    let draft = ViewDraft {
        name: body.name,
        address: body.address,
        release_id: body.release_id.map(ReleaseId),
        for_all: body.for_all,
    };
    let Changed { row, batch_id } = caller.store.save_view(draft, caller.stamp).await?;
    let location = format!("/api/views/{}", row.id);
    let row = SavedView::from(row);
    Ok(response::created(&location, ONLY_VERSION, &row, batch_id))
}

/// Deletes a view. One that is for all needs the role operator.
#[utoipa::path(delete, path = "/api/views/{id}", tag = "views",
    params(("id" = i64, Path, description = "The view's id")),
    responses((status = 204, description = "It is deleted")))]
pub async fn delete_view(Id(id): Id<ViewId>, caller: Writer) -> RestResponse {
    caller.store.delete_view(id, caller.stamp).await?;
    Ok(response::no_content(None))
}
