//! The rendered part of the matrix grid in the DOM, and how it is brought up to date with as few changes as possible: a
//! changed cell gets new attributes, a moved window changes at its edges, and only another layout or another grid is written
//! as a whole. Each cell that is written costs style, layout and paint.
use super::{
    cell_html::GridView,
    filter_bar, head_html,
    layout::{GridLayout, GridLine, GridWindow},
    measured_layout::WindowPadding,
};
use crate::{
    browser::grid,
    browser::grid_dom::{self, Pane},
    domain::matrix::{CellIndex, Grid},
};
use std::ops::Range;

/// What is in the DOM.
#[derive(Clone)]
pub struct RenderedGrid {
    layout: GridLayout,
    pub window: GridWindow,
    /// How many of the grid's changes the cells show.
    n_cell_changes: usize,
    /// How many of the grid's changes the headers show. They follow later, so that a changed cell is painted first.
    n_head_changes: usize,
    /// The value of `MatrixState::grid_version` that was rendered.
    grid_version: u32,
}

impl RenderedGrid {
    /// What the server has rendered of this layout: the window that begins at `first`.
    pub fn from_server(
        layout: &GridLayout,
        grid: &Grid,
        first: CellIndex,
        grid_version: u32,
    ) -> Self {
        Self::new(layout, grid, layout.server_window(first), grid_version)
    }

    fn new(layout: &GridLayout, grid: &Grid, window: GridWindow, grid_version: u32) -> Self {
        Self {
            layout: layout.clone(),
            window,
            n_cell_changes: grid.change_count(),
            n_head_changes: grid.change_count(),
            grid_version,
        }
    }

    /// Whether this is a window of the given layout and grid.
    pub fn is_of(&self, layout: &GridLayout, grid_version: u32) -> bool {
        self.grid_version == grid_version && self.layout == *layout
    }
}

/// Brings the DOM up to date with a window, and returns what is then there. `before` is what was there. After changes of
/// cells the counts in the headers are updated by the next call.
pub fn render(
    pane: &Pane,
    before: Option<RenderedGrid>,
    grid_view: GridView<'_>,
    window: GridWindow,
    padding: &WindowPadding,
    grid_version: u32,
) -> RenderedGrid {
    let (grid, layout) = (grid_view.grid, grid_view.layout);
    let before = before.filter(|it| it.is_of(layout, grid_version) && it.window.overlaps(&window));
    // `None` if the grid no longer knows all changes since then.
    let changed = before.as_ref().and_then(|it| {
        let of_cells = grid.changed_since(it.n_cell_changes);
        of_cells.zip(grid.changed_since(it.n_head_changes))
    });
    if let (Some(mut rendered), Some((changed_cells, changed_heads))) = (before, changed) {
        if changed_cells.is_empty() {
            update_counts(pane, grid_view, &rendered.window, changed_heads);
            rendered.n_head_changes = grid.change_count();
        } else {
            update_cells(pane, grid_view, changed_cells);
        }
        if rendered.window != window {
            shift_window(pane, grid_view, &rendered.window, &window, padding);
        }
        rendered.n_cell_changes = grid.change_count();
        rendered.window = window;
        return rendered;
    }
    // The card would be that of another cell.
    grid::hide_card(pane);
    let empty_message = filter_bar::empty_message_html(grid, layout);
    let columns = head_html::colgroup_html(layout, &window, padding);
    let heads = head_html::thead_html(grid, layout, &window);
    let rows = grid_view.body_html(&window, padding);
    for (part, html) in [
        (".empty", empty_message),
        ("colgroup", columns),
        ("thead", heads),
        ("tbody", rows),
    ] {
        grid_dom::set_content(pane, part, &html);
    }
    RenderedGrid::new(layout, grid, window, grid_version)
}

/// Sets the attributes of all rendered cells again: who changed them and when is known later than their status, and times
/// change with the time zone.
pub fn update_all_cells(pane: &Pane, grid_view: GridView<'_>, window: &GridWindow) {
    grid_dom::update_cells(pane, &|row, column| {
        let visual_row = window.visual_rows.start + row;
        let visual_column = window.visual_columns.start + column;
        let at = grid_view.layout.cell_index(visual_row, visual_column);
        match at.filter(|_| window.visual_columns.contains(&visual_column)) {
            Some(at) => grid_view.cell_attributes(at),
            None => Vec::new(),
        }
    });
}

