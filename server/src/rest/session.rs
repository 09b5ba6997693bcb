//! REST: signing in and out, and the caller's sessions (R24).
use super::{
    dto::people::{CurrentSession, NewSession, Session},
    extract::{Id, JsonBody, QueryString, Reader, RequestClient, Writer},
    page::{List, PageQuery},
    problem::Problem,
    response::{self, RestResponse},
};
use crate::ops::{
    auth_settings::{AuthMode, AuthSettings},
    session_cookie,
};
use app::{
    api::context::{Context, now},
    domain::id::{SessionId, UserId},
};
use axum::{
    Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use utoipa::ToSchema;

/// The one answer to a wrong login, a wrong password and an inactive user.
const WRONG: &str = "This login and password are not right together";

/// A login with its password.
#[derive(Deserialize, ToSchema)]
pub struct Credentials {
    #[serde(default)]
    #[schema(required = true, max_length = 100)]
    login: String,
    #[serde(default)]
    #[schema(required = true, max_length = 128)]
    password: String,
}

/// Errors: 409 in `open` mode, where nobody has an account.
pub fn must_have_accounts(settings: &AuthSettings) -> Result<(), Problem> {
    if settings.mode == AuthMode::Open {
        let text = "Nobody has an account here: that is for ROLLCALL_AUTH=login or proxy";
        return Err(Problem::new(StatusCode::CONFLICT, text));
    }
    Ok(())
}

fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Signs in: the answer sets the session's cookie. An earlier session of the same browser ends.
#[utoipa::path(post, path = "/api/session", tag = "account", request_body = Credentials,
    responses((status = 201, description = "The user who signed in", body = NewSession)))]
pub async fn begin_session(
    State(context): State<Context>,
    RequestClient { client, settings }: RequestClient,
    headers: HeaderMap,
    JsonBody(body): JsonBody<Credentials>,
) -> RestResponse {
    if settings.mode != AuthMode::Login {
        let text = "Nobody signs in here: that is for ROLLCALL_AUTH=login";
        return Err(Problem::new(StatusCode::CONFLICT, text));
    }
    let (database, now) = (&context.database, now());
    let admins_only = !settings.has_password_login;
    let signed_in = database
        .sign_in(&body.login, &body.password, admins_only, &client, now)
        .await?;
    let Some(signed_in) = signed_in else {
        return Err(Problem::new(StatusCode::UNAUTHORIZED, WRONG));
    };
    if let Some(earlier) = session_cookie::secret(&headers, client.is_https) {
        database.end_replaced_session(earlier, now).await?;
    }
    let cookie = session_cookie::set(&signed_in.secret, client.is_https);
    let user = signed_in.user.into();
    let location = [(header::LOCATION, HeaderValue::from_static("/api/session"))];
    let response = (StatusCode::CREATED, location, Json(NewSession { user }));
    Ok(with_cookie(response.into_response(), cookie))
}

/// The caller.
#[utoipa::path(get, path = "/api/session", tag = "account",
    responses((status = 200, description = "The caller", body = CurrentSession)))]
pub async fn read_session(
    Reader(store): Reader,
    RequestClient { settings, .. }: RequestClient,
) -> Result<Json<CurrentSession>, Problem> {
    let user = match store.caller().user() {
        Some(_) => Some(store.own_user().await?.into()),
        None => None,
    };
    let mode = settings.mode;
    Ok(Json(CurrentSession { user, mode }))
}

/// Signs out: the session of this request ends.
#[utoipa::path(delete, path = "/api/session", tag = "account",
    responses((status = 204, description = "It is ended")))]
pub async fn end_session(
    caller: Writer,
    RequestClient { client, .. }: RequestClient,
) -> RestResponse {
    if let Some(session) = caller.store.caller().session() {
        caller.store.end_session(session, caller.stamp).await?;
    }
    let cookie = session_cookie::cleared(client.is_https);
    Ok(with_cookie(response::no_content(None), cookie))
}

/// The caller's sessions, newest first.
#[utoipa::path(get, path = "/api/sessions", tag = "account", params(PageQuery),
    responses((status = 200, description = "A page of sessions", body = List<Session>)))]
pub async fn list_sessions(
    Reader(store): Reader,
    QueryString(query): QueryString<PageQuery>,
) -> Result<Json<List<Session>>, Problem> {
    let rows = store.own_sessions(now()).await?;
    Ok(Json(List::select(rows, &query, |it| it.id.0)?))
}

/// Ends one of the caller's sessions.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "account",
    params(("id" = i64, Path, description = "The session's id")),
    responses((status = 204, description = "It is ended")))]
pub async fn delete_session(Id(id): Id<SessionId>, caller: Writer) -> RestResponse {
    caller.store.end_session(id, caller.stamp).await?;
    Ok(response::no_content(None))
}

/// Ends all sessions of a user.
#[utoipa::path(delete, path = "/api/users/{id}/sessions", tag = "users",
    params(("id" = i64, Path, description = "The user's id")),
    responses((status = 204, description = "They are ended")))]
pub async fn delete_sessions_of_user(Id(id): Id<UserId>, caller: Writer) -> RestResponse {
    caller.store.end_sessions_of(id, caller.stamp).await?;
    Ok(response::no_content(None))
}
