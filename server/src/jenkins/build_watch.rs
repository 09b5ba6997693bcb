//! One run at Jenkins, from its start to its end (R64): the job is started once, the URL of its queue item is stored, and then it is
//! polled. The holder of the lease may stop at any time: another server continues from the stored URL, or searches for the build.
use super::{
    client::{JenkinsClient, QueuedState},
    console::ConsoleReader,
    failure::JenkinsFailure,
    polls::Polls,
    responses::{BuildAnswer, ExecutableAnswer, JenkinsPlace, build_url, run_mark},
};
use app::{
    api::context::now,
    domain::{
        id::RunId,
        run::{OutputChunk, Run, RunEnd},
    },
    store::{
        Database,
        error::{StoreError, chain},
        runs::{jenkins_work::JenkinsRun, notices::RunNotice},
    },
};
use chrono::TimeDelta;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{broadcast, watch},
    time::{Instant, sleep},
};

/// Attempts to store the URL of a run that Jenkins has begun: without it the run is lost.
const STORE_TRIES: u32 = 100;
/// Delay between two of these attempts.
const STORE_PAUSE: Duration = Duration::from_millis(200);
/// Searches for a build whose start got no answer.
const SEARCHES_MAX: u32 = 20;
/// Searches that Jenkins answers without having it: the request may still be on its way.
const MISSES_MAX: u32 = 4;
/// Requests for the console of a finished build that cannot be read, or announces more data.
const LATE_READS_MAX: u32 = 5;
/// The shortest time between two reports that only renew the lease.
const BEAT_MIN: Duration = Duration::from_millis(200);

/// The result of one poll.
enum Seen {
    /// No progress since the last poll.
    Same,
    /// Progress since the last poll.
    Moved,
    /// It has ended, and its end is stored.
    Over,
}

/// A run that this server follows.
pub struct BuildWatch {
    database: Database,
    client: Arc<JenkinsClient>,
    polls: Polls,
    stop: watch::Receiver<bool>,
    notices: broadcast::Receiver<RunNotice>,
    claimed: JenkinsRun,
    console: ConsoleReader,
    /// Whether its cancellation was requested.
    is_cancelled: bool,
    /// Whether its timeout has expired.
    is_late: bool,
    /// Whether Jenkins was told to stop it at its current place, queue item or build.
    is_told_to_end: bool,
    /// Failed polls since the last successful one; the first is logged.
    n_failed: u32,
    late_reads: u32,
}

impl BuildWatch {
    /// Follows a run that this server has claimed or taken over, until it ends or `stop` says true.
    pub fn new(
        database: Database,
        client: Arc<JenkinsClient>,
        polls: Polls,
        stop: watch::Receiver<bool>,
        claimed: JenkinsRun,
    ) -> Self {
        Self {
            console: ConsoleReader::new(claimed.run.output_bytes, claimed.last_seq),
            is_cancelled: claimed.run.cancel_by.is_some(),
            notices: database.follow_runs(),
            database,
            client,
            polls,
            stop,
            claimed,
            is_late: false,
            is_told_to_end: false,
            n_failed: 0,
            late_reads: 0,
        }
    }

    /// Follows it to its end. A failure here does not end the run: the next holder of the lease continues.
    pub async fn run(mut self) {
        let id = self.id();
        match self.carry_out().await {
            Ok(()) => {}
            // Another server continues, or the run is lost.
            Err(StoreError::LeaseOver) => {
                tracing::warn!(run = id.0, "a run at Jenkins is another's now");
            }
            Err(error) => {
                tracing::error!(run = id.0, error = %chain(&error), "a run at Jenkins cannot be followed: it is tried again");
            }
        }
    }

    fn id(&self) -> RunId {
        self.claimed.run.id
    }

    async fn carry_out(&mut self) -> Result<(), StoreError> {
        let stored = self.claimed.run.jenkins_url.as_deref();
        let stored = stored.and_then(JenkinsPlace::of_url);
        let place = if stored.is_some() {
            stored
        } else if self.claimed.is_left {
            self.search().await?
        } else {
            self.start().await?
        };
        let Some(mut place) = place else {
            return Ok(());
        };
        let mut wait = self.polls.first;
        loop {
            wait = match self.look(&mut place).await? {
                Seen::Over => return Ok(()),
                Seen::Moved => self.polls.first,
                Seen::Same => wait,
            };
            if !self.rest(wait).await? {
                return Ok(());
            }
            wait = self.polls.after(wait);
        }
    }

    /// Starts the job, once. None if that ended the run, or if the server stops.
    async fn start(&mut self) -> Result<Option<JenkinsPlace>, StoreError> {
        let mark = run_mark(&self.claimed.run);
        match self.client.start(&self.claimed.job, &mark).await {
            Ok(url) => {
                self.store_place(&url, false).await?;
                Ok(JenkinsPlace::of_url(&url))
            }
            Err(failure) if failure.may_be_done() => {
                tracing::warn!(run = self.id().0, %failure, "it is unknown whether Jenkins has begun a run: its build is searched for");
                self.search().await
            }
            Err(failure) => {
                let error = Some(failure.to_string());
                self.finish(RunEnd {
                    error,
                    ..RunEnd::default()
                })
                .await?;
                Ok(None)
            }
        }
    }

