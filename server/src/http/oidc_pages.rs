//! `/login/oidc` and `/login/oidc/callback`: to the provider, and back (R27). Both are asked by GET, as the protocol has it; what is
//! changed by coming back needs the cookie of this browser, and is a new session. What fails is said on the page to sign in at.
use super::{
    access::the_one_cookie,
    sign_in_pages::{self, NextAddress},
};
use crate::{
    oidc::{
        provider::{Provider, ProviderFailure},
        sign_in_state::{self, SignInState},
    },
    ops::{auth_settings::AuthSettings, sign_in::SignInContext},
    rest::session,
};
use app::{
    api::context::{self, Context},
    domain::{session::SignIn, user::User},
    store::{accounts::provider_users::ProviderLogin, error::StoreError},
};
use axum::{
    Extension, Router,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use leptos::prelude::LeptosOptions;
use serde::Deserialize;
use std::sync::Arc;

/// What these addresses need; without a provider they lead to the page to sign in at.
#[derive(Clone)]
struct ProviderPages {
    context: Context,
    provider: Option<Arc<Provider>>,
}

/// What the provider sends people back with: a code, or an error.
#[derive(Default, Deserialize)]
struct ProviderAnswer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
}

/// Why nobody is signed in.
enum NotSignedIn {
    /// The browser has no cookie of this sign-in, or it is another's.
    NotBegunHere,
    /// The provider says no; its word for it.
    Refused(String),
    Provider(ProviderFailure),
    Inactive,
    NoRole,
    Store(StoreError),
}

impl From<ProviderFailure> for NotSignedIn {
    fn from(failure: ProviderFailure) -> Self {
        Self::Provider(failure)
    }
}

