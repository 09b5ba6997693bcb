//! Addresses that CI reports to (R63): each is of one release, or of one template step of it, and has a key of its own, which is
//! shown once.
use super::{
    field_error::FieldError,
    id::{IncomingHookId, ReleaseId, TemplateId},
    text::Name,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// The path of every such address; the key follows it, or comes as `Authorization: Bearer`.
pub const INCOMING_PATH: &str = "/api/hooks/in";

/// An address as lists show it, without its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct IncomingHook {
    pub id: IncomingHookId,
    pub release_id: ReleaseId,
    /// None: every step of the release.
    pub template_id: Option<TemplateId>,
    /// Who a report is by.
    pub name: String,
    /// Who made it, by the name of that time.
    pub created_by: String,
    #[serde(with = "crate::domain::time_serde")]
    pub created_at: DateTime<Utc>,
}

/// An address that was just made, with its key.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeIncomingHook {
    pub hook: IncomingHook,
    /// 256 random bits in hexadecimal digits. Only its SHA-256 is stored.
    pub key: String,
}

/// An address to be made, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct IncomingHookDraft {
    pub name: String,
    /// None: every step of the release.
    pub template_id: Option<TemplateId>,
}

impl IncomingHookDraft {
    /// The name after validation. Whether the release has the template step is the store's question.
    pub fn parse_name(&self) -> Result<Name, FieldError> {
        Name::parse(&self.name)
    }
}
