//! REST: sessions and one's own password (R24). Sign in, who is signed in, sign out; list and end one's sessions.
use super::{
    dto::people::{Session, User},
    extract::{Id, JsonBody, Reader, Writer},
    page::List,
    problem::Problem,
    response::{self, RestResponse},
};
use crate::ops::{
    auth_settings::AuthMode,
    sign_in::{SignInContext, session_cookie},
};
use app::{
    api::context::{Context, now},
    domain::{
        self,
        id::SessionId,
        session::{LIFETIME_DAYS, SESSION_SECRET_BYTES, SignIn},
        vocabulary::Field,
    },
    error::AppError,
    store::{
        Database,
        accounts::{door::LoginOutcome, sessions::Origin},
        error::StoreError,
    },
};
use axum::{
    Extension, Json,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A login and its password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewSession {
    #[serde(default)]
    #[schema(required = true)]
    login: String,
    #[serde(default)]
    #[schema(required = true)]
    password: String,
}

/// Who signed in.
#[derive(Debug, Serialize, ToSchema)]
pub struct SignedIn {
    user: User,
}

/// Who is asking.
#[derive(Debug, Serialize, ToSchema)]
pub struct CurrentSession {
    /// Null in `open` mode.
    user: Option<User>,
    /// `open`, `login` or `proxy`.
    mode: &'static str,
}

/// The present password and a new one.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct NewPassword {
    #[serde(default)]
    #[schema(required = true)]
    current: String,
    #[serde(default)]
    #[schema(required = true)]
    password: String,
}

/// 429: too many tries failed.
fn wait(seconds: u64) -> Response {
    let detail = format!("too many tries failed: wait {seconds} seconds");
    let mut response = Problem::new(StatusCode::TOO_MANY_REQUESTS, detail).into_response();
    let headers = response.headers_mut();
    headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}

/// A cookie that scripts cannot read and other sites do not send.
fn cookie(is_https: bool, value: &str, seconds: i64) -> String {
    let name = session_cookie(is_https);
    let secure = if is_https { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}

/// Adds a cookie to an answer.
pub fn set_cookie(response: &mut Response, cookie: &str) {
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

/// Signs in: the cookie of the answer is the session.
#[utoipa::path(post, path = "/api/session", tag = "people", request_body = NewSession,
    responses((status = 201, description = "Signed in", body = SignedIn),
        (status = 429, description = "Too many tries failed; Retry-After says how long to wait", body = super::problem::ProblemDetails, content_type = "application/problem+json")))]
pub async fn sign_in(
    State(context): State<Context>,
    Extension(of_request): Extension<SignInContext>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<NewSession>,
) -> RestResponse {
    let database = &context.database;
    let begun = begin(database, &of_request, &headers, &body.login, &body.password);
    let (user, cookie) = match begun.await {
        Ok(begun) => begun,
        Err(SignInFailure::NotHere) => {
            let detail = "nobody signs in here: ROLLCALL_AUTH is not login";
            return Err(Problem::new(StatusCode::CONFLICT, detail));
        }
        Err(SignInFailure::Waits(seconds)) => return Ok(wait(seconds)),
        Err(SignInFailure::Wrong) => {
            let detail = "login or password is wrong";
            return Err(Problem::new(StatusCode::UNAUTHORIZED, detail));
        }
        Err(SignInFailure::Store(error)) => return Err(error.into()),
    };
    let signed_in = SignedIn { user: user.into() };
    let mut response = (StatusCode::CREATED, Json(signed_in)).into_response();
    set_cookie(&mut response, &cookie);
    Ok(response)
}

/// Why nobody was signed in.
#[derive(Debug)]
pub enum SignInFailure {
    /// Passwords are for `login` mode.
    NotHere,
    /// Too many tries failed: seconds to wait.
    Waits(u64),
    /// Login or password, or there is no such active user: nobody is told which.
    Wrong,
    Store(StoreError),
}

impl From<StoreError> for SignInFailure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Begins a session for who knows the password. Answers the user, and the cookie to be set.
pub async fn begin(
    database: &Database,
    of_request: &SignInContext,
    headers: &HeaderMap,
    login: &str,
    password: &str,
) -> Result<(domain::user::User, String), SignInFailure> {
    if of_request.mode != AuthMode::Login {
        return Err(SignInFailure::NotHere);
    }
    let now = now();
    let login = app::domain::fold::lowercase(login.trim());
    if let Some(seconds) = of_request.wait_seconds(&login, now) {
        return Err(SignInFailure::Waits(seconds));
    }
    let address = of_request.address.map(|it| it.to_string());
    let user = match database.check_password(&login, password).await? {
        LoginOutcome::User(user) => *user,
        LoginOutcome::Wrong => {
            of_request.failed(&login, now);
            database.record_failed_login(&login, address, now).await?;
            return Err(SignInFailure::Wrong);
        }
    };
    of_request.succeeded(&login);
    let cookie = begin_for(database, of_request, headers, &user, SignIn::Password).await?;
    Ok((user, cookie))
}

