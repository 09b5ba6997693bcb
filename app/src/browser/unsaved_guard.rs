//! Nothing that was typed is lost by leaving: whoever has unsaved changes is asked before the page goes, whether it is
//! closed, loaded again, left by a link or by the browser's own way back.
use gloo::events::{EventListener, EventListenerOptions};
use leptos::prelude::*;
use std::cell::{Cell, RefCell};
use web_sys::Event;

const QUESTION: &str = "There are unsaved changes. Leave without saving them?";

thread_local! {
    /// Who has to be asked, by a number.
    static GUARDS: RefCell<Vec<(u32, Signal<bool>)>> = const { RefCell::new(Vec::new()) };
    static NEXT: Cell<u32> = const { Cell::new(0) };
    /// The person has stayed, and the browser is on its way back to the address.
    static RETURNS: Cell<bool> = const { Cell::new(false) };
    /// Whether the browser's way back may be heard of; none as long as nobody has ever asked for a guard.
    static MAY_GO_BACK: Cell<Option<fn() -> bool>> = const { Cell::new(None) };
}

/// The browser's own way back is heard by all in the order in which they began to listen: to be called before there is
/// a router, which would have left the page by the time that anybody is asked.
pub fn listen_first() {
    let Some(window) = web_sys::window() else {
        return;
    };
    EventListener::new(&window, "popstate", |event| {
        if MAY_GO_BACK.get().is_some_and(|may| !may()) {
            event.stop_immediate_propagation();
        }
    })
    .forget();
}

/// Somebody goes back or forward; the address has changed already. If the person stays, back to it, before the router
/// hears of it.
fn may_go_back() -> bool {
    if RETURNS.take() {
        return false;
    }
    let may = may_go(is_dirty());
    if !may {
        RETURNS.set(true);
        let history = web_sys::window().and_then(|it| it.history().ok());
        let _ = history.map(|it| it.forward());
    }
    may
}

/// Asks before the page is left, as long as `is_dirty`, and as long as the caller is shown. To be called from a
/// component; on the server it does nothing.
pub fn guard(is_dirty: Signal<bool>) {
    Effect::new(move |_| {
        let number = NEXT.get();
        NEXT.set(number + 1);
        if number == 0 {
            listen();
        }
        GUARDS.with_borrow_mut(|it| it.push((number, is_dirty)));
        on_cleanup(move || GUARDS.with_borrow_mut(|it| it.retain(|guard| guard.0 != number)));
    });
}

/// Whether what was typed may go: nothing was, or the person says so.
pub fn may_go(is_dirty: bool) -> bool {
    !is_dirty || ask()
}

fn ask() -> bool {
    web_sys::window().is_none_or(|it| it.confirm_with_message(QUESTION).unwrap_or(true))
}

fn is_dirty() -> bool {
    let guards = GUARDS.with_borrow(Clone::clone);
    guards
        .iter()
        .any(|it| it.1.try_get_untracked().unwrap_or_default())
}

/// Once for the life of the page, before anybody else hears of it.
fn listen() {
    let Some(window) = web_sys::window() else {
        return;
    };
    let first = EventListenerOptions {
        passive: false,
        ..EventListenerOptions::run_in_capture_phase()
    };
    EventListener::new_with_options(&window, "beforeunload", first, |event| {
        if is_dirty() {
            // The browser asks in its own words.
            event.prevent_default();
        }
    })
    .forget();
    EventListener::new_with_options(&window, "click", first, |event| {
        if leads_away(event) && is_dirty() && !ask() {
            event.prevent_default();
            event.stop_immediate_propagation();
        }
    })
    .forget();
    MAY_GO_BACK.set(Some(may_go_back));
}

/// Whether a click follows a link within this page, in this window. Other ways are `beforeunload`'s.
fn leads_away(event: &Event) -> bool {
    use wasm_bindgen::JsCast;
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
