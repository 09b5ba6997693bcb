//! Ctrl+P on the matrix page: prints what its menu's Print shows. The grid itself is only as much as fits on the screen.
use super::url_state;
use crate::{
    browser,
    components::{matrix::state::MatrixState, ui::follow_effect::follow},
};
use leptos::{ev, prelude::*};

/// Tells the page for paper to open the print dialog at once.
const AT_ONCE: &str = "#print";

/// Listens for the key for as long as the calling component is mounted.
pub fn listen(state: MatrixState) {
    follow(move |_| {
        let handle = window_event_listener(ev::keydown, move |event: ev::KeyboardEvent| {
            let is_control = event.ctrl_key() || event.meta_key();
            let is_other = event.alt_key() || event.shift_key() || event.default_prevented();
            if is_control && !is_other && event.key() == "p" {
                event.prevent_default();
                let address = untrack(|| url_state::print_address(state));
                browser::dom::open_tab(&(address + AT_ONCE));
            }
        });
        on_cleanup(move || handle.remove());
    });
}