    /// Searches for the build of a start that got no answer. None if it was not found, which ends the run as lost, or if the server
    /// stops.
    async fn search(&mut self) -> Result<Option<JenkinsPlace>, StoreError> {
        let mark = run_mark(&self.claimed.run);
        let (mut n_searched, mut n_missed) = (0, 0);
        let mut wait = self.polls.first;
        while n_searched < SEARCHES_MAX && n_missed < MISSES_MAX {
            if !self.rest(wait).await? {
                return Ok(None);
            }
            match self.client.marked(&self.claimed.job, &mark).await {
                Ok(Some((place, url))) => {
                    let has_begun = matches!(place, JenkinsPlace::Build(_));
                    self.store_place(&url, has_begun).await?;
                    return Ok(Some(place));
                }
                Ok(None) => n_missed += 1,
                Err(failure) => {
                    tracing::warn!(run = self.id().0, %failure, "the build of a run cannot be searched for");
                }
            }
            n_searched += 1;
            wait = self.polls.after(wait);
        }
        let (id, lease) = (self.id(), self.claimed.lease.as_str());
        self.database.lose_jenkins_run(id, lease, now()).await?;
        Ok(None)
    }

    /// Stores the URL of the queue item or build. Retried while the database is busy, so that a run that Jenkins has begun is not lost.
    async fn store_place(&mut self, url: &str, has_begun: bool) -> Result<(), StoreError> {
        let (id, lease) = (self.id(), self.claimed.lease.clone());
        let mut tries = 0;
        loop {
            let stored = self
                .database
                .set_jenkins_url(id, &lease, url, has_begun, now());
            match stored.await {
                Ok(run) => {
                    self.is_cancelled |= run.cancel_by.is_some();
                    self.claimed.run = run;
                    return Ok(());
                }
                Err(error @ (StoreError::LeaseOver | StoreError::NotFound(_))) => {
                    return Err(error);
                }
                Err(error) if tries >= STORE_TRIES => return Err(error),
                Err(_) => {}
            }
            tries += 1;
            sleep(STORE_PAUSE).await;
        }
    }

    /// Polls its state.
    async fn look(&mut self, place: &mut JenkinsPlace) -> Result<Seen, StoreError> {
        let seen = match *place {
            JenkinsPlace::Queue(id) => self.look_at_queue(id, place).await?,
            JenkinsPlace::Build(number) => self.look_at_build(number).await?,
        };
        match seen {
            Ok(seen) => {
                self.n_failed = 0;
                Ok(seen)
            }
            Err(failure) => {
                if self.n_failed == 0 {
                    tracing::warn!(run = self.id().0, %failure, "Jenkins cannot be asked for a run: it is asked again");
                }
                self.n_failed = self.n_failed.saturating_add(1);
                Ok(Seen::Same)
            }
        }
    }

    async fn look_at_queue(
        &mut self,
        id: u64,
        place: &mut JenkinsPlace,
    ) -> Result<Result<Seen, JenkinsFailure>, StoreError> {
        if self.is_cancelled && !self.is_told_to_end {
            self.is_told_to_end = self.client.cancel_queued(id).await.is_ok();
        }
        let found = match self.client.queued(id).await {
            Ok(QueuedState::Forgotten) => self.client.build_of(&self.claimed.job, id).await,
            Ok(QueuedState::Left(build)) => Ok(Some(build)),
            Ok(QueuedState::Waiting) => return Ok(Ok(Seen::Same)),
            Ok(QueuedState::Cancelled) => {
                self.finish(cancelled(None)).await?;
                return Ok(Ok(Seen::Over));
            }
            Err(failure) => Err(failure),
        };
        let build = match found {
            Ok(build) => build,
            Err(failure) => return Ok(Err(failure)),
        };
        let Some(ExecutableAnswer { number, url }) = build else {
            let end = if self.is_cancelled {
                cancelled(None)
            } else {
                let url = self.claimed.run.jenkins_url.as_deref().unwrap_or_default();
                failed(format!(
                    "Jenkins has neither the item nor a build of it: {url}"
                ))
            };
            self.finish(end).await?;
            return Ok(Ok(Seen::Over));
        };
        let url = build_url(self.client.base(), &self.claimed.job, number, url);
        self.store_place(&url, true).await?;
        *place = JenkinsPlace::Build(number);
        self.is_told_to_end = false;
        Ok(Ok(Seen::Moved))
    }

