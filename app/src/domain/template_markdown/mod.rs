//! Markdown runbooks as template steps, and template steps as Markdown. Reading turns headings into step names, fenced
//! blocks of bash and sql into steps, prose into descriptions or text steps, and "Verify" sections into the second
//! category. Writing marks every step, so that an exported file is read back byte for byte. Only the server reads and
//! writes Markdown; pages use the types below and `preview`.

mod asides;
mod blocks;
mod bold;
/// Edits that stay with their steps while the runbook changes.
pub mod carried_edits;
mod collector;
mod console;
mod console_session;
mod containers;
mod fence;
mod footnotes;
mod front_matter;
mod guess;
mod heading;
mod html_block;
mod html_tag;
mod known_prompts;
mod line_notes;
mod link_definition;
mod masked;
mod opened_shell;
/// Edits of the preview's rows.
pub mod preview;
mod prompt;
mod prose;
mod read;
mod root_prompt;
mod scan;
mod session_reader;
mod shell_syntax;
mod site_markup;
mod sql_prompt;
mod sql_session;
mod sql_syntax;
mod verify_words;
mod write;

use super::{
    field_error::FieldError,
    normalize::{normalized, notices},
    template::TemplateDraft,
    template_markdown::preview::RowEdit,
    validation_errors::ValidationErrors,
    vocabulary::{Category, Field, StepType},
};
use serde::{Deserialize, Serialize};

/// The most steps that one import may have. Each is copied to every customer of the release.
pub const STEPS_MAX: usize = 500;

/// A step that was read from a runbook, as the preview shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportedStep {
    pub category: Category,
    #[serde(rename = "type")]
    pub kind: StepType,
    pub name: String,
    /// Empty if there is none.
    pub description: String,
    /// The text with its variables as they are written.
    pub content: String,
    /// Where the step's text begins in the runbook; the first line is 1.
    pub line: u32,
    /// What the person should decide about this step, for example whether it is a script at all.
    pub question: Option<String>,
}

/// Something to know about a line of a runbook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ImportNote {
    /// The first line is 1.
    pub line: u32,
    pub message: String,
    /// An error stops the import; any other note is for information.
    pub is_error: bool,
    /// The step that it is about, counted from 0: leaving that out or editing it mends an error.
    pub row: Option<u32>,
}

/// What was read from a runbook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TemplateImport {
    /// A name for the release, at most 100 characters: the front matter's title, or the runbook's.
    pub release_name: Option<String>,
    /// A description for the release, at most 4,000 characters: what comes before the first step.
    pub release_description: Option<String>,
    /// First the deploy steps, then the verify steps, each in the order of the text.
    pub steps: Vec<ImportedStep>,
    /// By line.
    pub notes: Vec<ImportNote>,
}

impl From<ImportedStep> for TemplateDraft {
    fn from(step: ImportedStep) -> Self {
        Self {
            name: step.name,
            category: step.category.to_string(),
            kind: step.kind.to_string(),
            content: step.content,
            description: step.description,
            jenkins: None,
        }
    }
}

impl ImportedStep {
    /// The step with what a draft changes of it.
    fn with(self, draft: TemplateDraft) -> Self {
        Self {
            category: draft.category.parse().unwrap_or(self.category),
            kind: draft.kind.parse().unwrap_or(self.kind),
            name: draft.name,
            description: draft.description,
            content: draft.content,
            ..self
        }
    }
}

impl TemplateImport {
    /// Reads the steps of a Markdown text. Never fails: what is wrong is in the notes. Line breaks become LF and a byte
    /// order mark at the start goes; the first notes say so.
    pub fn read(markdown: &str) -> Self {
        let mut import = read::read(&normalized(markdown));
        let notices = notices(markdown).into_iter().map(|it| ImportNote {
            line: 1,
            message: it.message,
            is_error: false,
            row: None,
        });
        import.notes.splice(0..0, notices);
        import
    }

    /// Whether there are steps and no errors.
    pub fn may_be_imported(&self) -> bool {
        !self.steps.is_empty() && !self.notes.iter().any(|it| it.is_error)
    }

