//! Why Rancher could not be read, as the sentence that a manager reads. It has no token.
use crate::{
    ops::rancher_settings::InvalidRancherSetting,
    outbound::{client::last_cause, dial_rule::DialRefusal},
};
use app::domain::rule_violation::RuleViolation;
use reqwest::StatusCode;

/// Why there is no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum RancherFailure {
    /// Without its cause, which has the path of a file; it is told at the start.
    #[error("RANCHER_TOKEN_FILE can't be read, or has no token")]
    Setting(#[from] InvalidRancherSetting),
    #[error("{0}. Check RANCHER_URL")]
    Refused(#[from] DialRefusal),
    #[error("Rancher doesn't answer: {0}. Check RANCHER_URL")]
    Unreachable(String),
    #[error("Rancher took too long to answer. Choose fewer clusters, or try again")]
    Slow,
    #[error("Rancher doesn't accept the token. Check RANCHER_TOKEN, and when it expires")]
    Token,
    #[error("Rancher's token may not read this. Give its user access to the cluster")]
    Forbidden,
    #[error("Rancher redirects to another address. Write that one into RANCHER_URL")]
    Redirect,
    #[error("Rancher answers {0}")]
    Status(u16),
    #[error("The answer isn't Rancher's. Check RANCHER_URL")]
    Unreadable,
    #[error("Rancher answers more than can be read at once. Choose fewer clusters")]
    TooMuch,
}

impl RancherFailure {
    /// The failure that a status says, if it is no success.
    pub fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            _ if status.is_success() => None,
            StatusCode::UNAUTHORIZED => Some(Self::Token),
            StatusCode::FORBIDDEN => Some(Self::Forbidden),
            _ if status.is_redirection() => Some(Self::Redirect),
            _ => Some(Self::Status(status.as_u16())),
        }
    }
}

impl From<reqwest::Error> for RancherFailure {
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Slow
        } else {
            Self::Unreachable(last_cause(&error.without_url()))
        }
    }
}

impl From<RancherFailure> for RuleViolation {
    fn from(failure: RancherFailure) -> Self {
        Self::RancherFailed {
            why: failure.to_string(),
        }
    }
}
