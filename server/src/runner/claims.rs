//! The runner's loop (R73): asks for runs as long as there is room for one, and runs each beside the others. At its end it takes no
//! more, waits for those that run, gives back one that still comes, and says goodbye.
use super::{
    environment::EnvironmentRules,
    mask::Masks,
    process::{Job, JobCommand},
    reporter::{ReportError, ReportedRun, RunReporter, becomes_true},
    runner_server::{LeasedReports, RunnerServer},
};
use app::domain::{
    run::RunKind,
    runner::{ClaimedRun, RunnerHello},
};
use std::{env, future, io, pin::Pin, sync::Arc, time::Duration};
use tokio::{
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep},
};

/// Between two questions while the server is away.
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(15);
/// Between two words to the server that this runner has to end, until its question for a run is answered.
const DRAIN_INTERVAL: Duration = Duration::from_secs(1);

/// A runner, and all that it was told at its start.
pub struct RunnerProgram {
    pub server: RunnerServer,
    /// What it says of itself when it asks for a run.
    pub hello: RunnerHello,
    /// By what an sql text is run.
    pub sql: Option<JobCommand>,
    pub environment: EnvironmentRules,
    pub masks: Masks,
}

/// What somebody wants of a runner that works.
#[derive(Clone)]
pub struct RunnerSignals {
    /// Becomes true when it has to end: no run is begun any more.
    pub drain: watch::Receiver<bool>,
    /// Becomes true when also those that run have to end, and no answer is waited for any more.
    pub cancel: watch::Receiver<bool>,
}

/// A question for a run that is under way.
type PendingClaim<'a> =
    Pin<Box<dyn Future<Output = Result<Option<ClaimedRun>, ReportError>> + Send + 'a>>;

impl RunnerProgram {
    /// Works until it has to end, and the last run has ended. Errors: the server does not take this runner any more.
    pub async fn work(self: Arc<Self>, mut signals: RunnerSignals) -> Result<(), ReportError> {
        let room = usize::try_from(self.hello.max_parallel).unwrap_or(usize::MAX);
        let mut runs = JoinSet::new();
        // Kept while runs end: an answer to a question that was dropped would be a run that nobody has.
        let mut claim: Option<PendingClaim<'_>> = None;
        let mut wait = Duration::ZERO;
        let refused = loop {
            if *signals.drain.borrow() {
                break Ok(());
            }
            if claim.is_none() && runs.len() < room {
                let drain = signals.drain.clone();
                claim = Some(Box::pin(self.claim_after(wait, drain)));
            }
            let (is_asking, has_runs) = (claim.is_some(), !runs.is_empty());
            tokio::select! {
                // First the end, so that nothing is begun after it.
                biased;
                () = becomes_true(&mut signals.drain) => {}
                _ = runs.join_next(), if has_runs => {}
                answer = answered(&mut claim), if is_asking => {
                    claim = None;
                    match answer {
                        Ok(claimed) => {
                            wait = Duration::ZERO;
                            if let Some(run) = claimed {
                                runs.spawn(Arc::clone(&self).run(run, signals.cancel.clone()));
                            }
                        }
                        Err(ReportError::Away(why)) => {
                            tracing::warn!(%why, "the server is away; it is tried again");
                            wait = (wait * 2).clamp(RETRY_MIN, RETRY_MAX);
                        }
                        Err(why) => break Err(why),
                    }
                }
            }
        };
        let n_runs = runs.len();
        if let Some(claim) = claim {
            self.give_back(claim, n_runs, signals.cancel).await;
        }
        let ended = async { while runs.join_next().await.is_some() {} };
        tokio::pin!(ended);
        tokio::select! {
            // Without runs its goodbye says all.
            biased;
            () = &mut ended => {}
            () = self.say_that_it_drains(n_runs) => ended.await,
        }
        if let Err(why) = self.server.say_goodbye().await {
            tracing::warn!(%why, "the server could not be told that this runner has ended");
        }
        refused
    }

    /// Asks for a run after this time; none at once if the runner has to end meanwhile.
    async fn claim_after(
        &self,
        wait: Duration,
        mut drain: watch::Receiver<bool>,
    ) -> Result<Option<ClaimedRun>, ReportError> {
        if !wait.is_zero() {
            tokio::select! {
                () = becomes_true(&mut drain) => return Ok(None),
                () = sleep(wait) => {}
            }
        }
        self.server.claim(&self.hello).await
    }

