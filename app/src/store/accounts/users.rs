//! Writes to users: create, edit, deactivate, restore, set a password. No event holds a hash: an event has a `User`, which has
//! none.
use super::{
    password_hash::{self, Verified},
    user_names::must_have_free_name,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    client::Client,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    fold::lowercase,
    id::{ClusterId, CustomerId, SessionId, UserId},
    login::Login,
    password::Password,
    permission::{Permission, Role},
    rule_violation::RuleViolation,
    scope::ScopeIds,
    text::Name,
    user::{User, UserDraft, UserFields},
    validation_errors::{ErrorCollector, ValidationErrors},
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    change::Change,
    entity::{cluster, customer, session, user},
    error::StoreError,
};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction,
    EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use std::collections::BTreeSet;

/// A user's row with its hash. Errors: not found.
pub(super) async fn load(
    db: &impl ConnectionTrait,
    id: UserId,
) -> Result<(User, Option<String>), StoreError> {
    let row = user::Entity::find_by_id(id.0).one(db).await?;
    let row = row.ok_or(StoreError::NotFound(Noun::User))?;
    let hash = row.password_hash.clone();
    Ok((row.try_into()?, hash))
}

/// Refuses a login that a user other than `except` has, active or not.
async fn must_be_unused(
    tx: &DatabaseTransaction,
    login: &Login,
    except: Option<UserId>,
) -> Result<(), StoreError> {
    let holder = user::Entity::find()
        .filter(user::Column::Login.eq(login.as_str()))
        .one(tx)
        .await?;
    match holder.filter(|it| except != Some(UserId(it.id))) {
        Some(it) => Err(RuleViolation::LoginTaken {
            login: it.login,
            inactive_id: (!it.is_active).then_some(it.id),
        }
        .into()),
        None => Ok(()),
    }
}

/// Refuses a scope with ids that no row has, which are named.
async fn must_be_known(
    tx: &DatabaseTransaction,
    scope: Option<&ScopeIds>,
) -> Result<(), StoreError> {
    let Some(ScopeIds {
        clusters,
        customers,
    }) = scope
    else {
        return Ok(());
    };
    let known: Vec<i64> = cluster::Entity::find()
        .select_only()
        .column(cluster::Column::Id)
        .filter(cluster::Column::Id.is_in(clusters.iter().map(|it| it.0)))
        .into_tuple()
        .all(tx)
        .await?;
    let known: BTreeSet<ClusterId> = known.into_iter().map(ClusterId).collect();
    let mut unknown: Vec<i64> = clusters.difference(&known).map(|it| it.0).collect();
    let known: Vec<i64> = customer::Entity::find()
        .select_only()
        .column(customer::Column::Id)
        .filter(customer::Column::Id.is_in(customers.iter().map(|it| it.0)))
        .into_tuple()
        .all(tx)
        .await?;
    let known: BTreeSet<CustomerId> = known.into_iter().map(CustomerId).collect();
    unknown.extend(customers.difference(&known).map(|it| it.0));
    if unknown.is_empty() {
        Ok(())
    } else {
        Err(ValidationErrors::one(Field::Scope, FieldError::Unknown { ids: unknown }).into())
    }
}

