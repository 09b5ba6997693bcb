//! Executes one run and reports it to the server: begin, process, heartbeats with output, finish. The process starts only after the
//! server has confirmed the begin, and is killed when the lease has expired or was refused.
use super::{
    mask::{Masker, Masks},
    output_buffer::{OutputBuffer, stream_index},
    process::RunningJob,
};
use app::{
    api::context,
    domain::run::{OutputChunk, OutputStream, RunEnd},
};
use std::{future, io, pin::Pin, time::Duration};
use tokio::{
    sync::watch,
    time::{Instant, sleep, sleep_until, timeout_at},
};

/// Between two tries while the server is away.
const RETRY_MIN: Duration = Duration::from_millis(200);
const RETRY_MAX: Duration = Duration::from_secs(5);
/// Heartbeats in the time of a lease.
const HEARTBEATS: u32 = 4;

/// Why a report was not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReportError {
    /// Nobody answered, or the server cannot answer now. It may have heard the report.
    #[error("{0}")]
    Away(String),
    /// The run is not this program's any more.
    #[error("{0}")]
    LeaseOver(String),
    /// Anything else that the server says against it; to try again is no use.
    #[error("{0}")]
    Refused(String),
}

/// Where a run is reported to. A report that was perhaps not heard is sent again.
pub trait RunReports: Send + Sync {
    /// That the text is about to be run.
    fn begin(&self) -> impl Future<Output = Result<(), ReportError>> + Send;

    /// That it still runs, and what it has written. Answers whether somebody wants it to end.
    fn heartbeat(
        &self,
        output: &[OutputChunk],
    ) -> impl Future<Output = Result<bool, ReportError>> + Send;

    /// How it ended, and the rest of what it has written.
    fn finish(
        &self,
        end: &RunEnd,
        output: &[OutputChunk],
    ) -> impl Future<Output = Result<(), ReportError>> + Send;
}

/// How a run went, for who ran it.
#[derive(Debug)]
pub enum ReportedRun {
    /// It ended so, and the server knows.
    Told(RunEnd),
    /// It ended so, and the server could not be told, because of this.
    Untold(RunEnd, ReportError),
    /// The process was not started, or was killed, because no report could reach the server under this lease.
    GivenUp(ReportError),
}

/// Runs a text and reports it.
pub struct RunReporter<R> {
    pub reports: R,
    /// How long the server waits for a report.
    pub lease: Duration,
    pub masks: Masks,
    /// Becomes true if this program wants the text to end, as with Ctrl-C.
    pub cancel: watch::Receiver<bool>,
}

/// A heartbeat that is under way: what it answers, and when it was sent.
type Heartbeat<'a> =
    Pin<Box<dyn Future<Output = (Result<bool, ReportError>, Instant)> + Send + 'a>>;

/// When the next heartbeat is due, and until when the run is this program's.
struct LeaseClock {
    lease: Duration,
    /// By this program's own clock, counted from when the last report was sent: not later than by the server's.
    end: Instant,
    next: Instant,
    /// Until the next try while the server is away.
    retry: Duration,
}

impl LeaseClock {
    fn new(lease: Duration) -> Self {
        let now = Instant::now();
        Self {
            lease,
            end: now + lease,
            next: now + lease / HEARTBEATS,
            retry: RETRY_MIN,
        }
    }

    /// A report of this time was heard.
    fn renew(&mut self, sent: Instant) {
        self.end = sent + self.lease;
        self.next = sent + self.lease / HEARTBEATS;
        self.retry = RETRY_MIN;
    }

    /// When to send something: at once if output is due, but not sooner than it makes sense while the server is away.
    fn due(&self, buffer: &OutputBuffer) -> Instant {
        if self.retry > RETRY_MIN {
            self.next
        } else if buffer.is_due() {
            Instant::now()
        } else {
            buffer.due_at().map_or(self.next, |it| it.min(self.next))
        }
    }

    /// The server is away.
    fn put_off(&mut self) {
        self.next = Instant::now() + self.retry.min(self.lease / HEARTBEATS);
        self.retry = (self.retry * 2).min(RETRY_MAX);
    }
}

impl<R: RunReports> RunReporter<R> {
    /// Tells the begin, runs what `start` starts, and tells the end.
    pub async fn run(mut self, start: impl FnOnce() -> io::Result<RunningJob>) -> ReportedRun {
        let mut clock = LeaseClock::new(self.lease);
        match begin(&self.reports, clock.end).await {
            Ok(sent) => clock.renew(sent),
            Err(why) => return ReportedRun::GivenUp(why),
        }
        let mut buffer = OutputBuffer::default();
        let is_over = *self.cancel.borrow();
        if is_over {
            let end = RunEnd {
                is_cancelled: true,
                ..RunEnd::default()
            };
            return finish(&self.reports, self.lease, end, buffer).await;
        }
        let (end, gone) = match start() {
            Ok(job) => self.follow(job, &mut buffer, &mut clock).await,
            Err(error) => {
                let end = RunEnd {
                    error: Some(error.to_string()),
                    ..RunEnd::default()
                };
                (end, None)
            }
        };
        match gone {
            Some(why) => ReportedRun::GivenUp(why),
            None => finish(&self.reports, self.lease, end, buffer).await,
        }
    }

