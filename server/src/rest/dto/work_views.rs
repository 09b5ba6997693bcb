//! DTOs that are composed of several rows: members, the matrix, a step in detail, dry runs, and results of bulk actions.
use super::{
    enums::{CategorySchema, SourceSchema, StepStatusSchema, StepTypeSchema},
    progress::Progress,
    rows::{Cluster, CustomerView, Event, Release, Step},
    templates::Template,
    text_changes::TextChange,
    warnings::Warning,
};
use app::{
    domain::id::ClusterId, domain::matrix::CellIndex, domain::matrix::Grid,
    domain::matrix::MatrixColumn, domain::summary, domain::template, domain::variables,
    domain::variables::Source, domain::vocabulary::Category, domain::vocabulary::StepStatus,
    domain::vocabulary::StepType,
};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A customer in a release.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Member {
    /// The customer's.
    pub id: i64,
    pub name: String,
    pub namespace: String,
    pub cluster: Cluster,
    pub is_active: bool,
    pub added_at: DateTime<Utc>,
    pub progress: Progress,
}

impl From<summary::Member> for Member {
    fn from(it: summary::Member) -> Self {
        Self {
            id: it.id.0,
            name: it.name,
            namespace: it.namespace,
            cluster: it.cluster.into(),
            is_active: it.is_active,
            added_at: it.added_at,
            progress: it.progress.into(),
        }
    }
}

/// Steps down, customers across.
#[derive(Debug, Serialize, ToSchema)]
pub struct Matrix {
    pub release: Release,
    /// By name, with their customers by name.
    pub clusters: Vec<MatrixCluster>,
    /// Deploy, then verify, then the custom steps of single customers.
    pub rows: Vec<MatrixRow>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MatrixCluster {
    pub id: i64,
    pub name: String,
    pub customers: Vec<MatrixCustomer>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatrixCustomer {
    pub id: i64,
    pub name: String,
    pub namespace: String,
    pub is_active: bool,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatrixRow {
    /// Null for a custom step.
    pub template_id: Option<i64>,
    pub name: String,
    #[schema(value_type = CategorySchema)]
    pub category: Category,
    #[serde(rename = "type")]
    #[schema(value_type = StepTypeSchema)]
    pub kind: StepType,
    /// One for each customer that has the step.
    pub cells: Vec<MatrixCell>,
}

#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MatrixCell {
    /// The step's.
    pub id: i64,
    /// Counts from 1 over both categories of the customer's list.
    pub number: u32,
    pub customer_id: i64,
    #[schema(value_type = StepStatusSchema)]
    pub status: StepStatus,
    pub is_overridden: bool,
    pub has_notes: bool,
    /// A variable in its text has no value.
    pub is_unresolved: bool,
    pub state_by: Option<String>,
    pub state_at: Option<DateTime<Utc>>,
}

impl Matrix {
    /// The whole grid, or the columns of one cluster.
    pub fn from_grid(grid: Grid, only: Option<ClusterId>) -> Self {
        let is_included = |group: usize| only.is_none_or(|it| grid.groups[group].id == it);
        let mut clusters = Vec::new();
        for (group, cluster) in grid.groups.iter().enumerate() {
            if is_included(group) {
                let customers = grid.columns.iter().filter(|it| it.group == group);
                clusters.push(MatrixCluster {
                    id: cluster.id.0,
                    name: cluster.name.clone(),
                    customers: customers.map(MatrixCustomer::from).collect(),
                });
            }
        }
        let cell = |row: usize, column: usize| {
            let at = CellIndex { row, column };
            let cell = grid.cell(at)?;
            let mark = grid.status_change(at);
            Some(MatrixCell {
                id: cell.step.0,
                number: u32::try_from(grid.number(at)).unwrap_or(u32::MAX),
                customer_id: grid.columns[column].id.0,
                status: cell.status,
                is_overridden: cell.is_overridden,
                has_notes: cell.has_notes,
                is_unresolved: cell.is_unresolved,
                state_by: mark.map(|it| it.by.to_string()),
                state_at: mark.map(|it| it.at),
            })
        };
        let mut rows = Vec::with_capacity(grid.rows.len());
        for (index, row) in grid.rows.iter().enumerate() {
            let columns = grid.columns.iter().enumerate();
            let cells = columns
                .filter(|(_, it)| is_included(it.group))
                .filter_map(|(column, _)| cell(index, column));
            rows.push(MatrixRow {
                template_id: row.template.map(|it| it.0),
                name: row.name.clone(),
                category: row.category,
                kind: row.kind,
                cells: cells.collect(),
            });
        }
        // A custom step has a row of its own, which is empty if its customer's column is left out.
        rows.retain(|it| it.template_id.is_some() || !it.cells.is_empty());
        Self {
            clusters,
            rows,
            release: grid.release.into(),
        }
    }
}

impl From<&MatrixColumn> for MatrixCustomer {
    fn from(column: &MatrixColumn) -> Self {
        Self {
            id: column.id.0,
            name: column.name.clone(),
            namespace: column.namespace.clone(),
            is_active: !column.inactive,
        }
    }
}

/// A variable of a step's text, and where its value comes from.
#[derive(Debug, Serialize, ToSchema)]
pub struct Variable {
    pub name: String,
    /// Null if it has none.
    pub value: Option<String>,
    #[schema(value_type = Option<SourceSchema>)]
    pub source: Option<Source>,
}

impl From<variables::Variable> for Variable {
    fn from(it: variables::Variable) -> Self {
        Self {
            name: it.name,
            value: it.value,
            source: it.source,
        }
    }
}

/// A step with all that is needed to do it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct StepDetail {
    #[serde(flatten)]
    pub step: Step,
    /// Counts from 1 over both categories of the customer's list.
    pub number: u32,
    /// Null for a custom step.
    pub template: Option<Template>,
    pub customer: CustomerView,
    pub release: Release,
    /// The text with its variables filled in.
    pub resolved_content: String,
    /// SHA-256 of that text: send it as `textSha256` with start and done.
    pub resolved_sha256: String,
    /// The variables that have no value, or none that can be quoted: see `warnings`.
    pub unresolved: Vec<String>,
    pub variables: Vec<Variable>,
    /// The text to copy: it begins with a line that says whom it is for, and does nothing. Line breaks are LF, and none is
    /// last.
    pub copy_text: String,
    pub warnings: Vec<Warning>,
    /// What changed in the text since the release was activated; of a done step: since it was done. Oldest first.
    pub changes: Vec<TextChange>,
    /// Newest first; with the changes of the template's text.
    pub history: Vec<Event>,
}

impl StepDetail {
    pub fn new(detail: summary::StepDetail, history: Vec<app::domain::event::Event>) -> Self {
        Self {
            step: detail.step.into(),
            number: detail.number,
            template: detail.template.map(Into::into),
            customer: (detail.customer.customer, detail.customer.cluster).into(),
            release: detail.release.into(),
            resolved_content: detail.resolved_content,
            resolved_sha256: detail.resolved_sha256,
            unresolved: detail.unresolved,
            variables: detail.variables.into_iter().map(Into::into).collect(),
            copy_text: detail.copy_text,
            warnings: detail.warnings.into_iter().map(Into::into).collect(),
            changes: detail.changes.into_iter().map(Into::into).collect(),
            history: history.into_iter().map(Into::into).collect(),
        }
    }
}

/// What activating a release, or adding customers to it, would do.
#[derive(Debug, Serialize, ToSchema)]
pub struct DryRun {
    pub customers: u32,
    pub cells: u32,
    pub unresolved: Vec<Unresolved>,
    /// At most 100; each names the step and the first customers that it concerns.
    pub warnings: Vec<Warning>,
}

/// A variable that has no value for a customer, and the steps that use it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unresolved {
    pub customer_id: i64,
    pub variable: String,
    pub step_names: Vec<String>,
    /// The change that removed the value; null if the customer never had one.
    pub removed: Option<TextChange>,
}

