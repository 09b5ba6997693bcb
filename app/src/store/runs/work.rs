//! Claim, begin and give back (R73): a runner claims a queued run under a lease, and begins it once, or gives it back before. No run that
//! may have begun is requeued: a person decides whether to retry.
use super::{obstacles, queue, run_rows};
use crate::domain::{
    id::{ClusterId, RunId, RunnerId},
    rule_violation::RuleViolation,
    run::{Run, RunKind, RunState},
    runner::{ClaimedRun, Runner, RunnerHello},
};
use crate::store::{
    Database,
    accounts::random,
    entity::{cluster, run, sha256},
    error::StoreError,
};
use chrono::{DateTime, SubsecRound, Utc};
use run::Column;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect,
};
use std::collections::BTreeSet;

/// The states of a run that somebody has.
pub const HELD: [RunState; 2] = [RunState::Claimed, RunState::Running];

/// What a runner can take.
struct Capacity {
    runner: RunnerId,
    clusters: BTreeSet<ClusterId>,
    kinds: Vec<RunKind>,
    max_parallel: u32,
}

impl Capacity {
    /// The run that the runner may have now. Of a cluster no more are carried out at once than its limit says, whoever has
    /// them; those of `rollcall run` do not count.
    async fn next(&self, db: &impl ConnectionTrait) -> Result<Option<run::Model>, StoreError> {
        let held: Vec<(i64, Option<i64>)> = run::Entity::find()
            .select_only()
            .columns([Column::ClusterId, Column::RunnerId])
            .filter(Column::State.is_in(HELD.map(RunState::as_str)))
            .filter(Column::IsHere.eq(false))
            .into_tuple()
            .all(db)
            .await?;
        let n_own = held.iter().filter(|it| it.1 == Some(self.runner.0)).count();
        if n_own >= usize::try_from(self.max_parallel).unwrap_or(usize::MAX) {
            return Ok(None);
        }
        let limits: Vec<(i64, i32)> = cluster::Entity::find()
            .select_only()
            .columns([cluster::Column::Id, cluster::Column::MaxParallel])
            .filter(cluster::Column::Id.is_in(self.clusters.iter().map(|it| it.0)))
            .into_tuple()
            .all(db)
            .await?;
        let free = limits.into_iter().filter(|(id, limit)| {
            let n_held = held.iter().filter(|it| it.0 == *id).count();
            n_held < usize::try_from(*limit).unwrap_or_default()
        });
        let free: Vec<i64> = free.map(|it| it.0).collect();
        queue::next(db, &free, &self.kinds).await
    }
}

impl Database {
    /// Gives a runner the next run that it may have, under a lease; none if there is nothing for it now. A run whose step
    /// somebody has decided about meanwhile is not given: it ends as cancelled. Errors: there are no runners here.
    #[tracing::instrument(level = "debug", skip_all, fields(runner = runner.id.0))]
    pub async fn claim_run(
        &self,
        runner: &Runner,
        hello: &RunnerHello,
        now: DateTime<Utc>,
    ) -> Result<Option<ClaimedRun>, StoreError> {
        if self.runners_are_refused() {
            return Err(RuleViolation::NoRunners.into());
        }
        let now = now.trunc_subsecs(3);
        let Some(clusters) = self.hear_hello(runner.id, hello, now).await? else {
            return Ok(None);
        };
        let capacity = Capacity {
            runner: runner.id,
            clusters,
            // What Jenkins does the server itself asks for.
            kinds: hello
                .kinds
                .iter()
                .copied()
                .filter(|it| *it != RunKind::Jenkins)
                .collect(),
            max_parallel: hello.max_parallel,
        };
        loop {
            // Most calls find nothing to do, without the writer.
            if capacity.next(&self.read).await?.is_none() {
                return Ok(None);
            }
            let tx = self.begin().await?;
            let Some(row) = capacity.next(&tx).await? else {
                tx.rollback().await?;
                return Ok(None);
            };
            if let Some(why) = obstacles::obstacle(&tx, &row).await? {
                tx.rollback().await?;
                self.end_unbegun(RunId(row.id), &runner.name, &why, now)
                    .await?;
                continue;
            }
            let lease = random::run_lease()?;
            let claimed = run::ActiveModel {
                id: Unchanged(row.id),
                state: Set(RunState::Claimed.to_string()),
                runner_id: Set(Some(runner.id.0)),
                runner: Set(Some(runner.name.clone())),
                lease_sha256: Set(Some(sha256(&lease))),
                lease_until: Set(Some(self.lease_end(now))),
                version: Set(row.version + 1),
                ..Default::default()
            };
            let claimed: Run = claimed.update(&tx).await?.try_into()?;
            let claimed = run_rows::with_names(&tx, claimed, lease, self.lease_seconds()).await?;
            tx.commit().await?;
            self.run_notices.tell(&claimed.run);
            return Ok(Some(claimed));
        }
    }

