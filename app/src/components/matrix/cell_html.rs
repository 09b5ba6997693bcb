//! Lines and cells of the drawn window as text. A cell is one `td` and nothing in it; the style sheet draws its state and
//! marks. Every name goes through `escape_into`. A thousand cells are written at once, so what they share is written once.
use super::{
    layout::{BLOCKS, GridLayout, GridWindow, VisualColumn, VisualRow, WindowPadding},
    messages::not_done,
};
use crate::{
    components::{
        pending_actions::PendingActions,
        step_state::{state_icon, type_icon},
        ui::{
            html::put,
            text_area::{escape, escape_into},
        },
    },
    domain::{
        actor_stamp::initials,
        matrix::{Cell, CellIndex, Grid, RowBlock},
        progress::Counts,
        vocabulary::StepStatus,
    },
};
use chrono::{DateTime, Utc};
use std::{cell::RefCell, ops::Range};

/// How a time is written just now.
pub type TimeFormat<'a> = &'a dyn Fn(DateTime<Utc>) -> String;

/// Asks for the wording of a time once: many cells have the same, and the browser's clock is slow.
pub(super) fn remembered(
    wording: impl Fn(DateTime<Utc>) -> String,
) -> impl Fn(DateTime<Utc>) -> String {
    let known = RefCell::new(Vec::new());
    move |at| {
        let mut known = known.borrow_mut();
        if let Some((_, text)) = known
            .iter()
            .find(|it: &&(DateTime<Utc>, String)| it.0 == at)
        {
            return text.clone();
        }
        let text = wording(at);
        known.push((at, text.clone()));
        text
    }
}

