//! Runs at Jenkins (R64): the server itself claims them, under a lease as runners have. Any server can continue once the lease has
//! expired: from the stored URL at Jenkins, or, if none is stored, by a search for the build. It is unknown then whether Jenkins was
//! asked, so a run that is not found is lost, and never started again by itself.
use super::{obstacles, queue, run_rows, work::HELD};
use crate::domain::{
    id::RunId,
    jenkins::{JENKINS, JenkinsJob},
    run::{Run, RunKind, RunState},
};
use crate::store::{
    Database,
    accounts::random,
    entity::{cluster, run, run_output, sha256},
    error::StoreError,
};
use chrono::{DateTime, SubsecRound, Utc};
use run::Column;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{Set, Unchanged},
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    sea_query::Expr,
};

/// A run that this server has.
#[derive(Clone)]
pub struct JenkinsRun {
    pub run: Run,
    /// The lease that its reports name.
    pub lease: String,
    /// With its variables resolved.
    pub job: JenkinsJob,
    /// Of the last chunk of output that is there; 0 if there is none.
    pub last_seq: i64,
    /// Whether it was taken over: Jenkins may have been asked already.
    pub is_left: bool,
}

/// The run that Jenkins gets next, of a cluster that takes one more now.
async fn next(db: &impl ConnectionTrait) -> Result<Option<run::Model>, StoreError> {
    let waiting: Vec<i64> = run::Entity::find()
        .select_only()
        .column(Column::ClusterId)
        .distinct()
        .filter(Column::State.eq(RunState::Queued.as_str()))
        .filter(Column::Kind.eq(RunKind::Jenkins.as_str()))
        .into_tuple()
        .all(db)
        .await?;
    if waiting.is_empty() {
        return Ok(None);
    }
    let limits: Vec<(i64, i32)> = cluster::Entity::find()
        .select_only()
        .columns([cluster::Column::Id, cluster::Column::MaxParallel])
        .filter(cluster::Column::Id.is_in(waiting))
        .into_tuple()
        .all(db)
        .await?;
    let held: Vec<i64> = run::Entity::find()
        .select_only()
        .column(Column::ClusterId)
        .filter(Column::State.is_in(HELD.map(RunState::as_str)))
        .filter(Column::IsHere.eq(false))
        .into_tuple()
        .all(db)
        .await?;
    let free = limits.into_iter().filter(|(cluster, limit)| {
        let n_held = held.iter().filter(|it| *it == cluster).count();
        n_held < usize::try_from(*limit).unwrap_or_default()
    });
    let free: Vec<i64> = free.map(|it| it.0).collect();
    queue::next(db, &free, &[RunKind::Jenkins]).await
}

/// The oldest run at Jenkins whose lease has expired.
async fn left(db: &impl ConnectionTrait, now: DateTime<Utc>) -> Result<Option<run::Model>, DbErr> {
    run::Entity::find()
        .filter(Column::State.is_in(HELD.map(RunState::as_str)))
        .filter(Column::Kind.eq(RunKind::Jenkins.as_str()))
        .filter(Column::LeaseUntil.lte(now))
        .order_by_asc(Column::Id)
        .one(db)
        .await
}

/// The job of a run, and the number of its last chunk.
async fn with_job(
    db: &impl ConnectionTrait,
    row: run::Model,
    lease: String,
) -> Result<JenkinsRun, StoreError> {
    let corrupt = |detail: String| StoreError::corrupt("runs", detail);
    let job = row.jenkins_job.clone();
    let job = job.ok_or_else(|| corrupt("a run at Jenkins without a job".to_owned()))?;
    let parameters = row.jenkins_parameters.as_deref().unwrap_or("{}");
    let parameters = serde_json::from_str(parameters).map_err(|it| corrupt(it.to_string()))?;
    let last: Option<i64> = run_output::Entity::find()
        .select_only()
        .column(run_output::Column::Seq)
        .filter(run_output::Column::RunId.eq(row.id))
        .order_by_desc(run_output::Column::Seq)
        .into_tuple()
        .one(db)
        .await?;
    Ok(JenkinsRun {
        run: row.try_into()?,
        lease,
        job: JenkinsJob { job, parameters },
        last_seq: last.unwrap_or_default(),
        is_left: false,
    })
}

