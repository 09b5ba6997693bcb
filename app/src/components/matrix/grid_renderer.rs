//! Keeps what is drawn what it should be, with as little drawing as possible: a cell that was set is changed in place, a
//! window that moved changes at its edges, and only another layout or another grid is drawn as a whole.
use super::{
    cell_html::GridView,
    filter_bar, head_html,
    layout::{
        BEYOND, GridLayout, GridWindow, MeasuredLayout, VisualColumn, VisualRow, WindowPadding,
    },
};
use crate::{
    browser::{
        grid::ScrollView,
        grid_dom::{self, Pane},
    },
    domain::matrix::CellIndex,
};
use std::ops::Range;

/// What is in the page.
#[derive(Clone)]
pub struct RenderedGrid {
    layout: GridLayout,
    pub window: GridWindow,
    /// So many changes of the grid are in its cells.
    n_changes: usize,
    /// And so many in its heads: they follow the cells, so that a cell that is set is seen at once.
    n_counted: usize,
    /// Which grid it was, if it is another than before.
    renewed: u32,
}

fn common(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.max(b.start)..a.end.min(b.end)
}

impl GridWindow {
    fn common(&self, other: &Self) -> Self {
        Self {
            lines: common(&self.lines, &other.lines),
            lanes: common(&self.lanes, &other.lanes),
        }
    }

    fn n_cells(&self) -> usize {
        self.lines.len() * self.lanes.len()
    }

    /// So many cells of this are not in the other.
    pub fn n_beyond(&self, other: &Self) -> usize {
        self.n_cells() - self.common(other).n_cells()
    }

    /// This, and what of the other adjoins it within a limit.
    pub fn with(&self, other: &Self, limit: &Self) -> Self {
        let joined = |this: &Range<usize>, other: &Range<usize>, limit: &Range<usize>| {
            if common(this, other).is_empty() {
                return this.clone();
            }
            let other = common(other, limit);
            this.start.min(other.start)..this.end.max(other.end)
        };
        Self {
            lines: joined(&self.lines, &other.lines, &limit.lines),
            lanes: joined(&self.lanes, &other.lanes, &limit.lanes),
        }
    }
}

impl RenderedGrid {
    /// What the server has drawn.
    pub fn by_server(picture: GridView<'_>, first: CellIndex, renewed: u32) -> Self {
        Self {
            window: picture.layout.first_window(first),
            layout: picture.layout.clone(),
            n_changes: picture.grid.change_count(),
            n_counted: picture.grid.change_count(),
            renewed,
        }
    }

    pub fn is_of(&self, layout: &GridLayout, renewed: u32) -> bool {
        self.renewed == renewed && self.layout == *layout
    }
}

/// So many cells are drawn at once without being noticed.
const AT_ONCE: usize = 160;

/// The window to draw now, and whether it is all that should be drawn: what is seen comes first, and a little beyond it
/// afterwards, so that no key has to wait for cells that nobody sees. After a move, what is beyond `can_wait` until that is
/// painted.
pub fn next_window(
    measured: &MeasuredLayout<'_>,
    view: ScrollView,
    there: Option<&RenderedGrid>,
    can_wait: bool,
) -> (GridWindow, bool) {
    let down = (view.top, view.top + view.height - measured.head());
    let across = (view.left, view.left + view.width - measured.first_column());
    let near = measured.window(down, across, 0);
    let far = measured.window(down, across, BEYOND);
    let Some(there) = there.map(|it| &it.window) else {
        return (near, false);
    };
    let steps = [
        near.with(there, &far),
        GridWindow {
            lines: far.lines.clone(),
            ..near.with(there, &far)
        },
    ];
    let missing = |it: &GridWindow| it.n_beyond(there);
    if can_wait && missing(&near) == 0 && missing(&far) > 0 {
        return (there.clone(), false);
    }
    match steps.into_iter().find(|it| missing(it) > 0) {
        Some(step) if missing(&far) > AT_ONCE => (step, false),
        _ => (far, true),
    }
}

