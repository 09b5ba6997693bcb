//! Keyboard shortcuts of the customer page: the single-letter keys of the matrix, active anywhere on the page except in
//! a text field, a menu or a dialog.
use crate::{
    browser::dom, components::matrix::command::GridCommand,
    components::matrix::keyboard::command_for_key, components::matrix::state::LETTER_KEYS_SETTING,
};
use leptos::{ev, prelude::*};

/// Overlays that handle keys themselves, and a dialog that is being loaded.
const OVERLAY_SELECTOR: &str = "dialog[open], [role=menu], [data-dialog-comes]";

/// Listens for key presses on the window for as long as the calling component is mounted.
pub fn listen(on_command: impl Fn(GridCommand) + Copy + Send + Sync + 'static) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event: ev::KeyboardEvent| {
            let is_held = event.alt_key() || event.ctrl_key() || event.meta_key() || event.repeat();
            if is_held
                || event.default_prevented()
                || dom::is_typing()
                || dom::exists(OVERLAY_SELECTOR)
            {
                return;
            }
            let key = event.key();
            let is_letter = key.chars().count() == 1;
            if is_letter && dom::read_setting(LETTER_KEYS_SETTING).as_deref() == Some("off") {
                return;
            }
            // Enter and space activate the focused button, so they are no shortcuts here.
            if let Some(
                it @ (GridCommand::Act(_)
                | GridCommand::Copy
                | GridCommand::Run
                | GridCommand::NextOpen
                | GridCommand::PreviousOpen
                | GridCommand::Help
                | GridCommand::Close),
            ) = command_for_key(&key, false, event.shift_key())
            {
                event.prevent_default();
                on_command(it);
            }
        });
        on_cleanup(move || handle.remove());
    });
}
