//! Layout of the matrix grid: the visual rows and columns that the filter, the collapsed clusters and the arrangement leave.
//! Everything that is rendered or selected is addressed in them, so that hidden, sorted, merged and swapped cells need no
//! special cases.
pub use super::grid_line::{GridLine, VisualColumn, VisualRow};

use super::arrangement::Arrangement;
use crate::{
    domain::id::ClusterId, domain::matrix::Cell, domain::matrix::CellIndex,
    domain::matrix::FIRST_WINDOW_COLUMNS, domain::matrix::FIRST_WINDOW_ROWS, domain::matrix::Grid,
    domain::matrix::RowBlock, domain::matrix_filter::MatrixFilter,
    domain::matrix_filter::VisibleRowsAndColumns, domain::vocabulary::Category,
};
use std::ops::Range;

impl GridLine {
    /// The block or the cluster that it belongs to, as `Collapsed::toggle` names it.
    pub fn toggle_target(self, grid: &Grid) -> String {
        match self.section(grid) {
            Self::Group(group) => format!("band {}", grid.groups[group].id),
            section => {
                let blocks = BLOCKS.iter();
                let number = blocks.take_while(|it| Self::Block(**it) != section).count();
                format!("block {number}")
            }
        }
    }
}

/// A block or a cluster of one axis, and the lines in it.
struct Section {
    head: GridLine,
    is_collapsed: bool,
    lines: Vec<GridLine>,
}

/// The rows of sections: a header each, and its lines unless it is collapsed.
fn row_lines(sections: Vec<Section>) -> Vec<GridLine> {
    let mut rows = Vec::new();
    for section in sections {
        rows.push(section.head);
        if !section.is_collapsed {
            rows.extend(section.lines);
        }
    }
    rows
}

/// The columns of sections: their lines, or one column if they are collapsed.
fn column_lines(sections: Vec<Section>) -> Vec<GridLine> {
    let mut columns = Vec::new();
    for section in sections {
        if section.is_collapsed {
            columns.push(section.head);
        } else {
            columns.extend(section.lines);
        }
    }
    columns
}

/// A visual row and a visual column, both counted from 0.
pub type GridPosition = (usize, usize);

/// The clusters and blocks that the user has collapsed, each once and in order. Not as `BTreeSet`, which would weigh more in the
/// WASM than all else that is done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collapsed {
    pub clusters: Vec<ClusterId>,
    pub blocks: Vec<RowBlock>,
    /// The clusters of these that stay collapsed though the present filter finds customers of them: the person has collapsed
    /// them under it. No address has them.
    pub though_found: Vec<ClusterId>,
}

/// The blocks from top to bottom. Markup names a block by its index in this array.
pub const BLOCKS: [RowBlock; 3] = [
    RowBlock::Category(Category::Deploy),
    RowBlock::Category(Category::Verify),
    RowBlock::Custom,
];

/// Adds an item, or removes it if it is there.
fn toggle<T: Ord>(items: &mut Vec<T>, item: T) {
    match items.binary_search(&item) {
        Ok(at) => drop(items.remove(at)),
        Err(at) => items.insert(at, item),
    }
}

/// Adds an item unless it is there.
fn insert<T: Ord>(items: &mut Vec<T>, item: T) {
    if let Err(at) = items.binary_search(&item) {
        items.insert(at, item);
    }
}

impl Collapsed {
    /// What is collapsed when one arrives: finished clusters, but not the one with the step that the address opens.
    pub fn on_arrival(grid: &Grid, opened: Option<CellIndex>) -> Self {
        let mut this = Self::default();
        let opened = opened.and_then(|it| grid.columns.get(it.column));
        let opened = opened.map(|it| grid.groups[it.group].id);
        for cluster in grid.finished_clusters() {
            if Some(cluster) != opened {
                insert(&mut this.clusters, cluster);
            }
        }
        this
    }

    /// Whether a cluster is shown collapsed. One in which the filter has found a customer is not, unless the person wants it.
    fn hides(&self, cluster: ClusterId, is_found: bool) -> bool {
        self.clusters.contains(&cluster) && (!is_found || self.though_found.contains(&cluster))
    }

    /// Collapses every cluster of the grid too.
    pub fn add_clusters(&mut self, grid: &Grid) {
        for group in &grid.groups {
            insert(&mut self.clusters, group.id);
            insert(&mut self.though_found, group.id);
        }
    }

    /// Collapses or expands a cluster (`band 7`, where 7 is its id) or a block of rows (`block 0`, an index into
    /// `BLOCKS`). Other texts change nothing. `is_found` is whether the filter has found customers by name.
    pub fn toggle(&mut self, target: &str, is_found: bool) {
        let cluster = target.strip_prefix("band ").and_then(|it| it.parse().ok());
        if let Some(cluster) = cluster {
            if is_found && !self.hides(cluster, true) {
                insert(&mut self.clusters, cluster);
                insert(&mut self.though_found, cluster);
            } else {
                toggle(&mut self.clusters, cluster);
            }
        }
        let block = target.strip_prefix("block ").and_then(|it| it.parse().ok());
        if let Some(block) = block.and_then(|it: usize| BLOCKS.get(it)) {
            toggle(&mut self.blocks, *block);
        }
    }

