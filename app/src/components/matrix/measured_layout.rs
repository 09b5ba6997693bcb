//! Sizes of the matrix grid in pixels: from a layout and a density to the window that is rendered for a scroll position,
//! and the empty space around it. The sizes are known here, because asking the browser would have it lay out the page.
use super::layout::{GridLayout, GridLine, GridWindow, VisualColumn, VisualRow};
use std::ops::Range;

/// A density of the grid. Its sizes are those of the style sheet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    /// The value of `data-density`, and of the saved setting.
    pub name: &'static str,
    /// The title of its button.
    pub title: &'static str,
    /// The text of its button.
    pub label: &'static str,
    row_height_rem: f64,
    column_width_rem: f64,
    group_width_rem: f64,
    row_head_width_rem: f64,
    column_heads_height_rem: f64,
}

const BLOCK_ROW_HEIGHT_REM: f64 = 1.75;

/// The densities from small to large. The second is the default.
pub const DENSITIES: [Density; 3] = [
    Density {
        name: "compact",
        title: "Compact, 28 px",
        label: "S",
        row_height_rem: 1.75,
        column_width_rem: 2.0,
        group_width_rem: 4.75,
        row_head_width_rem: 16.5,
        column_heads_height_rem: 10.5,
    },
    Density {
        name: "default",
        title: "Default, 36 px",
        label: "M",
        row_height_rem: 2.25,
        column_width_rem: 4.125,
        group_width_rem: 5.0,
        row_head_width_rem: 18.5,
        column_heads_height_rem: 6.0,
    },
    Density {
        name: "roomy",
        title: "Roomy, 44 px",
        label: "L",
        row_height_rem: 2.75,
        column_width_rem: 5.0,
        group_width_rem: 6.0,
        row_head_width_rem: 21.0,
        column_heads_height_rem: 6.0,
    },
];

/// The density in narrow windows, whichever the user has chosen.
const PHONE_DENSITY: Density = Density {
    name: "default",
    title: "",
    label: "M",
    row_height_rem: 2.75,
    column_width_rem: 3.5,
    group_width_rem: 4.75,
    row_head_width_rem: 8.75,
    column_heads_height_rem: 6.0,
};

/// Number of rows and columns rendered outside of the visible area on each side, so that scrolling does not show gaps.
pub const OVERSCAN_CELLS: usize = 4;

/// A layout with the sizes of its rows and columns in pixels.
pub struct MeasuredLayout<'a> {
    layout: &'a GridLayout,
    density: Density,
    rem_px: f64,
}

impl<'a> MeasuredLayout<'a> {
    /// Measures a layout. `rem_px` is the size of one rem in pixels, `is_narrow` whether the window is narrow for the style sheet.
    pub fn new(layout: &'a GridLayout, density: Density, rem_px: f64, is_narrow: bool) -> Self {
        Self {
            layout,
            density: if is_narrow { PHONE_DENSITY } else { density },
            rem_px,
        }
    }

    fn visual_row_height(&self, visual_row: VisualRow) -> f64 {
        self.rem_px
            * if visual_row.is_section() {
                BLOCK_ROW_HEIGHT_REM
            } else {
                self.density.row_height_rem
            }
    }

    fn visual_column_width(&self, visual_column: VisualColumn) -> f64 {
        self.rem_px
            * if visual_column.is_section() || matches!(visual_column, GridLine::Alike(_)) {
                self.density.group_width_rem
            } else {
                self.density.column_width_rem
            }
    }

    /// The width of the column of row headers, in pixels.
    pub fn row_head_width(&self) -> f64 {
        self.rem_px * self.density.row_head_width_rem
    }

    /// The height of both rows of column headers, in pixels.
    pub fn column_heads_height(&self) -> f64 {
        self.rem_px * self.density.column_heads_height_rem
    }

    /// Top and bottom of a visual row in pixels, below the column headers. Past the last row both are the total height.
    pub fn visual_row_span(&self, index: usize) -> (f64, f64) {
        let from: f64 = self
            .layout
            .visual_rows
            .iter()
            .take(index)
            .map(|it| self.visual_row_height(*it))
            .sum();
        (
            from,
            from + self
                .layout
                .visual_rows
                .get(index)
                .map_or(0.0, |it| self.visual_row_height(*it)),
        )
    }

    /// Left and right of a visual column in pixels, beside the row headers. Past the last one both are the total width.
    pub fn visual_column_span(&self, index: usize) -> (f64, f64) {
        let from: f64 = self
            .layout
            .visual_columns
            .iter()
            .take(index)
            .map(|it| self.visual_column_width(*it))
            .sum();
        (
            from,
            from + self
                .layout
                .visual_columns
                .get(index)
                .map_or(0.0, |it| self.visual_column_width(*it)),
        )
    }

