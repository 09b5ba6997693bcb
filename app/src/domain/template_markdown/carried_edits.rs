//! Keeps the edits of an import's preview with their steps while the runbook's text changes. A step that goes for a moment, for
//! example while a fence above it is open, gets its edits back when it returns.

use super::{ImportedStep, preview::RowEdit};

/// Ways in which two steps are the same one, the surest first.
const SAME: [fn(&ImportedStep, &ImportedStep) -> bool; 3] =
    [is_equal, has_same_name, has_same_text];

fn is_equal(one: &ImportedStep, other: &ImportedStep) -> bool {
    one.name == other.name && one.content == other.content
}

fn has_same_name(one: &ImportedStep, other: &ImportedStep) -> bool {
    one.name == other.name
}

fn has_same_text(one: &ImportedStep, other: &ImportedStep) -> bool {
    !one.content.trim().is_empty() && one.content == other.content
}

/// The edit of one step.
#[derive(Clone, Debug)]
struct KeptEdit {
    /// The step as it was read last.
    step: ImportedStep,
    /// The step before it that it joins, as that step was read last.
    joins: Option<ImportedStep>,
    /// The edit, with the index of the row that the step had last.
    edit: RowEdit,
    /// Whether the step is missing in the last reading.
    is_gone: bool,
}

/// The edits of a runbook's steps, for as long as its text lives.
#[derive(Clone, Debug, Default)]
pub struct KeptEdits {
    /// The steps as they were read last.
    steps: Vec<ImportedStep>,
    edits: Vec<KeptEdit>,
}

impl KeptEdits {
    /// The edits of the steps that were read last (`edits`) as edits of the same runbook after some typing (`after`). A step is
    /// the same one if its name and its text are, else if its name is, else if its text is; of several, the first for the
    /// first. A step that is no longer there keeps its edits until it is back. A row joins the one before only while that is
    /// the same, too.
    pub fn carried(&mut self, edits: &[RowEdit], after: &[ImportedStep]) -> Vec<RowEdit> {
        self.keep(edits);
        let rows = same_rows(&self.steps, after);
        let row_of = |row: u32| rows.get(usize::try_from(row).ok()?).copied().flatten();
        let places = self.places(&rows, after);
        let mut carried = Vec::new();
        for (kept, place) in self.edits.iter_mut().zip(places) {
            let was_gone = std::mem::replace(&mut kept.is_gone, place.is_none());
            let Some(row) = place else {
                continue;
            };
            let before = row.checked_sub(1);
            let followed = kept.edit.row.checked_sub(1).and_then(row_of);
            let is_followed =
                !was_gone && kept.edit.join_previous && followed.is_some() && followed == before;
            let before = before.and_then(|it| after.get(it));
            let is_joined = kept.joins.as_ref().zip(before).is_some_and(|(one, other)| {
                is_followed || SAME.iter().any(|is_same| is_same(one, other))
            });
            if is_joined {
                kept.joins = before.cloned();
            }
            kept.step = after[row].clone();
            kept.edit.row = u32::try_from(row).unwrap_or(u32::MAX);
            kept.edit.join_previous = is_joined;
            carried.push(kept.edit.clone());
        }
        self.steps = after.to_vec();
        carried
    }

    /// Takes over the edits of the steps that were read last.
    fn keep(&mut self, edits: &[RowEdit]) {
        let step_at = |steps: &[ImportedStep], row: u32| {
            let row = usize::try_from(row).ok()?;
            steps.get(row).cloned()
        };
        for edit in edits {
            let Some(step) = step_at(&self.steps, edit.row) else {
                continue;
            };
            let is_own = |it: &KeptEdit| !it.is_gone && it.edit.row == edit.row;
            let own = self.edits.iter().position(is_own);
            let own = own.map(|it| self.edits.remove(it));
            let joins = if edit.join_previous {
                let before = edit.row.checked_sub(1);
                before.and_then(|it| step_at(&self.steps, it))
            } else {
                // While the step to join was gone the box was empty, which nobody chose.
                own.filter(|it| !it.edit.join_previous)
                    .and_then(|it| it.joins)
            };
            self.edits.push(KeptEdit {
                step,
                joins,
                edit: edit.clone(),
                is_gone: false,
            });
        }
    }

