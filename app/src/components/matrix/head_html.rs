//! HTML of the column headers of the matrix grid: the `col` elements, the row of clusters, and a header for each customer
//! or collapsed cluster. Written as text for the same reason as the cells: the whole window is replaced at once.
use super::{
    cell_html::{GO_HTML, NO_PERCENT, glyph_html, needs_attention},
    layout::{GridLayout, GridWindow, VisualColumn},
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
    domain::{cluster::hue, matrix::Grid, plural::pluralize, progress::Counts},
    paths,
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
        let kind = if matches!(layout.visual_columns[visual_column], VisualColumn::Group(_)) {
            "group"
        } else {
            "customer"
        };
        put!(html, r#"<col data-col="{kind}" data-c="{visual_column}">"#);
    }
    put!(html, r#"<col width="{}">"#, padding.right);
    html
}

/// The counts of a cluster, and the number of its customers.
fn group_counts(grid: &Grid, group: usize) -> (Counts, usize) {
    let columns: Vec<usize> = (0..grid.columns.len())
        .filter(|it| grid.columns[*it].group == group)
        .collect();
    let mut counts = Counts::default();
    columns
        .iter()
        .for_each(|it| counts.add_all(grid.column_counts(*it)));
    (counts, columns.len())
}

/// The content of `thead`: the row of clusters and the row of column headers.
pub fn thead_html(grid: &Grid, layout: &GridLayout, window: &GridWindow) -> String {
    let mut html = String::with_capacity(HEADS_HTML_BYTES);
    html.push_str(r#"<tr role="row" aria-rowindex="1">"#);
    html.push_str(&cluster_row_html(grid, layout, window));
    html.push_str(r#"</tr><tr role="row" aria-rowindex="2">"#);
    for visual_column in window.visual_columns.clone() {
        write_column_head(&mut html, grid, layout, visual_column);
    }
    html.push_str("</tr>");
    html
}

/// The content of the first row: the corner of the table, and the headers of the clusters.
pub fn cluster_row_html(grid: &Grid, layout: &GridLayout, window: &GridWindow) -> String {
    let mut html = String::with_capacity(CLUSTER_ROW_HTML_BYTES);
    let n_customers = grid.columns.len();
    put!(
        html,
        r#"<th class="corner" rowspan="2" scope="col" role="columnheader" aria-colindex="1"><span class="row"><span>{}, {}</span><span class="push">done</span></span></th><td class="pad" rowspan="2" aria-hidden="true"></td>"#,
        pluralize(grid.rows.len(), "step"),
        pluralize(n_customers, "customer"),
    );
    let mut visual_column = window.visual_columns.start;
    while visual_column < window.visual_columns.end {
        let group = layout.visual_columns[visual_column].group(grid);
        let is_group = matches!(layout.visual_columns[visual_column], VisualColumn::Group(_));
        let end = (visual_column..window.visual_columns.end)
            .find(|it| layout.visual_columns[*it].group(grid) != group)
            .unwrap_or(window.visual_columns.end);
        let name = escape(&grid.groups[group].name);
        let (_, n) = group_counts(grid, group);
        let (verb, count) = if is_group {
            ("Expand", String::new())
        } else {
            (
                "Collapse",
                format!(
                    r#" <span class="count">{}</span>"#,
                    pluralize(n, "customer")
                ),
            )
        };
        put!(
            html,
            r#"<th class="band band-start" data-cluster="{}" role="columnheader" scope="colgroup" aria-colindex="{}" colspan="{}" data-c="{visual_column}"><button tabindex="-1" aria-expanded="{}" data-toggle="band {}" title="{verb} {name}">{}{name}{count}</button></th>"#,
            hue(grid.groups[group].id),
            visual_column + 2,
            end - visual_column,
            !is_group,
            grid.groups[group].id,
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
    match layout.visual_columns[visual_column] {
        VisualColumn::Customer(index) => {
            let column = &grid.columns[index];
            let counts = grid.column_counts(index);
            let off = if column.inactive { " data-off" } else { "" };
            let name = escape(&column.name);
            put!(
                html,
                r#"<th class="{start}" role="columnheader" scope="col" aria-colindex="{}" data-c="{visual_column}"{off}><span class="who"><span class="who__name" title="{name}, {}{}">{name}</span><span class="who__part">{}{}</span>{}</span><a class="go" tabindex="-1" href="{}" aria-label="{name}: run mode" title="Work on {name}">{GO_HTML}</a></th>"#,
                visual_column + 2,
                escape(&column.namespace),
                if column.inactive { ", inactive" } else { "" },
                counts.percent_text(NO_PERCENT),
                needs_attention(counts)
                    .map(|it| glyph_html(state_icon(it), Some(it)))
                    .unwrap_or_default(),
                bar_html(counts).0,
                paths::customer_steps(grid.release.id, column.id),
            );
        }
        VisualColumn::Group(group) => {
            let (counts, n) = group_counts(grid, group);
            put!(
                html,
                r#"<th class="{start}" role="columnheader" scope="col" aria-colindex="{}" data-c="{visual_column}"><button class="who" tabindex="-1" data-toggle="band {}" title="Expand {}"><span class="who__name">All {n}</span><span class="who__part">{}{}</span>{}</button></th>"#,
                visual_column + 2,
                grid.groups[group].id,
                escape(&grid.groups[group].name),
                counts.percent_text(NO_PERCENT),
                needs_attention(counts)
                    .map(|it| glyph_html(state_icon(it), Some(it)))
                    .unwrap_or_default(),
                bar_html(counts).0,
            );
        }
    }
}
