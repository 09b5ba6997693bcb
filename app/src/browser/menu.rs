//! Keyboard navigation of menus, as in the ARIA menu pattern: arrow keys wrap around, Home and End go to the ends.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{FocusEvent, HtmlElement, KeyboardEvent, Node};

/// Moves the focus within the menu around an event's target. False if the key is not a navigation key.
pub fn move_focus(event: &KeyboardEvent) -> bool {
    let key = event.key();
    if !matches!(key.as_str(), "ArrowDown" | "ArrowUp" | "Home" | "End") {
        return false;
    }
    let Some(menu) = dom::closest(event, "[role=menu]") else {
        return false;
    };
    let Ok(items) = menu.query_selector_all("[role=menuitem]") else {
        return false;
    };
    let n = items.length();
    let active = dom::document().and_then(|it| it.active_element());
    let active: Option<Node> = active.map(Into::into);
    let at = (0..n).find(|it| items.get(*it) == active);
    let to = match (key.as_str(), at) {
        ("ArrowDown", Some(at)) => (at + 1) % n,
        ("ArrowUp", Some(at)) => (at + n - 1) % n,
        ("ArrowUp" | "End", _) => n.saturating_sub(1),
        _ => 0,
    };
    if let Some(item) = items
        .get(to)
        .and_then(|it| it.dyn_into::<HtmlElement>().ok())
    {
        let _ = item.focus();
    }
    event.prevent_default();
    true
}

/// Focuses the first item of a menu.
pub fn focus_first_item(menu: &HtmlElement) {
    let first = menu.query_selector("[role=menuitem]").ok().flatten();
    if let Some(first) = first.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = first.focus();
    }
}

/// Whether the focus leaves the element that listens to `focusout`.
pub fn focus_leaves(event: &FocusEvent) -> bool {
    let inside = event
        .current_target()
        .and_then(|it| it.dyn_into::<Node>().ok());
    let to = event
        .related_target()
        .and_then(|it| it.dyn_into::<Node>().ok());
    inside.is_none_or(|it| !it.contains(to.as_ref()))
}

/// Whether the focus goes to an element that matches, or into one.
pub fn focus_goes_to(event: &FocusEvent, selector: &str) -> bool {
    let to = event
        .related_target()
        .and_then(|it| it.dyn_into::<web_sys::Element>().ok());
    to.is_some_and(|it| it.closest(selector).ok().flatten().is_some())
}
