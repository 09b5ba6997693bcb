//! The drawn window as text: one string for the columns, one for the heads, one for the body. A cell is one `td` and
//! nothing in it; the style sheet draws its state and marks. Every name goes through `escape_into`.
use super::layout::{BLOCKS, Lane, Layout, Line, Pads, Window};
use crate::{
    components::{
        step_state::{state_icon, type_icon},
        ui::{
            bar,
            text_area::{escape, escape_into},
        },
    },
    domain::{
        cluster::hue,
        marks::Mark,
        matrix::{At, Block, FIRST_COLUMNS, FIRST_ROWS, Grid},
        progress::Counts,
        stamp::initials,
        step::StepStatus,
    },
    paths,
};
use chrono::{DateTime, Utc};
use std::fmt::Write;

/// How a time is written just now.
pub type Wording<'a> = &'a dyn Fn(DateTime<Utc>) -> String;

/// Writing to a string cannot fail.
macro_rules! put {
    ($out:expr, $($arg:tt)*) => { let _ = write!($out, $($arg)*); };
}

/// The empty space is part of the drawing, so that the grid never is smaller than it is, not even for a moment: what is
/// scrolled would jump back. Attributes, since styles in markup are forbidden.
pub fn columns(layout: &Layout, window: &Window, pads: &Pads) -> String {
    let mut html = format!(r#"<col data-col="first"><col width="{}">"#, pads.left);
    for lane in window.lanes.clone() {
        let kind = if matches!(layout.lanes[lane], Lane::Group(_)) {
            "group"
        } else {
            "customer"
        };
        put!(html, r#"<col data-col="{kind}" data-c="{lane}">"#);
    }
    put!(html, r#"<col width="{}">"#, pads.right);
    html
}

pub fn glyph(name: &str, state: Option<StepStatus>) -> String {
    let state = state
        .map(|it| format!(r#" data-state="{it}""#))
        .unwrap_or_default();
    format!(r##"<svg class="glyph" aria-hidden="true"{state}><use href="#{name}"></use></svg>"##)
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

fn percent(counts: Counts) -> String {
    counts
        .percent()
        .map_or_else(|| "–".to_owned(), |it| format!("{it} %"))
}

fn needs_attention(counts: Counts) -> Option<StepStatus> {
    counts.state().filter(|it| {
        matches!(
            it,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        )
    })
}

fn band_counts(grid: &Grid, band: usize) -> (Counts, usize) {
    let columns: Vec<usize> = (0..grid.columns.len())
        .filter(|it| grid.columns[*it].band == band)
        .collect();
    let mut counts = Counts::default();
    for column in &columns {
        let of = grid.column_counts(*column);
        StepStatus::ALL
            .iter()
            .for_each(|it| counts.add(*it, of.of(*it)));
    }
    (counts, columns.len())
}

fn plural(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

pub fn heads(grid: &Grid, layout: &Layout, window: &Window) -> String {
    let mut html = String::with_capacity(16 * 1024);
    let n_customers = grid.columns.len();
    put!(
        html,
        r#"<tr role="row" aria-rowindex="1"><th class="corner" rowspan="2" scope="col" role="columnheader" aria-colindex="1"><span class="row"><span>{}, {}</span><span class="push">done</span></span></th><td class="pad" rowspan="2" aria-hidden="true"></td>"#,
        plural(grid.rows.len(), "step"),
        plural(n_customers, "customer"),
    );
    let mut lane = window.lanes.start;
    while lane < window.lanes.end {
        let band = layout.lanes[lane].band(grid);
        let is_group = matches!(layout.lanes[lane], Lane::Group(_));
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
    html.push_str(r#"<td class="pad" rowspan="2" aria-hidden="true"></td></tr><tr role="row" aria-rowindex="2">"#);
    let mut before = None;
    for lane in window.lanes.clone() {
        let band = layout.lanes[lane].band(grid);
        let start = if before == Some(band) {
            ""
        } else {
            "band-start"
        };
        before = Some(band);
        match layout.lanes[lane] {
            Lane::Customer(index) => {
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
            Lane::Group(band) => {
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
    html.push_str("</tr>");
    html
}

/// Links to the windows beside the one that is drawn, for those without JavaScript; empty if there is none.
pub fn pages(layout: &Layout, first: At, link: impl Fn(At) -> String) -> String {
    let window = layout.first_window(first);
    let mut html = String::new();
    let mut put_link = |row: usize, column: usize, label: String| {
        put!(
            html,
            r#" <a class="button" href="{}">{label}</a>"#,
            escape(&link(At { row, column }))
        );
    };
    let (lines, lanes) = (&window.lines, &window.lanes);
    if lines.start > 0 {
        put_link(
            lines.start.saturating_sub(FIRST_ROWS + 1),
            lanes.start,
            "Rows above".into(),
        );
    }
    if lines.end < layout.lines.len() {
        put_link(
            lines.end,
            lanes.start,
            format!("Rows below ({} more)", layout.lines.len() - lines.end),
        );
    }
    if lanes.start > 0 {
        put_link(
            lines.start,
            lanes.start.saturating_sub(FIRST_COLUMNS),
            "Customers before".into(),
        );
    }
    if lanes.end < layout.lanes.len() {
        put_link(
            lines.start,
            lanes.end,
            format!("Customers after ({} more)", layout.lanes.len() - lanes.end),
        );
    }
    if html.is_empty() {
        return html;
    }
    format!(r#"<nav class="matrix__pages" aria-label="More of the matrix">{html}</nav>"#)
}

/// "Step 4 Migrate schema, Acme, prod-eu: done by Ana 14:02, overridden".
pub fn cell_name(grid: &Grid, at: At, wording: Wording<'_>) -> String {
    let (row, column) = (&grid.rows[at.row], &grid.columns[at.column]);
    let mut name = format!(
        "Step {} {}, {}, {}",
        at.row + 1,
        row.name,
        column.name,
        grid.bands[column.band].name
    );
    let Some(cell) = grid.cell(at) else {
        name.push_str(": no step");
        return name;
    };
    put!(name, ": {}", cell.status.word());
    if let Some(Mark { by, at, .. }) = grid.mark(at) {
        put!(name, " by {by} {}", wording(*at));
    }
    for (is, word) in [
        (cell.is_overridden, "overridden"),
        (row.template.is_none(), "custom"),
        (cell.has_notes, "with a note"),
        (cell.is_unresolved, "a value is missing"),
        (column.inactive, "inactive customer"),
    ] {
        if is {
            put!(name, ", {word}");
        }
    }
    name
}

fn cell(
    html: &mut String,
    (grid, layout): (&Grid, &Layout),
    at: At,
    (line, lane): (usize, usize),
    start: bool,
    wording: Wording<'_>,
) {
    let start = if start { " band-start" } else { "" };
    put!(
        html,
        r#"<td class="cell{start}" role="gridcell" tabindex="-1" data-r="{line}" data-c="{lane}" aria-colindex="{}" "#,
        lane + 2
    );
    if let Some(cell) = grid.cell(at) {
        put!(
            html,
            r#"aria-selected="false" data-state="{}" "#,
            cell.status
        );
        if !layout.wants(cell) {
            html.push_str("data-dim ");
        }
        let marks: Vec<&str> = [
            (cell.is_overridden, "override"),
            (grid.rows[at.row].template.is_none(), "custom"),
            (cell.has_notes, "note"),
            (cell.is_unresolved, "unresolved"),
        ]
        .into_iter()
        .filter(|it| it.0)
        .map(|it| it.1)
        .collect();
        if !marks.is_empty() {
            put!(html, r#"data-marks="{}" "#, marks.join(" "));
        }
        if let (StepStatus::InProgress, Some(mark)) = (cell.status, grid.mark(at)) {
            put!(html, r#"data-initials="{}" "#, escape(&initials(&mark.by)));
        }
    } else {
        html.push_str("data-none ");
    }
    html.push_str(r#"aria-label=""#);
    escape_into(html, &cell_name(grid, at, wording));
    html.push_str(r#""></td>"#);
}

fn group_cell(
    html: &mut String,
    grid: &Grid,
    row: usize,
    band: usize,
    (line, lane): (usize, usize),
) {
    let counts: Counts = (0..grid.columns.len())
        .filter(|it| grid.columns[*it].band == band)
        .filter_map(|column| grid.cell(At { row, column }))
        .map(|it| it.status)
        .collect();
    put!(
        html,
        r#"<td class="cell band-start" role="gridcell" tabindex="-1" data-group data-r="{line}" data-c="{lane}" aria-colindex="{}" "#,
        lane + 2
    );
    if let Some(state) = counts.state() {
        put!(html, r#"data-state="{state}" "#);
    }
    html.push_str(r#"aria-label=""#);
    escape_into(
        html,
        &format!(
            "Step {} {}, {}: {} of {} finished",
            row + 1,
            grid.rows[row].name,
            grid.bands[band].name,
            counts.finished(),
            counts.total()
        ),
    );
    put!(html, r#"">{}/{}</td>"#, counts.finished(), counts.total());
}

fn block_counts(grid: &Grid, block: Block, lane: Lane) -> Counts {
    let mut counts = Counts::default();
    for column in (0..grid.columns.len()).filter(|it| match lane {
        Lane::Customer(column) => *it == column,
        Lane::Group(band) => grid.columns[*it].band == band,
    }) {
        let of = grid.block_counts(block, column);
        StepStatus::ALL
            .iter()
            .for_each(|it| counts.add(*it, of.of(*it)));
    }
    counts
}

fn block_line(
    html: &mut String,
    grid: &Grid,
    layout: &Layout,
    window: &Window,
    line: usize,
    block: Block,
) {
    let rows: Vec<usize> = grid.rows_of(block).collect();
    let mut total = Counts::default();
    for row in &rows {
        let of = grid.row_counts(*row);
        StepStatus::ALL
            .iter()
            .for_each(|it| total.add(*it, of.of(*it)));
    }
    let is_open = layout
        .lines
        .get(line + 1)
        .is_some_and(|it| matches!(it, Line::Step(_)));
    let number = BLOCKS
        .iter()
        .position(|it| *it == block)
        .unwrap_or_default();
    put!(
        html,
        r#"<tr class="block" role="row" aria-rowindex="{}" data-r="{line}"><th scope="row" role="rowheader" aria-colindex="1"><button tabindex="-1" aria-expanded="{is_open}" data-toggle="block {number}">{}{}<span class="count">{}, {}</span></button></th><td class="pad" aria-hidden="true"></td>"#,
        line + 3,
        glyph("i-chevron", None),
        block.label(),
        plural(rows.len(), "step"),
        percent(total),
    );
    for lane in window.lanes.clone() {
        let counts = block_counts(grid, block, layout.lanes[lane]);
        put!(
            html,
            r#"<td role="gridcell" aria-colindex="{}" data-c="{lane}">"#,
            lane + 2
        );
        if counts.total() > 0 {
            if counts.finished() == counts.total() {
                put!(
                    html,
                    r#"<span class="sr">all finished</span>{}"#,
                    glyph("g-done", Some(StepStatus::Done))
                );
            } else {
                put!(html, "{}/{}", counts.finished(), counts.total());
            }
        }
        html.push_str("</td>");
    }
    html.push_str(r#"<td class="pad" aria-hidden="true"></td></tr>"#);
}

pub fn body(
    (grid, layout): (&Grid, &Layout),
    window: &Window,
    pads: &Pads,
    wording: Wording<'_>,
) -> String {
    let mut html = String::with_capacity(window.lines.len() * window.lanes.len() * 240 + 4096);
    let span = window.lanes.len() + 3;
    let pad = |height: u32| {
        format!(
            r#"<tr class="pad" aria-hidden="true"><td colspan="{span}" height="{height}"></td></tr>"#
        )
    };
    html.push_str(&pad(pads.above));
    for line in window.lines.clone() {
        match layout.lines[line] {
            Line::Block(block) => block_line(&mut html, grid, layout, window, line, block),
            Line::Step(row) => {
                let counts = grid.row_counts(row);
                let state = counts.state();
                let shown = needs_attention(counts)
                    .or(state.filter(|_| counts.finished() == counts.total()));
                put!(
                    html,
                    r#"<tr role="row" aria-rowindex="{}" data-r="{line}"><th scope="row" role="rowheader" aria-colindex="1"><button class="step" tabindex="-1" data-state="{}" data-work="{row}" title="Work on {} across customers"><span class="step__no">{}</span>{}<span class="step__name">{}</span><span class="step__roll">{}<span>{}/{}</span></span></button></th><td class="pad" aria-hidden="true"></td>"#,
                    line + 3,
                    if counts.finished() == counts.total() {
                        "done"
                    } else {
                        "pending"
                    },
                    escape(&grid.rows[row].name),
                    row + 1,
                    glyph(type_icon(grid.rows[row].kind), None),
                    escape(&grid.rows[row].name),
                    shown
                        .map(|it| glyph(state_icon(it), Some(it)))
                        .unwrap_or_default(),
                    counts.finished(),
                    counts.total(),
                );
                let mut before = None;
                for lane in window.lanes.clone() {
                    match layout.lanes[lane] {
                        Lane::Customer(column) => {
                            let band = grid.columns[column].band;
                            cell(
                                &mut html,
                                (grid, layout),
                                At { row, column },
                                (line, lane),
                                before != Some(band),
                                wording,
                            );
                            before = Some(band);
                        }
                        Lane::Group(band) => group_cell(&mut html, grid, row, band, (line, lane)),
                    }
                }
                html.push_str(r#"<td class="pad" aria-hidden="true"></td></tr>"#);
            }
        }
    }
    html.push_str(&pad(pads.below));
    html
}