impl Database {
    /// Claims the oldest run that waits for Jenkins, with a lease until then; none if there is none, or no Jenkins is set. A run whose
    /// step has another state by now ends as cancelled.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn claim_jenkins_run(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<Option<JenkinsRun>, StoreError> {
        if !self.has_jenkins() || self.runners_are_refused() {
            return Ok(None);
        }
        let now = now.trunc_subsecs(3);
        loop {
            // Most calls find nothing to do, and need no write transaction.
            if next(&self.read).await?.is_none() {
                return Ok(None);
            }
            let tx = self.begin().await?;
            let Some(row) = next(&tx).await? else {
                tx.rollback().await?;
                return Ok(None);
            };
            if let Some(why) = obstacles::obstacle(&tx, &row).await? {
                tx.rollback().await?;
                self.end_unbegun(RunId(row.id), JENKINS, &why, now).await?;
                continue;
            }
            let lease = random::run_lease()?;
            let claimed = run::ActiveModel {
                id: Unchanged(row.id),
                state: Set(RunState::Claimed.to_string()),
                runner: Set(Some(JENKINS.to_owned())),
                lease_sha256: Set(Some(sha256(&lease))),
                lease_until: Set(Some(lease_until.trunc_subsecs(3))),
                version: Set(row.version + 1),
                ..Default::default()
            };
            let claimed = claimed.update(&tx).await?;
            let claimed = with_job(&tx, claimed, lease).await?;
            tx.commit().await?;
            self.run_notices.tell(&claimed.run);
            return Ok(Some(claimed));
        }
    }

    /// Takes over a run whose lease has expired: the server that followed it has stopped, or was killed while it asked Jenkins. None
    /// if there is none.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn take_over_jenkins_run(
        &self,
        now: DateTime<Utc>,
        lease_until: DateTime<Utc>,
    ) -> Result<Option<JenkinsRun>, StoreError> {
        let now = now.trunc_subsecs(3);
        if !self.has_jenkins() || left(&self.read, now).await?.is_none() {
            return Ok(None);
        }
        let tx = self.begin().await?;
        let Some(row) = left(&tx, now).await? else {
            tx.rollback().await?;
            return Ok(None);
        };
        let lease = random::run_lease()?;
        let taken = run::ActiveModel {
            id: Unchanged(row.id),
            lease_sha256: Set(Some(sha256(&lease))),
            lease_until: Set(Some(lease_until.trunc_subsecs(3))),
            ..Default::default()
        };
        let taken = taken.update(&tx).await?;
        let taken = with_job(&tx, taken, lease).await?;
        tx.commit().await?;
        Ok(Some(JenkinsRun {
            is_left: true,
            ..taken
        }))
    }

    /// Ends the leases of all runs at Jenkins, so that they are taken over at once. Only at the start of the only server on the
    /// database: the leases are those of a process that has stopped.
    #[tracing::instrument(level = "debug", skip_all)]
    pub async fn take_back_jenkins_runs(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let tx = self.begin().await?;
        run::Entity::update_many()
            .col_expr(Column::LeaseUntil, Expr::val(Some(now.trunc_subsecs(3))))
            .filter(Column::State.is_in(HELD.map(RunState::as_str)))
            .filter(Column::Kind.eq(RunKind::Jenkins.as_str()))
            .exec(&tx)
            .await?;
        tx.commit().await?;
        Ok(())
    }

    /// Stores where Jenkins has a run: in its queue, or as a build, with which the run begins. Renews the lease. Errors: not found; an
    /// old lease.
    #[tracing::instrument(level = "debug", skip_all, fields(id = id.0))]
    pub async fn set_jenkins_url(
        &self,
        id: RunId,
        lease: &str,
        url: &str,
        has_begun: bool,
        now: DateTime<Utc>,
    ) -> Result<Run, StoreError> {
        let now = now.trunc_subsecs(3);
        let tx = self.begin().await?;
        let row = run_rows::held(&tx, id, lease).await?;
        // A run that is over has no lease.
        if row.lease_until.is_none() {
            return Err(StoreError::LeaseOver);
        }
        let mut told = run::ActiveModel {
            id: Unchanged(row.id),
            jenkins_url: Set(Some(url.to_owned())),
            lease_until: Set(row.lease_until.max(Some(self.lease_end(now)))),
            version: Set(row.version + 1),
            ..Default::default()
        };
        if has_begun && row.started_at.is_none() {
            told.state = Set(RunState::Running.to_string());
            told.started_at = Set(Some(now));
        }
        let told: Run = told.update(&tx).await?.try_into()?;
        tx.commit().await?;
        self.run_notices.tell(&told);
        Ok(told)
    }
}