impl Store {
    /// All users by login. Errors: a role that is too low.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn users(&self, include_inactive: bool) -> Result<Vec<User>, StoreError> {
        self.must_have(Permission::Users)?;
        let mut query = user::Entity::find().order_by_asc(user::Column::Login);
        if !include_inactive {
            query = query.filter(user::Column::IsActive.eq(true));
        }
        let rows = query.all(&self.read).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// One user. Errors: a role that is too low; not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn user(&self, id: UserId) -> Result<User, StoreError> {
        self.must_have(Permission::Users)?;
        Ok(load(&self.read, id).await?.0)
    }

    /// The caller's own user. Errors: not found, if it is none.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn own_user(&self) -> Result<User, StoreError> {
        Ok(load(&self.read, UserId(self.own_id())).await?.0)
    }

    /// Creates a user. Errors: wrong fields; a login or name that is taken; a scope with unknown ids.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_user(
        &self,
        draft: UserDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        let permit = self.permit(Permission::Users.on_anything()).await?;
        let UserFields {
            login,
            name,
            email,
            role,
            scope,
            password,
        } = draft.parse()?;
        // Before the change begins: it takes long, and there is one writer.
        let hash = hash_of(password).await?;
        let mut change = self.change(permit, stamp).await?;
        must_be_unused(&change.tx, &login, None).await?;
        must_be_known(&change.tx, scope.as_ref()).await?;
        let now = change.stamp.at;
        let user = User {
            id: UserId(0),
            login: login.into(),
            name: name.into(),
            email,
            role,
            scope,
            has_password: hash.is_some(),
            oidc_issuer: None,
            oidc_subject: None,
            is_active: true,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        let row = insert(&change.tx, user, hash).await?;
        let event = NewEvent::of(Entity::User, row.id.0, EventAction::Create);
        change.record(event.after(&row));
        change.finish(row).await
    }

    /// Replaces the details of a user, and its password if the draft has one. Another role or password ends its sessions (R24).
    /// Errors: not found; wrong fields; a login or name that is taken; the last active admin; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn update_user(
        &self,
        id: UserId,
        draft: UserDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        let permit = self.permit(Permission::Users.on(id)).await?;
        let fields = draft.parse()?;
        let new_hash = hash_of(fields.password).await?;
        let mut change = self.change(permit, stamp).await?;
        let (before, hash) = load(&change.tx, id).await?;
        let current = before.version;
        let based_on = Some(version);
        change
            .must_be_fresh(Entity::User, id.0, &before, current, based_on)
            .await?;
        must_be_unused(&change.tx, &fields.login, Some(id)).await?;
        must_be_known(&change.tx, fields.scope.as_ref()).await?;
        let after = User {
            login: fields.login.into(),
            name: fields.name.into(),
            email: fields.email,
            role: fields.role,
            scope: fields.scope,
            has_password: new_hash.is_some() || before.has_password,
            ..before.clone()
        };
        if new_hash.is_some() {
            // A caller who sets their own password keeps this session, as in `change_own_password`.
            let own = self.caller.user() == Some(id);
            let kept = self.caller.session().filter(|_| own);
            change.end_sessions(id, kept).await?;
            change.record(password_event(&before));
        }
        let hash = new_hash.or(hash);
        change
            .save_user(before, after, hash, EventAction::Update)
            .await
    }

    /// Deactivates a user, whose sessions end (R22). Errors: not found; the last active admin.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn deactivate_user(
        &self,
        id: UserId,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        self.set_user_active(id, false, stamp).await
    }

    /// Makes an inactive user active again. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn restore_user(
        &self,
        id: UserId,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        self.set_user_active(id, true, stamp).await
    }

    async fn set_user_active(
        &self,
        id: UserId,
        is_active: bool,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        let permit = self.permit(Permission::Users.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let (before, hash) = load(&change.tx, id).await?;
        let after = User {
            is_active,
            ..before.clone()
        };
        let action = if is_active {
            EventAction::Restore
        } else {
            EventAction::Deactivate
        };
        change.save_user(before, after, hash, action).await
    }

    /// Replaces the caller's own name. Errors: not found; a wrong name; one that is taken.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn rename_own_user(
        &self,
        name: String,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        let permit = self.permit(Permission::Read.on_anything()).await?;
        let name = Name::parse(&name).map_err(|it| ValidationErrors::one(Field::Name, it))?;
        let change = self.change(permit, stamp).await?;
        let (before, hash) = load(&change.tx, UserId(self.own_id())).await?;
        must_have_free_name(&change.tx, &name, &before).await?;
        let after = User {
            name: name.into(),
            ..before.clone()
        };
        change
            .save_user(before, after, hash, EventAction::Update)
            .await
    }

    /// Replaces the caller's own password. This session stays, the others end. Errors: not found; the present password is
    /// another; a password that may not be set; too many failures before; too many are waiting.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn change_own_password(
        &self,
        current: String,
        password: String,
        client: &Client,
        stamp: ActorStamp,
    ) -> Result<(), StoreError> {
        let permit = self.permit(Permission::Read.on_anything()).await?;
        let (user, hash) = load(&self.read, UserId(self.own_id())).await?;
        let throttle = &self.database.throttle;
        let begun = throttle.begin(&user.login, client, stamp.at)?;
        let mut errors = ErrorCollector::default();
        let right = match password_hash::verify_password(&current, hash.clone()).await {
            Ok(Verified::Wrong) => Err(FieldError::WrongPassword),
            Ok(Verified::Right | Verified::RightButOld) => {
                begun.succeeded();
                Ok(())
            }
            Err(error) => {
                begun.take_back();
                return Err(error);
            }
        };
        let right = errors.check(Field::Current, right);
        let login = Login::parse(&user.login).ok();
        let password = Password::parse(&password, login.as_ref());
        let password = errors.check(Field::Password, password);
        let ((), password) = errors.finish(right.zip(password))?;
        let new_hash = password_hash::hash_password(password).await?;
        let mut change = self.change(permit, stamp).await?;
        let (before, present) = load(&change.tx, user.id).await?;
        // Another request set it meanwhile: the hash that was compared is not the stored one.
        if present != hash {
            return Err(ValidationErrors::one(Field::Current, FieldError::WrongPassword).into());
        }
        change.end_sessions(user.id, self.caller.session()).await?;
        change.record(password_event(&before));
        let after = before.clone();
        let action = EventAction::Password;
        change
            .save_user(before, after, Some(new_hash), action)
            .await?;
        Ok(())
    }

    /// Sets a user's password, whose sessions end; the command line's way. Errors: a role that is too low; not found; a password
    /// that may not be set.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_password(
        &self,
        login: &str,
        password: String,
        stamp: ActorStamp,
    ) -> Result<Changed<User>, StoreError> {
        self.must_have(Permission::Users)?;
        let found = user::Entity::find()
            .filter(user::Column::Login.eq(lowercase(login.trim())))
            .one(&self.read)
            .await?;
        let user: User = found.ok_or(StoreError::NotFound(Noun::User))?.try_into()?;
        let (id, version) = (user.id, user.version);
        let draft = UserDraft {
            password: Some(password),
            ..user.into()
        };
        self.update_user(id, draft, version, stamp).await
    }
}

