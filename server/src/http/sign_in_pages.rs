//! The pages that need no session: `/login`, `/setup`, and the address that signs out. Plain forms that post to their own
//! address, so that they work without JavaScript.
use super::{
    forms::PostedFields,
    standalone_page::{StandalonePage, TextInput, refusal_page},
};
use crate::{
    ops::{
        auth_settings::{AuthMode, AuthSettings},
        session_cookie,
    },
    rest::extract::RequestClient,
};
use app::{
    api::context::{Context, now, to_app_error},
    domain::{caller::Caller, client::Client, user::UserDraft, vocabulary::Field},
    error::AppError,
    paths,
    store::{Database, error::StoreError},
};
use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use leptos::prelude::LeptosOptions;
use maud::html;
use serde::Deserialize;
use std::sync::Arc;

pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route(paths::LOGIN, get(show_login).post(sign_in))
        .route(paths::LOGOUT, post(sign_out))
        .route(paths::SETUP, get(show_setup).post(set_up))
        .with_state(context)
}

/// What the login page says in `proxy` mode.
const SIGNED_IN_BY_PROXY: &str = "The proxy in front of Rollcall signs people in. If you were sent here, it named nobody: open Rollcall by the \
    proxy's address.";

/// The parameters of an address, as they come.
pub type QueryPairs = Vec<(String, String)>;

/// The first parameter of this name: one that is there twice is no reason to answer with anything else than the page.
pub fn first_of(pairs: &[(String, String)], name: &str) -> Option<String> {
    let found = pairs.iter().find(|it| it.0 == name);
    found.map(|it| it.1.clone())
}

/// Where to go on to after signing in.
#[derive(Default, Deserialize)]
#[serde(from = "QueryPairs")]
pub struct NextQuery {
    pub next: Option<String>,
}

impl From<QueryPairs> for NextQuery {
    fn from(pairs: QueryPairs) -> Self {
        Self {
            next: first_of(&pairs, "next"),
        }
    }
}

impl NextQuery {
    /// The address, if it leads to a page here; else the dashboard.
    pub fn path(&self) -> &str {
        let next = self.next.as_deref().and_then(paths::local_path);
        next.unwrap_or(paths::DASHBOARD)
    }
}

/// The text of a field; empty if the form does not have it.
fn field<'a>(fields: &'a PostedFields, name: &str) -> &'a str {
    fields.get(name).map(String::as_str).unwrap_or_default()
}

/// The way in by the provider, if there is one; it goes on to a page here.
fn by_provider(settings: &AuthSettings, next: &str) -> Option<(String, String)> {
    let provider = settings.provider()?;
    let words = format!("Continue with {}", provider.name);
    Some((paths::provider_login(next), words))
}

/// The page to sign in at, after that went wrong elsewhere: with which status, and why.
pub fn page_after_failure(
    headers: &HeaderMap,
    settings: &AuthSettings,
    next: &str,
    failure: (StatusCode, String),
) -> Response {
    let page = login_page(settings, next, "", None);
    let failure = Some(failure);
    StandalonePage { failure, ..page }.respond(headers)
}

/// The same, after an error that the page has words for.
pub fn page_after_error(
    headers: &HeaderMap,
    settings: &AuthSettings,
    next: &str,
    error: &AppError,
) -> Response {
    login_page(settings, next, "", Some(error)).respond(headers)
}

/// The form that signs in.
fn login_page<'a>(
    settings: &AuthSettings,
    next: &str,
    login: &str,
    error: Option<&'a AppError>,
) -> StandalonePage<'a> {
    let input = |label: &'static str,
                 name: &'static str,
                 kind: &'static str,
                 autocomplete: &'static str,
                 value: &str,
                 has_focus: bool| {
        let (hint, error) = (None, None);
        TextInput {
            label,
            name,
            kind,
            autocomplete,
            value,
            hint,
            error,
            has_focus,
            list: None,
        }
        .draw()
    };
    StandalonePage {
        title: "Sign in",
        lead: "",
        action: paths::login(next),
        button: "Sign in",
        error,
        failure: None,
        fields: html! {
            (input("Login", "login", "text", "username", login, login.is_empty()))
            (input("Password", "password", "password", "current-password", "", !login.is_empty()))
        },
        other_way: by_provider(settings, next),
    }
}

