//! A release as a flat table for CSV exports and reports: one row per cell, customer by customer, without the texts.
use super::{
    evidence::EvidenceDigest,
    id::{StepId, TemplateId},
    progress::Progress,
    release::Release,
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