    /// Lets only the runner that fetched a run report about it: a lease that came into other hands is worth nothing there. Errors: not
    /// found; another's, or nobody's.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0, runner = runner.id.0))]
    pub async fn must_have_run(&self, runner: &Runner, id: RunId) -> Result<(), StoreError> {
        let row = run_rows::load(&self.read, id).await?;
        if row.runner_id == Some(runner.id.0) {
            Ok(())
        } else {
            Err(StoreError::LeaseOver)
        }
    }

    /// Lets a claimed run begin. A runner starts nothing before it has this answer. Asked again under the same lease, it is the same
    /// answer. A run that somebody has cancelled or decided about since the claim ends here. Errors: not found; an old lease.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn begin_run(
        &self,
        id: RunId,
        lease: &str,
        now: DateTime<Utc>,
    ) -> Result<Run, StoreError> {
        let now = now.trunc_subsecs(3);
        let tx = self.begin().await?;
        let row = run_rows::held(&tx, id, lease).await?;
        let run: Run = row.clone().try_into()?;
        match run.state {
            RunState::Claimed => {}
            RunState::Running => return Ok(run),
            _ => return Err(StoreError::LeaseOver),
        }
        let why = match &row.cancel_by {
            Some(by) => Some(format!("cancelled by {by} before it began")),
            None => obstacles::obstacle(&tx, &row).await?,
        };
        if let Some(why) = why {
            tx.rollback().await?;
            let runner = run.runner.unwrap_or_default();
            self.end_unbegun(id, &runner, &why, now).await?;
            return Err(StoreError::LeaseOver);
        }
        let begun = run::ActiveModel {
            id: Unchanged(row.id),
            state: Set(RunState::Running.to_string()),
            started_at: Set(Some(now)),
            lease_until: Set(row.lease_until.max(Some(self.lease_end(now)))),
            version: Set(row.version + 1),
            ..Default::default()
        };
        let run: Run = begun.update(&tx).await?.try_into()?;
        tx.commit().await?;
        self.run_notices.tell(&run);
        Ok(run)
    }

    /// Puts a run back into the queue that its runner has not begun, because it has to end: its step is still started for it. One that
    /// somebody asked to cancel meanwhile ends. Errors: not found; an old lease, also that of a run which was given back before; a run
    /// that has begun.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn give_back_run(
        &self,
        id: RunId,
        lease: &str,
        now: DateTime<Utc>,
    ) -> Result<Run, StoreError> {
        let now = now.trunc_subsecs(3);
        let tx = self.begin().await?;
        let row = run_rows::held(&tx, id, lease).await?;
        let run: Run = row.clone().try_into()?;
        match run.state {
            RunState::Claimed => {}
            state @ RunState::Running => {
                return Err(RuleViolation::RunUnfinished { state }.into());
            }
            _ => return Err(StoreError::LeaseOver),
        }
        if let Some(by) = &run.cancel_by {
            tx.rollback().await?;
            let runner = run.runner.as_deref().unwrap_or_default();
            let why = format!("cancelled by {by} before it began");
            self.end_unbegun(id, runner, &why, now).await?;
            return run_rows::load(&self.read, id).await?.try_into();
        }
        let queued = run::ActiveModel {
            id: Unchanged(row.id),
            state: Set(RunState::Queued.to_string()),
            runner_id: Set(None),
            runner: Set(None),
            lease_sha256: Set(None),
            lease_until: Set(None),
            version: Set(row.version + 1),
            ..Default::default()
        };
        let queued: Run = queued.update(&tx).await?.try_into()?;
        tx.commit().await?;
        self.run_notices.tell(&queued);
        Ok(queued)
    }
}
