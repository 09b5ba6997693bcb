//! Import of what proves how steps went: runs that are over, evidence, and the output of runs. What has a SHA-256 must be what it
//! says.
use super::import::{Import, whole};
use crate::domain::{
    id::RunId,
    transfer::{
        Transfer, TransferPart,
        proof_rows::{TransferEvidence, TransferOutput, TransferRun},
    },
};
use crate::store::{
    entity::{evidence, hex_digits, run, run_output, sha256},
    error::StoreError,
};
use sea_orm::EntityTrait;
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Runs that are written at once: a row has 37 values, and `SQLite` takes 32,766.
const RUNS_PER_STATEMENT: usize = 500;
/// Pieces of evidence that are written at once, of 1 MiB at most.
const EVIDENCE_PER_STATEMENT: usize = 8;
/// Pieces of output that are written at once, of 64 kB at most.
const OUTPUT_PER_STATEMENT: usize = 64;

/// What the text says of a run's output, and what came of it.
struct OutputDigest {
    said: Option<String>,
    /// The line of the run.
    line: usize,
    came: Sha256,
    has_come: bool,
}

macro_rules! write_rows {
    ($this:ident, $table:ident, $rows:ident) => {
        if !$rows.is_empty() && $this.checker.errors().is_empty() {
            let rows = std::mem::take(&mut $rows).into_iter();
            let rows = rows.map(|it: $table::Model| whole::<$table::ActiveModel, _>(it));
            $table::Entity::insert_many(rows)
                .exec_without_returning(&$this.tx)
                .await?;
        }
        $rows.clear();
    };
}

impl Import {
    /// Takes in runs, evidence and output, in this order.
    pub(super) async fn import_proofs(&mut self, file: &Transfer) -> Result<(), StoreError> {
        let mut digests = self.import_runs(file).await?;
        self.import_evidence(file).await?;
        self.import_output(file, &mut digests).await?;
        for it in digests.into_values().filter(|it| it.has_come) {
            // A lost run has output and no digest of it.
            if it
                .said
                .is_some_and(|said| said != hex_digits(&it.came.finalize()))
            {
                let problem = "this is not the SHA-256 of the output in the text";
                self.checker
                    .add_error(TransferPart::Runs, it.line, "outputSha256", problem);
            }
        }
        Ok(())
    }

    async fn import_runs(
        &mut self,
        file: &Transfer,
    ) -> Result<HashMap<RunId, OutputDigest>, StoreError> {
        let (mut rows, mut digests) = (Vec::new(), HashMap::new());
        for item in file.rows(TransferPart::Runs) {
            *self.imported.entry(TransferPart::Runs).or_default() += 1;
            let Some(it) = self.checker.run(&item) else {
                continue;
            };
            if it.run.text_sha256 != sha256(&it.run.text) {
                let problem = "this is not the SHA-256 of the text";
                self.checker
                    .add_error(TransferPart::Runs, item.line, "textSha256", problem);
            }
            let digest = OutputDigest {
                said: it.run.output_sha256.clone(),
                line: item.line,
                came: Sha256::new(),
                has_come: false,
            };
            digests.insert(it.run.id, digest);
            rows.extend(run_row(it));
            if rows.len() == RUNS_PER_STATEMENT {
                write_rows!(self, run, rows);
            }
        }
        write_rows!(self, run, rows);
        Ok(digests)
    }

    async fn import_evidence(&mut self, file: &Transfer) -> Result<(), StoreError> {
        let mut rows = Vec::new();
        for item in file.rows(TransferPart::Evidence) {
            *self.imported.entry(TransferPart::Evidence).or_default() += 1;
            let Some((it, body)) = self.checker.evidence(&item) else {
                continue;
            };
            if it.evidence.sha256 != hex_digits(&Sha256::digest(&body)) {
                let problem = "this is not the SHA-256 of the bytes";
                self.checker
                    .add_error(TransferPart::Evidence, item.line, "sha256", problem);
            }
            rows.push(evidence_row(it, body));
            if rows.len() == EVIDENCE_PER_STATEMENT {
                write_rows!(self, evidence, rows);
            }
        }
        write_rows!(self, evidence, rows);
        Ok(())
    }

