//! Signing in: by a password, or as the first admin by the code of the log. Failures are throttled by login and address, those
//! at a provider by address (R24). An attempt that is throttled is refused without looking at the password, so that the answer
//! tells nothing about it.
use super::{random, request_caller::LoginOutcome};
use crate::domain::{
    client::Client,
    login::Login,
    login_throttle::LoginThrottle,
    permission::Role,
    session::SignIn,
    user::{User, UserDraft},
    validation_errors::ValidationErrors,
    vocabulary::Field,
};
use crate::store::{Database, error::StoreError};
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What failures with the code of the first admin are counted under. No login has a blank.
const SETUP: &str = "setup code";
/// What a sign-in at the provider is asked about under. Nothing is counted under it, since no login is known before.
const PROVIDER: &str = "at the provider";

/// The failures of one process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct SharedThrottle(Arc<Mutex<LoginThrottle>>);

impl SharedThrottle {
    fn lock(&self) -> MutexGuard<'_, LoginThrottle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses a try that has to wait. Errors: how many seconds.
    pub(super) fn must_not_wait(
        &self,
        name: &str,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let wait = self
            .lock()
            .wait_seconds(name, client.throttled_address(), now);
        match wait {
            Some(seconds) => Err(StoreError::Throttled(seconds)),
            None => Ok(()),
        }
    }

    /// Counts a failed try.
    pub(super) fn failed(&self, name: &str, client: &Client, now: DateTime<Utc>) {
        self.lock().failed(name, client.throttled_address(), now);
    }

    /// Counts a failed try that named no login.
    fn failed_without_login(&self, client: &Client, now: DateTime<Utc>) {
        let address = client.throttled_address();
        self.lock().failed_without_login(address, now);
    }

    /// Forgets the failures under this name.
    pub(super) fn succeeded(&self, name: &str, client: &Client) {
        self.lock().succeeded(name, client.throttled_address());
    }
}

/// The name that failures of a login are counted under: in the form in which logins are compared, so that capital letters give no
/// further tries. All texts that cannot be a login count as one name.
pub(super) fn throttled_name(login: &str) -> String {
    Login::parse(login).map_or_else(|_| "no login".to_owned(), String::from)
}

/// A user who signed in, and the secret of the session, which only the cookie has.
pub struct SignedIn {
    pub user: User,
    /// The value of the session's cookie.
    pub secret: String,
}

impl Database {
    /// Begins a session by a password; none if login or password is wrong, which of the two is not said. With `admins_only` the
    /// passwords of other roles are wrong too. Errors: too many failures before; too many are waiting.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn sign_in(
        &self,
        login: &str,
        password: &str,
        admins_only: bool,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<Option<SignedIn>, StoreError> {
        let name = throttled_name(login);
        self.throttle.must_not_wait(&name, client, now)?;
        let outcome = self.check_password(login, password).await?;
        let user = match outcome {
            LoginOutcome::User(user) if !admins_only || user.role == Role::Admin => *user,
            LoginOutcome::User(_) | LoginOutcome::Wrong => {
                self.throttle.failed(&name, client, now);
                self.record_failed_login(login, client, now).await?;
                return Ok(None);
            }
        };
        self.throttle.succeeded(&name, client);
        let signed_in = self.signed_in(user, SignIn::Password, client, now);
        signed_in.await.map(Some)
    }

    /// Makes the first admin by the code of the log, and begins its session. Errors: a wrong code; wrong fields; too many
    /// failures before.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_up(
        &self,
        code: &str,
        draft: UserDraft,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, StoreError> {
        self.throttle.must_not_wait(SETUP, client, now)?;
        let made = self.create_first_admin(code, draft, now).await;
        if made.as_ref().is_err_and(is_wrong_code) {
            self.throttle.failed(SETUP, client, now);
            self.record_failed_login("", client, now).await?;
        }
        let user = made?;
        self.throttle.succeeded(SETUP, client);
        self.signed_in(user, SignIn::Setup, client, now).await
    }

    /// Refuses a sign-in at the provider if too many failed from this address. Errors: how many seconds it has to wait.
    pub fn must_not_wait_at_provider(
        &self,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        self.throttle.must_not_wait(PROVIDER, client, now)
    }

    /// Counts a sign-in at the provider that failed.
    pub fn failed_at_provider(&self, client: &Client, now: DateTime<Utc>) {
        self.throttle.failed_without_login(client, now);
    }

    /// Begins a session for an authenticated user.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn signed_in(
        &self,
        user: User,
        how: SignIn,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<SignedIn, StoreError> {
        let secret = random::session_secret()?;
        self.begin_session(&user, &secret, how, client, now).await?;
        Ok(SignedIn { user, secret })
    }
}

fn is_wrong_code(error: &StoreError) -> bool {
    match error {
        StoreError::Invalid(ValidationErrors(fields)) => {
            fields.iter().any(|it| it.field == Field::Code)
        }
        _ => false,
    }
}
