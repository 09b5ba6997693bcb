//! The matrix on paper, drawn by the server alone: as many tables as the columns need, each with its heads, which the
//! browser repeats on every sheet. States are told by their shapes, so that black and white is enough.
use super::{
    cell_html::TimeFormat,
    layout::{GridLayout, VisualColumn, VisualRow},
};
use crate::{
    components::{
        step_state::{state_icon, type_icon},
        ui::text_area::{escape, escape_into},
    },
    domain::{
        actor_stamp::initials,
        matrix::{CellIndex, Grid},
        matrix_filter::MatrixFilter,
        progress::Counts,
        vocabulary::StepStatus,
    },
};
use std::fmt::Write;

/// So many customers fit beside the steps on a sheet of A4 turned on its side.
const COLUMNS: usize = 22;

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = write!($out, $($arg)*); };
}

/// The signs in the corner of a cell, and what they mean.
const MARKS: [(&str, &str); 4] = [
    ("^", "overridden"),
    ("+", "custom"),
    ("=", "has a note"),
    ("?", "a value is missing"),
];

/// What a filter asks for, in words; none if it asks for nothing.
fn filter_text(grid: &Grid, filter: &MatrixFilter) -> Option<String> {
    let mut words: Vec<String> = filter
        .states
        .iter()
        .map(|it| it.label().to_owned())
        .collect();
    let cluster = grid.bands.iter().find(|it| Some(it.id) == filter.cluster);
    words.extend(cluster.map(|it| format!("cluster {}", it.name)));
    for (what, text) in [("customers", &filter.customers), ("steps", &filter.steps)] {
        if !text.trim().is_empty() {
            words.push(format!("{what} with “{}”", text.trim()));
        }
    }
    if filter.open_only {
        words.push("open only".into());
    }
    if filter.attention_only {
        words.push("needs attention".into());
    }
    (!words.is_empty()).then(|| words.join(", "))
}

fn glyph(html: &mut String, name: &str, label: &str) {
    put!(
        html,
        r##"<svg class="glyph" role="img" aria-label="{label}"><use href="#{name}"></use></svg>"##
    );
}

fn counts(grid: &Grid, line: VisualRow, lane: VisualColumn) -> Counts {
    let rows: Vec<usize> = match line {
        VisualRow::Step(row) => vec![row],
        VisualRow::Block(block) => grid.rows_of(block).collect(),
    };
    let columns: Vec<usize> = match lane {
        VisualColumn::Customer(column) => vec![column],
        VisualColumn::Group(band) => (0..grid.columns.len())
            .filter(|it| grid.columns[*it].band == band)
            .collect(),
    };
    rows.iter()
        .flat_map(|row| columns.iter().map(|column| (*row, *column)))
        .filter_map(|(row, column)| grid.cell(CellIndex { row, column }))
        .map(|it| it.status)
        .collect()
}

