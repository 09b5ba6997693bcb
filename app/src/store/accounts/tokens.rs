//! Tokens: make, list, revoke (R25). A token that was revoked has no row; the history keeps its name.
use super::users;
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    id::{ClusterId, CustomerId, TokenId, UserId},
    permission::Permission,
    scope::ScopeIds,
    token::{ApiToken, TokenDraft, TokenText},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    entity::{cluster, customer, sha256, token, write_scope},
    error::StoreError,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use std::collections::BTreeSet;

impl Store {
    /// The caller's tokens, newest first; those of all users if `all`. Errors: a role that is too low for all.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn tokens(&self, all: bool) -> Result<Vec<ApiToken>, StoreError> {
        let mut query = token::Entity::find().order_by_desc(token::Column::Id);
        if all {
            self.must_have(Permission::Tokens)?;
        } else {
            query = query.filter(token::Column::UserId.eq(self.own_id()));
        }
        let rows = query.all(&self.read).await?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Makes a token of the caller's; its text is shown this once. Errors: wrong fields; a scope beyond the caller's; no user.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_token(
        &self,
        draft: TokenDraft,
        text: &TokenText,
        stamp: ActorStamp,
    ) -> Result<Changed<ApiToken>, StoreError> {
        let owner = self.caller.user().ok_or(StoreError::NotFound(Noun::User))?;
        self.create_token_of(owner, draft, text, stamp).await
    }

    /// Makes a token of a user's; the command line's way. Errors: as above, and an unknown user.
    #[tracing::instrument(level = "debug", skip_all, fields(owner = owner.0))]
    pub async fn create_token_of(
        &self,
        owner: UserId,
        draft: TokenDraft,
        text: &TokenText,
        stamp: ActorStamp,
    ) -> Result<Changed<ApiToken>, StoreError> {
        let needed = if self.caller.user() == Some(owner) {
            Permission::Read
        } else {
            Permission::Tokens
        };
        let permit = self.permit(needed.on_anything()).await?;
        let (user, _) = users::load(&self.read, owner).await?;
        let fields = draft.parse(user.role)?;
        self.must_see_scope(fields.scope.as_ref()).await?;
        let mut change = self.change(permit, stamp).await?;
        let now = change.stamp.at;
        let row = token::ActiveModel {
            id: NotSet,
            user_id: Set(owner.0),
            name: Set(fields.name.into()),
            hint: Set(text.hint().to_owned()),
            sha256: Set(sha256(text.as_str())),
            role: Set(fields.role.map(|it| it.to_string())),
            scope: Set(write_scope(fields.scope.as_ref())),
            expires_at: Set(now + fields.lifetime),
            last_used_at: Set(None),
            created_at: Set(now),
        };
        let row: ApiToken = row.insert(&change.tx).await?.try_into()?;
        let event = NewEvent::of(Entity::Token, row.id.0, EventAction::Create);
        change.record(event.after(&row));
        change.finish(row).await
    }

    /// Revokes one of the caller's tokens; admins revoke those of others too. Errors: not found.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn revoke_token(&self, id: TokenId, stamp: ActorStamp) -> Result<(), StoreError> {
        let permit = self.permit(Permission::Read.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let row = token::Entity::find_by_id(id.0).one(&change.tx).await?;
        let row: ApiToken = row.ok_or(StoreError::NotFound(Noun::Token))?.try_into()?;
        token::Entity::delete_by_id(id.0).exec(&change.tx).await?;
        let event = NewEvent::of(Entity::Token, id.0, EventAction::Delete);
        change.record(event.before(&row));
        change.commit().await?;
        Ok(())
    }

    /// Refuses a scope with ids that the caller does not see, as if no row had them.
    async fn must_see_scope(&self, scope: Option<&ScopeIds>) -> Result<(), StoreError> {
        let Some(scope) = scope else { return Ok(()) };
        let visible = self.visible();
        let clusters: Vec<i64> = visible
            .clusters()
            .select_only()
            .column(cluster::Column::Id)
            .filter(cluster::Column::Id.is_in(scope.clusters.iter().map(|it| it.0)))
            .into_tuple()
            .all(&self.read)
            .await?;
        let customers: Vec<i64> = visible
            .customers()
            .select_only()
            .column(customer::Column::Id)
            .filter(customer::Column::Id.is_in(scope.customers.iter().map(|it| it.0)))
            .into_tuple()
            .all(&self.read)
            .await?;
        let clusters: BTreeSet<ClusterId> = clusters.into_iter().map(ClusterId).collect();
        let customers: BTreeSet<CustomerId> = customers.into_iter().map(CustomerId).collect();
        let clusters = scope.clusters.difference(&clusters).map(|it| it.0);
        let customers = scope.customers.difference(&customers).map(|it| it.0);
        let unknown: Vec<i64> = clusters.chain(customers).collect();
        if unknown.is_empty() {
            Ok(())
        } else {
            Err(ValidationErrors::one(Field::Scope, FieldError::Unknown { ids: unknown }).into())
        }
    }
}
