//! Calls back once the page's connection is there again: `public/live.js` says so by an event of the window.
use super::dom;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

/// The name of the event. It also comes with each stream that follows another without a failure.
const EVENT: &str = "rollcall-back";

thread_local! {
    /// What waits for the connection.
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
    /// Whether the page listens for it.
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

/// Calls back once, with the next stream: for what could not be read. The page may be gone by then. Does nothing on the server.
pub fn when_back(call: impl FnOnce() + 'static) {
    if dom::is_browser() {
        wait(Box::new(call));
    }
}

fn wait(call: Box<dyn FnOnce()>) {
    WAITING.with_borrow_mut(|it| it.push(call));
    if !LISTENS.replace(true) {
        window_event_listener_untyped(EVENT, |_| {
            for call in WAITING.take() {
                call();
            }
        });
    }
}
