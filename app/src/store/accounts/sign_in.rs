//! Signing in: by a password, or as the first admin by the code of the log. Failures are throttled by login and address, those
//! at a provider apart from these and by address (R24). An attempt that is throttled is refused without looking at the
//! password, so that the answer tells nothing about it.
use super::{
    random,
    request_caller::{LoginOutcome, ProvedUser},
};
use crate::domain::{
    client::Client,
    login::Login,
    login_throttle::{LoginThrottle, LoginTry, TryRefused},
    permission::Role,
    session::SignIn,
    user::{User, UserDraft},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{Database, error::StoreError};
use chrono::{DateTime, Utc};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// What failures with the code of the first admin are counted under. No login has a blank.
const SETUP: &str = "setup code";

/// The failures of one process; clones share them.
#[derive(Clone, Debug, Default)]
pub struct SharedThrottle(Arc<Mutex<LoginThrottle>>);

impl SharedThrottle {
    fn lock(&self) -> MutexGuard<'_, LoginThrottle> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a try, which counts as failed until its outcome is known. Asked and counted under one lock, so that of many tries
    /// at once no more are made than one after the other. Errors: how many seconds it has to wait; too many are under way.
    pub(super) fn begin(
        &self,
        name: &str,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<PendingTry, StoreError> {
        let begun = self.lock().begin(name, client.throttled_address(), now);
        self.pending(begun)
    }

    /// The same, of a try that names no login.
    fn begin_without_login(
        &self,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<PendingTry, StoreError> {
        let address = client.throttled_address();
        let begun = self.lock().begin_without_login(address, now);
        self.pending(begun)
    }

    fn pending(&self, begun: Result<LoginTry, TryRefused>) -> Result<PendingTry, StoreError> {
        let begun = begun.map_err(|refused| match refused {
            TryRefused::MustWait(seconds) => StoreError::Throttled(seconds),
            TryRefused::TooManyAtOnce => StoreError::Busy,
        })?;
        Ok(PendingTry {
            throttle: self.clone(),
            begun,
        })
    }
}

/// A try under way. Dropped it stays counted as failed, also if the client does not wait for the answer.
pub struct PendingTry {
    throttle: SharedThrottle,
    begun: LoginTry,
}

impl PendingTry {
    /// Forgets the failures under its name.
    pub(super) fn succeeded(self) {
        self.throttle.lock().succeeded(&self.begun);
    }

    /// Forgets this try: it found out nothing.
    pub fn take_back(self) {
        self.throttle.lock().take_back(&self.begun);
    }
}

impl Drop for PendingTry {
    fn drop(&mut self) {
        self.throttle.lock().ended(&self.begun);
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
        let begun = self.throttle.begin(&throttled_name(login), client, now)?;
        let compared = self.signed_in_by_password(login, password, admins_only, client, now);
        match compared.await {
            Ok(Some(signed_in)) => {
                begun.succeeded();
                Ok(Some(signed_in))
            }
            Ok(None) => {
                self.record_failed_login(login, client, now).await?;
                Ok(None)
            }
            Err(error) => {
                begun.take_back();
                Err(error)
            }
        }
    }

    async fn signed_in_by_password(
        &self,
        login: &str,
        password: &str,
        admins_only: bool,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<Option<SignedIn>, StoreError> {
        match self.check_password(login, password).await? {
            LoginOutcome::User(proved) if !admins_only || proved.user.role == Role::Admin => {
                self.signed_in(*proved, SignIn::Password, client, now).await
            }
            LoginOutcome::User(_) | LoginOutcome::Wrong => Ok(None),
        }
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
        let begun = self.throttle.begin(SETUP, client, now)?;
        let user = match self.create_first_admin(code, draft, now).await {
            Ok(user) => {
                begun.succeeded();
                user
            }
            Err(error) => {
                if is_wrong_code(&error) {
                    self.record_failed_login("", client, now).await?;
                } else {
                    begun.take_back();
                }
                return Err(error);
            }
        };
        let signed_in = self.signed_in(user.into(), SignIn::Setup, client, now);
        signed_in.await?.ok_or(StoreError::NotFound(Noun::User))
    }

    /// Begins a sign-in at the provider, which counts as failed unless it is taken back; for the provider's door alone, so that
    /// passwords go on. Errors: too many failures from this address; too many are under way.
    pub fn begin_at_provider(
        &self,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<PendingTry, StoreError> {
        self.provider_throttle.begin_without_login(client, now)
    }

    /// Begins a session for an authenticated user; none, as `begin_session` says, if what it was authenticated by does not count
    /// any more.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn signed_in(
        &self,
        proved: ProvedUser,
        how: SignIn,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<Option<SignedIn>, StoreError> {
        let secret = random::session_secret()?;
        let begun = self.begin_session(proved, &secret, how, client, now);
        Ok(begun.await?.map(|user| SignedIn { user, secret }))
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
