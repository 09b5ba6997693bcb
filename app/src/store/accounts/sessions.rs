//! Sessions: begin at a login, list, end. Each login and logout, and each login that failed, is an event for admins (R24).
use super::{request_caller::ProvedUser, users::load};
use crate::domain::{
    actor_stamp::ActorStamp,
    caller::Caller,
    client::Client,
    event::{Entity, EventAction},
    id::{SessionId, UserId},
    login::Login,
    permission::Permission,
    session::{IDLE_HOURS, LIFETIME_DAYS, SessionInfo, SignIn},
    user::User,
    vocabulary::Noun,
};
use crate::store::{
    Database, Store,
    audit::events::NewEvent,
    change::Change,
    entity::{session, sha256, user},
    error::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Condition,
};
use serde_json::{Value, json};
use std::sync::Arc;

/// Characters of a browser's name that are kept.
const AGENT_MAX_CHARS: usize = 200;

impl Database {
    /// Begins a session for an authenticated user, under a new secret. An earlier session of the same browser is none of
    /// this one's: its secret is not taken over. Sessions of the user that ended by themselves are deleted.
    ///
    /// Answers the user as it is now; none if since it was authenticated it was deactivated, or given another password or role:
    /// that ended its sessions, and this one must not outlive it.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn begin_session(
        &self,
        proved: ProvedUser,
        secret: &str,
        how: SignIn,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<Option<User>, StoreError> {
        let ProvedUser { user: before, hash } = proved;
        let store = self.as_caller(Arc::new(Caller::of_session(&before, SessionId(0))));
        // A caller already authenticated as a user may sign in as that user.
        let permit = store.permit(Permission::Read.on_anything()).await?;
        let mut change = store.change(permit, store.caller().stamp(now)).await?;
        let (user, stored) = load(&change.tx, before.id).await?;
        let is_other_password = hash.is_some() && hash != stored;
        if !user.is_active || before.ends_sessions(&user) || is_other_password {
            return Ok(None);
        }
        // An hour more than needed: a use is written up to a minute late.
        let idle = change.stamp.at - TimeDelta::hours(IDLE_HOURS + 1);
        let oldest = change.stamp.at - TimeDelta::days(LIFETIME_DAYS);
        let is_over = Condition::any()
            .add(session::Column::UsedAt.lt(idle))
            .add(session::Column::CreatedAt.lt(oldest));
        session::Entity::delete_many()
            .filter(session::Column::UserId.eq(user.id.0))
            .filter(is_over)
            .exec(&change.tx)
            .await?;
        let agent = client.agent.as_deref();
        let agent = agent.map(|it| it.chars().take(AGENT_MAX_CHARS).collect());
        let address = client.address.map(|it| it.to_string());
        let row = session::ActiveModel {
            id: NotSet,
            user_id: Set(user.id.0),
            sha256: Set(sha256(secret)),
            how: Set(how.to_string()),
            address: Set(address.clone()),
            agent: Set(agent),
            created_at: Set(change.stamp.at),
            used_at: Set(change.stamp.at),
        };
        let id = SessionId(row.insert(&change.tx).await?.id);
        let after = json!({ "login": user.login, "how": how, "address": address });
        change.record(NewEvent::of(Entity::Session, id.0, EventAction::Login).after(&after));
        change.commit().await?;
        Ok(Some(user))
    }

    /// Ends the session of a secret that another one takes the place of: the same browser signed in again. Nothing, if it is
    /// none.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn end_replaced_session(
        &self,
        secret: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let Some((caller, _)) = self.session_caller(secret, now, false).await? else {
            return Ok(());
        };
        let (session, stamp) = (caller.session(), caller.stamp(now));
        match session {
            Some(id) => {
                self.as_caller(Arc::new(caller))
                    .end_session(id, stamp)
                    .await
            }
            None => Ok(()),
        }
    }

    /// Records a failed login. An unknown login is not stored: people type passwords there by mistake.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn record_failed_login(
        &self,
        login: &str,
        client: &Client,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let login = Login::parse(login).ok();
        let known = match &login {
            Some(login) => {
                let of_login = user::Column::Login.eq(login.as_str());
                let query = user::Entity::find().filter(of_login);
                query.one(&self.read).await?.map(|it| it.login)
            }
            None => None,
        };
        let name = known.as_deref().unwrap_or("(unknown)");
        let store = self.as_caller(Arc::new(Caller::open(name)));
        let permit = store.permit(Permission::Read.on_anything()).await?;
        let mut change = store.change(permit, store.caller().stamp(now)).await?;
        let address = client.address.map(|it| it.to_string());
        let after = json!({ "login": known, "address": address });
        change.record(NewEvent::of(Entity::Session, 0, EventAction::LoginFailed).after(&after));
        change.commit().await?;
        Ok(())
    }
}

impl Store {
    /// The caller's sessions that still count, newest first.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn own_sessions(&self, now: DateTime<Utc>) -> Result<Vec<SessionInfo>, StoreError> {
        let rows = session::Entity::find()
            .filter(session::Column::UserId.eq(self.own_id()))
            .order_by_desc(session::Column::Id)
            .all(&self.read)
            .await?;
        let current = self.caller.session();
        let alive = rows.into_iter().filter(|it| it.times().is_alive(now));
        alive.map(|it| it.info(current)).collect()
    }

    /// Ends one of the caller's sessions. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn end_session(&self, id: SessionId, stamp: ActorStamp) -> Result<(), StoreError> {
        let permit = self.permit(Permission::Read.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let ended = session::Entity::delete_many()
            .filter(session::Column::Id.eq(id.0))
            .filter(session::Column::UserId.eq(self.own_id()))
            .exec(&change.tx)
            .await?;
        if ended.rows_affected == 0 {
            return Err(StoreError::NotFound(Noun::Session));
        }
        change.record(NewEvent::of(Entity::Session, id.0, EventAction::Logout));
        change.commit().await?;
        Ok(())
    }

    /// Ends all sessions of a user. Errors: a role that is too low; not found.
    #[tracing::instrument(level = "debug", skip_all, fields(user = user.0))]
    pub async fn end_sessions_of(&self, user: UserId, stamp: ActorStamp) -> Result<(), StoreError> {
        let permit = self.permit(Permission::Sessions.on(user)).await?;
        let mut change = self.change(permit, stamp).await?;
        let after = json!({ "userId": user });
        change.end_all_sessions(user, &after).await?;
        change.commit().await?;
        Ok(())
    }
}

impl Change {
    /// Ends all sessions of a user, with an event for each that says this.
    pub(super) async fn end_all_sessions(
        &mut self,
        user: UserId,
        after: &Value,
    ) -> Result<(), StoreError> {
        let ended: Vec<i64> = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::UserId.eq(user.0))
            .order_by_asc(session::Column::Id)
            .into_tuple()
            .all(&self.tx)
            .await?;
        self.end_sessions(user, None).await?;
        for id in ended {
            self.record(NewEvent::of(Entity::Session, id, EventAction::Logout).after(after));
        }
        Ok(())
    }
}
