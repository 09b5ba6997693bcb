//! Width of the step panel at the side of the matrix: dragged at its edge, applied as a CSS property, and saved in this browser.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, PointerEvent};

/// The smallest width of a panel, in pixels.
pub const MIN_WIDTH_PX: i32 = 320;
/// The width until the user chooses another, in pixels.
pub const DEFAULT_WIDTH_PX: i32 = 400;
/// The largest width of a panel, in pixels.
pub const MAX_WIDTH_PX: i32 = 880;
const WIDTH_SETTING: &str = "rollcall.panel";

fn root() -> Option<HtmlElement> {
    dom::document()?.document_element()?.dyn_into().ok()
}

/// Sets the width of all panels in pixels, within the limits. Returns the width that was set.
pub fn set_width(width: i32) -> i32 {
    let width = width.clamp(MIN_WIDTH_PX, MAX_WIDTH_PX);
    if let Some(root) = root() {
        let _ = root
            .style()
            .set_property("--panel-w", &format!("{width}px"));
    }
    width
}

/// Saves the width in this browser.
pub fn save(width: i32) {
    dom::write_setting(WIDTH_SETTING, &width.to_string());
}

/// The width that was saved in this browser.
pub fn saved() -> Option<i32> {
    dom::read_setting(WIDTH_SETTING)?.parse().ok()
}

/// Sends all pointer events to the event's target until the button is released.
pub fn capture_pointer(event: &PointerEvent) {
    let edge = event.target().and_then(|it| it.dyn_into::<Element>().ok());
    if let Some(edge) = edge {
        let _ = edge.set_pointer_capture(event.pointer_id());
    }
}

/// The width of the panel if its left edge is at the pointer. Its right edge is that of the browser window.
pub fn width_at(event: &PointerEvent) -> i32 {
    root().map_or(DEFAULT_WIDTH_PX, |it| it.client_width() - event.client_x())
}
