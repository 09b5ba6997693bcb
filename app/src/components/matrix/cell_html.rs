//! HTML of the rows and cells of the matrix grid. A cell is one empty `td`; the style sheet draws its status and marks
//! from its attributes. Every name goes through `escape_into`. About a thousand cells are written at once, so the text
//! that the cells of a column share is prepared once.
use super::{
    head_links::step_link_html,
    layout::{GridLayout, GridLine, GridWindow, VisualColumn},
    layout_counts::shown_of_all,
    measured_layout::WindowPadding,
    messages::failure_text,
};
use crate::{
    components::pending_actions::PendingActions,
    components::step_state::state_icon,
    components::step_state::type_icon,
    components::ui::html::{escape, escape_into, put},
    domain::actor_stamp::initials,
    domain::digit_groups::{grouped, grouped_count},
    domain::matrix::Cell,
    domain::matrix::CellIndex,
    domain::matrix::Grid,
    domain::progress::Counts,
    domain::vocabulary::StepStatus,
};
use chrono::{DateTime, Utc};
use std::{cell::RefCell, ops::Range};

/// Formats a time in the time zone that the page currently shows.
pub type TimeFormat<'a> = &'a dyn Fn(DateTime<Utc>) -> String;

/// Formats each time only once: many cells have the same one, and the browser's time zone conversion is slow.
pub(super) fn cached_time_format(
    format_time: impl Fn(DateTime<Utc>) -> String,
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
        let text = format_time(at);
        known.push((at, text.clone()));
        text
    }
}

