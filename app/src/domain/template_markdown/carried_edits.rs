//! Carries the edits of an import's preview over to the new preview when the runbook's text changes: they stay with their steps.

use super::{ImportedStep, preview::RowEdit};

/// The edits of a runbook's steps for the steps of the same runbook after some typing. A step is the same one if its name and
/// its text are, else if its name is, else if its text is; of several, the first for the first. What is no longer there loses
/// its edits, and a row joins the one before only if that is the same, too.
pub fn carried_over(
    edits: &[RowEdit],
    before: &[ImportedStep],
    after: &[ImportedStep],
) -> Vec<RowEdit> {
    let rows = same_rows(before, after);
    let row_of = |row: u32| rows.get(usize::try_from(row).ok()?).copied().flatten();
    let carried = edits.iter().filter_map(|edit| {
        let row = row_of(edit.row)?;
        let previous = edit.row.checked_sub(1).and_then(row_of);
        Some(RowEdit {
            row,
            join_previous: edit.join_previous
                && previous.is_some()
                && previous == row.checked_sub(1),
            ..edit.clone()
        })
    });
    carried.collect()
}

/// For each step, which row of `after` is the same step.
fn same_rows(before: &[ImportedStep], after: &[ImportedStep]) -> Vec<Option<u32>> {
    let is_same: [fn(&ImportedStep, &ImportedStep) -> bool; 3] = [
        |one, other| one.name == other.name && one.content == other.content,
        |one, other| one.name == other.name,
        |one, other| one.content == other.content,
    ];
    let mut rows = vec![None; before.len()];
    let mut is_taken = vec![false; after.len()];
    for is_same in is_same {
        for (row, step) in rows.iter_mut().zip(before) {
            if row.is_some() {
                continue;
            }
            let mut free = after.iter().zip(&mut is_taken).enumerate();
            if let Some((index, (_, taken))) =
                free.find(|(_, (it, taken))| !**taken && is_same(step, it))
            {
                *taken = true;
                *row = u32::try_from(index).ok();
            }
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::vocabulary::{Category, StepType};

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

    #[test]
    fn edits_stay_with_their_step_while_the_runbook_changes() {
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
                join_previous: true,
                ..edit(2)
            },
            RowEdit {
                kind: Some(StepType::Text),
                ..edit(4)
            },
        ];
        let carried = |after: &[ImportedStep]| carried_over(&edits, &rows(), after);
        let at = |rows: [u32; 4]| -> Vec<RowEdit> {
            let moved = edits.iter().zip(rows);
            moved
                .map(|(it, row)| RowEdit { row, ..it.clone() })
                .collect()
        };
        assert_eq!(carried(&rows()), edits);
        let new = || row("New", Category::Deploy, StepType::Text, "New.");
        // A step at the end, at the start, and one whose text, name, type or category changes.
        let mut after = rows();
        after.push(new());
        assert_eq!(carried(&after), edits);
        after.insert(0, new());
        assert_eq!(carried(&after), at([1, 2, 3, 5]));
        let mut after = rows();
        after[1].content = "SELECT 1, 2;".into();
        after[2].name = "Migrate more".into();
        after[4].kind = StepType::Sql;
        after[0].category = Category::Verify;
        assert_eq!(carried(&after), edits);
        // Steps that change places.
        let mut after = rows();
        after.swap(0, 4);
        assert_eq!(carried(&after), at([4, 1, 2, 0]));
        // A step that goes takes its edits along.
        let mut after = rows();
        after.remove(1);
        assert_eq!(
            carried(&after),
            [
                edits[0].clone(),
                edit(1),
                RowEdit {
                    row: 3,
                    ..edits[3].clone()
                }
            ]
        );
        // Nothing joins a step that came between.
        let mut after = rows();
        after.insert(2, new());
        assert!(!carried(&after)[2].join_previous);
        // Of two steps that are called alike, each keeps its own.
        let twins = [
            row("A", Category::Deploy, StepType::Bash, "one"),
            row("A", Category::Deploy, StepType::Bash, "two"),
        ];
        let second = RowEdit {
            leave_out: true,
            ..edit(1)
        };
        let mut after = twins.to_vec();
        after[0].content = "three".into();
        assert_eq!(
            carried_over(std::slice::from_ref(&second), &twins, &after),
            std::slice::from_ref(&second)
        );
        assert_eq!(carried_over(&[second], &twins, &[]), []);
    }
}
