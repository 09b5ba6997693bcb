//! Which rows of an import's preview are ticked, shown and counted: plain functions without the DOM, for `customer_import_table`.
use crate::{
    browser::checkbox_list::GroupState,
    domain::{
        customer_import::{ImportRow, ImportState, TickedRows, TickedUpdate},
        digit_groups::grouped,
    },
};
use std::collections::HashMap;

/// A row of the text as the user knows it: while line, namespace and state stay the same, so does the checkbox.
type RowKey = (u32, String, ImportState);

fn key_of(row: &ImportRow) -> RowKey {
    (row.line, row.namespace.clone(), row.state)
}

/// The checkboxes that the user has set or cleared; the others are as `ImportRow::is_ticked` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnTicks(HashMap<RowKey, bool>);

impl OwnTicks {
    /// Whether the row's checkbox is set.
    pub fn is_ticked(&self, row: &ImportRow) -> bool {
        let own = || self.0.get(&key_of(row)).copied();
        row.may_be_ticked() && own().unwrap_or_else(|| row.is_ticked())
    }

    /// Sets or clears the row's checkbox.
    pub fn set(&mut self, row: &ImportRow, is_on: bool) {
        self.0.insert(key_of(row), is_on);
    }

    /// Forgets the checkboxes of rows that are not in the text any more.
    pub fn keep_only(&mut self, rows: &[ImportRow]) {
        if self.0.is_empty() {
            return;
        }
        let own = std::mem::take(&mut self.0);
        let kept = rows.iter().map(key_of);
        self.0 = kept
            .filter_map(|key| own.get(&key).map(|it| (key, *it)))
            .collect();
    }

    /// The ticked rows, as the server wants them.
    pub fn ticked(&self, rows: &[ImportRow]) -> TickedRows {
        let mut ticked = TickedRows::default();
        for row in rows.iter().filter(|it| self.is_ticked(it)) {
            match row.version {
                Some(version) => ticked.update.push(TickedUpdate {
                    line: row.line,
                    version,
                }),
                None => ticked.create.push(row.line),
            }
        }
        ticked
    }
}

/// The number of rows in each state.
pub fn count(rows: &[ImportRow], state: ImportState) -> usize {
    rows.iter().filter(|it| it.state == state).count()
}

/// The states in the order of the filters, with their labels.
pub const STATES: [(ImportState, &str); 4] = [
    (ImportState::New, "New"),
    (ImportState::Known, "Exists"),
    (ImportState::Doubtful, "To check"),
    (ImportState::LeftOut, "Skipped"),
];

/// "3 new, 2 exist, 1 skipped"
pub fn summary(rows: &[ImportRow]) -> String {
    let counts = STATES.map(|(state, label)| (count(rows, state), label.to_ascii_lowercase()));
    let parts = counts.into_iter().filter(|it| it.0 > 0);
    let parts: Vec<String> = parts
        .map(|(n, what)| match (n, what.as_str()) {
            (1, _) => format!("1 {what}"),
            (_, "exists") => format!("{} exist", grouped(n)),
            _ => format!("{} {what}", grouped(n)),
        })
        .collect();
    parts.join(", ")
}

/// Why rows are left out, beside the button that creates the others; empty if none are.
pub fn left_out_note(rows: &[ImportRow]) -> String {
    match count(rows, ImportState::LeftOut) {
        0 => String::new(),
        1 => "1 line has an error and is left out".to_owned(),
        n => format!("{} lines have errors and are left out", grouped(n)),
    }
}

/// The rows of a state, or all of them.
pub fn filtered(
    rows: &[ImportRow],
    filter: Option<ImportState>,
) -> impl Iterator<Item = &ImportRow> {
    let is_shown = move |row: &&ImportRow| filter.is_none_or(|it| it == row.state);
    rows.iter().filter(is_shown)
}

/// Whether the checkbox in the head sets that of a row. Doubtful rows are ticked together only where nothing else is
/// shown.
pub fn follows_head(row: &ImportRow, filter: Option<ImportState>) -> bool {
    row.may_be_ticked() && (!row.is_doubtful() || filter == Some(ImportState::Doubtful))
}

