//! Why Jenkins did not do what it was asked for, as the sentence that is read in a run's reason or in the log. It has no token.
use crate::{
    ops::jenkins_settings::InvalidJenkinsSetting,
    outbound::{client::last_cause, dial_rule::DialRefusal},
};
use reqwest::StatusCode;

/// Why there is no usable response.
#[derive(Debug, thiserror::Error)]
pub enum JenkinsFailure {
    /// Without its cause, which has the path of a file; it is told at the start.
    #[error("JENKINS_TOKEN_FILE can't be read, or has no token")]
    Setting(#[from] InvalidJenkinsSetting),
    #[error("{0}. Check JENKINS_URL")]
    Refused(#[from] DialRefusal),
    #[error("Jenkins can't be reached: {0}. Check JENKINS_URL")]
    Unreachable(String),
    /// The request may have reached Jenkins.
    #[error("Jenkins did not answer: {0}")]
    Silent(String),
    #[error("Jenkins doesn't accept the token. Check JENKINS_USER and JENKINS_TOKEN")]
    Token,
    #[error(
        "Jenkins' user may not do this. Give it the permissions Read, Build and Cancel of the job"
    )]
    Forbidden,
    #[error("Jenkins has no such job, or its user may not see it")]
    NotFound,
    #[error("the job takes no builds: enable it in Jenkins")]
    Disabled,
    #[error("the job takes no parameters: add them in Jenkins, or take them out of the step")]
    NoParameters,
    #[error("Jenkins redirects to another address. Write that one into JENKINS_URL")]
    Redirect,
    #[error("Jenkins is starting, or not there")]
    Starting,
    #[error("Jenkins answers {0}")]
    Status(u16),
    #[error("the answer isn't Jenkins'. Check JENKINS_URL")]
    Unreadable,
}

impl JenkinsFailure {
    /// The failure that a status says, if it is no success.
    pub fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            _ if status.is_success() => None,
            StatusCode::UNAUTHORIZED => Some(Self::Token),
            StatusCode::FORBIDDEN => Some(Self::Forbidden),
            StatusCode::NOT_FOUND => Some(Self::NotFound),
            StatusCode::CONFLICT => Some(Self::Disabled),
            StatusCode::SERVICE_UNAVAILABLE => Some(Self::Starting),
            _ if status.is_redirection() => Some(Self::Redirect),
            _ => Some(Self::Status(status.as_u16())),
        }
    }

    /// Whether Jenkins may have done what it was asked for.
    pub fn may_be_done(&self) -> bool {
        match self {
            Self::Silent(_) | Self::Unreadable => true,
            // A proxy answers so for a Jenkins that may have received the request.
            Self::Status(status) => *status >= 500,
            _ => false,
        }
    }
}

impl From<reqwest::Error> for JenkinsFailure {
    fn from(error: reqwest::Error) -> Self {
        let is_unsent = error.is_connect() || error.is_builder();
        let why = last_cause(&error.without_url());
        if is_unsent {
            Self::Unreachable(why)
        } else {
            Self::Silent(why)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_where_jenkins_surely_did_nothing_a_job_is_told_as_not_started() {
        for (status, may_be_done) in [(401, false), (404, false), (409, false), (303, false)] {
            let status = StatusCode::from_u16(status).unwrap();
            let failure = JenkinsFailure::of_status(status).unwrap();
            assert_eq!(failure.may_be_done(), may_be_done, "{failure}");
        }
        for status in [500, 502, 504] {
            assert!(JenkinsFailure::Status(status).may_be_done());
        }
        assert!(JenkinsFailure::Silent(String::new()).may_be_done());
        assert!(!JenkinsFailure::Starting.may_be_done());
        assert!(!JenkinsFailure::Unreachable(String::new()).may_be_done());
    }
}
