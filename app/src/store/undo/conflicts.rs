//! Conflicts of an undo: rows that it leaves alone because they were changed since, or because their release is read-only
//! by now.
use super::step_removals::StepRemovals;
use crate::domain::{
    event::{Entity, Event},
    id::{CustomerId, ReleaseId, StepId},
    rule_violation::RuleViolation,
    summary::Conflict,
};
use crate::store::{
    audit::{events::last_change, last_change::last_change_of_step},
    change::Change,
    entity::customer,
    error::StoreError,
    records::release_rows,
    steps::step_rows,
};
use sea_orm::EntityTrait;
use std::collections::{HashMap, HashSet};

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

    /// The releases of a batch in which nothing can be restored, and why.
    pub async fn closed_releases(
        &self,
        events: &[Event],
    ) -> Result<HashMap<ReleaseId, RuleViolation>, StoreError> {
        let ids: HashSet<ReleaseId> = events.iter().filter_map(|it| it.release_id).collect();
        let mut closed = HashMap::new();
        for id in ids {
            let refusal = match release_rows::load(&self.tx, id).await {
                Ok(release) => release.may_be_edited().err(),
                // A draft that was deleted since.
                Err(StoreError::NotFound(_)) => Some(RuleViolation::NothingToUndo {
                    reasons: vec!["its release was deleted".to_owned()],
                }),
                Err(error) => return Err(error),
            };
            closed.extend(refusal.map(|it| (id, it)));
        }
        Ok(closed)
    }

    /// The conflict of an event whose release is closed.
    pub async fn closed_conflict(
        &self,
        event: &Event,
        release: ReleaseId,
        why: &RuleViolation,
    ) -> Result<Conflict, StoreError> {
        let name = event.text("name").unwrap_or("the order");
        let name = self.cell_name(name, event.customer_id).await?;
        let last = last_change(&self.tx, Entity::Release, release.0).await?;
        let (changed_by, changed_at) = last.unzip();
        Ok(Conflict {
            id: event.entity_id,
            reason: format!("{name}: {why}"),
            changed_by,
            changed_at,
        })
    }

    /// The conflict of a step that was changed since, or is gone.
    pub async fn step_conflict(
        &self,
        id: StepId,
        what: &str,
        removals: Option<&StepRemovals>,
    ) -> Result<Conflict, StoreError> {
        let last = match step_rows::load(&self.tx, id).await {
            Ok(step) => last_change_of_step(&self.tx, &step).await?,
            Err(StoreError::NotFound(_)) => {
                let own = last_change(&self.tx, Entity::Step, id.0).await?;
                let removal = removals.and_then(|it| it.of(id));
                own.into_iter().chain(removal).max_by_key(|it| it.1)
            }
            Err(error) => return Err(error),
        };
        let (changed_by, changed_at) = last.unzip();
        Ok(Conflict {
            id: id.0,
            reason: format!("{what} was changed since"),
            changed_by,
            changed_at,
        })
    }
}