/// Draws a window; `before` is what is there. The pane is the element that scrolls.
pub fn draw(
    pane: &Pane,
    before: Option<RenderedGrid>,
    picture: GridView<'_>,
    window: GridWindow,
    pads: &WindowPadding,
    renewed: u32,
) -> RenderedGrid {
    let (grid, layout) = (picture.grid, picture.layout);
    let before =
        before.filter(|it| it.is_of(layout, renewed) && it.window.common(&window).n_cells() > 0);
    let since = |n: usize| grid.changed_since(n);
    let known = before.as_ref();
    let changed = known.and_then(|it| since(it.n_changes).zip(since(it.n_counted)));
    if let (Some(mut there), Some((changed, uncounted))) = (before, changed) {
        if changed.is_empty() {
            count(pane, picture, &there.window, uncounted);
            there.n_counted = grid.change_count();
        } else {
            change(pane, picture, changed);
        }
        if there.window != window {
            move_to(pane, picture, &there.window, &window, pads);
        }
        there.n_changes = grid.change_count();
        there.window = window;
        return there;
    }
    grid_dom::write(pane, ".empty", &filter_bar::nothing(grid, layout));
    grid_dom::write(pane, "colgroup", &head_html::columns(layout, &window, pads));
    grid_dom::write(pane, "thead", &head_html::heads(grid, layout, &window));
    grid_dom::write(pane, "tbody", &picture.body(&window, pads));
    RenderedGrid {
        layout: layout.clone(),
        window,
        n_changes: grid.change_count(),
        n_counted: grid.change_count(),
        renewed,
    }
}

/// What cells say of who and when.
pub fn say_who(pane: &Pane, picture: GridView<'_>, window: &GridWindow) {
    grid_dom::set_cells(pane, |line, lane| {
        let at = picture
            .layout
            .cell(window.lines.start + line, window.lanes.start + lane);
        at.map(|at| picture.attributes(at)).unwrap_or_default()
    });
}

fn move_to(
    pane: &Pane,
    picture: GridView<'_>,
    from: &GridWindow,
    to: &GridWindow,
    pads: &WindowPadding,
) {
    let (grid, layout) = (picture.grid, picture.layout);
    let kept = from.common(to);
    let cut =
        |from: &Range<usize>, kept: &Range<usize>| (kept.start - from.start, from.end - kept.end);
    grid_dom::change_lines(pane, cut(&from.lines, &kept.lines), ("", ""));
    if from.lanes != to.lanes {
        let left = picture.lanes(to.lanes.start..kept.lanes.start);
        let right = picture.lanes(kept.lanes.end..to.lanes.end);
        let gone = cut(&from.lanes, &kept.lanes);
        grid_dom::change_cells(pane, gone, |line| {
            let mut html = (String::new(), String::new());
            picture.cells(&mut html.0, kept.lines.start + line, &left);
            picture.cells(&mut html.1, kept.lines.start + line, &right);
            html
        });
        let heads_of = |lanes: Range<usize>| {
            let mut html = String::new();
            lanes.for_each(|it| head_html::head(&mut html, grid, layout, it));
            html
        };
        let left = heads_of(to.lanes.start..kept.lanes.start);
        let right = heads_of(kept.lanes.end..to.lanes.end);
        grid_dom::change_heads(pane, gone, (&left, &right));
        let bands = head_html::bands(grid, layout, to);
        grid_dom::write(pane, "thead tr:first-child", &bands);
    }
    if from.lines != to.lines {
        let lanes = picture.lanes(to.lanes.clone());
        let lines_of = |lines: Range<usize>| {
            let mut html = String::new();
            lines.for_each(|it| picture.line(&mut html, it, &lanes));
            html
        };
        let above = lines_of(to.lines.start..kept.lines.start);
        let below = lines_of(kept.lines.end..to.lines.end);
        grid_dom::change_lines(pane, (0, 0), (&above, &below));
    }
    grid_dom::write(pane, "colgroup", &head_html::columns(layout, to, pads));
    grid_dom::set_pads(pane, to.lanes.len() + 3, (pads.above, pads.below));
}

/// Each once. They are few.
fn once<T: PartialEq>(all: impl Iterator<Item = T>) -> Vec<T> {
    let mut found = Vec::new();
    for it in all {
        if !found.contains(&it) {
            found.push(it);
        }
    }
    found
}

/// Cells that were set, in place.
fn change(pane: &Pane, picture: GridView<'_>, changed: &[CellIndex]) {
    for at in once(changed.iter().copied()) {
        if let Some((line, lane)) = picture.layout.place(at) {
            let cell = format!("td[data-r='{line}'][data-c='{lane}']");
            grid_dom::set(pane, &cell, &picture.attributes(at));
        }
    }
}

