//! Warnings about step texts and values (R83, R84).
use super::enums::WarningKindSchema;
use app::domain::warning::{self, WarningKind};
use serde::Serialize;
use utoipa::ToSchema;

/// Something about a step's text or a value in it that is probably not meant. It blocks nothing.
#[derive(Debug, Serialize, ToSchema)]
pub struct Warning {
    #[schema(value_type = WarningKindSchema)]
    pub kind: WarningKind,
    /// The variable, or the character.
    pub name: String,
    pub message: String,
}

impl From<warning::Warning> for Warning {
    fn from(it: warning::Warning) -> Self {
        Self {
            kind: it.kind,
            name: it.name,
            message: it.message,
        }
    }
}
