//! Request context of the server functions: the store, the caller's name (R20), the clock, cookies, and the
//! conversion of store errors into responses. The only file that reads the clock.
use crate::{
    domain::{
        actor_stamp::ActorStamp,
        caller::Caller,
        client::Client,
        customer_work::InRelease,
        id::UserId,
        permission::Role,
        rancher::{RancherFilter, RancherListing, RancherSource},
        rule_violation::RuleViolation,
        run::LEASE_OVER,
        text_change::TEXT_CHANGED,
        validation_errors::ValidationErrors,
        vocabulary::Field,
    },
    error::{AppError, ViolationDetail, ViolationMessage},
    store::{
        Database, Store,
        audit::{last_event::ArrivalPosition, seen_history::SeenHistory},
        engine::is_unavailable,
        error::{StoreError, chain},
    },
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use chrono::{DateTime, SubsecRound, Utc};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use std::sync::Arc;

/// Request header with the caller's name.
pub const ACTOR_HEADER: &str = "x-rollcall-user";
/// What a person without a name is called where nothing is recorded.
pub const SOMEONE: &str = "Someone";
/// Request header with what a page had been told of the history when a mark was made that is sent later (R32).
const SEEN_HEADER: &str = "x-rollcall-seen";
/// Cookie with the caller's name, percent-encoded.
pub const ACTOR_COOKIE: &str = "rollcall_user";
/// Cookie with the chosen theme: `light` or `dark`.
pub const THEME_COOKIE: &str = "rollcall_theme";

/// Provided to every request as a leptos context.
#[derive(Clone)]
pub struct Context {
    pub database: Database,
    /// In `open` mode, the caller's name if neither header nor cookie gives one.
    pub default_actor: String,
}

/// The caller of the current request, if the middleware found one out.
fn found_caller() -> Option<Arc<Caller>> {
    use_context::<Parts>().and_then(|it| it.extensions.get().cloned())
}

/// The role of the current request's caller; `Viewer` if the request is not authenticated.
pub fn role() -> Role {
    found_caller().map_or(Role::Viewer, |it| it.role)
}

/// The user whose session the current request came with.
pub fn session_user() -> Option<UserId> {
    let caller = found_caller()?;
    caller.session().and(caller.user())
}

/// Where the current request comes from.
pub fn client() -> Client {
    let found = use_context::<Parts>().and_then(|it| it.extensions.get().cloned());
    found.unwrap_or_default()
}

/// The caller of the current request, as the authentication middleware set it. Errors: not authenticated.
pub fn caller() -> Result<Arc<Caller>, AppError> {
    match found_caller() {
        Some(caller) => Ok(caller),
        None => reply(Err(StoreError::NobodyAsks)),
    }
}

/// The store with the rights of the current request's caller; of a request with an idempotency key the one that was made for it.
/// Errors: not authenticated.
pub fn store() -> Result<Store, AppError> {
    let caller = caller()?;
    let extensions = use_context::<Parts>().map(|it| it.extensions);
    let keyed = extensions.as_ref().and_then(|it| it.get::<Store>());
    if let Some(keyed) = keyed {
        return Ok(keyed.clone());
    }
    let arrival = extensions.and_then(|it| it.get::<ArrivalPosition>().cloned());
    let database = expect_context::<Context>().database;
    Ok(database.as_caller(caller).arrived_at(arrival))
}

/// What Rancher has (R65). Errors: the settings are missing; Rancher does not answer, or says no.
pub async fn read_rancher(filter: RancherFilter) -> Result<RancherListing, AppError> {
    let parts = use_context::<Parts>();
    let source = parts.and_then(|it| it.extensions.get::<Arc<dyn RancherSource>>().cloned());
    reply(list_rancher(source, filter).await.map_err(StoreError::from))
}

/// The same, of the source that the request came with; without one there are no settings.
pub async fn list_rancher(
    source: Option<Arc<dyn RancherSource>>,
    filter: RancherFilter,
) -> Result<RancherListing, RuleViolation> {
    match source {
        Some(source) => source.list(filter).await,
        None => Err(RuleViolation::NoRancher {
            missing: vec!["RANCHER_URL".to_owned(), "RANCHER_TOKEN".to_owned()],
        }),
    }
}

/// The current time in UTC, in microseconds: a database keeps no more.
#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now().trunc_subsecs(6)
}

fn headers() -> HeaderMap {
    use_context::<Parts>()
        .map(|it| it.headers)
        .unwrap_or_default()
}

/// What the page had been told when the mark was made; none if the mark did not wait for the connection.
pub fn seen_history() -> Option<SeenHistory> {
    let headers = headers();
    let given = headers.get(SEEN_HEADER)?;
    SeenHistory::parse(given.to_str().ok()?)
}

/// The values of the cookies of this name, as bytes. The `Cookie` header also carries cookies of other programs on the host, and a
/// value that is not ASCII must not make the whole header unreadable.
pub fn cookie_values<'a>(headers: &'a HeaderMap, name: &str) -> impl Iterator<Item = &'a [u8]> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines.flat_map(|line| line.as_bytes().split(|it| *it == b';'));
    pairs.filter_map(move |pair: &'a [u8]| {
        let after_name = pair.trim_ascii().strip_prefix(name.as_bytes())?;
        after_name.strip_prefix(b"=")
    })
}

/// The percent-decoded value of a cookie.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let value = cookie_values(headers, name).next()?;
    Some(percent_decode(value).decode_utf8_lossy().into_owned())
}

/// The name that a request in `open` mode gives its caller: in the header, else in the cookie.
pub fn given_actor(headers: &HeaderMap) -> Option<String> {
    let header = headers
        .get(ACTOR_HEADER)
        .map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    header.or_else(|| cookie(headers, ACTOR_COOKIE).filter(|it| !it.trim().is_empty()))
}

