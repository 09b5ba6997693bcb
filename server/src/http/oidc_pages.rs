//! `/login/oidc` and `/login/oidc/callback`: to the provider, and back (R27). Both are asked by GET, as the protocol has it; what is
//! changed by coming back needs the cookie of this browser, and is a new session. What fails is said on the page to sign in at.
use super::sign_in_pages::{self, NextQuery, QueryPairs, first_of};
use crate::{
    oidc::{
        provider::Provider,
        provider_failure::ProviderFailure,
        sign_in_state::{self, SignInState},
    },
    ops::session_cookie::the_one_cookie,
    rest::extract::RequestClient,
};
use app::{
    api::context::{self, Context, to_app_error},
    domain::{client::Client, session::SignIn},
    error::sentence,
    paths,
    store::{
        accounts::{provider_users::ProviderLogin, sign_in::SignedIn},
        error::StoreError,
    },
};
use axum::{
    Router,
    extract::{Query, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
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

/// What the provider sends people back with: a code, or an error. Of what is there twice the first counts.
#[derive(Default, Deserialize)]
#[serde(from = "QueryPairs")]
struct ProviderAnswer {
    code: Option<String>,
    state: Option<String>,
    error: Option<String>,
    /// The issuer that answers (RFC 9207).
    iss: Option<String>,
}

impl From<QueryPairs> for ProviderAnswer {
    fn from(pairs: QueryPairs) -> Self {
        Self {
            code: first_of(&pairs, "code"),
            state: first_of(&pairs, "state"),
            error: first_of(&pairs, "error"),
            iss: first_of(&pairs, "iss"),
        }
    }
}

/// Why a sign-in failed.
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

impl NotSignedIn {
    /// Whether it counts as a failed try: who came brought what is not of this sign-in. What other sites, the provider or its settings
    /// can bring about does not: one mistake there must not keep everybody behind an address waiting.
    fn counts(&self) -> bool {
        matches!(self, Self::Provider(failure) if failure.counts())
    }
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
    RequestClient { client, settings }: RequestClient,
    Query(query): Query<NextQuery>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = pages.provider else {
        return Redirect::to(paths::LOGIN).into_response();
    };
    let next = query.path();
    let state = match SignInState::new(next, context::now()) {
        Ok(state) => state,
        Err(error) => {
            let why = NotSignedIn::Store(StoreError::Open(error.to_string()));
            let failure = failure(why, &provider);
            return sign_in_pages::page_after_failure(&headers, &settings, next, failure);
        }
    };
    match provider.address(&state).await {
        Ok(address) => {
            let mut response = Redirect::to(&address).into_response();
            keep_state(&mut response, Some(&state), &client);
            response
        }
        Err(why) => {
            let failure = failure(why.into(), &provider);
            sign_in_pages::page_after_failure(&headers, &settings, next, failure)
        }
    }
}

/// Has the browser keep a state, or forget it.
fn keep_state(response: &mut Response, state: Option<&SignInState>, client: &Client) {
    let cookie = sign_in_state::cookie(state, client.is_https);
    if let Ok(cookie) = HeaderValue::from_str(&cookie) {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
}

async fn come_back(
    State(pages): State<ProviderPages>,
    RequestClient { client, settings }: RequestClient,
    Query(answer): Query<ProviderAnswer>,
    headers: HeaderMap,
) -> Response {
    let Some(provider) = pages.provider else {
        return Redirect::to(paths::LOGIN).into_response();
    };
    let name = sign_in_state::cookie_name(client.is_https);
    let cookie = the_one_cookie(&headers, name);
    let state = cookie.and_then(|it| SignInState::read(it, context::now()));
    let state = state.filter(|it| answer.state.as_deref() == Some(it.state().as_str()));
    let Some(state) = state else {
        // The cookie stays: another site may have sent the browser here while a sign-in is under way.
        let failure = failure(NotSignedIn::NotBegunHere, &provider);
        let next = paths::DASHBOARD;
        return sign_in_pages::page_after_failure(&headers, &settings, next, failure);
    };
    let context = &pages.context;
    let begun = match context.database.begin_at_provider(&client, context::now()) {
        Ok(begun) => begun,
        Err(error) => {
            // The cookie stays, so that this can be tried again after the wait.
            let error = to_app_error(error);
            return sign_in_pages::page_after_error(&headers, &settings, state.next(), &error);
        }
    };
    let mut response = match prove(context, &client, &provider, &state, answer).await {
        Ok(signed_in) => {
            begun.take_back();
            sign_in_pages::end_earlier_session(&context.database, &headers, &client).await;
            sign_in_pages::go_on(&signed_in.secret, &client, state.next())
        }
        Err(why) => {
            if !why.counts() {
                begun.take_back();
            }
            let failure = failure(why, &provider);
            sign_in_pages::page_after_failure(&headers, &settings, state.next(), failure)
        }
    };
    // A code is good once, and so is the state.
    keep_state(&mut response, None, &client);
    response
}

/// The session of the user signed in at the provider.
async fn prove(
    context: &Context,
    client: &Client,
    provider: &Provider,
    state: &SignInState,
    answer: ProviderAnswer,
) -> Result<SignedIn, NotSignedIn> {
    provider.must_be_answering(answer.iss.as_deref()).await?;
    if let Some(error) = answer.error {
        return Err(NotSignedIn::Refused(error));
    }
    let Some(code) = answer.code else {
        return Err(ProviderFailure::Unproved("there is no code".into()).into());
    };
    let now = context::now();
    let account = provider.account(code, state, now).await?;
    let role = provider.settings().roles.highest(&account.groups);
    let database = &context.database;
    let (login, why) = match database.provider_user(&account, role, now).await? {
        ProviderLogin::User(user) => {
            let proved = (*user).into();
            let signed_in = database.signed_in(proved, SignIn::Oidc, client, now);
            // None if an admin deactivated the user, or gave it another role, at this very moment.
            return signed_in.await?.ok_or(NotSignedIn::NotBegunHere);
        }
        ProviderLogin::Inactive(login) => (login, NotSignedIn::Inactive),
        ProviderLogin::NoRole(login) => (login.unwrap_or_default(), NotSignedIn::NoRole),
    };
    database.record_failed_login(&login, client, now).await?;
    Err(why)
}

/// What the page to sign in at says of it.
fn failure(why: NotSignedIn, provider: &Provider) -> (StatusCode, String) {
    let name = &provider.settings().name;
    match why {
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
                ProviderFailure::Misconfigured(_) => (
                    StatusCode::BAD_GATEWAY,
                    format!(
                        "{name} and Rollcall are not set up for each other. Ask an admin to look into the log."
                    ),
                ),
                ProviderFailure::Unproved(_) | ProviderFailure::Foreign(_) => (
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
            let error = to_app_error(error);
            let status = StatusCode::from_u16(error.status());
            let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            (status, sentence(&error.to_string()))
        }
    }
}