    /// For each edit, the row of `after` that is its step. `rows` are where the steps of the last reading went.
    fn places(&self, rows: &[Option<usize>], after: &[ImportedStep]) -> Vec<Option<usize>> {
        let mut is_new = vec![true; after.len()];
        for row in rows.iter().flatten() {
            is_new[*row] = false;
        }
        let place = |it: &KeptEdit| {
            let row = usize::try_from(it.edit.row).ok();
            let row = row.filter(|_| !it.is_gone)?;
            rows.get(row).copied().flatten()
        };
        let mut places: Vec<Option<usize>> = self.edits.iter().map(place).collect();
        let mut is_edited = vec![false; after.len()];
        for row in places.iter().flatten() {
            is_edited[*row] = true;
        }
        // A step may come back letter by letter: then its row is that of another step until its name and text are whole.
        for (pass, is_same) in SAME.iter().enumerate() {
            for (place, kept) in places.iter_mut().zip(&self.edits) {
                if place.is_some() {
                    continue;
                }
                let is_back = |row: &usize| {
                    !is_edited[*row]
                        && (pass == 0 || is_new[*row])
                        && is_same(&kept.step, &after[*row])
                };
                if let Some(row) = (0..after.len()).find(is_back) {
                    is_edited[row] = true;
                    *place = Some(row);
                }
            }
        }
        places
    }
}

/// For each step, which row of `after` is the same step.
fn same_rows(before: &[ImportedStep], after: &[ImportedStep]) -> Vec<Option<usize>> {
    let mut rows = vec![None; before.len()];
    let mut is_taken = vec![false; after.len()];
    for is_same in SAME {
        for (row, step) in rows.iter_mut().zip(before) {
            if row.is_some() {
                continue;
            }
            let mut free = after.iter().zip(&mut is_taken).enumerate();
            if let Some((index, (_, taken))) =
                free.find(|(_, (it, taken))| !**taken && is_same(step, it))
            {
                *taken = true;
                *row = Some(index);
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

    fn after_typing(
        edits: &[RowEdit],
        before: &[ImportedStep],
        after: &[ImportedStep],
    ) -> Vec<RowEdit> {
        let mut kept = KeptEdits::default();
        assert_eq!(kept.carried(&[], before), []);
        kept.carried(edits, after)
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
        let carried = |after: &[ImportedStep]| after_typing(&edits, &rows(), after);
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
            after_typing(std::slice::from_ref(&second), &twins, &after),
            std::slice::from_ref(&second)
        );
        assert_eq!(after_typing(&[second], &twins, &[]), []);
    }

    #[test]
    fn a_step_that_comes_back_gets_its_edits_back() {
        let edits = [
            RowEdit {
                leave_out: true,
                ..edit(1)
            },
            RowEdit {
                join_previous: true,
                ..edit(2)
            },
            RowEdit {
                name: Some("Look".into()),
                ..edit(4)
            },
        ];
        let mut kept = KeptEdits::default();
        kept.carried(&[], &rows());
        // A fence that is open for a moment takes all steps behind it.
        let first = kept.carried(&edits, &rows()[..1]);
        assert_eq!(first, []);
        let none = kept.carried(&first, &[]);
        assert_eq!(kept.carried(&none, &rows()), edits);
        // The same text once more, as when the dialog is opened again.
        assert_eq!(kept.carried(&edits, &rows()), edits);
        // A join waits for the step that is joined, also if other edits are made meanwhile.
        let mut without = rows();
        without.remove(1);
        let mut meanwhile = kept.carried(&edits, &without);
        assert_eq!(meanwhile.len(), 2);
        assert!(meanwhile.iter().all(|it| !it.join_previous));
        meanwhile[0].kind = Some(StepType::Text);
        let back = kept.carried(&meanwhile, &rows());
        let row = |row: u32| back.iter().find(|it| it.row == row).cloned();
        assert!(row(1).unwrap().leave_out);
        let joined = row(2).unwrap();
        assert!(joined.join_previous && joined.kind == Some(StepType::Text));
        // What the person takes back stays taken back.
        let undone: Vec<RowEdit> = back
            .iter()
            .map(|it| RowEdit {
                join_previous: false,
                leave_out: false,
                ..it.clone()
            })
            .collect();
        let gone = kept.carried(&undone, &[]);
        let back = kept.carried(&gone, &rows());
        assert!(back.iter().all(|it| !it.join_previous && !it.leave_out));
    }

    #[test]
    fn a_step_that_is_typed_again_letter_by_letter_gets_its_edits_back() {
        let renamed = RowEdit {
            name: Some("Schema".into()),
            ..edit(1)
        };
        let mut kept = KeptEdits::default();
        kept.carried(&[], &rows());
        let mut edits = kept.carried(std::slice::from_ref(&renamed), &rows()[..1]);
        for (name, content) in [("M", ""), ("Migrate", ""), ("Migrate", "SEL")] {
            let mut after = rows();
            after[1] = row(name, Category::Deploy, StepType::Text, content);
            edits = kept.carried(&edits, &after);
        }
        assert_eq!(kept.carried(&edits, &rows()), [renamed]);
        // A new step of another name and text has none of them.
        let mut kept = KeptEdits::default();
        kept.carried(&[], &rows());
        let edits = kept.carried(&[edit(1)], &rows()[..1]);
        let new = row("New", Category::Deploy, StepType::Text, "New.");
        assert_eq!(kept.carried(&edits, &[rows()[0].clone(), new]), []);
    }
}
