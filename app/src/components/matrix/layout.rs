//! What stands where in the grid, and which part of it is in the window. Plain arithmetic, in pixels.
use crate::domain::{
    id::ClusterId,
    matrix::{Cell, CellIndex, FIRST_WINDOW_COLUMNS, FIRST_WINDOW_ROWS, Grid, RowBlock},
    matrix_filter::MatrixFilter,
    vocabulary::Category,
};
use std::{collections::BTreeSet, ops::Range};

/// A line of the grid as it is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisualRow {
    /// The head of a block, with a rollup in every column.
    Block(RowBlock),
    Step(usize),
}

/// A column as it is seen: a customer, or a cluster that was collapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisualColumn {
    Customer(usize),
    Group(usize),
}

impl VisualColumn {
    /// The number of its cluster.
    pub fn band(self, grid: &Grid) -> usize {
        match self {
            Self::Customer(column) => grid.columns[column].band,
            Self::Group(band) => band,
        }
    }
}

/// What the person has collapsed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collapsed {
    pub clusters: BTreeSet<ClusterId>,
    pub blocks: BTreeSet<RowBlock>,
}

/// A block's number is its place here.
pub const BLOCKS: [RowBlock; 3] = [
    RowBlock::Category(Category::Deploy),
    RowBlock::Category(Category::Verify),
    RowBlock::Custom,
];

impl Collapsed {
    /// Collapses or opens a cluster (`band 7`, its id) or a block of rows (`block 0`).
    pub fn toggle(&mut self, what: &str) {
        let cluster = what.strip_prefix("band ").and_then(|it| it.parse().ok());
        if let Some(cluster) = cluster
            && !self.clusters.remove(&cluster)
        {
            self.clusters.insert(cluster);
        }
        let block = what.strip_prefix("block ").and_then(|it| it.parse().ok());
        if let Some(block) = block.and_then(|it: usize| BLOCKS.get(it))
            && !self.blocks.remove(block)
        {
            self.blocks.insert(*block);
        }
    }

    /// As it stands in an address: `4,7,verify`.
    pub fn text(&self) -> String {
        let mut words: Vec<String> = self.clusters.iter().map(ToString::to_string).collect();
        for block in &self.blocks {
            words.push(block.label().to_ascii_lowercase());
        }
        words.join(",")
    }

    /// From an address; what it does not understand is left out.
    pub fn parse(text: &str) -> Self {
        let mut this = Self::default();
        for word in text.split(',') {
            if let Ok(cluster) = word.parse() {
                this.clusters.insert(cluster);
            }
            for block in BLOCKS {
                if block.label().eq_ignore_ascii_case(word) {
                    this.blocks.insert(block);
                }
            }
        }
        this
    }
}

/// Sizes in rem: `mockups/NOTES.md`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Density {
    pub name: &'static str,
    pub label: &'static str,
    row: f64,
    column: f64,
    group: f64,
    first: f64,
    head: f64,
}

const BLOCK: f64 = 1.75;
pub const DENSITIES: [Density; 3] = [
    Density {
        name: "compact",
        label: "S",
        row: 1.75,
        column: 2.0,
        group: 4.75,
        first: 16.5,
        head: 10.5,
    },
    Density {
        name: "default",
        label: "M",
        row: 2.25,
        column: 4.125,
        group: 5.0,
        first: 18.5,
        head: 6.0,
    },
    Density {
        name: "roomy",
        label: "L",
        row: 2.75,
        column: 5.0,
        group: 6.0,
        first: 21.0,
        head: 6.0,
    },
];

/// On a phone every density is the same.
const PHONE: Density = Density {
    name: "default",
    label: "M",
    row: 2.75,
    column: 3.5,
    group: 4.75,
    first: 8.75,
    head: 6.0,
};

/// Lines and columns drawn beyond what is seen, so that scrolling finds them there.
pub const BEYOND: usize = 4;

#[derive(Clone, Debug, PartialEq)]
pub struct GridLayout {
    pub lines: Vec<VisualRow>,
    pub lanes: Vec<VisualColumn>,
    /// If cells are told apart: by what.
    pub filter: Option<MatrixFilter>,
}

/// The drawn part: lines and lanes from first to before last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridWindow {
    pub lines: Range<usize>,
    pub lanes: Range<usize>,
}

