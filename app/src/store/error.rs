//! What the store can answer instead of a result.
use crate::domain::refusal::{Invalid, Noun, Refusal};
use crate::error::Stale;
use sea_orm::DbErr;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("{0} not found")]
    NotFound(Noun),
    #[error(transparent)]
    Invalid(#[from] Invalid),
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Somebody else has changed the row since (R3).
    #[error("changed since")]
    Stale(Box<Stale>),
    /// A row holds what no version of the program has written.
    #[error("a row of {table} cannot be read: {detail}")]
    Corrupt { table: &'static str, detail: String },
    #[error("{0}")]
    Open(String),
    #[error("the database failed")]
    Db(#[from] DbErr),
}

impl StoreError {
    pub fn corrupt(table: &'static str, detail: impl ToString) -> Self {
        Self::Corrupt {
            table,
            detail: detail.to_string(),
        }
    }
}
