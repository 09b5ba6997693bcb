//! Print view of the matrix, rendered only by the server: tables of as many customers as fit a sheet, each with its own
//! headers, which browsers repeat on every sheet. Statuses differ in shape, so that black and white is enough. Steps are rows and
//! each customer is a column, however the page arranges them.
use super::{
    cell_html::finished_of_all,
    layout::{GridLayout, GridLine, VisualColumn, VisualRow},
};
use crate::{
    components::step_state::state_icon, components::step_state::type_icon,
    components::ui::html::icon_html, domain::actor_stamp::initials,
    domain::digit_groups::grouped_count, domain::matrix::CellIndex, domain::matrix::Grid,
    domain::matrix_filter::MatrixFilter, domain::vocabulary::StepStatus,
};
use chrono::{DateTime, Utc};
use maud::{Markup, html};

/// Writes a time.
type TimeHtml<'a> = &'a dyn Fn(DateTime<Utc>) -> Markup;

/// Number of customers that fit beside the steps on a landscape sheet of A4.
const CUSTOMERS_PER_TABLE: usize = 22;

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
    let cluster = grid.groups.iter().find(|it| Some(it.id) == filter.cluster);
    words.extend(cluster.map(|it| format!("cluster {}", it.name)));
    let found = format!("“{}”", filter.text.trim());
    words.extend((!filter.text.trim().is_empty()).then_some(found));
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

fn symbol_html(name: &str, label: &str) -> Markup {
    html! {
        svg class="glyph" role="img" aria-label=(label) { use href={ "#" (name) } {} }
    }
}

fn cell_html(grid: &Grid, layout: &GridLayout, at: CellIndex) -> Markup {
    let Some(cell) = grid.cell(at) else {
        return html! { td {} };
    };
    let status = cell.status;
    let change = grid.status_change(at);
    let marks = [
        cell.is_overridden,
        grid.rows[at.row].template.is_none(),
        cell.has_notes,
        cell.is_unresolved && status.is_open(),
    ];
    html! {
        td data-state=(status.as_str()) data-dim[!layout.matches_filter(cell)] {
            (symbol_html(state_icon(status), status.label()))
            @if let (StepStatus::InProgress, Some(change)) = (status, change) {
                small { (initials(&change.by)) }
            }
            @if marks.contains(&true) {
                sup {
                    @for ((sign, _), _) in CELL_SIGNS.iter().zip(marks).filter(|it| it.1) {
                        (sign)
                    }
                }
            }
        }
    }
}

/// The clusters of visual columns, each with the number of its columns, in their order.
fn cluster_spans(
    grid: &Grid,
    layout: &GridLayout,
    visual_columns: std::ops::Range<usize>,
) -> Vec<(GridLine, usize)> {
    let groups: Vec<GridLine> = layout.visual_columns[visual_columns]
        .iter()
        .map(|it| it.section(grid))
        .collect();
    let spans = groups.chunk_by(|a, b| a == b);
    spans.map(|it| (it[0], it.len())).collect()
}

fn table_html(grid: &Grid, layout: &GridLayout, visual_columns: std::ops::Range<usize>) -> Markup {
    let shown = &layout.visual_columns[visual_columns.clone()];
    html! {
        table class="sheet-grid" {
            thead {
                tr {
                    th rowspan="2" scope="col" { "Step" }
                    @for (group, n) in cluster_spans(grid, layout, visual_columns) {
                        th colspan=(n) scope="colgroup" { (group.section_name(grid)) }
                    }
                }
                tr {
                    @for visual_column in shown {
                        th scope="col" {
                            span {
                                @if let GridLine::Customer(column) = *visual_column {
                                    @let of = layout.line_counts(grid, *visual_column);
                                    (grid.columns[column].name) " "
                                    small { (finished_of_all(of)) }
                                } @else {
                                    "All customers"
                                }
                            }
                        }
                    }
                }
            }
            tbody {
                @for visual_row in &layout.visual_rows {
                    (row_html(grid, layout, *visual_row, shown))
                }
            }
        }
    }
}

