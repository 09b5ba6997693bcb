//! Who changed a step last (R3, R88). What is done to a template changes its copies too, and is one event of the template:
//! the time in the step's row says which event it was.
use super::events::last_change;
use crate::domain::{event::Entity, step::CustomerStep};
use crate::store::entity::audit_event;
use chrono::{DateTime, Utc};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

/// By whom, and when.
pub type LastChange = (String, DateTime<Utc>);

/// Who changed a step last, and when: the step itself, or its template. None if it was never changed.
pub async fn last_change_of_step(
    db: &impl ConnectionTrait,
    step: &CustomerStep,
) -> Result<Option<LastChange>, DbErr> {
    use audit_event::Column;
    let own = last_change(db, Entity::Step, step.id.0).await?;
    if own.as_ref().is_some_and(|it| it.1 == step.updated_at) {
        return Ok(own);
    }
    let of_template = audit_event::Entity::find()
        .select_only()
        .columns([Column::Actor, Column::At])
        .filter(Column::Entity.eq(Entity::Template.as_str()))
        .filter(Column::At.eq(step.updated_at))
        .filter(match step.template_id {
            Some(id) => Column::EntityId.eq(id.0),
            // It may have been a copy of a template that was deleted.
            None => Column::ReleaseId.eq(step.release_id.0),
        })
        .order_by_desc(Column::Id)
        .into_tuple()
        .one(db)
        .await?;
    Ok(of_template.or(own))
}
