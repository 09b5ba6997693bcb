//! REST: users (R22). List, read, create, update, deactivate, restore, end their sessions. For admins.
use super::{
    dto::people::{Scope, User},
    extract::{Id, JsonBody, Patch, QueryString, Reader, Writer},
    page::{self, List},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{event::Changed, id::UserId, scope::ScopeIds, user::UserDraft};
use axum::Json;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

/// Which users.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(parameter_in = Query)]
pub struct UserQuery {
    /// The inactive ones too.
    #[param(value_type = Option<bool>)]
    include_inactive: Option<String>,
}

/// A user to be created.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewUser {
    /// What it signs in by: small letters, digits, and . _ @ -
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    login: String,
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    #[schema(max_length = 254)]
    email: Option<String>,
    /// `viewer`, `operator`, `manager` or `admin`.
    #[serde(default)]
    #[schema(required = true)]
    role: String,
    /// For viewers and operators; null is everywhere.
    #[schema(value_type = Option<Scope>)]
    scope: Option<ScopeIds>,
    /// 12 to 128 characters; without one the user cannot sign in with a password.
    password: Option<String>,
}

impl From<NewUser> for UserDraft {
    fn from(body: NewUser) -> Self {
        Self {
            login: body.login,
            name: body.name,
            email: body.email.unwrap_or_default(),
            role: body.role,
            scope: body.scope,
            password: body.password,
        }
    }
}

/// What to change of a user; what is left out stays. Another role or password ends its sessions.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UserPatch {
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    login: Patch<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 1, max_length = 100)]
    name: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>, max_length = 254)]
    email: Patch<String>,
    #[serde(default)]
    #[schema(value_type = String, required = false)]
    role: Patch<String>,
    #[serde(default)]
    #[schema(value_type = Option<Scope>)]
    scope: Patch<ScopeIds>,
    #[schema(required = false)]
    password: Option<String>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

impl UserPatch {
    fn apply_to(self, present: UserDraft) -> UserDraft {
        UserDraft {
            login: self.login.apply_to(present.login),
            name: self.name.apply_to(present.name),
            email: self.email.apply_to(present.email),
            role: self.role.apply_to(present.role),
            scope: match self.scope {
                Patch::Absent => present.scope,
                Patch::Null => None,
                Patch::Value(scope) => Some(scope),
            },
            password: self.password,
        }
    }
}

/// Users by login.
#[utoipa::path(get, path = "/api/users", tag = "people", params(UserQuery),
    responses((status = 200, description = "All users", body = List<User>)))]
pub async fn list_users(
    Reader(store): Reader,
    QueryString(query): QueryString<UserQuery>,
) -> Result<Json<List<User>>, Problem> {
    let include_inactive = page::parse_flag("includeInactive", query.include_inactive.as_deref())?;
    let users = store.users(include_inactive).await?;
    Ok(Json(List {
        items: users.into_iter().map(Into::into).collect(),
        next_cursor: None,
    }))
}

/// One user.
#[utoipa::path(get, path = "/api/users/{id}", tag = "people",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = User)))]
pub async fn read_user(Reader(store): Reader, Id(id): Id<UserId>) -> RestResponse {
    let user = store.user(id).await?;
    Ok(response::view(user.version, &User::from(user)))
}

/// Creates a user.
#[utoipa::path(post, path = "/api/users", tag = "people", request_body = NewUser,
    responses((status = 201, description = "The new user", body = User)))]
pub async fn create_user(caller: Writer, JsonBody(body): JsonBody<NewUser>) -> RestResponse {
    let done = caller.store.create_user(body.into(), caller.stamp).await?;
    let Changed { row, batch_id } = done;
    let (location, version) = (format!("/api/users/{}", row.id), row.version);
    let row = User::from(row);
    Ok(response::created(&location, version, &row, batch_id))
}

/// Changes some fields of a user.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "people", request_body = UserPatch,
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 200, description = "The user as it is now", body = User)))]
pub async fn update_user(
    Id(id): Id<UserId>,
    caller: Writer,
    JsonBody(patch): JsonBody<UserPatch>,
) -> RestResponse {
    let present = caller.store.user(id).await?;
    let version = caller.require_version(patch.version)?;
    let draft = patch.apply_to(present.into());
    let done = caller
        .store
        .update_user(id, draft, version, caller.stamp)
        .await?;
    let Changed { row, batch_id } = done;
    Ok(response::changed(row.version, &User::from(row), batch_id))
}

/// Deactivates a user, whose sessions end. The last active admin is refused.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "people",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 204, description = "It is inactive")))]
pub async fn delete_user(Id(id): Id<UserId>, caller: Writer) -> RestResponse {
    let done = caller.store.deactivate_user(id, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}

/// Makes an inactive user active again.
#[utoipa::path(post, path = "/api/users/{id}/restore", tag = "people",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 200, description = "The user as it is now", body = User)))]
pub async fn restore_user(Id(id): Id<UserId>, caller: Writer) -> RestResponse {
    let Changed { row, batch_id } = caller.store.restore_user(id, caller.stamp).await?;
    Ok(response::changed(row.version, &User::from(row), batch_id))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/api/users/{id}/sessions", tag = "people",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 204, description = "They have ended")))]
pub async fn end_sessions(Id(id): Id<UserId>, caller: Writer) -> RestResponse {
    caller.store.end_sessions_of(id, caller.stamp).await?;
    Ok(response::no_content(None))
}