impl GridLayout {
    pub fn new(grid: &Grid, collapsed: &Collapsed, filter: &MatrixFilter) -> Self {
        let shown = filter.shown(grid);
        let has_row = |row: usize| shown.as_ref().is_none_or(|it| it.rows[row]);
        let has_column = |column: usize| shown.as_ref().is_none_or(|it| it.columns[column]);
        let mut lines = Vec::new();
        for block in BLOCKS {
            let rows: Vec<usize> = grid.rows_of(block).filter(|it| has_row(*it)).collect();
            if rows.is_empty() {
                continue;
            }
            lines.push(VisualRow::Block(block));
            if !collapsed.blocks.contains(&block) {
                lines.extend(rows.into_iter().map(VisualRow::Step));
            }
        }
        let mut lanes = Vec::new();
        for (index, column) in grid.columns.iter().enumerate() {
            if !has_column(index) {
                continue;
            }
            if !collapsed.clusters.contains(&grid.bands[column.band].id) {
                lanes.push(VisualColumn::Customer(index));
            } else if lanes.last() != Some(&VisualColumn::Group(column.band)) {
                lanes.push(VisualColumn::Group(column.band));
            }
        }
        // Steps without customers, or customers without steps, are nothing to work in.
        if lines.is_empty() || lanes.is_empty() {
            (lines, lanes) = (Vec::new(), Vec::new());
        }
        Self {
            lines,
            lanes,
            filter: Some(filter.clone()).filter(MatrixFilter::filters_cells),
        }
    }

    /// The cell of the grid at a visual place; none for a block's head or a collapsed cluster.
    pub fn cell(&self, line: usize, lane: usize) -> Option<CellIndex> {
        match (self.lines.get(line)?, self.lanes.get(lane)?) {
            (VisualRow::Step(row), VisualColumn::Customer(column)) => Some(CellIndex {
                row: *row,
                column: *column,
            }),
            _ => None,
        }
    }

    /// The visual place of a cell.
    pub fn place(&self, at: CellIndex) -> Option<(usize, usize)> {
        let line = self
            .lines
            .iter()
            .position(|it| *it == VisualRow::Step(at.row))?;
        let lane = self
            .lanes
            .iter()
            .position(|it| *it == VisualColumn::Customer(at.column))?;
        Some((line, lane))
    }

    /// Whether a cell is what was asked for, not only beside it.
    pub fn wants(&self, cell: &Cell) -> bool {
        self.filter.as_ref().is_none_or(|it| it.wants(cell))
    }

    /// The rows that are drawn, from the top; and the customers, from the left.
    pub fn drawn(&self) -> (Vec<usize>, Vec<usize>) {
        let rows = self.lines.iter().filter_map(|it| match it {
            VisualRow::Step(row) => Some(*row),
            VisualRow::Block(_) => None,
        });
        let columns = self.lanes.iter().filter_map(|it| match it {
            VisualColumn::Customer(column) => Some(*column),
            VisualColumn::Group(_) => None,
        });
        (rows.collect(), columns.collect())
    }

    /// What the server draws: from a line and a lane on, the first if there are no such.
    pub fn first_window(&self, first: CellIndex) -> GridWindow {
        let from = |start: usize, n: usize| if start < n { start } else { 0 };
        let line = from(first.row, self.lines.len());
        let lane = from(first.column, self.lanes.len());
        GridWindow {
            lines: line..self.lines.len().min(line + FIRST_WINDOW_ROWS + 1),
            lanes: lane..self.lanes.len().min(lane + FIRST_WINDOW_COLUMNS),
        }
    }

    /// Whether a cluster begins with this lane.
    pub fn starts_band(&self, grid: &Grid, lane: usize) -> bool {
        let band = |lane: usize| self.lanes.get(lane).map(|it| it.band(grid));
        lane == 0 || band(lane - 1) != band(lane)
    }

    /// The lanes of the cluster that a lane belongs to, first to last.
    pub fn lanes_of(&self, grid: &Grid, lane: usize) -> (usize, usize) {
        let band = |lane: usize| self.lanes.get(lane).map(|it| it.band(grid));
        let is_same = |it: &usize| band(*it) == band(lane);
        let first = (0..=lane).rev().take_while(is_same).last();
        let last = (lane..self.lanes.len()).take_while(is_same).last();
        (first.unwrap_or(lane), last.unwrap_or(lane))
    }
}

/// A layout with its sizes.
pub struct MeasuredLayout<'a> {
    layout: &'a GridLayout,
    density: Density,
    rem: f64,
}

impl<'a> MeasuredLayout<'a> {
    pub fn new(layout: &'a GridLayout, density: Density, rem: f64, width: f64) -> Self {
        let density = if width < 48.0 * rem { PHONE } else { density };
        Self {
            layout,
            density,
            rem,
        }
    }

    fn line_height(&self, line: VisualRow) -> f64 {
        self.rem
            * if matches!(line, VisualRow::Block(_)) {
                BLOCK
            } else {
                self.density.row
            }
    }

    fn lane_width(&self, lane: VisualColumn) -> f64 {
        self.rem
            * if matches!(lane, VisualColumn::Group(_)) {
                self.density.group
            } else {
                self.density.column
            }
    }

    pub fn first_column(&self) -> f64 {
        self.rem * self.density.first
    }

    pub fn head(&self) -> f64 {
        self.rem * self.density.head
    }

    /// From where to where a line reaches.
    pub fn line(&self, index: usize) -> (f64, f64) {
        let from: f64 = self
            .layout
            .lines
            .iter()
            .take(index)
            .map(|it| self.line_height(*it))
            .sum();
        (
            from,
            from + self
                .layout
                .lines
                .get(index)
                .map_or(0.0, |it| self.line_height(*it)),
        )
    }

