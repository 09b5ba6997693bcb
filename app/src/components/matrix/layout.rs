//! Layout of the matrix grid: the visual rows and columns that the filter and the collapsed clusters leave. Everything
//! that is rendered or selected is addressed in them, so that hidden cells need no special cases.
use crate::{
    domain::id::ClusterId, domain::matrix::Cell, domain::matrix::CellIndex,
    domain::matrix::FIRST_WINDOW_COLUMNS, domain::matrix::FIRST_WINDOW_ROWS, domain::matrix::Grid,
    domain::matrix::RowBlock, domain::matrix_filter::MatrixFilter, domain::vocabulary::Category,
};
use std::ops::Range;

/// A row of the table: a step, or the header of a block of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisualRow {
    /// The header of a block. Each of its cells shows a progress count.
    Block(RowBlock),
    /// A step, as an index into `Grid::rows`.
    Step(usize),
}

/// A column of the table: a customer, or a collapsed cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VisualColumn {
    /// A customer, as an index into `Grid::columns`.
    Customer(usize),
    /// A collapsed cluster, as an index into `Grid::groups`.
    Group(usize),
}

impl VisualColumn {
    /// The cluster of this column, as an index into `Grid::groups`.
    pub fn group(self, grid: &Grid) -> usize {
        match self {
            Self::Customer(column) => grid.columns[column].group,
            Self::Group(group) => group,
        }
    }
}

/// A visual row and a visual column, both counted from 0.
pub type GridPosition = (usize, usize);

/// The clusters and blocks that the user has collapsed, each once and in order. Not as `BTreeSet`, which would weigh more in the
/// WASM than all else that is done with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Collapsed {
    pub clusters: Vec<ClusterId>,
    pub blocks: Vec<RowBlock>,
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
    /// Collapses or expands a cluster (`band 7`, where 7 is its id) or a block of rows (`block 0`, an index into
    /// `BLOCKS`). Other texts change nothing.
    pub fn toggle(&mut self, target: &str) {
        let cluster = target.strip_prefix("band ").and_then(|it| it.parse().ok());
        if let Some(cluster) = cluster {
            toggle(&mut self.clusters, cluster);
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

/// The rows and columns of the table under the current filter and collapsed clusters. Both are empty if either is.
#[derive(Clone, Debug, PartialEq)]
pub struct GridLayout {
    pub visual_rows: Vec<VisualRow>,
    pub visual_columns: Vec<VisualColumn>,
    /// Set only if the filter applies to single cells. Cells that do not match are dimmed.
    pub filter: Option<MatrixFilter>,
}

/// The rendered part of a layout, as ranges of visual rows and visual columns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridWindow {
    pub visual_rows: Range<usize>,
    pub visual_columns: Range<usize>,
}

impl GridLayout {
    /// Applies a filter and the collapsed clusters and blocks to a grid.
    pub fn new(grid: &Grid, collapsed: &Collapsed, filter: &MatrixFilter) -> Self {
        let shown = filter.shown(grid);
        let has_row = |row: usize| shown.as_ref().is_none_or(|it| it.rows[row]);
        let has_column = |column: usize| shown.as_ref().is_none_or(|it| it.columns[column]);
        let mut visual_rows = Vec::new();
        for block in BLOCKS {
            let rows: Vec<usize> = grid.rows_of(block).filter(|it| has_row(*it)).collect();
            if rows.is_empty() {
                continue;
            }
            visual_rows.push(VisualRow::Block(block));
            if !collapsed.blocks.contains(&block) {
                visual_rows.extend(rows.into_iter().map(VisualRow::Step));
            }
        }
        let mut visual_columns = Vec::new();
        for (index, column) in grid.columns.iter().enumerate() {
            if !has_column(index) {
                continue;
            }
            if !collapsed.clusters.contains(&grid.groups[column.group].id) {
                visual_columns.push(VisualColumn::Customer(index));
            } else if visual_columns.last() != Some(&VisualColumn::Group(column.group)) {
                visual_columns.push(VisualColumn::Group(column.group));
            }
        }
        // Without a customer or without a step there are no cells: the layout is empty.
        if visual_rows.is_empty() || visual_columns.is_empty() {
            (visual_rows, visual_columns) = (Vec::new(), Vec::new());
        }
        Self {
            visual_rows,
            visual_columns,
            filter: Some(filter.clone()).filter(MatrixFilter::filters_cells),
        }
    }

    /// The cell at a visual row and column. `None` for block headers, collapsed clusters, and indices out of range.
    pub fn cell_index(&self, visual_row: usize, visual_column: usize) -> Option<CellIndex> {
        match (
            self.visual_rows.get(visual_row)?,
            self.visual_columns.get(visual_column)?,
        ) {
            (VisualRow::Step(row), VisualColumn::Customer(column)) => Some(CellIndex {
                row: *row,
                column: *column,
            }),
            _ => None,
        }
    }

    /// The visual row and column of a cell. `None` if it is hidden.
    pub fn position_of(&self, at: CellIndex) -> Option<GridPosition> {
        let visual_row = self
            .visual_rows
            .iter()
            .position(|it| *it == VisualRow::Step(at.row))?;
        let visual_column = self
            .visual_columns
            .iter()
            .position(|it| *it == VisualColumn::Customer(at.column))?;
        Some((visual_row, visual_column))
    }

    /// Whether a cell matches the cell filter. Cells that do not are dimmed.
    pub fn matches_filter(&self, cell: &Cell) -> bool {
        self.filter.as_ref().is_none_or(|it| it.wants(cell))
    }

    /// The indices of the visible steps from top to bottom, and of the visible customers from left to right.
    pub fn visible_indices(&self) -> (Vec<usize>, Vec<usize>) {
        let rows = self.visual_rows.iter().filter_map(|it| match it {
            VisualRow::Step(row) => Some(*row),
            VisualRow::Block(_) => None,
        });
        let columns = self.visual_columns.iter().filter_map(|it| match it {
            VisualColumn::Customer(column) => Some(*column),
            VisualColumn::Group(_) => None,
        });
        (rows.collect(), columns.collect())
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

    /// Whether a visual column is the first of its cluster.
    pub fn starts_cluster(&self, grid: &Grid, visual_column: usize) -> bool {
        let group = |visual_column: usize| {
            self.visual_columns
                .get(visual_column)
                .map(|it| it.group(grid))
        };
        visual_column == 0 || group(visual_column - 1) != group(visual_column)
    }

    /// The first and the last visual column of the cluster that a visual column belongs to.
    pub fn cluster_span(&self, grid: &Grid, visual_column: usize) -> (usize, usize) {
        let group = |visual_column: usize| {
            self.visual_columns
                .get(visual_column)
                .map(|it| it.group(grid))
        };
        let is_same = |it: &usize| group(*it) == group(visual_column);
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
            filter: None,
        }
    }
}