impl From<StoreError> for NotSignedIn {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// The addresses.
pub fn router(context: Context, provider: Option<Arc<Provider>>) -> Router<LeptosOptions> {
    Router::new()
        .route("/login/oidc", get(begin))
        .route("/login/oidc/callback", get(come_back))
        .with_state(ProviderPages { context, provider })
}

async fn begin(
    State(pages): State<ProviderPages>,
    Extension(of_request): Extension<SignInContext>,
    Extension(settings): Extension<Arc<AuthSettings>>,
    Query(next): Query<NextAddress>,
) -> Response {
    let Some(provider) = pages.provider else {
        return Redirect::to("/login").into_response();
    };
    let state = match SignInState::new(next.path(), context::now()) {
        Ok(state) => state,
        Err(error) => {
            let error = StoreError::Open(error.to_string());
            return refuse(NotSignedIn::Store(error), &provider, &next, &settings);
        }
    };
    match provider.address(&state).await {
        Ok(address) => {
            let mut response = Redirect::to(&address).into_response();
            let cookie = sign_in_state::cookie(Some(&state), of_request.is_https);
            session::set_cookie(&mut response, &cookie);
            response
        }
        Err(failure) => refuse(failure.into(), &provider, &next, &settings),
    }
}

async fn come_back(
    State(pages): State<ProviderPages>,
    Extension(of_request): Extension<SignInContext>,
    Extension(settings): Extension<Arc<AuthSettings>>,
    Query(answer): Query<ProviderAnswer>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = pages.provider else {
        return Redirect::to("/login").into_response();
    };
    let name = sign_in_state::cookie_name(of_request.is_https);
    let cookie = the_one_cookie(&headers, name);
    let state = cookie.and_then(|it| SignInState::read(it, context::now()));
    let state = state.filter(|it| answer.state.as_deref() == Some(it.state().as_str()));
    let Some(state) = state else {
        // The cookie stays: somebody else may have sent the browser here while it signs in.
        let next = NextAddress::default();
        return refuse(NotSignedIn::NotBegunHere, &provider, &next, &settings);
    };
    let database = &pages.context.database;
    let signed_in = match prove(&pages.context, &of_request, &provider, &state, answer).await {
        Ok(user) => {
            let how = SignIn::Oidc;
            let begun = session::begin_for(database, &of_request, &headers, &user, how);
            begun.await.map_err(NotSignedIn::from)
        }
        Err(why) => Err(why),
    };
    let mut response = match signed_in {
        Ok(cookie) => {
            let mut response = Redirect::to(state.next()).into_response();
            session::set_cookie(&mut response, &cookie);
            response
        }
        Err(why) => {
            let next = NextAddress {
                next: state.next().to_owned(),
            };
            refuse(why, &provider, &next, &settings)
        }
    };
    // A code is good once, and so is the state.
    let cookie = sign_in_state::cookie(None, of_request.is_https);
    session::set_cookie(&mut response, &cookie);
    response
}

/// The user who came back.
async fn prove(
    context: &Context,
    of_request: &SignInContext,
    provider: &Provider,
    state: &SignInState,
    answer: ProviderAnswer,
) -> Result<User, NotSignedIn> {
    let settings = provider.settings();
    if answer.iss.is_some_and(|it| it != settings.issuer) {
        return Err(ProviderFailure::Unproved("another provider answers".into()).into());
    }
    if let Some(error) = answer.error {
        return Err(NotSignedIn::Refused(error));
    }
    let Some(code) = answer.code else {
        return Err(ProviderFailure::Unproved("there is no code".into()).into());
    };
    let now = context::now();
    let account = provider.account(code, state, now).await?;
    let role = settings.roles.highest(&account.groups);
    let login = context.database.provider_user(&account, role, now).await?;
    let (login, why) = match login {
        ProviderLogin::User(user) => return Ok(*user),
        ProviderLogin::Inactive(login) => (login, NotSignedIn::Inactive),
        ProviderLogin::NoRole(login) => (login.unwrap_or_default(), NotSignedIn::NoRole),
    };
    let address = of_request.address.map(|it| it.to_string());
    context
        .database
        .record_failed_login(&login, address, now)
        .await?;
    Err(why)
}

/// The page to sign in at, with what went wrong.
fn refuse(
    why: NotSignedIn,
    provider: &Provider,
    next: &NextAddress,
    settings: &AuthSettings,
) -> Response {
    let name = &provider.settings().name;
    let (status, text) = match why {
        NotSignedIn::NotBegunHere => (
            StatusCode::BAD_REQUEST,
            "This sign-in took too long, or was begun in another window. Try again.".to_owned(),
        ),
        NotSignedIn::Refused(error) if error == "access_denied" => (
            StatusCode::FORBIDDEN,
            format!("The sign-in was cancelled at {name}, or you may not use Rollcall there."),
        ),
        NotSignedIn::Refused(error) => {
            tracing::warn!(?error, "the provider refuses a sign-in");
            let text = format!("{name} could not sign you in. Try again, or ask an admin.");
            (StatusCode::FORBIDDEN, text)
        }
        NotSignedIn::Provider(failure) => {
            tracing::warn!(%failure, "nobody was signed in by the provider");
            match failure {
                ProviderFailure::Away(_) => (
                    StatusCode::SERVICE_UNAVAILABLE,
                    format!("{name} cannot be reached. Try again in a moment."),
                ),
                ProviderFailure::Unproved(_) => (
                    StatusCode::UNAUTHORIZED,
                    format!(
                        "What {name} answered does not prove who you are. Try again, or ask an admin to look into the log."
                    ),
                ),
            }
        }
        NotSignedIn::Inactive => (
            StatusCode::FORBIDDEN,
            "Your account here is not active. Ask an admin.".to_owned(),
        ),
        NotSignedIn::NoRole => (
            StatusCode::FORBIDDEN,
            format!("{name} knows you, but none of your groups has a role here. Ask an admin."),
        ),
        NotSignedIn::Store(error) => {
            let error = context::to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, error.to_string())
        }
    };
    let page = sign_in_pages::page(next, "", Some(&text), settings);
    (status, page).into_response()
}
