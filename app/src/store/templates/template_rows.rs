//! Rows of `step_templates` and the copies made from them: what edits, reorders and undo all read.
use crate::domain::{
    event::{Entity, EventAction},
    id::TemplateId,
    rule_violation::Noun,
    step::StepStatus,
    template::{Propagation, StepTemplate, propagation},
};
use crate::store::{
    audit::events::NewEvent,
    entity::{customer_step, step_template},
    error::StoreError,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, ExprTrait, QueryFilter, QuerySelect};

pub async fn load(db: &impl ConnectionTrait, id: TemplateId) -> Result<StepTemplate, StoreError> {
    step_template::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Template))?
        .try_into()
}

/// A copy of a template, and what a change of the template does to it.
pub struct TemplateCopy {
    pub id: i64,
    pub customer: i64,
    pub version: i64,
    pub fate: Propagation,
}

pub async fn copies_of(
    db: &impl ConnectionTrait,
    id: TemplateId,
) -> Result<Vec<TemplateCopy>, StoreError> {
    use customer_step::Column;
    let rows: Vec<(i64, i64, i64, String, bool)> = customer_step::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::CustomerId,
            Column::Version,
            Column::Status,
            Column::IsOverridden,
        ])
        .filter(Column::TemplateId.eq(id.0))
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(id, customer, version, status, overridden)| {
            let status: StepStatus = status
                .parse()
                .map_err(|_| StoreError::corrupt("customer_steps", "unknown status"))?;
            Ok(TemplateCopy {
                id,
                customer,
                version,
                fate: propagation(status, overridden),
            })
        })
        .collect()
}

pub fn event(template: &StepTemplate, action: EventAction) -> NewEvent {
    NewEvent::of(Entity::Template, template.id.0, action).release(template.release_id)
}
