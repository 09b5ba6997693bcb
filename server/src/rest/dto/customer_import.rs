//! DTOs of an import of customers: a pasted text, and what becomes of each of its rows.
use super::{
    enums::{ImportChangeKindSchema, ImportStateSchema, VariablesSchema},
    warnings::Warning,
};
use app::domain::{
    customer_import::{self, ImportChangeKind, ImportState},
    id::ClusterId,
    metadata::Metadata,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A text with many customers: a table with a header row, lines of `name, namespace, KEY=value`, bare namespaces, JSON, or
/// what kubectl, oc and helm print.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct CustomerImport {
    #[serde(default)]
    #[schema(required = true, min_length = 1)]
    text: String,
    /// Where rows go that name no cluster.
    #[schema(value_type = Option<i64>)]
    cluster_id: Option<ClusterId>,
    /// Only say what it would do.
    dry_run: Option<bool>,
    /// Update the known customers too.
    update: Option<bool>,
}

impl From<CustomerImport> for customer_import::ImportRequest {
    fn from(body: CustomerImport) -> Self {
        Self {
            text: body.text,
            cluster_id: body.cluster_id,
            dry_run: body.dry_run.unwrap_or_default(),
            update: body.update.unwrap_or_default(),
            ticked: None,
        }
    }
}

/// A value of a known customer that the text has differently.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportChange {
    #[schema(value_type = ImportChangeKindSchema)]
    pub kind: ImportChangeKind,
    /// The variable's name; else the same word as `kind`.
    pub name: String,
    /// Null if it is not set today.
    pub from: Option<String>,
    pub to: String,
}

/// A row of the text and what becomes of it: a new customer, a known one, one that is left out, or a doubtful one, which is
/// not created by itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// The line on which it begins, counted from 1.
    pub line: u32,
    #[schema(value_type = ImportStateSchema)]
    pub state: ImportState,
    pub name: String,
    pub namespace: String,
    #[schema(value_type = VariablesSchema)]
    pub variables: Metadata,
    /// What would change, or has changed, in a known customer.
    pub changes: Vec<ImportChange>,
    /// Why it is left out or doubtful, that a known customer is inactive, or that no column has a new one's name.
    pub reason: Option<String>,
    /// Null if the text names no cluster that exists, and none was chosen.
    pub cluster_id: Option<i64>,
    /// The name of that cluster, or what the text has instead.
    pub cluster: String,
    /// The known customer, and its version before the import.
    pub customer_id: Option<i64>,
    pub version: Option<i64>,
}

impl From<customer_import::ImportChange> for ImportChange {
    fn from(change: customer_import::ImportChange) -> Self {
        let customer_import::ImportChange {
            kind,
            name,
            from,
            to,
        } = change;
        Self {
            kind,
            name,
            from,
            to,
        }
    }
}

impl From<customer_import::ImportRow> for ImportRow {
    fn from(row: customer_import::ImportRow) -> Self {
        let customer_import::ImportRow {
            line,
            state,
            name,
            namespace,
            variables,
            changes,
            reason,
            cluster_id,
            cluster,
            customer_id,
            version,
        } = row;
        Self {
            line,
            state,
            name,
            namespace,
            variables,
            changes: changes.into_iter().map(ImportChange::from).collect(),
            reason,
            cluster_id: cluster_id.map(|it| it.0),
            cluster,
            customer_id: customer_id.map(|it| it.0),
            version,
        }
    }
}

/// Every row, and how many customers were created and updated; in a dry run, would be.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportReport {
    pub rows: Vec<ImportRow>,
    pub created: u32,
    pub updated: u32,
    /// What was changed of the text before it was read (its line breaks, byte order marks), members of JSON that are not taken, and
    /// characters in values that cannot be seen.
    pub warnings: Vec<Warning>,
}

impl From<customer_import::ImportReport> for ImportReport {
    fn from(report: customer_import::ImportReport) -> Self {
        let customer_import::ImportReport {
            rows,
            created,
            updated,
            warnings,
        } = report;
        Self {
            rows: rows.into_iter().map(ImportRow::from).collect(),
            created,
            updated,
            warnings: warnings.into_iter().map(Into::into).collect(),
        }
    }
}
