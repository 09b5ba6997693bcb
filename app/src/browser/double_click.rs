//! Keeps the second click of a double click from what the first one has opened under the pointer.
use super::dom;
use gloo::events::{EventListener, EventListenerOptions};
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Event, MouseEvent};

thread_local! {
    /// Whether the first click of the last series was within the guarded element.
    static BEGAN_WITHIN: Cell<bool> = const { Cell::new(false) };
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

/// From now on, in this document, elements that match hear only clicks of a series that began within them.
pub fn guard(selector: &'static str) {
    if LISTENS.replace(true) {
        return;
    }
    let Some(window) = web_sys::window() else {
        return;
    };
    for name in ["mousedown", "mouseup", "click", "dblclick"] {
        let options = EventListenerOptions {
            passive: false,
            ..EventListenerOptions::run_in_capture_phase()
        };
        EventListener::new_with_options(&window, name, options, move |event| {
            hear(event, selector);
        })
        .forget();
    }
}

fn hear(event: &Event, selector: &str) {
    let Some(mouse) = event.dyn_ref::<MouseEvent>() else {
        return;
    };
    let is_within = dom::closest(event, selector).is_some();
    if event.type_() == "mousedown" && mouse.detail() == 1 {
        BEGAN_WITHIN.set(is_within);
    }
    if mouse.detail() > 1 && is_within && !BEGAN_WITHIN.get() {
        event.prevent_default();
        event.stop_immediate_propagation();
    }
}