/// Where to redirect, if this mode has no login page.
fn elsewhere(settings: &AuthSettings) -> Option<Response> {
    let signs_in = settings.mode == AuthMode::Login;
    (!signs_in).then(|| Redirect::to(paths::DASHBOARD).into_response())
}

/// Whether a request comes with a session that is alive.
async fn has_session(database: &Database, headers: &HeaderMap, client: &Client) -> bool {
    let Some(secret) = session_cookie::secret(headers, client.is_https) else {
        return false;
    };
    match database.session_caller(secret, now(), true).await {
        Ok(caller) => caller.is_some(),
        Err(error) => {
            to_app_error(error);
            false
        }
    }
}

async fn show_login(
    State(context): State<Context>,
    RequestClient { client, settings }: RequestClient,
    Query(query): Query<NextQuery>,
    headers: HeaderMap,
) -> Response {
    match settings.mode {
        AuthMode::Login if has_session(&context.database, &headers, &client).await => {
            Redirect::to(query.path()).into_response()
        }
        AuthMode::Login => login_page(&settings, query.path(), "", None).respond(&headers),
        // A redirect to the dashboard would be a loop: a request without a user from the proxy is sent here again.
        AuthMode::Proxy => refusal_page(&headers, StatusCode::UNAUTHORIZED, SIGNED_IN_BY_PROXY),
        AuthMode::Open => Redirect::to(paths::DASHBOARD).into_response(),
    }
}

async fn sign_in(
    State(context): State<Context>,
    RequestClient { client, settings }: RequestClient,
    Query(query): Query<NextQuery>,
    headers: HeaderMap,
    Form(fields): Form<PostedFields>,
) -> Response {
    if let Some(elsewhere) = elsewhere(&settings) {
        return elsewhere;
    }
    let (login, password) = (field(&fields, "login"), field(&fields, "password"));
    let (database, now) = (&context.database, now());
    let admins_only = !settings.has_password_login;
    let signed_in = database
        .sign_in(login, password, admins_only, &client, now)
        .await;
    let error = match signed_in {
        Ok(Some(signed_in)) => {
            end_earlier_session(database, &headers, &client).await;
            return go_on(&signed_in.secret, &client, query.path());
        }
        Ok(None) => AppError::SignIn,
        Err(error) => to_app_error(error),
    };
    login_page(&settings, query.path(), login, Some(&error)).respond(&headers)
}

/// Ends the session that the browser had before.
pub async fn end_earlier_session(database: &Database, headers: &HeaderMap, client: &Client) {
    if let Some(earlier) = session_cookie::secret(headers, client.is_https)
        && let Err(error) = database.end_replaced_session(earlier, now()).await
    {
        to_app_error(error);
    }
}