    /// The import with its rows edited, as a preview shows it. Errors: edits that cannot be made.
    pub fn edited(mut self, edits: &[RowEdit]) -> Result<Self, ValidationErrors> {
        if edits.is_empty() {
            return Ok(self);
        }
        let edited = preview::apply(&self.steps, edits);
        let faults = edited.errors.into_iter();
        let faults: Vec<String> = faults
            .map(|it| format!("Row {}: {}", it.row, it.message))
            .collect();
        if !faults.is_empty() {
            let error = FieldError::Faults { faults };
            return Err(ValidationErrors::one(Field::Edits, error));
        }
        let read = self.steps;
        let row_of = |row: u32| read.get(usize::try_from(row).ok()?);
        self.notes.retain(|it| it.row.is_none() || !it.is_error);
        self.notes.retain_mut(|it| {
            let Some(row) = it.row else {
                return true;
            };
            // A row that joined another one is no row of its own any more.
            let place = edited.rows.iter().position(|it| *it == row);
            it.row = place.and_then(|it| u32::try_from(it).ok());
            !edits.iter().any(|it| it.row == row && it.leave_out)
        });
        self.notes
            .extend(edited.invalid.into_iter().filter_map(|it| {
                let place = edited.rows.iter().position(|row| *row == it.row)?;
                Some(ImportNote {
                    line: row_of(it.row)?.line,
                    message: it.message,
                    is_error: true,
                    row: u32::try_from(place).ok(),
                })
            }));
        self.notes.sort_by_key(|it| it.line);
        let steps = edited.rows.iter().zip(edited.drafts);
        self.steps = steps
            .filter_map(|(row, draft)| Some(row_of(*row)?.clone().with(draft)))
            .collect();
        Ok(self)
    }

    /// The steps, if they may be imported. Errors: what is wrong with which line.
    pub fn importable(&self) -> Result<Vec<TemplateDraft>, ValidationErrors> {
        if self.may_be_imported() {
            return Ok(self.drafts());
        }
        let wrong = self.notes.iter().filter(|it| it.is_error);
        let faults = wrong
            .map(|it| format!("Line {}: {}", it.line, it.message))
            .collect();
        let error = FieldError::Faults { faults };
        Err(ValidationErrors::one(Field::Markdown, error))
    }

    /// The steps as drafts.
    pub fn drafts(&self) -> Vec<TemplateDraft> {
        self.steps.iter().cloned().map(Into::into).collect()
    }
}

/// Writes steps as a Markdown runbook, category by category.
pub fn to_markdown(steps: &[TemplateDraft]) -> String {
    write::to_markdown(steps)
}

