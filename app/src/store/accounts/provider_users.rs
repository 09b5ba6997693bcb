//! Users who sign in at a provider (R27). They are found by issuer and subject, and by nothing else: a login or an e-mail address
//! that is the same links nobody. The role is that of their groups, each time they sign in.
use super::{
    user_names::told_apart,
    users::{insert, load},
};
use crate::domain::{
    caller::Caller,
    event::{Entity, EventAction},
    id::UserId,
    login::Login,
    permission::{Permission, Role},
    provider_account::ProviderAccount,
    user::User,
    validation_errors::ValidationErrors,
    via::Via,
    vocabulary::Field,
};
use crate::store::{Database, audit::events::NewEvent, entity::user, error::StoreError};
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, PaginatorTrait, QueryFilter,
};
use serde_json::json;
use std::sync::Arc;

/// What events say of changes that a sign-in at the provider brought about, by the groups of the account.
const BY_PROVIDER: &str = "provider";

/// What becomes of an account at a provider.
#[derive(Clone, Debug)]
pub enum ProviderLogin {
    User(Box<User>),
    /// The user of the account was deactivated; its login.
    Inactive(String),
    /// No group of the account has a role here; the login of its user, if it has one.
    NoRole(Option<String>),
}

/// The user of an account.
async fn user_of(
    db: &impl ConnectionTrait,
    account: &ProviderAccount,
) -> Result<Option<User>, StoreError> {
    let found = user::Entity::find()
        .filter(user::Column::OidcIssuer.eq(account.issuer.as_str()))
        .filter(user::Column::OidcSubject.eq(account.subject.as_str()))
        .one(db)
        .await?;
    found.map(TryInto::try_into).transpose()
}

/// The login, with a number behind it if it is taken, also by an inactive user.
async fn unused_login(tx: &DatabaseTransaction, wanted: &Login) -> Result<Login, StoreError> {
    let mut login = wanted.clone();
    let mut number = 2;
    loop {
        let holders = user::Entity::find()
            .filter(user::Column::Login.eq(login.as_str()))
            .count(tx)
            .await?;
        if holders == 0 {
            return Ok(login);
        }
        login = wanted.numbered(number);
        number += 1;
    }
}

impl Database {
    /// The user of an account at a provider: made at its first sign-in, with the role of its groups. Another role ends the
    /// sessions, and so does none. The last active admin stays one, whatever its groups.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn provider_user(
        &self,
        account: &ProviderAccount,
        role: Option<Role>,
        now: DateTime<Utc>,
    ) -> Result<ProviderLogin, StoreError> {
        match user_of(&self.read, account).await? {
            Some(user) if !user.is_active => Ok(ProviderLogin::Inactive(user.login)),
            Some(user) if role == Some(user.role) => Ok(ProviderLogin::User(Box::new(user))),
            Some(user) => self.with_role(user, role, now).await,
            None => match role {
                Some(role) => self.make_user_of(account, role, now).await,
                None => Ok(ProviderLogin::NoRole(None)),
            },
        }
    }

    /// Gives a user another role; without one its sessions end. Its tokens are left, as by any other role: an admin revokes them, or
    /// deactivates the user.
    async fn with_role(
        &self,
        user: User,
        role: Option<Role>,
        now: DateTime<Utc>,
    ) -> Result<ProviderLogin, StoreError> {
        let caller = Caller::at_sign_in(user.id, user.name);
        let store = self.as_caller(Arc::new(caller));
        let permit = store.permit(Permission::Users.on(user.id)).await?;
        let mut change = store.change(permit, store.caller().stamp(now)).await?;
        let (before, hash) = load(&change.tx, user.id).await?;
        if !before.is_active {
            return Ok(ProviderLogin::Inactive(before.login));
        }
        if before.is_active_admin() && role != Some(Role::Admin) {
            let others = user::Entity::find()
                .filter(user::Column::Role.eq(Role::Admin.as_str()))
                .filter(user::Column::IsActive.eq(true))
                .filter(user::Column::Id.ne(before.id.0))
                .count(&change.tx)
                .await?;
            if others == 0 {
                tracing::warn!(
                    login = %before.login,
                    "no group makes this user an admin any more: it stays one, since it is the last"
                );
                return Ok(ProviderLogin::User(Box::new(before)));
            }
        }
        let Some(role) = role else {
            let after = json!({ "userId": before.id, "by": BY_PROVIDER });
            change.end_all_sessions(before.id, &after).await?;
            change.commit().await?;
            return Ok(ProviderLogin::NoRole(Some(before.login)));
        };
        let scope = before.scope.clone().filter(|_| role.may_have_scope());
        let after = User {
            role,
            scope,
            ..before.clone()
        };
        let action = EventAction::Update;
        let by = Some(BY_PROVIDER);
        let saved = change.save_user_by(by, before, after, hash, action).await?;
        Ok(ProviderLogin::User(Box::new(saved.row)))
    }

    /// Makes the user of an account.
    async fn make_user_of(
        &self,
        account: &ProviderAccount,
        role: Role,
        now: DateTime<Utc>,
    ) -> Result<ProviderLogin, StoreError> {
        let wanted = account.login();
        let wanted = wanted.map_err(|it| ValidationErrors::one(Field::Login, it))?;
        let name = account.shown_name(&wanted);
        let caller = Caller::program(Via::Session, name.clone());
        let store = self.as_caller(Arc::new(caller));
        let permit = store.permit(Permission::Users.on_anything()).await?;
        let mut change = store.change(permit, store.caller().stamp(now)).await?;
        // Two windows may sign in at once.
        if let Some(user) = user_of(&change.tx, account).await? {
            return Ok(ProviderLogin::User(Box::new(user)));
        }
        let login = unused_login(&change.tx, &wanted).await?;
        let name = told_apart(&change.tx, name, &login).await?;
        let at = change.stamp.at;
        let user = User {
            id: UserId(0),
            login: login.into(),
            name,
            email: account.valid_email(),
            role,
            scope: None,
            has_password: false,
            oidc_issuer: Some(account.issuer.clone()),
            oidc_subject: Some(account.subject.clone()),
            is_active: true,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let row = insert(&change.tx, user, None).await?;
        change.becomes_that_of(&row);
        let event = NewEvent::of(Entity::User, row.id.0, EventAction::Create);
        change.record(event.after(&row).by(Some(BY_PROVIDER)));
        change.commit().await?;
        Ok(ProviderLogin::User(Box::new(row)))
    }
}