/// A symbol of the sprite by its name, coloured as a status if one is given.
pub fn glyph_html(name: &str, state: Option<StepStatus>) -> String {
    let state = state
        .map(|it| format!(r#" data-state="{it}""#))
        .unwrap_or_default();
    format!(r##"<svg class="glyph" aria-hidden="true"{state}><use href="#{name}"></use></svg>"##)
}

/// The sign that is shown instead of a percentage in a head without steps, where there is no room for words.
pub(super) const NO_PERCENT: &str = "–";

/// The overall status of counts, if it is one that asks for attention.
pub(super) fn needs_attention(counts: Counts) -> Option<StepStatus> {
    counts.state().filter(|it| {
        matches!(
            it,
            StepStatus::Failed | StepStatus::InProgress | StepStatus::Reverted
        )
    })
}

/// "12/1,000": how many are finished.
pub(super) fn finished_of_all(counts: Counts) -> String {
    let (finished, total) = (counts.finished(), counts.total());
    [grouped_count(finished), grouped_count(total)].join("/")
}

/// Expected size of the HTML of a cell and of a row header, in bytes.
const CELL_HTML_BYTES: usize = 200;
const ROW_HEAD_HTML_BYTES: usize = 1_024;

/// Everything that the HTML of rows and cells depends on.
#[derive(Clone, Copy)]
pub struct GridView<'a> {
    pub grid: &'a Grid,
    pub layout: &'a GridLayout,
    pub pending_actions: &'a PendingActions,
    pub format_time: TimeFormat<'a>,
}

/// The parts of the HTML that all cells of a visual column share.
pub struct ColumnText {
    visual_column: usize,
    column: VisualColumn,
    /// From `<td` to the visual row's number.
    tag_start: &'static str,
    /// From behind the visual row's number to the cell's own attributes.
    column_attributes: String,
    /// The part of the label that names the column, as `GridView::line_name` does.
    name: String,
}

/// The value of `data-marks`, by which the style sheet draws the marks of a cell.
fn cell_marks(cell: &Cell, is_custom: bool) -> String {
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

/// The cell of the first of the customers that look the same, where their line meets that of a step.
fn alike_cell(lines: (GridLine, GridLine)) -> Option<CellIndex> {
    match lines {
        (GridLine::Step(row), GridLine::Alike(column))
        | (GridLine::Alike(column), GridLine::Step(row)) => Some(CellIndex { row, column }),
        _ => None,
    }
}

impl GridView<'_> {
    /// The shared parts of the cells of these visual columns, for `write_cells` and `write_row`.
    pub fn column_texts(&self, visual_columns: Range<usize>) -> Vec<ColumnText> {
        visual_columns
            .map(|visual_column| {
                let column = self.layout.visual_columns[visual_column];
                let name = self.line_name(column);
                let tag_start = if self.layout.starts_cluster(self.grid, visual_column) {
                    r#"<td class="cell band-start" role="gridcell" tabindex="-1" data-r=""#
                } else {
                    r#"<td class="cell" role="gridcell" tabindex="-1" data-r=""#
                };
                let column_attributes = format!(
                    r#"" data-c="{visual_column}" aria-colindex="{}" "#,
                    visual_column + 2
                );
                ColumnText {
                    visual_column,
                    column,
                    tag_start,
                    column_attributes,
                    name,
                }
            })
            .collect()
    }

    /// The part of a label that names a line: "Step 4 Migrate schema", "Deploy", ", Acme, prod-eu", ", prod-eu", or
    /// ", 14 alike customers, prod-eu".
    fn line_name(&self, line: GridLine) -> String {
        let section = line.section_name(self.grid);
        match line {
            GridLine::Step(row) => self.step_name(row + 1, row),
            GridLine::Block(_) => section.to_owned(),
            GridLine::Group(_) => format!(", {section}"),
            GridLine::Customer(column) => {
                format!(", {}, {section}", self.grid.columns[column].name)
            }
            GridLine::Alike(first) => {
                let n = grouped(self.layout.columns_alike(first).len());
                format!(", {n} alike customers, {section}")
            }
        }
    }

    /// The part of a label that names the step: "Step 4 Migrate schema".
    fn step_name(&self, number: usize, row: usize) -> String {
        format!("Step {number} {}", self.grid.rows[row].name)
    }

    /// The accessible name of a cell, from the names of its step and its column:
    /// "Step 4 Migrate schema, Acme, prod-eu: done by Ana 14:02, overridden".
    fn write_label(&self, name: &mut String, (step, column): (&str, &str), at: CellIndex) {
        name.push_str(step);
        name.push_str(column);
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
            name.push_str(&(self.format_time)(mark.at));
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
        if let Some(failed_action) = self.pending_actions.failed(cell.step) {
            name.push_str(", ");
            name.push_str(&failure_text(&failed_action));
        }
    }

    /// The attributes of a cell that can change, for a cell that is on the page already. `None` removes the attribute.
    pub fn cell_attributes(&self, at: CellIndex) -> Vec<(&'static str, Option<String>)> {
        let column = &self.grid.columns[at.column];
        let column_name = format!(", {}, {}", column.name, self.grid.groups[column.group].name);
        let mut name = String::new();
        let step_name = self.step_name(self.grid.number(at), at.row);
        self.write_label(&mut name, (&step_name, &column_name), at);
        let number = self.grid.own_number(at).map(|it| it.to_string());
        let mut attributes = vec![("aria-label", Some(name)), ("data-no", number)];
        if let Some(cell) = self.grid.cell(at) {
            let marks = cell_marks(cell, self.grid.rows[at.row].template.is_none());
            let is_dim = !self.layout.matches_filter(cell);
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

    /// Whether an action on the cell has been running long enough to show it.
    fn is_busy(&self, cell: &Cell) -> bool {
        self.pending_actions.is_slow(cell.step)
    }

    fn has_failed(&self, cell: &Cell) -> bool {
        self.pending_actions.failed(cell.step).is_some()
    }

    fn initials(&self, at: CellIndex, cell: &Cell) -> Option<String> {
        let mark = self.grid.status_change(at)?;
        (cell.status == StepStatus::InProgress).then(|| initials(&mark.by))
    }

    /// Writes the cells of a visual row, without its header.
    pub fn write_cells(&self, html: &mut String, visual_row: usize, columns: &[ColumnText]) {
        let line = self.layout.visual_rows[visual_row];
        if line.is_section() {
            for text in columns {
                self.write_rollup(html, line, text.visual_column);
            }
            return;
        }
        let (row_name, number) = (self.line_name(line), visual_row.to_string());
        let mut name = String::new();
        for text in columns {
            html.push_str(text.tag_start);
            html.push_str(&number);
            html.push_str(&text.column_attributes);
            let names = if self.layout.is_swapped {
                (text.name.as_str(), row_name.as_str())
            } else {
                (row_name.as_str(), text.name.as_str())
            };
            let Some(at) = self.layout.cell_index(visual_row, text.visual_column) else {
                self.write_group_cell(html, (line, text.column), names);
                continue;
            };
            self.write_cell_attributes(html, at);
            name.clear();
            let own = self.grid.own_number(at);
            let own = own.map(|it| self.step_name(it, at.row));
            let step = own.as_deref().unwrap_or(names.0);
            self.write_label(&mut name, (step, names.1), at);
            html.push_str("aria-label=\"");
            escape_into(html, &name);
            html.push_str("\"></td>");
        }
    }

    fn write_cell_attributes(&self, html: &mut String, at: CellIndex) {
        let Some(cell) = self.grid.cell(at) else {
            html.push_str("data-none ");
            return;
        };
        put!(html, r#"data-step="{}" "#, cell.step);
        if let Some(number) = self.grid.own_number(at) {
            put!(html, r#"data-no="{number}" "#);
        }
        html.push_str(r#"aria-selected="false" data-state=""#);
        html.push_str(cell.status.as_str());
        html.push_str("\" ");
        if !self.layout.matches_filter(cell) {
            html.push_str("data-dim ");
        }
        let marks = cell_marks(cell, self.grid.rows[at.row].template.is_none());
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

    /// The rest of a cell that stands for several, whose label begins with the names of the step and the column: of a
    /// collapsed cluster or block, or of customers that look the same.
    fn write_group_cell(
        &self,
        html: &mut String,
        lines: (GridLine, GridLine),
        (step, column): (&str, &str),
    ) {
        let name = escape(&[step, column].concat());
        if let Some(at) = alike_cell(lines) {
            self.write_alike_cell(html, at, &name);
            return;
        }
        let counts = self.layout.counts_at(self.grid, lines.0, lines.1);
        html.push_str("data-group ");
        let Some(state) = counts.state() else {
            put!(html, r#"aria-label="{name}: no step"></td>"#);
            return;
        };
        put!(html, r#"data-state="{state}" "#);
        let finished = grouped_count(counts.finished());
        let total = grouped_count(counts.total());
        let trouble = needs_attention(counts)
            .map(|it| format!(", {} {}", grouped_count(counts.of(it)), it.in_sentence()))
            .unwrap_or_default();
        put!(
            html,
            r#"aria-label="{name}: {finished} of {total} finished{trouble}">{finished}/{total}</td>"#,
        );
    }

    /// The rest of the cell of customers that look the same: that of the first, but for who changed it.
    fn write_alike_cell(&self, html: &mut String, at: CellIndex, name: &str) {
        let Some(cell) = self.grid.cell(at) else {
            put!(html, r#"data-none aria-label="{name}: no step"></td>"#);
            return;
        };
        let (state, marks) = (cell.status, cell_marks(cell, self.is_custom(at)));
        if !self.layout.matches_filter(cell) {
            html.push_str("data-dim ");
        }
        if !marks.is_empty() {
            put!(html, r#"data-marks="{marks}" "#);
        }
        put!(
            html,
            r#"aria-selected="false" data-state="{state}" aria-label="{name}: {}"></td>"#,
            state.in_sentence()
        );
    }

    fn is_custom(&self, at: CellIndex) -> bool {
        self.grid.rows[at.row].template.is_none()
    }

    /// Writes the cell of a block's or a cluster's header: how many of its steps are finished in a visual column.
    pub fn write_rollup(&self, html: &mut String, section: GridLine, visual_column: usize) {
        let column = self.layout.visual_columns[visual_column];
        let counts = self.layout.counts_at(self.grid, section, column);
        put!(
            html,
            r#"<td role="gridcell" aria-colindex="{}" data-c="{visual_column}">"#,
            visual_column + 2
        );
        if counts.total() > 0 {
            if counts.finished() == counts.total() {
                html.push_str(r#"<span class="sr">complete</span>"#);
                html.push_str(&glyph_html("g-done", Some(StepStatus::Done)));
            } else {
                html.push_str(&finished_of_all(counts));
            }
        }
        html.push_str("</td>");
    }

    /// Writes the header of a visual row: number, type, name and progress of a step, or name and progress of a block.
    pub fn write_row_head(&self, html: &mut String, visual_row: usize) {
        let line = self.layout.visual_rows[visual_row];
        match line {
            GridLine::Block(_) | GridLine::Group(_) => self.write_section_head(html, visual_row),
            GridLine::Step(row) => self.write_step_head(html, row),
            GridLine::Customer(column) => self.write_customer_head(html, column),
            GridLine::Alike(first) => self.write_alike_head(html, first),
        }
    }

    fn write_step_head(&self, html: &mut String, row: usize) {
        let counts = self.layout.line_counts(self.grid, GridLine::Step(row));
        let is_finished = counts.finished() == counts.total();
        let shown = needs_attention(counts).or(counts.state().filter(|_| is_finished));
        let name = escape(&self.grid.rows[row].name);
        let number = self.grid.row_number(row).map(|it| it.to_string());
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><span class="step" data-state="{}"><span class="step__no">{}</span>{}<span class="step__name" title="{name}">{name}</span><span class="step__roll">{}<span>{}</span></span></span>{}</th>"#,
            if is_finished { "done" } else { "pending" },
            number.unwrap_or_default(),
            glyph_html(type_icon(self.grid.rows[row].kind), None),
            shown
                .map(|it| glyph_html(state_icon(it), Some(it)))
                .unwrap_or_default(),
            finished_of_all(counts),
            step_link_html(self.grid, row),
        );
    }

    fn write_section_head(&self, html: &mut String, visual_row: usize) {
        let section = self.layout.visual_rows[visual_row];
        let total = self.layout.line_counts(self.grid, section);
        let below = self.layout.visual_rows.get(visual_row + 1);
        let is_open = below.is_some_and(|it| !it.is_section());
        let n_shown = self.layout.n_shown_in(self.grid, section);
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><button tabindex="-1" aria-expanded="{is_open}" data-toggle="{}">{}{}<span class="count">{}, {}</span></button></th>"#,
            section.toggle_target(self.grid),
            glyph_html("i-chevron", None),
            escape(section.section_name(self.grid)),
            shown_of_all(n_shown, section.n_lines(self.grid), section.noun()),
            total.percent_text(NO_PERCENT),
        );
    }

    /// Writes a visual row: its header, and its cells between the two cells of empty space.
    pub fn write_row(&self, html: &mut String, visual_row: usize, columns: &[ColumnText]) {
        let class = if self.layout.visual_rows[visual_row].is_section() {
            r#"class="block" "#
        } else {
            ""
        };
        let index = visual_row + 3;
        put!(
            html,
            r#"<tr {class}role="row" aria-rowindex="{index}" data-r="{visual_row}">"#
        );
        self.write_row_head(html, visual_row);
        html.push_str(r#"<td class="pad" aria-hidden="true"></td>"#);
        self.write_cells(html, visual_row, columns);
        html.push_str(r#"<td class="pad" aria-hidden="true"></td></tr>"#);
    }

    /// The HTML of all rows of a window, with the empty space above and below.
    pub fn body_html(&self, window: &GridWindow, padding: &WindowPadding) -> String {
        let columns = self.column_texts(window.visual_columns.clone());
        let row_bytes = columns.len() * CELL_HTML_BYTES + ROW_HEAD_HTML_BYTES;
        let mut html = String::with_capacity(window.visual_rows.len() * row_bytes);
        write_padding_row(&mut html, window, padding.above);
        for visual_row in window.visual_rows.clone() {
            self.write_row(&mut html, visual_row, &columns);
        }
        write_padding_row(&mut html, window, padding.below);
        html
    }
}

fn write_padding_row(html: &mut String, window: &GridWindow, height: u32) {
    let span = window.visual_columns.len() + 3;
    put!(
        html,
        r#"<tr class="pad" aria-hidden="true"><td colspan="{span}" height="{height}"></td></tr>"#
    );
}
