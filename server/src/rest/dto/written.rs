//! Rows after a change of their text, with warnings about it.
use super::{rows::Step, templates::Template, warnings::Warning, work_views::Effect};
use app::{
    domain::{
        normalize,
        step::CustomerStep,
        template::{StepTemplate, TemplateFields},
        vocabulary::StepType,
    },
    highlight,
};
use serde::Serialize;
use utoipa::ToSchema;

/// What was changed of a text as it came in, and what may be wrong with it. `sent` is the text of the request, if it had one.
fn of_text(sent: Option<&str>, content: &str, kind: StepType) -> Vec<Warning> {
    let notices = sent.map(normalize::notices).unwrap_or_default();
    let warnings = highlight::text_warnings(content, kind);
    let all = notices.into_iter().chain(warnings);
    all.map(Into::into).collect()
}

/// A template step after a change of its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct TemplateWithWarnings {
    #[serde(flatten)]
    pub template: Template,
    pub warnings: Vec<Warning>,
}

impl TemplateWithWarnings {
    pub fn of(row: StepTemplate, sent: Option<&str>) -> Self {
        Self {
            warnings: of_text(sent, &row.content, row.kind),
            template: row.into(),
        }
    }
}

/// A customer's step after a change of its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepWithWarnings {
    #[serde(flatten)]
    pub step: Step,
    pub warnings: Vec<Warning>,
}

impl StepWithWarnings {
    pub fn of(row: CustomerStep, sent: Option<&str>) -> Self {
        Self {
            warnings: of_text(sent, &row.content, row.kind),
            step: row.into(),
        }
    }
}

/// What an edit of a template step would do to its copies, and what may be wrong with its text.
#[derive(Debug, Serialize, ToSchema)]
pub struct EditEffect {
    #[serde(flatten)]
    pub effect: Effect,
    pub warnings: Vec<Warning>,
}

impl EditEffect {
    pub fn of(effect: Effect, fields: &TemplateFields, sent: Option<&str>) -> Self {
        Self {
            effect,
            warnings: of_text(sent, fields.content.as_str(), fields.kind),
        }
    }
}
