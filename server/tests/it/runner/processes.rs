//! Tests of a text as a process, with the real program as its helper: what it sees, how it ends, and that nothing of it is left.
use super::{sleepers, until};
use app::domain::run::{OutputStream, RunEnd, RunKind};
use rustix::io::{FdFlags, fcntl_setfd};
use server::runner::process::{Job, JobCommand, RunningJob};
use std::{
    fs,
    path::Path,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// The program that is the helper.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_rollcall");

/// A bash text whose private folder is made here.
pub fn job(folder: &Path, text: &str) -> Job {
    let path = std::env::var("PATH").unwrap();
    Job {
        text: text.to_owned(),
        kind: RunKind::Bash,
        command: JobCommand::bash(),
        environment: vec![
            ("PATH".to_owned(), path),
            ("WHO".to_owned(), "me".to_owned()),
        ],
        clears_environment: true,
        timeout: Duration::from_mins(1),
        folder: folder.to_owned(),
    }
}

pub fn start(job: Job) -> RunningJob {
    job.start_below(Path::new(PROGRAM)).unwrap()
}

/// Reads to the end; standard output, standard error, and the end.
async fn ended(mut job: RunningJob) -> (Vec<u8>, Vec<u8>, RunEnd) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    while let Some((stream, bytes)) = job.output.recv().await {
        match stream {
            OutputStream::Stdout => out.extend(bytes),
            OutputStream::Stderr => err.extend(bytes),
        }
    }
    (out, err, job.wait().await)
}

/// Runs a text to its end, and checks that its private folder is gone; standard output and the end.
async fn run(text: &str) -> (String, RunEnd) {
    let folder = TempDir::new().unwrap();
    let (out, _, end) = ended(start(job(folder.path(), text))).await;
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    (String::from_utf8(out).unwrap(), end)
}