#[cfg(test)]
mod kept_text_tests;
#[cfg(test)]
mod markup_tests;
#[cfg(test)]
mod rule_tests;

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// As the store keeps a step: trimmed, composed, and without a byte order mark.
    fn kept(draft: &TemplateDraft) -> Option<TemplateDraft> {
        let fields = draft.clone().parse().ok()?;
        Some(TemplateDraft {
            name: fields.name.into(),
            content: fields.content.into(),
            description: fields.description.map(String::from).unwrap_or_default(),
            ..draft.clone()
        })
    }

    const RUNBOOK: &str =
        "# June\n## A\n```bash\na\n```\n## B\n```bash\n\n```\n# Verify\n## C\n```sql\nc\n```\n";

    fn named(read: &TemplateImport) -> Vec<String> {
        let steps = read.steps.iter();
        steps
            .map(|it| format!("{} {} {} {}", it.category, it.kind, it.name, it.line))
            .collect()
    }

    fn faults(refused: ValidationErrors, field: Field) -> Vec<String> {
        match refused.error_for(field) {
            Some(FieldError::Faults { faults }) => faults.clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_edit_of_a_row_mends_its_error() {
        let read = TemplateImport::read(RUNBOOK);
        let rows: Vec<_> = read.notes.iter().map(|it| (it.row, it.is_error)).collect();
        assert_eq!(rows, [(Some(1), true)]);
        let refused = read.importable().unwrap_err();
        assert_eq!(
            faults(refused, Field::Markdown),
            ["Line 7: Content: Enter the content"]
        );
        let drop = RowEdit {
            row: 1,
            leave_out: true,
            ..RowEdit::default()
        };
        let edited = read.clone().edited(&[drop]).unwrap();
        assert_eq!(named(&edited), ["deploy bash A 3", "verify sql C 12"]);
        assert_eq!(edited.importable().unwrap().len(), 2);
        // Another row's edit leaves it, by its new place.
        let moved = RowEdit {
            row: 0,
            name: Some("Z".into()),
            category: Some(Category::Verify),
            ..RowEdit::default()
        };
        let edited = read.edited(&[moved]).unwrap();
        assert_eq!(
            named(&edited),
            ["deploy bash B 7", "verify bash Z 3", "verify sql C 12"]
        );
        assert_eq!((edited.notes[0].row, edited.notes[0].line), (Some(0), 7));
        assert!(!edited.may_be_imported());
    }

    #[test]
    fn the_note_of_a_session_stays_at_its_row() {
        let source = "## A\n```bash\na\n```\n# Verify\n## B\n```console\n$ ls\nb\n```\n# Deploy\n## C\n```console\n$ id\n```\n";
        let read = TemplateImport::read(source);
        let rows = |of: &TemplateImport| -> Vec<(u32, Option<u32>)> {
            of.notes.iter().map(|it| (it.line, it.row)).collect()
        };
        assert_eq!(rows(&read), [(7, Some(2)), (13, Some(1))]);
        let leave_out = |row| RowEdit {
            row,
            leave_out: true,
            ..RowEdit::default()
        };
        let join = RowEdit {
            row: 1,
            join_previous: true,
            ..RowEdit::default()
        };
        let first = read.clone().edited(&[leave_out(0)]).unwrap();
        assert_eq!(rows(&first), [(7, Some(1)), (13, Some(0))]);
        let second = read.clone().edited(&[leave_out(1)]).unwrap();
        assert_eq!(rows(&second), [(7, Some(1))]);
        let joined = read.edited(&[join]).unwrap();
        assert_eq!(rows(&joined), [(7, Some(1)), (13, None)]);
    }

    #[test]
    fn edits_that_cannot_be_made_are_named_by_row() {
        let join = RowEdit {
            row: 2,
            join_previous: true,
            ..RowEdit::default()
        };
        let unknown = RowEdit {
            row: 7,
            leave_out: true,
            ..RowEdit::default()
        };
        let refused = TemplateImport::read(RUNBOOK).edited(&[join, unknown]);
        assert_eq!(
            faults(refused.unwrap_err(), Field::Edits),
            [
                "Row 2: A sql step can't join a bash step. Change the type of one of them",
                "Row 7: There is no such row"
            ]
        );
    }

    const PIECES: &str = r#"(#|##? |###### |\n|\n\n|\r\n|\r|```|~~~|````|bash|sql|text|console|\{\.bash\}|description|yaml|Verify|Step 3: |3\. |Database|✅|\$ |kubectl get pods|> |- |1\. |\[ \] |   |\t|    |a|=|---\n|\+\+\+\n|title: x\n|title = "x"\n|===|<!--|-->|<!-- rollcall: verify -->|<br>|<details>|</a>|<|\\|\[|\]|\(|\)|\[x\]: y|\[x\]|é|\*|_|&#86;|&amp;|cat <<EOF|EOF|'|"|#!/bin/sh|mysql> |db=# |\{#a\}|\*\*a\*\*|!!! a\n|\{note\}|<h1>a</h1>|\{% highlight sh %\}|\{% endhighlight %\}|:::|</details>|\u{feff}|\u{20e3}|1️⃣){0,40}"#;

    proptest! {
        #[test]
        fn any_text_is_read_and_what_may_be_imported_comes_back_from_an_export(source in PIECES) {
            let read = TemplateImport::read(&source);
            let n_lines = u32::try_from(normalized(&source).matches('\n').count() + 1).unwrap();
            prop_assert!(read.notes.iter().all(|it| (1..=n_lines).contains(&it.line)), "{:?}", read.notes);
            prop_assert!(read.steps.iter().all(|it| (1..=n_lines).contains(&it.line)), "{:?}", read.steps);
            if !read.may_be_imported() {
                prop_assert!(read.notes.iter().any(|it| it.is_error), "nothing says why");
                return Ok(());
            }
            let steps: Option<Vec<TemplateDraft>> = read.drafts().iter().map(kept).collect();
            let Some(steps) = steps else {
                return Err(TestCaseError::fail("a step is no step, and nothing says so"));
            };
            let again = TemplateImport::read(&to_markdown(&steps));
            prop_assert!(again.notes.is_empty(), "{:?}", again.notes);
            prop_assert_eq!(again.drafts(), steps);
        }
    }
}
