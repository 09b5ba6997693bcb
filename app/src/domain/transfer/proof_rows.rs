//! Rows of an export for runs that are over, evidence with its bytes and, if it is asked for, the output of runs (R71, R74). A run that
//! is not over is no part of an export: two servers would carry it out.
use super::{JSON_INTEGER_MAX, checked_row::CheckedRow};
use crate::domain::{
    base64,
    evidence::{Evidence, EvidenceDraft, EvidenceKind},
    history_chain::is_sha256,
    id::{BatchId, ReleaseId, RunId},
    run::{OUTPUT_CHUNK_MAX_BYTES, OutputChunk, RUN_TIMEOUT_SECONDS_MAX, Run},
    text::Name,
};
use serde::{Deserialize, Serialize};

/// A run that is over.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferRun {
    #[serde(flatten)]
    pub run: Run,
    /// Of the change that started the step.
    pub batch_id: BatchId,
}

/// A piece of evidence with its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferEvidence {
    #[serde(flatten)]
    pub evidence: Evidence,
    pub release_id: ReleaseId,
    pub from_hook: bool,
    /// Who may delete it: `user 7`, `name Ana` or `hook 3`.
    pub owner: String,
    /// The bytes.
    pub base64: String,
}

/// A piece of what a run wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TransferOutput {
    pub run_id: RunId,
    #[serde(flatten)]
    pub chunk: OutputChunk,
}

