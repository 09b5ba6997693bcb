//! The one error that crosses the wire: everything that can go wrong between a click and a row, as far as the browser
//! may know.
use crate::domain::refusal::{Field, Invalid, Noun, Refusal};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::PostcardEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};

/// Somebody changed the row since it was read (R3): the row as it is now, and by whom and when it was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stale {
    /// The row, as JSON.
    pub current: String,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::instant::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// 404: no such row.
    #[error("{0} not found")]
    NotFound(Noun),
    /// 422: fields are wrong, each named.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// 409: a rule says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// 409: somebody was faster.
    #[error("{} changed this in the meantime: look at it again before you save", .0.changed_by.as_deref().unwrap_or("somebody"))]
    Stale(Box<Stale>),
    /// 500: the cause is in the log, never in the answer.
    #[error("something failed on our side; it has been logged")]
    Internal,
    /// The answer never came, or was none of ours.
    #[error("the server could not be reached: check the connection and try again")]
    Transport(String),
}

impl AppError {
    /// What is to be said at this field.
    pub fn at(&self, field: Field) -> Option<String> {
        match self {
            Self::Invalid(invalid) => invalid.at(field).map(ToString::to_string),
            Self::Refused(refusal) if refusal.field() == Some(field) => Some(refusal.to_string()),
            _ => None,
        }
    }

    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::Invalid(_) => 422,
            Self::Refused(_) | Self::Stale(_) => 409,
            Self::Internal | Self::Transport(_) => 500,
        }
    }
}

impl FromServerFnError for AppError {
    type Encoder = PostcardEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::Transport(error.to_string())
    }
}
