//! Whether a tab can still undo in passing what it has changed (R101): not once the template was changed elsewhere, or the
//! release was activated, archived or restored.
use crate::domain::{
    event::{Entity, EventAction},
    id::{BatchId, ReleaseId},
    own_changes::OWN_CHANGES_MAX,
};
use crate::store::{Store, engine::sought, entity::audit_event::Column, error::StoreError};
use sea_orm::{ColumnTrait, Condition, ExprTrait, QueryFilter, QueryOrder, QuerySelect};

/// What is done to a release as a whole that ends the undo of what was changed before. An undo of these is one of a new order.
const ENDS: [EventAction; 5] = [
    EventAction::Activate,
    EventAction::Archive,
    EventAction::Restore,
    EventAction::Reorder,
    EventAction::Undo,
];

/// Who has changed something if the history does not tell.
const SOMEONE: &str = "someone";

impl Store {
    /// Who last changed the template of a release by other batches than a tab's own since the first of them, or activated, archived
    /// or restored the release. It is someone if the history has none of them, or if they are more than a tab keeps.
    #[tracing::instrument(level = "debug", skip_all, fields(release = release.0))]
    pub async fn is_changed_elsewhere(
        &self,
        release: ReleaseId,
        own: &[BatchId],
    ) -> Result<Option<String>, StoreError> {
        if own.len() > OWN_CHANGES_MAX {
            return Ok(Some(SOMEONE.to_owned()));
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
            return Ok(Some(SOMEONE.to_owned()));
        };
        let of_release = Column::Entity
            .eq(Entity::Release.as_str())
            .and(Column::CustomerId.is_null())
            .and(Column::Action.is_in(ENDS.map(EventAction::as_str)));
        let found: Option<String> = self
            .visible()
            .events()
            .select_only()
            .column(Column::Actor)
            .filter(Column::ReleaseId.eq(release.0))
            .filter(Column::Id.gt(first))
            .filter(Column::BatchId.is_not_in(own))
            .filter(
                Condition::any()
                    .add(Column::Entity.eq(Entity::Template.as_str()))
                    .add(of_release),
            )
            .order_by_desc(Column::Id)
            .into_tuple()
            .one(&self.read)
            .await?;
        Ok(found)
    }
}
