//! Expiry of leases (R73): a run whose lease has expired becomes `lost`, and its step stays in progress, because its progress is
//! unknown. A run that was cancelled before it began becomes `cancelled`. None is requeued.
use super::{finishing::over, run_rows, work::HELD};
use crate::domain::{
    caller::{Caller, Identity},
    event::EventAction,
    id::RunId,
    permission::Permission,
    run::{Run, RunKind, RunState},
};
use crate::store::{Database, entity::run, error::StoreError};
use chrono::{DateTime, SubsecRound, Utc};
use run::Column;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};
use std::sync::Arc;

/// The name that the history has for what the program does by itself.
const PROGRAM: &str = "Rollcall";

/// The program, where the runner of this run would report.
fn program(run: &Run) -> Caller {
    let of_run = Caller::of_run(run);
    let via = of_run.via().cloned();
    Caller {
        identity: via.map_or(Identity::Open, Identity::Program),
        name: PROGRAM.to_owned(),
        ..of_run
    }
}

/// Why a run is lost, and where to look how far it came.
fn why_lost(run: &Run, now: DateTime<Utc>) -> String {
    let at = now.format("%H:%M");
    match (run.kind, &run.jenkins_url) {
        // The server ended, or got no answer, between asking Jenkins and storing where the build is, and it was not found there.
        (RunKind::Jenkins, None) => format!(
            "lost contact with Jenkins at {at} UTC, which may have started a build: check Jenkins before you run it again"
        ),
        (RunKind::Jenkins, Some(url)) => format!(
            "lost contact with Jenkins at {at} UTC, for which this server is not set up any more: check {url} before you run it again"
        ),
        _ => format!("lost its runner at {at} UTC, nobody knows how far it came"),
    }
}

impl Database {
    /// Ends the runs whose lease is over as lost, or as cancelled if they were before they began. Answers how many. A run that is reported about meanwhile is not lost.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn expire_runs(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let now = now.trunc_subsecs(3);
        let ids: Vec<i64> = run::Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::State.is_in(HELD.map(RunState::as_str)))
            .filter(Column::LeaseUntil.lte(now))
            .filter(self.ends_unreported())
            .order_by_asc(Column::Id)
            .into_tuple()
            .all(&self.read)
            .await?;
        let mut n_lost = 0;
        for id in ids {
            n_lost += u64::from(self.lose_run(RunId(id), None, now).await?);
        }
        Ok(n_lost)
    }

    /// Marks a run as lost of which its holder did not find at Jenkins whether it began. Errors: not found; an old lease.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn lose_jenkins_run(
        &self,
        id: RunId,
        lease: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let lost = self.lose_run(id, Some(lease), now.trunc_subsecs(3));
        lost.await.map(drop)
    }

    /// Which runs become lost when their lease expires: all but those at Jenkins, which any server takes over (R64).
    fn ends_unreported(&self) -> Expr {
        if self.has_jenkins() {
            Column::Kind.ne(RunKind::Jenkins.as_str())
        } else {
            Column::Id.gt(0)
        }
    }

    /// Marks one run as lost. `lease` is that of the holder who gives it up; without one, answers false if its lease has not expired.
    async fn lose_run(
        &self,
        id: RunId,
        lease: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let found: Run = run_rows::load(&self.read, id).await?.try_into()?;
        let store = self.as_caller(Arc::new(program(&found)));
        let permit = store.permit(Permission::ActOnSteps.on_anything()).await?;
        let mut change = store.change(permit, store.caller().stamp(now)).await?;
        let row = match lease {
            Some(lease) => run_rows::held(&change.tx, id, lease).await?,
            None => run_rows::load(&change.tx, id).await?,
        };
        // A run that is over has no lease.
        if row.lease_until.is_none_or(|it| lease.is_none() && it > now) {
            return Ok(false);
        }
        let run: Run = row.clone().try_into()?;
        // After the cancel no runner could begin it, so it is known how far it came. What Jenkins was asked for may have begun.
        if run.state == RunState::Claimed
            && run.kind != RunKind::Jenkins
            && let Some(by) = &run.cancel_by
        {
            change.tx.rollback().await?;
            let runner = run.runner.unwrap_or_default();
            let why = format!("cancelled by {by} before it began");
            self.end_unbegun(id, &runner, &why, now).await?;
            return Ok(true);
        }
        let reason = why_lost(&run, now);
        let lost = over(&row, RunState::Lost, Some(reason), now);
        let lost: Run = lost.update(&change.tx).await?.try_into()?;
        change.record_of_run(&lost, EventAction::RunLost).await?;
        self.commit_end(change, &lost).await?;
        self.run_notices.tell(&lost);
        let runner = lost.runner.as_deref().unwrap_or_default();
        self.end_held_back(&lost, runner, now).await?;
        Ok(true)
    }

    /// Lets no lease end before who has it could report again. To be called at the start, before this process ends any: while there was
    /// no server nobody could report. Answers how many leases end later.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn keep_leases(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        let until = self.lease_end(now.trunc_subsecs(3));
        let tx = self.begin().await?;
        let done = run::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::val(Some(until)))
            .filter(Column::State.is_in(HELD.map(RunState::as_str)))
            .filter(Column::LeaseUntil.lt(until))
            .filter(self.ends_unreported())
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(done.rows_affected)
    }

    /// When the next lease expires; none if no run is claimed or running.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn next_lease_end(&self) -> Result<Option<DateTime<Utc>>, StoreError> {
        let first: Option<Option<DateTime<Utc>>> = run::Entity::find()
            .select_only()
            .column(Column::LeaseUntil)
            .filter(Column::State.is_in(HELD.map(RunState::as_str)))
            .filter(Column::LeaseUntil.is_not_null())
            .filter(self.ends_unreported())
            .order_by_asc(Column::LeaseUntil)
            .into_tuple()
            .one(&self.read)
            .await?;
        Ok(first.flatten())
    }
}
