//! Tests of runs: what an end means for the step, and what is asked for.
use super::{
    run::{OutputChunk, OutputStream, Run, RunEnd, RunKind, RunOutcome, RunRequest, RunState},
    text::Reason,
    vocabulary::StepAction,
};
use chrono::{DateTime, TimeDelta};
use serde_json::json;

fn outcome(end: &RunEnd, run: &Run) -> (RunState, StepAction, Option<String>) {
    let now = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(12_900);
    let RunOutcome {
        state,
        action,
        reason,
    } = end.outcome(run, now);
    (state, action, reason)
}

fn exit(code: i32) -> RunEnd {
    RunEnd {
        exit_code: Some(code),
        last_line: Some("last line".into()),
        ..RunEnd::default()
    }
}

#[test]
fn a_run_succeeds_with_exit_code_0_and_with_nothing_else() {
    let done = (RunState::Succeeded, StepAction::Done, None);
    assert_eq!(outcome(&exit(0), &Run::example()), done);
    let killed = |last_line: Option<&str>| RunEnd {
        signal: Some("SIGKILL".into()),
        last_line: last_line.map(str::to_owned),
        ..RunEnd::default()
    };
    let not_started = RunEnd {
        error: Some("bash: no such file".into()),
        ..RunEnd::default()
    };
    for (end, reason) in [
        (exit(3), "exit code 3: last line"),
        (killed(None), "ended by SIGKILL"),
        (killed(Some("")), "ended by SIGKILL"),
        (killed(Some("a")), "ended by SIGKILL: a"),
        (not_started, "could not be started: bash: no such file"),
        (RunEnd::default(), "ended without an exit code"),
    ] {
        let failed = (RunState::Failed, StepAction::Fail, Some(reason.to_owned()));
        assert_eq!(outcome(&end, &Run::example()), failed);
    }
}

#[test]
fn a_run_at_jenkins_ends_as_its_build() {
    let run = Run {
        kind: RunKind::Jenkins,
        runner: Some("Jenkins".into()),
        ..Run::example()
    };
    let done = (RunState::Succeeded, StepAction::Done, None);
    assert_eq!(outcome(&RunEnd::default(), &run), done);
    let url = "https://ci.example.com/job/deploy/7/";
    let end = |is_cancelled, is_timeout| RunEnd {
        is_cancelled,
        is_timeout,
        failure: Some(url.to_owned()),
        ..RunEnd::default()
    };
    let reason = |end: &RunEnd, run: &Run| outcome(end, run).2.unwrap();
    assert_eq!(reason(&end(false, false), &run), url);
    let late = format!("timed out after 30 s: {url}");
    assert_eq!(reason(&end(false, true), &run), late);
    let there = reason(&end(true, false), &run);
    assert!(there.starts_with("cancelled in Jenkins after "), "{there}");
    assert!(there.ends_with(url), "{there}");
    let by_ana = Run {
        cancel_by: Some("Ana".into()),
        ..run
    };
    let here = reason(&end(true, false), &by_ana);
    assert!(here.starts_with("cancelled by Ana after "), "{here}");
}

#[test]
fn a_timeout_is_told_whatever_the_text_made_of_its_end() {
    let end = RunEnd {
        is_timeout: true,
        ..exit(0)
    };
    let reason = Some("timed out after 30 s".to_owned());
    let failed = (RunState::Failed, StepAction::Fail, reason);
    assert_eq!(outcome(&end, &Run::example()), failed);
}

#[test]
fn a_cancelled_run_names_who_asked_for_it_and_when() {
    let end = RunEnd {
        is_cancelled: true,
        ..exit(143)
    };
    let by_ana = Run {
        cancel_by: Some("Ana".into()),
        ..Run::example()
    };
    let here = Run {
        runner: None,
        ..Run::example()
    };
    let not_begun = Run {
        started_at: None,
        ..Run::example()
    };
    for (run, reason) in [
        (by_ana, "cancelled by Ana after 12 s"),
        (Run::example(), "cancelled at the runner eu-1 after 12 s"),
        (here, "cancelled by Ben after 12 s"),
        (not_begun, "cancelled at the runner eu-1 before it began"),
    ] {
        let reason = Some(reason.to_owned());
        let cancelled = (RunState::Cancelled, StepAction::Fail, reason);
        assert_eq!(outcome(&end, &run), cancelled);
    }
}