pub fn glyph(name: &str, state: Option<StepStatus>) -> String {
    let state = state
        .map(|it| format!(r#" data-state="{it}""#))
        .unwrap_or_default();
    format!(r##"<svg class="glyph" aria-hidden="true"{state}><use href="#{name}"></use></svg>"##)
}

pub(super) fn percent(counts: Counts) -> String {
    counts
        .percent()
        .map_or_else(|| "–".to_owned(), |it| format!("{it} %"))
}

pub(super) fn needs_attention(counts: Counts) -> Option<StepStatus> {
    counts.state().filter(|it| {
        matches!(
            it,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        )
    })
}

pub(super) fn plural(n: usize, one: &str) -> String {
    if n == 1 {
        format!("1 {one}")
    } else {
        format!("{n} {one}s")
    }
}

/// What cells are drawn of.
#[derive(Clone, Copy)]
pub struct GridView<'a> {
    pub grid: &'a Grid,
    pub layout: &'a GridLayout,
    pub wishes: &'a PendingActions,
    pub wording: TimeFormat<'a>,
}

/// What the cells of a lane have in common.
pub struct ColumnText {
    lane: usize,
    kind: VisualColumn,
    /// From the tag to the line's number, and from there to the state.
    open: &'static str,
    place: String,
    /// ", Acme, prod-eu".
    name: String,
}

/// Which marks a cell has, as the style sheet asks for them.
fn marks(cell: &Cell, is_custom: bool) -> String {
    let mut marks = String::new();
    for (is, word) in [
        (cell.is_overridden, "override"),
        (is_custom, "custom"),
        (cell.has_notes, "note"),
        (cell.is_unresolved, "unresolved"),
    ] {
        if is {
            if !marks.is_empty() {
                marks.push(' ');
            }
            marks.push_str(word);
        }
    }
    marks
}

impl GridView<'_> {
    pub fn lanes(&self, lanes: Range<usize>) -> Vec<ColumnText> {
        lanes
            .map(|lane| {
                let kind = self.layout.lanes[lane];
                let band = &self.grid.bands[kind.band(self.grid)];
                let name = match kind {
                    VisualColumn::Customer(column) => {
                        format!(", {}, {}", self.grid.columns[column].name, band.name)
                    }
                    VisualColumn::Group(_) => format!(", {}", band.name),
                };
                let open = if self.layout.starts_band(self.grid, lane) {
                    r#"<td class="cell band-start" role="gridcell" tabindex="-1" data-r=""#
                } else {
                    r#"<td class="cell" role="gridcell" tabindex="-1" data-r=""#
                };
                let place = format!(r#"" data-c="{lane}" aria-colindex="{}" "#, lane + 2);
                ColumnText {
                    lane,
                    kind,
                    open,
                    place,
                    name,
                }
            })
            .collect()
    }

    /// "Step 4 Migrate schema".
    fn step_name(&self, row: usize) -> String {
        format!("Step {} {}", row + 1, self.grid.rows[row].name)
    }

    /// "Step 4 Migrate schema, Acme, prod-eu: done by Ana 14:02, overridden".
    fn name_into(&self, name: &mut String, (step, lane): (&str, &str), at: CellIndex) {
        name.push_str(step);
        name.push_str(lane);
        let Some(cell) = self.grid.cell(at) else {
            name.push_str(": no step");
            return;
        };
        name.push_str(": ");
        name.push_str(cell.status.in_sentence());
        if let Some(mark) = self.grid.status_change(at) {
            name.push_str(" by ");
            name.push_str(&mark.by);
            name.push(' ');
            name.push_str(&(self.wording)(mark.at));
        }
        for (is, word) in [
            (cell.is_overridden, ", overridden"),
            (self.grid.rows[at.row].template.is_none(), ", custom"),
            (cell.has_notes, ", with a note"),
            (cell.is_unresolved, ", a value is missing"),
            (self.grid.columns[at.column].inactive, ", inactive customer"),
        ] {
            if is {
                name.push_str(word);
            }
        }
        if let Some(unmet) = self.wishes.unmet(cell.step) {
            name.push_str(", ");
            name.push_str(&not_done(&unmet));
        }
    }

    /// What a drawn cell has that can change: attributes, or none of that name.
    pub fn attributes(&self, at: CellIndex) -> Vec<(&'static str, Option<String>)> {
        let column = &self.grid.columns[at.column];
        let lane = format!(", {}, {}", column.name, self.grid.bands[column.band].name);
        let mut name = String::new();
        self.name_into(&mut name, (&self.step_name(at.row), &lane), at);
        let mut attributes = vec![("aria-label", Some(name))];
        if let Some(cell) = self.grid.cell(at) {
            let marks = marks(cell, self.grid.rows[at.row].template.is_none());
            let is_dim = !self.layout.wants(cell);
            attributes.extend([
                ("data-state", Some(cell.status.to_string())),
                ("data-dim", is_dim.then(String::new)),
                ("data-marks", Some(marks).filter(|it| !it.is_empty())),
                ("data-initials", self.initials(at, cell)),
                ("aria-busy", self.is_busy(cell).then(|| "true".to_owned())),
                ("data-error", self.has_failed(cell).then(String::new)),
            ]);
        }
        attributes
    }

    fn is_busy(&self, cell: &Cell) -> bool {
        self.wishes.is_slow(cell.step)
    }

    fn has_failed(&self, cell: &Cell) -> bool {
        self.wishes.unmet(cell.step).is_some()
    }

    fn initials(&self, at: CellIndex, cell: &Cell) -> Option<String> {
        let mark = self.grid.status_change(at)?;
        (cell.status == StepStatus::InProgress).then(|| initials(&mark.by))
    }

    /// Cells of a line.
    pub fn cells(&self, html: &mut String, line: usize, lanes: &[ColumnText]) {
        match self.layout.lines[line] {
            VisualRow::Block(block) => {
                for lane in lanes {
                    self.rollup(html, block, lane.lane);
                }
            }
            VisualRow::Step(row) => {
                let (step, number) = (self.step_name(row), line.to_string());
                let mut name = String::new();
                for lane in lanes {
                    html.push_str(lane.open);
                    html.push_str(&number);
                    html.push_str(&lane.place);
                    match lane.kind {
                        VisualColumn::Customer(column) => {
                            let at = CellIndex { row, column };
                            self.cell(html, at);
                            name.clear();
                            self.name_into(&mut name, (&step, &lane.name), at);
                            html.push_str("aria-label=\"");
                            escape_into(html, &name);
                            html.push_str("\"></td>");
                        }
                        VisualColumn::Group(band) => {
                            self.group(html, (row, band), (&step, &lane.name))
                        }
                    }
                }
            }
        }
    }

    fn cell(&self, html: &mut String, at: CellIndex) {
        let Some(cell) = self.grid.cell(at) else {
            html.push_str("data-none ");
            return;
        };
        html.push_str(r#"aria-selected="false" data-state=""#);
        html.push_str(cell.status.as_str());
        html.push_str("\" ");
        if !self.layout.wants(cell) {
            html.push_str("data-dim ");
        }
        let marks = marks(cell, self.grid.rows[at.row].template.is_none());
        if !marks.is_empty() {
            put!(html, r#"data-marks="{marks}" "#);
        }
        if let Some(initials) = self.initials(at, cell) {
            put!(html, r#"data-initials="{}" "#, escape(&initials));
        }
        if self.is_busy(cell) {
            html.push_str(r#"aria-busy="true" "#);
        }
        if self.has_failed(cell) {
            html.push_str("data-error ");
        }
    }

    /// The rest of a cell of a collapsed cluster.
    fn group(&self, html: &mut String, (row, band): (usize, usize), (step, lane): (&str, &str)) {
        let columns = 0..self.grid.columns.len();
        let counts: Counts = columns
            .filter(|it| self.grid.columns[*it].band == band)
            .filter_map(|column| self.grid.cell(CellIndex { row, column }))
            .map(|it| it.status)
            .collect();
        html.push_str("data-group ");
        let Some(state) = counts.state() else {
            put!(
                html,
                r#"aria-label="{}: no step"></td>"#,
                escape(&format!("{step}{lane}"))
            );
            return;
        };
        put!(html, r#"data-state="{state}" "#);
        let (finished, total) = (counts.finished(), counts.total());
        let trouble = needs_attention(counts)
            .map(|it| format!(", {} {}", counts.of(it), it.in_sentence()))
            .unwrap_or_default();
        put!(
            html,
            r#"aria-label="{}: {finished} of {total} finished{trouble}">{finished}/{total}</td>"#,
            escape(&format!("{step}{lane}")),
        );
    }

    fn block_counts(&self, block: RowBlock, lane: VisualColumn) -> Counts {
        let mut counts = Counts::default();
        match lane {
            VisualColumn::Customer(column) => counts.add_all(self.grid.block_counts(block, column)),
            VisualColumn::Group(band) => (0..self.grid.columns.len())
                .filter(|it| self.grid.columns[*it].band == band)
                .for_each(|column| counts.add_all(self.grid.block_counts(block, column))),
        }
        counts
    }

    /// How far a lane is with a block of steps.
    pub fn rollup(&self, html: &mut String, block: RowBlock, lane: usize) {
        let counts = self.block_counts(block, self.layout.lanes[lane]);
        put!(
            html,
            r#"<td role="gridcell" aria-colindex="{}" data-c="{lane}">"#,
            lane + 2
        );
        if counts.total() > 0 {
            if counts.finished() == counts.total() {
                html.push_str(r#"<span class="sr">all finished</span>"#);
                html.push_str(&glyph("g-done", Some(StepStatus::Done)));
            } else {
                put!(html, "{}/{}", counts.finished(), counts.total());
            }
        }
        html.push_str("</td>");
    }

    /// The head of a line: the number, type, name and rollup of a step, or a block's.
    pub fn line_head(&self, html: &mut String, line: usize) {
        match self.layout.lines[line] {
            VisualRow::Block(block) => self.block_head(html, line, block),
            VisualRow::Step(row) => self.step_head(html, row),
        }
    }

    fn step_head(&self, html: &mut String, row: usize) {
        let counts = self.grid.row_counts(row);
        let is_finished = counts.finished() == counts.total();
        let shown = needs_attention(counts).or(counts.state().filter(|_| is_finished));
        let name = escape(&self.grid.rows[row].name);
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><button class="step" tabindex="-1" data-state="{}" data-work="{row}" title="Work on {name} across customers"><span class="step__no">{}</span>{}<span class="step__name">{name}</span><span class="step__roll">{}<span>{}/{}</span></span></button></th>"#,
            if is_finished { "done" } else { "pending" },
            row + 1,
            glyph(type_icon(self.grid.rows[row].kind), None),
            shown
                .map(|it| glyph(state_icon(it), Some(it)))
                .unwrap_or_default(),
            counts.finished(),
            counts.total(),
        );
    }

    fn block_head(&self, html: &mut String, line: usize, block: RowBlock) {
        let (mut n_rows, mut total) = (0, Counts::default());
        for row in self.grid.rows_of(block) {
            n_rows += 1;
            total.add_all(self.grid.row_counts(row));
        }
        let below = self.layout.lines.get(line + 1);
        let is_open = below.is_some_and(|it| matches!(it, VisualRow::Step(_)));
        let number = BLOCKS
            .iter()
            .position(|it| *it == block)
            .unwrap_or_default();
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><button tabindex="-1" aria-expanded="{is_open}" data-toggle="block {number}">{}{}<span class="count">{}, {}</span></button></th>"#,
            glyph("i-chevron", None),
            block.label(),
            plural(n_rows, "step"),
            percent(total),
        );
    }

    pub fn line(&self, html: &mut String, line: usize, lanes: &[ColumnText]) {
        let class = match self.layout.lines[line] {
            VisualRow::Block(_) => r#"class="block" "#,
            VisualRow::Step(_) => "",
        };
        let index = line + 3;
        put!(
            html,
            r#"<tr {class}role="row" aria-rowindex="{index}" data-r="{line}">"#
        );
        self.line_head(html, line);
        html.push_str(r#"<td class="pad" aria-hidden="true"></td>"#);
        self.cells(html, line, lanes);
        html.push_str(r#"<td class="pad" aria-hidden="true"></td></tr>"#);
    }

    /// All lines of a window, with the empty space above and below.
    pub fn body(&self, window: &GridWindow, pads: &WindowPadding) -> String {
        let lanes = self.lanes(window.lanes.clone());
        let mut html = String::with_capacity(window.lines.len() * (lanes.len() * 200 + 1024));
        pad(&mut html, window, pads.above);
        for line in window.lines.clone() {
            self.line(&mut html, line, &lanes);
        }
        pad(&mut html, window, pads.below);
        html
    }
}

fn pad(html: &mut String, window: &GridWindow, height: u32) {
    let span = window.lanes.len() + 3;
    put!(
        html,
        r#"<tr class="pad" aria-hidden="true"><td colspan="{span}" height="{height}"></td></tr>"#
    );
}
