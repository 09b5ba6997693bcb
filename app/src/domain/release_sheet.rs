//! A release as a flat table for CSV exports and reports: one row per cell, customer by customer, without the texts.
use super::{
    evidence::EvidenceDigest,
    id::{RunId, StepId, TemplateId},
    progress::Progress,
    release::Release,
    run::{Run, RunState},
    summary::Member,
    vocabulary::{Category, StepStatus, StepType},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A release with all its cells.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReleaseSheet {
    pub release: Release,
    pub progress: Progress,
    /// In the matrix's order.
    pub members: Vec<Member>,
    pub rows: Vec<SheetRow>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SheetRow {
    /// Index of the customer in `members`.
    pub member: usize,
    pub id: StepId,
    /// Counts from 1 over both categories of the customer's list.
    pub number: u32,
    pub category: Category,
    pub name: String,
    #[serde(rename = "type")]
    pub kind: StepType,
    pub status: StepStatus,
    #[serde(with = "crate::domain::time_serde::option")]
    pub state_at: Option<DateTime<Utc>>,
    pub state_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub executed_at: Option<DateTime<Utc>>,
    pub executed_by: Option<String>,
    /// The reason of a failed, skipped or reverted step.
    pub reason: Option<String>,
    pub notes: Option<String>,
    pub is_overridden: bool,
    pub is_custom: bool,
    /// None for a custom step.
    pub template_id: Option<TemplateId>,
    /// Of a done step: what its event kept of the text.
    pub proof: Option<SheetProof>,
    /// Oldest first.
    pub evidence: Vec<EvidenceDigest>,
    /// Those that are over, oldest first.
    pub runs: Vec<SheetRun>,
}

/// A run that is over (R71), with the digest of what is kept of its output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SheetRun {
    pub id: RunId,
    pub state: RunState,
    /// None of a run by `rollcall run`, and of one that no runner had.
    pub runner: Option<String>,
    pub asked_by: String,
    #[serde(with = "crate::domain::time_serde::option")]
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_code: Option<i32>,
    /// All that it wrote, kept or not.
    pub output_bytes: u64,
    /// Whether less than all of it was kept.
    pub output_cut: bool,
    /// As 64 lowercase hexadecimal digits; stays when the output goes.
    pub output_sha256: Option<String>,
    /// Why it did not succeed.
    pub reason: Option<String>,
}

impl From<Run> for SheetRun {
    fn from(run: Run) -> Self {
        Self {
            id: run.id,
            state: run.state,
            runner: run.runner,
            asked_by: run.asked_by,
            ended_at: run.ended_at,
            exit_code: run.exit_code,
            output_bytes: run.output_bytes,
            output_cut: run.output_cut,
            output_sha256: run.output_sha256,
            reason: run.reason,
        }
    }
}

/// The SHA-256 of a done step's text, and whether the person had it on the page (R81).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SheetProof {
    /// The SHA-256 of the executed text, as 64 lowercase hexadecimal digits.
    pub sha256: String,
    /// Whether the person had that text on the page (R81).
    pub is_shown: bool,
}
