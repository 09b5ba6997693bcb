//! Writes to releases: create, edit, clone, activate, archive, restore, delete a draft.
use super::{members, release_rows};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, Entity, EventAction},
    id::{CustomerId, ReleaseId, TemplateId},
    permission::Permission,
    release::{Release, ReleaseDraft},
    text::{Name, VersionNumber},
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun, ReleaseStatus},
};
use crate::store::{
    Store,
    change::{Change, VersionedRow},
    entity::{release, step_template},
    error::StoreError,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveModelTrait, ActiveValue::NotSet, ColumnTrait, DatabaseTransaction, EntityTrait,
    IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::json;
use std::collections::{HashMap, HashSet};

impl Store {
    /// Creates a draft without template steps. Errors: wrong fields.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn create_release(
        &self,
        draft: ReleaseDraft,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        let permit = self.permit(Permission::Releases.on_anything()).await?;
        let fields = draft.parse()?;
        let mut change = self.change(permit, stamp).await?;
        let row = release_rows::insert(&change.tx, fields, change.stamp.at).await?;
        change.record(row.event(EventAction::Create).after(&row));
        change.finish(row).await
    }

    /// Replaces the details of a release. Errors: not found; wrong fields; archived; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn update_release(
        &self,
        id: ReleaseId,
        draft: ReleaseDraft,
        version: i64,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        let permit = self.permit(Permission::Releases.on(id)).await?;
        let fields = draft.parse()?;
        let change = self.change(permit, stamp).await?;
        let before = release_rows::load(&change.tx, id).await?;
        change
            .must_be_fresh(
                Entity::Release,
                id.0,
                &before,
                before.version,
                Some(version),
            )
            .await?;
        before.may_be_edited()?;
        let mut after = before.clone();
        after.name = fields.name.into();
        after.kind = fields.kind;
        after.version_number = fields.version_number.map(Into::into);
        after.release_date = fields.release_date;
        after.description = fields.description.map(Into::into);
        after.metadata = fields.metadata;
        change
            .finish_update(before, after, EventAction::Update)
            .await
    }

    /// Creates a draft with the details and template steps of another release, without customers and date. Errors:
    /// not found; wrong fields.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn clone_release(
        &self,
        id: ReleaseId,
        name: String,
        version_number: Option<String>,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        let permit = self.permit(Permission::Clone.on(id)).await?;
        let wrong = |field| move |problem| ValidationErrors::one(field, problem);
        let name = Name::parse(&name).map_err(wrong(Field::Name))?;
        let number = version_number
            .map(|it| VersionNumber::parse(&it))
            .transpose()
            .map_err(wrong(Field::VersionNumber))?;
        let mut change = self.change(permit, stamp).await?;
        let original = release_rows::load(&change.tx, id).await?;
        let now = change.stamp.at;
        let clone = Release {
            name: name.into(),
            status: ReleaseStatus::Draft,
            version_number: number.map_or(original.version_number.clone(), |it| it.map(Into::into)),
            release_date: None,
            version: 1,
            created_at: now,
            updated_at: now,
            ..original
        };
        let mut row = release::Model::from(clone).into_active_model().reset_all();
        row.id = NotSet;
        let row: Release = row.insert(&change.tx).await?.try_into()?;
        let n_templates = copy_templates(&change.tx, id, row.id, None, now).await?;
        change.record(
            row.event(EventAction::Clone)
                .before(&json!({ "from": id, "templates": n_templates }))
                .after(&row),
        );
        change.finish(row).await
    }

    /// Activates a draft: copies its templates to the customers within the database (R14). None given means all
    /// active customers. Errors: not found; not a draft; no template steps; no, unknown or inactive customers.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn activate_release(
        &self,
        id: ReleaseId,
        customers: Option<Vec<CustomerId>>,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        let permit = self.permit(Permission::Activation.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let before = release_rows::load(&change.tx, id).await?;
        let row = activate(&mut change, before, customers).await?;
        change.finish(row).await
    }

    /// Archives an active release (R4). Errors: not found; not active; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn archive_release(
        &self,
        id: ReleaseId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        self.set_release_status(id, version, ReleaseStatus::Archived, stamp)
            .await
    }

    /// Makes an archived release active again (R4). Errors: not found; not archived; stale (R3).
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn restore_release(
        &self,
        id: ReleaseId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        self.set_release_status(id, version, ReleaseStatus::Active, stamp)
            .await
    }

    async fn set_release_status(
        &self,
        id: ReleaseId,
        version: Option<i64>,
        status: ReleaseStatus,
        stamp: ActorStamp,
    ) -> Result<Changed<Release>, StoreError> {
        let permit = self.permit(Permission::Archive.on(id)).await?;
        let change = self.change(permit, stamp).await?;
        let before = release_rows::load(&change.tx, id).await?;
        change
            .must_be_fresh(Entity::Release, id.0, &before, before.version, version)
            .await?;
        let action = if status == ReleaseStatus::Archived {
            before.may_be_archived()?;
            EventAction::Archive
        } else {
            before.may_be_restored()?;
            EventAction::Restore
        };
        let after = Release {
            status,
            ..before.clone()
        };
        change.finish_update(before, after, action).await
    }

    /// Deletes a draft and its template steps. Errors: not found; not a draft.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn delete_draft(
        &self,
        id: ReleaseId,
        stamp: ActorStamp,
    ) -> Result<Changed<()>, StoreError> {
        let permit = self.permit(Permission::Releases.on(id)).await?;
        let mut change = self.change(permit, stamp).await?;
        let before = release_rows::load(&change.tx, id).await?;
        before.may_be_deleted()?;
        release::Entity::delete_by_id(id.0).exec(&change.tx).await?;
        change.record(before.event(EventAction::Delete).before(&before));
        change.finish(()).await
    }
}

