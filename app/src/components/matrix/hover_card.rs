//! What rests behind a cell, as text: shown when the mouse or the keyboard stays on it for a moment.
use super::{
    cell_html::{TimeFormat, glyph},
    messages::not_done,
};
use crate::{
    components::{
        pending_actions::FailedAction,
        step_state::state_icon,
        ui::{notice::sentence, text_area::escape_into},
    },
    domain::matrix::{CellIndex, Grid},
};

/// None for a cell that does not exist. With what could not be done with it, if anything.
pub fn html(
    grid: &Grid,
    at: CellIndex,
    unmet: Option<&FailedAction>,
    wording: TimeFormat<'_>,
) -> Option<String> {
    let cell = grid.cell(at)?;
    let (row, column) = (&grid.rows[at.row], &grid.columns[at.column]);
    let band = &grid.bands[column.band];
    let mut html = String::from("<b>");
    escape_into(&mut html, &row.name);
    html.push_str("</b><span class=\"muted\">");
    for (index, name) in [&column.name, &band.name, &column.namespace]
        .into_iter()
        .enumerate()
    {
        if index > 0 {
            html.push_str(" · ");
        }
        escape_into(&mut html, name);
    }
    html.push_str("</span><span class=\"state\">");
    html.push_str(&glyph(state_icon(cell.status), Some(cell.status)));
    html.push_str(cell.status.label());
    if let Some(mark) = grid.status_change(at) {
        html.push_str(", ");
        escape_into(&mut html, &mark.by);
        html.push(' ');
        html.push_str(&wording(mark.at));
    }
    html.push_str("</span>");
    if let Some(reason) = grid.status_change(at).and_then(|it| it.reason.as_deref()) {
        html.push_str("<q>");
        escape_into(&mut html, reason);
        html.push_str("</q>");
    }
    if let Some(unmet) = unmet {
        html.push_str("<span class=\"warn\">");
        escape_into(&mut html, &sentence(&not_done(unmet)));
        html.push_str("</span>");
    }
    if let Some(names) = grid.missing(at) {
        html.push_str("<span class=\"warn\">");
        escape_into(&mut html, names);
        html.push_str(" not set</span>");
    }
    let marks = [
        (cell.is_overridden, "Overridden"),
        (row.template.is_none(), "Custom step"),
        (cell.has_notes, "Has a note"),
        (column.inactive, "Inactive customer"),
    ];
    let words: Vec<&str> = marks.iter().filter(|it| it.0).map(|it| it.1).collect();
    if !words.is_empty() {
        html.push_str("<span class=\"muted\">");
        html.push_str(&words.join(", "));
        html.push_str("</span>");
    }
    Some(html)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::pending_actions::ActionRequest,
        domain::{
            id::{ClusterId, CustomerId, StepId},
            matrix::{Cell, ClusterGroup, MatrixColumn, MatrixRow, tests::release},
            status_info::StatusChange,
            vocabulary::{Category, StepAction, StepStatus, StepType},
        },
        error::AppError,
    };
    use chrono::DateTime;

    #[test]
    fn a_card_says_who_when_why_and_what_is_missing_and_escapes_it_all() {
        let cell = Cell {
            step: StepId(1),
            status: StepStatus::Failed,
            is_overridden: true,
            has_notes: false,
            is_unresolved: true,
        };
        let at = CellIndex { row: 0, column: 0 };
        let mut grid = Grid::new(
            release(),
            vec![ClusterGroup {
                id: ClusterId(1),
                name: "eu".into(),
            }],
            vec![MatrixColumn {
                id: CustomerId(1),
                name: "<Acme>".into(),
                namespace: "acme".into(),
                band: 0,
                inactive: false,
            }],
            vec![MatrixRow {
                name: "Migrate".into(),
                category: Category::Deploy,
                kind: StepType::Bash,
                template: None,
            }],
            [(at, cell)],
        );
        let mark = StatusChange {
            by: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: Some("it <broke>".into()),
        };
        let at = CellIndex::default();
        grid.set_status_change(at, mark);
        grid.set_missing(at, Some("var.HOST".into()));
        let unmet = FailedAction {
            wish: ActionRequest::new(StepAction::Done),
            error: AppError::Transport(String::new()),
        };
        let html = html(&grid, at, Some(&unmet), &|_| "14:02".into()).unwrap();
        for part in [
            "&lt;Acme&gt;",
            "Failed, Ana 14:02",
            "<q>it &lt;broke&gt;</q>",
            "var.HOST not set",
            "Could not be marked done: the server could not be reached.",
            "Overridden, Custom step",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert_eq!(
            super::html(&grid, CellIndex { row: 0, column: 1 }, None, &|_| {
                String::new()
            }),
            None
        );
    }
}
