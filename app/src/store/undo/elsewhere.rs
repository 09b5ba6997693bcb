//! Whether a tab can still undo in passing what it has changed (R101): not once the template was changed elsewhere, or the
//! release was activated, archived or restored.
use crate::domain::{
    event::{Entity, EventAction},
    id::{BatchId, ReleaseId},
    own_changes::OWN_CHANGES_MAX,
};
use crate::store::{Store, engine::sought, entity::audit_event::Column, error::StoreError};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, QuerySelect};

/// What is done to a release as a whole that ends the undo of what was changed before. An undo of these is one of a new order.
const ENDS: [EventAction; 5] = [
    EventAction::Activate,
    EventAction::Archive,
    EventAction::Restore,
    EventAction::Reorder,
    EventAction::Undo,
];

impl Store {
    /// Whether the template of a release was changed by other batches than a tab's own since the first of them, or the release
    /// activated, archived or restored. Also true if the history has none of them, or if they are more than a tab keeps.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn is_changed_elsewhere(
        &self,
        release: ReleaseId,
        own: &[BatchId],
    ) -> Result<bool, StoreError> {
        if own.len() > OWN_CHANGES_MAX {
            return Ok(true);
        }
        let own: Vec<String> = own.iter().map(|it| sought(&it.0)).collect();
        let first: Option<Option<i64>> = self
            .visible()
            .events()
            .select_only()
            .column_as(ColumnTrait::min(&Column::Id), "first")
            .filter(Column::BatchId.is_in(own.clone()))
            .into_tuple()
            .one(&self.read)
            .await?;
        let Some(first) = first.flatten() else {
            return Ok(true);
        };
        let of_release = Column::Entity
            .eq(Entity::Release.as_str())
            .and(Column::CustomerId.is_null())
            .and(Column::Action.is_in(ENDS.map(EventAction::as_str)));
        let found: Option<i64> = self
            .visible()
            .events()
            .select_only()
            .column(Column::Id)
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::Id.gt(first))
            .filter(Column::BatchId.is_not_in(own))
            .filter(
                Condition::any()
                    .add(Column::Entity.eq(Entity::Template.as_str()))
                    .add(of_release),
            )
            .into_tuple()
            .one(&self.read)
            .await?;
        Ok(found.is_some())
    }
}