/// Moves the rendered window: removes and adds rows and columns at its edges.
fn shift_window(
    pane: &Pane,
    grid_view: GridView<'_>,
    from: &GridWindow,
    to: &GridWindow,
    padding: &WindowPadding,
) {
    let (grid, layout) = (grid_view.grid, grid_view.layout);
    let kept = from.intersection(to);
    let removed =
        |from: &Range<usize>, kept: &Range<usize>| (kept.start - from.start, from.end - kept.end);
    let removed_rows = removed(&from.visual_rows, &kept.visual_rows);
    grid_dom::change_rows(pane, removed_rows, ("", ""));
    if from.visual_columns != to.visual_columns {
        let (columns, kept_columns) = (&to.visual_columns, &kept.visual_columns);
        let left = grid_view.column_texts(columns.start..kept_columns.start);
        let right = grid_view.column_texts(kept_columns.end..columns.end);
        let removed_columns = removed(&from.visual_columns, kept_columns);
        grid_dom::change_cells(pane, removed_columns, |row| {
            let visual_row = kept.visual_rows.start + row;
            let mut html = (String::new(), String::new());
            grid_view.write_cells(&mut html.0, visual_row, &left);
            grid_view.write_cells(&mut html.1, visual_row, &right);
            html
        });
        let heads_html = |visual_columns: Range<usize>| {
            let mut html = String::new();
            visual_columns.for_each(|it| head_html::write_column_head(&mut html, grid, layout, it));
            html
        };
        let left = heads_html(columns.start..kept_columns.start);
        let right = heads_html(kept_columns.end..columns.end);
        grid_dom::change_heads(pane, removed_columns, (&left, &right));
        let clusters = head_html::cluster_row_html(grid, layout, to);
        grid_dom::set_content(pane, "thead tr:first-child", &clusters);
    }
    if from.visual_rows != to.visual_rows {
        let columns = grid_view.column_texts(to.visual_columns.clone());
        let rows_html = |visual_rows: Range<usize>| {
            let mut html = String::new();
            visual_rows.for_each(|it| grid_view.write_row(&mut html, it, &columns));
            html
        };
        let above = rows_html(to.visual_rows.start..kept.visual_rows.start);
        let below = rows_html(kept.visual_rows.end..to.visual_rows.end);
        grid_dom::change_rows(pane, (0, 0), (&above, &below));
    }
    let columns = head_html::colgroup_html(layout, to, padding);
    grid_dom::set_content(pane, "colgroup", &columns);
    let heights = (padding.above, padding.below);
    grid_dom::set_vertical_padding(pane, to.visual_columns.len() + 3, heights);
}

/// Each value once, in order. Quadratic: for a few values.
fn distinct<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for it in all {
        if !found.contains(&it) {
            found.push(it);
        }
    }
    found
}

/// The header of a visual row.
fn row_head_selector(visual_row: usize) -> String {
    format!("tr[data-r='{visual_row}'] > th")
}

/// The cell or group cell at a visual row and column.
fn cell_selector(visual_row: usize, visual_column: usize) -> String {
    format!("td[data-r='{visual_row}'][data-c='{visual_column}']")
}

/// Sets the attributes of changed cells.
fn update_cells(pane: &Pane, grid_view: GridView<'_>, changed: &[CellIndex]) {
    for at in distinct(changed.iter().copied()) {
        let position = grid_view.layout.position_of(at);
        // A cell that stands for several is written with the counts.
        if let Some((visual_row, visual_column)) = position
            && grid_view.layout.cell_index(visual_row, visual_column) == Some(at)
        {
            let cell = cell_selector(visual_row, visual_column);
            grid_dom::set_attributes(pane, &cell, &grid_view.cell_attributes(at));
        }
    }
}

/// Replaces the headers that count changed cells, and the cells that stand for several.
fn update_counts(pane: &Pane, grid_view: GridView<'_>, window: &GridWindow, changed: &[CellIndex]) {
    if changed.is_empty() {
        return;
    }
    let (grid, layout) = (grid_view.grid, grid_view.layout);
    let changed = distinct(changed.iter().copied());
    let is_changed = |line: GridLine| changed.iter().any(|at| layout.contains(grid, line, *at));
    let visual_rows = window.visual_rows.clone();
    let visual_rows = visual_rows.filter(|it| is_changed(layout.visual_rows[*it]));
    let visual_columns = window.visual_columns.clone();
    let visual_columns: Vec<usize> = visual_columns
        .filter(|it| is_changed(layout.visual_columns[*it]))
        .collect();
    for visual_row in visual_rows {
        let line = layout.visual_rows[visual_row];
        let mut html = String::new();
        grid_view.write_row_head(&mut html, visual_row);
        grid_dom::replace_element(pane, &row_head_selector(visual_row), &html);
        for visual_column in &visual_columns {
            // Single cells are up to date.
            if layout.cell_index(visual_row, *visual_column).is_some() {
                continue;
            }
            let mut html = String::new();
            let cell = if line.is_section() {
                grid_view.write_rollup(&mut html, line, *visual_column);
                format!("tr[data-r='{visual_row}'] > td[data-c='{visual_column}']")
            } else {
                let column = grid_view.column_texts(*visual_column..visual_column + 1);
                grid_view.write_cells(&mut html, visual_row, &column);
                cell_selector(visual_row, *visual_column)
            };
            grid_dom::replace_element(pane, &cell, &html);
        }
    }
    for visual_column in visual_columns {
        let mut html = String::new();
        head_html::write_column_head(&mut html, grid, layout, visual_column);
        let head = format!("thead tr + tr th[data-c='{visual_column}']");
        grid_dom::replace_element(pane, &head, &html);
    }
}
