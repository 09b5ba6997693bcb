//! Finds the caller of a request by its session, its token, or the login that a proxy names; and compares passwords. An ended
//! session, a deactivated user, or a changed role or scope takes effect at the next request on every server.
use super::{
    caller_cache::{CallerLifetime, FoundCaller},
    password_hash::{self, Verified},
};
use crate::domain::{
    caller::{Caller, Identity},
    id::{SessionId, TokenId},
    login::Login,
    permission::Role,
    token::{ApiToken, TokenText},
    user::User,
};
use crate::store::{
    Database, Store,
    audit::last_event::{self, ArrivalPosition, LAST_EVENT, RowAt},
    entity::{session, sha256, token, user},
    error::{StoreError, chain},
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, EntityTrait, ExprTrait, PaginatorTrait, QueryFilter, QuerySelect, Select,
    sea_query::Expr,
};
use std::{fmt, sync::Arc};

/// A user who proved who it is, and what the session depends on until it is begun.
#[derive(Clone)]
pub struct ProvedUser {
    pub user: User,
    /// The hash that the password was compared with; none if it was no password.
    pub(super) hash: Option<String>,
}

/// Without the hash, which belongs into no log.
impl fmt::Debug for ProvedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProvedUser")
            .field("user", &self.user)
            .finish_non_exhaustive()
    }
}

/// A user who proved it by something else than a password.
impl From<User> for ProvedUser {
    fn from(user: User) -> Self {
        Self { user, hash: None }
    }
}

/// What a login found.
#[derive(Clone, Debug)]
pub enum LoginOutcome {
    User(Box<ProvedUser>),
    /// A wrong login or password, a user without a password, or an inactive user: all look the same.
    Wrong,
}

/// The caller of a token's row; none if the token expired, or its owner is not active.
fn caller_of_token(
    found: Option<(token::Model, Option<user::Model>)>,
    now: DateTime<Utc>,
) -> Result<Option<(TokenId, Caller)>, StoreError> {
    let Some((token, Some(owner))) = found else {
        return Ok(None);
    };
    if !owner.is_active || now >= token.expires_at {
        return Ok(None);
    }
    let ApiToken {
        id,
        name,
        role,
        scope,
        ..
    } = token.try_into()?;
    let owner: User = owner.try_into()?;
    let caller = Caller::of_token(&owner, id, &name, role, scope);
    Ok(Some((id, caller)))
}

/// The row of the active user of a login.
fn active_row(login: &Login) -> Select<user::Entity> {
    user::Entity::find()
        .filter(user::Column::Login.eq(login.as_str()))
        .filter(user::Column::IsActive.eq(true))
}

impl Store {
    /// The same caller's store with the rights of now, for what lives longer than a request; none if the session or token is over, or
    /// its user not active.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn renewed(&self, now: DateTime<Utc>) -> Result<Option<Self>, StoreError> {
        let database = &self.database;
        let caller = match &self.caller.identity {
            Identity::Open | Identity::Program(_) => return Ok(Some(self.clone())),
            Identity::User {
                session: Some(id), ..
            } => {
                let query = session::Entity::find_by_id(id.0).find_also_related(user::Entity);
                database.caller_of_session(query.one(&self.read).await?, now)?
            }
            Identity::User {
                token: Some(id), ..
            } => {
                let query = token::Entity::find_by_id(id.0).find_also_related(user::Entity);
                caller_of_token(query.one(&self.read).await?, now)?.map(|it| it.1)
            }
            Identity::User { id, .. } => {
                let query = user::Entity::find_by_id(id.0).filter(user::Column::IsActive.eq(true));
                let user: Option<User> = query
                    .one(&self.read)
                    .await?
                    .map(TryInto::try_into)
                    .transpose()?;
                user.map(|it| Caller::of_proxy(&it))
            }
        };
        Ok(caller.map(|it| database.as_caller(Arc::new(it))))
    }
}

