//! Audit events about runs (R71), and the permit that retry and cancel need.
use super::run_rows;
use crate::domain::{
    event::{Entity, EventAction},
    id::{RunId, StepId},
    permission::Permission,
    run::{Run, RunState},
    run_digest::RunDigest,
    vocabulary::Noun,
};
use crate::store::{
    Store,
    access::Permit,
    audit::events::{NewEvent, StepSnapshot},
    change::{Change, stale},
    entity::{parse_word, run},
    error::StoreError,
    steps::step_rows,
};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value, json};
use std::collections::HashMap;

/// The states of the runs of these steps that are not over, by the step's id: a step has one at most.
pub async fn unfinished(
    db: &impl ConnectionTrait,
    steps: &[StepId],
) -> Result<HashMap<i64, RunState>, StoreError> {
    let rows: Vec<(i64, String)> = run::Entity::find()
        .select_only()
        .columns([run::Column::StepId, run::Column::State])
        .filter(run::Column::OpenStepId.is_in(steps.iter().map(|it| it.0)))
        .into_tuple()
        .all(db)
        .await?;
    rows.into_iter()
        .map(|(step, state)| Ok((step, parse_word("runs", &state)?)))
        .collect()
}

/// Refuses a change that was based on an earlier version of a run (R3). Without a version any is accepted.
pub fn must_be_fresh(run: &Run, version: Option<i64>) -> Result<(), StoreError> {
    if version.is_none_or(|it| it == run.version) {
        return Ok(());
    }
    Err(stale(run, None))
}

impl Store {
    /// A run, and the permit to ask for its step again or to cancel it. Who does not see its customer does not find it. Errors: not
    /// found; a role that is too low.
    pub(in crate::store) async fn permit_on_run(
        &self,
        id: RunId,
    ) -> Result<(Run, Permit), StoreError> {
        let run: Run = run_rows::load(&self.read, id).await?.try_into()?;
        let need = Permission::ActOnSteps.on(run.customer_id);
        match self.permit(need).await {
            Ok(permit) => Ok((run, permit)),
            Err(StoreError::NotFound(_)) => Err(StoreError::NotFound(Noun::Run)),
            Err(error) => Err(error),
        }
    }
}

impl Change {
    /// Adds a run, as it is now, to the last event.
    pub fn tell_run(&mut self, run: &Run) {
        let event = self.events.last_mut();
        if let Some(Value::Object(after)) = event.and_then(|it| it.after.as_mut()) {
            after.insert("run".to_owned(), json!(RunDigest::of(run)));
        }
    }

    /// Records something about a run that leaves its step as it is, also of a step that was deleted since.
    pub async fn record_of_run(
        &mut self,
        run: &Run,
        action: EventAction,
    ) -> Result<(), StoreError> {
        let event = match step_rows::load(&self.tx, run.step_id).await {
            Ok(step) => {
                let snapshot = StepSnapshot::of(&step);
                NewEvent::of_step(&step, action)
                    .before(&snapshot)
                    .after(&snapshot)
            }
            Err(StoreError::NotFound(_)) => NewEvent::of(Entity::Step, run.step_id.0, action)
                .release(run.release_id)
                .customer(run.customer_id)
                .before(&json!({}))
                .after(&json!({})),
            Err(error) => return Err(error),
        };
        self.record(event);
        self.tell_run(run);
        Ok(())
    }
}
