//! Commands of the matrix grid: what keys, menus and buttons ask of it. One list, so that every way to do a thing does the
//! same thing.
use super::selection::Movement;
use crate::domain::vocabulary::StepAction;

/// A command of the matrix. Movements and selections are run by `MatrixState::run_selection_command`, the others by the
/// page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridCommand {
    /// Moves the focus. With `extend` the selected rectangle follows it.
    Move {
        movement: Movement,
        extend: bool,
    },
    SelectRow,
    SelectColumn,
    SelectAll,
    SelectCluster,
    /// Adds the focused cell to the selection, or takes it out. On the header of a row or a column it selects that.
    Pick,
    /// Shows the focused cell in the panel. The focus stays in the grid.
    Show,
    /// Closes the panel.
    Hide,
    /// Shows the focused cell in the panel, which gets the focus.
    Open,
    /// Reduces the selection to one cell, or closes the panel.
    Close,
    /// Opens the dialog that overrides the text of the focused step.
    Override,
    /// Changes the status of the selected cells.
    Act(StepAction),
    /// Copies the text of the focused step.
    Copy,
    /// Asks whether to run the selected steps (R75).
    Run,
    /// Goes to the next cell with open work.
    NextOpen,
    /// Goes to the previous cell with open work.
    PreviousOpen,
    Undo,
    Redo,
    /// Focuses the filter.
    Filter,
    /// Shows the keyboard shortcuts.
    Help,
    /// Shows one step over all customers; `row` is an index into `Grid::rows`.
    WorkOnStep {
        row: usize,
    },
}

impl GridCommand {
    /// Whether the command also works while a header has the focus. The keys of the others are left to the header's own
    /// button or link.
    pub fn applies_to_heads(self) -> bool {
        matches!(
            self,
            Self::Move { .. }
                | Self::SelectRow
                | Self::SelectColumn
                | Self::SelectAll
                | Self::Close
                | Self::Undo
                | Self::Redo
                | Self::Filter
                | Self::Help
        )
    }
}
