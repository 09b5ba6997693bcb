//! Releases of helm: the first one in a namespace stands for the customer, unless it is uninstalled and another is not.
use super::SourceRow;
use crate::domain::fold::lowercase;

const UNINSTALLED: &str = "The release is uninstalled";

/// As helm list prints them.
const STATUSES: [&str; 9] = [
    "deployed",
    "failed",
    "pending-install",
    "pending-rollback",
    "pending-upgrade",
    "superseded",
    "uninstalled",
    "uninstalling",
    "unknown",
];

/// Whether a word is the status of a release.
pub fn is_status(word: &str) -> bool {
    STATUSES.contains(&word)
}

/// Looks at the status of a release. Helm keeps those that were uninstalled if it is asked to.
pub fn judge(row: &mut SourceRow, status: &str) {
    let status = lowercase(status.trim());
    // Helm 2 had other words.
    if matches!(
        status.as_str(),
        "uninstalled" | "uninstalling" | "deleted" | "deleting"
    ) {
        row.put_doubt(UNINSTALLED.to_owned());
    }
}

/// Whether that is the doubt about a row.
pub fn is_uninstalled(row: &SourceRow) -> bool {
    row.doubt.as_deref() == Some(UNINSTALLED)
}

/// Takes the doubt from a namespace of which another release is not uninstalled.
pub fn is_there(rows: &mut [SourceRow], namespace: &str) {
    let first = rows.iter_mut().rev().find(|it| it.namespace == namespace);
    if let Some(first) = first.filter(|it| is_uninstalled(it)) {
        first.doubt = None;
    }
}
