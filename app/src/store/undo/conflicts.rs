//! Conflicts of an undo: rows that it leaves alone because they were changed since.
use crate::domain::{event::Entity, id::CustomerId, summary::Conflict};
use crate::store::{
    audit::events::last_change, change::Change, entity::customer, error::StoreError,
};
use sea_orm::EntityTrait;

impl Change {
    /// Reports that a row, described by `what`, was changed since, with the last author and time.
    pub async fn conflict(
        &self,
        entity: Entity,
        id: i64,
        what: &str,
    ) -> Result<Conflict, StoreError> {
        let (changed_by, changed_at) = last_change(&self.tx, entity, id).await?.unzip();
        Ok(Conflict {
            id,
            reason: format!("{what} was changed since"),
            changed_by,
            changed_at,
        })
    }

    /// The name of a cell in a conflict: "Migrate schema, Acme".
    pub async fn cell_name(
        &self,
        step: &str,
        customer: Option<CustomerId>,
    ) -> Result<String, StoreError> {
        let Some(customer) = customer else {
            return Ok(step.to_owned());
        };
        let row = customer::Entity::find_by_id(customer.0)
            .one(&self.tx)
            .await?;
        Ok(row.map_or_else(|| step.to_owned(), |it| format!("{step}, {}", it.name)))
    }
}
