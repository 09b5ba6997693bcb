//! HTML of the column headers of the matrix grid: the `col` elements, the row of clusters, and a header for each customer
//! or collapsed cluster. Written as text for the same reason as the cells: the whole window is replaced at once.
use super::{
    cell_html::{NO_PERCENT, glyph_html, needs_attention},
    head_links::{customer_link_html, step_link_html},
    layout::{GridLayout, GridLine, GridWindow},
    layout_counts::shown_of_all,
    measured_layout::WindowPadding,
};
use crate::{
    components::{
        step_state::state_icon,
        ui::{
            bar::bar_html,
            html::{escape, put},
        },
    },
    domain::{cluster::hue, digit_groups::grouped, matrix::Grid, plural::pluralize},
};

/// Expected size of the HTML of all column headers, and of the row of clusters in it, in bytes.
const HEADS_HTML_BYTES: usize = 16 * 1_024;
const CLUSTER_ROW_HTML_BYTES: usize = 2 * 1_024;

/// The content of `colgroup`. Its first and last `col` are the empty space beside the window. They are replaced together
/// with the columns, so that the grid keeps its width all the time: a narrower grid would lose its scroll position. The
/// widths are attributes, because the content security policy forbids inline styles.
pub fn colgroup_html(layout: &GridLayout, window: &GridWindow, padding: &WindowPadding) -> String {
    let mut html = format!(r#"<col data-col="first"><col width="{}">"#, padding.left);
    for visual_column in window.visual_columns.clone() {
        let kind = match layout.visual_columns[visual_column] {
            GridLine::Customer(_) | GridLine::Step(_) => "customer",
            GridLine::Alike(_) | GridLine::Group(_) | GridLine::Block(_) => "group",
        };
        put!(html, r#"<col data-col="{kind}" data-c="{visual_column}">"#);
    }
    put!(html, r#"<col width="{}">"#, padding.right);
    html
}

/// The content of `thead`: the row of clusters and the row of column headers.
pub fn thead_html(grid: &Grid, layout: &GridLayout, window: &GridWindow) -> String {
    let mut html = String::with_capacity(HEADS_HTML_BYTES);
    html.push_str(r#"<tr role="row" aria-rowindex="1">"#);
    html.push_str(&cluster_row_html(grid, layout, window));
    // A row of the grid has cells.
    html.push_str(if window.visual_columns.is_empty() {
        r#"</tr><tr role="none">"#
    } else {
        r#"</tr><tr role="row" aria-rowindex="2">"#
    });
    for visual_column in window.visual_columns.clone() {
        write_column_head(&mut html, grid, layout, visual_column);
    }
    html.push_str("</tr>");
    html
}

/// The content of the first row: the corner of the table, and the headers of the clusters.
pub fn cluster_row_html(grid: &Grid, layout: &GridLayout, window: &GridWindow) -> String {
    let mut html = String::with_capacity(CLUSTER_ROW_HTML_BYTES);
    put!(
        html,
        r#"<th class="corner" rowspan="2" scope="col" role="columnheader" aria-colindex="1"><span class="row"><span>{}</span><span class="push">Finished</span></span></th><td class="pad" rowspan="2" aria-hidden="true"></td>"#,
        layout.size_text(grid),
    );
    let mut visual_column = window.visual_columns.start;
    while visual_column < window.visual_columns.end {
        let line = layout.visual_columns[visual_column];
        let section = line.section(grid);
        let end = (visual_column..window.visual_columns.end)
            .find(|it| layout.visual_columns[*it].section(grid) != section)
            .unwrap_or(window.visual_columns.end);
        let name = escape(section.section_name(grid));
        // Whole in the title, also where there is no room for it.
        let (title, count) = if line.is_section() {
            (format!("Expand {name}"), String::new())
        } else {
            let n_shown = layout.n_shown_in(grid, section);
            let count = shown_of_all(n_shown, section.n_lines(grid), section.noun());
            (
                format!("Collapse {name}: {count}"),
                format!(r#" <span class="count clip">{count}</span>"#),
            )
        };
        let cluster = match section {
            GridLine::Group(group) => {
                format!(r#" data-cluster="{}""#, hue(grid.groups[group].id))
            }
            _ => String::new(),
        };
        put!(
            html,
            r#"<th class="band band-start"{cluster} role="columnheader" scope="colgroup" aria-colindex="{}" colspan="{}" data-c="{visual_column}"><button tabindex="-1" aria-expanded="{}" data-toggle="{}" title="{title}">{}<span class="clip">{name}</span>{count}</button></th>"#,
            visual_column + 2,
            end - visual_column,
            !line.is_section(),
            section.toggle_target(grid),
            glyph_html("i-chevron", None),
        );
        visual_column = end;
    }
    html.push_str(r#"<td class="pad" rowspan="2" aria-hidden="true"></td>"#);
    html
}

/// Writes the header of a visual column, with its progress.
pub fn write_column_head(
    html: &mut String,
    grid: &Grid,
    layout: &GridLayout,
    visual_column: usize,
) {
    let start = if layout.starts_cluster(grid, visual_column) {
        "band-start"
    } else {
        ""
    };
    let line = layout.visual_columns[visual_column];
    let counts = layout.line_counts(grid, line);
    let part = format!(
        r#"<span class="who__part">{}{}</span>{}"#,
        counts.percent_text(NO_PERCENT),
        needs_attention(counts)
            .map(|it| glyph_html(state_icon(it), Some(it)))
            .unwrap_or_default(),
        bar_html(counts).0,
    );
    let colindex = visual_column + 2;
    put!(
        html,
        r#"<th class="{start}" role="columnheader" scope="col" aria-colindex="{colindex}" data-c="{visual_column}""#
    );
    match line {
        GridLine::Customer(index) => {
            let column = &grid.columns[index];
            let name = escape(&column.name);
            put!(
                html,
                r#"{}><span class="who"><span class="who__name" title="{name}, {}{}">{name}</span>{part}</span>{}</th>"#,
                if column.inactive { " data-off" } else { "" },
                escape(&column.namespace),
                if column.inactive { ", inactive" } else { "" },
                customer_link_html(grid, index),
            );
        }
        GridLine::Step(row) => {
            let number = grid.row_number(row).map(|it| format!("{it} "));
            let name = number.unwrap_or_default() + &escape(&grid.rows[row].name);
            put!(
                html,
                r#"><span class="who"><span class="who__name" title="{name}">{name}</span>{part}</span>{}</th>"#,
                step_link_html(grid, row),
            );
        }
        GridLine::Alike(first) => {
            let n = layout.columns_alike(first).len();
            put!(
                html,
                r#"><button class="who" tabindex="-1" data-toggle="alike {first}" title="Show {} one by one"><span class="who__name">{} alike</span>{part}</button></th>"#,
                pluralize(n, "customer"),
                grouped(n),
            );
        }
        GridLine::Group(_) | GridLine::Block(_) => {
            let (n, all) = (layout.n_shown_in(grid, line), line.n_lines(grid));
            let of = if n == all {
                format!("All {}", grouped(n))
            } else {
                format!("{} of {}", grouped(n), grouped(all))
            };
            put!(
                html,
                r#"><button class="who" tabindex="-1" data-toggle="{}" title="Expand {}"><span class="who__name">{of}</span>{part}</button></th>"#,
                line.toggle_target(grid),
                escape(line.section_name(grid)),
            );
        }
    }
}
