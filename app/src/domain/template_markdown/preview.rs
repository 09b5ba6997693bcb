//! Edits of an import's preview: rows are left out, renamed, moved to the other category, retyped, or joined with the one
//! before. Pure and small, so that the page and the server use the same code.

use super::ImportedStep;
use crate::domain::{
    template::TemplateDraft,
    vocabulary::{Category, Field, StepType},
};
use serde::{Deserialize, Serialize};

/// What is to be changed of one row. Anything that is not given stays as it was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RowEdit {
    /// The row's index in the steps as they were read, from 0.
    pub row: u32,
    /// The row is not imported.
    pub leave_out: bool,
    /// The new name; none leaves it.
    pub name: Option<String>,
    pub category: Option<Category>,
    #[serde(rename = "type")]
    pub kind: Option<StepType>,
    /// The row becomes part of the nearest row before it that is not left out, whose name and category it takes.
    pub join_previous: bool,
}

/// The part of a row that an error is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowPart {
    LeaveOut,
    Name,
    Category,
    Type,
    Join,
    /// Its script or its description.
    Text,
}

impl From<Field> for RowPart {
    fn from(field: Field) -> Self {
        match field {
            Field::Name => Self::Name,
            Field::Category => Self::Category,
            Field::Type => Self::Type,
            _ => Self::Text,
        }
    }
}

/// Why an edit of a row is refused, or why the row cannot be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowError {
    /// The row's index in the steps as they were read.
    pub row: u32,
    /// The part that is wrong.
    pub part: RowPart,
    /// A sentence.
    pub message: String,
}

/// The steps of a preview after its edits. Nothing is imported while there are errors of either kind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EditedSteps {
    /// First the deploy steps, then the verify steps.
    pub drafts: Vec<TemplateDraft>,
    /// For each draft, the row that it began as.
    pub rows: Vec<u32>,
    /// Edits that cannot be made, by row.
    pub errors: Vec<RowError>,
    /// Steps with wrong fields, by row.
    pub invalid: Vec<RowError>,
}

mod message {
    /// An edit of a row beyond the last.
    pub const NO_ROW: &str = "There is no such row";
    /// The first row that is kept joins nothing.
    pub const NOTHING_BEFORE: &str = "There is no step before this one to join";
    /// No step is left.
    pub const NOTHING_LEFT: &str = "Every row is left out. Keep at least one";
}

/// Why two steps cannot be one.
fn differ(first: &str, second: &str) -> String {
    format!("A {second} step can't join a {first} step. Change the type of one of them")
}

/// Two texts, one below the other; an empty one adds nothing.
fn below(first: &str, second: &str) -> String {
    match (first.trim().is_empty(), second.trim().is_empty()) {
        (true, _) => second.to_owned(),
        (_, true) => first.to_owned(),
        _ => format!("{}\n\n{second}", first.trim_end_matches('\n')),
    }
}

/// Makes the second step part of the first. Two of one type become one text; the text of a text step becomes the
/// description of the script that it joins.
fn join(first: &mut TemplateDraft, second: &TemplateDraft) -> Result<(), String> {
    let text = StepType::Text.as_str();
    if first.kind == second.kind {
        first.content = below(&first.content, &second.content);
        first.description = below(&first.description, &second.description);
    } else if second.kind == text {
        first.description = below(
            &below(&first.description, &second.description),
            &second.content,
        );
    } else if first.kind == text {
        let above = below(&first.description, &first.content);
        first.description = below(&above, &second.description);
        first.content.clone_from(&second.content);
        first.kind.clone_from(&second.kind);
    } else {
        return Err(differ(&first.kind, &second.kind));
    }
    Ok(())
}

/// All edits of one row as one; the last one of each kind counts.
fn merged(edits: &[RowEdit], row: u32) -> RowEdit {
    let of_row = edits.iter().filter(|it| it.row == row);
    of_row.fold(RowEdit::default(), |all, it| RowEdit {
        row,
        leave_out: all.leave_out || it.leave_out,
        name: it.name.clone().or(all.name),
        category: it.category.or(all.category),
        kind: it.kind.or(all.kind),
        join_previous: all.join_previous || it.join_previous,
    })
}

