//! Findings of `rollcall check`, the integrity check of a database.
use serde::{Deserialize, Serialize};

words! {
    /// The kind of check that a finding comes from.
    Check {
        Integrity = "integrity", ForeignKeys = "foreign keys", Schema = "schema", Rows = "rows", Order = "order",
        Members = "members", Audit = "audit", Chain = "chain", Texts = "texts",
    }
}

/// One inconsistency in the database.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFinding {
    pub check: Check,
    /// A sentence that names the row.
    pub detail: String,
}

impl CheckFinding {
    /// A finding of this check; `detail` is a sentence for the operator.
    pub fn new(check: Check, detail: impl Into<String>) -> Self {
        Self {
            check,
            detail: detail.into(),
        }
    }
}