/// Begins a session for a user who proved to be it. Answers the cookie to be set.
pub async fn begin_for(
    database: &Database,
    of_request: &SignInContext,
    headers: &HeaderMap,
    user: &domain::user::User,
    how: SignIn,
) -> Result<String, StoreError> {
    let mut secret = [0_u8; SESSION_SECRET_BYTES];
    getrandom::fill(&mut secret).map_err(|error| StoreError::Open(error.to_string()))?;
    let secret = URL_SAFE_NO_PAD.encode(secret);
    let agent = headers.get(header::USER_AGENT);
    let agent = agent.and_then(|it| it.to_str().ok()).map(str::to_owned);
    let address = of_request.address.map(|it| it.to_string());
    let origin = Origin { address, agent };
    database
        .begin_session(user, &secret, how, origin, now())
        .await?;
    let seconds = LIFETIME_DAYS * 24 * 3_600;
    Ok(cookie(of_request.is_https, &secret, seconds))
}

/// The cookie that takes a session's cookie away.
pub fn no_cookie(of_request: &SignInContext) -> String {
    cookie(of_request.is_https, "", 0)
}

/// Who is signed in, and how people are let in.
#[utoipa::path(get, path = "/api/session", tag = "people",
    responses((status = 200, description = "Who asks", body = CurrentSession)))]
pub async fn read_session(
    Reader(store): Reader,
    Extension(of_request): Extension<SignInContext>,
) -> Result<Json<CurrentSession>, Problem> {
    let user = match store.caller().user() {
        Some(_) => Some(store.own_user().await?.into()),
        None => None,
    };
    let mode = of_request.mode.as_str();
    Ok(Json(CurrentSession { user, mode }))
}

/// Signs out.
#[utoipa::path(delete, path = "/api/session", tag = "people",
    responses((status = 204, description = "The session has ended")))]
pub async fn sign_out(
    caller: Writer,
    Extension(of_request): Extension<SignInContext>,
) -> RestResponse {
    if let Some(session) = caller.store.caller().session() {
        caller.store.end_session(session, caller.stamp).await?;
    }
    let mut response = response::no_content(None);
    set_cookie(&mut response, &no_cookie(&of_request));
    Ok(response)
}

/// One's own sessions, newest first.
#[utoipa::path(get, path = "/api/sessions", tag = "people",
    responses((status = 200, description = "The sessions that still count", body = List<Session>)))]
pub async fn list_sessions(Reader(store): Reader) -> Result<Json<List<Session>>, Problem> {
    let items = store.own_sessions(now()).await?;
    Ok(Json(List {
        items: items.into_iter().map(Into::into).collect(),
        next_cursor: None,
    }))
}

/// Ends one of one's own sessions.
#[utoipa::path(delete, path = "/api/sessions/{id}", tag = "people",
    params(("id" = i64, Path, description = "The session's id")),
    responses((status = 204, description = "It has ended")))]
pub async fn end_session(Id(id): Id<SessionId>, caller: Writer) -> RestResponse {
    caller.store.end_session(id, caller.stamp).await?;
    Ok(response::no_content(None))
}

/// Changes one's own password. This session stays, the others end.
#[utoipa::path(post, path = "/api/account/password", tag = "people", request_body = NewPassword,
    responses((status = 204, description = "It is changed"),
        (status = 404, description = "In `open` mode nobody has a password", body = super::problem::ProblemDetails, content_type = "application/problem+json"),
        (status = 429, description = "Too many tries failed; Retry-After says how long to wait", body = super::problem::ProblemDetails, content_type = "application/problem+json")))]
pub async fn change_password(
    caller: Writer,
    Extension(of_request): Extension<SignInContext>,
    JsonBody(body): JsonBody<NewPassword>,
) -> RestResponse {
    let login = caller.store.own_user().await?.login;
    let now = now();
    if let Some(seconds) = of_request.wait_seconds(&login, now) {
        return Ok(wait(seconds));
    }
    let changed = caller
        .store
        .change_own_password(body.current, body.password, caller.stamp)
        .await;
    if let Err(error) = changed {
        let error = app::api::context::to_app_error(error);
        if matches!(&error, AppError::Invalid(it) if it.0.iter().any(|it| it.0 == Field::Current)) {
            of_request.failed(&login, now);
        }
        return Err(error.into());
    }
    of_request.succeeded(&login);
    Ok(response::no_content(None))
}