/// The counts at the heads of cells that were set, in place.
fn count(pane: &Pane, picture: GridView<'_>, window: &GridWindow, changed: &[CellIndex]) {
    if changed.is_empty() {
        return;
    }
    let (grid, layout) = (picture.grid, picture.layout);
    let line_of = |row: usize| {
        layout
            .lines
            .iter()
            .position(|it| *it == VisualRow::Step(row))
    };
    let lane_of = |column: usize| {
        let band = grid.columns[column].band;
        let is_it = |it: &VisualColumn| {
            *it == VisualColumn::Customer(column) || *it == VisualColumn::Group(band)
        };
        layout.lanes.iter().position(is_it)
    };
    let places = once(changed.iter().copied());
    let lines = once(places.iter().filter_map(|it| line_of(it.row)));
    let lanes = once(places.iter().filter_map(|it| lane_of(it.column)));
    let lines = lines.into_iter().filter(|it| window.lines.contains(it));
    let lanes: Vec<usize> = lanes
        .into_iter()
        .filter(|it| window.lanes.contains(it))
        .collect();
    let blocks = window
        .lines
        .clone()
        .filter_map(|line| match layout.lines[line] {
            VisualRow::Block(block) => Some((line, block)),
            VisualRow::Step(_) => None,
        });
    let blocks: Vec<_> = blocks.collect();
    for line in lines.chain(blocks.iter().map(|it| it.0)) {
        let mut html = String::new();
        picture.line_head(&mut html, line);
        grid_dom::replace(pane, &format!("tr[data-r='{line}'] > th"), &html);
        let groups = lanes.iter().filter(|it| {
            matches!(layout.lines[line], VisualRow::Step(_))
                && matches!(layout.lanes[**it], VisualColumn::Group(_))
        });
        for lane in groups {
            let mut html = String::new();
            picture.cells(&mut html, line, &picture.lanes(*lane..lane + 1));
            grid_dom::replace(
                pane,
                &format!("td[data-r='{line}'][data-c='{lane}']"),
                &html,
            );
        }
    }
    for lane in lanes {
        let mut html = String::new();
        head_html::head(&mut html, grid, layout, lane);
        grid_dom::replace(pane, &format!("thead tr + tr th[data-c='{lane}']"), &html);
        for (line, block) in &blocks {
            let mut html = String::new();
            picture.rollup(&mut html, *block, lane);
            let cell = format!("tr[data-r='{line}'] > td[data-c='{lane}']");
            grid_dom::replace(pane, &cell, &html);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::matrix::layout::DENSITIES;

    fn window(lines: Range<usize>, lanes: Range<usize>) -> GridWindow {
        GridWindow { lines, lanes }
    }

    #[test]
    fn what_is_drawn_beside_the_view_is_kept_within_a_limit() {
        let view = window(10..20, 10..20);
        let limit = window(6..24, 6..24);
        assert_eq!(
            view.with(&window(0..15, 12..30), &limit),
            window(6..20, 10..24)
        );
        // What is elsewhere is no part of it.
        assert_eq!(
            view.with(&window(30..40, 10..20), &limit),
            window(10..20, 10..20)
        );
    }

    #[test]
    fn after_a_move_what_is_not_seen_waits_until_it_is_painted() {
        let layout = crate::components::matrix::layout::tests::layout(100, 1_000);
        let measured = MeasuredLayout::new(&layout, DENSITIES[1], 16.0, 1_920.0);
        let view = |left: f64| ScrollView {
            left: 6_600.0 + left,
            width: 1_200.0,
            height: 600.0,
            ..ScrollView::default()
        };
        let drawn = |window: &GridWindow| RenderedGrid {
            window: window.clone(),
            layout: layout.clone(),
            n_changes: 0,
            n_counted: 0,
            renewed: 0,
        };
        let next =
            |there: &GridWindow| next_window(&measured, view(0.0), Some(&drawn(there)), false);
        let first = next_window(&measured, view(0.0), None, false).0;
        let (mut whole, mut is_whole) = next(&first);
        while !is_whole {
            (whole, is_whole) = next(&whole);
        }
        assert!(whole.n_beyond(&first) > 0);
        // One column on: it is there already, and the next one beyond comes later.
        let there = drawn(&whole);
        let moved = next_window(&measured, view(66.0), Some(&there), true);
        assert_eq!(moved, (whole.clone(), false));
        let later = next_window(&measured, view(66.0), Some(&there), false);
        assert!(later.1 && later.0.n_beyond(&whole) > 0);
        // Far away nothing is there: what is seen is drawn at once.
        let far = next_window(&measured, view(6_600.0), Some(&there), true);
        assert!(far.0.n_beyond(&whole) > 0);
    }

    #[test]
    fn cells_that_are_missing_are_counted() {
        let view = window(0..10, 0..10);
        assert_eq!(view.n_beyond(&view), 0);
        assert_eq!(view.n_beyond(&window(0..10, 2..10)), 20);
        assert_eq!(view.n_beyond(&window(20..30, 0..10)), 100);
    }
}