/// The state of the checkbox in the head.
pub fn head_state(rows: &[ImportRow], filter: Option<ImportState>, own: &OwnTicks) -> GroupState {
    let followers = || filtered(rows, filter).filter(|it| follows_head(it, filter));
    let (n, n_on) = (
        followers().count(),
        followers().filter(|it| own.is_ticked(it)).count(),
    );
    GroupState {
        is_shown: true,
        is_on: n > 0 && n_on == n,
        is_mixed: n_on > 0 && n_on < n,
        count: String::new(),
    }
}

/// Rows for the tests of the preview.
#[cfg(test)]
pub mod samples {
    use super::*;
    use crate::domain::{
        customer_import::{ImportChange, ImportChangeKind},
        id::{ClusterId, CustomerId},
        metadata::Metadata,
    };

    pub fn row(line: u32, state: ImportState) -> ImportRow {
        let is_known = state == ImportState::Known;
        ImportRow {
            line,
            state,
            name: "<Acme>".into(),
            namespace: format!("acme-{line}"),
            variables: Metadata::default(),
            changes: Vec::new(),
            reason: (state == ImportState::LeftOut).then(|| "a < b".into()),
            cluster_id: Some(ClusterId(1)),
            cluster: "eu".into(),
            customer_id: is_known.then_some(CustomerId(9)),
            version: is_known.then_some(3),
        }
    }

    pub fn changed(line: u32) -> ImportRow {
        let change = |from: Option<&str>, to: &str| ImportChange {
            kind: ImportChangeKind::Variable,
            name: "HOST".into(),
            from: from.map(str::to_owned),
            to: to.to_owned(),
        };
        ImportRow {
            changes: vec![change(Some("<old>"), &"x".repeat(90)), change(None, "")],
            ..row(line, ImportState::Known)
        }
    }

    pub fn rows() -> Vec<ImportRow> {
        vec![
            row(1, ImportState::New),
            row(2, ImportState::Known),
            changed(3),
            row(4, ImportState::Doubtful),
            row(5, ImportState::LeftOut),
            row(6, ImportState::New),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::{samples::*, *};

    #[test]
    fn own_ticks_stay_while_line_namespace_and_state_do() {
        let (rows, mut own) = (rows(), OwnTicks::default());
        own.set(&rows[0], false);
        own.set(&rows[5], false);
        let mut next = rows.clone();
        next[5].namespace = "other".into();
        own.keep_only(&next);
        assert!(!own.is_ticked(&next[0]) && own.is_ticked(&next[5]));
        assert_eq!(own.0.len(), 1);
        next[0].state = ImportState::Known;
        next[0].changes = changed(1).changes;
        own.keep_only(&next);
        assert_eq!(own, OwnTicks::default());
    }

    #[test]
    fn the_box_in_the_head_leaves_doubtful_rows_alone_unless_only_they_are_shown() {
        let (rows, mut own) = (rows(), OwnTicks::default());
        let head = head_state(&rows, None, &own);
        assert!(head.is_mixed && !head.is_on);
        for row in rows.iter().filter(|it| follows_head(it, None)) {
            own.set(row, true);
        }
        assert!(head_state(&rows, None, &own).is_on);
        assert_eq!(own.ticked(&rows).create, [1, 6]);
        let doubtful = Some(ImportState::Doubtful);
        assert!(follows_head(&rows[3], doubtful) && !follows_head(&rows[3], None));
        let known = ImportRow {
            reason: Some("ENV is a cluster".into()),
            ..changed(9)
        };
        assert!(known.may_be_ticked() && !follows_head(&known, Some(ImportState::Known)));
        let left_out = head_state(&rows, Some(ImportState::LeftOut), &own);
        assert!(!left_out.is_on && !left_out.is_mixed);
    }

    #[test]
    fn the_summary_counts_and_the_note_says_what_is_left_out() {
        assert_eq!(summary(&rows()), "2 new, 2 exist, 1 to check, 1 skipped");
        assert_eq!(
            left_out_note(&rows()),
            "1 line has an error and is left out"
        );
        assert_eq!(left_out_note(&[]), "");
    }
}
