//! DTOs of undo: what it is asked for, what it did, and what it would do.
use super::enums::{EntitySchema, RowOutcomeSchema};
use app::domain::{
    event::Entity,
    undo::{self, RowOutcome},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How to undo. All may be left out, and so may the body.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoOptions {
    /// Only say what it would do.
    pub dry_run: Option<bool>,
    /// Also delete rows that have work: any state but pending, notes, or an override. Otherwise they are conflicts.
    pub delete_work: Option<bool>,
}

/// What was restored; or on a dry run, what would be done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub enum UndoResponse {
    Result(UndoResult),
    DryRun(UndoDryRun),
}

/// What an undo did. It changed the record, not the cluster.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoResult {
    pub restored: u32,
    pub conflicts: Vec<Conflict>,
    pub batch_id: Option<String>,
}

/// What an undo would do. Nothing was changed.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoDryRun {
    /// How many events of the change would be undone. With 0 the undo itself would be refused.
    pub restored: u32,
    /// What would be left alone. Rows with work are among them, unless `deleteWork` is set.
    pub conflicts: Vec<Conflict>,
    /// The rows with work: with `deleteWork` they would be deleted together with it, otherwise they are conflicts.
    pub with_work: Vec<Conflict>,
    /// What would become of each row.
    pub rows: Vec<UndoRow>,
}

/// A row that would be left alone, because it was changed since or has work.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    pub id: i64,
    pub reason: String,
    /// Who changed it last, or worked on it.
    pub changed_by: Option<String>,
    pub changed_at: Option<DateTime<Utc>>,
}

/// What would become of a row.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct UndoRow {
    #[schema(value_type = EntitySchema)]
    pub entity: Entity,
    pub id: i64,
    pub name: String,
    /// Of a customer's step: the customer's name.
    pub customer: Option<String>,
    #[schema(value_type = RowOutcomeSchema)]
    pub state: RowOutcome,
    /// In words: `done → pending`; of a row that would be left alone the reason.
    pub becomes: String,
    /// Whether it has work that the undo would delete with `deleteWork`.
    pub has_work: bool,
    pub changed_by: Option<String>,
    pub changed_at: Option<DateTime<Utc>>,
}

impl From<undo::Conflict> for Conflict {
    fn from(it: undo::Conflict) -> Self {
        Self {
            id: it.id,
            reason: it.reason,
            changed_by: it.changed_by,
            changed_at: it.changed_at,
        }
    }
}

impl From<undo::UndoResult> for UndoResult {
    fn from(it: undo::UndoResult) -> Self {
        Self {
            restored: it.restored,
            conflicts: it.conflicts.into_iter().map(Into::into).collect(),
            batch_id: it.batch_id.map(|it| it.0),
        }
    }
}

impl From<undo::UndoRow> for UndoRow {
    fn from(it: undo::UndoRow) -> Self {
        Self {
            entity: it.entity,
            id: it.id,
            name: it.name,
            customer: it.customer,
            state: it.outcome,
            becomes: it.becomes,
            has_work: it.has_work,
            changed_by: it.changed_by,
            changed_at: it.changed_at,
        }
    }
}

impl From<undo::UndoPreview> for UndoDryRun {
    fn from(it: undo::UndoPreview) -> Self {
        Self {
            restored: it.restored,
            conflicts: it.conflicts.into_iter().map(Into::into).collect(),
            with_work: it.with_work.into_iter().map(Into::into).collect(),
            rows: it.rows.into_iter().map(Into::into).collect(),
        }
    }
}