/// Reads until this is in standard output.
async fn read_until(job: &mut RunningJob, words: &str) {
    let mut out = Vec::new();
    while !String::from_utf8_lossy(&out).contains(words) {
        let (_, bytes) = job.output.recv().await.unwrap();
        out.extend(bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_ends_with_its_exit_code_and_both_streams_are_read() {
    let folder = TempDir::new().unwrap();
    let text = "echo out; echo err >&2; printf '\\xff\\x00'; exit 3";
    let (out, err, end) = ended(start(job(folder.path(), text))).await;
    assert_eq!(
        (out.as_slice(), err.as_slice()),
        (&b"out\n\xff\x00"[..], &b"err\n"[..])
    );
    let expected = RunEnd {
        exit_code: Some(3),
        ..RunEnd::default()
    };
    assert_eq!(end, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_ends_at_its_first_failure_also_within_a_pipe() {
    let (out, end) = run("echo one; false | true; echo two").await;
    assert_eq!((out.as_str(), end.exit_code), ("one\n", Some(1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_sees_its_own_environment_an_empty_input_and_no_terminal() {
    let (out, end) =
        run("cat; env | sed 's/=.*//' | sort; pwd; (exec 3<>/dev/tty) 2>/dev/null || echo none")
            .await;
    assert_eq!(end.exit_code, Some(0));
    let lines: Vec<&str> = out.lines().collect();
    // bash itself sets PWD, SHLVL and _.
    assert_eq!(lines[..5], ["PATH", "PWD", "SHLVL", "WHO", "_"]);
    assert!(lines[5].contains("rollcall-run-"), "{out}");
    assert_eq!(lines[6..], ["none"]);
}

#[tokio::test]
async fn a_text_has_no_descriptors_of_who_started_its_runner() {
    let folder = TempDir::new().unwrap();
    let held = fs::File::create(folder.path().join("held")).unwrap();
    // As a script has it open that began with `exec 3> held`.
    fcntl_setfd(&held, FdFlags::empty()).unwrap();
    let (out, end) = run("ls /proc/$$/fd; ls -l /proc/$$/fd | grep -c /held || true").await;
    assert_eq!(end.exit_code, Some(0));
    // bash reads its file by 255.
    assert_eq!(out, "0\n1\n2\n255\n0\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_s_file_is_its_user_s_only() {
    let (out, _) = run("stat -c '%a %A' \"$0\" .").await;
    assert_eq!(out, "700 -rwx------\n700 drwx------\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_is_not_there_is_an_end() {
    let folder = TempDir::new().unwrap();
    let command = JobCommand::parse("no-such-program {file}").unwrap();
    let job = Job {
        command,
        ..job(folder.path(), "")
    };
    let (_, _, end) = ended(start(job)).await;
    let error = end.error.unwrap();
    assert!(error.starts_with("no-such-program: "), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_whose_time_is_up_is_ended_with_its_children() {
    let folder = TempDir::new().unwrap();
    let job = Job {
        timeout: Duration::from_millis(500),
        ..job(folder.path(), "sleep 7101 & sleep 7101")
    };
    let (_, _, end) = ended(start(job)).await;
    assert!(end.is_timeout && !end.is_cancelled, "{end:?}");
    assert_eq!(end.signal.as_deref(), Some("SIGTERM"));
    assert_eq!(sleepers(7101), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_cancelled_can_clean_up() {
    let folder = TempDir::new().unwrap();
    let text = "trap 'echo cleaned; exit 7' TERM; echo ready; sleep 7102 & wait";
    let mut running = start(job(folder.path(), text));
    read_until(&mut running, "ready").await;
    running.cancel();
    running.cancel();
    let (out, _, end) = ended(running).await;
    assert_eq!(out, b"cleaned\n");
    assert!(end.is_cancelled && !end.is_timeout, "{end:?}");
    assert_eq!(end.exit_code, Some(7));
    assert_eq!(sleepers(7102), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_ignores_the_word_to_end_is_killed_after_ten_seconds() {
    let folder = TempDir::new().unwrap();
    let text = "trap '' TERM; echo ready; while true; do sleep 7103; done";
    let mut running = start(job(folder.path(), text));
    read_until(&mut running, "ready").await;
    let began = Instant::now();
    running.cancel();
    let (_, _, end) = ended(running).await;
    assert!(began.elapsed() >= Duration::from_secs(10));
    assert_eq!(end.signal.as_deref(), Some("SIGKILL"));
    assert!(end.is_cancelled);
    assert_eq!(sleepers(7103), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_text_leaves_behind_ends_with_it() {
    let (folder, elsewhere) = (TempDir::new().unwrap(), TempDir::new().unwrap());
    let go = elsewhere.path().join("go");
    let text = format!(
        "\
setsid sleep 7104 &
( ( setsid sleep 7104 & ) & )
nohup sleep 7104 >/dev/null 2>&1 &
(trap '' TERM HUP; exec setsid sleep 7104) &
for n in $(seq 100); do sleep 7104 & done
# They begin others all the time, also while they are ended.
for n in $(seq 5); do (trap '' TERM; while true; do setsid sleep 7104 & sleep 0.1; done) & done
until [ -e '{}' ]; do sleep 0.05; done
echo done",
        go.display()
    );
    let running = start(job(folder.path(), &text));
    until("all sleepers", || (sleepers(7104) > 110).then_some(()));
    fs::write(&go, "").unwrap();
    let began = Instant::now();
    let (out, _, end) = ended(running).await;
    assert_eq!((out.as_slice(), end.exit_code), (&b"done\n"[..], Some(0)));
    assert_eq!(sleepers(7104), 0);
    assert!(began.elapsed() < Duration::from_secs(20));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_closes_its_output_still_ends_with_its_exit_code() {
    let (out, end) = run("exec >&- 2>&-; sleep 0.3; exit 4").await;
    assert_eq!((out.as_str(), end.exit_code), ("", Some(4)));
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_mb_without_a_line_break_are_read_whole() {
    let (out, end) = run("head -c 10000000 /dev/zero | tr '\\0' x").await;
    assert_eq!(end.exit_code, Some(0));
    assert_eq!(out.len(), 10_000_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_nobody_has_any_more_ends() {
    let folder = TempDir::new().unwrap();
    let mut running = start(job(folder.path(), "echo ready; sleep 7105"));
    read_until(&mut running, "ready").await;
    until("a sleeper", || (sleepers(7105) == 1).then_some(()));
    drop(running);
    until("no sleeper", || (sleepers(7105) == 0).then_some(()));
    until("no folder", || {
        let left = fs::read_dir(folder.path()).unwrap().count();
        (left == 0).then_some(())
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn sqlite_runs_a_file_and_ends_at_its_first_error() {
    let folder = TempDir::new().unwrap();
    let database = folder.path().join("shop.db");
    let template = format!("sqlite3 -bail '{}' '.read {{file}}'", database.display());
    let sql = |text: &str| Job {
        kind: RunKind::Sql,
        command: JobCommand::parse(&template).unwrap(),
        ..job(folder.path(), text)
    };
    let text = "create table t (n); insert into t values (1), (2); select sum(n) from t;";
    let (out, _, end) = ended(start(sql(text))).await;
    assert_eq!((out.as_slice(), end.exit_code), (&b"3\n"[..], Some(0)));
    let text =
        "insert into t values (3); insert into nowhere values (1); insert into t values (4);";
    let (_, err, end) = ended(start(sql(text))).await;
    assert_eq!(end.exit_code, Some(1));
    let err = String::from_utf8(err).unwrap();
    assert!(err.contains("no such table: nowhere"), "{err}");
    let (out, _, _) = ended(start(sql("select sum(n) from t;"))).await;
    assert_eq!(out, b"6\n");
}