    pub fn lane(&self, index: usize) -> (f64, f64) {
        let from: f64 = self
            .layout
            .lanes
            .iter()
            .take(index)
            .map(|it| self.lane_width(*it))
            .sum();
        (
            from,
            from + self
                .layout
                .lanes
                .get(index)
                .map_or(0.0, |it| self.lane_width(*it)),
        )
    }

    /// The window that shows what is between these pixels, and so many lines and lanes beyond.
    pub fn window(
        &self,
        (top, bottom): (f64, f64),
        (left, right): (f64, f64),
        beyond: usize,
    ) -> GridWindow {
        let heights = self.layout.lines.iter().map(|it| self.line_height(*it));
        let widths = self.layout.lanes.iter().map(|it| self.lane_width(*it));
        GridWindow {
            lines: within(heights, top, bottom, beyond),
            lanes: within(widths, left, right, beyond),
        }
    }

    /// The empty space around a window.
    pub fn pads(&self, window: &GridWindow) -> WindowPadding {
        let (width, height) = (
            self.lane(self.layout.lanes.len()).0,
            self.line(self.layout.lines.len()).0,
        );
        WindowPadding {
            left: pixels(self.lane(window.lanes.start).0),
            right: pixels(width - self.lane(window.lanes.end).0),
            above: pixels(self.line(window.lines.start).0),
            below: pixels(height - self.line(window.lines.end).0),
        }
    }
}

/// The empty space around the drawn window, in whole pixels: writing a fraction would add 14 kB to the WASM.
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
    reason = "a length that fits a screen many times over"
)]
fn pixels(length: f64) -> u32 {
    length.round() as u32
}

/// Which of the sizes, laid end to end, reach into the span; and so many beyond.
fn within(sizes: impl Iterator<Item = f64>, from: f64, to: f64, beyond: usize) -> Range<usize> {
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
    first.saturating_sub(beyond)..(last + beyond).min(n)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub fn layout(n_lines: usize, n_lanes: usize) -> GridLayout {
        GridLayout {
            lines: std::iter::once(VisualRow::Block(RowBlock::Custom))
                .chain((1..n_lines).map(VisualRow::Step))
                .collect(),
            lanes: (0..n_lanes).map(VisualColumn::Customer).collect(),
            filter: None,
        }
    }

    #[test]
    fn a_window_is_what_is_seen_and_a_little_beyond() {
        let layout = layout(100, 1_000);
        let measured = MeasuredLayout::new(&layout, DENSITIES[1], 16.0, 1_920.0);
        let window = measured.window((0.0, 360.0), (0.0, 660.0), BEYOND);
        assert_eq!(
            window,
            GridWindow {
                lines: 0..15,
                lanes: 0..14
            }
        );
        let (from, _) = measured.line(50);
        assert_eq!(
            measured
                .window((from, from + 36.0), (0.0, 66.0), BEYOND)
                .lines,
            46..55
        );
    }

    #[test]
    fn the_pads_and_the_window_make_the_whole() {
        let layout = layout(100, 1_000);
        let measured = MeasuredLayout::new(&layout, DENSITIES[0], 16.0, 1_920.0);
        let window = measured.window((500.0, 900.0), (2_000.0, 3_000.0), BEYOND);
        let pads = measured.pads(&window);
        let drawn_width = measured.lane(window.lanes.end).0 - measured.lane(window.lanes.start).0;
        let drawn_height = measured.line(window.lines.end).0 - measured.line(window.lines.start).0;
        let (left, right) = (f64::from(pads.left), f64::from(pads.right));
        let (above, below) = (f64::from(pads.above), f64::from(pads.below));
        assert!((left + drawn_width + right - 32_000.0).abs() < 1.01);
        assert!((above + drawn_height + below - measured.line(100).0).abs() < 1.01);
    }

    #[test]
    fn a_window_never_has_more_cells_than_the_screen_wants() {
        let layout = layout(101, 1_000);
        for density in DENSITIES {
            let measured = MeasuredLayout::new(&layout, density, 16.0, 1_920.0);
            let (width, height) = (1_920.0 - measured.first_column(), 1_080.0 - measured.head());
            let window = measured.window(
                (1_000.0, 1_000.0 + height),
                (9_000.0, 9_000.0 + width),
                BEYOND,
            );
            assert!(
                window.lines.len() * window.lanes.len() < 3_200,
                "{}",
                density.name
            );
        }
    }

    #[test]
    fn beyond_the_end_nothing_is_drawn() {
        let layout = layout(3, 2);
        let measured = MeasuredLayout::new(&layout, DENSITIES[1], 16.0, 1_920.0);
        let window = measured.window((10_000.0, 10_100.0), (0.0, 100.0), BEYOND);
        assert!(window.lines.end <= 3 && window.lines.start <= window.lines.end);
    }
}
