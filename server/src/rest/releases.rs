//! REST: releases. List, read, create, update, delete a draft, archive, restore, clone.
use super::{
    dto::{
        enums::{ReleaseTypeSchema, VariablesSchema},
        rows::{Release, ReleaseView},
    },
    extract::{Id, JsonBody, OptionalBody, Patch, QueryString, Reader, Writer},
    page::{self, List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{
    event::Changed,
    id::ReleaseId,
    metadata::Metadata,
    release::{self, ReleaseDraft},
};
use axum::Json;
use serde::Deserialize;
use utoipa::ToSchema;

/// A release to be created: a draft.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewRelease {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    #[serde(default, rename = "type")]
    #[schema(value_type = ReleaseTypeSchema, required = true)]
    kind: String,
    #[schema(max_length = 50)]
    version_number: Option<String>,
    #[schema(value_type = Option<String>, format = Date)]
    release_date: Option<String>,
    #[schema(max_length = 4000)]
    description: Option<String>,
    #[schema(value_type = Option<VariablesSchema>)]
    metadata: Option<Metadata>,
}

impl From<NewRelease> for ReleaseDraft {
    fn from(body: NewRelease) -> Self {
        Self {
            name: body.name,
            kind: body.kind,
            version_number: body.version_number.unwrap_or_default(),
            release_date: body.release_date.unwrap_or_default(),
            description: body.description.unwrap_or_default(),
            metadata: body.metadata.unwrap_or_default(),
        }
    }
}

/// What to change of a release; what is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReleasePatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    #[serde(default, rename = "type")]
    #[schema(value_type = ReleaseTypeSchema, required = false)]
    kind: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 50)]
    version_number: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, format = Date)]
    release_date: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 4000)]
    description: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<VariablesSchema>)]
    metadata: Patch<Metadata>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

impl ReleasePatch {
    fn apply_to(self, present: ReleaseDraft) -> ReleaseDraft {
        ReleaseDraft {
            name: self.name.apply_to(present.name),
            kind: self.kind.apply_to(present.kind),
            version_number: self.version_number.apply_to(present.version_number),
            release_date: self.release_date.apply_to(present.release_date),
            description: self.description.apply_to(present.description),
            metadata: self.metadata.apply_to(present.metadata),
        }
    }
}

/// A version to check, if one is given.
#[derive(Debug, Default, Deserialize, ToSchema)]
pub struct VersionRequest {
    /// The version that the change is based on; or send If-Match.
    pub version: Option<i64>,
}

/// What is different in a clone.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CloneRequest {
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    /// Left out, it is the original's.
    #[schema(max_length = 50)]
    version_number: Option<String>,
}

#[expect(clippy::unnecessary_wraps, reason = "handlers return it as it is")]
fn changed(done: Changed<release::Release>) -> RestResponse {
    let Changed { row, batch_id } = done;
    let version = row.version;
    Ok(response::changed(version, &Release::from(row), batch_id))
}

#[expect(clippy::unnecessary_wraps, reason = "handlers return it as it is")]
fn created(done: Changed<release::Release>) -> RestResponse {
    let Changed { row, batch_id } = done;
    let (location, version) = (format!("/api/releases/{}", row.id), row.version);
    Ok(response::created(
        &location,
        version,
        &Release::from(row),
        batch_id,
    ))
}

/// Releases, newest first, with progress.
#[utoipa::path(get, path = "/api/releases", tag = "releases", params(PageQuery),
    responses((status = 200, description = "A page of releases", body = List<ReleaseView>)))]
pub async fn list_releases(
    Reader(store): Reader,
    QueryString(query): QueryString<PageQuery>,
) -> Result<Json<List<ReleaseView>>, Problem> {
    let page = page::parse_page(query.limit.as_deref(), query.cursor.as_deref())?;
    let rows = store.release_page(page).await?;
    Ok(Json(List::from_rows(rows)))
}

/// One release, with progress.
#[utoipa::path(get, path = "/api/releases/{id}", tag = "releases",
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "The release", body = ReleaseView)))]
pub async fn read_release(Reader(store): Reader, Id(id): Id<ReleaseId>) -> RestResponse {
    let summary = store.release_summary(id).await?;
    let version = summary.release.version;
    Ok(response::view(version, &ReleaseView::from(summary)))
}

/// Creates a release: a draft without steps and customers.
#[utoipa::path(post, path = "/api/releases", tag = "releases", request_body = NewRelease,
    responses((status = 201, description = "The new release", body = Release)))]
pub async fn create_release(caller: Writer, JsonBody(body): JsonBody<NewRelease>) -> RestResponse {
    created(
        caller
            .store
            .create_release(body.into(), caller.stamp)
            .await?,
    )
}

/// Changes some fields of a release.
#[utoipa::path(patch, path = "/api/releases/{id}", tag = "releases", request_body = ReleasePatch,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "The release as it is now", body = Release)))]
pub async fn update_release(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    JsonBody(patch): JsonBody<ReleasePatch>,
) -> RestResponse {
    let present = caller.store.release_row(id).await?;
    let version = caller.require_version(patch.version)?;
    let draft = patch.apply_to(present.into());
    changed(
        caller
            .store
            .update_release(id, draft, version, caller.stamp)
            .await?,
    )
}

/// Deletes a draft. An active or archived release stays.
#[utoipa::path(delete, path = "/api/releases/{id}", tag = "releases",
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 204, description = "It is gone")))]
pub async fn delete_release(Id(id): Id<ReleaseId>, caller: Writer) -> RestResponse {
    let done = caller.store.delete_draft(id, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}

/// Archives an active release: it is read-only until it is restored.
#[utoipa::path(post, path = "/api/releases/{id}/archive", tag = "releases", request_body = Option<VersionRequest>,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "The release as it is now", body = Release)))]
pub async fn archive_release(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<VersionRequest>,
) -> RestResponse {
    let version = caller.version(body.version);
    changed(
        caller
            .store
            .archive_release(id, version, caller.stamp)
            .await?,
    )
}

/// Makes an archived release active again.
#[utoipa::path(post, path = "/api/releases/{id}/restore", tag = "releases", request_body = Option<VersionRequest>,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 200, description = "The release as it is now", body = Release)))]
pub async fn restore_release(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    OptionalBody(body): OptionalBody<VersionRequest>,
) -> RestResponse {
    let version = caller.version(body.version);
    changed(
        caller
            .store
            .restore_release(id, version, caller.stamp)
            .await?,
    )
}

/// A new draft with the details and template steps of this release, and no customers.
#[utoipa::path(post, path = "/api/releases/{id}/clone", tag = "releases", request_body = CloneRequest,
    params(("id" = i64, Path, description = "The release's id")),
    responses((status = 201, description = "The new release", body = Release)))]
pub async fn clone_release(
    Id(id): Id<ReleaseId>,
    caller: Writer,
    JsonBody(body): JsonBody<CloneRequest>,
) -> RestResponse {
    created(
        caller
            .store
            .clone_release(id, body.name, body.version_number, caller.stamp)
            .await?,
    )
}
