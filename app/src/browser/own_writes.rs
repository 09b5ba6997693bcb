//! Whether requests of this page that change something are still unanswered: a script of the document (`public/document/writes.js`)
//! counts them, and sets an attribute of the document meanwhile.
use super::dom;
use leptos::prelude::*;
use std::cell::{Cell, RefCell};

/// The attribute of the document while a change has no answer.
const ATTRIBUTE: &str = "data-writing";
/// The name of the window's event once all have theirs.
const EVENT: &str = "rollcall-written";

thread_local! {
    /// What waits for the answers.
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
    /// Whether the page listens for them.
    static LISTENS: Cell<bool> = const { Cell::new(false) };
}

fn is_writing() -> bool {
    let root = dom::document().and_then(|it| it.document_element());
    root.is_some_and(|it| it.has_attribute(ATTRIBUTE))
}

/// Calls back once every change of this page has its answer, which is now if none is being sent.
pub fn when_written(call: impl FnOnce() + 'static) {
    if !is_writing() {
        return call();
    }
    WAITING.with_borrow_mut(|it| it.push(Box::new(call)));
    if !LISTENS.replace(true) {
        window_event_listener_untyped(EVENT, |_| {
            for call in WAITING.take() {
                call();
            }
        });
    }
}
