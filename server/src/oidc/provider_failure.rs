//! Error of a sign-in at a provider: unreachable, misconfigured, an answer to another sign-in, or an account that is not proved.
use super::provider_http::ProviderHttpError;
use app::store::error::chain;
use std::error::Error;

/// Why an account could not be proved. The texts are for the log.
#[derive(Clone, Debug, thiserror::Error)]
pub enum ProviderFailure {
    #[error("the provider is not reached: {0}")]
    Away(String),
    /// It does not know this client, or its answers are none that can be used.
    #[error("the provider and Rollcall are not set up for each other: {0}")]
    Misconfigured(String),
    /// A token that is not valid, or not for this client.
    #[error("the provider's answer proves nothing: {0}")]
    Unproved(String),
    /// Who came brought a code or a token of something else.
    #[error("the answer is not of this sign-in: {0}")]
    Foreign(String),
}

impl ProviderFailure {
    /// Whether it counts as a failed try of who came.
    pub fn counts(&self) -> bool {
        matches!(self, Self::Foreign(_))
    }

    /// A request that was not sent, got no answer, or one that is too long to be read.
    pub fn of_request(error: &(dyn Error + 'static), cause: &ProviderHttpError) -> Self {
        match cause {
            ProviderHttpError::Request(_) => Self::away(error),
            ProviderHttpError::Refused(_) | ProviderHttpError::TooLong => {
                Self::misconfigured(error)
            }
        }
    }

    /// `Away`, with all causes of the error.
    pub fn away(error: &(dyn Error + 'static)) -> Self {
        Self::Away(chain(error))
    }

    /// `Misconfigured`, with all causes of the error.
    pub fn misconfigured(error: &(dyn Error + 'static)) -> Self {
        Self::Misconfigured(chain(error))
    }

    /// `Unproved`, with all causes of the error.
    pub fn unproved(error: &(dyn Error + 'static)) -> Self {
        Self::Unproved(chain(error))
    }

    /// `Foreign`, with all causes of the error.
    pub fn foreign(error: &(dyn Error + 'static)) -> Self {
        Self::Foreign(chain(error))
    }
}
