//! Hears what others changed: the page's connection (`public/live.js`) tells it as an event of the window.
use crate::domain::foreign_change::ForeignChange;
use leptos::prelude::*;

/// The name of the event; its detail is a text for `ForeignChange::parse`.
const EVENT: &str = "rollcall";

/// Calls back after each change by others, while the calling component exists. Does nothing on the server.
pub fn on_change(call: impl Fn(ForeignChange) + 'static) {
    listen(Box::new(call));
}

fn listen(call: Box<dyn Fn(ForeignChange)>) {
    let mut call = Some(call);
    Effect::new(move |_| {
        let Some(call) = call.take() else { return };
        let handle = window_event_listener_untyped(EVENT, move |event| {
            let detail = js_sys::Reflect::get(&event, &"detail".into());
            if let Some(text) = detail.ok().and_then(|it| it.as_string()) {
                call(ForeignChange::parse(&text));
            }
        });
        on_cleanup(move || handle.remove());
    });
}
