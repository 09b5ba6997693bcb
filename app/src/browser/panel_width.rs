//! How wide the side panel is: dragged at its edge, and kept in this browser.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, PointerEvent};

pub const NARROWEST: i32 = 320;
pub const USUAL: i32 = 400;
pub const WIDEST: i32 = 880;
const KEY: &str = "rollcall.panel";

fn root() -> Option<HtmlElement> {
    dom::document()?.document_element()?.dyn_into().ok()
}

/// From now on every panel is so wide, in pixels, as far as that goes.
pub fn set_width(width: i32) -> i32 {
    let width = width.clamp(NARROWEST, WIDEST);
    if let Some(root) = root() {
        let _ = root
            .style()
            .set_property("--panel-w", &format!("{width}px"));
    }
    width
}

pub fn keep(width: i32) {
    dom::remember(KEY, &width.to_string());
}

pub fn kept() -> Option<i32> {
    dom::recall(KEY)?.parse().ok()
}

/// All moves of the pointer belong to the element from now on, until it is let go.
pub fn capture(event: &PointerEvent) {
    let edge = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    if let Some(edge) = edge {
        let _ = edge.set_pointer_capture(event.pointer_id());
    }
}

/// The panel ends at the window's right: how wide it is if its edge is where the pointer is.
pub fn width_at(event: &PointerEvent) -> i32 {
    root().map_or(USUAL, |it| it.client_width() - event.client_x())
}