/// Activates a draft within a change. Errors: not a draft; no template steps; no, unknown or inactive customers.
pub async fn activate(
    change: &mut Change,
    before: Release,
    customers: Option<Vec<CustomerId>>,
) -> Result<Release, StoreError> {
    let id = before.id;
    let n_templates = members::count_templates(&change.tx, id).await?;
    before.may_be_activated(n_templates)?;
    let customers = members::resolve_customers(&change.tx, customers).await?;
    let cells = members::copy_templates(&change.tx, id, &customers, change.stamp.at).await?;
    let mut after = before.clone();
    after.status = ReleaseStatus::Active;
    after.set_next_version(change.stamp.at);
    let row = after.save(&change.tx).await?;
    change.record(
        row.event(EventAction::Activate)
            .before(&json!({ "status": before.status, "version": before.version }))
            .after(&json!({ "status": row.status, "version": row.version, "customerIds": customers, "cells": cells })),
    );
    Ok(row)
}

/// Copies the template steps of a release to a new one: all, or those of `only`. Answers how many. Errors: one of them is not
/// found.
pub async fn copy_templates(
    tx: &DatabaseTransaction,
    from: ReleaseId,
    to: ReleaseId,
    only: Option<&[TemplateId]>,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let mut templates = step_template::Entity::find()
        .filter(step_template::Column::ReleaseId.eq(from.0))
        .order_by_asc(step_template::Column::Category)
        .order_by_asc(step_template::Column::OrderIndex)
        .all(tx)
        .await?;
    if let Some(only) = only {
        let only: HashSet<i64> = only.iter().map(|it| it.0).collect();
        templates.retain(|it| only.contains(&it.id));
        if templates.len() < only.len() {
            return Err(StoreError::NotFound(Noun::Template));
        }
    }
    let n_templates = templates.len();
    // Where some are left out, the others move up.
    let mut next: HashMap<String, i32> = HashMap::new();
    for mut template in templates {
        let place = next.entry(template.category.clone()).or_default();
        template.order_index = *place;
        *place += 1;
        (template.release_id, template.version) = (to.0, 1);
        (template.created_at, template.updated_at) = (now, now);
        let mut copy = template.into_active_model().reset_all();
        // The text is the same, by its id.
        (copy.id, copy.content) = (NotSet, NotSet);
        step_template::Entity::insert(copy)
            .exec_without_returning(tx)
            .await?;
    }
    Ok(n_templates)
}
