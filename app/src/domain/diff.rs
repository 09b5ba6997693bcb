//! Line diff of two texts (Myers), folded to the changed lines and a few lines of context. Called on the server only,
//! so that the algorithm is not part of the WASM.
use serde::{Deserialize, Serialize};
use similar::{Algorithm, DiffTag, capture_diff_slices};

/// A row of a side-by-side diff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum DiffRow {
    /// A line that is equal on both sides.
    Same(String),
    /// A line of one side only, or two lines that replace each other.
    Changed {
        before: Option<String>,
        after: Option<String>,
    },
    /// This number of equal lines is left out.
    Skipped(u32),
    /// The texts differ; they have this number of lines, which were not compared.
    NotCompared(u32),
}

/// What may be compared for one answer that has many comparisons.
pub struct DiffBudget {
    lines: usize,
    bytes: usize,
}

/// Lines of both texts that are compared for one answer.
const BUDGET_LINES: usize = 20_000;
/// Bytes of both texts that are compared for one answer, so that an answer is never larger than a few texts are.
const BUDGET_BYTES: usize = 1024 * 1024;

impl Default for DiffBudget {
    fn default() -> Self {
        Self {
            lines: BUDGET_LINES,
            bytes: BUDGET_BYTES,
        }
    }
}

impl DiffBudget {
    /// The diff of two texts, as long as the budget lasts; else a row that says how long the texts are.
    pub fn compare(&mut self, before: &str, after: &str) -> Vec<DiffRow> {
        if before == after {
            return Vec::new();
        }
        let n_lines = |text: &str| text.split('\n').count();
        let lines = n_lines(before) + n_lines(after);
        let left = self.lines.checked_sub(lines);
        let left = left.zip(self.bytes.checked_sub(before.len() + after.len()));
        let Some((lines, bytes)) = left else {
            return vec![DiffRow::NotCompared(
                u32::try_from(lines).unwrap_or(u32::MAX),
            )];
        };
        *self = Self { lines, bytes };
        compare(before, after)
    }
}

/// Equal lines shown before and after a change.
const CONTEXT_LINES: usize = 3;
/// Above this number of lines, only the common start and end of the texts are compared.
const LINES_MAX: usize = 5_000;

/// The diff of two texts; empty if they are equal. A line break at the very end counts as a line, so it is not lost.
pub fn compare(before: &str, after: &str) -> Vec<DiffRow> {
    if before == after {
        return Vec::new();
    }
    let before: Vec<&str> = before.split('\n').collect();
    let after: Vec<&str> = after.split('\n').collect();
    let mut rows: Vec<DiffRow> = Vec::new();
    if before.len().max(after.len()) > LINES_MAX {
        let head = before.iter().zip(&after).take_while(is_same).count();
        let (old, new) = (&before[head..], &after[head..]);
        let tail = old.iter().rev().zip(new.iter().rev());
        let tail = tail.take_while(is_same).count();
        rows.extend(before[..head].iter().map(|it| same_line(it)));
        rows.extend(changed(&old[..old.len() - tail], &new[..new.len() - tail]));
        rows.extend(old[old.len() - tail..].iter().map(|it| same_line(it)));
        return folded(rows);
    }
    for op in capture_diff_slices(Algorithm::Myers, &before, &after) {
        let (tag, old, new) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            rows.extend(before[old].iter().map(|it| same_line(it)));
        } else {
            rows.extend(changed(&before[old], &after[new]));
        }
    }
    folded(rows)
}

fn is_same(pair: &(&&str, &&str)) -> bool {
    pair.0 == pair.1
}

fn same_line(line: &str) -> DiffRow {
    DiffRow::Same(line.to_owned())
}

fn changed(before: &[&str], after: &[&str]) -> Vec<DiffRow> {
    let line = |lines: &[&str], index: usize| lines.get(index).map(|it| (*it).to_owned());
    (0..before.len().max(after.len()))
        .map(|index| DiffRow::Changed {
            before: line(before, index),
            after: line(after, index),
        })
        .collect()
}