/// On to a page, with the cookie of a new session.
pub fn go_on(secret: &str, client: &Client, path: &str) -> Response {
    let mut response = Redirect::to(path).into_response();
    if let Some(cookie) = session_cookie::set(secret, client.is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Ends the session of the request.
async fn sign_out(
    State(context): State<Context>,
    RequestClient { client, settings }: RequestClient,
    Extension(caller): Extension<Arc<Caller>>,
) -> Response {
    if let Some(elsewhere) = elsewhere(&settings) {
        return elsewhere;
    }
    if let Some(session) = caller.session() {
        let stamp = caller.stamp(now());
        let store = context.database.as_caller(caller);
        if let Err(error) = store.end_session(session, stamp).await {
            // If the session has ended meanwhile, signing out has succeeded.
            if !matches!(error, StoreError::NotFound(_)) {
                to_app_error(error);
                return StatusCode::INTERNAL_SERVER_ERROR.into_response();
            }
        }
    }
    let mut response = Redirect::to(paths::LOGIN).into_response();
    if let Some(cookie) = session_cookie::cleared(client.is_https) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// The form that makes the first admin. Where a group of the provider makes admins, that one may come from there.
fn setup_page(
    headers: &HeaderMap,
    settings: &AuthSettings,
    fields: &PostedFields,
    error: Option<&AppError>,
) -> Response {
    let other_way = by_provider(settings, paths::DASHBOARD);
    let other_way = other_way.filter(|_| settings.makes_admins_at_provider());
    let message = |of: Field| error.and_then(|it| it.message_for(of));
    let fields_in_order = [Field::Code, Field::Login, Field::Name, Field::Password];
    let first_wrong = fields_in_order
        .into_iter()
        .find(|it| message(*it).is_some());
    let focused = first_wrong.unwrap_or(Field::Code);
    let input = |label: &'static str,
                 name: &'static str,
                 kind: &'static str,
                 autocomplete: &'static str,
                 hint: Option<&'static str>,
                 of: Field| {
        let value = if kind == "password" {
            ""
        } else {
            field(fields, name)
        };
        TextInput {
            label,
            name,
            kind,
            autocomplete,
            value,
            hint,
            error: message(of),
            has_focus: of == focused,
            list: None,
        }
        .draw()
    };
    let code_hint = Some("The log shows it: setup code XXXX-XXXX. Valid for 30 minutes");
    let login_hint = Some("Lowercase letters, digits and . _ @ -");
    StandalonePage {
        title: "Set up Rollcall",
        lead: "Create the first admin. Others are added after that.",
        action: paths::SETUP.to_owned(),
        button: "Create admin",
        error,
        failure: None,
        fields: html! {
            (input("Code", "code", "text", "off", code_hint, Field::Code))
            (input("Login", "login", "text", "username", login_hint, Field::Login))
            (input("Name", "name", "text", "name", None, Field::Name))
            (input("Password", "password", "password", "new-password", Some("12 characters or more"), Field::Password))
        },
        other_way,
    }
    .respond(headers)
}

/// Where to go instead, if there is nothing to set up.
async fn is_set_up(context: &Context, settings: &AuthSettings) -> Option<Response> {
    if let Some(elsewhere) = elsewhere(settings) {
        return Some(elsewhere);
    }
    match context.database.active_admins().await {
        Ok(0) => None,
        Ok(_) => Some(Redirect::to(paths::LOGIN).into_response()),
        Err(error) => {
            to_app_error(error);
            Some(StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

async fn show_setup(
    State(context): State<Context>,
    RequestClient { settings, .. }: RequestClient,
    headers: HeaderMap,
) -> Response {
    match is_set_up(&context, &settings).await {
        Some(elsewhere) => elsewhere,
        None => setup_page(&headers, &settings, &PostedFields::new(), None),
    }
}

async fn set_up(
    State(context): State<Context>,
    RequestClient { client, settings }: RequestClient,
    headers: HeaderMap,
    Form(fields): Form<PostedFields>,
) -> Response {
    if let Some(elsewhere) = is_set_up(&context, &settings).await {
        return elsewhere;
    }
    let draft = UserDraft {
        login: field(&fields, "login").to_owned(),
        name: field(&fields, "name").to_owned(),
        password: Some(field(&fields, "password").to_owned()),
        ..UserDraft::default()
    };
    let code = field(&fields, "code");
    match context.database.set_up(code, draft, &client, now()).await {
        Ok(made) => go_on(&made.secret, &client, paths::DASHBOARD),
        Err(error) => setup_page(&headers, &settings, &fields, Some(&to_app_error(error))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_path_here_is_gone_on_to() {
        let next = |text: &str| {
            NextQuery {
                next: Some(text.to_owned()),
            }
            .path()
            .to_owned()
        };
        assert_eq!(next("/releases/1?step=2"), "/releases/1?step=2");
        for elsewhere in [
            "//evil.example",
            "/\\evil.example",
            "https://evil.example",
            "\t//evil.example",
            "/login?next=/x",
            "/logout",
            "",
        ] {
            assert_eq!(next(elsewhere), "/", "{elsewhere}");
        }
    }
}