async fn hash_of(password: Option<Password>) -> Result<Option<String>, StoreError> {
    match password {
        Some(password) => Ok(Some(password_hash::hash_password(password).await?)),
        None => Ok(None),
    }
}

/// Inserts a user; its id is given by the database.
pub(super) async fn insert(
    tx: &DatabaseTransaction,
    user: User,
    hash: Option<String>,
) -> Result<User, StoreError> {
    let mut row = user::Model::of(user, hash).into_active_model().reset_all();
    row.id = NotSet;
    row.insert(tx).await?.try_into()
}

/// The event of a new password. It has neither the password nor a hash.
fn password_event(user: &User) -> NewEvent {
    NewEvent::of(Entity::User, user.id.0, EventAction::Password)
        .after(&json!({ "login": user.login }))
}

impl Change {
    /// Saves the next version of a user with its hash, ends its sessions if the change does, records both rows, and commits.
    /// Errors: the last active admin.
    pub(super) async fn save_user(
        self,
        before: User,
        after: User,
        hash: Option<String>,
        action: EventAction,
    ) -> Result<Changed<User>, StoreError> {
        self.save_user_by(None, before, after, hash, action).await
    }

    /// The same; `by` is what the event says of who did it, if it was not the caller.
    pub(super) async fn save_user_by(
        mut self,
        by: Option<&str>,
        before: User,
        mut after: User,
        hash: Option<String>,
        action: EventAction,
    ) -> Result<Changed<User>, StoreError> {
        let others = user::Entity::find()
            .filter(user::Column::Role.eq(Role::Admin.as_str()))
            .filter(user::Column::IsActive.eq(true))
            .filter(user::Column::Id.ne(before.id.0))
            .count(&self.tx)
            .await?;
        before.may_become(&after, others)?;
        if before.ends_sessions(&after) {
            self.end_sessions(before.id, None).await?;
        }
        let is_edited = after != before;
        // A password that was set has its own event, and raises the version too.
        if !is_edited && self.events.is_empty() {
            return self.finish(before).await;
        }
        after.version += 1;
        after.updated_at = self.stamp.at;
        let row = user::Model::of(after, hash).into_active_model().reset_all();
        let row: User = row.update(&self.tx).await?.try_into()?;
        if is_edited {
            let event = NewEvent::of(Entity::User, row.id.0, action);
            self.record(event.before(&before).after(&row).by(by));
        }
        self.finish(row).await
    }

    /// Ends the sessions of a user, except one.
    pub(super) async fn end_sessions(
        &self,
        user: UserId,
        except: Option<SessionId>,
    ) -> Result<(), StoreError> {
        let mut these = session::Entity::delete_many().filter(session::Column::UserId.eq(user.0));
        if let Some(kept) = except {
            these = these.filter(session::Column::Id.ne(kept.0));
        }
        these.exec(&self.tx).await?;
        Ok(())
    }
}