    /// Reads and reports until the text has ended. Answers its end, and why the run is not this program's any more, if so.
    async fn follow(
        &mut self,
        mut job: RunningJob,
        buffer: &mut OutputBuffer,
        clock: &mut LeaseClock,
    ) -> (RunEnd, Option<ReportError>) {
        let mut maskers = [(); 2].map(|()| Masker::new(self.masks.clone()));
        let mut gone: Option<ReportError> = None;
        let mut is_cancelled = false;
        let mut beat: Option<Heartbeat<'_>> = None;
        let (reports, cancel) = (&self.reports, &mut self.cancel);
        loop {
            let (is_beating, is_gone) = (beat.is_some(), gone.is_some());
            let due = clock.due(buffer);
            tokio::select! {
                piece = job.output.recv() => {
                    let Some((stream, bytes)) = piece else { break };
                    let masked = maskers[stream_index(stream)].push(&bytes);
                    buffer.push(stream, &masked, context::now());
                }
                () = becomes_true(cancel), if !is_cancelled => {
                    is_cancelled = true;
                    job.cancel();
                }
                () = sleep_until(due), if !is_beating && !is_gone => {
                    beat = Some(Box::pin(send(reports, buffer.batch())));
                }
                (answer, sent) = answered(&mut beat), if is_beating => {
                    beat = None;
                    match answer {
                        Ok(wants_end) => {
                            buffer.confirm();
                            clock.renew(sent);
                            if wants_end {
                                job.cancel();
                            }
                        }
                        Err(ReportError::Away(why)) => {
                            tracing::warn!(%why, "the server is away; it is tried again");
                            clock.put_off();
                        }
                        Err(why) => {
                            gone = Some(why);
                            job.cancel();
                        }
                    }
                }
                () = sleep_until(clock.end), if !is_gone => {
                    gone = Some(no_answer());
                    job.cancel();
                }
            }
        }
        // Cut off, if one is under way: what it told is told again.
        drop(beat);
        for stream in [OutputStream::Stdout, OutputStream::Stderr] {
            let held = maskers[stream_index(stream)].finish();
            buffer.push(stream, &held, context::now());
        }
        let mut end = job.wait().await;
        end.last_line = end.last_line.or_else(|| buffer.last_line());
        end.output_cut = buffer.is_cut();
        end.output_bytes = Some(buffer.n_pushed());
        (end, gone)
    }
}

/// Tells the begin, again and again until this time if the server is away. Answers when what was heard was sent.
async fn begin(reports: &impl RunReports, until: Instant) -> Result<Instant, ReportError> {
    let mut wait = RETRY_MIN;
    loop {
        let sent = Instant::now();
        let told = timeout_at(until, reports.begin()).await;
        match told.unwrap_or_else(|_| Err(no_answer())) {
            Err(ReportError::Away(_)) if Instant::now() + wait < until => {
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
            told => return told.map(|()| sent),
        }
    }
}

/// Tells the end, and before it what is still to be told of the output. While the server is away it is tried for the time of a
/// lease.
async fn finish(
    reports: &impl RunReports,
    lease: Duration,
    end: RunEnd,
    mut buffer: OutputBuffer,
) -> ReportedRun {
    let until = Instant::now() + lease;
    let mut wait = RETRY_MIN;
    loop {
        let output = buffer.batch();
        let is_last = buffer.is_last_batch();
        let told = if is_last {
            reports.finish(&end, &output).await
        } else {
            reports.heartbeat(&output).await.map(|_| ())
        };
        match told {
            Ok(()) if is_last => return ReportedRun::Told(end),
            Ok(()) => {
                buffer.confirm();
                wait = RETRY_MIN;
            }
            Err(ReportError::Away(_)) if Instant::now() < until => {
                sleep(wait).await;
                wait = (wait * 2).min(RETRY_MAX);
            }
            Err(why) => return ReportedRun::Untold(end, why),
        }
    }
}

async fn send(
    reports: &impl RunReports,
    output: Vec<OutputChunk>,
) -> (Result<bool, ReportError>, Instant) {
    let sent = Instant::now();
    (reports.heartbeat(&output).await, sent)
}

/// The answer to the heartbeat that is under way.
async fn answered(beat: &mut Option<Heartbeat<'_>>) -> (Result<bool, ReportError>, Instant) {
    match beat {
        Some(beat) => beat.await,
        None => future::pending().await,
    }
}

/// Waits until it is true, which may be never.
pub async fn becomes_true(told: &mut watch::Receiver<bool>) {
    if told.wait_for(|it| *it).await.is_err() {
        future::pending::<()>().await;
    }
}

fn no_answer() -> ReportError {
    ReportError::Away("the server did not answer as long as this run was ours".to_owned())
}
