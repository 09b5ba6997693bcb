//! Tests of what a runner does about the answers to its reports: a server that is away, that says no, or that took the run away.
use super::{
    processes::{job, start},
    sleepers,
};
use app::domain::run::{OutputChunk, RunEnd};
use server::runner::{
    mask::Masks,
    process::RunningJob,
    reporter::{ReportError, ReportedRun, RunReporter, RunReports},
};
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};
use tempfile::TempDir;
use tokio::sync::watch;

type Answers<T> = Mutex<Vec<Result<T, ReportError>>>;

/// What a server answers, the last answer again and again; and what it was told.
struct FakeReports {
    begin: Answers<()>,
    heartbeat: Answers<bool>,
    finish: Answers<()>,
    told: Arc<Mutex<Vec<String>>>,
}

fn next<T: Clone>(answers: &Answers<T>) -> Result<T, ReportError> {
    let mut answers = answers.lock().unwrap();
    if answers.len() > 1 {
        answers.remove(0)
    } else {
        answers[0].clone()
    }
}

impl FakeReports {
    fn tell(&self, what: &str, output: &[OutputChunk]) {
        let text: Vec<u8> = output.iter().flat_map(|it| it.bytes.clone()).collect();
        let line = format!("{what} {}", String::from_utf8_lossy(&text));
        self.told.lock().unwrap().push(line);
    }
}

impl RunReports for FakeReports {
    async fn begin(&self) -> Result<(), ReportError> {
        self.tell("begin", &[]);
        next(&self.begin)
    }

    async fn heartbeat(&self, output: &[OutputChunk]) -> Result<bool, ReportError> {
        let answer = next(&self.heartbeat);
        if answer.is_ok() && !output.is_empty() {
            self.tell("output", output);
        }
        answer
    }

    async fn finish(&self, end: &RunEnd, output: &[OutputChunk]) -> Result<(), ReportError> {
        let last = end.last_line.as_deref().unwrap_or_default();
        self.tell(&format!("finish {:?} {last}:", end.exit_code), output);
        next(&self.finish)
    }
}

fn away() -> ReportError {
    ReportError::Away("away".to_owned())
}

/// A server that takes everything.
fn takes_all() -> FakeReports {
    FakeReports {
        begin: Mutex::new(vec![Ok(())]),
        heartbeat: Mutex::new(vec![Ok(false)]),
        finish: Mutex::new(vec![Ok(())]),
        told: Arc::default(),
    }
}

/// Runs a text with a lease, given in milliseconds; how it went, and what was told.
async fn reported(reports: FakeReports, lease: u64, text: &str) -> (ReportedRun, Vec<String>) {
    let folder = TempDir::new().unwrap();
    let told = Arc::clone(&reports.told);
    let (_keep, cancel) = watch::channel(false);
    let reporter = RunReporter {
        reports,
        lease: Duration::from_millis(lease),
        masks: Masks::new(["hunter2"]).unwrap(),
        cancel,
    };
    let job = job(folder.path(), text);
    let reported = reporter.run(|| Ok(start(job))).await;
    let told = told.lock().unwrap().clone();
    (reported, told)
}

/// Fails if a text is started.
fn nothing() -> io::Result<RunningJob> {
    panic!("a text was started");
}

#[tokio::test(flavor = "multi_thread")]
async fn begin_output_and_end_are_told_in_this_order_with_secrets_masked() {
    let text = "echo one hunter2; echo two >&2";
    let (reported, told) = reported(takes_all(), 60_000, text).await;
    assert!(matches!(reported, ReportedRun::Told(_)), "{reported:?}");
    assert_eq!(told[0], "begin ");
    let all = told[1..].concat();
    assert!(all.contains("one ***\n") && all.contains("two\n"), "{all}");
    assert!(all.contains("finish Some(0) "), "{all}");
    assert!(!all.contains("hunter2"), "{all}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_started_before_its_begin_is_answered() {
    for answer in [
        away(),
        ReportError::LeaseOver("over".to_owned()),
        ReportError::Refused("no".to_owned()),
    ] {
        let reports = FakeReports {
            begin: Mutex::new(vec![Err(answer)]),
            ..takes_all()
        };
        let (_keep, cancel) = watch::channel(false);
        let reporter = RunReporter {
            reports,
            lease: Duration::from_millis(500),
            masks: Masks::default(),
            cancel,
        };
        let reported = reporter.run(nothing).await;
        assert!(matches!(reported, ReportedRun::GivenUp(_)), "{reported:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_is_away_for_less_than_the_lease_hears_everything_once() {
    let reports = FakeReports {
        begin: Mutex::new(vec![Err(away()), Ok(())]),
        heartbeat: Mutex::new(vec![Err(away()), Err(away()), Ok(false)]),
        finish: Mutex::new(vec![Err(away()), Ok(())]),
        ..takes_all()
    };
    let text = "echo one; sleep 3; echo two";
    let (reported, told) = reported(reports, 20_000, text).await;
    assert!(matches!(reported, ReportedRun::Told(_)), "{reported:?}");
    let expected = [
        "begin ",
        "begin ",
        "output one\n",
        "finish Some(0) two: two\n",
        "finish Some(0) two: two\n",
    ];
    assert_eq!(told, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_ended_when_its_lease_is_over_or_taken_away() {
    for (answer, lease) in [
        (away(), 1_000),
        (ReportError::LeaseOver("over".to_owned()), 4_000),
        (ReportError::Refused("no such run".to_owned()), 4_000),
    ] {
        let reports = FakeReports {
            heartbeat: Mutex::new(vec![Err(answer)]),
            ..takes_all()
        };
        let (reported, told) = reported(reports, lease, "sleep 7110").await;
        assert!(matches!(reported, ReportedRun::GivenUp(_)), "{reported:?}");
        assert_eq!(told, ["begin "]);
        assert_eq!(sleepers(7110), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_somebody_cancelled_is_ended_and_the_end_is_told() {
    let reports = FakeReports {
        heartbeat: Mutex::new(vec![Ok(false), Ok(true)]),
        ..takes_all()
    };
    let (reported, told) = reported(reports, 2_000, "sleep 7111").await;
    let ReportedRun::Told(end) = reported else {
        panic!("{reported:?}");
    };
    assert!(end.is_cancelled);
    assert_eq!(told.len(), 2);
    assert_eq!(sleepers(7111), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_nobody_hears_is_given_up_after_the_time_of_a_lease() {
    let reports = FakeReports {
        finish: Mutex::new(vec![Err(away())]),
        ..takes_all()
    };
    let (reported, _) = reported(reports, 1_000, "true").await;
    assert!(matches!(reported, ReportedRun::Untold(..)), "{reported:?}");
}