/// The caller's name in the current request.
pub fn actor_name() -> Result<String, AppError> {
    Ok(caller()?.name.clone())
}

/// The theme chosen in the current request's cookie; none means the system's.
pub fn theme() -> Option<String> {
    cookie(&headers(), THEME_COOKIE).filter(|it| matches!(it.as_str(), "light" | "dark"))
}

/// The caller and the current time. Errors: a name that breaks the limits of `Name`.
pub fn stamp() -> Result<ActorStamp, AppError> {
    stamp_of(&actor_name()?)
}

fn stamp_of(name: &str) -> Result<ActorStamp, AppError> {
    reply(ActorStamp::new(name, now()).map_err(|it| ValidationErrors::one(Field::Actor, it).into()))
}

/// The same for what is only tried or shown, and recorded nowhere: it needs no name yet.
pub fn preview_stamp() -> Result<ActorStamp, AppError> {
    let name = actor_name()?;
    stamp_of(if name.is_empty() { SOMEONE } else { &name })
}

/// `Set-Cookie` of a value that is kept for one year. An empty value clears it in effect: readers treat it as absent.
pub fn kept_cookie(name: &str, value: &str, is_https: bool) -> Option<HeaderValue> {
    let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
    let secure = if is_https { "; Secure" } else { "" };
    let cookie =
        format!("{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{secure}");
    HeaderValue::from_str(&cookie).ok()
}

/// Adds such a cookie to the response of the current request.
pub fn set_cookie(name: &str, value: &str) {
    let cookie = kept_cookie(name, value, client().is_https);
    if let (Some(response), Some(cookie)) = (use_context::<ResponseOptions>(), cookie) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

/// Stores the caller's name in its cookie and answers it as stored. Errors: a name that breaks the limits of `Name`; a
/// caller that is a user, whose name is that of the account.
pub fn set_actor_cookie(name: &str) -> Result<String, AppError> {
    if caller()?.user().is_some() {
        return reply(Err(StoreError::NotInOpenMode));
    }
    let stamp = reply(
        ActorStamp::new(name, now()).map_err(|it| ValidationErrors::one(Field::Name, it).into()),
    )?;
    set_cookie(ACTOR_COOKIE, &stamp.by);
    Ok(stamp.by)
}

/// Stores the theme in its cookie; any value but `light` and `dark` means the system's theme.
pub fn set_theme_cookie(theme: &str) {
    set_cookie(
        THEME_COOKIE,
        if matches!(theme, "light" | "dark") {
            theme
        } else {
            ""
        },
    );
}

/// Converts the result of a store call into that of a server function. An error also sets the HTTP status and
/// `Cache-Control: no-store`; see `to_app_error` for what is logged.
pub fn reply<T>(result: Result<T, StoreError>) -> Result<T, AppError> {
    result.map_err(|error| {
        let error = to_app_error(error);
        let parts = use_context::<Parts>();
        // leptos redirects a plain form post with the error in the address. A status here would show an error page
        // instead.
        let is_form = parts.is_some_and(|it| {
            let html = it
                .headers
                .get(header::ACCEPT)
                .and_then(|it| it.to_str().ok());
            it.method == Method::POST && html.is_some_and(|it| it.contains("text/html"))
        });
        if !is_form {
            set_status(error.status());
        }
        error
    })
}

/// The same for what a page shows of a customer in a release. The page of one that is not in it is 404; a call that asks the same
/// has its answer.
pub fn reply_about_member<T>(
    result: Result<InRelease<T>, StoreError>,
) -> Result<InRelease<T>, AppError> {
    let found = reply(result)?;
    let is_page = use_context::<Parts>().is_some_and(|it| it.method != Method::POST);
    if is_page && matches!(found, InRelease::Absent(_)) {
        set_status(StatusCode::NOT_FOUND.as_u16());
    }
    Ok(found)
}

/// Sets the status of a response that is not to be kept.
fn set_status(status: u16) {
    if let Some(response) = use_context::<ResponseOptions>() {
        response
            .set_status(StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR));
        response.insert_header(
            HeaderName::from_static("cache-control"),
            HeaderValue::from_static("no-store"),
        );
    }
}

/// Reduces an error to what the browser may see. Failures of the database are logged here, once, with all their
/// causes.
pub fn to_app_error(error: StoreError) -> AppError {
    match error {
        StoreError::NotFound(noun) => AppError::NotFound(noun),
        StoreError::Invalid(invalid) => invalid.into(),
        StoreError::Refused(violation) => violation.into(),
        StoreError::Stale(stale) => AppError::Stale(stale),
        StoreError::TextChanged(_) => AppError::Refused(Box::new(ViolationMessage {
            text: TEXT_CHANGED.to_owned(),
            field: None,
            about: ViolationDetail::TextChanged,
        })),
        StoreError::LeaseOver => AppError::Refused(Box::new(ViolationMessage {
            text: LEASE_OVER.to_owned(),
            field: None,
            about: ViolationDetail::LeaseOver,
        })),
        StoreError::NobodyAsks => AppError::SignIn,
        StoreError::Busy => AppError::Busy,
        StoreError::Throttled(seconds) => AppError::Throttled(seconds),
        error @ (StoreError::NeedsRole(_) | StoreError::NeedsAll | StoreError::NotInOpenMode) => {
            AppError::Denied(error.to_string())
        }
        error if is_unavailable(&error) => {
            tracing::error!(error = %chain(&error), "the database does not answer");
            AppError::Unavailable
        }
        error @ (StoreError::Db(_) | StoreError::Corrupt { .. } | StoreError::Open(_)) => {
            tracing::error!(error = %chain(&error), "the store failed");
            AppError::Internal
        }
    }
}
