//! Asks the page's script to run steps (R75), as an event of the window: `public/runs.js` is loaded when it is first asked.
use crate::domain::id::StepId;

/// The name of the event; its detail are the ids with blanks between them.
const EVENT: &str = "rollcall-run";

/// Asks whether to run these steps. Does nothing if there are none.
pub fn ask(steps: &[StepId]) {
    let Some(window) = web_sys::window() else {
        return;
    };
    let Ok(event) = web_sys::Event::new(EVENT) else {
        return;
    };
    let ids: Vec<String> = steps.iter().map(ToString::to_string).collect();
    let _ = js_sys::Reflect::set(&event, &"detail".into(), &ids.join(" ").into());
    let _ = window.dispatch_event(&event);
}