/// Replaces equal lines far from any change by `Skipped`.
fn folded(rows: Vec<DiffRow>) -> Vec<DiffRow> {
    let mut is_near = vec![false; rows.len()];
    for (index, row) in rows.iter().enumerate() {
        if matches!(row, DiffRow::Changed { .. }) {
            let end = (index + CONTEXT_LINES + 1).min(rows.len());
            is_near[index.saturating_sub(CONTEXT_LINES)..end].fill(true);
        }
    }
    let mut shown: Vec<DiffRow> = Vec::new();
    for (row, is_near) in rows.into_iter().zip(is_near) {
        match (is_near, shown.last_mut()) {
            (true, _) => shown.push(row),
            (false, Some(DiffRow::Skipped(n))) => *n += 1,
            (false, _) => shown.push(DiffRow::Skipped(1)),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn same(line: &str) -> DiffRow {
        DiffRow::Same(line.into())
    }

    fn change(before: Option<&str>, after: Option<&str>) -> DiffRow {
        DiffRow::Changed {
            before: before.map(Into::into),
            after: after.map(Into::into),
        }
    }

    #[test]
    fn lines_that_stand_for_each_other_stand_beside_each_other() {
        let rows = compare("a\nb\nc", "a\nB\nB2\nc");
        assert_eq!(
            rows,
            [
                same("a"),
                change(Some("b"), Some("B")),
                change(None, Some("B2")),
                same("c")
            ]
        );
        assert_eq!(compare("a\nb", "a\nb"), []);
        assert_eq!(compare("a", "a\n"), [same("a"), change(None, Some(""))]);
    }

    #[test]
    fn what_is_far_from_a_difference_is_left_out() {
        let text: Vec<String> = (0..20).map(|it| format!("line {it}")).collect();
        let mut other = text.clone();
        other[10] = "new".into();
        let rows = compare(&text.join("\n"), &other.join("\n"));
        assert_eq!(rows.len(), 9);
        assert_eq!(
            (&rows[0], &rows[8]),
            (&DiffRow::Skipped(7), &DiffRow::Skipped(6))
        );
        assert_eq!(rows[4], change(Some("line 10"), Some("new")));
    }

    #[test]
    fn many_comparisons_of_one_answer_end_with_their_budget() {
        let long = "x\n".repeat(4_999);
        let (a, b) = (format!("a\n{long}"), format!("b\n{long}"));
        let mut budget = DiffBudget::default();
        let first = budget.compare(&a, &b);
        assert_eq!(first[0], change(Some("a"), Some("b")));
        assert_eq!(budget.compare(&a, &b), [DiffRow::NotCompared(10_002)]);
        // Equal texts cost nothing.
        assert_eq!(budget.compare(&a, &a), []);
        let huge = "a".repeat(600 * 1024);
        let mut budget = DiffBudget::default();
        assert_eq!(budget.compare(&huge, &huge[1..]), [DiffRow::NotCompared(2)]);
        assert_eq!(budget.compare("a", "b"), [change(Some("a"), Some("b"))]);
    }

    #[test]
    fn two_huge_single_lines_are_one_row() {
        let (a, b) = ("a".repeat(256 * 1024), "b".repeat(256 * 1024));
        assert_eq!(compare(&a, &b), [change(Some(&a), Some(&b))]);
    }

    #[test]
    fn a_text_of_very_many_lines_is_compared_at_its_ends() {
        let long = "x\n".repeat(6_000);
        let rows = compare(&format!("a\n{long}z"), &format!("b\n{long}z"));
        assert_eq!(rows[0], change(Some("a"), Some("b")));
        let rows = compare(&format!("{long}z"), &format!("{long}y"));
        assert_eq!(rows.last(), Some(&change(Some("z"), Some("y"))));
    }

    proptest! {
        #[test]
        fn each_side_holds_its_text(before in "([abé]\n?){0,6}", after in "([abé]\n?){0,6}") {
            let rows = compare(&before, &after);
            prop_assert_eq!(rows.is_empty(), before == after);
            // The texts are so short that lines are skipped only if all are equal.
            let side = |is_after: bool| -> Vec<&str> {
                rows.iter().filter_map(|row| match row {
                    DiffRow::Same(line) => Some(line.as_str()),
                    DiffRow::Changed { before, after } => if is_after { after.as_deref() } else { before.as_deref() },
                    DiffRow::Skipped(_) | DiffRow::NotCompared(_) => None,
                }).collect()
            };
            let has_all = rows.iter().all(|it| !matches!(it, DiffRow::Skipped(_)));
            if has_all && before != after {
                prop_assert_eq!(side(false).join("\n"), before);
                prop_assert_eq!(side(true).join("\n"), after);
            }
        }
    }
}