impl TransferOutput {
    /// What only some rows have beside the other fields: the bytes that are no text.
    pub const FIELDS: [&'static str; 1] = ["base64"];

    /// Checks what the row says by itself.
    pub fn check(&self, row: &mut CheckedRow<'_>) {
        let is_one = (1..=JSON_INTEGER_MAX).contains(&self.chunk.seq);
        row.check("seq", is_one, "count from 1");
        let is_short = self.chunk.bytes.len() <= OUTPUT_CHUNK_MAX_BYTES;
        row.check("text", is_short, "a piece has at most 65536 bytes");
    }
}

impl TransferRun {
    /// Checks what the row says by itself, and normalizes the names in it.
    pub fn check(&mut self, row: &mut CheckedRow<'_>) {
        let it = &mut self.run;
        row.version(it.version);
        row.check("state", it.state.is_over(), "only runs that are over");
        row.check("endedAt", it.ended_at.is_some(), "say when it ended");
        let is_known =
            Name::parse(&self.batch_id.0).is_ok_and(|name| name.as_str() == self.batch_id.0);
        row.check("batchId", is_known, "1 to 100 characters");
        let is_timeout = (1..=RUN_TIMEOUT_SECONDS_MAX).contains(&it.timeout_seconds);
        row.check("timeoutSeconds", is_timeout, "1 second to a day");
        let is_size = i64::try_from(it.output_bytes).is_ok_and(|it| it <= JSON_INTEGER_MAX);
        row.check("outputBytes", is_size, "this is too large");
        for (field, sha256) in [
            ("textSha256", Some(&it.text_sha256)),
            ("outputSha256", it.output_sha256.as_ref()),
        ] {
            let is_one = sha256.is_none_or(|it| is_sha256(it));
            row.check(field, is_one, "Enter 64 lowercase hexadecimal digits");
        }
        for (field, text) in [
            ("text", Some(&it.text)),
            ("runner", it.runner.as_ref()),
            ("signal", it.signal.as_ref()),
            ("reason", it.reason.as_ref()),
            ("cancelBy", it.cancel_by.as_ref()),
            ("jenkinsUrl", it.jenkins_url.as_ref()),
        ] {
            let has_nul = text.is_some_and(|it| it.contains('\0'));
            row.check(field, !has_nul, "no text has NUL");
        }
        let asked_by = row.person("askedBy", Some(it.asked_by.clone()));
        it.asked_by = asked_by.unwrap_or_default();
    }
}

impl TransferEvidence {
    /// The bytes, if the row is one that a person could have added: its type is that of its bytes, so that nothing is shown that
    /// would not be taken (R74).
    pub fn body(&self, row: &mut CheckedRow<'_>) -> Option<Vec<u8>> {
        let it = &self.evidence;
        let Some(body) = base64::decode(&self.base64) else {
            row.add("base64", "this is no base64");
            return None;
        };
        let is_size = usize::try_from(it.bytes).is_ok_and(|it| it == body.len());
        row.check("bytes", is_size, "this is not the number of bytes");
        for (field, text) in [
            ("owner", Some(&self.owner)),
            ("message", it.message.as_ref()),
        ] {
            let has_nul = text.is_some_and(|it| it.contains('\0'));
            row.check(field, !has_nul, "no text has NUL");
        }
        row.person("by", Some(it.by.clone()));
        let name = Some(it.name.as_str());
        let draft = match it.kind {
            EvidenceKind::File => EvidenceDraft::file(body.clone(), &it.content_type, name),
            EvidenceKind::Link => EvidenceDraft::link(it.url.as_deref().unwrap_or_default(), name),
            EvidenceKind::Output => {
                let text = String::from_utf8_lossy(&body);
                EvidenceDraft::output(&text, name)
            }
        };
        match draft {
            Err(refused) => row.add("kind", refused),
            Ok(draft) => {
                row.check(
                    "name",
                    draft.name.as_str() == it.name,
                    "write the name as it is kept",
                );
                let is_type = draft.content_type == it.content_type;
                row.check("contentType", is_type, "the bytes are of another type");
                row.check("url", draft.url == it.url, "only a link has an address");
                row.check("base64", draft.body == body, "these are not its bytes");
            }
        }
        Some(body)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{ImportErrors, TransferPart};
    use super::*;
    use crate::domain::{
        id::{EvidenceId, StepId},
        run::RunState,
    };
    use chrono::DateTime;

    fn errors_of(part: TransferPart, check: impl FnOnce(&mut CheckedRow<'_>)) -> String {
        let mut errors = ImportErrors::default();
        check(&mut CheckedRow {
            errors: &mut errors,
            part,
            line: 7,
        });
        errors.to_string()
    }

    fn evidence(kind: EvidenceKind, content_type: &str, body: &[u8]) -> TransferEvidence {
        TransferEvidence {
            evidence: Evidence {
                id: EvidenceId(1),
                step_id: StepId(2),
                kind,
                name: "a.log".into(),
                content_type: content_type.into(),
                url: None,
                bytes: u32::try_from(body.len()).unwrap(),
                sha256: "a0".repeat(32),
                message: None,
                by: "Ana".into(),
                at: DateTime::UNIX_EPOCH,
            },
            release_id: ReleaseId(1),
            from_hook: false,
            owner: "name Ana".into(),
            base64: base64::encode(body),
        }
    }

    #[test]
    fn evidence_of_an_export_is_what_a_person_could_have_added() {
        let errors = |it: &TransferEvidence| {
            errors_of(TransferPart::Evidence, |row| {
                let _ = it.body(row);
            })
        };
        assert_eq!(
            errors(&evidence(EvidenceKind::File, "text/plain", b"ok")),
            ""
        );
        assert_eq!(
            errors(&evidence(EvidenceKind::Output, "text/plain", b"ok")),
            ""
        );
        let page = evidence(EvidenceKind::File, "text/html", b"<script>");
        assert!(errors(&page).contains("line 7, evidence.kind: Evidence is plain text"));
        let page = evidence(EvidenceKind::Output, "text/html", b"ok");
        assert!(errors(&page).contains("evidence.contentType: the bytes are of another type"));
        let binary = evidence(EvidenceKind::Output, "text/plain", b"\xff");
        assert!(errors(&binary).contains("evidence.base64: these are not its bytes"));
        let mut cut = evidence(EvidenceKind::File, "text/plain", b"ok");
        cut.evidence.bytes = 3;
        assert!(errors(&cut).contains("evidence.bytes: this is not the number"));
    }

    #[test]
    fn a_run_of_an_export_is_over() {
        let mut ended = TransferRun {
            run: Run {
                state: RunState::Succeeded,
                ended_at: Some(DateTime::UNIX_EPOCH),
                text_sha256: "a0".repeat(32),
                ..Run::example()
            },
            batch_id: BatchId("b".into()),
        };
        assert_eq!(errors_of(TransferPart::Runs, |row| ended.check(row)), "");
        ended.run.state = RunState::Queued;
        ended.run.timeout_seconds = 0;
        let errors = errors_of(TransferPart::Runs, |row| ended.check(row));
        assert_eq!(
            errors,
            "line 7, runs.state: only runs that are over; line 7, runs.timeoutSeconds: 1 second to a day"
        );
    }

    #[test]
    fn rows_are_read_as_they_are_written() {
        let output = TransferOutput {
            run_id: RunId(3),
            chunk: OutputChunk {
                seq: 1,
                at: DateTime::UNIX_EPOCH,
                stream: crate::domain::run::OutputStream::Stderr,
                bytes: b"a\xff".to_vec(),
            },
        };
        let text = serde_json::to_string(&output).unwrap();
        assert!(text.starts_with("{\"runId\":3,\"seq\":1,") && text.contains("\"base64\":"));
        assert_eq!(
            serde_json::from_str::<TransferOutput>(&text).unwrap(),
            output
        );
        let run = TransferRun {
            run: Run::example(),
            batch_id: BatchId("b".into()),
        };
        let text = serde_json::to_string(&run).unwrap();
        assert_eq!(serde_json::from_str::<TransferRun>(&text).unwrap(), run);
    }
}
