//! Guard against losing unsaved changes: asks for confirmation before a page is left by a link, by the back button, by a
//! reload or by closing the tab. Navigation events are heard before the router, which would leave the page at once.
use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::Event;

const QUESTION: &str = "There are unsaved changes. Leave without saving them?";

thread_local! {
    /// The guards of the components that are shown now, by id: whether each has unsaved changes, and whether it asks only
    /// before the document is left.
    static GUARDS: RefCell<Vec<(u32, Signal<bool>, bool)>> = const { RefCell::new(Vec::new()) };
    static NEXT_ID: Cell<u32> = const { Cell::new(0) };
    /// Whether the user has chosen to stay after a navigation through history, which is being reverted.
    static IS_RETURNING: Cell<bool> = const { Cell::new(false) };
    /// Whether texts of pages that were left would be lost with the tab.
    static KEEPS_TEXTS: Cell<bool> = const { Cell::new(false) };
    /// Decides on a navigation through history. `None` until the first guard.
    static ON_POPSTATE: Cell<Option<fn() -> bool>> = const { Cell::new(None) };
}

/// Listens for navigation through history. Listeners run in the order of registration, so this has to be called before the
/// router is created: it would have left the page before the user is asked.
pub fn listen_before_router() {
    let Some(window) = web_sys::window() else {
        return;
    };
    EventListener::new(&window, "popstate", |event| {
        if ON_POPSTATE.get().is_some_and(|confirm| !confirm()) {
            event.stop_immediate_propagation();
        }
    })
    .forget();
}

/// Asks on a navigation through history, whose event comes after the URL has changed. If the user stays, the navigation is
/// reverted. False if the router must not handle the event.
fn confirm_history_back() -> bool {
    if IS_RETURNING.take() {
        return false;
    }
    let is_confirmed = confirm_leave(is_dirty(false));
    let moved = moved();
    if !is_confirmed && moved != 0 {
        IS_RETURNING.set(true);
        let history = web_sys::window().and_then(|it| it.history().ok());
        let _ = history.map(|it| it.go_with_delta(-moved));
    }
    is_confirmed
}

/// By how many entries of the history the browser has just moved: a script of the document counts them (`places.js` in
/// `public/document`).
fn moved() -> i32 {
    let history = web_sys::window().and_then(|it| it.history().ok());
    let moved = history.and_then(|it| js_sys::Reflect::get(&it, &"moved".into()).ok());
    #[expect(clippy::cast_possible_truncation, reason = "a few entries")]
    moved.and_then(|it| it.as_f64()).map_or(0, |it| it as i32)
}

/// Asks before the page is left while `is_dirty` is true and the calling component exists. Does nothing on the server.
pub fn guard(is_dirty: Signal<bool>) {
    add(is_dirty, false);
}

/// The same, but only before the tab is closed or loaded again: other pages of ours can be opened, since the changes are
/// saved when the page is left.
pub fn guard_closing(is_dirty: Signal<bool>) {
    add(is_dirty, true);
}

/// Says whether texts of pages that were left would be lost with the tab. Then every page asks before it is closed or loaded again.
pub fn set_keeps_texts(keeps: bool) {
    KEEPS_TEXTS.set(keeps);
}

fn add(is_dirty: Signal<bool>, is_closing_only: bool) {
    Effect::new(move |_| {
        let id = NEXT_ID.get();
        NEXT_ID.set(id + 1);
        if id == 0 {
            listen();
        }
        GUARDS.with_borrow_mut(|it| it.push((id, is_dirty, is_closing_only)));
        on_cleanup(move || GUARDS.with_borrow_mut(|it| it.retain(|guard| guard.0 != id)));
    });
}

/// Calls back when the document is left, by a reload, for another address or by closing the tab, while the calling component
/// exists. Does nothing on the server.
pub fn on_leave(call: impl Fn() + 'static) {
    let mut call = Some(call);
    Effect::new(move |_| {
        let Some(call) = call.take() else { return };
        let handle = window_event_listener_untyped("pagehide", move |_| call());
        on_cleanup(move || handle.remove());
    });
}

/// Posts JSON in a way that outlives the document. It takes some 60 kB at most.
pub fn post_on_leave(path: &str, body: &str) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let options = JsValue::from(js_sys::Object::new());
    let headers = JsValue::from(js_sys::Object::new());
    let set = |of: &JsValue, key: &str, value: &JsValue| {
        let _ = js_sys::Reflect::set(of, &JsValue::from_str(key), value);
    };
    set(
        &headers,
        "content-type",
        &JsValue::from_str("application/json"),
    );
    set(&options, "method", &JsValue::from_str("POST"));
    set(&options, "keepalive", &JsValue::TRUE);
    set(&options, "headers", &headers);
    set(&options, "body", &JsValue::from_str(body));
    // By the name that scripts of the page have replaced: they ask for a name, and know which changes are the page's own.
    let fetch = js_sys::Reflect::get(&window, &"fetch".into()).ok();
    if let Some(fetch) = fetch.and_then(|it| it.dyn_into::<js_sys::Function>().ok()) {
        let _ = fetch.call2(&window, &JsValue::from_str(path), &options);
    }
}

/// Whether unsaved changes may be discarded: there are none, or the user confirms it.
pub fn confirm_leave(is_dirty: bool) -> bool {
    !is_dirty || ask_user()
}

fn ask_user() -> bool {
    web_sys::window().is_none_or(|it| it.confirm_with_message(QUESTION).unwrap_or(true))
}

/// Whether there are unsaved changes: those that closing the tab would lose, or those that opening another page would.
fn is_dirty(closes: bool) -> bool {
    let guards = GUARDS.with_borrow(Clone::clone);
    let is_asked_for = |it: &(u32, Signal<bool>, bool)| {
        (closes || !it.2) && it.1.try_get_untracked().unwrap_or_default()
    };
    (closes && KEEPS_TEXTS.get()) || guards.iter().any(is_asked_for)
}

/// Adds the listeners, once for the life of the document. They run in the capture phase, before all others.
fn listen() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let first = EventListenerOptions {
        passive: false,
        ..EventListenerOptions::run_in_capture_phase()
    };
    EventListener::new_with_options(&window, "beforeunload", first, |event| {
        if is_dirty(true) {
            // The browser then asks, with its own text.
            event.prevent_default();
        }
    })
    .forget();
    EventListener::new_with_options(&window, "click", first, |event| {
        if follows_link(event) && is_dirty(false) && !ask_user() {
            event.prevent_default();
            event.stop_immediate_propagation();
        }
    })
    .forget();
    ON_POPSTATE.set(Some(confirm_history_back));
}

/// Whether a click follows a link to a page of ours in this tab. All others are left to `beforeunload`.
fn follows_link(event: &Event) -> bool {
    let Some(mouse) = event.dyn_ref::<web_sys::MouseEvent>() else {
        return false;
    };
    let is_plain = mouse.button() == 0
        && !(mouse.meta_key() || mouse.ctrl_key() || mouse.shift_key() || mouse.alt_key());
    is_plain
        && super::dom::closest(event, "a[href]").is_some_and(|link| {
            let href = link.get_attribute("href").unwrap_or_default();
            href.starts_with('/')
                && !link.has_attribute("download")
                && !link.has_attribute("target")
        })
}
