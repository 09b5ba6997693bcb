//! REST: users (R22). List, read, create, update, deactivate, restore; for admins.
use super::{
    dto::{
        enums::RoleSchema,
        people::{ScopeSchema, User},
    },
    extract::{Id, JsonBody, Patch, QueryString, Reader, Writer},
    page::{self, List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use app::domain::{event::Changed, id::UserId, permission::Role, scope::ScopeIds, user::UserDraft};
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
    /// How many rows a page has.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 500)]
    limit: Option<String>,
    /// The `nextCursor` of the page before.
    cursor: Option<String>,
}

/// A user to be created.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewUser {
    /// No other user has it; `a-z 0-9 . _ @ -`, in lowercase.
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    login: String,
    #[serde(default)]
    #[schema(required = true, min_length = 1, max_length = 100)]
    name: String,
    #[schema(max_length = 254)]
    email: Option<String>,
    #[serde(default)]
    #[schema(value_type = RoleSchema, required = true)]
    role: String,
    /// For viewers and operators only; null is everywhere.
    #[schema(value_type = Option<ScopeSchema>)]
    scope: Option<ScopeIds>,
    /// Without one the user cannot sign in with a password.
    #[schema(min_length = 12, max_length = 128)]
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

/// What to change of a user; what is left out stays. Another role or password ends the user's sessions.
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
    #[schema(value_type = RoleSchema, required = false)]
    role: Patch<String>,
    /// Null is everywhere.
    #[serde(default)]
    #[schema(value_type = Option<ScopeSchema>)]
    scope: Patch<ScopeIds>,
    #[serde(default)]
    #[schema(value_type = String, required = false, min_length = 12, max_length = 128)]
    password: Patch<String>,
    /// The version that the change is based on; or send If-Match.
    version: Option<i64>,
}

impl UserPatch {
    fn apply_to(self, present: UserDraft) -> UserDraft {
        let role = self.role.apply_to(present.role);
        // A user who becomes a manager loses the scope, unless the request names one.
        let may_have_scope = role.parse::<Role>().is_ok_and(Role::may_have_scope);
        let scope = match self.scope {
            Patch::Absent => present.scope.filter(|_| may_have_scope),
            Patch::Null => None,
            Patch::Value(scope) => Some(scope),
        };
        UserDraft {
            login: self.login.apply_to(present.login),
            name: self.name.apply_to(present.name),
            email: self.email.apply_to(present.email),
            role,
            scope,
            password: self.password.into_value(),
        }
    }
}

/// Users by login.
#[utoipa::path(get, path = "/api/users", tag = "users", params(UserQuery),
    responses((status = 200, description = "A page of users", body = List<User>)))]
pub async fn list_users(
    Reader(store): Reader,
    QueryString(query): QueryString<UserQuery>,
) -> Result<Json<List<User>>, Problem> {
    let include_inactive = page::parse_flag("includeInactive", query.include_inactive.as_deref())?;
    let page = PageQuery {
        limit: query.limit,
        cursor: query.cursor,
    };
    let rows = store.users(include_inactive).await?;
    Ok(Json(List::select(rows, &page, |it| it.id.0)?))
}

/// One user.
#[utoipa::path(get, path = "/api/users/{id}", tag = "users",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 200, description = "The user", body = User)))]
pub async fn read_user(Reader(store): Reader, Id(id): Id<UserId>) -> RestResponse {
    let row = store.user(id).await?;
    let version = row.version;
    Ok(response::row(version, &User::from(row)))
}

/// Creates a user.
#[utoipa::path(post, path = "/api/users", tag = "users", request_body = NewUser,
    responses((status = 201, description = "The new user", body = User)))]
pub async fn create_user(caller: Writer, JsonBody(body): JsonBody<NewUser>) -> RestResponse {
    let Changed { row, batch_id } = caller.store.create_user(body.into(), caller.stamp).await?;
    let (location, version) = (format!("/api/users/{}", row.id), row.version);
    let row = User::from(row);
    Ok(response::created(&location, version, &row, batch_id))
}

/// Changes some fields of a user. The last active admin stays one.
#[utoipa::path(patch, path = "/api/users/{id}", tag = "users", request_body = UserPatch,
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
    let store = &caller.store;
    let changed = store.update_user(id, draft, version, caller.stamp).await?;
    Ok(changed_user(changed))
}

/// Deactivates a user, whose sessions end. The last active admin is refused.
#[utoipa::path(delete, path = "/api/users/{id}", tag = "users",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 204, description = "It is inactive")))]
pub async fn delete_user(Id(id): Id<UserId>, caller: Writer) -> RestResponse {
    let done = caller.store.deactivate_user(id, caller.stamp).await?;
    Ok(response::no_content(done.batch_id))
}

/// Makes an inactive user active again.
#[utoipa::path(post, path = "/api/users/{id}/restore", tag = "users",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 200, description = "The user as it is now", body = User)))]
pub async fn restore_user(Id(id): Id<UserId>, caller: Writer) -> RestResponse {
    let changed = caller.store.restore_user(id, caller.stamp).await?;
    Ok(changed_user(changed))
}

/// 200: a user after a change.
pub fn changed_user(changed: Changed<app::domain::user::User>) -> axum::response::Response {
    let Changed { row, batch_id } = changed;
    let version = row.version;
    response::changed(version, &User::from(row), batch_id)
}
