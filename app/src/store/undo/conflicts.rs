//! Conflicts of an undo: rows that it leaves alone because they were changed since, because they have work, or because their
//! release is read-only by now.
use super::{
    report::{UndoReport, UndoSubject},
    step_removals::GoneStep,
};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Entity, Event},
    id::{ReleaseId, StepId},
    rule_violation::RuleViolation,
    step::CustomerStep,
    undo::{Conflict, work},
    vocabulary::StepStatus,
};
use crate::store::{
    audit::{
        events::last_change,
        last_change::{LastChange, last_change_of_step},
    },
    change::Change,
    error::StoreError,
    records::release_rows,
    steps::step_rows,
};
use std::collections::{HashMap, HashSet};

/// The conflict of a row, for this reason.
pub fn conflict_of(subject: &UndoSubject, reason: String, last: Option<LastChange>) -> Conflict {
    let (changed_by, changed_at) = last.unzip();
    Conflict {
        id: subject.id,
        reason,
        changed_by,
        changed_at,
    }
}

/// The conflict of a row that was changed since.
pub fn changed_since(subject: &UndoSubject, last: Option<LastChange>) -> Conflict {
    let reason = format!("{} was changed since", subject.full_name());
    conflict_of(subject, reason, last)
}

impl Change {
    /// Leaves a row alone that was changed since; names the last author and time.
    pub async fn leave_changed(
        &self,
        subject: UndoSubject,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let last = last_change(&self.tx, subject.entity, subject.id).await?;
        let conflict = changed_since(&subject, last);
        report.leave(subject, conflict);
        Ok(())
    }

    /// The releases of a batch in which nothing can be restored, and why.
    pub async fn closed_releases(
        &self,
        ids: HashSet<ReleaseId>,
    ) -> Result<HashMap<ReleaseId, RuleViolation>, StoreError> {
        let mut closed = HashMap::new();
        for id in ids {
            let refusal = match release_rows::load(&self.tx, id).await {
                Ok(release) => release.may_be_edited().err(),
                // A draft that was deleted since.
                Err(StoreError::NotFound(_)) => Some(RuleViolation::NothingToUndo {
                    reasons: vec!["its release was deleted".to_owned()],
                    last: last_change(&self.tx, Entity::Release, id.0)
                        .await?
                        .map(|(by, at)| ActorStamp { by, at }),
                }),
                Err(error) => return Err(error),
            };
            closed.extend(refusal.map(|it| (id, it)));
        }
        Ok(closed)
    }

    /// Leaves a row alone whose release is closed.
    pub async fn leave_closed(
        &self,
        event: &Event,
        (release, why): (ReleaseId, &RuleViolation),
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let name = event.text("name").unwrap_or("the order").to_owned();
        let subject = UndoSubject {
            entity: event.entity,
            ..report
                .cell(self, StepId(event.entity_id), &name, event.customer_id)
                .await?
        };
        let last = last_change(&self.tx, Entity::Release, release.0).await?;
        let reason = format!("{}: {why}", subject.full_name());
        let conflict = conflict_of(&subject, reason, last);
        report.leave(subject, conflict);
        Ok(())
    }

    /// Leaves a step alone that was changed since, or is gone: then who took it away is named.
    pub async fn leave_step(
        &self,
        gone: GoneStep,
        name: &str,
        report: &mut UndoReport,
    ) -> Result<(), StoreError> {
        let last = match step_rows::load(&self.tx, gone.id).await {
            Ok(step) => last_change_of_step(&self.tx, &step).await?,
            Err(StoreError::NotFound(_)) => {
                let own = last_change(&self.tx, Entity::Step, gone.id.0).await?;
                let removal = report.removals.of(&self.tx, gone).await?;
                own.into_iter().chain(removal).max_by_key(|it| it.1)
            }
            Err(error) => return Err(error),
        };
        let subject = report.cell(self, gone.id, name, gone.customer).await?;
        let conflict = changed_since(&subject, last);
        report.leave(subject, conflict);
        Ok(())
    }

    /// Whether the undo may delete a step: it has no work, or its work may be deleted too. Else it is left alone, and who
    /// worked on it is named (R101).
    pub async fn may_delete_step(
        &self,
        step: &CustomerStep,
        report: &mut UndoReport,
    ) -> Result<bool, StoreError> {
        let Some(work) = work(step.status, step.is_overridden, step.notes.is_some()) else {
            return Ok(true);
        };
        let worked = match (&step.state_by, step.state_at) {
            (Some(by), Some(at)) if step.status != StepStatus::Pending => Some((by.clone(), at)),
            _ => last_change_of_step(&self.tx, step).await?,
        };
        let subject = report.cell_of(self, step).await?;
        let reason = format!("{} has work ({work})", subject.full_name());
        let conflict = conflict_of(&subject, reason, worked);
        Ok(report.may_delete_work(subject, conflict))
    }
}
