//! What a check of the database found.
use serde::{Deserialize, Serialize};

words! {
    /// What was checked.
    Check {
        Integrity = "integrity", ForeignKeys = "foreign keys", Schema = "schema", Rows = "rows", Order = "order",
        Members = "members", Audit = "audit", Chain = "chain",
    }
}

/// One thing that should not be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckFinding {
    pub check: Check,
    pub detail: String,
}

impl CheckFinding {
    pub fn new(check: Check, detail: impl Into<String>) -> Self {
        Self {
            check,
            detail: detail.into(),
        }
    }
}
