//! `/login`, `/logout` and `/setup`: pages and forms that work without JavaScript and load no WASM (R24, R26). Sessions are begun by
//! `rest::session`.
use super::site;
use crate::{
    ops::{
        auth_settings::{AuthMode, AuthSettings},
        sign_in::SignInContext,
    },
    rest::session::{self, SignInFailure},
};
use app::{
    api::context::{self, Context},
    domain::{
        caller::Caller, session::SignIn, user::UserDraft, validation_errors::ValidationErrors,
        vocabulary::Field,
    },
    error::AppError,
    paths,
    store::error::StoreError,
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

/// As what wrong codes are throttled: a login that nobody can have.
const SETUP_THROTTLE: &str = "/setup";

/// Where to go on to after signing in.
#[derive(Default, Deserialize)]
pub struct NextAddress {
    #[serde(default)]
    pub next: String,
}

impl NextAddress {
    /// An address of this server, else the dashboard.
    pub fn path(&self) -> &str {
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
        .route("/setup", get(show_setup).post(set_up))
        .with_state(context)
}

async fn show(
    Extension(of_request): Extension<SignInContext>,
    Extension(settings): Extension<Arc<AuthSettings>>,
    Query(next): Query<NextAddress>,
) -> Response {
    if of_request.mode != AuthMode::Login {
        return Redirect::to(next.path()).into_response();
    }
    page(&next, "", None, &settings)
}

async fn sign_in(
    State(context): State<Context>,
    Extension(of_request): Extension<SignInContext>,
    Extension(settings): Extension<Arc<AuthSettings>>,
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
            let page = page(
                &next,
                &login,
                Some("Login or password is wrong."),
                &settings,
            );
            (StatusCode::UNAUTHORIZED, page).into_response()
        }
        Err(SignInFailure::Waits(seconds)) => {
            let why = format!("Too many tries failed. Wait {seconds} seconds.");
            let page = page(&next, &login, Some(&why), &settings);
            let mut response = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
            let headers = response.headers_mut();
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            response
        }
        Err(SignInFailure::Store(error)) => {
            let error = context::to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            let page = page(&next, &login, Some(&error.to_string()), &settings);
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

/// One field of these forms: its name, label, kind, what was typed, what a password manager shall do, and what is wrong.
struct FormField<'a> {
    name: &'static str,
    label: &'static str,
    kind: &'static str,
    value: &'a str,
    autocomplete: &'static str,
    problem: Option<&'a str>,
}

impl FormField<'_> {
    fn render(&self) -> impl IntoView + use<> {
        let (name, label, kind) = (self.name, self.label, self.kind);
        let problem = self.problem.map(|it| {
            let id = format!("{name}-error");
            view! { <span class="error" id=id>{it.to_owned()}</span> }
        });
        let described_by = problem.is_some().then(|| format!("{name}-error"));
        let is_wrong = problem.is_some().then_some("true");
        view! {
            <div class="field">
                <label for=name>{label}</label>
                <input class="input" id=name name=name type=kind value=self.value.to_owned() required
                    autocomplete=self.autocomplete autocapitalize="none" spellcheck="false"
                    aria-describedby=described_by aria-invalid=is_wrong/>
                {problem}
            </div>
        }
    }
}

/// Another way in than a form: a link. No button of the form, since browsers hold the answer to a form to where forms may go.
struct OtherWay {
    href: String,
    label: String,
}

/// The way by the provider, if there is one; it goes on to a page here.
fn by_provider(settings: &AuthSettings, next: &str) -> Option<OtherWay> {
    let provider = settings.provider()?;
    Some(OtherWay {
        href: paths::provider_login(next),
        label: format!("Continue with {}", provider.name),
    })
}

/// A page with one form: its heading, which is on its button too, where it is posted, what is wrong as a whole, its fields, and
/// another way in.
fn document(
    heading: &'static str,
    action: String,
    why: Option<&str>,
    fields: &[FormField<'_>],
    other_way: Option<OtherWay>,
) -> Response {
    let style = site::asset_names().map(|it| it.style).unwrap_or_default();
    let why = why.map(|it| view! { <p class="alert" role="alert">{it.to_owned()}</p> });
    let fields: Vec<_> = fields.iter().map(FormField::render).collect();
    let other_way = other_way.map(|it| {
        let OtherWay { href, label } = it;
        view! { <p><a class="button" href=href>{label}</a></p> }
    });
    let html = view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <title>{format!("{heading} · Rollcall")}</title>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <link rel="stylesheet" href=format!("/pkg/{style}")/>
            </head>
            <body>
                <main id="main" class="sign-in">
                    <h1>{heading}</h1>
                    {why}
                    <form class="form" method="post" action=action>
                        <div class="form__body">{fields}</div>
                        <div class="form__foot">
                            <button class="button" data-kind="ink" type="submit">{heading}</button>
                        </div>
                    </form>
                    {other_way}
                </main>
            </body>
        </html>
    };
    let policy = [(header::CONTENT_SECURITY_POLICY, CONTENT_POLICY)];
    (policy, Html(html.to_html())).into_response()
}

/// The page of `/login`; `login` is what was typed, `why` what was wrong with it.
pub fn page(
    next: &NextAddress,
    login: &str,
    why: Option<&str>,
    settings: &AuthSettings,
) -> Response {
    let fields = [
        FormField {
            name: "login",
            label: "Login",
            kind: "text",
            value: login,
            autocomplete: "username",
            problem: None,
        },
        FormField {
            name: "password",
            label: "Password",
            kind: "password",
            value: "",
            autocomplete: "current-password",
            problem: None,
        },
    ];
    let other_way = by_provider(settings, next.path());
    document(
        "Sign in",
        paths::login(next.path()),
        why,
        &fields,
        other_way,
    )
}

/// What the form of `/setup` posts.
#[derive(Default, Deserialize)]
pub struct PostedSetup {
    #[serde(default)]
    code: String,
    #[serde(default)]
    login: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    password: String,
}

/// Whether the first admin is still to be made. Errors: the answer to give if it cannot be told.
async fn is_set_up(context: &Context, of_request: &SignInContext) -> Result<bool, StoreError> {
    Ok(of_request.mode != AuthMode::Login || context.database.active_admins().await? > 0)
}

async fn show_setup(
    State(context): State<Context>,
    Extension(of_request): Extension<SignInContext>,
    Extension(settings): Extension<Arc<AuthSettings>>,
) -> Response {
    match is_set_up(&context, &of_request).await {
        Ok(true) => Redirect::to(paths::DASHBOARD).into_response(),
        Ok(false) => setup_page(&PostedSetup::default(), None, &[], &settings),
        Err(error) => setup_failure(&PostedSetup::default(), error, &settings),
    }
}

async fn set_up(
    State(context): State<Context>,
    Extension(of_request): Extension<SignInContext>,
    Extension(settings): Extension<Arc<AuthSettings>>,
    headers: HeaderMap,
    Form(posted): Form<PostedSetup>,
) -> Response {
    let (database, now) = (&context.database, context::now());
    match is_set_up(&context, &of_request).await {
        Ok(false) => {}
        Ok(true) => return Redirect::to(paths::DASHBOARD).into_response(),
        Err(error) => return setup_failure(&posted, error, &settings),
    }
    if let Some(seconds) = of_request.wait_seconds(SETUP_THROTTLE, now) {
        let why = format!("Too many tries failed. Wait {seconds} seconds.");
        let page = setup_page(&posted, Some(&why), &[], &settings);
        let mut response = (StatusCode::TOO_MANY_REQUESTS, page).into_response();
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        return response;
    }
    let draft = UserDraft {
        login: posted.login.clone(),
        name: posted.name.clone(),
        password: Some(posted.password.clone()),
        ..UserDraft::default()
    };
    let made = database.create_first_admin(&posted.code, draft, now).await;
    let begun = match made {
        Ok(user) => {
            let how = SignIn::Setup;
            session::begin_for(database, &of_request, &headers, &user, how).await
        }
        Err(error) => Err(error),
    };
    match begun {
        Ok(cookie) => {
            of_request.succeeded(SETUP_THROTTLE);
            let mut response = Redirect::to(paths::DASHBOARD).into_response();
            session::set_cookie(&mut response, &cookie);
            response
        }
        Err(error) => {
            let is_code =
                |invalid: &ValidationErrors| invalid.0.iter().any(|it| it.field == Field::Code);
            if matches!(&error, StoreError::Invalid(invalid) if is_code(invalid)) {
                of_request.failed(SETUP_THROTTLE, now);
            }
            setup_failure(&posted, error, &settings)
        }
    }
}

/// The page again, with what was typed but the password, and what is wrong at each field.
fn setup_failure(posted: &PostedSetup, error: StoreError, settings: &AuthSettings) -> Response {
    let error = context::to_app_error(error);
    let status = StatusCode::from_u16(error.status());
    let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let page = match &error {
        AppError::Invalid(invalid) => setup_page(posted, None, &invalid.0, settings),
        error => setup_page(posted, Some(&error.to_string()), &[], settings),
    };
    (status, page).into_response()
}

/// The page of `/setup`. Where a group of the provider makes admins, the first one may come from there.
fn setup_page(
    posted: &PostedSetup,
    why: Option<&str>,
    problems: &[(Field, String)],
    settings: &AuthSettings,
) -> Response {
    let problem = |field: Field| {
        let found = problems.iter().find(|it| it.0 == field);
        found.map(|it| it.1.as_str())
    };
    let field = |name, label, kind, value, autocomplete, of| FormField {
        name,
        label,
        kind,
        value,
        autocomplete,
        problem: problem(of),
    };
    let fields = [
        field(
            "code",
            "Code",
            "text",
            posted.code.as_str(),
            "one-time-code",
            Field::Code,
        ),
        field(
            "login",
            "Login",
            "text",
            posted.login.as_str(),
            "username",
            Field::Login,
        ),
        field(
            "name",
            "Name",
            "text",
            posted.name.as_str(),
            "name",
            Field::Name,
        ),
        field(
            "password",
            "Password",
            "password",
            "",
            "new-password",
            Field::Password,
        ),
    ];
    let other_way = by_provider(settings, paths::DASHBOARD);
    let other_way = other_way.filter(|_| settings.makes_admins_at_provider());
    let action = "/setup".to_owned();
    document("Make the first admin", action, why, &fields, other_way)
}
