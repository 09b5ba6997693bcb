//! A row or a column of the matrix as it is shown: a step, a customer, several customers that look the same, or a whole block or
//! cluster.
use crate::domain::matrix::{Grid, RowBlock};

/// A row or a column of the table. Steps are rows and customers columns, unless the axes are swapped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridLine {
    /// Among rows the header of a block of steps, each of whose cells shows a progress count; among columns a collapsed block.
    Block(RowBlock),
    /// A step, as an index into `Grid::rows`.
    Step(usize),
    /// The same for a cluster, as an index into `Grid::groups`.
    Group(usize),
    /// A customer, as an index into `Grid::columns`.
    Customer(usize),
    /// Several customers of a cluster whose cells look the same: the first of them. The others are in the layout.
    Alike(usize),
}

/// A row of the table.
pub type VisualRow = GridLine;
/// A column of the table.
pub type VisualColumn = GridLine;

impl GridLine {
    /// Whether it stands for a whole block or cluster: as a row it is a header, as a column it is collapsed.
    pub fn is_section(self) -> bool {
        matches!(self, Self::Block(_) | Self::Group(_))
    }

    /// The block or the cluster that it belongs to.
    pub fn section(self, grid: &Grid) -> Self {
        match self {
            Self::Step(row) => Self::Block(grid.rows[row].block()),
            Self::Customer(column) | Self::Alike(column) => Self::Group(grid.columns[column].group),
            Self::Block(_) | Self::Group(_) => self,
        }
    }

    /// How many steps or customers the block or the cluster has that it belongs to.
    pub fn n_lines(self, grid: &Grid) -> usize {
        match self.section(grid) {
            Self::Block(block) => grid.rows_of(block).count(),
            section => {
                let columns = 0..grid.columns.len();
                columns
                    .filter(|it| Self::Customer(*it).section(grid) == section)
                    .count()
            }
        }
    }

    /// What it is made of, in the singular.
    pub fn noun(self) -> &'static str {
        if matches!(self, Self::Step(_) | Self::Block(_)) {
            "step"
        } else {
            "customer"
        }
    }

    /// The name of the block or the cluster that it belongs to.
    pub fn section_name(self, grid: &Grid) -> &str {
        match self.section(grid) {
            Self::Group(group) => &grid.groups[group].name,
            Self::Block(block) => block.label(),
            Self::Step(_) | Self::Customer(_) | Self::Alike(_) => "",
        }
    }
}
