//! The first admin (R26): a one-time code that the log shows while there is no active admin, and the user that is made with it.
//! The code's hash is in the database, so that all servers on it know the same one.
use super::{password_hash, users::insert};
use crate::domain::{
    caller::Caller,
    event::{Entity, EventAction},
    field_error::FieldError,
    id::UserId,
    permission::{Permission, Role},
    setup_code::{SETUP_CODE_MINUTES, SetupCode},
    user::{User, UserDraft, UserFields},
    validation_errors::{ErrorCollector, ValidationErrors},
    via::Via,
    vocabulary::Field,
};
use crate::store::{
    Database,
    audit::events::NewEvent,
    change::Change,
    entity::{setup_code, sha256, user},
    error::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter,
};
use std::sync::Arc;

impl Database {
    /// Whether a code is there that can still be used.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn has_setup_code(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        let alive = setup_code::Column::ExpiresAt.gt(now);
        let found = setup_code::Entity::find().filter(alive).count(&self.read);
        Ok(found.await? > 0)
    }

    /// The code of a text, if it can be used now.
    async fn valid_setup_code(
        &self,
        text: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<SetupCode>, StoreError> {
        let Some(code) = SetupCode::parse(text) else {
            return Ok(None);
        };
        let found = setup_code::Entity::find()
            .filter(setup_code::Column::Sha256.eq(sha256(code.as_str())))
            .filter(setup_code::Column::ExpiresAt.gt(now))
            .count(&self.read)
            .await?;
        Ok((found > 0).then_some(code))
    }

    /// Makes this the code, in the place of any other.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn set_setup_code(
        &self,
        code: &SetupCode,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        setup_code::Entity::delete_many().exec(&tx).await?;
        let row = setup_code::ActiveModel {
            id: NotSet,
            sha256: Set(sha256(code.as_str())),
            expires_at: Set(now + TimeDelta::minutes(SETUP_CODE_MINUTES)),
        };
        row.insert(&tx).await?;
        tx.commit().await?;
        Ok(())
    }

    /// Makes the first admin with a code, which is used up. Errors: a wrong or expired code; wrong fields; not found, if there
    /// is an active admin already.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_first_admin(
        &self,
        code: &str,
        draft: UserDraft,
        now: DateTime<Utc>,
    ) -> Result<User, StoreError> {
        let wrong = || StoreError::from(ValidationErrors::one(Field::Code, FieldError::WrongCode));
        let mut errors = ErrorCollector::default();
        let code = self.valid_setup_code(code, now).await?;
        let code = errors.check(Field::Code, code.ok_or(FieldError::WrongCode));
        let draft = UserDraft {
            role: Role::Admin.to_string(),
            scope: None,
            password: Some(draft.password.unwrap_or_default()),
            ..draft
        };
        let fields = errors.check_all(draft.parse());
        let (code, fields) = errors.finish(code.zip(fields))?;
        let UserFields {
            login,
            name,
            email,
            role,
            scope,
            password,
        } = fields;
        let password = password.ok_or_else(wrong)?;
        let hash = password_hash::hash_password(password).await?;
        let name = String::from(name);
        let store = self.as_caller(Arc::new(Caller::program(Via::Session, name.clone())));
        let permit = store.permit(Permission::Users.on_anything()).await?;
        let mut change = store.change(permit, store.caller().stamp(now)).await?;
        let used = setup_code::Entity::delete_many()
            .filter(setup_code::Column::Sha256.eq(sha256(code.as_str())))
            .filter(setup_code::Column::ExpiresAt.gt(now))
            .exec(&change.tx)
            .await?;
        if used.rows_affected == 0 {
            return Err(wrong());
        }
        let admins = user::Entity::find()
            .filter(user::Column::Role.eq(Role::Admin.as_str()))
            .filter(user::Column::IsActive.eq(true))
            .count(&change.tx)
            .await?;
        if admins > 0 {
            return Err(wrong());
        }
        let at = change.stamp.at;
        let user = User {
            id: UserId(0),
            login: login.into(),
            name,
            email,
            role,
            scope,
            has_password: true,
            oidc_issuer: None,
            oidc_subject: None,
            is_active: true,
            version: 1,
            created_at: at,
            updated_at: at,
        };
        let row = insert(&change.tx, user, Some(hash)).await?;
        change.becomes_that_of(&row);
        let event = NewEvent::of(Entity::User, row.id.0, EventAction::Create);
        change.record(event.after(&row));
        change.commit().await?;
        Ok(row)
    }
}

impl Change {
    /// From here on the change is that of the user whom it has just made, by a sign-in.
    pub(super) fn becomes_that_of(&mut self, user: &User) {
        let caller = Caller::at_sign_in(user.id, user.name.clone());
        self.stamp = caller.stamp(self.stamp.at);
        self.caller = Arc::new(caller);
    }
}
