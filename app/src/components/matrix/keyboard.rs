//! What a key means while the grid has the keyboard: PRODUCT.md §3.
use super::selection::Movement;
use crate::domain::vocabulary::StepAction;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GridCommand {
    Move {
        step: Movement,
        extend: bool,
    },
    SelectRow,
    SelectColumn,
    SelectAll,
    SelectCluster,
    Open,
    Close,
    Act(StepAction),
    Copy,
    NextOpen,
    PreviousOpen,
    Undo,
    Redo,
    Filter,
    Help,
    /// One step across customers.
    Work {
        row: usize,
    },
}

impl GridCommand {
    /// Whether it means the same at a head as at a cell; the others are left to the head's own button or link.
    pub fn is_of_heads(self) -> bool {
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

/// A key as the browser names it, with Control (or Command) and Shift.
pub fn command(key: &str, control: bool, shift: bool) -> Option<GridCommand> {
    let go = |step| {
        Some(GridCommand::Move {
            step,
            extend: shift,
        })
    };
    match (key, control) {
        ("ArrowUp", false) => go(Movement::Up),
        ("ArrowDown", false) => go(Movement::Down),
        ("ArrowLeft", false) => go(Movement::Left),
        ("ArrowRight", false) => go(Movement::Right),
        ("Home", false) => go(Movement::LineStart),
        ("End", false) => go(Movement::LineEnd),
        ("Home", true) => go(Movement::First),
        ("End", true) => go(Movement::Last),
        ("PageUp", false) => go(Movement::PageUp),
        ("PageDown", false) => go(Movement::PageDown),
        (" ", false) if shift => Some(GridCommand::SelectRow),
        (" ", true) => Some(GridCommand::SelectColumn),
        ("a", true) => Some(GridCommand::SelectAll),
        ("z", true) if !shift => Some(GridCommand::Undo),
        ("z" | "Z", true) => Some(GridCommand::Redo),
        ("/", false) => Some(GridCommand::Filter),
        ("?", false) => Some(GridCommand::Help),
        ("Enter", false) => Some(GridCommand::Open),
        ("Escape", false) => Some(GridCommand::Close),
        ("i", false) => Some(GridCommand::Act(StepAction::Start)),
        ("d", false) => Some(GridCommand::Act(StepAction::Done)),
        ("f", false) => Some(GridCommand::Act(StepAction::Fail)),
        ("s", false) => Some(GridCommand::Act(StepAction::Skip)),
        ("r", false) => Some(GridCommand::Act(StepAction::Revert)),
        ("p", false) => Some(GridCommand::Act(StepAction::Reopen)),
        ("c", false) => Some(GridCommand::Copy),
        ("n", false) => Some(GridCommand::NextOpen),
        ("N", false) => Some(GridCommand::PreviousOpen),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_act_and_letters_with_control_do_not() {
        assert_eq!(
            command("d", false, false),
            Some(GridCommand::Act(StepAction::Done))
        );
        assert_eq!(command("d", true, false), None);
        assert_eq!(command("a", true, false), Some(GridCommand::SelectAll));
        assert_eq!(command("a", false, false), None);
    }

    #[test]
    fn shift_extends() {
        assert_eq!(
            command("ArrowDown", false, true),
            Some(GridCommand::Move {
                step: Movement::Down,
                extend: true
            })
        );
        assert_eq!(command(" ", false, true), Some(GridCommand::SelectRow));
    }
}
