//! The first of two fences (R23): finds out who asks, and refuses what the table of rights does not allow, before any handler, page
//! or kept answer. It is closed by default: an address without a line in the table is answered by nobody. The second fence is the
//! store, which is only to be had for a caller; this one puts the caller into the request's extensions.
use super::{
    peer::{self, Arrival},
    rights::{Door, FoundRight, PathSubject, RIGHTS, Right},
};
use crate::{
    ops::{
        auth_settings::{AuthMode, AuthSettings},
        sign_in::{SignInContext, session_cookie},
    },
    rest::problem::{self, Problem},
};
use app::{
    api::context::{self, ACTOR_HEADER, to_app_error},
    domain::{
        actor_stamp::ActorStamp, caller::Caller, login::Login, login_throttle::LoginThrottle,
        permission::Permission, token::TokenText,
    },
    error::AppError,
    store::{Database, error::StoreError},
};
use axum::{
    body::Body,
    extract::{ConnectInfo, MatchedPath, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use server_fn::error::FromServerFnError;
use std::{
    net::IpAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

/// What the fence needs to find out who asks.
#[derive(Clone)]
pub struct Access {
    pub database: Database,
    pub settings: Arc<AuthSettings>,
    /// In `open` mode, the name of who gives none.
    pub default_actor: String,
    /// Whether an active admin was found: there is one from then on, since the last one stays.
    pub has_admin: Arc<AtomicBool>,
    /// Of failed logins, one for the server.
    pub throttle: Arc<Mutex<LoginThrottle>>,
}

/// Why a request is refused.
#[derive(Debug)]
enum Refusal {
    /// Nobody is known: sign in.
    Nobody,
    /// What was shown proves nothing; the text says why.
    Rejected(StatusCode, &'static str),
    Store(StoreError),
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What of a request is looked at. Not the request itself: its body cannot be shared while the database is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    headers: &'a HeaderMap,
    path: &'a str,
    peer: Option<IpAddr>,
}

/// The middleware.
pub async fn check_access(
    State(access): State<Access>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let of_request = sign_in_context(&access, &request);
    request.extensions_mut().insert(of_request);
    request
        .extensions_mut()
        .insert(Arc::clone(&access.settings));
    let matched = request.extensions().get::<MatchedPath>();
    let pattern = matched.map(|it| it.as_str().to_owned());
    let right = match pattern
        .as_deref()
        .map(|it| RIGHTS.find(request.method(), it))
    {
        Some(FoundRight::Right(right)) => right,
        // The router says that there is no such address, or not for this method; but to strangers nothing.
        None | Some(FoundRight::OtherMethod) => Right {
            door: Door::SignedIn,
            takes_tokens: true,
        },
        Some(FoundRight::Nothing) => {
            tracing::error!(%path, "this address has no line in the table of rights: it is closed");
            return refuse(
                &request,
                Refusal::Rejected(StatusCode::NOT_FOUND, "there is nothing at this address"),
            );
        }
    };
    let is_public = right.door == Door::Public;
    match access.waits_for_admin().await {
        Ok(false) => {}
        Ok(true) if is_public && access.is_served_before_an_admin(&path) => {}
        Ok(true) => return send_to_setup(&path),
        Err(error) => return refuse(&request, Refusal::Store(error)),
    }
    // A proxy of `proxy` mode before a server of `login` mode is a mistake, at whatever address.
    let names_somebody = request.headers().contains_key(ACTOR_HEADER);
    if access.settings.mode == AuthMode::Login && names_somebody {
        let text = "X-Rollcall-User names nobody here: sign in, or send a token";
        return refuse(&request, Refusal::Rejected(StatusCode::FORBIDDEN, text));
    }
    if is_public {
        return next.run(request).await;
    }
    let asked = Asked {
        headers: request.headers(),
        path: &path,
        peer: peer_of(&request),
    };
    match admit(&access, asked, right, pattern.as_deref().unwrap_or(&path)).await {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(refusal) => refuse(&request, refusal),
    }
}

impl Access {
    /// Whether nobody could manage anything: `login` mode without an active admin (R26).
    async fn waits_for_admin(&self) -> Result<bool, StoreError> {
        if self.settings.mode != AuthMode::Login || self.has_admin.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let has_admin = self.database.active_admins().await? > 0;
        self.has_admin.store(has_admin, Ordering::Relaxed);
        Ok(!has_admin)
    }

    /// Whether a public address is served until then: the provider's, if the first admin can come from there; no way in else.
    fn is_served_before_an_admin(&self, path: &str) -> bool {
        match path {
            "/login" | "/api/session" => false,
            "/login/oidc" | "/login/oidc/callback" => self.settings.makes_admins_at_provider(),
            _ => true,
        }
    }
}

/// Until there is an admin, pages lead to where the first one is made, and nothing else is served.
fn send_to_setup(path: &str) -> Response {
    let is_page = !problem::is_rest_path(path) && !path.starts_with("/rpc/") && path != "/metrics";
    if is_page {
        Redirect::to("/setup").into_response()
    } else {
        Problem::no_admin_yet().into_response()
    }
}

/// What a login or logout is told of its request.
fn sign_in_context(access: &Access, request: &Request) -> SignInContext {
    let (settings, headers, peer) = (&access.settings, request.headers(), peer_of(request));
    let is_https = peer::is_https(settings.is_public_https, peer, headers, &settings.trusted);
    SignInContext {
        mode: settings.mode,
        address: peer::client_address(peer, headers, &settings.trusted),
        is_https,
        throttle: Arc::clone(&access.throttle),
    }
}

/// The caller, if it may ask this address.
async fn admit(
    access: &Access,
    asked: Asked<'_>,
    right: Right,
    pattern: &str,
) -> Result<Arc<Caller>, Refusal> {
    if right.door == Door::Metrics && access.settings.is_metrics_open() {
        return Ok(Arc::new(Caller::open(access.default_actor.clone())));
    }
    let caller = identify(access, asked).await?;
    let caller = Arc::new(caller.ok_or(Refusal::Nobody)?);
    if !right.takes_tokens && caller.is_token() {
        return Err(Refusal::Rejected(
            StatusCode::FORBIDDEN,
            "a token cannot do this: sign in",
        ));
    }
    match right.door {
        // The lowest permission without a subject is everybody's.
        Door::Public | Door::SignedIn | Door::Needs(Permission::Read, PathSubject::Nothing) => {}
        Door::Metrics if caller.is_token() && caller.sees_all() => {}
        Door::Metrics => {
            return Err(Refusal::Rejected(
                StatusCode::FORBIDDEN,
                "metrics need a token without a scope",
            ));
        }
        Door::Needs(permission, subject) => {
            let need = subject.need(permission, pattern, asked.path);
            let need = need.ok_or(Refusal::Rejected(
                StatusCode::NOT_FOUND,
                "there is nothing with such an id",
            ))?;
            let store = access.database.as_caller(Arc::clone(&caller));
            let _ = store.permit(need).await?;
        }
    }
    Ok(caller)
}

/// Who asks, by the mode; none if nobody is known. Errors: what was shown proves nothing.
async fn identify(access: &Access, asked: Asked<'_>) -> Result<Option<Caller>, Refusal> {
    let headers = asked.headers;
    match access.settings.mode {
        AuthMode::Open => {
            let name = context::actor(headers, &access.default_actor);
            // A name that is none is the handler's to refuse, at its field, as before there were users.
            let name = ActorStamp::new(&name, context::now()).map_or(name, |it| it.by);
            Ok(Some(Caller::open(name)))
        }
        AuthMode::Login => match by_token(access, headers).await? {
            Some(caller) => Ok(Some(caller)),
            None => by_session(access, asked).await,
        },
        AuthMode::Proxy => match by_token(access, headers).await? {
            Some(caller) => Ok(Some(caller)),
            None => by_proxy(access, asked).await,
        },
    }
}

/// The caller of a token, if the request has one. A bad one is refused, whatever else the request has.
async fn by_token(access: &Access, headers: &HeaderMap) -> Result<Option<Caller>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        let text = "send the header Authorization once";
        return Err(Refusal::Rejected(StatusCode::BAD_REQUEST, text));
    }
    let (scheme, text) = value
        .to_str()
        .unwrap_or_default()
        .split_once(' ')
        .unwrap_or_default();
    // Another scheme is the proxy's affair.
    if !scheme.eq_ignore_ascii_case("bearer") {
        return Ok(None);
    }
    let refused = Refusal::Rejected(
        StatusCode::UNAUTHORIZED,
        "this token is unknown, expired or revoked",
    );
    let token = TokenText::parse(text.trim()).ok_or(refused)?;
    let caller = access.database.token_caller(&token, context::now()).await?;
    match caller {
        Some(caller) => Ok(Some(caller)),
        None => Err(Refusal::Rejected(
            StatusCode::UNAUTHORIZED,
            "this token is unknown, expired or revoked",
        )),
    }
}

/// The caller of a session, by its cookie.
async fn by_session(access: &Access, asked: Asked<'_>) -> Result<Option<Caller>, Refusal> {
    let (settings, headers) = (&access.settings, asked.headers);
    let is_https = peer::is_https(
        settings.is_public_https,
        asked.peer,
        headers,
        &settings.trusted,
    );
    let Some(secret) = the_one_cookie(headers, session_cookie(is_https)) else {
        return Ok(None);
    };
    let is_use = !is_background(asked.path);
    let now = context::now();
    Ok(access.database.session_caller(secret, now, is_use).await?)
}

/// The caller that a trusted proxy names.
async fn by_proxy(access: &Access, asked: Asked<'_>) -> Result<Option<Caller>, Refusal> {
    let settings = &access.settings;
    if !asked.peer.is_some_and(|it| settings.trusted.contains(it)) {
        return Ok(None);
    }
    let mut values = asked.headers.get_all(&settings.proxy_header).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        let text = "the proxy named two users: it must replace the header, not add one";
        return Err(Refusal::Rejected(StatusCode::BAD_REQUEST, text));
    }
    let login = value.to_str().ok().and_then(|it| Login::parse(it).ok());
    let user = match login {
        Some(login) => access.database.active_user(&login).await?,
        None => None,
    };
    match user {
        Some(user) => Ok(Some(Caller::of_proxy(&user))),
        None => Err(Refusal::Rejected(
            StatusCode::FORBIDDEN,
            "there is no active user of the login that the proxy names: an admin can add it",
        )),
    }
}

fn peer_of(request: &Request) -> Option<IpAddr> {
    let arrival = request.extensions().get::<ConnectInfo<Arrival>>();
    arrival.and_then(|it| it.0.peer)
}

/// The value of a cookie that stands once. One that stands twice was planted by somebody else, and who knows which.
pub fn the_one_cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter();
    let mut found = lines
        .filter_map(|it| it.to_str().ok())
        .flat_map(|it| it.split(';'))
        .filter_map(|it| it.trim().split_once('='))
        .filter(|it| it.0 == name)
        .map(|it| it.1);
    let value = found.next().filter(|it| !it.is_empty());
    value.filter(|_| found.next().is_none())
}

