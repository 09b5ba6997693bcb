//! Import of many customers from a pasted text (R85): which rows are new, which are known and would change, and which are
//! left out. Bad rows never hold up the others. `customer_import_parser` parses the text.
mod named_clusters;
mod plan;
pub mod system_namespaces;
mod warnings;

pub use warnings::warnings;

use super::{
    customer::CustomerFields,
    id::{ClusterId, CustomerId},
    metadata::Metadata,
    warning::Warning,
};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

words! {
    /// What becomes of a row: it creates a customer; a customer has its namespace already, and is written only on
    /// request; nothing can be done with it, for a reason; or it creates a customer only if it is ticked.
    ImportState { New = "new", Known = "known", LeftOut = "left-out", Doubtful = "doubtful" }
}

words! {
    /// What would change in a known customer.
    ImportChangeKind { Name = "name", Description = "description", Variable = "variable" }
}

/// A value of a known customer that the text has differently.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportChange {
    pub kind: ImportChangeKind,
    /// The variable's name; else the same word as `kind`.
    pub name: String,
    /// None if it is not set today.
    pub from: Option<String>,
    /// The value in the text.
    pub to: String,
}

/// A row of the text and what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRow {
    /// The line on which it begins, counted from 1. No two rows have the same.
    pub line: u32,
    pub state: ImportState,
    pub name: String,
    pub namespace: String,
    /// Values that the text has for it.
    pub variables: Metadata,
    /// Of a known customer; empty if the text says what is there already.
    pub changes: Vec<ImportChange>,
    /// Why it is left out or doubtful (also of a known customer), that a known customer is inactive, or that no column has a
    /// new one's name.
    pub reason: Option<String>,
    /// None if the text names no cluster that exists, and none was chosen.
    pub cluster_id: Option<ClusterId>,
    /// The name of that cluster, or what the text has instead.
    pub cluster: String,
    /// The known customer.
    pub customer_id: Option<CustomerId>,
    /// Its version, on which an update is based (R3).
    pub version: Option<i64>,
}

impl ImportRow {
    /// Whether it has a box on the page.
    pub fn may_be_ticked(&self) -> bool {
        match self.state {
            ImportState::New | ImportState::Doubtful => true,
            ImportState::Known => !self.changes.is_empty(),
            ImportState::LeftOut => false,
        }
    }

    /// Whether the row is to be looked at before it is taken: its cluster or namespace is not certain.
    pub fn is_doubtful(&self) -> bool {
        match self.state {
            ImportState::Doubtful => true,
            ImportState::Known => self.reason.is_some(),
            ImportState::New | ImportState::LeftOut => false,
        }
    }

    /// Whether its box is ticked at first.
    pub fn is_ticked(&self) -> bool {
        self.state == ImportState::New
    }
}

/// Every row, and how many customers were created and updated; in a dry run, would be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportReport {
    pub rows: Vec<ImportRow>,
    /// The number of customers that were created; in a dry run, would be.
    pub created: u32,
    /// The number of known customers that were changed; in a dry run, would be.
    pub updated: u32,
    /// What was changed of the text before it was read (its line breaks, byte order marks), members of JSON that are not taken, and
    /// characters in values that cannot be seen.
    pub warnings: Vec<Warning>,
}

/// The request of an import, as the page and REST send it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportRequest {
    pub text: String,
    /// Where rows go that name no cluster.
    #[serde(default)]
    pub cluster_id: Option<ClusterId>,
    /// Nothing is written.
    #[serde(default)]
    pub dry_run: bool,
    /// Without ticks: known customers are written as well, unless their rows are doubtful.
    #[serde(default)]
    pub update: bool,
    /// The ticked rows. None: all new rows are written.
    #[serde(default)]
    pub ticked: Option<TickedRows>,
}

/// Rows by their lines. A row that became something else since it was shown is not written: a customer that somebody else
/// has created or changed since then is not overwritten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct TickedRows {
    /// New and doubtful rows.
    pub create: Vec<u32>,
    /// Known rows.
    pub update: Vec<TickedUpdate>,
}

/// A ticked row of a known customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TickedUpdate {
    /// The row's line, from 1.
    pub line: u32,
    /// The customer's version when its row was shown.
    pub version: i64,
}

impl TickedUpdate {
    fn is_of(self, row: &ImportRow) -> bool {
        self.line == row.line && Some(self.version) == row.version
    }
}

/// A customer as it is today.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownCustomer {
    pub id: CustomerId,
    pub is_active: bool,
    pub version: i64,
    pub name: String,
    pub description: Option<String>,
    pub metadata: Metadata,
}

/// What a text is held against.
#[derive(Clone, Debug, Default)]
pub struct ImportContext {
    /// By name, with whether they are active.
    pub clusters: HashMap<String, (ClusterId, bool)>,
    /// What clusters are called beside their names: their contexts (R82) and the paths of their kubeconfigs.
    pub contexts: Vec<(ClusterId, String)>,
    /// By cluster and namespace.
    pub customers: HashMap<(ClusterId, String), KnownCustomer>,
}

/// What is written for a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportAction {
    Create(CustomerFields),
    /// All fields, with those that the text leaves alone.
    Update(CustomerId, CustomerFields),
}

/// A row, and what is written if it is chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlannedRow {
    pub row: ImportRow,
    /// What is written; none if nothing is.
    pub action: Option<ImportAction>,
}

/// Every row of a text in its order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportPlan(pub Vec<PlannedRow>);

impl ImportPlan {
    /// What is to be written, and the report on it.
    pub fn choose(self, request: &ImportRequest) -> (ImportReport, Vec<ImportAction>) {
        let mut report = ImportReport::default();
        let mut actions = Vec::new();
        for PlannedRow { row, action } in self.0 {
            let is_chosen = |action: &ImportAction| match (&request.ticked, action) {
                (Some(ticked), ImportAction::Create(_)) => ticked.create.contains(&row.line),
                (Some(ticked), ImportAction::Update(..)) => {
                    ticked.update.iter().any(|it| it.is_of(&row))
                }
                (None, ImportAction::Create(_)) => row.is_ticked(),
                (None, ImportAction::Update(..)) => request.update && !row.is_doubtful(),
            };
            match action.filter(is_chosen) {
                Some(ImportAction::Create(fields)) => {
                    report.created += 1;
                    actions.push(ImportAction::Create(fields));
                }
                Some(update) => {
                    report.updated += 1;
                    actions.push(update);
                }
                None => {}
            }
            report.rows.push(row);
        }
        (report, actions)
    }
}

#[cfg(test)]
mod column_tests;
#[cfg(test)]
mod doubtful_tests;
#[cfg(test)]
mod tests;
