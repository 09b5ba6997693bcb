//! Hears what others changed: the page's connection (`public/live.js`) tells it as an event of the window. It also tells of the
//! page's own changes after which there may be more or fewer records.
use crate::domain::foreign_change::ForeignChange;
use leptos::prelude::*;

/// The name of the event; its detail is a text for `ForeignChange::parse`.
const EVENT: &str = "rollcall";
/// The name of the event of own changes.
const COUNTED_EVENT: &str = "rollcall-counted";

/// Calls back after each change by others, while the calling component exists. Does nothing on the server.
pub fn on_change(call: impl Fn(ForeignChange) + 'static) {
    listen(Box::new(call));
}

/// Calls back after each own change after which there may be more or fewer records. Does nothing on the server.
pub fn on_own_count(call: impl Fn() + 'static) {
    let mut call = Some(call);
    Effect::new(move |_| {
        let Some(call) = call.take() else { return };
        let handle = window_event_listener_untyped(COUNTED_EVENT, move |_| call());
        on_cleanup(move || handle.remove());
    });
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
