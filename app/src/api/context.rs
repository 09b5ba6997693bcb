//! What a request brings along: the store, who is asking (R20), what time it is; and how an answer leaves.
//! The only place that reads the clock.
use crate::{
    domain::{actor_stamp::ActorStamp, validation_errors::ValidationErrors, vocabulary::Field},
    error::AppError,
    store::{
        Store,
        error::{StoreError, chain},
    },
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header, request::Parts};
use chrono::{DateTime, Utc};
use leptos::prelude::*;
use leptos_axum::ResponseOptions;
use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

pub const ACTOR_HEADER: &str = "x-rollcall-user";
pub const ACTOR_COOKIE: &str = "rollcall_user";
pub const THEME_COOKIE: &str = "rollcall_theme";

/// Provided once for every request.
#[derive(Clone)]
pub struct Context {
    pub store: Store,
    /// Who it is when neither header nor cookie says so.
    pub default_actor: String,
}

pub fn store() -> Store {
    expect_context::<Context>().store
}

#[expect(clippy::disallowed_methods, reason = "the one clock")]
pub fn now() -> DateTime<Utc> {
    Utc::now()
}

fn headers() -> HeaderMap {
    use_context::<Parts>()
        .map(|it| it.headers)
        .unwrap_or_default()
}

/// The value of a cookie, decoded.
pub fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|it| it.to_str().ok())
        .find_map(|line| {
            line.split(';').find_map(|pair| {
                let (key, value) = pair.trim().split_once('=')?;
                (key == name).then(|| percent_decode_str(value).decode_utf8_lossy().into_owned())
            })
        })
}

/// Who is asking: the header, else the cookie, else the default.
pub fn actor(headers: &HeaderMap, default: &str) -> String {
    let header = headers
        .get(ACTOR_HEADER)
        .map(|it| String::from_utf8_lossy(it.as_bytes()).into_owned());
    header
        .or_else(|| cookie(headers, ACTOR_COOKIE).filter(|it| !it.trim().is_empty()))
        .unwrap_or_else(|| default.to_owned())
}

/// The name of who is asking.
pub fn who() -> String {
    actor(&headers(), &expect_context::<Context>().default_actor)
}

pub fn theme() -> Option<String> {
    cookie(&headers(), THEME_COOKIE).filter(|it| matches!(it.as_str(), "light" | "dark"))
}

/// Who is asking, and now.
pub fn stamp() -> Result<ActorStamp, AppError> {
    reply(
        ActorStamp::new(&who(), now()).map_err(|it| ValidationErrors::one(Field::Actor, it).into()),
    )
}

/// Remembers a cookie for a year; an empty one is forgotten.
pub fn remember(name: &str, value: &str) {
    let secure = headers()
        .get("x-forwarded-proto")
        .is_some_and(|it| it.as_bytes() == b"https");
    let value = utf8_percent_encode(value, NON_ALPHANUMERIC);
    let cookie = format!(
        "{name}={value}; Path=/; Max-Age=31536000; SameSite=Lax; HttpOnly{}",
        if secure { "; Secure" } else { "" }
    );
    if let (Some(response), Ok(cookie)) = (
        use_context::<ResponseOptions>(),
        HeaderValue::from_str(&cookie),
    ) {
        response.append_header(header::SET_COOKIE, cookie);
    }
}

/// The name and the theme are kept in cookies: a name as everywhere, a theme that exists.
pub fn remember_actor(name: &str) -> Result<String, AppError> {
    let stamp = reply(
        ActorStamp::new(name, now()).map_err(|it| ValidationErrors::one(Field::Name, it).into()),
    )?;
    remember(ACTOR_COOKIE, &stamp.by);
    Ok(stamp.by)
}

pub fn remember_theme(theme: &str) {
    remember(
        THEME_COOKIE,
        if matches!(theme, "light" | "dark") {
            theme
        } else {
            ""
        },
    );
}

/// The one way out: a failure gets its status, and its cause goes to the log, once, never to the browser.
pub fn reply<T>(result: Result<T, StoreError>) -> Result<T, AppError> {
    result.map_err(|error| {
        let error = hide(error);
        let parts = use_context::<Parts>();
        // A plain form post gets a redirect with the error from leptos; a status would turn that into a dead page.
        let is_form = parts.is_some_and(|it| {
            let html = it
                .headers
                .get(header::ACCEPT)
                .and_then(|it| it.to_str().ok());
            it.method == Method::POST && html.is_some_and(|it| it.contains("text/html"))
        });
        if let (false, Some(response)) = (is_form, use_context::<ResponseOptions>()) {
            response.set_status(
                StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            );
            response.insert_header(
                HeaderName::from_static("cache-control"),
                HeaderValue::from_static("no-store"),
            );
        }
        error
    })
}

/// What the browser may know of a failure; the rest is logged here, once, with its chain.
pub fn hide(error: StoreError) -> AppError {
    match error {
        StoreError::NotFound(noun) => AppError::NotFound(noun),
        StoreError::Invalid(invalid) => invalid.into(),
        StoreError::Refused(refusal) => refusal.into(),
        StoreError::Stale(stale) => AppError::Stale(stale),
        error @ (StoreError::Db(_) | StoreError::Corrupt { .. } | StoreError::Open(_)) => {
            tracing::error!(error = %chain(&error), "the store failed");
            AppError::Internal
        }
    }
}