    /// Pieces come in the order of their runs and numbers, as an export writes them: so the digest can be computed along.
    async fn import_output(
        &mut self,
        file: &Transfer,
        digests: &mut HashMap<RunId, OutputDigest>,
    ) -> Result<(), StoreError> {
        let (mut rows, mut last) = (Vec::new(), None);
        for item in file.rows(TransferPart::Output) {
            *self.imported.entry(TransferPart::Output).or_default() += 1;
            let Some(TransferOutput { run_id, chunk }) = self.checker.output(&item) else {
                continue;
            };
            let key = Some((run_id, chunk.seq));
            if key < last {
                let problem = "pieces come in the order of their runs and numbers";
                self.checker
                    .add_error(TransferPart::Output, item.line, "seq", problem);
            }
            last = key;
            if let Some(digest) = digests.get_mut(&run_id) {
                digest.came.update(&chunk.bytes);
                digest.has_come = true;
            }
            rows.push(run_output::Model {
                run_id: run_id.0,
                seq: chunk.seq,
                at: chunk.at,
                stream: chunk.stream.to_string(),
                bytes: chunk.bytes,
            });
            if rows.len() == OUTPUT_PER_STATEMENT {
                write_rows!(self, run_output, rows);
            }
        }
        write_rows!(self, run_output, rows);
        Ok(())
    }
}

/// A run as a row; none if a number is too large, which is an error already. Nothing asks for what only an unfinished run needs:
/// its lease, and the step as it was before.
fn run_row(it: TransferRun) -> Option<run::Model> {
    let TransferRun { run, batch_id } = it;
    let is_here = run.is_here();
    Some(run::Model {
        id: run.id.0,
        step_id: run.step_id.0,
        release_id: run.release_id.0,
        customer_id: run.customer_id.0,
        cluster_id: run.cluster_id.0,
        open_step_id: None,
        kind: run.kind.to_string(),
        text: run.text,
        text_sha256: run.text_sha256,
        step_version: run.step_version,
        state: run.state.to_string(),
        owner: format!("name {}", run.asked_by),
        asked_by: run.asked_by,
        asked_by_user: None,
        runner_id: None,
        runner: run.runner,
        is_here,
        lease_sha256: None,
        lease_until: None,
        asked_at: run.asked_at,
        started_at: run.started_at,
        ended_at: run.ended_at,
        exit_code: run.exit_code,
        signal: run.signal,
        timeout_seconds: i32::try_from(run.timeout_seconds).ok()?,
        output_bytes: i64::try_from(run.output_bytes).ok()?,
        output_cut: run.output_cut,
        output_sha256: run.output_sha256,
        reason: run.reason,
        cancel_by: run.cancel_by,
        cancel_at: None,
        step_before: "{}".to_owned(),
        batch_id: batch_id.0,
        jenkins_job: None,
        jenkins_parameters: None,
        jenkins_url: run.jenkins_url,
        version: run.version,
    })
}

fn evidence_row(it: TransferEvidence, body: Vec<u8>) -> evidence::Model {
    let TransferEvidence {
        evidence: told,
        release_id,
        from_hook,
        owner,
        base64: _,
    } = it;
    evidence::Model {
        id: told.id.0,
        step_id: told.step_id.0,
        release_id: release_id.0,
        kind: told.kind.to_string(),
        name: told.name,
        content_type: told.content_type,
        url: told.url,
        bytes: told.bytes.into(),
        sha256: told.sha256,
        body,
        message: told.message,
        from_hook,
        owner,
        added_by: told.by,
        added_at: told.at,
    }
}
