//! The one error that crosses the wire: everything that can go wrong between a click and a row, as far as the browser
//! may know. Rules speak in words before they travel: the words of every rule, written and read by type, would weigh
//! more than all the browser asks of them.
use crate::domain::{
    rule_violation::RuleViolation,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::PostcardEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use std::fmt;

/// Somebody changed the row since it was read (R3): the row as it is now, and by whom and when it was changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stale {
    /// The row, as JSON.
    pub current: String,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// Fields that are wrong, each with its sentence; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMessages(pub Vec<(Field, String)>);

impl From<ValidationErrors> for FieldMessages {
    fn from(invalid: ValidationErrors) -> Self {
        let problems = invalid.0.into_iter();
        Self(
            problems
                .map(|it| (it.field, it.problem.to_string()))
                .collect(),
        )
    }
}

impl fmt::Display for FieldMessages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, (field, text)) in self.0.iter().enumerate() {
            let between = if i == 0 { "" } else { "; " };
            write!(f, "{between}{field}: {text}")?;
        }
        Ok(())
    }
}

/// A rule that says no.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationMessage {
    pub text: String,
    /// Where a form shows it.
    pub field: Option<Field>,
    pub about: ViolationDetail,
}

/// What a page needs to know of a refusal beyond its words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ViolationDetail {
    Nothing,
    /// These variables have no value.
    Missing(Vec<String>),
    /// The name is taken: if by an inactive row, its id and that name.
    Taken(Option<(i64, String)>),
}

impl From<RuleViolation> for ViolationMessage {
    fn from(refusal: RuleViolation) -> Self {
        let (text, field) = (refusal.to_string(), refusal.field());
        let about = match refusal {
            RuleViolation::Unresolved { names } | RuleViolation::NoLiteral { names } => {
                ViolationDetail::Missing(names)
            }
            RuleViolation::ClusterNameTaken {
                name, inactive_id, ..
            }
            | RuleViolation::NamespaceTaken {
                namespace: name,
                inactive_id,
                ..
            } => ViolationDetail::Taken(inactive_id.map(|id| (id, name))),
            _ => ViolationDetail::Nothing,
        };
        Self { text, field, about }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// 404: no such row.
    #[error("{0} not found")]
    NotFound(Noun),
    /// 422: fields are wrong, each named.
    #[error("{0}")]
    Invalid(FieldMessages),
    /// 409: a rule says no.
    #[error("{}", .0.text)]
    Refused(Box<ViolationMessage>),
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
            Self::Invalid(FieldMessages(fields)) => {
                let found = fields.iter().find(|it| it.0 == field);
                found.map(|it| it.1.clone())
            }
            Self::Refused(refused) if refused.field == Some(field) => Some(refused.text.clone()),
            _ => None,
        }
    }

    /// Whether the same may go well when it is tried again.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Internal | Self::Transport(_))
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

impl From<ValidationErrors> for AppError {
    fn from(invalid: ValidationErrors) -> Self {
        Self::Invalid(invalid.into())
    }
}

impl From<RuleViolation> for AppError {
    fn from(refusal: RuleViolation) -> Self {
        Self::Refused(Box::new(refusal.into()))
    }
}

impl FromServerFnError for AppError {
    type Encoder = PostcardEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        Self::Transport(error.to_string())
    }
}
