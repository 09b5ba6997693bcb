//! The heads of the drawn window as text: the columns, the clusters, and a head for each customer or collapsed cluster.
use super::{
    cell_html::{glyph, needs_attention, percent, plural},
    layout::{GridLayout, GridWindow, VisualColumn, WindowPadding},
};
use crate::{
    components::{
        step_state::state_icon,
        ui::{bar, html::put, text_area::escape},
    },
    domain::{cluster::hue, matrix::Grid, progress::Counts},
    paths,
};

/// The empty space is part of the drawing, so that the grid never is smaller than it is, not even for a moment: what is
/// scrolled would jump back. Attributes, since styles in markup are forbidden.
pub fn columns(layout: &GridLayout, window: &GridWindow, pads: &WindowPadding) -> String {
    let mut html = format!(r#"<col data-col="first"><col width="{}">"#, pads.left);
    for lane in window.lanes.clone() {
        let kind = if matches!(layout.lanes[lane], VisualColumn::Group(_)) {
            "group"
        } else {
            "customer"
        };
        put!(html, r#"<col data-col="{kind}" data-c="{lane}">"#);
    }
    put!(html, r#"<col width="{}">"#, pads.right);
    html
}

fn bar_svg(counts: Counts) -> String {
    let mut html = String::from(
        r#"<svg class="bar" viewBox="0 0 10000 4" preserveAspectRatio="none" aria-hidden="true">"#,
    );
    for (status, x, width) in bar::parts(counts) {
        put!(
            html,
            r#"<rect data-state="{status}" x="{x}" width="{width}" height="4"></rect>"#
        );
    }
    html.push_str("</svg>");
    html
}

fn band_counts(grid: &Grid, band: usize) -> (Counts, usize) {
    let columns: Vec<usize> = (0..grid.columns.len())
        .filter(|it| grid.columns[*it].band == band)
        .collect();
    let mut counts = Counts::default();
    columns
        .iter()
        .for_each(|it| counts.add_all(grid.column_counts(*it)));
    (counts, columns.len())
}

/// Both rows.
pub fn heads(grid: &Grid, layout: &GridLayout, window: &GridWindow) -> String {
    let mut html = String::with_capacity(16 * 1024);
    html.push_str(r#"<tr role="row" aria-rowindex="1">"#);
    html.push_str(&bands(grid, layout, window));
    html.push_str(r#"</tr><tr role="row" aria-rowindex="2">"#);
    for lane in window.lanes.clone() {
        head(&mut html, grid, layout, lane);
    }
    html.push_str("</tr>");
    html
}

/// What is in the first row: the corner, and the clusters.
pub fn bands(grid: &Grid, layout: &GridLayout, window: &GridWindow) -> String {
    let mut html = String::with_capacity(2 * 1024);
    let n_customers = grid.columns.len();
    put!(
        html,
        r#"<th class="corner" rowspan="2" scope="col" role="columnheader" aria-colindex="1"><span class="row"><span>{}, {}</span><span class="push">done</span></span></th><td class="pad" rowspan="2" aria-hidden="true"></td>"#,
        plural(grid.rows.len(), "step"),
        plural(n_customers, "customer"),
    );
    let mut lane = window.lanes.start;
    while lane < window.lanes.end {
        let band = layout.lanes[lane].band(grid);
        let is_group = matches!(layout.lanes[lane], VisualColumn::Group(_));
        let end = (lane..window.lanes.end)
            .find(|it| layout.lanes[*it].band(grid) != band)
            .unwrap_or(window.lanes.end);
        let name = escape(&grid.bands[band].name);
        let (_, n) = band_counts(grid, band);
        let (verb, count) = if is_group {
            ("Expand", String::new())
        } else {
            (
                "Collapse",
                format!(r#" <span class="count">{}</span>"#, plural(n, "customer")),
            )
        };
        put!(
            html,
            r#"<th class="band band-start" data-cluster="{}" role="columnheader" scope="colgroup" aria-colindex="{}" colspan="{}" data-c="{lane}"><button tabindex="-1" aria-expanded="{}" data-toggle="band {}" title="{verb} {name}">{}{name}{count}</button></th>"#,
            hue(grid.bands[band].id),
            lane + 2,
            end - lane,
            !is_group,
            grid.bands[band].id,
            glyph("i-chevron", None),
        );
        lane = end;
    }
    html.push_str(r#"<td class="pad" rowspan="2" aria-hidden="true"></td>"#);
    html
}

/// The head of a lane.
pub fn head(html: &mut String, grid: &Grid, layout: &GridLayout, lane: usize) {
    let start = if layout.starts_band(grid, lane) {
        "band-start"
    } else {
        ""
    };
    match layout.lanes[lane] {
        VisualColumn::Customer(index) => {
            let column = &grid.columns[index];
            let counts = grid.column_counts(index);
            let off = if column.inactive { " data-off" } else { "" };
            put!(
                html,
                r#"<th class="{start}" role="columnheader" scope="col" aria-colindex="{}" data-c="{lane}"{off}><a class="who" tabindex="-1" href="{}" title="Work on {}, {}{}"><span class="who__name">{}</span><span class="who__part">{}{}</span>{}</a></th>"#,
                lane + 2,
                paths::customer_steps(grid.release.id, column.id),
                escape(&column.name),
                escape(&column.namespace),
                if column.inactive { ", inactive" } else { "" },
                escape(&column.name),
                percent(counts),
                needs_attention(counts)
                    .map(|it| glyph(state_icon(it), Some(it)))
                    .unwrap_or_default(),
                bar_svg(counts),
            );
        }
        VisualColumn::Group(band) => {
            let (counts, n) = band_counts(grid, band);
            put!(
                html,
                r#"<th class="{start}" role="columnheader" scope="col" aria-colindex="{}" data-c="{lane}"><button class="who" tabindex="-1" data-toggle="band {}" title="Expand {}"><span class="who__name">All {n}</span><span class="who__part">{}{}</span>{}</button></th>"#,
                lane + 2,
                grid.bands[band].id,
                escape(&grid.bands[band].name),
                percent(counts),
                needs_attention(counts)
                    .map(|it| glyph(state_icon(it), Some(it)))
                    .unwrap_or_default(),
                bar_svg(counts),
            );
        }
    }
}
