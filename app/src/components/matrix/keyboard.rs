//! Keyboard shortcuts of the matrix grid, some of which also work on the page of one customer: maps keys to commands
//! (`command_for_key`, a plain function that tests check without a browser), and the grid's `keydown` listener.
use super::{
    command::GridCommand,
    hover_card::HoverCard,
    selection::{FocusZone, Movement},
    state::MatrixState,
};
use crate::{browser, browser::grid::GridHead, domain::vocabulary::StepAction};
use leptos::prelude::*;

/// Selector of what stands for a dialog until its code is loaded.
const DIALOG_COMES: &str = "[data-dialog-comes]";

/// The command of a key, which is named as in `KeyboardEvent.key`. `control` is Control or Command. `None` for keys that
/// the grid does not handle.
pub fn command_for_key(key: &str, control: bool, shift: bool) -> Option<GridCommand> {
    let go = |movement| {
        Some(GridCommand::Move {
            movement,
            extend: shift,
        })
    };
    match (key, control) {
        ("ArrowUp", false) => go(Movement::Up),
        ("ArrowDown", false) => go(Movement::Down),
        ("ArrowLeft", false) => go(Movement::Left),
        ("ArrowRight", false) => go(Movement::Right),
        ("Home", false) => go(Movement::RowStart),
        ("End", false) => go(Movement::RowEnd),
        ("Home", true) => go(Movement::First),
        ("End", true) => go(Movement::Last),
        ("PageUp", false) => go(Movement::PageUp),
        ("PageDown", false) => go(Movement::PageDown),
        (" ", false) if shift => Some(GridCommand::SelectRow),
        (" ", false) => Some(GridCommand::Pick),
        (" ", true) => Some(GridCommand::SelectColumn),
        ("a", true) => Some(GridCommand::SelectAll),
        // With Caps Lock the key is "Z" too.
        ("z" | "Z", true) if shift => Some(GridCommand::Redo),
        ("z" | "Z", true) => Some(GridCommand::Undo),
        ("/", false) => Some(GridCommand::Filter),
        ("?", false) => Some(GridCommand::Help),
        ("Enter", false) => Some(GridCommand::Open),
        ("Escape", false) => Some(GridCommand::Close),
        // A letter is that of the status that the action leads to: in progress, done, failed, skipped, reverted, pending.
        ("i", false) => Some(GridCommand::Act(StepAction::Start)),
        ("d", false) => Some(GridCommand::Act(StepAction::Done)),
        ("f", false) => Some(GridCommand::Act(StepAction::Fail)),
        ("s", false) => Some(GridCommand::Act(StepAction::Skip)),
        ("r", false) => Some(GridCommand::Act(StepAction::Revert)),
        ("p", false) => Some(GridCommand::Act(StepAction::Reopen)),
        ("c", false) => Some(GridCommand::Copy),
        ("x", false) => Some(GridCommand::Run),
        ("e" | "F2", false) => Some(GridCommand::Override),
        ("n", false) => Some(GridCommand::NextOpen),
        ("N", false) => Some(GridCommand::PreviousOpen),
        _ => None,
    }
}

/// Handles key presses anywhere in the grid.
#[derive(Clone, Copy)]
pub(super) struct GridKeyboard {
    pub state: MatrixState,
    pub hover_card: HoverCard,
    pub on_command: Callback<GridCommand>,
}

impl GridKeyboard {
    /// The `keydown` listener.
    pub fn key_down(self, event: &leptos::ev::KeyboardEvent) {
        if event.alt_key() {
            return;
        }
        let control = event.ctrl_key() || event.meta_key();
        let Some(command) = command_for_key(&event.key(), control, event.shift_key()) else {
            return;
        };
        // Enter and letters on the button or link of a header belong to that control; a link does nothing with Space.
        if browser::dom::is_from_control(event) {
            let is_pick =
                command == GridCommand::Pick && browser::dom::closest(event, "a").is_some();
            let applies = is_pick || command.applies_to_heads();
            let head = browser::grid::head_of(event).filter(|_| applies);
            let Some(head) = head else { return };
            self.focus_head(head);
        } else if let Some(position) = browser::grid::cell_position(event) {
            self.state.follow_focus(position);
        }
        let is_letter = event.key().chars().count() == 1 && !control && event.key() != " ";
        // It may be meant for a dialog that is being loaded.
        let is_enabled = self.state.letter_keys_enabled.get_untracked();
        if is_letter && (!is_enabled || browser::dom::exists(DIALOG_COMES)) {
            return;
        }
        event.prevent_default();
        // A key that is held down marks once, runs once, and undoes once.
        let is_change = matches!(
            command,
            GridCommand::Act(_) | GridCommand::Run | GridCommand::Undo | GridCommand::Redo
        );
        if event.repeat() && is_change {
            return;
        }
        if command == GridCommand::Close {
            self.hover_card.hide();
        }
        self.hover_card.stop_pointing();
        if !self.state.run_selection_command(command) {
            self.on_command.run(command);
        }
    }

    /// Takes over a header that was focused by Tab or the mouse, so that movements start there.
    fn focus_head(self, head: GridHead) {
        self.state.selection.update(|selection| {
            let Some(it) = selection else { return };
            (it.zone, it.focus) = match head {
                GridHead::Row(visual_row) => (FocusZone::RowHead, (visual_row, it.focus.1)),
                GridHead::Column(visual_column) => {
                    (FocusZone::ColumnHead, (it.focus.0, visual_column))
                }
                // The focus may already be on a later column of the same cluster.
                GridHead::Cluster(first) if it.zone == FocusZone::ClusterHead => {
                    (FocusZone::ClusterHead, (it.focus.0, it.focus.1.max(first)))
                }
                GridHead::Cluster(first) => (FocusZone::ClusterHead, (it.focus.0, first)),
            };
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_act_and_letters_with_control_do_not() {
        assert_eq!(
            command_for_key("d", false, false),
            Some(GridCommand::Act(StepAction::Done))
        );
        assert_eq!(command_for_key("d", true, false), None);
        assert_eq!(command_for_key("x", false, false), Some(GridCommand::Run));
        assert_eq!(command_for_key("x", true, false), None);
        assert_eq!(
            command_for_key("a", true, false),
            Some(GridCommand::SelectAll)
        );
        assert_eq!(command_for_key("a", false, false), None);
    }

    #[test]
    fn with_caps_lock_it_is_still_shift_that_makes_an_undo_a_redo() {
        for key in ["z", "Z"] {
            assert_eq!(command_for_key(key, true, false), Some(GridCommand::Undo));
            assert_eq!(command_for_key(key, true, true), Some(GridCommand::Redo));
        }
        assert_eq!(command_for_key("z", false, false), None);
    }

    #[test]
    fn shift_extends() {
        assert_eq!(
            command_for_key("ArrowDown", false, true),
            Some(GridCommand::Move {
                movement: Movement::Down,
                extend: true
            })
        );
        assert_eq!(
            command_for_key(" ", false, true),
            Some(GridCommand::SelectRow)
        );
    }

    #[test]
    fn space_picks_the_cell_and_with_control_the_column() {
        let space = |control| command_for_key(" ", control, false);
        assert_eq!(space(false), Some(GridCommand::Pick));
        assert_eq!(space(true), Some(GridCommand::SelectColumn));
        for key in ["e", "F2"] {
            let command = command_for_key(key, false, false);
            assert_eq!(command, Some(GridCommand::Override));
        }
    }
}
