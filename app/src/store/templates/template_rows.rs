//! Loading and saving rows of `step_templates`, and listing the copies of one.
use crate::domain::{
    event::{Entity, EventAction},
    id::TemplateId,
    template::{Propagation, StepTemplate, propagation},
    undo::work,
    vocabulary::{Noun, StepStatus},
};
use crate::store::{
    audit::events::NewEvent,
    change::VersionedRow,
    entity::{customer_step, step_template},
    error::StoreError,
    text_variables,
};
use chrono::{DateTime, Utc};
use sea_orm::{
    ActiveValue::NotSet, ColumnTrait, ConnectionTrait, DatabaseTransaction, EntityTrait,
    QueryFilter, QueryOrder, QuerySelect,
};

/// Loads a template step. Errors: not found.
pub async fn load(db: &impl ConnectionTrait, id: TemplateId) -> Result<StepTemplate, StoreError> {
    step_template::Entity::find_by_id(id.0)
        .one(db)
        .await?
        .ok_or(StoreError::NotFound(Noun::Template))?
        .try_into()
}

impl VersionedRow for StepTemplate {
    fn set_next_version(&mut self, at: DateTime<Utc>) {
        self.version += 1;
        self.updated_at = at;
    }

    async fn save(self, tx: &DatabaseTransaction) -> Result<Self, StoreError> {
        let id = self.id;
        let text = text_variables::save(tx, &self.content).await?;
        let mut row = step_template::ActiveModel::of(self, Some(text));
        row.id = NotSet;
        step_template::Entity::update_many()
            .set(row)
            .filter(step_template::Column::Id.eq(id.0))
            .exec(tx)
            .await?;
        load(tx, id).await
    }

    fn event(&self, action: EventAction) -> NewEvent {
        NewEvent::of(Entity::Template, self.id.0, action).release(self.release_id)
    }
}

/// A copy of a template.
pub struct TemplateCopy {
    pub id: i64,
    pub customer: i64,
    pub version: i64,
    /// Whether changes of the template propagate to it.
    pub propagation: Propagation,
    /// Whether it has work: another status than pending, notes, or an override (R101).
    pub has_work: bool,
}

/// All copies of a template.
pub async fn copies_of(
    db: &impl ConnectionTrait,
    id: TemplateId,
) -> Result<Vec<TemplateCopy>, StoreError> {
    use customer_step::Column;
    let rows: Vec<(i64, i64, i64, String, bool, bool)> = customer_step::Entity::find()
        .select_only()
        .columns([
            Column::Id,
            Column::CustomerId,
            Column::Version,
            Column::Status,
            Column::IsOverridden,
            Column::HasNotes,
        ])
        .filter(Column::TemplateId.eq(id.0))
        .order_by_asc(Column::Id)
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(id, customer, version, status, overridden, has_notes)| {
            let status: StepStatus = status
                .parse()
                .map_err(|_| StoreError::corrupt("customer_steps", "unknown status"))?;
            Ok(TemplateCopy {
                id,
                customer,
                version,
                propagation: propagation(status, overridden),
                has_work: work(status, overridden, has_notes).is_some(),
            })
        })
        .collect()
}