    /// The window that covers these pixel ranges, and `overscan` more rows and columns on each side.
    pub fn window(
        &self,
        (top, bottom): (f64, f64),
        (left, right): (f64, f64),
        overscan: usize,
    ) -> GridWindow {
        let heights = self
            .layout
            .visual_rows
            .iter()
            .map(|it| self.visual_row_height(*it));
        let widths = self
            .layout
            .visual_columns
            .iter()
            .map(|it| self.visual_column_width(*it));
        GridWindow {
            visual_rows: indices_in_span(heights, top, bottom, overscan),
            visual_columns: indices_in_span(widths, left, right, overscan),
        }
    }

    /// The empty space around a window, which keeps the scroll size of the whole grid.
    pub fn padding(&self, window: &GridWindow) -> WindowPadding {
        let (width, height) = (
            self.visual_column_span(self.layout.visual_columns.len()).0,
            self.visual_row_span(self.layout.visual_rows.len()).0,
        );
        WindowPadding {
            left: whole_pixels(self.visual_column_span(window.visual_columns.start).0),
            right: whole_pixels(width - self.visual_column_span(window.visual_columns.end).0),
            above: whole_pixels(self.visual_row_span(window.visual_rows.start).0),
            below: whole_pixels(height - self.visual_row_span(window.visual_rows.end).0),
        }
    }
}

/// The empty space around the rendered window, in whole pixels: formatting a fraction would add 14 kB to the WASM.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WindowPadding {
    pub left: u32,
    pub right: u32,
    pub above: u32,
    pub below: u32,
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "lengths are positive and far below 2^32 pixels"
)]
fn whole_pixels(length: f64) -> u32 {
    length.round() as u32
}

/// The indices of the sizes that, laid end to end, overlap a span; and `overscan` more on each side.
fn indices_in_span(
    sizes: impl Iterator<Item = f64>,
    from: f64,
    to: f64,
    overscan: usize,
) -> Range<usize> {
    let (mut at, mut first, mut last, mut n) = (0.0, None, 0, 0);
    for (index, size) in sizes.enumerate() {
        if at + size > from && at < to {
            first.get_or_insert(index);
            last = index + 1;
        }
        at += size;
        n = index + 1;
    }
    let first = first.unwrap_or_else(|| n.min(last));
    first.saturating_sub(overscan)..(last + overscan).min(n)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::components::matrix::layout::tests::layout;

    #[test]
    fn a_window_is_the_visible_area_and_the_overscan() {
        let layout = layout(100, 1_000);
        let measured = MeasuredLayout::new(&layout, DENSITIES[1], 16.0, false);
        let window = measured.window((0.0, 360.0), (0.0, 660.0), OVERSCAN_CELLS);
        assert_eq!(
            window,
            GridWindow {
                visual_rows: 0..15,
                visual_columns: 0..14
            }
        );
        let (from, _) = measured.visual_row_span(50);
        assert_eq!(
            measured
                .window((from, from + 36.0), (0.0, 66.0), OVERSCAN_CELLS)
                .visual_rows,
            46..55
        );
    }

    #[test]
    fn the_padding_and_the_window_make_the_whole_grid() {
        let layout = layout(100, 1_000);
        let measured = MeasuredLayout::new(&layout, DENSITIES[0], 16.0, false);
        let window = measured.window((500.0, 900.0), (2_000.0, 3_000.0), OVERSCAN_CELLS);
        let padding = measured.padding(&window);
        let drawn_width = measured.visual_column_span(window.visual_columns.end).0
            - measured.visual_column_span(window.visual_columns.start).0;
        let drawn_height = measured.visual_row_span(window.visual_rows.end).0
            - measured.visual_row_span(window.visual_rows.start).0;
        let (left, right) = (f64::from(padding.left), f64::from(padding.right));
        let (above, below) = (f64::from(padding.above), f64::from(padding.below));
        assert!((left + drawn_width + right - 32_000.0).abs() < 1.01);
        assert!((above + drawn_height + below - measured.visual_row_span(100).0).abs() < 1.01);
    }

    #[test]
    fn a_window_on_a_large_screen_stays_below_3200_cells() {
        let layout = layout(101, 1_000);
        for density in DENSITIES {
            let measured = MeasuredLayout::new(&layout, density, 16.0, false);
            let (width, height) = (
                1_920.0 - measured.row_head_width(),
                1_080.0 - measured.column_heads_height(),
            );
            let window = measured.window(
                (1_000.0, 1_000.0 + height),
                (9_000.0, 9_000.0 + width),
                OVERSCAN_CELLS,
            );
            assert!(
                window.visual_rows.len() * window.visual_columns.len() < 3_200,
                "{}",
                density.name
            );
        }
    }

    #[test]
    fn a_window_past_the_end_stays_within_the_layout() {
        let layout = layout(3, 2);
        let measured = MeasuredLayout::new(&layout, DENSITIES[1], 16.0, false);
        let window = measured.window((10_000.0, 10_100.0), (0.0, 100.0), OVERSCAN_CELLS);
        assert!(window.visual_rows.end <= 3 && window.visual_rows.start <= window.visual_rows.end);
    }
}
