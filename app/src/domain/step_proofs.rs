//! Evidence and runs of a step (R74) as Markdown lists, with their digests, for the report of a release and a customer's runbook, and as
//! lines for the runbook on paper.
use super::{
    evidence::{EvidenceDigest, byte_count},
    release_sheet::SheetRun,
    time_serde::to_minutes,
};
use std::fmt::Write;

/// Both lists, indented as parts of the step's item; empty without any. `inline` escapes a text for one line.
pub fn lists(evidence: &[EvidenceDigest], runs: &[SheetRun], inline: fn(&str) -> String) -> String {
    let mut text = String::new();
    if !evidence.is_empty() {
        text.push_str("\n  Evidence:\n\n");
    }
    for piece in evidence {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  - {}", evidence_line(piece, inline, "`"));
    }
    if !runs.is_empty() {
        text.push_str("\n  Runs:\n\n");
    }
    for run in runs {
        let _ = writeln!(text, "  - {}", run_line(run, inline, "`"));
    }
    text
}

/// Both as lines of plain text; none without any.
pub fn lines(evidence: &[EvidenceDigest], runs: &[SheetRun]) -> Option<String> {
    let plain = str::to_owned;
    let evidence = evidence
        .iter()
        .map(|it| format!("Evidence: {}", evidence_line(it, plain, "")));
    let runs = runs
        .iter()
        .map(|it| format!("Run {}", run_line(it, plain, "")));
    let lines: Vec<String> = evidence.chain(runs).collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

/// "log.txt, 512 bytes, SHA-256 `…`"; `mark` is what stands around a digest.
fn evidence_line(piece: &EvidenceDigest, inline: fn(&str) -> String, mark: &str) -> String {
    let (name, size, sha256) = (inline(&piece.name), byte_count(piece.bytes), &piece.sha256);
    format!("{name}, {size}, SHA-256 {mark}{sha256}{mark}")
}

/// "12 on eu-1 by Ana, 2026-06-01 09:12 UTC: succeeded, exit code 0, output of 512 bytes, SHA-256 `…`".
fn run_line(run: &SheetRun, inline: fn(&str) -> String, mark: &str) -> String {
    let mut line = run.id.to_string();
    if let Some(runner) = &run.runner {
        let _ = write!(line, " on {}", inline(runner));
    }
    let _ = write!(line, " by {}", inline(&run.asked_by));
    if let Some(at) = run.ended_at {
        let _ = write!(line, ", {}", to_minutes(at));
    }
    let _ = write!(line, ": {}", end(run, inline));
    if let Some(sha256) = run.output_sha256.as_ref().filter(|_| run.output_bytes > 0) {
        let bytes = u32::try_from(run.output_bytes).unwrap_or(u32::MAX);
        let cut = if run.output_cut { ", cut" } else { "" };
        let size = byte_count(bytes);
        let _ = write!(
            line,
            ", output of {size}{cut}, SHA-256 {mark}{sha256}{mark}"
        );
    }
    line
}

/// How it ended. Without an exit code only the reason tells it: "lost its runner at 14:02 UTC, …", "cancelled by Ana after 12 s".
fn end(run: &SheetRun, inline: fn(&str) -> String) -> String {
    let state = run.state.as_str();
    match (run.exit_code, &run.reason) {
        (Some(code), _) => format!("{state}, exit code {code}"),
        (None, Some(reason)) if reason.starts_with(state) => inline(reason),
        (None, Some(reason)) => format!("{state}, {}", inline(reason)),
        (None, None) => state.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{evidence::EvidenceKind, id::RunId, run::RunState};

    fn marked(text: &str) -> String {
        text.replace('_', "\\_")
    }

    fn run() -> SheetRun {
        SheetRun {
            id: RunId(12),
            state: RunState::Failed,
            runner: Some("eu_1".into()),
            asked_by: "Ana".into(),
            ended_at: Some("2026-06-01T09:12:00Z".parse().unwrap()),
            exit_code: Some(3),
            output_bytes: 512,
            output_cut: true,
            output_sha256: Some("9f".repeat(32)),
            reason: Some("exit code 3: no".into()),
        }
    }

    #[test]
    fn a_run_is_one_line_with_the_digest_of_its_output() {
        let sha256 = "9f".repeat(32);
        assert_eq!(
            run_line(&run(), marked, "`"),
            format!(
                "12 on eu\\_1 by Ana, 2026-06-01 09:12 UTC: failed, exit code 3, output of 512 bytes, cut, SHA-256 `{sha256}`"
            )
        );
    }

    #[test]
    fn a_run_without_an_exit_code_says_how_it_ended() {
        let line = |state, reason: Option<&str>| {
            let run = SheetRun {
                state,
                runner: None,
                exit_code: None,
                output_bytes: 0,
                reason: reason.map(str::to_owned),
                ..run()
            };
            run_line(&run, marked, "`")
        };
        let start = "12 by Ana, 2026-06-01 09:12 UTC:";
        for (state, reason, end) in [
            (
                RunState::Lost,
                Some("lost its runner at 14:02 UTC, its end is unknown"),
                "lost its runner at 14:02 UTC, its end is unknown",
            ),
            (
                RunState::Cancelled,
                Some("cancelled by A_na after 12 s"),
                "cancelled by A\\_na after 12 s",
            ),
            (
                RunState::Failed,
                Some("timed out after 30 s"),
                "failed, timed out after 30 s",
            ),
            (RunState::Succeeded, None, "succeeded"),
        ] {
            assert_eq!(line(state, reason), format!("{start} {end}"));
        }
    }

    #[test]
    fn evidence_and_runs_are_lists_of_their_own() {
        assert_eq!(lists(&[], &[], marked), "");
        let evidence = EvidenceDigest {
            kind: EvidenceKind::File,
            name: "a_log".into(),
            bytes: 1,
            sha256: "ab".into(),
        };
        let on_paper = lines(std::slice::from_ref(&evidence), &[run()]).unwrap();
        let start = "Evidence: a_log, 1 byte, SHA-256 ab\nRun 12 on eu_1 by Ana, ";
        assert!(on_paper.starts_with(start), "{on_paper}");
        assert!(!on_paper.contains('`') && on_paper.ends_with("9f9f"));
        assert_eq!(lines(&[], &[]), None);
        let text = lists(&[evidence], &[run()], marked);
        let start =
            "\n  Evidence:\n\n  - a\\_log, 1 byte, SHA-256 `ab`\n\n  Runs:\n\n  - 12 on eu\\_1 by";
        assert!(text.starts_with(start) && text.ends_with("`\n"), "{text}");
    }
}
