//! Saved views of the matrix (R104): list, save, delete. A caller sees its own and those that are for all.
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    field_error::FieldError,
    id::{ReleaseId, ViewId},
    permission::Permission,
    saved_view::{SavedView, ViewDraft, owner_of},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::store::{
    Store,
    audit::events::NewEvent,
    entity::{release, saved_view},
    error::StoreError,
};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, EntityTrait, QueryFilter, QueryOrder,
    sea_query::Condition,
};

impl Store {
    /// The views that the caller sees, by name: of this release and of every release; without one those of all releases.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn saved_views(
        &self,
        release: Option<ReleaseId>,
    ) -> Result<Vec<SavedView>, StoreError> {
        let mut query = saved_view::Entity::find()
            .filter(self.views_in_sight())
            .order_by_asc(saved_view::Column::Name)
            .order_by_asc(saved_view::Column::Id);
        if let Some(release) = release {
            let of_it = Condition::any()
                .add(saved_view::Column::ReleaseId.is_null())
                .add(saved_view::Column::ReleaseId.eq(release.0));
            query = query.filter(of_it);
        }
        let rows = query.all(&self.read).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// Saves a view. Errors: wrong fields; an unknown release; a role that is too low for one that is for all.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn save_view(
        &self,
        draft: ViewDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<SavedView>, StoreError> {
        let needed = permission(draft.for_all);
        let permit = self.permit(needed.on_anything()).await?;
        let fields = draft.parse()?;
        let mut change = self.change(permit, stamp).await?;
        if let Some(id) = fields.release_id {
            let of_it = release::Column::Id.eq(id.0);
            let query = change.visible().releases().filter(of_it);
            if query.one(&change.tx).await?.is_none() {
                let missing = FieldError::NoSuchRow {
                    noun: Noun::Release.to_string(),
                    id: id.0,
                };
                return Err(ValidationErrors::one(Field::Release, missing).into());
            }
        }
        let row = saved_view::ActiveModel {
            id: NotSet,
            name: Set(fields.name.into()),
            address: Set(fields.address),
            release_id: Set(fields.release_id.map(|it| it.0)),
            owner: Set(owner_of(&self.caller)),
            for_all: Set(fields.for_all),
            created_by: Set(change.stamp.by.clone()),
            created_at: Set(change.stamp.at),
        };
        let row: SavedView = row.insert(&change.tx).await?.into();
        change.record(event(&row, EventAction::Create).after(&row));
        change.finish(row).await
    }

    /// Deletes a view. Errors: not found; a role that is too low for one that is for all.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_view(&self, id: ViewId, stamp: ActorStamp) -> Result<(), StoreError> {
        let query = saved_view::Entity::find_by_id(id.0).filter(self.views_in_sight());
        let row = query.one(&self.read).await?;
        let row: SavedView = row.ok_or(StoreError::NotFound(Noun::View))?.into();
        let permit = self.permit(permission(row.for_all).on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let gone = saved_view::Entity::delete_by_id(id.0)
            .exec(&change.tx)
            .await?;
        // Somebody else may have been faster.
        if gone.rows_affected == 0 {
            return Err(StoreError::NotFound(Noun::View));
        }
        change.record(event(&row, EventAction::Delete).before(&row));
        change.commit().await?;
        Ok(())
    }
}

/// What it needs to save or to delete a view.
fn permission(for_all: bool) -> Permission {
    if for_all {
        Permission::ShareViews
    } else {
        Permission::Read
    }
}

/// Without the release: pages that show it are not read anew for a view.
fn event(view: &SavedView, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::View, view.id.0, action)
}
