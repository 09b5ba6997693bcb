//! Print view of the matrix, rendered only by the server: tables of as many customers as fit a sheet, each with its own
//! headers, which browsers repeat on every sheet. Statuses differ in shape, so that black and white is enough.
use super::{
    cell_html::TimeFormat,
    layout::{GridLayout, VisualColumn, VisualRow},
};
use crate::{
    components::step_state::state_icon,
    components::step_state::type_icon,
    components::ui::html::{escape, escape_into, put},
    domain::actor_stamp::initials,
    domain::matrix::CellIndex,
    domain::matrix::Grid,
    domain::matrix_filter::MatrixFilter,
    domain::progress::Counts,
    domain::vocabulary::StepStatus,
};

/// Number of customers that fit beside the steps on a landscape sheet of A4.
const CUSTOMERS_PER_TABLE: usize = 22;

/// Expected size of the HTML of a page, in bytes.
const PAGE_HTML_BYTES: usize = 64 * 1_024;

/// The signs in the corner of a cell, and their meaning.
const CELL_SIGNS: [(&str, &str); 4] = [
    ("^", "overridden"),
    ("+", "custom"),
    ("=", "has a note"),
    ("?", "a value is missing"),
];

/// The filter as a phrase: "Failed, cluster prod-eu, open only". `None` for an empty filter.
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

fn write_symbol(html: &mut String, name: &str, label: &str) {
    put!(
        html,
        r##"<svg class="glyph" role="img" aria-label="{label}"><use href="#{name}"></use></svg>"##
    );
}

fn rollup_counts(grid: &Grid, visual_row: VisualRow, visual_column: VisualColumn) -> Counts {
    let rows: Vec<usize> = match visual_row {
        VisualRow::Step(row) => vec![row],
        VisualRow::Block(block) => grid.rows_of(block).collect(),
    };
    let columns: Vec<usize> = match visual_column {
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

fn write_cell(html: &mut String, grid: &Grid, layout: &GridLayout, at: CellIndex) {
    let Some(cell) = grid.cell(at) else {
        html.push_str("<td></td>");
        return;
    };
    let dim = if layout.matches_filter(cell) {
        ""
    } else {
        " data-dim"
    };
    put!(html, r#"<td data-state="{}"{dim}>"#, cell.status);
    write_symbol(html, state_icon(cell.status), cell.status.label());
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
        for ((sign, _), _) in CELL_SIGNS.iter().zip(marks).filter(|it| it.1) {
            html.push_str(sign);
        }
        html.push_str("</sup>");
    }
    html.push_str("</td>");
}

fn write_table(
    html: &mut String,
    grid: &Grid,
    layout: &GridLayout,
    visual_columns: std::ops::Range<usize>,
) {
    html.push_str(r#"<table class="sheet-grid"><thead><tr><th rowspan="2" scope="col">Step</th>"#);
    let mut visual_column = visual_columns.start;
    while visual_column < visual_columns.end {
        let band = layout.visual_columns[visual_column].band(grid);
        let end = (visual_column..visual_columns.end)
            .find(|it| layout.visual_columns[*it].band(grid) != band)
            .unwrap_or(visual_columns.end);
        let name = escape(&grid.bands[band].name);
        put!(
            html,
            r#"<th colspan="{}" scope="colgroup">{name}</th>"#,
            end - visual_column
        );
        visual_column = end;
    }
    html.push_str("</tr><tr>");
    for visual_column in visual_columns.clone() {
        match layout.visual_columns[visual_column] {
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
                html.push_str(r#"<th scope="col"><span>All customers</span></th>"#);
            }
        }
    }
    html.push_str("</tr></thead><tbody>");
    for visual_row in &layout.visual_rows {
        match *visual_row {
            VisualRow::Block(block) => {
                put!(
                    html,
                    r#"<tr class="block"><th scope="row">{}</th>"#,
                    block.label()
                );
            }
            VisualRow::Step(row) => {
                put!(html, r#"<tr><th scope="row"><span>{}</span>"#, row + 1);
                write_symbol(
                    html,
                    type_icon(grid.rows[row].kind),
                    grid.rows[row].kind.as_str(),
                );
                escape_into(html, &grid.rows[row].name);
                html.push_str("</th>");
            }
        }
        for visual_column in visual_columns.clone() {
            match (*visual_row, layout.visual_columns[visual_column]) {
                (VisualRow::Step(row), VisualColumn::Customer(column)) => {
                    write_cell(html, grid, layout, CellIndex { row, column });
                }
                (visual_row, visual_column) => {
                    let of = rollup_counts(grid, visual_row, visual_column);
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

/// The HTML of the page's body. `printed` is a phrase that says when and for whom, without a full stop.
pub fn body_html(
    grid: &Grid,
    layout: &GridLayout,
    filter: &MatrixFilter,
    printed: &str,
    format_time: TimeFormat<'_>,
) -> String {
    let mut html = String::with_capacity(PAGE_HTML_BYTES);
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
        write_symbol(&mut html, state_icon(*status), "");
        put!(html, "{} {}</span>", status.label(), total.of(*status));
    }
    for (sign, meaning) in CELL_SIGNS {
        put!(html, "<span><sup>{sign}</sup>{meaning}</span>");
    }
    html.push_str("</p></header>");
    let n_visual_columns = layout.visual_columns.len();
    for from in (0..n_visual_columns).step_by(CUSTOMERS_PER_TABLE) {
        write_table(
            &mut html,
            grid,
            layout,
            from..n_visual_columns.min(from + CUSTOMERS_PER_TABLE),
        );
    }
    if n_visual_columns == 0 || layout.visual_rows.is_empty() {
        html.push_str("<p>No cell is shown.</p>");
    }
    write_attention_list(&mut html, grid, layout, format_time);
    html
}

/// Writes a list of the failed, reverted and running steps, with who, when and why.
fn write_attention_list(
    html: &mut String,
    grid: &Grid,
    layout: &GridLayout,
    format_time: TimeFormat<'_>,
) {
    let (rows, columns) = layout.visible_indices();
    let mut items = String::new();
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
        if !needs_words || !layout.matches_filter(cell) {
            continue;
        }
        put!(
            items,
            "<li>Step {} {}, {}: {} by {} {}{}</li>",
            row + 1,
            escape(&grid.rows[row].name),
            escape(&grid.columns[column].name),
            cell.status.in_sentence(),
            escape(&mark.by),
            escape(&format_time(mark.at)),
            mark.reason
                .as_deref()
                .map(|it| format!(": {}", escape(it)))
                .unwrap_or_default()
        );
    }
    if !items.is_empty() {
        put!(
            html,
            "<section><h2>Needs attention</h2><ul>{items}</ul></section>"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::layout::Collapsed, domain::id::ClusterId, domain::id::CustomerId,
        domain::id::StepId, domain::matrix::Cell, domain::matrix::ClusterGroup,
        domain::matrix::MatrixColumn, domain::matrix::MatrixRow, domain::matrix::tests::release,
        domain::vocabulary::Category, domain::vocabulary::StepType,
    };

    #[test]
    fn columns_are_split_over_tables_with_headers_each() {
        let n_columns = CUSTOMERS_PER_TABLE + 3;
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
        let html = body_html(&grid, &layout, &filter, "Printed", &|_| "14:02".into());
        assert_eq!(html.matches("<thead>").count(), 2);
        assert_eq!(
            html.matches(r#"<td data-state="failed">"#).count(),
            n_columns
        );
        assert!(html.contains("&lt;c0&gt;") && !html.contains("<c0>"));
    }
}
