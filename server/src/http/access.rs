//! The first of two fences (R23): authenticates the caller, and refuses what the table of rights does not allow, before any
//! handler, page or kept answer. It is closed by default: an address without a line in the table is not served. The second
//! fence is the store, which is only to be had for a caller; this one puts the caller into the request's extensions.
use super::{
    bearer,
    peer::{client_of, peer_of},
    rights::{AccessRule, FoundRight, PathSubject, RIGHTS, Right},
    standalone_page,
};
use crate::{
    ops::{
        auth_settings::{AuthMode, AuthSettings},
        session_cookie,
        shown_path::shown_path,
    },
    rest::problem::{self, Problem},
};
use app::{
    api::context::{self, ACTOR_HEADER, SOMEONE, to_app_error},
    components::ui::notice::sentence,
    domain::{
        actor_stamp::ActorStamp, caller::Caller, incoming_hook::INCOMING_PATH, login::Login,
        permission::Permission, runner::Runner, token::TokenText,
    },
    error::AppError,
    store::{Database, audit::last_event::ArrivalPosition, error::StoreError},
};
use axum::{
    body::Body,
    extract::{MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use server_fn::error::FromServerFnError;
use std::{
    net::IpAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

/// What is said while there is no admin yet.
const SETUP: &str =
    "Nobody can sign in yet: make the first admin at /setup, with the code of the log";

/// What is said of a change without a name. A script of the page hears its status, asks for the name, and sends the change again.
const NAME_FIRST: &str = "Enter your name first: every change is recorded under it";

/// What a page adds to the reads that others' changes bring about, and nobody there asked for.
const BACKGROUND_HEADER: &str = "x-rollcall-background";

/// What the middleware needs to authenticate a request.
#[derive(Clone)]
pub struct Access {
    pub database: Database,
    pub settings: Arc<AuthSettings>,
    /// In `open` mode, the name of a caller that gives none.
    pub default_actor: String,
    /// Whether there is an active admin. Once there is one there always is: the last one stays.
    pub has_admin: Arc<AtomicBool>,
}

impl Access {
    /// Whether the first admin is still to be made, which only `login` mode waits for.
    async fn waits_for_setup(&self) -> Result<bool, StoreError> {
        if self.settings.mode != AuthMode::Login || self.has_admin.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let has_admin = self.database.active_admins().await? > 0;
        self.has_admin.store(has_admin, Ordering::Relaxed);
        Ok(!has_admin)
    }

    /// Whether a public address is served before there is an admin: of the ways to sign in only the provider's, if its groups can
    /// make the first admin.
    fn needs_no_admin(&self, path: &str) -> bool {
        match path {
            "/login" | "/api/session" => false,
            "/login/oidc" | "/login/oidc/callback" => self.settings.makes_admins_at_provider(),
            _ => !path.starts_with(INCOMING_PATH),
        }
    }
}

/// Why a request is refused before it reaches a handler.
#[derive(Debug)]
enum AccessError {
    /// Not authenticated: sign in.
    Nobody,
    /// There is no admin yet.
    Setup,
    /// The credentials, or what is asked with them, are not accepted; the text says why.
    Rejected(StatusCode, &'static str),
    Store(StoreError),
}

const UNKNOWN_TOKEN: AccessError = AccessError::Rejected(
    StatusCode::UNAUTHORIZED,
    "This token is unknown, expired or revoked",
);
const UNKNOWN_RUNNER: AccessError = AccessError::Rejected(
    StatusCode::UNAUTHORIZED,
    "Send the token of a runner that is there: Authorization: Bearer rcr_..",
);

impl From<bearer::TwoTokens> for AccessError {
    fn from(_: bearer::TwoTokens) -> Self {
        let text = "Send the header Authorization once";
        Self::Rejected(StatusCode::BAD_REQUEST, text)
    }
}

impl From<StoreError> for AccessError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Who asks, and the last event when the database was asked for that; none where it was not.
type Identified = (Caller, Option<ArrivalPosition>);

/// The parts of a request that decide who the caller is. Not the request itself: its body is not `Sync`, so it cannot be held
/// while the database answers.
#[derive(Clone, Copy)]
struct RequestFacts<'a> {
    headers: &'a HeaderMap,
    path: &'a str,
    peer: Option<IpAddr>,
    is_https: bool,
}

/// The middleware.
pub async fn check_access(
    State(access): State<Access>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let matched = request.extensions().get::<MatchedPath>();
    let pattern = matched.map(|it| it.as_str().to_owned());
    let right = match pattern
        .as_deref()
        .map(|it| RIGHTS.find(request.method(), it))
    {
        Some(FoundRight::Right(right)) => right,
        // The router answers 404 or 405, but only to authenticated callers.
        None | Some(FoundRight::OtherMethod) => Right {
            rule: AccessRule::SignedIn,
            takes_tokens: true,
        },
        Some(FoundRight::Nothing) => {
            let path = shown_path(&path);
            tracing::error!(%path, "this address has no line in the table of rights: it is closed");
            return refuse(
                &request,
                AccessError::Rejected(StatusCode::NOT_FOUND, "There is nothing at this address"),
            );
        }
    };
    let client = client_of(&access.settings, &request);
    let is_https = client.is_https;
    let extensions = request.extensions_mut();
    extensions.insert(client);
    extensions.insert(Arc::clone(&access.settings));
    let needs_no_admin = right.rule == AccessRule::Public && access.needs_no_admin(&path);
    match access.waits_for_setup().await {
        Ok(true) if !needs_no_admin => return refuse(&request, AccessError::Setup),
        Ok(_) => {}
        // What needs no database is served without one.
        Err(_) if needs_no_admin => {}
        Err(error) => return refuse(&request, error.into()),
    }
    // The header of `proxy` mode at a server in `login` mode is a mistake of configuration, at every address.
    let names_somebody = request.headers().contains_key(ACTOR_HEADER);
    if access.settings.mode == AuthMode::Login && names_somebody {
        let text = "X-Rollcall-User names nobody here: sign in, or send a token";
        return refuse(&request, AccessError::Rejected(StatusCode::FORBIDDEN, text));
    }
    if right.rule == AccessRule::Public {
        return next.run(request).await;
    }
    if right.rule == AccessRule::Runner {
        return match admit_runner(&access, request.headers()).await {
            Ok(runner) => {
                request.extensions_mut().insert(Arc::new(runner));
                next.run(request).await
            }
            Err(refusal) => refuse(&request, refusal),
        };
    }
    let facts = RequestFacts {
        headers: request.headers(),
        path: &path,
        peer: peer_of(&request),
        is_https,
    };
    match admit(&access, facts, right, pattern.as_deref().unwrap_or(&path)).await {
        Ok((caller, _)) if has_to_be_named(&access, &caller, &path) => {
            let status = StatusCode::PRECONDITION_REQUIRED;
            refuse(&request, AccessError::Rejected(status, NAME_FIRST))
        }
        Ok((caller, arrival)) => {
            let is_read = only_reads(request.method(), &path, right.rule);
            let extensions = request.extensions_mut();
            extensions.insert(caller);
            if let Some(arrival) = arrival.filter(|_| is_read) {
                extensions.insert(arrival);
            }
            next.run(request).await
        }
        Err(refusal) => refuse(&request, refusal),
    }
}

/// Whether a request changes nothing, so that all it reads may be as of its arrival.
fn only_reads(method: &Method, path: &str, rule: AccessRule) -> bool {
    let is_read_function =
        path.starts_with("/rpc/") && matches!(rule, AccessRule::Needs(Permission::Read, _));
    method.is_safe() || is_read_function
}

/// The caller, if it may ask this address; with the last event, if the same query found it out.
async fn admit(
    access: &Access,
    facts: RequestFacts<'_>,
    right: Right,
    pattern: &str,
) -> Result<(Arc<Caller>, Option<ArrivalPosition>), AccessError> {
    if bearer::is_of_runner(facts.headers) {
        let text =
            "A runner's token is for the runner's own addresses: sign in, or send a person's";
        return Err(AccessError::Rejected(StatusCode::UNAUTHORIZED, text));
    }
    if right.rule == AccessRule::Metrics && access.settings.is_metrics_open() {
        let caller = Caller::open(access.default_actor.clone());
        return Ok((Arc::new(caller), None));
    }
    let identified = identify(access, facts).await?;
    let (caller, arrival) = identified.ok_or(AccessError::Nobody)?;
    let caller = Arc::new(caller);
    if !right.takes_tokens && caller.is_token() {
        return Err(AccessError::Rejected(
            StatusCode::FORBIDDEN,
            "A token cannot do this: sign in",
        ));
    }
    match right.rule {
        // Every caller has the lowest permission, if it is not about a certain row.
        AccessRule::Public
        | AccessRule::SignedIn
        | AccessRule::Needs(Permission::Read, PathSubject::Nothing) => {}
        AccessRule::Metrics if caller.is_token() && caller.sees_all() => {}
        AccessRule::Runner => return Err(AccessError::Nobody),
        AccessRule::Metrics => {
            return Err(AccessError::Rejected(
                StatusCode::FORBIDDEN,
                "Metrics need a token without a scope",
            ));
        }
        AccessRule::Needs(permission, subject) => {
            let need = subject.need(permission, pattern, facts.path);
            let need = need.ok_or(AccessError::Rejected(
                StatusCode::NOT_FOUND,
                "There is nothing with such an id",
            ))?;
            let store = access.database.as_caller(Arc::clone(&caller));
            let _ = store.permit(need).await?;
        }
    }
    Ok((caller, arrival))
}

/// The caller, by the mode; none if the request has no credentials. Errors: invalid credentials.
async fn identify(
    access: &Access,
    facts: RequestFacts<'_>,
) -> Result<Option<Identified>, AccessError> {
    let headers = facts.headers;
    match access.settings.mode {
        AuthMode::Open => {
            // Everybody is let in, but whoever sends a token means to be known by it: one that is none would be passed over unsaid.
            if bearer::is_of_person(headers) {
                by_token(access, headers).await?;
            }
            let name = context::given_actor(headers);
            let name = name.unwrap_or_else(|| name_without_one(access, facts));
            // An invalid name is kept here, so that the handler refuses it as an error of its field.
            let name = ActorStamp::new(&name, context::now()).map_or(name, |it| it.by);
            Ok(Some((Caller::open(name), None)))
        }
        AuthMode::Login => match by_token(access, headers).await? {
            Some(found) => Ok(Some(found)),
            None => by_session(access, facts).await,
        },
        AuthMode::Proxy => match by_token(access, headers).await? {
            Some(found) => Ok(Some(found)),
            None => by_proxy(access, facts).await,
        },
    }
}

/// The header of a server function's request by which a page says that it asks for a name if one is needed.
const NAME_ASKED_HEADER: &str = "x-rollcall-asks-for-name";

/// The name of a caller in `open` mode whose request gives none. A page has no name until its person enters one, and neither has a
/// form that it posts: `name_first` asks. REST, and a server function that something else than a page calls, have the default.
fn name_without_one(access: &Access, facts: RequestFacts<'_>) -> String {
    let is_call = problem::is_rest_path(facts.path) || facts.path.starts_with("/rpc/");
    let is_page = !is_call || facts.headers.contains_key(NAME_ASKED_HEADER);
    if access.settings.asks_for_name && is_background(facts.path) {
        SOMEONE.to_owned()
    } else if access.settings.asks_for_name && is_page {
        String::new()
    } else {
        access.default_actor.clone()
    }
}

/// Whether this is a change of a page that has no name yet.
fn has_to_be_named(access: &Access, caller: &Caller, path: &str) -> bool {
    access.settings.asks_for_name && caller.name.is_empty() && is_change(path)
}

/// Whether a server function changes what is recorded. The others read, or keep a preference of the browser.
fn is_change(path: &str) -> bool {
    const OTHERS: [&str; 8] = [
        "read_",
        "list_",
        "preview_",
        "compare_",
        "count_",
        "is_",
        "set_actor",
        "set_theme",
    ];
    let name = path.strip_prefix("/rpc/");
    name.is_some_and(|name| !OTHERS.iter().any(|it| name.starts_with(it)))
}

/// The runner whose token a request has (R73). Whoever has a session, or a person's token, is none.
async fn admit_runner(access: &Access, headers: &HeaderMap) -> Result<Runner, AccessError> {
    let text = bearer::token(headers)?.ok_or(UNKNOWN_RUNNER)?;
    let database = &access.database;
    let runner = database.runner_by_token(text, context::now()).await?;
    runner.ok_or(UNKNOWN_RUNNER)
}

/// The caller of a token, if the request has one. A request with an invalid token is refused even if it has a valid session.
async fn by_token(access: &Access, headers: &HeaderMap) -> Result<Option<Identified>, AccessError> {
    let Some(text) = bearer::token(headers)? else {
        return Ok(None);
    };
    let token = TokenText::parse(text).ok_or(UNKNOWN_TOKEN)?;
    let found = access.database.token_caller(&token, context::now()).await?;
    let (caller, arrival) = found.ok_or(UNKNOWN_TOKEN)?;
    Ok(Some((caller, Some(arrival))))
}

/// The caller of a session, by its cookie.
async fn by_session(
    access: &Access,
    facts: RequestFacts<'_>,
) -> Result<Option<Identified>, AccessError> {
    let Some(secret) = session_cookie::secret(facts.headers, facts.is_https) else {
        return Ok(None);
    };
    let is_use = !is_background(facts.path) && !facts.headers.contains_key(BACKGROUND_HEADER);
    let now = context::now();
    let found = access.database.session_caller(secret, now, is_use).await?;
    Ok(found.map(|(caller, arrival)| (caller, Some(arrival))))
}

/// The caller that a trusted proxy names.
async fn by_proxy(
    access: &Access,
    facts: RequestFacts<'_>,
) -> Result<Option<Identified>, AccessError> {
    let settings = &access.settings;
    if !facts.peer.is_some_and(|it| settings.trusted.contains(it)) {
        return Ok(None);
    }
    let mut values = facts.headers.get_all(&settings.proxy_header).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        let text = "The proxy named two users: it must replace the header, not add one";
        return Err(AccessError::Rejected(StatusCode::BAD_REQUEST, text));
    }
    let login = value.to_str().ok().and_then(|it| Login::parse(it).ok());
    let user = match login {
        Some(login) => access.database.active_user(&login).await?,
        None => None,
    };
    match user {
        Some((user, arrival)) => Ok(Some((Caller::of_proxy(&user), Some(arrival)))),
        None => Err(AccessError::Rejected(
            StatusCode::FORBIDDEN,
            "There is no active user of the login that the proxy names: an admin can add it",
        )),
    }
}

/// Whether a request comes from an open page by itself, so that it keeps no session alive.
fn is_background(path: &str) -> bool {
    matches!(path, "/api/events" | "/api/presence")
}

/// The refusal of a request for which the database could not be asked, in the form that the address answers in.
pub fn refuse_by_store(request: &Request, error: StoreError) -> Response {
    refuse(request, error.into())
}

/// The refusal in the form that the address answers in: a problem document, an error of a server function, a page.
fn refuse(request: &Request, refusal: AccessError) -> Response {
    let path = request.uri().path();
    if problem::is_rest_path(path) || path == "/metrics" {
        return rest_refusal(refusal);
    }
    let is_rpc = path.starts_with("/rpc/");
    // Server functions and pages get `AppError::Denied` for its text, with the status of this refusal instead of its own.
    let denied = |status: StatusCode, text: &str| (status, AppError::Denied(text.to_owned()));
    let (status, error) = match refusal {
        AccessError::Nobody if is_rpc => (StatusCode::UNAUTHORIZED, AppError::SignIn),
        AccessError::Nobody => {
            let here = request.uri().path_and_query().map_or("/", |it| it.as_str());
            return Redirect::to(&app::paths::login(here)).into_response();
        }
        AccessError::Setup if is_rpc => denied(StatusCode::SERVICE_UNAVAILABLE, SETUP),
        AccessError::Setup => return Redirect::to(app::paths::SETUP).into_response(),
        AccessError::Rejected(StatusCode::NOT_FOUND, text) => {
            return (StatusCode::NOT_FOUND, format!("{text}\n")).into_response();
        }
        AccessError::Rejected(status, text) => denied(status, text),
        AccessError::Store(error) => {
            let error = to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), error)
        }
    };
    let response = if is_rpc {
        (status, Body::from(error.ser())).into_response()
    } else {
        let text = sentence(&error.to_string());
        standalone_page::refusal_page(request.headers(), status, &text)
    };
    with_challenge(response)
}

