//! Hears what others changed, and how runs go on: the page's connection (`public/live.js`) tells it as events of the window.
use super::dom;
use crate::domain::foreign_change::ForeignChange;
use leptos::prelude::*;
use std::time::Duration;

/// The name of the event; its detail is a text for `ForeignChange::parse`.
const EVENT: &str = "rollcall";
/// The name of the event that some run has another state.
const RUNS_EVENT: &str = "rollcall-runs";
/// Window event by which `live.js` learns that the next reads are background reads, which do not extend the session.
const QUIET_EVENT: &str = "rollcall-quiet";

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

/// Calls back whenever a run has another state (R71), while the calling component exists. Does nothing on the server.
pub fn on_runs(call: impl Fn() + 'static) {
    let mut call = Some(call);
    Effect::new(move |_| {
        let Some(call) = call.take() else { return };
        let handle = window_event_listener_untyped(RUNS_EVENT, move |_| call());
        on_cleanup(move || handle.remove());
    });
}

/// Polls at this interval while the calling component exists, for data without change events. Pauses while the page is hidden or
/// offline, and while a pointer button is pressed, because a re-rendered target would lose its click. Does nothing on the server.
pub fn repeat_read(every: Duration, read: impl Fn() + 'static) {
    let mut read = Some(read);
    Effect::new(move |_| {
        let Some(read) = read.take() else { return };
        let tick = move || {
            let is_hidden = web_sys::window()
                .and_then(|it| it.document())
                .is_some_and(|it| it.hidden());
            if !is_hidden && !dom::is_offline() && !dom::exists(":active") {
                begin_quiet_reads();
                read();
            }
        };
        let handle = set_interval_with_handle(tick, every).ok();
        on_cleanup(move || {
            if let Some(it) = handle {
                it.clear();
            }
        });
    });
}

/// Says that the page reads by itself from now on, until the person does something: watching is no use of a session.
fn begin_quiet_reads() {
    if let (Some(window), Ok(event)) = (web_sys::window(), web_sys::Event::new(QUIET_EVENT)) {
        let _ = window.dispatch_event(&event);
    }
}