    /// Waits for the answer to a question that is under way when the runner has to end, because the run that comes with it would be
    /// nobody's; it goes back into the queue. Told once more to end, it waits for nothing.
    async fn give_back(
        &self,
        claim: PendingClaim<'_>,
        n_runs: usize,
        mut cancel: watch::Receiver<bool>,
    ) {
        let given_back = async {
            let Ok(Some(run)) = self.hurried(claim, n_runs).await else {
                return;
            };
            let (id, lease) = (run.run.id, Duration::from_secs(run.lease_seconds.into()));
            match put_back(&self.server.reports(&run), lease).await {
                Ok(()) => tracing::info!(run = %id, "a run is given back, not begun"),
                Err(why) => {
                    tracing::error!(run = %id, %why, "a run was not begun, and the server could not be told");
                }
            }
        };
        tokio::select! {
            () = becomes_true(&mut cancel) => {}
            () = given_back => {}
        }
    }

    /// The answer to a question that is under way, once the server knows that it need not wait. It is told again, because the word may
    /// come before the question.
    async fn hurried(
        &self,
        mut claim: PendingClaim<'_>,
        n_runs: usize,
    ) -> Result<Option<ClaimedRun>, ReportError> {
        loop {
            let told = async {
                // Without it the answer only comes later.
                let _ = self.server.drain(n_runs).await;
                sleep(DRAIN_INTERVAL).await;
            };
            tokio::select! {
                answer = &mut claim => return answer,
                () = told => {}
            }
        }
    }

    /// Says that no run is taken any more while these come to their end, until the server has heard it.
    async fn say_that_it_drains(&self, n_runs: usize) {
        let mut wait = RETRY_MIN;
        while let Err(ReportError::Away(_)) = self.server.drain(n_runs).await {
            sleep(wait).await;
            wait = (wait * 2).min(RETRY_MAX);
        }
    }

    /// Runs one text to its end.
    async fn run(self: Arc<Self>, run: ClaimedRun, cancel: watch::Receiver<bool>) {
        let id = run.run.id;
        tracing::info!(run = %id, step = run.step, customer = run.customer, cluster = run.cluster, "a run begins");
        let reporter = RunReporter {
            reports: self.server.reports(&run),
            lease: Duration::from_secs(run.lease_seconds.into()),
            masks: self.masks.clone(),
            cancel,
        };
        let reported = reporter.run(|| self.job(run)?.start()).await;
        match reported {
            ReportedRun::Told(end) => {
                tracing::info!(run = %id, exit_code = end.exit_code, signal = end.signal, "a run has ended");
            }
            ReportedRun::Untold(_, why) => {
                tracing::error!(run = %id, %why, "a run has ended, and the server could not be told how");
            }
            ReportedRun::GivenUp(why) => {
                tracing::error!(run = %id, %why, "a run was given up, and its text ended if it was begun");
            }
        }
    }

    /// What is to be run. Errors: this runner has no command for it.
    fn job(&self, run: ClaimedRun) -> io::Result<Job> {
        let command = match run.run.kind {
            RunKind::Bash => Some(JobCommand::bash()),
            RunKind::Sql => self.sql.clone(),
            RunKind::Jenkins => None,
        };
        let command = command.ok_or_else(|| {
            let kind = run.run.kind;
            let why = format!("this runner has no command for {kind}");
            io::Error::new(io::ErrorKind::Unsupported, why)
        })?;
        Ok(Job {
            command: command.of_customer(&run.namespace, &run.customer, &run.cluster),
            environment: self.environment.of_run(&run, |name| env::var(name).ok()),
            clears_environment: true,
            timeout: Duration::from_secs(run.run.timeout_seconds.into()),
            folder: env::temp_dir(),
            kind: run.run.kind,
            text: run.run.text,
        })
    }
}

/// The answer to the question that is under way.
async fn answered(claim: &mut Option<PendingClaim<'_>>) -> Result<Option<ClaimedRun>, ReportError> {
    match claim {
        Some(claim) => claim.await,
        None => future::pending().await,
    }
}

/// Gives back a run that was not begun, again and again for the time of its lease if the server is away.
async fn put_back(reports: &LeasedReports, lease: Duration) -> Result<(), ReportError> {
    let until = Instant::now() + lease;
    let mut wait = RETRY_MIN;
    loop {
        match reports.give_back().await {
            Err(ReportError::Away(_)) if Instant::now() < until => {
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
            // It was heard the last time, and only the answer was lost.
            Err(ReportError::LeaseOver(_)) => return Ok(()),
            told => return told,
        }
    }
}