impl Database {
    /// The caller that a session's secret stands for, and the last event when it was found; none if there is no such session, it
    /// ended, or its user is not active. The use is noted if `is_use`: streams, presence and background reads are none.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn session_caller(
        &self,
        secret: &str,
        now: DateTime<Utc>,
        is_use: bool,
    ) -> Result<Option<(Caller, ArrivalPosition)>, StoreError> {
        let sha256 = sha256(secret);
        let found = match self.cached_caller(&sha256, now).await? {
            Some(found) => Some(found),
            None => self.stored_session_caller(sha256, now).await?,
        };
        let used = found.as_ref().and_then(|it| it.0.session());
        if let Some(id) = used.filter(|_| is_use) {
            self.last_used.session(id, now);
        }
        Ok(found)
    }

    async fn stored_session_caller(
        &self,
        sha256: String,
        now: DateTime<Utc>,
    ) -> Result<Option<(Caller, ArrivalPosition)>, StoreError> {
        let found = session::Entity::find()
            .filter(session::Column::Sha256.eq(&sha256))
            .find_also_related(user::Entity)
            .expr_as(last_event::column(), LAST_EVENT)
            .into_model::<RowAt<session::Model>, user::Model>()
            .one(&self.read)
            .await?;
        let Some((RowAt { row, position }, user)) = found else {
            return Ok(None);
        };
        let times = row.times();
        let Some(caller) = self.caller_of_session(Some((row, user)), now)? else {
            return Ok(None);
        };
        let found = FoundCaller {
            caller: caller.clone(),
            lifetime: CallerLifetime::Session(times),
        };
        self.keep_caller(sha256, found, &position);
        Ok(Some((caller, position)))
    }

    /// The caller of a session's row; none if the session ended, or its user is not active.
    fn caller_of_session(
        &self,
        found: Option<(session::Model, Option<user::Model>)>,
        now: DateTime<Utc>,
    ) -> Result<Option<Caller>, StoreError> {
        let Some((mut session, Some(user))) = found else {
            return Ok(None);
        };
        let id = SessionId(session.id);
        // A use that is not written yet counts: the session must not end while it is used.
        if let Some(used_at) = self.last_used.of_session(id) {
            session.used_at = Ord::max(session.used_at, used_at);
        }
        if !user.is_active || !session.times().is_alive(now) {
            return Ok(None);
        }
        Ok(Some(Caller::of_session(&user.try_into()?, id)))
    }

    /// The caller that a token stands for, and the last event when it was found; none if there is no such token, it expired, or its
    /// owner is not active.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn token_caller(
        &self,
        text: &TokenText,
        now: DateTime<Utc>,
    ) -> Result<Option<(Caller, ArrivalPosition)>, StoreError> {
        let sha256 = sha256(text.as_str());
        let found = match self.cached_caller(&sha256, now).await? {
            Some(found) => Some(found),
            None => self.stored_token_caller(sha256, now).await?,
        };
        if let Some(id) = found.as_ref().and_then(|it| it.0.token()) {
            self.last_used.token(id, now);
        }
        Ok(found)
    }

    async fn stored_token_caller(
        &self,
        sha256: String,
        now: DateTime<Utc>,
    ) -> Result<Option<(Caller, ArrivalPosition)>, StoreError> {
        let found = token::Entity::find()
            .filter(token::Column::Sha256.eq(&sha256))
            .find_also_related(user::Entity)
            .expr_as(last_event::column(), LAST_EVENT)
            .into_model::<RowAt<token::Model>, user::Model>()
            .one(&self.read)
            .await?;
        let Some((RowAt { row, position }, owner)) = found else {
            return Ok(None);
        };
        let expires_at = row.expires_at;
        let Some((_, caller)) = caller_of_token(Some((row, owner)), now)? else {
            return Ok(None);
        };
        let found = FoundCaller {
            caller: caller.clone(),
            lifetime: CallerLifetime::Token { expires_at },
        };
        self.keep_caller(sha256, found, &position);
        Ok(Some((caller, position)))
    }

    /// The active user of this login, for a proxy's word, and the last event when it was found.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn active_user(
        &self,
        login: &Login,
    ) -> Result<Option<(User, ArrivalPosition)>, StoreError> {
        let found = active_row(login)
            .expr_as(last_event::column(), LAST_EVENT)
            .into_model::<RowAt<user::Model>>()
            .one(&self.read)
            .await?;
        let Some(RowAt { row, position }) = found else {
            return Ok(None);
        };
        Ok(Some((row.try_into()?, position)))
    }

    /// Compares a password with that of a login, in constant time also for unknown logins. Errors: too many are waiting.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn check_password(
        &self,
        login: &str,
        password: &str,
    ) -> Result<LoginOutcome, StoreError> {
        loop {
            let found = match Login::parse(login) {
                Ok(login) => active_row(&login).one(&self.read).await?,
                Err(_) => None,
            };
            let mut hash = found.as_ref().and_then(|it| it.password_hash.clone());
            let verified = password_hash::verify_password(password, hash.clone()).await?;
            let Some(row) = found.filter(|_| verified != Verified::Wrong) else {
                return Ok(LoginOutcome::Wrong);
            };
            if verified == Verified::RightButOld {
                match self.renew_hash(&row, password).await {
                    Ok(Some(renewed)) => hash = Some(renewed),
                    // Another one was set meanwhile: the password is compared with that.
                    Ok(None) => continue,
                    Err(error) => {
                        tracing::warn!(error = %chain(&error), "a password's hash was not renewed; it is tried again at the next login");
                    }
                }
            }
            let user: User = row.try_into()?;
            return Ok(LoginOutcome::User(Box::new(ProvedUser { user, hash })));
        }
    }

    /// Replaces a hash of old parameters, now that the password is known. A hash that was set since then stays: then none is
    /// answered.
    async fn renew_hash(
        &self,
        row: &user::Model,
        password: &str,
    ) -> Result<Option<String>, StoreError> {
        let hash = password_hash::hash_compared(password).await?;
        let tx = self.begin().await?;
        let renewed = user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::val(Some(hash.clone())))
            .filter(user::Column::Id.eq(row.id))
            .filter(user::Column::PasswordHash.eq(row.password_hash.clone()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok((renewed.rows_affected > 0).then_some(hash))
    }

    /// The number of active admins.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn active_admins(&self) -> Result<u64, StoreError> {
        let is_admin = Expr::col(user::Column::Role)
            .eq(Role::Admin.as_str())
            .and(Expr::col(user::Column::IsActive).eq(true));
        Ok(user::Entity::find()
            .filter(is_admin)
            .count(&self.read)
            .await?)
    }
}
