//! A run is cancelled (R71): one that waits is over at once, and its step is as it was before; one that somebody carries out hears
//! of it with the answer to its next report.
use super::{finishing, queue, run_events, run_rows};
use crate::domain::{
    actor_stamp::ActorStamp,
    event::{Changed, EventAction},
    id::RunId,
    rule_violation::RuleViolation,
    run::{Run, RunState},
};
use crate::store::{Store, change::Change, entity::run, error::StoreError, outbox::messages};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
};

impl Store {
    /// Cancels a run. One that waits is over, and its step is put back unless a person has decided otherwise since, and so are those of
    /// later steps that were asked for with it; one that has begun, or is about to, is asked to end. Asking twice changes nothing. Errors:
    /// not found; a run that is over; another `version` than this, if one is named (R3); a role that is too low.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn cancel_run(
        &self,
        id: RunId,
        version: Option<i64>,
        stamp: ActorStamp,
    ) -> Result<Changed<Run>, StoreError> {
        let (_, permit) = self.permit_on_run(id).await?;
        let mut change = self.change(permit, stamp).await?;
        let row = run_rows::load(&change.tx, id).await?;
        let run: Run = row.clone().try_into()?;
        if run.state.is_over() {
            return Err(RuleViolation::RunIsOver.into());
        }
        if run.cancel_by.is_some() {
            return change.finish(run).await;
        }
        run_events::must_be_fresh(&run, version)?;
        let mut held_back = Vec::new();
        let run = if run.state == RunState::Queued {
            let by = &change.stamp.by;
            let reason = format!("cancelled by {by} before it began");
            let run = change.cancel_queued(&row, reason).await?;
            held_back = change.cancel_held_back(&row).await?;
            run
        } else {
            let cancel = run::ActiveModel {
                id: Unchanged(row.id),
                cancel_by: Set(Some(change.stamp.by.clone())),
                cancel_at: Set(Some(change.stamp.at)),
                version: Set(row.version + 1),
                ..Default::default()
            };
            let run: Run = cancel.update(&change.tx).await?.try_into()?;
            change.record_of_run(&run, EventAction::RunCancel).await?;
            run
        };
        let cancelled = change.finish(run).await?;
        for run in held_back.iter().chain([&cancelled.row]) {
            self.database.run_notices.tell(run);
        }
        Ok(cancelled)
    }
}

impl Change {
    /// Cancels a queued run. A state that a person has set on its step since then stays.
    async fn cancel_queued(&mut self, row: &run::Model, reason: String) -> Result<Run, StoreError> {
        let ActorStamp { by, at } = self.stamp.clone();
        let n_events = self.events.len();
        let cancel = run::ActiveModel {
            cancel_by: Set(Some(by)),
            cancel_at: Set(Some(at)),
            ..finishing::over(row, RunState::Cancelled, Some(reason), at)
        };
        let run: Run = cancel.update(&self.tx).await?.try_into()?;
        finishing::take_back_start(self, row, &run).await?;
        if self.events.len() == n_events {
            self.record_of_run(&run, EventAction::RunCancel).await?;
        }
        let step = run_rows::step_name(&self.tx, run.step_id).await?;
        messages::write_run_finished(&self.tx, &run, &step, &self.batch, &self.stamp).await?;
        Ok(run)
    }

    /// Cancels what a queued run that was just cancelled holds back. All of it was asked for in one batch, which the events undo.
    async fn cancel_held_back(&mut self, row: &run::Model) -> Result<Vec<Run>, StoreError> {
        let held_back = queue::held_back(&self.tx, row, RunState::Cancelled).await?;
        let (ids, why) = held_back.unwrap_or_default();
        let mut cancelled = Vec::new();
        for id in ids {
            let row = run_rows::load(&self.tx, id).await?;
            cancelled.push(self.cancel_queued(&row, why.clone()).await?);
        }
        Ok(cancelled)
    }
}
