//! The error type of all server functions, and so of the pages. Rule violations and field errors are sent as
//! sentences instead of typed values: decoding every variant would cost more WASM than the pages need.
use crate::domain::{
    letter_case::upper,
    rule_violation::RuleViolation,
    validation_errors::ValidationErrors,
    vocabulary::{Field, Noun},
};
use crate::paths;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use server_fn::{
    codec::PostcardEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use std::fmt;

/// The row was changed since it was read (R3): its current content, and who changed it when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stale {
    /// The row as JSON.
    pub current: String,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// Wrong fields with their messages; never empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldMessages(pub Vec<(Field, String)>);

impl From<ValidationErrors> for FieldMessages {
    fn from(invalid: ValidationErrors) -> Self {
        let problems = invalid.0.into_iter();
        Self(problems.map(|it| (it.field, it.message())).collect())
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

/// A rule that refuses the change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ViolationMessage {
    pub text: String,
    /// The form field that shows the message; none shows it as an alert.
    pub field: Option<Field>,
    pub about: ViolationDetail,
}

/// What a page needs to know of a violation besides its message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ViolationDetail {
    Nothing,
    /// These variables have no value.
    Missing(Vec<String>),
    /// The step's text is another than the one that was shown (R81); the page asks for it.
    TextChanged,
    /// Somebody else has the run, or nobody any more (R73).
    LeaseOver,
    /// The name is taken. If an inactive row has it: the id of that row and the name.
    Taken(Option<(i64, String)>),
    /// Others have changed the step while the mark waited for the connection (R32). Sent again, the mark counts.
    Overtaken,
    /// The step's state does not allow the action.
    Transition,
}

impl From<RuleViolation> for ViolationMessage {
    fn from(violation: RuleViolation) -> Self {
        let (text, field) = (violation.to_string(), violation.field());
        let about = match violation {
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
            }
            | RuleViolation::LoginTaken {
                login: name,
                inactive_id,
            } => ViolationDetail::Taken(inactive_id.map(|id| (id, name))),
            RuleViolation::RunnerNameTaken { .. } => ViolationDetail::Taken(None),
            RuleViolation::Overtaken { .. } => ViolationDetail::Overtaken,
            RuleViolation::Transition { .. } => ViolationDetail::Transition,
            _ => ViolationDetail::Nothing,
        };
        Self { text, field, about }
    }
}

/// Why a server function failed, with its HTTP status.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
pub enum AppError {
    /// 404: the row does not exist.
    #[error("{} not found", .0.capitalized())]
    NotFound(Noun),
    /// 422: wrong fields.
    #[error("{0}")]
    Invalid(FieldMessages),
    /// 409: a rule refuses the change.
    #[error("{}", .0.text)]
    Refused(Box<ViolationMessage>),
    /// 409: the row was changed since it was read.
    #[error("{} changed this since then", .0.changed_by.as_deref().unwrap_or("Someone"))]
    Stale(Box<Stale>),
    /// 401: the request is not authenticated.
    #[error("sign in to go on")]
    SignIn,
    /// 403: the caller's role is too low; the text names the role needed.
    #[error("{0}")]
    Denied(String),
    /// 429: too many tries failed; how many seconds the next one has to wait.
    #[error("too many failed attempts: try again in {0} seconds")]
    Throttled(u64),
    /// 503: too much at once.
    #[error("too many people are signing in: try again in a moment")]
    Busy,
    /// 500: a failure of the server; the cause is in its log only.
    #[error("Something went wrong. Try again")]
    Internal,
    /// The request failed on its way, or the response could not be decoded.
    #[error("the server could not be reached: check the connection and try again")]
    Transport(String),
    /// 503: the database does not answer, or not in time.
    #[error("the database does not answer: try again in a moment")]
    Unavailable,
    /// 422: the arguments of a server function cannot be read, as those of a page of an earlier version.
    #[error("the server cannot read this request: reload the page and try again")]
    Malformed,
}

impl AppError {
    /// A conflict that is known before anything is saved: somebody else has changed what is being edited.
    pub fn overtaken(by: Option<String>, at: Option<DateTime<Utc>>) -> Self {
        Self::Stale(Box::new(Stale {
            current: String::new(),
            changed_by: by,
            changed_at: at,
        }))
    }

