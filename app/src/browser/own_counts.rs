//! Tells the layout that this page's own change may have left more or fewer records, so that the counts beside the pages are read
//! again. What others change is heard by `foreign_changes`.
use leptos::prelude::*;
use web_sys::Event;

/// The name of the window's event.
const EVENT: &str = "rollcall-counts";

/// Tells it.
pub fn tell() {
    let event = Event::new(EVENT).ok();
    if let Some((window, event)) = web_sys::window().zip(event) {
        let _ = window.dispatch_event(&event);
    }
}

/// Calls back each time that it is told, while the calling component exists. Does nothing on the server.
pub fn on_tell(call: impl Fn() + 'static) {
    let mut call = Some(call);
    Effect::new(move |_| {
        let Some(call) = call.take() else { return };
        let handle = window_event_listener_untyped(EVENT, move |_| call());
        on_cleanup(move || handle.remove());
    });
}