    /// The form used in URLs: cluster ids, then block names, such as `4,7,verify`.
    pub fn to_query_value(&self) -> String {
        let mut words: Vec<String> = self.clusters.iter().map(ToString::to_string).collect();
        for block in &self.blocks {
            words.push(block.label().to_ascii_lowercase());
        }
        words.join(",")
    }

    /// Reads the form used in URLs. Unknown words are ignored.
    pub fn parse(text: &str) -> Self {
        let mut this = Self::default();
        for word in text.split(',') {
            if let Ok(cluster) = word.parse() {
                insert(&mut this.clusters, cluster);
            }
            for block in BLOCKS {
                if block.label().eq_ignore_ascii_case(word) {
                    insert(&mut this.blocks, block);
                }
            }
        }
        this
    }
}

/// The rows and columns of the table under the current filter, collapsed clusters and arrangement. Both are empty if either
/// is.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct GridLayout {
    pub visual_rows: Vec<VisualRow>,
    pub visual_columns: Vec<VisualColumn>,
    /// Set only if the filter applies to single cells. Cells that do not match are dimmed.
    pub filter: Option<MatrixFilter>,
    /// What the filter leaves, with what is collapsed; none if it leaves everything.
    pub shown: Option<VisibleRowsAndColumns>,
    /// The customers of each `GridLine::Alike`, as indices into `Grid::columns`.
    pub alike: Vec<Vec<usize>>,
    /// Whether customers are rows and steps are columns.
    pub is_swapped: bool,
}

/// The rendered part of a layout, as ranges of visual rows and visual columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridWindow {
    pub visual_rows: Range<usize>,
    pub visual_columns: Range<usize>,
}

impl GridLayout {
    /// Applies a filter, the collapsed clusters and blocks, and an arrangement to a grid.
    pub fn new(
        grid: &Grid,
        collapsed: &Collapsed,
        filter: &MatrixFilter,
        arrangement: &Arrangement,
    ) -> Self {
        let shown = filter.shown(grid);
        let has_row = |row: usize| shown.as_ref().is_none_or(|it| it.rows[row]);
        let has_column = |column: usize| shown.as_ref().is_none_or(|it| it.columns[column]);
        let blocks = BLOCKS.iter().map(|block| Section {
            head: GridLine::Block(*block),
            is_collapsed: collapsed.blocks.contains(block),
            lines: grid
                .rows_of(*block)
                .filter(|it| has_row(*it))
                .map(GridLine::Step)
                .collect(),
        });
        let blocks: Vec<Section> = blocks.filter(|it| !it.lines.is_empty()).collect();
        let mut alike = Vec::new();
        let rows: Vec<usize> = (0..grid.rows.len()).filter(|it| has_row(*it)).collect();
        let is_found = shown.as_ref().is_some_and(|it| it.finds_customers);
        let clusters = arrangement.clusters(grid, has_column);
        let clusters = clusters.into_iter().map(|columns| {
            let group = grid.columns[columns[0]].group;
            Section {
                head: GridLine::Group(group),
                is_collapsed: collapsed.hides(grid.groups[group].id, is_found),
                lines: arrangement.lines(grid, columns, &rows, &mut alike),
            }
        });
        let clusters: Vec<Section> = clusters.collect();
        // Without a customer or without a step there are no cells: the layout is empty.
        let is_empty = blocks.is_empty() || clusters.is_empty();
        let (down, across) = if arrangement.is_swapped {
            (clusters, blocks)
        } else {
            (blocks, clusters)
        };
        let (visual_rows, visual_columns) = if is_empty {
            (Vec::new(), Vec::new())
        } else {
            (row_lines(down), column_lines(across))
        };
        Self {
            visual_rows,
            visual_columns,
            filter: Some(filter.clone()).filter(MatrixFilter::filters_cells),
            shown,
            alike,
            is_swapped: arrangement.is_swapped,
        }
    }

    /// The cell at a visual row and column. `None` for headers, collapsed and merged ones, and indices out of range.
    pub fn cell_index(&self, visual_row: usize, visual_column: usize) -> Option<CellIndex> {
        match (
            *self.visual_rows.get(visual_row)?,
            *self.visual_columns.get(visual_column)?,
        ) {
            (GridLine::Step(row), GridLine::Customer(column))
            | (GridLine::Customer(column), GridLine::Step(row)) => Some(CellIndex { row, column }),
            _ => None,
        }
    }