    /// A refusal that the page knows by itself.
    pub fn refused(text: String) -> Self {
        Self::Refused(Box::new(ViolationMessage {
            text,
            field: None,
            about: ViolationDetail::Nothing,
        }))
    }

    /// Whether something was sent and refused because somebody else had saved first. A conflict that is known before brings no row.
    pub fn is_overtaken_save(&self) -> bool {
        matches!(self, Self::Stale(it) if !it.current.is_empty())
    }

    /// The message for a form field, if the error concerns it.
    pub fn message_for(&self, field: Field) -> Option<String> {
        match self {
            Self::Invalid(FieldMessages(fields)) => {
                let found = fields.iter().find(|it| it.0 == field);
                found.map(|it| it.1.clone())
            }
            Self::Refused(refused) if refused.field == Some(field) => Some(refused.text.clone()),
            _ => None,
        }
    }

    /// Whether fields of the form show what is wrong.
    pub fn is_about_fields(&self) -> bool {
        match self {
            Self::Invalid(_) => true,
            Self::Refused(refused) => refused.field.is_some(),
            _ => false,
        }
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Busy | Self::Unavailable | Self::Internal | Self::Transport(_) => true,
            Self::Refused(it) => it.about == ViolationDetail::Overtaken,
            _ => false,
        }
    }

    /// What stands in place of what cannot be shown.
    pub fn in_place(&self) -> String {
        let text = sentence(&self.to_string());
        match self {
            Self::NotFound(_) => {
                format!("{text} It may have been deleted, or the link is incomplete.")
            }
            _ => text,
        }
    }

    /// The list of what was not found: its name and its URL. None if it has no list, or if something else went wrong.
    pub fn list(&self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::NotFound(Noun::Cluster) => Some(("Clusters", paths::CLUSTERS)),
            Self::NotFound(Noun::Customer) => Some(("Customers", paths::CUSTOMERS)),
            Self::NotFound(Noun::Release) => Some(("Releases", paths::RELEASES)),
            Self::NotFound(Noun::User) => Some(("Users", paths::USERS)),
            Self::NotFound(Noun::Webhook) => Some(("Webhooks", paths::WEBHOOKS)),
            Self::NotFound(Noun::Run) => Some(("Runs", paths::RUNS)),
            _ => None,
        }
    }

    /// The HTTP status code.
    pub fn status(&self) -> u16 {
        match self {
            Self::NotFound(_) => 404,
            Self::Invalid(_) | Self::Malformed => 422,
            Self::Refused(_) | Self::Stale(_) => 409,
            Self::SignIn => 401,
            Self::Denied(_) => 403,
            Self::Throttled(_) => 429,
            Self::Busy | Self::Unavailable => 503,
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
    fn from(violation: RuleViolation) -> Self {
        Self::Refused(Box::new(violation.into()))
    }
}

impl FromServerFnError for AppError {
    type Encoder = PostcardEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        use ServerFnErrorErr::{Args, Deserialization, MissingArg};
        // On the server it is a request that is deserialized, in the browser an answer.
        let is_request = cfg!(feature = "ssr");
        match error {
            Args(_) | MissingArg(_) | Deserialization(_) if is_request => Self::Malformed,
            error => Self::Transport(error.to_string()),
        }
    }
}

/// A message as a sentence: with a capital letter at the start and a full stop at the end.
pub fn sentence(text: &str) -> String {
    let end = if text.ends_with(['.', '!', '?']) {
        ""
    } else {
        "."
    };
    format!("{}{end}", capitalized(text))
}

/// A message with a capital letter at the start. A name with a dot in it stays as it is: `var.HOST` is another one with a capital.
pub fn capitalized(text: &str) -> String {
    let first = text.split(' ').next().unwrap_or_default();
    if first.trim_end_matches('.').contains('.') {
        return text.to_owned();
    }
    let mut letters = text.chars();
    let first = letters
        .next()
        .map(|it| upper(&it.to_string()))
        .unwrap_or_default();
    format!("{first}{}", letters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_begins_with_a_capital_letter_but_a_variable_keeps_its_name() {
        assert_eq!(capitalized("no runner"), "No runner");
        assert_eq!(sentence("it failed"), "It failed.");
        assert_eq!(sentence("failed."), "Failed.");
        let text = "var.HOST is not set. Set it, or continue without it";
        assert_eq!(capitalized(text), text);
    }
}