/// Every 401 says how to authenticate (RFC 9110).
fn with_challenge(mut response: Response) -> Response {
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"rollcall\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

fn rest_refusal(refusal: AccessError) -> Response {
    let response = match refusal {
        AccessError::Nobody => Problem::from_status(StatusCode::UNAUTHORIZED).into_response(),
        AccessError::Setup => Problem::new(StatusCode::SERVICE_UNAVAILABLE, SETUP)
            .with_type("setup", "There is no admin yet")
            .into_response(),
        AccessError::Rejected(StatusCode::FORBIDDEN, text) => Problem::denied(text).into_response(),
        AccessError::Rejected(status, text) => Problem::new(status, text).into_response(),
        AccessError::Store(error) => Problem::from(error).into_response(),
    };
    with_challenge(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_only_reads_needs_no_name() {
        for (method, path) in RIGHTS.addresses() {
            let found = RIGHTS.find(method, path);
            let reads = matches!(
                found,
                FoundRight::Right(Right {
                    rule: AccessRule::Needs(Permission::Read, _),
                    ..
                })
            );
            assert!(!(reads && is_change(path)), "{path}");
        }
        assert!(is_change("/rpc/act_on_step") && is_change("/rpc/set_values"));
        assert!(!is_change("/rpc/set_actor") && !is_change("/api/clusters"));
    }
}
