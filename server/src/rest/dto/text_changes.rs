//! What changed in a step's text (R81).
use super::{enums::TextChangeKindSchema, rows::Step};
use app::domain::text_change::{self, TextChangeKind};
use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

/// One change of a step's text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextChange {
    #[schema(value_type = TextChangeKindSchema)]
    pub kind: TextChangeKind,
    /// The variable, as `var.HOST`; else the step's name.
    pub name: String,
    pub by: String,
    pub at: DateTime<Utc>,
    /// The value or the text before, at most 10,000 characters of it; null if there was none.
    pub from: Option<String>,
    pub to: Option<String>,
}

impl From<text_change::TextChange> for TextChange {
    fn from(it: text_change::TextChange) -> Self {
        Self {
            kind: it.kind,
            name: it.name,
            by: it.by,
            at: it.at,
            from: it.from,
            to: it.to,
        }
    }
}

/// A step after it was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepWithTextChanges {
    #[serde(flatten)]
    pub step: Step,
    /// What changed in the text since the step was started; empty if nothing did, or if it was not started.
    pub changes: Vec<TextChange>,
}