    async fn look_at_build(
        &mut self,
        number: u64,
    ) -> Result<Result<Seen, JenkinsFailure>, StoreError> {
        self.is_late |= is_late(&self.claimed.run);
        if (self.is_cancelled || self.is_late) && !self.is_told_to_end {
            let stopped = self.client.stop(&self.claimed.job, number).await;
            self.is_told_to_end = stopped.is_ok();
        }
        let build = match self.client.build(&self.claimed.job, number).await {
            Ok(Some(build)) => build,
            Ok(None) => {
                let url = self.claimed.run.jenkins_url.as_deref().unwrap_or_default();
                let end = failed(format!("Jenkins has the build no more: {url}"));
                self.finish(end).await?;
                return Ok(Ok(Seen::Over));
            }
            Err(failure) => return Ok(Err(failure)),
        };
        let read = self.read_console(number).await?;
        let BuildAnswer {
            building: false,
            result: Some(result),
        } = build
        else {
            return Ok(read.map(|_| Seen::Same));
        };
        let is_whole = matches!(read, Ok(false));
        if !is_whole && self.late_reads < LATE_READS_MAX {
            self.late_reads += 1;
            // Polled soon again: only the end of its console is missing.
            return Ok(read.map(|_| Seen::Moved));
        }
        let end = RunEnd {
            output_cut: !is_whole,
            ..self.end_of(&result)
        };
        self.finish(end).await?;
        Ok(Ok(Seen::Over))
    }

    /// The end of the run that a build result stands for.
    fn end_of(&self, result: &str) -> RunEnd {
        let url = self.claimed.run.jenkins_url.clone();
        match result {
            "SUCCESS" => RunEnd::default(),
            _ if self.is_cancelled => cancelled(url),
            _ if self.is_late => RunEnd {
                is_timeout: true,
                failure: url,
                ..RunEnd::default()
            },
            "ABORTED" => cancelled(url),
            _ => failed(url.unwrap_or_default()),
        }
    }

    /// Stores the new part of its console. Answers whether more will follow.
    async fn read_console(
        &mut self,
        number: u64,
    ) -> Result<Result<bool, JenkinsFailure>, StoreError> {
        let (job, start) = (&self.claimed.job, self.console.start);
        let mut part = match self.client.console(job, number, start).await {
            Ok(part) => part,
            Err(failure) => return Ok(Err(failure)),
        };
        let broken = loop {
            match part.bytes().await {
                Ok(Some(bytes)) => self.console.take(&bytes),
                Ok(None) => break None,
                Err(failure) => break Some(failure),
            }
            if self.console.is_full() {
                self.store_output().await?;
            }
        };
        let next = if broken.is_none() { part.next } else { None };
        self.console.end_part(next);
        self.store_output().await?;
        Ok(broken.map_or(Ok(part.has_more), Err))
    }

    async fn store_output(&mut self) -> Result<(), StoreError> {
        let chunks = self.console.chunks(now());
        if chunks.is_empty() {
            return Ok(());
        }
        self.report(chunks).await
    }

    /// Stores output, and renews the lease.
    async fn report(&mut self, chunks: Vec<OutputChunk>) -> Result<(), StoreError> {
        let (id, lease) = (self.id(), self.claimed.lease.as_str());
        let answer = self.database.take_output(id, lease, chunks, now()).await?;
        self.is_cancelled |= answer.cancel;
        Ok(())
    }

    async fn finish(&self, end: RunEnd) -> Result<(), StoreError> {
        let (id, lease) = (self.id(), self.claimed.lease.as_str());
        let finished = self.database.finish_run(id, lease, end, Vec::new(), now());
        finished.await.map(drop)
    }

    /// Waits for this time, or until a cancellation is requested, and renews the lease meanwhile. False once the server stops.
    async fn rest(&mut self, wait: Duration) -> Result<bool, StoreError> {
        let until = Instant::now() + wait;
        let beat = (self.database.run_lease() / 4).max(BEAT_MIN);
        let (id, was_cancelled) = (self.id(), self.is_cancelled);
        loop {
            let left = until.saturating_duration_since(Instant::now());
            tokio::select! {
                () = sleep(left.min(beat)) => {}
                () = is_changed(&mut self.notices, id) => {}
                _ = self.stop.changed() => {}
            }
            if *self.stop.borrow() {
                return Ok(false);
            }
            self.report(Vec::new()).await?;
            let is_news = self.is_cancelled && !was_cancelled;
            if is_news || Instant::now() >= until {
                return Ok(true);
            }
        }
    }
}

/// Waits for a notice about this run that is not about its output.
async fn is_changed(notices: &mut broadcast::Receiver<RunNotice>, run: RunId) {
    loop {
        match notices.recv().await {
            Ok(notice) if notice.run == run && notice.chunks.is_empty() => return,
            Ok(_) => {}
            Err(broadcast::error::RecvError::Lagged(_)) => return,
            Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        }
    }
}

/// Whether the timeout of a run has expired.
fn is_late(run: &Run) -> bool {
    let timeout = TimeDelta::seconds(run.timeout_seconds.into());
    run.started_at.is_some_and(|it| now() >= it + timeout)
}

/// The end of a cancelled run: in the queue, or as the build at this URL.
fn cancelled(url: Option<String>) -> RunEnd {
    RunEnd {
        is_cancelled: true,
        failure: url,
        ..RunEnd::default()
    }
}

fn failed(why: String) -> RunEnd {
    RunEnd {
        failure: Some(why),
        ..RunEnd::default()
    }
}
