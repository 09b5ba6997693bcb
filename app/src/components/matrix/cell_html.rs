//! HTML of the rows and cells of the matrix grid. A cell is one empty `td`; the style sheet draws its status and marks
//! from its attributes. Every name goes through `escape_into`. About a thousand cells are written at once, so the text
//! that the cells of a column share is prepared once.
use super::{
    layout::{BLOCKS, GridLayout, GridWindow, VisualColumn, VisualRow},
    measured_layout::WindowPadding,
    messages::failure_text,
};
use crate::{
    components::pending_actions::PendingActions,
    components::step_state::state_icon,
    components::step_state::type_icon,
    components::ui::html::{escape, escape_into, put},
    domain::actor_stamp::initials,
    domain::matrix::Cell,
    domain::matrix::CellIndex,
    domain::matrix::Grid,
    domain::matrix::RowBlock,
    domain::matrix_filter::MatrixFilter,
    domain::plural::pluralize,
    domain::progress::Counts,
    domain::vocabulary::StepStatus,
    paths,
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

/// The arrow of a link in a header, which leads to one customer or to one step.
pub(super) const GO_HTML: &str = r##"<svg class="glyph" aria-hidden="true" data-turn="right"><use href="#i-arrow"></use></svg>"##;

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
    /// The part of the label that names the column: ", Acme, prod-eu".
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

impl GridView<'_> {
    /// The shared parts of the cells of these visual columns, for `write_cells` and `write_row`.
    pub fn column_texts(&self, visual_columns: Range<usize>) -> Vec<ColumnText> {
        visual_columns
            .map(|visual_column| {
                let column = self.layout.visual_columns[visual_column];
                let group = &self.grid.groups[column.group(self.grid)];
                let name = match column {
                    VisualColumn::Customer(index) => {
                        format!(", {}, {}", self.grid.columns[index].name, group.name)
                    }
                    VisualColumn::Group(_) => format!(", {}", group.name),
                };
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
        match self.layout.visual_rows[visual_row] {
            VisualRow::Block(block) => {
                for text in columns {
                    self.write_rollup(html, block, text.visual_column);
                }
            }
            VisualRow::Step(row) => {
                let (step, number) = (self.step_name(row + 1, row), visual_row.to_string());
                let mut name = String::new();
                for text in columns {
                    html.push_str(text.tag_start);
                    html.push_str(&number);
                    html.push_str(&text.column_attributes);
                    match text.column {
                        VisualColumn::Customer(column) => {
                            let at = CellIndex { row, column };
                            self.write_cell_attributes(html, at);
                            name.clear();
                            let own = self.grid.own_number(at).map(|it| self.step_name(it, row));
                            let step = own.as_deref().unwrap_or(&step);
                            self.write_label(&mut name, (step, &text.name), at);
                            html.push_str("aria-label=\"");
                            escape_into(html, &name);
                            html.push_str("\"></td>");
                        }
                        VisualColumn::Group(group) => {
                            self.write_group_cell(html, (row, group), (&step, &text.name));
                        }
                    }
                }
            }
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

    /// The rest of a cell of a collapsed cluster, whose label begins with the names of the step and the column.
    fn write_group_cell(
        &self,
        html: &mut String,
        (row, group): (usize, usize),
        (step, column): (&str, &str),
    ) {
        let columns = 0..self.grid.columns.len();
        let counts: Counts = columns
            .filter(|it| self.grid.columns[*it].group == group)
            .filter_map(|column| self.grid.cell(CellIndex { row, column }))
            .map(|it| it.status)
            .collect();
        html.push_str("data-group ");
        let Some(state) = counts.state() else {
            put!(
                html,
                r#"aria-label="{}: no step"></td>"#,
                escape(&format!("{step}{column}"))
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
            escape(&format!("{step}{column}")),
        );
    }

    fn block_counts(&self, block: RowBlock, column: VisualColumn) -> Counts {
        let mut counts = Counts::default();
        match column {
            VisualColumn::Customer(index) => counts.add_all(self.grid.block_counts(block, index)),
            VisualColumn::Group(group) => (0..self.grid.columns.len())
                .filter(|it| self.grid.columns[*it].group == group)
                .for_each(|column| counts.add_all(self.grid.block_counts(block, column))),
        }
        counts
    }

    /// Writes the cell of a block header: how many steps of the block are finished in a visual column.
    pub fn write_rollup(&self, html: &mut String, block: RowBlock, visual_column: usize) {
        let counts = self.block_counts(block, self.layout.visual_columns[visual_column]);
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
                put!(html, "{}/{}", counts.finished(), counts.total());
            }
        }
        html.push_str("</td>");
    }

    /// Writes the header of a visual row: number, type, name and progress of a step, or name and progress of a block.
    pub fn write_row_head(&self, html: &mut String, visual_row: usize) {
        match self.layout.visual_rows[visual_row] {
            VisualRow::Block(block) => self.write_block_head(html, visual_row, block),
            VisualRow::Step(row) => self.write_step_head(html, row),
        }
    }

    fn write_step_head(&self, html: &mut String, row: usize) {
        let counts = self.grid.row_counts(row);
        let is_finished = counts.finished() == counts.total();
        let shown = needs_attention(counts).or(counts.state().filter(|_| is_finished));
        let name = escape(&self.grid.rows[row].name);
        let number = self.grid.row_number(row).map(|it| it.to_string());
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><span class="step" data-state="{}"><span class="step__no">{}</span>{}<span class="step__name" title="{name}">{name}</span><span class="step__roll">{}<span>{}/{}</span></span></span><a class="go" tabindex="-1" rel="external" data-work="{row}" href="{}" aria-label="{name} across customers" title="Work on {name} across customers">{GO_HTML}</a></th>"#,
            if is_finished { "done" } else { "pending" },
            number.unwrap_or_default(),
            glyph_html(type_icon(self.grid.rows[row].kind), None),
            shown
                .map(|it| glyph_html(state_icon(it), Some(it)))
                .unwrap_or_default(),
            counts.finished(),
            counts.total(),
            escape(&self.one_step_address(row)),
        );
    }

    /// The address of the matrix with the open cells of one step only.
    fn one_step_address(&self, row: usize) -> String {
        let filter = MatrixFilter {
            steps: self.grid.rows[row].name.clone(),
            open_only: true,
            ..MatrixFilter::default()
        };
        paths::matrix_view(self.grid.release.id, &filter.parts())
    }

    fn write_block_head(&self, html: &mut String, visual_row: usize, block: RowBlock) {
        let (mut n_rows, mut total) = (0, Counts::default());
        for row in self.grid.rows_of(block) {
            n_rows += 1;
            total.add_all(self.grid.row_counts(row));
        }
        let below = self.layout.visual_rows.get(visual_row + 1);
        let is_open = below.is_some_and(|it| matches!(it, VisualRow::Step(_)));
        let number = BLOCKS
            .iter()
            .position(|it| *it == block)
            .unwrap_or_default();
        put!(
            html,
            r#"<th scope="row" role="rowheader" aria-colindex="1"><button tabindex="-1" aria-expanded="{is_open}" data-toggle="block {number}">{}{}<span class="count">{}, {}</span></button></th>"#,
            glyph_html("i-chevron", None),
            block.label(),
            pluralize(n_rows, "step"),
            total.percent_text(NO_PERCENT),
        );
    }

    /// Writes a visual row: its header, and its cells between the two cells of empty space.
    pub fn write_row(&self, html: &mut String, visual_row: usize, columns: &[ColumnText]) {
        let class = match self.layout.visual_rows[visual_row] {
            VisualRow::Block(_) => r#"class="block" "#,
            VisualRow::Step(_) => "",
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
