//! Arithmetic on windows of the matrix grid, without the DOM: which cells two windows share, and which to render next. The
//! visible cells come first and the overscan later, so that no key press waits for cells outside of the visible area.
use super::{
    layout::GridWindow,
    measured_layout::{MeasuredLayout, OVERSCAN_CELLS},
};
use crate::browser::grid::ScrollView;
use std::ops::Range;

/// Number of cells that can be rendered in one pass without a visible delay.
const MAX_CELLS_PER_PASS: usize = 160;

fn intersection(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.max(b.start)..a.end.min(b.end)
}

impl GridWindow {
    /// The rows and columns that two windows share. Either range may be empty.
    pub fn intersection(&self, other: &Self) -> Self {
        Self {
            visual_rows: intersection(&self.visual_rows, &other.visual_rows),
            visual_columns: intersection(&self.visual_columns, &other.visual_columns),
        }
    }

    fn n_cells(&self) -> usize {
        self.visual_rows.len() * self.visual_columns.len()
    }

    /// Whether two windows share at least one cell.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.intersection(other).n_cells() > 0
    }

    /// The number of cells of this window that are not in the other.
    pub fn n_cells_outside(&self, other: &Self) -> usize {
        self.n_cells() - self.intersection(other).n_cells()
    }

    /// This window, extended by an overlapping one up to a limit. A range that does not overlap is left as it is.
    pub fn extended_by(&self, other: &Self, limit: &Self) -> Self {
        let extended = |this: &Range<usize>, other: &Range<usize>, limit: &Range<usize>| {
            if intersection(this, other).is_empty() {
                return this.clone();
            }
            let other = intersection(other, limit);
            this.start.min(other.start)..this.end.max(other.end)
        };
        Self {
            visual_rows: extended(&self.visual_rows, &other.visual_rows, &limit.visual_rows),
            visual_columns: extended(
                &self.visual_columns,
                &other.visual_columns,
                &limit.visual_columns,
            ),
        }
    }
}

/// The window to render now, and whether nothing is left to render after it. `rendered` is the window that is in the DOM.
/// With `can_wait`, which is set after a movement of the focus, nothing is rendered now if all visible cells are there.
pub fn next_window(
    measured: &MeasuredLayout<'_>,
    view: ScrollView,
    rendered: Option<&GridWindow>,
    can_wait: bool,
) -> (GridWindow, bool) {
    let height = view.height - measured.column_heads_height();
    let width = view.width - measured.row_head_width();
    let (down, across) = (
        (view.top, view.top + height),
        (view.left, view.left + width),
    );
    let visible = measured.window(down, across, 0);
    let wanted = measured.window(down, across, OVERSCAN_CELLS);
    let Some(rendered) = rendered else {
        return (visible, false);
    };
    let kept = visible.extended_by(rendered, &wanted);
    let with_all_rows = GridWindow {
        visual_rows: wanted.visual_rows.clone(),
        ..kept.clone()
    };
    let missing = |it: &GridWindow| it.n_cells_outside(rendered);
    if can_wait && missing(&visible) == 0 && missing(&wanted) > 0 {
        return (rendered.clone(), false);
    }
    let passes = [kept, with_all_rows];
    match passes.into_iter().find(|it| missing(it) > 0) {
        Some(pass) if missing(&wanted) > MAX_CELLS_PER_PASS => (pass, false),
        _ => (wanted, true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::matrix::{layout::tests::layout, measured_layout::DENSITIES};

    fn window(visual_rows: Range<usize>, visual_columns: Range<usize>) -> GridWindow {
        GridWindow {
            visual_rows,
            visual_columns,
        }
    }

    #[test]
    fn rendered_cells_beside_the_visible_area_are_kept_within_a_limit() {
        let view = window(10..20, 10..20);
        let limit = window(6..24, 6..24);
        assert_eq!(
            view.extended_by(&window(0..15, 12..30), &limit),
            window(6..20, 10..24)
        );
        // A window elsewhere is not joined.
        assert_eq!(
            view.extended_by(&window(30..40, 10..20), &limit),
            window(10..20, 10..20)
        );
    }

    #[test]
    fn after_a_move_the_overscan_waits_until_the_visible_cells_are_painted() {
        let layout = layout(100, 1_000);
        let measured = MeasuredLayout::new(&layout, DENSITIES[1], 16.0, false);
        let view = |left: f64| ScrollView {
            left: 6_600.0 + left,
            width: 1_200.0,
            height: 600.0,
            ..ScrollView::default()
        };
        let next = |rendered: &GridWindow| next_window(&measured, view(0.0), Some(rendered), false);
        let first = next_window(&measured, view(0.0), None, false).0;
        let (mut whole, mut is_whole) = next(&first);
        while !is_whole {
            (whole, is_whole) = next(&whole);
        }
        assert!(whole.n_cells_outside(&first) > 0);
        // One column further: it is rendered already, and the overscan behind it comes later.
        let moved = next_window(&measured, view(66.0), Some(&whole), true);
        assert_eq!(moved, (whole.clone(), false));
        let later = next_window(&measured, view(66.0), Some(&whole), false);
        assert!(later.1 && later.0.n_cells_outside(&whole) > 0);
        // Far away nothing is rendered: the visible cells come at once.
        let far = next_window(&measured, view(6_600.0), Some(&whole), true);
        assert!(far.0.n_cells_outside(&whole) > 0);
    }

    #[test]
    fn cells_that_are_not_rendered_are_counted() {
        let view = window(0..10, 0..10);
        assert_eq!(view.n_cells_outside(&view), 0);
        assert_eq!(view.n_cells_outside(&window(0..10, 2..10)), 20);
        assert_eq!(view.n_cells_outside(&window(20..30, 0..10)), 100);
    }
}