fn row_html(
    grid: &Grid,
    layout: &GridLayout,
    visual_row: VisualRow,
    visual_columns: &[VisualColumn],
) -> Markup {
    let is_block = visual_row.is_section();
    html! {
        tr class=[is_block.then_some("block")] {
            th scope="row" {
                @match visual_row {
                    GridLine::Step(row) => {
                        @let step = &grid.rows[row];
                        span {
                            @if let Some(number) = grid.row_number(row) { (number) }
                        }
                        (symbol_html(type_icon(step.kind), step.kind.as_str()))
                        (step.name)
                    }
                    head => { (head.section_name(grid)) }
                }
            }
            @for visual_column in visual_columns {
                @if let (GridLine::Step(row), GridLine::Customer(column)) = (visual_row, *visual_column) {
                    (cell_html(grid, layout, CellIndex { row, column }))
                } @else {
                    @let of = layout.counts_at(grid, visual_row, *visual_column);
                    td {
                        @if of.total() > 0 {
                            (finished_of_all(of))
                        }
                    }
                }
            }
        }
    }
}

/// The HTML of the page's body, which counts what it shows. `printed` is a phrase that says when and for whom, without a full stop.
pub fn body_html(
    grid: &Grid,
    layout: &GridLayout,
    filter: &MatrixFilter,
    printed: &Markup,
    time_html: TimeHtml<'_>,
) -> String {
    let (total, _) = layout.shown_counts(grid);
    let n_visual_columns = layout.visual_columns.len();
    let tables = (0..n_visual_columns).step_by(CUSTOMERS_PER_TABLE);
    let html = html! {
        header {
            h1 { (grid.release.name) }
            p {
                @if let Some(version) = &grid.release.version_number {
                    "Version " (version) ". "
                }
                (grouped_count(total.finished())) " of " (grouped_count(total.total())) " cells finished"
                @if let Some(percent) = total.percent() {
                    ", " (percent) " %"
                }
                ". "
                @if let Some(text) = filter_text(grid, filter) {
                    "Shown: " (text) ". "
                }
                (printed) "."
            }
            p class="legend" {
                @for status in StepStatus::ALL {
                    span { (icon_html(state_icon(*status))) (status.label()) " " (total.of(*status)) }
                }
                @for (sign, meaning) in CELL_SIGNS {
                    span { sup { (sign) } (meaning) }
                }
            }
        }
        @for from in tables {
            (table_html(grid, layout, from..n_visual_columns.min(from + CUSTOMERS_PER_TABLE)))
        }
        @if n_visual_columns == 0 || layout.visual_rows.is_empty() {
            p { "Nothing to print." }
        }
        (attention_html(grid, layout, time_html))
    };
    html.into_string()
}

