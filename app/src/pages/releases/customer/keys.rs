//! The keys of the run mode: those of the matrix, wherever the keyboard is, but in a field, a menu or a dialog.
use crate::{
    browser::dom,
    components::matrix::{
        keyboard::{GridCommand, command},
        state::LETTERS_KEY,
    },
};
use leptos::{ev, prelude::*};

/// What stands over the page and knows what to do with keys itself.
const OVER: &str = "dialog[open], [role=menu]";

/// Hears keys as long as the caller is shown.
pub fn hear(on_command: impl Fn(GridCommand) + Copy + Send + Sync + 'static) {
    Effect::new(move |_| {
        let handle = window_event_listener(ev::keydown, move |event: ev::KeyboardEvent| {
            let is_held = event.alt_key() || event.ctrl_key() || event.meta_key() || event.repeat();
            if is_held || event.default_prevented() || dom::is_typing() || dom::has(OVER) {
                return;
            }
            let key = event.key();
            let is_letter = key.chars().count() == 1;
            if is_letter && dom::recall(LETTERS_KEY).as_deref() == Some("off") {
                return;
            }
            // Enter and space belong to the button that has the keyboard.
            if let Some(
                it @ (GridCommand::Act(_)
                | GridCommand::Copy
                | GridCommand::NextOpen
                | GridCommand::PreviousOpen
                | GridCommand::Close),
            ) = command(&key, false, event.shift_key())
            {
                event.prevent_default();
                on_command(it);
            }
        });
        on_cleanup(move || handle.remove());
    });
}
