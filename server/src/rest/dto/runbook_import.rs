//! DTOs of `POST /api/releases/{id}/templates/import` (R86): the request is a Markdown runbook and edits of its steps, the
//! response the steps that were read, notes on lines, and a count. `rollcall steps import --json` prints it too, with more.
use super::{
    enums::{CategorySchema, StepTypeSchema},
    warnings::Warning,
};
use app::{
    domain::{
        template_markdown::{ImportNote, ImportedStep, TemplateImport, preview::RowEdit},
        vocabulary::{Category, StepType},
    },
    highlight,
};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A runbook whose steps are to be appended to a release's template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunbookImport {
    /// Each heading is a step, its fenced code the content, prose above that the description. Steps under "Verify" are
    /// verify steps.
    #[schema(value_type = String)]
    pub markdown: Option<String>,
    /// Only say what it would do.
    pub dry_run: Option<bool>,
    /// What to change of the steps, by their index in the answer of a dry run without edits.
    pub edits: Option<Vec<RunbookEdit>>,
}

/// An edit of one step as it was read. What is left out stays.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunbookEdit {
    /// The step's index, counted from 0.
    #[schema(minimum = 0)]
    row: u32,
    /// The step is not imported.
    leave_out: Option<bool>,
    #[schema(min_length = 1, max_length = 100)]
    name: Option<String>,
    #[schema(value_type = Option<CategorySchema>)]
    category: Option<Category>,
    #[serde(rename = "type")]
    #[schema(value_type = Option<StepTypeSchema>)]
    kind: Option<StepType>,
    /// The step becomes part of the one before it that is not left out, whose name and category it takes.
    join_previous: Option<bool>,
}

impl From<RunbookEdit> for RowEdit {
    fn from(edit: RunbookEdit) -> Self {
        Self {
            row: edit.row,
            leave_out: edit.leave_out.unwrap_or_default(),
            name: edit.name,
            category: edit.category,
            kind: edit.kind,
            join_previous: edit.join_previous.unwrap_or_default(),
        }
    }
}

/// A step that was read from a runbook.
#[derive(Debug, Serialize, ToSchema)]
pub struct RunbookStep {
    #[schema(value_type = CategorySchema)]
    category: Category,
    #[serde(rename = "type")]
    #[schema(value_type = StepTypeSchema)]
    kind: StepType,
    name: String,
    /// Empty if there is none.
    description: String,
    content: String,
    /// Where its text begins; the first line is 1.
    line: u32,
    /// What somebody should decide about it, for example whether it is a script at all. It is imported as it is here.
    question: Option<String>,
    /// About its content.
    warnings: Vec<Warning>,
}

impl From<ImportedStep> for RunbookStep {
    fn from(step: ImportedStep) -> Self {
        let ImportedStep {
            category,
            kind,
            name,
            description,
            content,
            line,
            question,
        } = step;
        let warnings = highlight::text_warnings(&content, kind);
        Self {
            category,
            kind,
            name,
            description,
            content,
            line,
            question,
            warnings: warnings.into_iter().map(Into::into).collect(),
        }
    }
}

/// Something to know about a line of a runbook.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunbookNote {
    /// The first line is 1.
    line: u32,
    message: String,
    /// An error stops the import; any other note is for information.
    is_error: bool,
    /// The step that it is about, counted from 0: leaving that out or editing it mends an error.
    row: Option<u32>,
}

impl From<ImportNote> for RunbookNote {
    fn from(note: ImportNote) -> Self {
        let ImportNote {
            line,
            message,
            is_error,
            row,
        } = note;
        Self {
            line,
            message,
            is_error,
            row,
        }
    }
}

/// The steps that were read from a runbook, and how many were created; in a dry run, would be.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct RunbookImportResult {
    /// A name that the text offers for the release. An import does not write it.
    release_name: Option<String>,
    /// A description that the text offers for the release: what comes before the first step. An import does not write it.
    release_description: Option<String>,
    /// Deploy first, each category in the order of the text.
    steps: Vec<RunbookStep>,
    /// Sorted by line.
    notes: Vec<RunbookNote>,
    created: u32,
}

impl From<TemplateImport> for RunbookImportResult {
    fn from(import: TemplateImport) -> Self {
        let created = if import.may_be_imported() {
            u32::try_from(import.steps.len()).unwrap_or(u32::MAX)
        } else {
            0
        };
        let TemplateImport {
            release_name,
            release_description,
            steps,
            notes,
        } = import;
        Self {
            release_name,
            release_description,
            steps: steps.into_iter().map(Into::into).collect(),
            notes: notes.into_iter().map(Into::into).collect(),
            created,
        }
    }
}
