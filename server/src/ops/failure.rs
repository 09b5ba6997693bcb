//! Errors that end the program or a backup. Each is printed as one line that says what to do, and maps to an exit code.
use super::config::InvalidSetting;
use app::{
    domain::rule_violation::RuleViolation,
    store::{
        engine::{advice, row_decode::unreadable_column},
        error::{StoreError, chain},
    },
};
use std::{io, path::Path, process::ExitCode};

/// The exit code of the program, for scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0: it was done.
    Done,
    /// 1: it could not be done.
    Failed,
    /// 2: the command line or a setting is wrong, or names what is not there. clap uses the same code.
    Usage,
    /// 3: a database or a file was examined, and it has faults; a cell failed that was waited for; or a run was refused.
    Found,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Done => 0_u8,
            Exit::Failed => 1,
            Exit::Usage => 2,
            Exit::Found => 3,
        })
    }
}

#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("{0}")]
    Settings(#[from] InvalidSetting),
    #[error("there is no database at {0}. Name it with DATABASE_URL")]
    Missing(String),
    #[error("the database {path} cannot be opened: {cause}. {}", advice(Some(.path), .cause))]
    Open { path: String, cause: String },
    #[error("the database {path} cannot be brought up to date: {cause}. {}", advice(Some(.path), .cause))]
    Migrate { path: String, cause: String },
    #[error(
        "the database {0} was written by a newer Rollcall. Use that version, or another database"
    )]
    Newer(String),
    #[error(
        "the database {0} is older than this program. Bring it up to date with `rollcall migrate`"
    )]
    Older(String),
    #[error("cannot listen on {address}: {cause}. Choose another address with ROLLCALL_ADDR")]
    Listen { address: String, cause: io::Error },
    #[error(
        "the database is not empty, and this goes into an empty one only. Name another one with DATABASE_URL"
    )]
    NotEmpty,
    #[error("the database failed: {0}. {advice}", advice = advice(None, .0))]
    Store(String),
    #[error(
        "the database has a value that cannot be read: {0}. `rollcall check` finds all of them; put a backup in its place with `rollcall restore FILE`"
    )]
    Unreadable(String),
    #[error("{0}")]
    Refused(String),
    /// What the command line names is not there, or is not clear.
    #[error("{0}")]
    Usage(String),
    /// A rule, the context of kubectl or the person says no: nothing was run.
    #[error("{0}")]
    NotRun(String),
    #[error("serving failed: {0}")]
    Serve(#[from] io::Error),
    #[error("{0} is there already. Choose another name")]
    Exists(String),
    #[error(
        "{path} cannot be written: {cause}. Check the path, its permissions and the space on its disk"
    )]
    Write { path: String, cause: String },
    #[error("{path} cannot be read: {cause}")]
    Read { path: String, cause: String },
    #[error("{path} was not restored: {why}. Nothing was changed")]
    NotRestorable { path: String, why: String },
    #[error("another program has the database {0} open. End it first. Nothing was changed")]
    InUse(String),
    #[error("{path} was not taken in, and nothing was changed. Faults: {n}")]
    Faults { path: String, n: usize },
}

impl Failure {
    pub fn exit(&self) -> Exit {
        match self {
            Self::Settings(_) | Self::Usage(_) => Exit::Usage,
            Self::NotRestorable { .. } | Self::Faults { .. } | Self::NotRun(_) => Exit::Found,
            _ => Exit::Failed,
        }
    }

    pub fn write(path: &Path, cause: &dyn std::error::Error) -> Self {
        Self::Write {
            path: path.display().to_string(),
            cause: chain(cause),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Refused(RuleViolation::NotEmpty) => Self::NotEmpty,
            StoreError::NotFound(_) | StoreError::Invalid(_) | StoreError::Refused(_) => {
                Self::Refused(error.to_string())
            }
            StoreError::Corrupt { table, detail } => Self::Unreadable(format!("{table}: {detail}")),
            StoreError::Db(error) => match unreadable_column(&error) {
                Some(column) => Self::Unreadable(format!("in the column {column}")),
                None => Self::Store(chain(&error)),
            },
            error => Self::Store(cause(&error)),
        }
    }
}

/// The cause of a store error, for a sentence that already says that the database failed.
pub fn cause(error: &StoreError) -> String {
    match error {
        StoreError::Db(error) => chain(error),
        error => chain(error),
    }
}