    /// The cells at a visual row and column: one, or those of the customers that are merged there.
    pub fn cells_at(
        &self,
        visual_row: usize,
        visual_column: usize,
    ) -> impl Iterator<Item = CellIndex> + use<'_> {
        let row = self.visual_rows.get(visual_row).copied();
        let column = self.visual_columns.get(visual_column).copied();
        let (row, alike) = match row.zip(column) {
            Some(
                (GridLine::Step(row), GridLine::Alike(first))
                | (GridLine::Alike(first), GridLine::Step(row)),
            ) => (row, self.columns_alike(first)),
            _ => (0, &[][..]),
        };
        let alike = alike.iter().map(move |column| CellIndex {
            row,
            column: *column,
        });
        let single = self.cell_index(visual_row, visual_column);
        single.into_iter().chain(alike)
    }

    /// The customers that are merged with this one, which is the first of them.
    pub fn columns_alike(&self, first: usize) -> &[usize] {
        let mut alike = self.alike.iter();
        let found = alike.find(|it| it.first() == Some(&first));
        found.map(Vec::as_slice).unwrap_or_default()
    }

    /// The visual row and column of a cell, or of the merged customers that it is among. `None` if it is hidden.
    pub fn position_of(&self, at: CellIndex) -> Option<GridPosition> {
        let is_its = |line: &GridLine| match *line {
            GridLine::Step(row) => row == at.row,
            GridLine::Customer(column) => column == at.column,
            GridLine::Alike(first) => self.columns_alike(first).contains(&at.column),
            GridLine::Block(_) | GridLine::Group(_) => false,
        };
        let visual_row = self.visual_rows.iter().position(is_its)?;
        let visual_column = self.visual_columns.iter().position(is_its)?;
        Some((visual_row, visual_column))
    }

    /// Whether a cell matches the cell filter. Cells that do not are dimmed.
    pub fn matches_filter(&self, cell: &Cell) -> bool {
        self.filter.as_ref().is_none_or(|it| it.wants(cell))
    }

    /// The indices of the visible steps, and of the visible customers, in the order of the table. Of merged customers the first
    /// stands for all.
    pub fn visible_indices(&self) -> (Vec<usize>, Vec<usize>) {
        let (mut rows, mut columns) = (Vec::new(), Vec::new());
        for line in self.visual_rows.iter().chain(&self.visual_columns) {
            match line {
                GridLine::Step(row) => rows.push(*row),
                GridLine::Customer(column) | GridLine::Alike(column) => columns.push(*column),
                GridLine::Block(_) | GridLine::Group(_) => {}
            }
        }
        (rows, columns)
    }

    /// The window that the server renders: from a visual row and column on. An index out of range counts as 0.
    pub fn server_window(&self, first: CellIndex) -> GridWindow {
        let from = |start: usize, n: usize| if start < n { start } else { 0 };
        let visual_row = from(first.row, self.visual_rows.len());
        let visual_column = from(first.column, self.visual_columns.len());
        GridWindow {
            visual_rows: visual_row
                ..self
                    .visual_rows
                    .len()
                    .min(visual_row + FIRST_WINDOW_ROWS + 1),
            visual_columns: visual_column
                ..self
                    .visual_columns
                    .len()
                    .min(visual_column + FIRST_WINDOW_COLUMNS),
        }
    }

    /// The cluster or the block of a visual column.
    fn column_section(&self, grid: &Grid, visual_column: usize) -> Option<GridLine> {
        Some(self.visual_columns.get(visual_column)?.section(grid))
    }

    /// Whether a visual column is the first of its cluster, or of its block if steps are columns.
    pub fn starts_cluster(&self, grid: &Grid, visual_column: usize) -> bool {
        let section = |visual_column| self.column_section(grid, visual_column);
        visual_column == 0 || section(visual_column - 1) != section(visual_column)
    }

    /// The first and the last visual column of the cluster or block that a visual column belongs to.
    pub fn cluster_span(&self, grid: &Grid, visual_column: usize) -> (usize, usize) {
        let section = |visual_column| self.column_section(grid, visual_column);
        let is_same = |it: &usize| section(*it) == section(visual_column);
        let first = (0..=visual_column).rev().take_while(is_same).last();
        let last = (visual_column..self.visual_columns.len())
            .take_while(is_same)
            .last();
        (
            first.unwrap_or(visual_column),
            last.unwrap_or(visual_column),
        )
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A layout of one block of steps, without a filter.
    pub fn layout(n_visual_rows: usize, n_visual_columns: usize) -> GridLayout {
        GridLayout {
            visual_rows: std::iter::once(VisualRow::Block(RowBlock::Custom))
                .chain((1..n_visual_rows).map(VisualRow::Step))
                .collect(),
            visual_columns: (0..n_visual_columns).map(VisualColumn::Customer).collect(),
            ..GridLayout::default()
        }
    }
}