fn cell(html: &mut String, grid: &Grid, layout: &GridLayout, at: CellIndex) {
    let Some(cell) = grid.cell(at) else {
        html.push_str("<td></td>");
        return;
    };
    let dim = if layout.wants(cell) { "" } else { " data-dim" };
    put!(html, r#"<td data-state="{}"{dim}>"#, cell.status);
    glyph(html, state_icon(cell.status), cell.status.label());
    if let (StepStatus::InProgress, Some(mark)) = (cell.status, grid.status_change(at)) {
        put!(html, "<small>{}</small>", escape(&initials(&mark.by)));
    }
    let marks = [
        cell.is_overridden,
        grid.rows[at.row].template.is_none(),
        cell.has_notes,
        cell.is_unresolved && cell.status.is_open(),
    ];
    if marks.contains(&true) {
        html.push_str("<sup>");
        for ((sign, _), _) in MARKS.iter().zip(marks).filter(|it| it.1) {
            html.push_str(sign);
        }
        html.push_str("</sup>");
    }
    html.push_str("</td>");
}

fn table(html: &mut String, grid: &Grid, layout: &GridLayout, lanes: std::ops::Range<usize>) {
    html.push_str(r#"<table class="sheet-grid"><thead><tr><th rowspan="2" scope="col">Step</th>"#);
    let mut lane = lanes.start;
    while lane < lanes.end {
        let band = layout.lanes[lane].band(grid);
        let end = (lane..lanes.end)
            .find(|it| layout.lanes[*it].band(grid) != band)
            .unwrap_or(lanes.end);
        let name = escape(&grid.bands[band].name);
        put!(
            html,
            r#"<th colspan="{}" scope="colgroup">{name}</th>"#,
            end - lane
        );
        lane = end;
    }
    html.push_str("</tr><tr>");
    for lane in lanes.clone() {
        match layout.lanes[lane] {
            VisualColumn::Customer(column) => {
                let of = grid.column_counts(column);
                let name = escape(&grid.columns[column].name);
                put!(
                    html,
                    r#"<th scope="col"><span>{name} <small>{}/{}</small></span></th>"#,
                    of.finished(),
                    of.total()
                );
            }
            VisualColumn::Group(_) => {
                html.push_str(r#"<th scope="col"><span>All customers</span></th>"#)
            }
        }
    }
    html.push_str("</tr></thead><tbody>");
    for line in &layout.lines {
        match *line {
            VisualRow::Block(block) => {
                put!(
                    html,
                    r#"<tr class="block"><th scope="row">{}</th>"#,
                    block.label()
                );
            }
            VisualRow::Step(row) => {
                put!(html, r#"<tr><th scope="row"><span>{}</span>"#, row + 1);
                glyph(
                    html,
                    type_icon(grid.rows[row].kind),
                    grid.rows[row].kind.as_str(),
                );
                escape_into(html, &grid.rows[row].name);
                html.push_str("</th>");
            }
        }
        for lane in lanes.clone() {
            match (*line, layout.lanes[lane]) {
                (VisualRow::Step(row), VisualColumn::Customer(column)) => {
                    cell(html, grid, layout, CellIndex { row, column });
                }
                (line, lane) => {
                    let of = counts(grid, line, lane);
                    if of.total() == 0 {
                        html.push_str("<td></td>");
                    } else {
                        put!(html, "<td>{}/{}</td>", of.finished(), of.total());
                    }
                }
            }
        }
        html.push_str("</tr>");
    }
    html.push_str("</tbody></table>");
}

/// The body of the page. `printed` says when and for whom.
pub fn page(
    grid: &Grid,
    layout: &GridLayout,
    filter: &MatrixFilter,
    printed: &str,
    wording: TimeFormat<'_>,
) -> String {
    let mut html = String::with_capacity(64 * 1024);
    let total = grid.total;
    put!(html, "<header><h1>{}</h1><p>", escape(&grid.release.name));
    if let Some(version) = &grid.release.version_number {
        put!(html, "Version {}. ", escape(version));
    }
    put!(
        html,
        "{} of {} cells finished{}. ",
        total.finished(),
        total.total(),
        total
            .percent()
            .map(|it| format!(", {it} %"))
            .unwrap_or_default()
    );
    if let Some(text) = filter_text(grid, filter) {
        put!(html, "Shown: {}. ", escape(&text));
    }
    put!(html, "{}.</p><p class=\"legend\">", escape(printed));
    for status in StepStatus::ALL {
        html.push_str("<span>");
        glyph(&mut html, state_icon(*status), "");
        put!(html, "{} {}</span>", status.label(), total.of(*status));
    }
    for (sign, meaning) in MARKS {
        put!(html, "<span><sup>{sign}</sup>{meaning}</span>");
    }
    html.push_str("</p></header>");
    let n_lanes = layout.lanes.len();
    for from in (0..n_lanes).step_by(COLUMNS) {
        table(&mut html, grid, layout, from..n_lanes.min(from + COLUMNS));
    }
    if n_lanes == 0 || layout.lines.is_empty() {
        html.push_str("<p>No cell is shown.</p>");
    }
    explained(&mut html, grid, layout, wording);
    html
}

/// What failed, is being done or was taken back, with who, when and why.
fn explained(html: &mut String, grid: &Grid, layout: &GridLayout, wording: TimeFormat<'_>) {
    let (rows, columns) = layout.drawn();
    let mut lines = String::new();
    for (row, column) in rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| (*row, *column)))
    {
        let at = CellIndex { row, column };
        let (Some(cell), Some(mark)) = (grid.cell(at), grid.status_change(at)) else {
            continue;
        };
        let needs_words = matches!(
            cell.status,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        );
        if !needs_words || !layout.wants(cell) {
            continue;
        }
        put!(
            lines,
            "<li>Step {} {}, {}: {} by {} {}{}</li>",
            row + 1,
            escape(&grid.rows[row].name),
            escape(&grid.columns[column].name),
            cell.status.in_sentence(),
            escape(&mark.by),
            escape(&wording(mark.at)),
            mark.reason
                .as_deref()
                .map(|it| format!(": {}", escape(it)))
                .unwrap_or_default()
        );
    }
    if !lines.is_empty() {
        put!(
            html,
            "<section><h2>Needs attention</h2><ul>{lines}</ul></section>"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::layout::Collapsed,
        domain::{
            id::{ClusterId, CustomerId, StepId},
            matrix::{Cell, ClusterGroup, MatrixColumn, MatrixRow, tests::release},
            vocabulary::{Category, StepType},
        },
    };

    #[test]
    fn columns_are_split_over_tables_that_each_have_their_heads() {
        let n_columns = COLUMNS + 3;
        let columns = (0..n_columns).map(|it| MatrixColumn {
            id: CustomerId(1),
            name: format!("<c{it}>"),
            namespace: "c".into(),
            band: 0,
            inactive: false,
        });
        let row = MatrixRow {
            name: "Migrate".into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            template: None,
        };
        let cell = Cell {
            step: StepId(1),
            status: StepStatus::Failed,
            is_overridden: true,
            has_notes: false,
            is_unresolved: false,
        };
        let band = ClusterGroup {
            id: ClusterId(1),
            name: "eu".into(),
        };
        let cells = (0..n_columns).map(|column| (CellIndex { row: 0, column }, cell));
        let grid = Grid::new(release(), vec![band], columns.collect(), vec![row], cells);
        let filter = MatrixFilter::default();
        let layout = GridLayout::new(&grid, &Collapsed::default(), &filter);
        let html = page(&grid, &layout, &filter, "Printed", &|_| "14:02".into());
        assert_eq!(html.matches("<thead>").count(), 2);
        assert_eq!(
            html.matches(r#"<td data-state="failed">"#).count(),
            n_columns
        );
        assert!(html.contains("&lt;c0&gt;") && !html.contains("<c0>"));
    }
}
