//! Tooltip of the variables in a code block: shows an element's title below it, on hover and on focus. The browser's own
//! tooltips appear only on hover.
use super::dom;
use web_sys::{Element, Event, HtmlElement};

/// The attribute that holds the title meanwhile. Without it the browser would show its own tooltip over ours.
const SAVED_TITLE: &str = "data-title";
/// An upper limit of the width of a tooltip, in pixels.
const MAX_WIDTH_PX: i32 = 300;
/// The distance to the element above and to the edge of the window, in pixels.
const GAP_PX: i32 = 4;

/// Shows the title of the nearest element around an event's target that has one.
pub fn show(event: &Event, tooltip: &HtmlElement) {
    let Some(target) = dom::closest(event, "[title]") else {
        return;
    };
    hide(tooltip);
    let text = target.get_attribute("title").unwrap_or_default();
    let _ = target.remove_attribute("title");
    let _ = target.set_attribute(SAVED_TITLE, &text);
    let _ = target.set_attribute("aria-description", &text);
    tooltip.set_text_content(Some(&text));
    let _ = tooltip.remove_attribute("hidden");
    let (left, top) = position_below(&target);
    let _ = tooltip.style().set_property("left", &format!("{left}px"));
    let _ = tooltip.style().set_property("top", &format!("{top}px"));
}

#[expect(clippy::cast_possible_truncation, reason = "pixels")]
fn position_below(target: &Element) -> (i32, i32) {
    let bounds = target.get_bounding_client_rect();
    let root = dom::document().and_then(|it| it.document_element());
    let width = root.map_or(0, |it| it.client_width());
    let left = (bounds.left() as i32).min(width - MAX_WIDTH_PX).max(GAP_PX);
    (left, bounds.bottom() as i32 + GAP_PX)
}

/// Hides the tooltip and restores the title of its element.
pub fn hide(tooltip: &HtmlElement) {
    let _ = tooltip.set_attribute("hidden", "");
    let parent = tooltip.parent_element();
    let target = parent.and_then(|it| {
        it.query_selector(&format!("[{SAVED_TITLE}]"))
            .ok()
            .flatten()
    });
    if let Some(target) = target {
        let text = target.get_attribute(SAVED_TITLE).unwrap_or_default();
        let _ = target.set_attribute("title", &text);
        let _ = target.remove_attribute(SAVED_TITLE);
        let _ = target.remove_attribute("aria-description");
    }
}
