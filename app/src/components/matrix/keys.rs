//! What a key means while the grid has the keyboard: PRODUCT.md §3.
use super::selection::Step;
use crate::domain::step::StepAction;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    Move {
        step: Step,
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

impl Command {
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
pub fn command(key: &str, control: bool, shift: bool) -> Option<Command> {
    let go = |step| {
        Some(Command::Move {
            step,
            extend: shift,
        })
    };
    match (key, control) {
        ("ArrowUp", false) => go(Step::Up),
        ("ArrowDown", false) => go(Step::Down),
        ("ArrowLeft", false) => go(Step::Left),
        ("ArrowRight", false) => go(Step::Right),
        ("Home", false) => go(Step::LineStart),
        ("End", false) => go(Step::LineEnd),
        ("Home", true) => go(Step::First),
        ("End", true) => go(Step::Last),
        ("PageUp", false) => go(Step::PageUp),
        ("PageDown", false) => go(Step::PageDown),
        (" ", false) if shift => Some(Command::SelectRow),
        (" ", true) => Some(Command::SelectColumn),
        ("a", true) => Some(Command::SelectAll),
        ("z", true) if !shift => Some(Command::Undo),
        ("z" | "Z", true) => Some(Command::Redo),
        ("/", false) => Some(Command::Filter),
        ("?", false) => Some(Command::Help),
        ("Enter", false) => Some(Command::Open),
        ("Escape", false) => Some(Command::Close),
        ("i", false) => Some(Command::Act(StepAction::Start)),
        ("d", false) => Some(Command::Act(StepAction::Done)),
        ("f", false) => Some(Command::Act(StepAction::Fail)),
        ("s", false) => Some(Command::Act(StepAction::Skip)),
        ("r", false) => Some(Command::Act(StepAction::Revert)),
        ("p", false) => Some(Command::Act(StepAction::Reopen)),
        ("c", false) => Some(Command::Copy),
        ("n", false) => Some(Command::NextOpen),
        ("N", false) => Some(Command::PreviousOpen),
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
            Some(Command::Act(StepAction::Done))
        );
        assert_eq!(command("d", true, false), None);
        assert_eq!(command("a", true, false), Some(Command::SelectAll));
        assert_eq!(command("a", false, false), None);
    }

    #[test]
    fn shift_extends() {
        assert_eq!(
            command("ArrowDown", false, true),
            Some(Command::Move {
                step: Step::Down,
                extend: true
            })
        );
        assert_eq!(command(" ", false, true), Some(Command::SelectRow));
    }
}
