//! `/login` and `/logout`: pages and forms that work without JavaScript and load no WASM (R24). What they do is `rest::session`'s.
use super::site;
use crate::{
    ops::{auth_settings::AuthMode, sign_in::SignInContext},
    rest::session::{self, SignInFailure},
};
use app::{
    api::context::{self, Context},
    domain::caller::Caller,
    paths,
};
use axum::{
    Extension, Form, Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Redirect, Response},
    routing::{get, post},
};
use leptos::prelude::*;
use serde::Deserialize;
use std::sync::Arc;

/// No script, and forms go nowhere else.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; \
                      frame-ancestors 'none'; form-action 'self'";

/// Where to go on to after signing in.
#[derive(Default, Deserialize)]
pub struct NextAddress {
    #[serde(default)]
    next: String,
}

impl NextAddress {
    /// An address of this server, else the dashboard.
    fn path(&self) -> &str {
        paths::local_path(&self.next).unwrap_or(paths::DASHBOARD)
    }
}

/// What the form of `/login` posts.
#[derive(Default, Deserialize)]
pub struct PostedLogin {
    #[serde(default)]
    login: String,
    #[serde(default)]
    password: String,
}

/// The pages.
pub fn router(context: Context) -> Router<LeptosOptions> {
    Router::new()
        .route("/login", get(show).post(sign_in))
        .route("/logout", post(sign_out))
        .with_state(context)
}

async fn show(
    Extension(of_request): Extension<SignInContext>,
    Query(next): Query<NextAddress>,
) -> Response {
    if of_request.mode != AuthMode::Login {
        return Redirect::to(next.path()).into_response();
    }
    page(&next, "", None).into_response()
}

async fn sign_in(
    State(context): State<Context>,
    Extension(of_request): Extension<SignInContext>,
    Query(next): Query<NextAddress>,
    headers: HeaderMap,
    Form(posted): Form<PostedLogin>,
) -> Response {
    let PostedLogin { login, password } = posted;
    let begun = session::begin(&context.database, &of_request, &headers, &login, &password);
    match begun.await {
        Ok((_, cookie)) => {
            let mut response = Redirect::to(next.path()).into_response();
            session::set_cookie(&mut response, &cookie);
            response
        }
        Err(SignInFailure::NotHere) => Redirect::to(next.path()).into_response(),
        Err(SignInFailure::Wrong) => {
            let page = page(&next, &login, Some("Login or password is wrong."));
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
        Err(SignInFailure::Waits(seconds)) => {
            let why = format!("Too many tries failed. Wait {seconds} seconds.");
            let page = page(&next, &login, Some(&why));
            let mut response = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Err(SignInFailure::Store(error)) => {
            let error = context::to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let page = page(&next, &login, Some(&error.to_string()));
            (status, page).into_response()
        }
    }
}

async fn sign_out(
    State(context): State<Context>,
    Extension(of_request): Extension<SignInContext>,
    Extension(caller): Extension<Arc<Caller>>,
) -> Response {
    if let Some(session) = caller.session() {
        let stamp = caller.stamp(context::now());
        let store = context.database.as_caller(caller);
        if let Err(error) = store.end_session(session, stamp).await {
            // `to_app_error` logs it. The browser loses its cookie all the same.
            context::to_app_error(error);
        }
    }
    let mut response = Redirect::to("/login").into_response();
    session::set_cookie(&mut response, &session::no_cookie(&of_request));
    response
}

/// The page of the form; `login` is what was typed, `why` what was wrong with it.
fn page(next: &NextAddress, login: &str, why: Option<&str>) -> impl IntoResponse + use<> {
    let style = site::asset_names().map(|it| it.style).unwrap_or_default();
    let action = paths::login(next.path());
    let login = login.to_owned();
    let why = why.map(|it| view! { <p class="alert" role="alert">{it.to_owned()}</p> });
    let html = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>"Sign in · Rollcall"</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=format!("/pkg/{style}")/>
            </head>
            <body>
                <main id="main" class="sign-in">
                    <h1>"Sign in"</h1>
                    {why}
                    <form class="form" method="post" action=action>
                        <div class="form__body">
                            <div class="field">
                                <label for="login">"Login"</label>
                                <input class="input" id="login" name="login" value=login required autocomplete="username" autocapitalize="none" spellcheck="false" autofocus/>
                            </div>
                            <div class="field">
                                <label for="password">"Password"</label>
                                <input class="input" id="password" name="password" type="password" required autocomplete="current-password"/>
                            </div>
                        </div>
                        <div class="form__foot">
                            <button class="button" data-kind="ink" type="submit">"Sign in"</button>
                        </div>
                    </form>
                </main>
            </body>
        </html>
    };
    (
        [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)],
        Html(html.to_html()),
    )
}
