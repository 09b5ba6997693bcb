//! The end of a run (R71): what it was is kept, and its step is marked done or failed in the name of who asked for it, with the
//! text that was run as its proof. If somebody has decided about the step meanwhile, that stays, and the history has the end by itself.
use super::{output, run_rows};
use crate::domain::{
    caller::Caller,
    event::EventAction,
    id::{BatchId, RunId},
    permission::Permission,
    release::Release,
    rule_violation::RuleViolation,
    run::{OutputChunk, Run, RunEnd, RunKind, RunOutcome, RunState},
    step::{CustomerStep, Transition},
    vocabulary::StepAction,
};
use crate::store::{
    Database,
    audit::events::TextProof,
    change::Change,
    entity::{audit_event, run},
    error::StoreError,
    outbox::messages,
    steps::{
        step_rows::event_action,
        text_changes::{Starts, StepText},
    },
};
use chrono::{DateTime, SubsecRound, Utc};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect,
};
use std::sync::Arc;

/// Characters of the name of a signal.
const SIGNAL_MAX_CHARS: usize = 20;

impl Database {
    /// Ends a run as its runner says, with the output that was not reported yet. Repeated under the same lease it changes nothing,
    /// and answers the run as it ended. A run on somebody's own machine can still end after it was lost, unless its step was run
    /// again since. What it says of when it ended counts. Of a run that no runner has begun there is no other end than that it was
    /// cancelled or could not be started. Errors: not found; an old lease; a run that has not begun; a chunk that is too long, or too
    /// many.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn finish_run(
        &self,
        id: RunId,
        lease: &str,
        end: RunEnd,
        chunks: Vec<OutputChunk>,
        now: DateTime<Utc>,
    ) -> Result<Run, StoreError> {
        output::check(&chunks)?;
        let now = now.trunc_subsecs(3);
        let asked: Run = run_rows::load(&self.read, id).await?.try_into()?;
        let mut change = self.change_of_run(&asked, now).await?;
        let row = run_rows::held(&change.tx, id, lease).await?;
        let run: Run = row.clone().try_into()?;
        let is_expected = match run.state {
            RunState::Claimed | RunState::Running => true,
            RunState::Lost => row.is_here && is_newest(&change.tx, &row).await?,
            RunState::Queued => false,
            RunState::Succeeded | RunState::Failed | RunState::Cancelled => return Ok(run),
        };
        if !is_expected {
            return Err(StoreError::LeaseOver);
        }
        // A job is at Jenkins before its build begins.
        let must_begin = run.state == RunState::Claimed && run.kind != RunKind::Jenkins;
        if must_begin && !end.is_cancelled && end.error.is_none() {
            return Err(RuleViolation::RunNotBegun.into());
        }
        let taken = output::keep(&change.tx, &row, chunks).await?;
        let ended_at = end.ended_at(&run, now);
        let outcome = end.outcome(&run, ended_at);
        // What was left out before it was sent counts too.
        let told = end.output_bytes.and_then(|it| i64::try_from(it).ok());
        let bytes = told.map_or(taken.bytes, |it| it.max(taken.bytes));
        let ended = run::ActiveModel {
            exit_code: Set(end.exit_code),
            signal: Set(end.signal.as_deref().map(signal_name)),
            output_bytes: Set(bytes),
            output_cut: Set(taken.is_cut || end.output_cut || bytes > taken.bytes),
            output_sha256: Set(Some(output::digest(&change.tx, row.id).await?)),
            ..over(&row, outcome.state, outcome.reason.clone(), ended_at)
        };
        let ended: Run = ended.update(&change.tx).await?.try_into()?;
        if ended.started_at.is_none() && ended.state == RunState::Cancelled {
            take_back_start(&mut change, &row, &ended).await?;
        } else {
            mark_step(&mut change, &row, &ended, &outcome).await?;
        }
        self.commit_end(change, &ended).await?;
        self.run_notices.tell_output(&ended, taken.new);
        self.run_notices.tell(&ended);
        let runner = ended.runner.as_deref().unwrap_or_default();
        self.end_held_back(&ended, runner, now).await?;
        Ok(ended)
    }

    /// Ends a run that has not begun, and those that it holds back: the step of each is as it was before, unless somebody has decided about
    /// it. Does nothing to a run that has begun or ended meanwhile. `runner` is who was to have it.
    pub(super) async fn end_unbegun(
        &self,
        id: RunId,
        runner: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        if let Some(ended) = self.end_one_unbegun(id, runner, reason, now).await? {
            self.end_held_back(&ended, runner, now).await?;
        }
        Ok(())
    }

    /// The same for this run alone. Answers it, if it was ended.
    pub(super) async fn end_one_unbegun(
        &self,
        id: RunId,
        runner: &str,
        reason: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<Run>, StoreError> {
        let mut asked: Run = run_rows::load(&self.read, id).await?.try_into()?;
        asked.runner = Some(runner.to_owned());
        let mut change = self.change_of_run(&asked, now).await?;
        let row = run_rows::load(&change.tx, id).await?;
        let run: Run = row.clone().try_into()?;
        if !matches!(run.state, RunState::Queued | RunState::Claimed) {
            return Ok(None);
        }
        let ended = over(&row, RunState::Cancelled, Some(reason.to_owned()), now);
        let ended: Run = ended.update(&change.tx).await?.try_into()?;
        take_back_start(&mut change, &row, &ended).await?;
        self.commit_end(change, &ended).await?;
        self.run_notices.tell(&ended);
        Ok(Some(ended))
    }

    /// Begins a change in the name of who asked for a run.
    async fn change_of_run(&self, run: &Run, now: DateTime<Utc>) -> Result<Change, StoreError> {
        let store = self.as_caller(Arc::new(Caller::of_run(run)));
        let permit = store.permit(Permission::ActOnSteps.on_anything()).await?;
        let stamp = store.caller().stamp(now);
        store.change(permit, stamp).await
    }

    /// Commits the end of a run, and what webhooks are told of it. An end that leaves its step as it is, because somebody has decided
    /// about that, has an event of its own.
    pub(super) async fn commit_end(&self, mut change: Change, run: &Run) -> Result<(), StoreError> {
        if change.events.is_empty() {
            change.record_of_run(run, EventAction::RunEnd).await?;
        }
        let step = run_rows::step_name(&change.tx, run.step_id).await?;
        messages::write_run_finished(&change.tx, run, &step, &change.batch, &change.stamp).await?;
        change.commit().await?;
        Ok(())
    }
}