/// Whether a request comes from an open page by itself, so that it keeps no session alive.
fn is_background(path: &str) -> bool {
    matches!(path, "/api/events" | "/api/presence")
}

/// The refusal in the form that the address answers in: a problem document, an error of a server function, a page.
fn refuse(request: &Request, refusal: Refusal) -> Response {
    let path = request.uri().path();
    if problem::is_rest_path(path) || path == "/metrics" {
        return rest_refusal(refusal);
    }
    let error = match refusal {
        Refusal::Nobody => AppError::SignIn,
        Refusal::Rejected(StatusCode::NOT_FOUND, text) => {
            return (StatusCode::NOT_FOUND, format!("{text}\n")).into_response();
        }
        Refusal::Rejected(_, text) => AppError::Denied(text.to_owned()),
        Refusal::Store(error) => to_app_error(error),
    };
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    if path.starts_with("/rpc/") {
        return (status, Body::from(error.ser())).into_response();
    }
    if error == AppError::SignIn {
        let here = request.uri().path_and_query().map_or("/", |it| it.as_str());
        return Redirect::to(&app::paths::login(here)).into_response();
    }
    // Slice 6 draws this within the layout.
    (status, format!("{error}\n")).into_response()
}

fn rest_refusal(refusal: Refusal) -> Response {
    let mut response = match refusal {
        Refusal::Nobody => Problem::from_status(StatusCode::UNAUTHORIZED).into_response(),
        Refusal::Rejected(StatusCode::FORBIDDEN, text) => Problem::denied(text).into_response(),
        Refusal::Rejected(status, text) => Problem::new(status, text).into_response(),
        Refusal::Store(error) => Problem::from(error).into_response(),
    };
    if response.status() == StatusCode::UNAUTHORIZED {
        let challenge = HeaderValue::from_static("Bearer realm=\"rollcall\"");
        response
            .headers_mut()
            .insert(header::WWW_AUTHENTICATE, challenge);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cookie(lines: &[&str]) -> Option<String> {
        let mut headers = HeaderMap::new();
        for it in lines {
            headers.append(header::COOKIE, it.parse().unwrap());
        }
        the_one_cookie(&headers, "rollcall_session").map(str::to_owned)
    }

    #[test]
    fn a_session_is_read_from_the_one_cookie_of_its_name() {
        assert_eq!(cookie(&["a=b; rollcall_session=x"]), Some("x".into()));
        assert_eq!(
            cookie(&["a=b", "rollcall_session=x; c=d"]),
            Some("x".into())
        );
        for none in [
            &["rollcall_session=x; rollcall_session=y"][..],
            &["rollcall_session=x", "rollcall_session=x"],
            &["rollcall_session="],
            &["xrollcall_session=x", "__Host-rollcall_session=x"],
            &["Rollcall_session=x"],
        ] {
            assert_eq!(cookie(none), None, "{none:?}");
        }
    }
}