/// Applies edits to the steps of a preview, and checks every step that is left.
pub fn apply(steps: &[ImportedStep], edits: &[RowEdit]) -> EditedSteps {
    let mut errors = Vec::new();
    let mut kept: Vec<(u32, TemplateDraft)> = Vec::with_capacity(steps.len());
    for (row, step) in (0_u32..).zip(steps) {
        let edit = merged(edits, row);
        if edit.leave_out {
            continue;
        }
        let mut draft = TemplateDraft::from(step.clone());
        if let Some(name) = edit.name {
            draft.name = name;
        }
        if let Some(category) = edit.category {
            draft.category = category.to_string();
        }
        if let Some(kind) = edit.kind {
            draft.kind = kind.to_string();
        }
        if edit.join_previous {
            let joined = match kept.last_mut() {
                Some((_, previous)) => join(previous, &draft),
                None => Err(message::NOTHING_BEFORE.to_owned()),
            };
            match joined {
                Ok(()) => continue,
                Err(message) => errors.push(RowError {
                    row,
                    part: RowPart::Join,
                    message,
                }),
            }
        }
        kept.push((row, draft));
    }
    let invalid = kept.iter().flat_map(|(row, draft)| {
        let wrong = draft.clone().parse().err();
        let wrong = wrong.map(|it| it.0).unwrap_or_default();
        wrong.into_iter().map(move |it| RowError {
            row: *row,
            part: it.field.into(),
            message: it.labelled(),
        })
    });
    let invalid = invalid.collect();
    let unknown = edits
        .iter()
        .filter(|it| usize::try_from(it.row).is_ok_and(|row| row >= steps.len()));
    errors.extend(unknown.map(|it| RowError {
        row: it.row,
        part: RowPart::LeaveOut,
        message: message::NO_ROW.to_owned(),
    }));
    if kept.is_empty() && !steps.is_empty() {
        errors.push(RowError {
            row: 0,
            part: RowPart::LeaveOut,
            message: message::NOTHING_LEFT.to_owned(),
        });
    }
    errors.sort_by_key(|it| it.row);
    kept.sort_by_key(|it| it.1.category.clone());
    let (rows, drafts) = kept.into_iter().unzip();
    EditedSteps {
        drafts,
        rows,
        errors,
        invalid,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(name: &str, category: Category, kind: StepType, content: &str) -> ImportedStep {
        ImportedStep {
            category,
            kind,
            name: name.into(),
            description: String::new(),
            content: content.into(),
            line: 1,
            question: None,
        }
    }

    fn rows() -> Vec<ImportedStep> {
        vec![
            row("Announce", Category::Deploy, StepType::Text, "Tell them."),
            row("Migrate", Category::Deploy, StepType::Sql, "SELECT 1;"),
            row("Migrate (2)", Category::Deploy, StepType::Sql, "SELECT 2;"),
            row("Upgrade", Category::Deploy, StepType::Bash, "helm upgrade"),
            row("Check", Category::Verify, StepType::Bash, "curl x"),
        ]
    }

    fn edit(row: u32) -> RowEdit {
        RowEdit {
            row,
            ..RowEdit::default()
        }
    }

    fn names(edited: &EditedSteps) -> Vec<&str> {
        edited.drafts.iter().map(|it| it.name.as_str()).collect()
    }

    #[test]
    fn without_edits_every_row_is_a_step() {
        let edited = apply(&rows(), &[]);
        assert_eq!(
            names(&edited),
            ["Announce", "Migrate", "Migrate (2)", "Upgrade", "Check"]
        );
        assert_eq!((edited.rows, edited.errors), (vec![0, 1, 2, 3, 4], vec![]));
        assert_eq!(apply(&[], &[]), EditedSteps::default());
    }

    #[test]
    fn a_row_is_left_out_renamed_retyped_or_moved_to_the_other_category() {
        let edits = [
            RowEdit {
                leave_out: true,
                ..edit(0)
            },
            RowEdit {
                name: Some("Schema".into()),
                ..edit(1)
            },
            RowEdit {
                category: Some(Category::Verify),
                kind: Some(StepType::Text),
                ..edit(2)
            },
            RowEdit {
                category: Some(Category::Deploy),
                ..edit(4)
            },
        ];
        let edited = apply(&rows(), &edits);
        assert_eq!(
            names(&edited),
            ["Schema", "Upgrade", "Check", "Migrate (2)"]
        );
        assert_eq!(edited.rows, [1, 3, 4, 2]);
        assert_eq!(
            (
                edited.drafts[3].kind.as_str(),
                edited.drafts[3].category.as_str()
            ),
            ("text", "verify")
        );
        assert_eq!(edited.errors, []);
    }

    #[test]
    fn rows_of_one_type_join_into_one_text_and_a_chain_into_the_first() {
        let mut steps = rows();
        steps[1].description = "One.".into();
        steps[2].description = "Two.".into();
        steps[3] = row("More", Category::Deploy, StepType::Sql, "SELECT 3;\n");
        let join = |row| RowEdit {
            join_previous: true,
            ..edit(row)
        };
        let edited = apply(&steps, &[join(2), join(3)]);
        assert_eq!(names(&edited), ["Announce", "Migrate", "Check"]);
        let migrate = &edited.drafts[1];
        assert_eq!(migrate.content, "SELECT 1;\n\nSELECT 2;\n\nSELECT 3;\n");
        assert_eq!(migrate.description, "One.\n\nTwo.");
        // What is between them is left out, so the one before is the next that is kept.
        let edited = apply(
            &steps,
            &[
                RowEdit {
                    leave_out: true,
                    ..edit(2)
                },
                join(3),
            ],
        );
        assert_eq!(edited.drafts[1].content, "SELECT 1;\n\nSELECT 3;\n");
    }

    #[test]
    fn a_text_that_joins_a_script_is_its_description() {
        let join = |row| RowEdit {
            join_previous: true,
            ..edit(row)
        };
        let edited = apply(&rows(), &[join(1)]);
        let first = &edited.drafts[0];
        assert_eq!(
            (
                first.name.as_str(),
                first.kind.as_str(),
                first.content.as_str(),
                first.description.as_str()
            ),
            ("Announce", "sql", "SELECT 1;", "Tell them.")
        );
        let retyped = RowEdit {
            kind: Some(StepType::Text),
            ..join(2)
        };
        let edited = apply(&rows(), &[retyped]);
        assert_eq!(
            (
                edited.drafts[1].content.as_str(),
                edited.drafts[1].description.as_str()
            ),
            ("SELECT 1;", "SELECT 2;")
        );
    }

    #[test]
    fn what_cannot_be_done_is_said_by_its_row() {
        let join = |row| RowEdit {
            join_previous: true,
            ..edit(row)
        };
        let said = |edits: &[RowEdit]| -> Vec<(u32, String)> {
            apply(&rows(), edits)
                .errors
                .into_iter()
                .map(|it| (it.row, it.message))
                .collect()
        };
        assert_eq!(said(&[join(0)]), [(0, message::NOTHING_BEFORE.to_owned())]);
        assert_eq!(said(&[join(3)]), [(3, differ("sql", "bash"))]);
        assert_eq!(said(&[edit(9)]), [(9, message::NO_ROW.to_owned())]);
        let unnamed = RowEdit {
            name: Some(" ".into()),
            ..edit(1)
        };
        assert_eq!(said(std::slice::from_ref(&unnamed)), []);
        let invalid = apply(&rows(), &[unnamed]).invalid;
        assert_eq!((invalid.len(), invalid[0].row), (1, 1));
        let none: Vec<RowEdit> = (0..5)
            .map(|it| RowEdit {
                leave_out: true,
                ..edit(it)
            })
            .collect();
        assert_eq!(said(&none), [(0, message::NOTHING_LEFT.to_owned())]);
    }

    #[test]
    fn what_is_wrong_is_told_by_its_field() {
        let wrong = |edits: &[RowEdit]| -> Vec<(u32, RowPart)> {
            let edited = apply(&rows(), edits);
            let all = edited.errors.into_iter().chain(edited.invalid);
            all.map(|it| (it.row, it.part)).collect()
        };
        let named = |row, name: String| RowEdit {
            name: Some(name),
            ..edit(row)
        };
        let long = "x".repeat(101);
        assert_eq!(wrong(&[named(2, long)]), [(2, RowPart::Name)]);
        assert_eq!(
            wrong(&[named(0, String::new()), named(4, String::new())]),
            [(0, RowPart::Name), (4, RowPart::Name)]
        );
        let join = RowEdit {
            join_previous: true,
            ..edit(3)
        };
        assert_eq!(wrong(&[join]), [(3, RowPart::Join)]);
        let mut steps = rows();
        steps[1].content = String::new();
        steps[1].name = String::new();
        let parts: Vec<_> = apply(&steps, &[])
            .invalid
            .into_iter()
            .map(|it| it.part)
            .collect();
        assert!(parts.contains(&RowPart::Name) && parts.contains(&RowPart::Text));
    }

    #[test]
    fn edits_travel_as_camel_case_and_what_is_missing_stays() {
        let json = r#"{"row":2,"leaveOut":true,"type":"sql"}"#;
        let read: RowEdit = serde_json::from_str(json).unwrap();
        assert_eq!(
            read,
            RowEdit {
                leave_out: true,
                kind: Some(StepType::Sql),
                ..edit(2)
            }
        );
        let json = serde_json::to_value(edit(1)).unwrap();
        assert_eq!(json["joinPrevious"], false);
    }
}