#[test]
fn an_end_that_is_told_later_was_when_it_was_but_not_before_the_begin_or_in_the_future() {
    let at = |seconds| DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
    let run = Run {
        asked_at: at(50),
        started_at: Some(at(100)),
        ..Run::example()
    };
    let not_begun = Run {
        started_at: None,
        ..run.clone()
    };
    let ended = |run: &Run, ago, now| {
        let end = RunEnd {
            ended_ago_seconds: ago,
            ..RunEnd::default()
        };
        end.ended_at(run, at(now))
    };
    for (ago, expected) in [
        (None, 900),
        (Some(0), 900),
        (Some(700), 200),
        (Some(801), 100),
        (Some(u64::MAX), 100),
    ] {
        assert_eq!(ended(&run, ago, 900), at(expected), "{ago:?}");
    }
    assert_eq!(ended(&not_begun, Some(900), 900), at(50));
    // The server's clock was set back meanwhile.
    assert_eq!(ended(&run, Some(5), 90), at(90));
}

#[test]
fn whatever_the_last_line_is_it_makes_a_reason() {
    for (line, shown) in [
        ("\u{1b}[1;31merror\u{1b}[0m: no", "exit code 1: error: no"),
        ("a\0b\tc\r\n", "exit code 1: a b c"),
        ("\u{1b}", "exit code 1"),
    ] {
        let end = RunEnd {
            last_line: Some(line.to_owned()),
            ..exit(1)
        };
        let reason = outcome(&end, &Run::example()).2.unwrap();
        assert_eq!(reason, shown);
        assert_eq!(Reason::parse(&reason).unwrap().unwrap().as_str(), shown);
    }
    let long = RunEnd {
        last_line: Some("ä".repeat(20_000)),
        ..exit(1)
    };
    let reason = outcome(&long, &Run::example()).2.unwrap();
    assert!(Reason::parse(&reason).is_ok() && reason.ends_with('…'));
}

#[test]
fn a_run_takes_between_a_second_and_a_day() {
    let timeout = |seconds| {
        let request = RunRequest {
            timeout_seconds: seconds,
            ..RunRequest::default()
        };
        request.timeout().ok()
    };
    assert_eq!(timeout(None), Some(1_800));
    assert_eq!(timeout(Some(1)), Some(1));
    assert_eq!(timeout(Some(86_400)), Some(86_400));
    assert_eq!((timeout(Some(0)), timeout(Some(86_401))), (None, None));
}

#[test]
fn four_states_are_the_last() {
    use RunState::{Cancelled, Failed, Lost, Succeeded};
    let over: Vec<RunState> = RunState::ALL
        .iter()
        .copied()
        .filter(|it| it.is_over())
        .collect();
    assert_eq!(over, [Succeeded, Failed, Cancelled, Lost]);
}

#[test]
fn a_request_and_an_end_are_read_as_programs_write_them() {
    let request: RunRequest =
        serde_json::from_str(r#"{"version":3,"textSha256":"ab","timeoutSeconds":5,"here":true}"#)
            .unwrap();
    let expected = RunRequest {
        version: Some(3),
        text_sha256: Some("ab".into()),
        timeout_seconds: Some(5),
        is_here: true,
    };
    assert_eq!(request, expected);
    let end: RunEnd =
        serde_json::from_str(r#"{"exitCode":1,"timedOut":true,"cancelled":true,"outputBytes":7}"#)
            .unwrap();
    assert!(end.is_timeout && end.is_cancelled && end.exit_code == Some(1));
    assert_eq!(end.output_bytes, Some(7));
}

#[test]
fn output_that_is_no_text_is_in_base64_besides() {
    let chunk = |bytes: &[u8]| OutputChunk {
        seq: 1,
        at: DateTime::UNIX_EPOCH,
        stream: OutputStream::Stderr,
        bytes: bytes.to_vec(),
    };
    let at = "1970-01-01T00:00:00Z";
    for (bytes, written) in [
        (
            &b"ok\n"[..],
            json!({ "seq": 1, "at": at, "stream": "stderr", "text": "ok\n" }),
        ),
        (
            b"a\xff",
            json!({ "seq": 1, "at": at, "stream": "stderr", "text": "a\u{fffd}", "base64": "Yf8=" }),
        ),
    ] {
        assert_eq!(serde_json::to_value(chunk(bytes)).unwrap(), written);
        let read: OutputChunk = serde_json::from_value(written).unwrap();
        assert_eq!(read, chunk(bytes));
    }
    let short = json!({ "seq": 1, "at": at, "stream": "stderr", "base64": "Yf8=" });
    let read: OutputChunk = serde_json::from_value(short).unwrap();
    assert_eq!(read, chunk(b"a\xff"));
    for wrong in [json!({}), json!({ "base64": "Yf8" })] {
        let mut piece = json!({ "seq": 1, "at": at, "stream": "stdout" });
        piece
            .as_object_mut()
            .unwrap()
            .extend(wrong.as_object().unwrap().clone());
        assert!(
            serde_json::from_value::<OutputChunk>(piece).is_err(),
            "{wrong}"
        );
    }
}
