//! DTO of a piece of evidence.
use super::enums::EvidenceKindSchema;
use app::domain::evidence::{self, EvidenceKind};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// A piece of evidence of a step, without its bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Evidence {
    pub id: i64,
    pub step_id: i64,
    #[schema(value_type = EvidenceKindSchema)]
    pub kind: EvidenceKind,
    pub name: String,
    /// The media type: of an image what its bytes are.
    pub content_type: String,
    /// Where a link leads; null for all else.
    pub url: Option<String>,
    /// The number of bytes.
    pub bytes: u32,
    /// SHA-256 of the bytes in hexadecimal digits.
    pub sha256: String,
    /// What the report of CI called itself that it came with; null if a person added it.
    pub message: Option<String>,
    /// Who added it, by the name of that time.
    pub by: String,
    pub at: DateTime<Utc>,
}

impl From<evidence::Evidence> for Evidence {
    fn from(row: evidence::Evidence) -> Self {
        let evidence::Evidence {
            id,
            step_id,
            kind,
            name,
            content_type,
            url,
            bytes,
            sha256,
            message,
            by,
            at,
        } = row;
        Self {
            id: id.0,
            step_id: step_id.0,
            kind,
            name,
            content_type,
            url,
            bytes,
            sha256,
            message,
            by,
            at,
        }
    }
}