/// What every end writes to a run.
pub fn over(
    row: &run::Model,
    state: RunState,
    reason: Option<String>,
    ended_at: DateTime<Utc>,
) -> run::ActiveModel {
    run::ActiveModel {
        id: Unchanged(row.id),
        open_step_id: Set(None),
        state: Set(state.to_string()),
        lease_until: Set(None),
        ended_at: Set(Some(ended_at)),
        reason: Set(reason),
        version: Set(row.version + 1),
        ..Default::default()
    }
}

/// Whether the step of a run was not run again since.
async fn is_newest(db: &impl ConnectionTrait, row: &run::Model) -> Result<bool, DbErr> {
    let later = run::Entity::find()
        .select_only()
        .column(run::Column::Id)
        .filter(run::Column::StepId.eq(row.step_id))
        .filter(run::Column::Id.gt(row.id))
        .into_tuple::<i64>()
        .one(db)
        .await?;
    Ok(later.is_none())
}

/// A signal as its column keeps it: a word on one line.
fn signal_name(text: &str) -> String {
    let letters = text.chars().filter(|it| !it.is_control());
    letters.take(SIGNAL_MAX_CHARS).collect()
}

/// Marks the step of a run as its end says, unless somebody has decided otherwise.
async fn mark_step(
    change: &mut Change,
    row: &run::Model,
    run: &Run,
    outcome: &RunOutcome,
) -> Result<(), StoreError> {
    let Some((before, release)) = run_rows::started_step(&change.tx, row).await? else {
        return Ok(());
    };
    let transition = Transition::parse(outcome.action, outcome.reason.as_deref())?;
    let Some(after) = before.transition(&transition, &change.stamp)? else {
        return Ok(());
    };
    let proof = if outcome.action == StepAction::Done {
        proof(change, row, &before, &release).await?
    } else {
        TextProof::default()
    };
    let action = event_action(outcome.action);
    change.save_step(&before, after, action, proof).await?;
    change.tell_run(run);
    Ok(())
}

/// What the history keeps of the text: the one that was run, and what has changed since in the step's own.
async fn proof(
    change: &Change,
    row: &run::Model,
    step: &CustomerStep,
    release: &Release,
) -> Result<TextProof, StoreError> {
    let now = StepText::load(&change.tx, step, release).await?;
    let starts = Starts::load(&change.tx, StepAction::Done, [step].into_iter()).await?;
    let changes = starts
        .changes(&change.tx, step, now.scope(), Some(&now.sha256))
        .await?;
    Ok(TextProof {
        text: Some(row.text.clone()),
        sha256: Some(row.text_sha256.clone()),
        is_shown: Some(was_shown(&change.tx, row).await?),
        changes,
    })
}

/// Whether who asked for a run had its text on the page: its start says so.
async fn was_shown(db: &impl ConnectionTrait, row: &run::Model) -> Result<bool, DbErr> {
    let shown: Option<Option<bool>> = audit_event::Entity::find()
        .select_only()
        .column(audit_event::Column::TextShown)
        .filter(audit_event::Column::BatchId.eq(row.batch_id.as_str()))
        .filter(audit_event::Column::EntityId.eq(row.step_id))
        .filter(audit_event::Column::Action.eq(EventAction::Start.as_str()))
        .into_tuple()
        .one(db)
        .await?;
    Ok(shown.flatten().unwrap_or_default())
}

/// Makes the step of a run that never began as it was before, if it is still as the start left it. Its text and notes stay.
pub async fn take_back_start(
    change: &mut Change,
    row: &run::Model,
    run: &Run,
) -> Result<(), StoreError> {
    let Some((now, _)) = run_rows::started_step(&change.tx, row).await? else {
        return Ok(());
    };
    let before = run_rows::step_before(row)?;
    let after = CustomerStep {
        status: before.status,
        executed_at: before.executed_at,
        executed_by: before.executed_by,
        started_at: before.started_at,
        started_by: before.started_by,
        state_at: before.state_at,
        state_by: before.state_by,
        skip_reason: before.skip_reason,
        fail_reason: before.fail_reason,
        revert_reason: before.revert_reason,
        ..now.clone()
    };
    change.undoes = Some(BatchId(row.batch_id.clone()));
    change
        .save_step(&now, after, EventAction::Undo, TextProof::default())
        .await?;
    change.tell_run(run);
    Ok(())
}
