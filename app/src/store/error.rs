//! The error type of all store methods.
use crate::domain::{
    permission::Role,
    rule_violation::RuleViolation,
    run::LEASE_OVER,
    text_change::{ChangedText, TEXT_CHANGED},
    validation_errors::ValidationErrors,
    vocabulary::Noun,
};
use crate::error::Stale;
use sea_orm::DbErr;

/// Why a store method failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no such row, or it is out of the caller's scope.
    #[error("{} not found", .0.capitalized())]
    NotFound(Noun),
    /// Fields are wrong (R6).
    #[error(transparent)]
    Invalid(#[from] ValidationErrors),
    /// A rule of the domain refuses the change.
    #[error(transparent)]
    Refused(#[from] RuleViolation),
    /// The caller's role does not allow it (R22); the role that would.
    #[error("This needs the role {0}")]
    NeedsRole(Role),
    /// The request is not authenticated.
    #[error("Sign in to go on")]
    NobodyAsks,
    /// Only for `open` mode, where people choose their names.
    #[error("Your name is that of your account. Change it there")]
    NotInOpenMode,
    /// Too many passwords are waiting to be hashed.
    #[error("too many people are signing in: try again in a moment")]
    Busy,
    /// Too many tries failed (R24): how many seconds the next one has to wait.
    #[error("too many failed attempts: try again in {0} seconds")]
    Throttled(u64),
    /// The caller has a scope, and this is about everybody (R89).
    #[error("This needs someone who sees all customers")]
    NeedsAll,
    /// The row was changed since it was read (R3).
    #[error("changed since")]
    Stale(Box<Stale>),
    /// The step's text is another than the one that was shown (R81).
    #[error("{TEXT_CHANGED}")]
    TextChanged(Box<ChangedText>),
    /// Who reports about a run does not have it: it was lost, or it is over (R73).
    #[error("{LEASE_OVER}")]
    LeaseOver,
    /// A row has content that no version of the program writes.
    #[error("a row of {table} cannot be read: {detail}")]
    Corrupt { table: &'static str, detail: String },
    /// The database cannot be opened; the text says what to do.
    #[error("{0}")]
    Open(String),
    /// The database failed; the cause is only for the log.
    #[error("the database failed")]
    Db(#[from] DbErr),
}

impl StoreError {
    /// A row of this table cannot be read.
    pub fn corrupt(table: &'static str, detail: impl ToString) -> Self {
        Self::Corrupt {
            table,
            detail: detail.to_string(),
        }
    }
}

/// An error with its causes on one line; a cause whose message is already included is left out.
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text.replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_person_reads_begins_with_a_capital() {
        for (error, text) in [
            (StoreError::NotFound(Noun::Release), "Release not found"),
            (
                StoreError::NeedsRole(Role::Operator),
                "This needs the role operator",
            ),
            (
                StoreError::NeedsAll,
                "This needs someone who sees all customers",
            ),
            (
                StoreError::NotInOpenMode,
                "Your name is that of your account. Change it there",
            ),
        ] {
            assert_eq!(error.to_string(), text);
        }
    }

    #[test]
    fn a_chain_is_one_line_and_says_nothing_twice() {
        let error = StoreError::Db(DbErr::Custom("disk\nfull".to_owned()));
        let line = chain(&error);
        assert!(line.starts_with("the database failed: ") && line.ends_with("disk full"));
        assert_eq!(line.matches("disk").count(), 1);
    }
}
