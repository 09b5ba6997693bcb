//! What an element's title says, beside it: under the pointer as the browser does it, and also when it has the keyboard.
use super::dom;
use web_sys::{Element, Event, HtmlElement};

/// Where the title waits meanwhile: the browser's own would stand over ours.
const KEPT: &str = "data-title";
/// How wide a tip can be, in pixels, and how far below.
const WIDTH: i32 = 300;
const GAP: i32 = 4;

/// Shows the title of what the event happened in, if it has one.
pub fn show(event: &Event, tip: &HtmlElement) {
    let Some(target) = dom::closest(event, "[title]") else {
        return;
    };
    hide(tip);
    let text = target.get_attribute("title").unwrap_or_default();
    let _ = target.remove_attribute("title");
    let _ = target.set_attribute(KEPT, &text);
    let _ = target.set_attribute("aria-description", &text);
    tip.set_text_content(Some(&text));
    let _ = tip.remove_attribute("hidden");
    let (left, top) = below(&target);
    let _ = tip.style().set_property("left", &format!("{left}px"));
    let _ = tip.style().set_property("top", &format!("{top}px"));
}

#[expect(clippy::cast_possible_truncation, reason = "pixels")]
fn below(target: &Element) -> (i32, i32) {
    let place = target.get_bounding_client_rect();
    let root = dom::document().and_then(|it| it.document_element());
    let width = root.map_or(0, |it| it.client_width());
    let left = (place.left() as i32).min(width - WIDTH).max(GAP);
    (left, place.bottom() as i32 + GAP)
}

/// Takes the tip away; the title goes back to where it was.
pub fn hide(tip: &HtmlElement) {
    let _ = tip.set_attribute("hidden", "");
    let around = tip.parent_element();
    let kept = around.and_then(|it| it.query_selector(&format!("[{KEPT}]")).ok().flatten());
    if let Some(target) = kept {
        let text = target.get_attribute(KEPT).unwrap_or_default();
        let _ = target.set_attribute("title", &text);
        let _ = target.remove_attribute(KEPT);
        let _ = target.remove_attribute("aria-description");
    }
}