/// A list of the failed, reverted and running steps, with who, when and why; empty without any.
fn attention_html(grid: &Grid, layout: &GridLayout, time_html: TimeHtml<'_>) -> Markup {
    let (rows, columns) = layout.visible_indices();
    let shown = rows
        .iter()
        .flat_map(|row| columns.iter().map(move |column| (*row, *column)));
    let items: Vec<_> = shown
        .filter_map(|(row, column)| {
            let at = CellIndex { row, column };
            let (cell, change) = grid.cell(at).zip(grid.status_change(at))?;
            let needs_words = matches!(
                cell.status,
                StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
            );
            (needs_words && layout.matches_filter(cell)).then_some((at, cell.status, change))
        })
        .collect();
    html! {
        @if !items.is_empty() {
            section {
                h2 { "Needs attention" }
                ul {
                    @for (at, status, change) in items {
                        li {
                            "Step " (grid.number(at)) " " (grid.rows[at.row].name) ", " (grid.columns[at.column].name)
                            ": " (status.in_sentence()) " by " (change.by) " " (time_html(change.at))
                            @if let Some(reason) = &change.reason {
                                ": " (reason)
                            }
                        }
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        components::matrix::{arrangement::Arrangement, layout::Collapsed},
        components::ui::html::tests::{HOSTILE, assert_escaped},
        domain::id::ClusterId,
        domain::id::CustomerId,
        domain::id::StepId,
        domain::matrix::Cell,
        domain::matrix::ClusterGroup,
        domain::matrix::MatrixColumn,
        domain::matrix::MatrixRow,
        domain::matrix::tests::{grid, release},
        domain::status_info::StatusChange,
        domain::vocabulary::Category,
        domain::vocabulary::StepType,
    };

    fn failed() -> Cell {
        Cell {
            step: StepId(1),
            status: StepStatus::Failed,
            is_overridden: true,
            has_notes: false,
            is_unresolved: false,
        }
    }

    #[test]
    fn columns_are_split_over_tables_with_headers_each() {
        let n_columns = CUSTOMERS_PER_TABLE + 3;
        let columns = (0..n_columns).map(|it| MatrixColumn {
            id: CustomerId(1),
            name: format!("<c{it}>"),
            namespace: "c".into(),
            group: 0,
            inactive: false,
        });
        let row = MatrixRow {
            name: "Migrate".into(),
            category: Category::Deploy,
            kind: StepType::Bash,
            template: None,
        };
        let group = ClusterGroup {
            id: ClusterId(1),
            name: "eu".into(),
        };
        let cells = (0..n_columns).map(|column| (CellIndex { row: 0, column }, failed()));
        let grid = Grid::new(release(), vec![group], columns.collect(), vec![row], cells);
        let filter = MatrixFilter::default();
        let arrangement = Arrangement::default();
        let layout = GridLayout::new(&grid, &Collapsed::default(), &filter, &arrangement);
        let html = body_html(&grid, &layout, &filter, &html! { "Printed" }, &|_| {
            html! { "14:02" }
        });
        assert_eq!(html.matches("<thead>").count(), 2);
        assert_eq!(
            html.matches(r#"<td data-state="failed">"#).count(),
            n_columns
        );
        assert!(html.contains("&lt;c0&gt;") && !html.contains("<c0>"));
    }

    #[test]
    fn paper_counts_what_it_shows() {
        let grid = grid(2, 3, |at| {
            let status = if at.column == 0 {
                StepStatus::Done
            } else {
                StepStatus::Pending
            };
            Some(Cell { status, ..failed() })
        });
        let printed = |customers: &str| {
            let filter = MatrixFilter {
                customers: customers.into(),
                ..MatrixFilter::default()
            };
            let arrangement = Arrangement::default();
            let layout = GridLayout::new(&grid, &Collapsed::default(), &filter, &arrangement);
            body_html(&grid, &layout, &filter, &html! { "Printed" }, &|_| {
                html! { "14:02" }
            })
        };
        let all = printed("");
        assert!(all.contains("2 of 6 cells finished, 33 %"), "{all}");
        assert!(all.contains("Pending 4<"), "{all}");
        let one = printed("c0");
        assert!(one.contains("2 of 2 cells finished, 100 %"), "{one}");
        assert!(one.contains("Pending 0<"), "{one}");
    }

    #[test]
    fn hostile_names_stay_text_on_paper() {
        let at = CellIndex { row: 0, column: 0 };
        let mut grid = grid(1, 1, |_| Some(failed()));
        grid.release.name = HOSTILE.into();
        grid.release.version_number = Some(HOSTILE.into());
        grid.rows[0].name = HOSTILE.into();
        grid.columns[0].name = HOSTILE.into();
        grid.groups[0].name = HOSTILE.into();
        let change = StatusChange {
            by: HOSTILE.into(),
            at: DateTime::UNIX_EPOCH,
            reason: Some(HOSTILE.into()),
        };
        grid.set_status_change(at, change);
        let all = MatrixFilter::default();
        let arrangement = Arrangement::default();
        let layout = GridLayout::new(&grid, &Collapsed::default(), &all, &arrangement);
        let filter = MatrixFilter {
            customers: HOSTILE.into(),
            ..all
        };
        let html = body_html(&grid, &layout, &filter, &html! { (HOSTILE) }, &|_| {
            html! { (HOSTILE) }
        });
        // Twice step and customer; once release, version, cluster, filter, when printed, who, when and why.
        assert_escaped(&html, 12);
    }
}
