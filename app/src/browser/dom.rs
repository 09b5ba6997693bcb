//! Small things that are asked of the page.
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

thread_local! {
    /// Who had the keyboard before each open dialog.
    static BEFORE: RefCell<Vec<Option<HtmlElement>>> = const { RefCell::new(Vec::new()) };
}

pub fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Whether this is a browser; on the server there is no page.
pub const fn is_here() -> bool {
    cfg!(target_family = "wasm")
}

/// Says that the page is live: tests and styles wait for it.
pub fn mark_hydrated() {
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = root.set_attribute("data-hydrated", "");
    }
}

/// Says that the page cannot go on: styles then show what to do.
pub fn mark_failed() {
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = root.set_attribute("data-failed", "");
    }
}

/// Chooses `light` or `dark`; nothing follows the system.
pub fn set_theme(theme: Option<&str>) {
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
}

/// Gives the keyboard to the first element that the selector finds.
pub fn focus(selector: &str) {
    let found = document().and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Whether keys are going into a field just now.
pub fn is_typing() -> bool {
    document()
        .and_then(|it| it.active_element())
        .is_some_and(|it| matches!(it.tag_name().as_str(), "INPUT" | "TEXTAREA" | "SELECT"))
}

/// What the page remembers for this person, in this browser.
pub fn recall(key: &str) -> Option<String> {
    web_sys::window()?
        .local_storage()
        .ok()??
        .get_item(key)
        .ok()?
}

pub fn remember(key: &str, value: &str) {
    if let Some(storage) = web_sys::window().and_then(|it| it.local_storage().ok().flatten()) {
        let _ = storage.set_item(key, value);
    }
}

/// One rem in pixels.
pub fn rem() -> f64 {
    document()
        .and_then(|it| it.document_element())
        .and_then(|root| web_sys::window()?.get_computed_style(&root).ok().flatten())
        .and_then(|style| style.get_property_value("font-size").ok())
        .map(|size| js_sys::parse_float(&size))
        .filter(|it| it.is_finite())
        .unwrap_or(16.0)
}

/// Draws an element's inside anew; the keyboard stays at the button of the same name.
pub fn draw(selector: &str, html: &str) {
    let Some(document) = document() else { return };
    let Some(element) = document.query_selector(selector).ok().flatten() else {
        return;
    };
    let focused = document
        .active_element()
        .filter(|it| element.contains(Some(it)))
        .and_then(|it| it.get_attribute("data-filter"));
    element.set_inner_html(html);
    if let Some(name) = focused {
        focus(&format!("{selector} [data-filter={name}]"));
    }
}

/// The rows of a table of which the first are drawn already. Those stay as they are, and so does the keyboard in them.
pub fn draw_rest(selector: &str, html: &str) {
    let Some(document) = document() else { return };
    let Some(element) = document.query_selector(selector).ok().flatten() else {
        return;
    };
    let Ok(whole) = document.create_element("div") else {
        return;
    };
    whole.set_inner_html(html);
    let all = |of: &Element, what: &str| of.query_selector_all(what).ok();
    let first = |of: &Element, what: &str| of.query_selector(what).ok().flatten();
    let n_drawn = all(&element, "tr").map_or(0, |it| it.length());
    let (Some(rows), Some(table)) = (all(&whole, "tr"), first(&element, "table")) else {
        return;
    };
    let last = first(&element, "tbody:last-of-type");
    let cut = rows.item(n_drawn).and_then(|it| it.parent_node());
    for row in (n_drawn..rows.length()).filter_map(|it| rows.item(it)) {
        // The group in which it was cut goes on where it is; the others come as they are.
        let group = row.parent_node().filter(|it| !table.contains(Some(it)));
        let _ = match (group, &last) {
            (Some(group), Some(last)) if Some(&group) == cut.as_ref() => last.append_child(&row),
            (Some(group), _) => table.append_child(&group),
            (None, _) => continue,
        };
    }
    while let Some(more) = first(&whole, ":scope > p") {
        let _ = element.append_child(&more);
    }
}

/// An attribute of the nearest element around an event's target that has it.
pub fn named(event: &web_sys::Event, attribute: &str) -> Option<String> {
    closest(event, &format!("[{attribute}]"))?.get_attribute(attribute)
}

pub fn set_value(selector: &str, value: &str) {
    if let Some(field) = document().and_then(|it| it.query_selector(selector).ok().flatten()) {
        let _ = js_sys::Reflect::set(&field, &"value".into(), &value.into());
    }
}

/// The address of the page as it is now.
pub fn address() -> String {
    let window = web_sys::window();
    let address = window.and_then(|it| it.location().href().ok());
    address.unwrap_or_default()
}

/// Whether something on the page matches; on the server there is no page.
pub fn has(selector: &str) -> bool {
    if !is_here() {
        return false;
    }
    let found = document().and_then(|it| it.query_selector(selector).ok());
    found.flatten().is_some()
}

/// The nearest element around an event's target that the selector matches.
pub fn closest(event: &web_sys::Event, selector: &str) -> Option<Element> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest(selector)
        .ok()
        .flatten()
}

/// Whether the press came from a field, a button or a link, which know what to do with keys themselves.
pub fn is_from_control(event: &web_sys::Event) -> bool {
    closest(
        event,
        "input, textarea, select, button, a, [contenteditable]",
    )
    .is_some()
}

/// Puts a text where the cursor of a field is.
pub fn insert_at_cursor(field: &web_sys::HtmlTextAreaElement, text: &str) {
    if let (Ok(Some(start)), Ok(Some(end))) = (field.selection_start(), field.selection_end()) {
        let _ = field.set_range_text_with_start_and_end(text, start, end);
        let end = start + u32::try_from(text.encode_utf16().count()).unwrap_or_default();
        let _ = field.set_selection_range(end, end);
    }
}

/// Calls back after so many milliseconds.
pub fn after(milliseconds: u32, call: impl FnOnce() + 'static) {
    gloo::timers::callback::Timeout::new(milliseconds, call).forget();
}

/// Calls back once what was changed until now is painted; in a page that nobody sees, when somebody does.
pub fn after_paint(call: impl FnOnce() + 'static) {
    leptos::prelude::request_animation_frame(move || after(0, call));
}

/// Whether the keyboard is with no element at all.
pub fn nobody_has_keyboard() -> bool {
    document().is_none_or(|it| match (it.active_element(), it.body()) {
        (Some(active), Some(body)) => active == *body.as_ref(),
        _ => true,
    })
}

/// Draws the page anew from what the server has.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Selects all that is in an element, so that it can be copied by hand.
pub fn select(selector: &str) {
    let found = document().and_then(|it| it.query_selector(selector).ok().flatten());
    let selection = web_sys::window().and_then(|it| it.get_selection().ok().flatten());
    if let (Some(element), Some(selection)) = (found, selection) {
        let _ = selection.select_all_children(&element);
    }
}

/// Asks the browser to print the page.
pub fn print() {
    if let Some(window) = web_sys::window() {
        let _ = window.print();
    }
}

/// Remembers who has the keyboard, before a dialog takes it.
pub fn lend_keyboard() {
    let active = document().and_then(|it| it.active_element());
    let active = active.and_then(|it| it.dyn_into().ok());
    BEFORE.with_borrow_mut(|it| it.push(active));
}

/// The dialog is gone: the keyboard goes back. On the server nobody had it.
pub fn give_keyboard_back() {
    if !is_here() {
        return;
    }
    let before = BEFORE.with_borrow_mut(Vec::pop).flatten();
    if let Some(before) = before.filter(|it| it.is_connected()) {
        let _ = before.focus();
    }
}
