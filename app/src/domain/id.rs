//! Typed ids, one type per entity, so that the compiler catches a mix-up.
use serde::{Deserialize, Serialize};
use std::{fmt, num::ParseIntError, str::FromStr};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;
            fn from_str(text: &str) -> Result<Self, ParseIntError> {
                text.parse().map(Self)
            }
        }
    )*};
}

ids! {
    /// A Kubernetes cluster.
    ClusterId
    /// A customer: one namespace of one cluster.
    CustomerId
    /// A release: a list of steps and the customers it goes to.
    ReleaseId
    /// A step of a release's template.
    TemplateId
    /// A step of one customer in one release: a cell of the matrix.
    StepId
    /// An event of the audit trail.
    EventId
    /// A user: an account that can sign in.
    UserId
    /// A user's session.
    SessionId
    /// A user's token.
    TokenId
    /// A saved view of the matrix.
    ViewId
    /// An address that CI reports to.
    IncomingHookId
    /// A piece of evidence of a step.
    EvidenceId
    /// A webhook.
    WebhookId
    /// A run of a step.
    RunId
    /// A runner.
    RunnerId
}

/// A batch: the events of one change, which are undone together. A UUID v7 as text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct BatchId(pub String);

impl fmt::Display for BatchId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