impl From<summary::DryRun> for DryRun {
    fn from(it: summary::DryRun) -> Self {
        let unresolved = |it: summary::Unresolved| Unresolved {
            customer_id: it.customer_id.0,
            variable: it.variable,
            step_names: it.step_names,
            removed: it.removed.map(Into::into),
        };
        Self {
            customers: it.customers,
            cells: it.cells,
            unresolved: it.unresolved.into_iter().map(unresolved).collect(),
            warnings: it.warnings.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a change of a template would do to its copies.
#[derive(Debug, Serialize, ToSchema)]
pub struct Effect {
    /// The number of copies that would change.
    pub changes: u32,
    pub keeps: KeptCopies,
}

/// Copies that would keep their own text, by the reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptCopies {
    pub overridden: u32,
    pub started: u32,
    pub executed: u32,
}

impl From<template::TemplateImpact> for Effect {
    fn from(it: template::TemplateImpact) -> Self {
        Self {
            changes: it.changes,
            keeps: KeptCopies {
                overridden: it.keeps.overridden,
                started: it.keeps.started,
                executed: it.keeps.executed,
            },
        }
    }
}

/// What a bulk action did.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct BulkResult {
    pub changed: u32,
    pub not_eligible: Vec<NotEligible>,
    /// Null if nothing was changed.
    pub batch_id: Option<String>,
}

/// A cell that was not changed, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct NotEligible {
    pub id: i64,
    pub step: String,
    pub customer: String,
    pub reason: String,
}

impl From<summary::BulkResult> for BulkResult {
    fn from(it: summary::BulkResult) -> Self {
        let not_eligible = |it: summary::NotEligible| NotEligible {
            id: it.id.0,
            step: it.step,
            customer: it.customer,
            reason: it.reason,
        };
        Self {
            changed: it.changed,
            not_eligible: it.not_eligible.into_iter().map(not_eligible).collect(),
            batch_id: it.batch_id.map(|it| it.0),
        }
    }
}
