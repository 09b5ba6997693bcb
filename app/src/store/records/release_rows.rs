//! Loading, inserting and saving rows of `releases`.
use crate::domain::{
    event::{Entity, EventAction},
    id::ReleaseId,
    release::{Release, ReleaseFields},
    vocabulary::{Noun, ReleaseStatus},
};
use crate::store::{
    audit::events::NewEvent, change::VersionedRow, entity::release, error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::NotSet,
    ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait, IntoActiveModel,
    sea_query::{Query, SelectStatement},
};

/// Loads a release. Errors: not found.
pub async fn load(db: &impl ConnectionTrait, id: ReleaseId) -> Result<Release, StoreError> {
    release::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Release))?
        .try_into()
}

impl VersionedRow for Release {
    fn set_next_version(&mut self, at: DateTime<Utc>) {
        self.version += 1;
        self.updated_at = at;
    }

    async fn save(self, tx: &DatabaseTransaction) -> Result<Self, StoreError> {
        let row = release::Model::from(self).into_active_model().reset_all();
        row.update(tx).await?.try_into()
    }

    fn event(&self, action: EventAction) -> NewEvent {
        NewEvent::of(Entity::Release, self.id.0, action).release(self.id)
    }
}

/// The ids of all active releases, as a subquery.
pub fn active_ids() -> SelectStatement {
    Query::select()
        .column(release::Column::Id)
        .from(release::Entity)
        .and_where(release::Column::Status.eq(ReleaseStatus::Active.as_str()))
        .to_owned()
}

/// Inserts a new draft.
pub async fn insert(
    tx: &DatabaseTransaction,
    fields: ReleaseFields,
    now: DateTime<Utc>,
) -> Result<Release, StoreError> {
    let release = Release {
        id: ReleaseId(0),
        name: fields.name.into(),
        kind: fields.kind,
        status: ReleaseStatus::Draft,
        version_number: fields.version_number.map(Into::into),
        release_date: fields.release_date,
        description: fields.description.map(Into::into),
        metadata: fields.metadata,
        version: 1,
        created_at: now,
        updated_at: now,
    };
    let mut row = release::Model::from(release)
        .into_active_model()
        .reset_all();
    row.id = NotSet;
    row.insert(tx).await?.try_into()
}
