//! The log of cells that were set in a matrix, from which a renderer learns what to redraw.
use serde::{Deserialize, Serialize};

/// The position of a cell: row and column, counted from 0.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
pub struct CellIndex {
    /// From 0, in the order of `Grid::rows`.
    pub row: usize,
    /// From 0, in the order of `Grid::columns`.
    pub column: usize,
}

/// The cells that were set, oldest first; old entries are dropped. Renderers use it to redraw only what changed. It
/// does not count for equality of two matrices.
#[derive(Clone, Debug, Default)]
pub struct CellChanges {
    dropped: usize,
    last: Vec<CellIndex>,
}

/// The log keeps at most this number of changes; above it a renderer redraws everything.
pub const CELL_CHANGES_MAX: usize = 256;

impl PartialEq for CellChanges {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl CellChanges {
    /// Adds a cell that was set.
    pub fn push(&mut self, at: CellIndex) {
        self.last.push(at);
        if self.last.len() > CELL_CHANGES_MAX {
            self.dropped += self.last.len();
            self.last.clear();
        }
    }

    /// How many cells were set so far.
    pub fn count(&self) -> usize {
        self.dropped + self.last.len()
    }

    /// The cells set since the count was `n`; none if the log no longer reaches back that far.
    pub fn since(&self, n: usize) -> Option<&[CellIndex]> {
        let from = n.checked_sub(self.dropped)?;
        self.last.get(from..)
    }
}
