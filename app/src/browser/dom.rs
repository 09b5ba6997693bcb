//! Small DOM helpers: lookup, focus, saved settings, timers and navigation. They do nothing if an element is missing, so
//! callers need no error handling. Only to be called in the browser, except where noted.
use gloo::events::{EventListener, EventListenerOptions};
use std::cell::{Cell, RefCell};
use wasm_bindgen::JsCast;
use web_sys::{Document, Element, HtmlElement};

thread_local! {
    /// The element that had the focus before each open dialog, from the outermost to the innermost.
    static SAVED_FOCUS: RefCell<Vec<Option<HtmlElement>>> = const { RefCell::new(Vec::new()) };
    /// What waits until the person is free.
    static WAITING: RefCell<Vec<Box<dyn FnOnce()>>> = const { RefCell::new(Vec::new()) };
    /// Whether `is_reloaded` was asked before.
    static ASKED_RELOADED: Cell<bool> = const { Cell::new(false) };
    /// Whether the page listens for the end of typing and pressing.
    static LISTENS: Cell<bool> = const { Cell::new(false) };
    /// The number of presses so far, and whether the last one goes on. `:active` would not do: after a tap it lasts until the next one.
    static PRESSES: Cell<(u32, bool)> = const { Cell::new((0, false)) };
}

/// The click of a press comes within this time after its end.
const CLICK_MS: u32 = 100;

/// The part of a page that gets the focus when nothing else has it.
pub const HOME: &str = "[data-home]";

/// Where the focus goes if it is lost, in this order: the main part, the cell of the grid that Tab leads to, the heading.
const FALLBACKS: [&str; 3] = [HOME, "[role=grid] [tabindex=\"0\"]", HEADING];

/// The heading of a page.
const HEADING: &str = "h1";

/// The size of one rem in pixels, where the browser does not tell another.
pub const DEFAULT_REM_PX: f64 = 16.0;

/// The document of the page.
pub fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// Whether this is the browser build. Known at compile time, so the other branch costs no WASM. May be called on the server.
pub const fn is_browser() -> bool {
    cfg!(target_family = "wasm")
}

fn follow_presses() {
    let Some(window) = web_sys::window() else {
        return;
    };
    for name in ["pointerdown", "pointerup", "pointercancel"] {
        let options = EventListenerOptions::run_in_capture_phase();
        EventListener::new_with_options(&window, name, options, move |_| {
            let (number, _) = PRESSES.get();
            if name == "pointerdown" {
                return PRESSES.set((number + 1, true));
            }
            after(CLICK_MS, move || {
                if PRESSES.get().0 == number {
                    PRESSES.set((number, false));
                    call_waiting();
                }
            });
        })
        .forget();
    }
}

/// Marks the page as hydrated, for the style sheet and for tests.
pub fn mark_hydrated() {
    follow_presses();
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = root.set_attribute("data-hydrated", "");
    }
}

/// Tells the page's script how many requests wait for earlier ones: while the connection is lost they are changes that wait too, and
/// have their place in the order.
pub fn tell_queued(n: usize) {
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = root.set_attribute("data-queued", &n.to_string());
    }
}

/// Marks the page as failed. The style sheet then shows what the user can do.
pub fn mark_failed() {
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = root.set_attribute("data-failed", "");
    }
}

/// Sets the theme, `light` or `dark`. `None` follows the system.
pub fn set_theme(theme: Option<&str>) {
    if let Some(root) = document().and_then(|it| it.document_element()) {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
}

/// Since when the page has had no connection, as `public/live.js` says it (R32): "14:02". None while there is one.
pub fn lost_since() -> Option<String> {
    document()?.document_element()?.get_attribute("data-lost")
}

/// Focuses the first element that matches.
pub fn focus(selector: &str) {
    let found = document().and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// The same without scrolling.
pub fn focus_in_place(selector: &str) {
    let found = document().and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(element) = found.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = element.focus_with_options(&options);
    }
}

/// Whether a field has the focus, so that letters are text and no shortcuts.
pub fn is_typing() -> bool {
    document()
        .and_then(|it| it.active_element())
        .and_then(|it| {
            let fields =
                "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
            it.matches(fields).ok()
        })
        .unwrap_or_default()
}

/// Whether a text is being written, which has an undo of its own.
pub fn is_in_text() -> bool {
    let active = document().and_then(|it| it.active_element());
    let text = "textarea, [contenteditable], input:not([type=checkbox], [type=radio])";
    active.is_some_and(|it| it.matches(text).unwrap_or_default())
}

/// A setting that was saved in this browser. `None` too if storage is disabled.
pub fn read_setting(key: &str) -> Option<String> {
    web_sys::window()?
        .local_storage()
        .ok()??
        .get_item(key)
        .ok()?
}

/// Saves a setting in this browser, if storage is enabled.
pub fn write_setting(key: &str, value: &str) {
    if let Some(storage) = web_sys::window().and_then(|it| it.local_storage().ok().flatten()) {
        let _ = storage.set_item(key, value);
    }
}

/// What was kept for this tab until it is closed. `None` too if storage is disabled.
pub fn read_tab_value(key: &str) -> Option<String> {
    let storage = web_sys::window()?.session_storage().ok()??;
    storage.get_item(key).ok()?
}

/// Keeps a value for this tab until it is closed, if storage is enabled.
pub fn write_tab_value(key: &str, value: &str) {
    let storage = web_sys::window().and_then(|it| it.session_storage().ok().flatten());
    if let Some(storage) = storage {
        let _ = storage.set_item(key, value);
    }
}

/// The size of one rem in pixels.
pub fn rem_px() -> f64 {
    document()
        .and_then(|it| it.document_element())
        .and_then(|root| web_sys::window()?.get_computed_style(&root).ok().flatten())
        .and_then(|style| style.get_property_value("font-size").ok())
        .map(|size| js_sys::parse_float(&size))
        .filter(|it| it.is_finite())
        .unwrap_or(DEFAULT_REM_PX)
}

/// Whether the window is so narrow that the style sheet lays the page out for a phone.
pub fn is_narrow() -> bool {
    let query = web_sys::window().and_then(|it| it.match_media("(width < 48rem)").ok().flatten());
    query.is_some_and(|it| it.matches())
}

/// Replaces the content of the first element that matches. The focus stays on the button with the same `data-filter`.
pub fn replace_content(selector: &str, html: &str) {
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

/// Adds the missing rows to a table that holds only the first rows of `html`. Rows that are there already stay as they
/// are, and keep the focus.
pub fn append_rows(selector: &str, html: &str) {
    let Some(document) = document() else { return };
    let Some(element) = document.query_selector(selector).ok().flatten() else {
        return;
    };
    let Ok(parsed) = document.create_element("div") else {
        return;
    };
    parsed.set_inner_html(html);
    let all = |of: &Element, selector: &str| of.query_selector_all(selector).ok();
    let first = |of: &Element, selector: &str| of.query_selector(selector).ok().flatten();
    let n_present = all(&element, "tr").map_or(0, |it| it.length());
    let (Some(rows), Some(table)) = (all(&parsed, "tr"), first(&element, "table")) else {
        return;
    };
    let last_group = first(&element, "tbody:last-of-type");
    let split_group = rows.item(n_present).and_then(|it| it.parent_node());
    for row in (n_present..rows.length()).filter_map(|it| rows.item(it)) {
        // The first missing rows belong to the last group that is there; later groups are moved as a whole.
        let group = row.parent_node().filter(|it| !table.contains(Some(it)));
        let _ = match (group, &last_group) {
            (Some(group), Some(last_group)) if Some(&group) == split_group.as_ref() => {
                last_group.append_child(&row)
            }
            (Some(group), _) => table.append_child(&group),
            (None, _) => continue,
        };
    }
    while let Some(more) = first(&parsed, ":scope > p") {
        let _ = element.append_child(&more);
    }
}

/// The value of an attribute, from the nearest element around an event's target that has it.
pub fn closest_attribute(event: &web_sys::Event, attribute: &str) -> Option<String> {
    closest(event, &format!("[{attribute}]"))?.get_attribute(attribute)
}

/// Closes the unfolded menu around an event's target.
pub fn close_menu(event: &web_sys::Event) {
    if let Some(menu) = closest(event, "details[open]") {
        let _ = menu.remove_attribute("open");
    }
}

/// Sets the value of the first field that matches.
pub fn set_value(selector: &str, value: &str) {
    if let Some(field) = document().and_then(|it| it.query_selector(selector).ok().flatten()) {
        let _ = js_sys::Reflect::set(&field, &"value".into(), &value.into());
    }
}

/// The current URL of the page.
pub fn current_url() -> String {
    let window = web_sys::window();
    let address = window.and_then(|it| it.location().href().ok());
    address.unwrap_or_default()
}

/// Whether this document was reloaded at its present path. True once: who comes back to that path later arrives there.
pub fn is_reloaded() -> bool {
    let path = |url: &str| url.split(['?', '#']).next().unwrap_or_default().to_owned();
    let performance = web_sys::window().and_then(|it| it.performance());
    let entries = performance.map(|it| it.get_entries_by_type("navigation"));
    let entry = entries.and_then(|it| it.iter().next());
    let text = |key: &str| {
        let value = js_sys::Reflect::get(entry.as_ref()?, &key.into()).ok()?;
        value.as_string()
    };
    let is_here = text("name").is_some_and(|it| path(&it) == path(&current_url()));
    let is_first = !ASKED_RELOADED.replace(true);
    is_first && is_here && text("type").as_deref() == Some("reload")
}

/// Whether an element matches. False on the server.
pub fn exists(selector: &str) -> bool {
    if !is_browser() {
        return false;
    }
    let found = document().and_then(|it| it.query_selector(selector).ok());
    found.flatten().is_some()
}

/// The nearest element around an event's target that matches.
pub fn closest(event: &web_sys::Event, selector: &str) -> Option<Element> {
    event
        .target()?
        .dyn_into::<Element>()
        .ok()?
        .closest(selector)
        .ok()
        .flatten()
}

/// Whether an event comes from a field, a button or a link, which handle keys themselves.
pub fn is_from_control(event: &web_sys::Event) -> bool {
    closest(
        event,
        "input, textarea, select, button, a, [contenteditable]",
    )
    .is_some()
}

/// Replaces the selected text of a field, and puts the caret behind the new text.
pub fn insert_at_cursor(field: &web_sys::HtmlTextAreaElement, text: &str) {
    if let (Ok(Some(start)), Ok(Some(end))) = (field.selection_start(), field.selection_end()) {
        let _ = field.set_range_text_with_start_and_end(text, start, end);
        let end = start + u32::try_from(text.encode_utf16().count()).unwrap_or_default();
        let _ = field.set_selection_range(end, end);
    }
}

/// Calls back after a number of milliseconds. It cannot be cancelled: the callback must expect that its page is gone.
pub fn after(milliseconds: u32, call: impl FnOnce() + 'static) {
    gloo::timers::callback::Timeout::new(milliseconds, call).forget();
}

/// Calls back after the next paint. In a background tab that is when the tab is shown again.
pub fn after_paint(call: impl FnOnce() + 'static) {
    leptos::prelude::request_animation_frame(move || after(0, call));
}

/// Whether no element has the focus.
pub fn nothing_is_focused() -> bool {
    document().is_none_or(|it| match (it.active_element(), it.body()) {
        (Some(active), Some(body)) => active == *body.as_ref(),
        _ => true,
    })
}

/// Focuses the main part of the page if nothing has the focus.
pub fn focus_home() {
    if nothing_is_focused() {
        focus(HOME);
    }
}

/// Focuses what the page is about if nothing has the focus, without scrolling. A heading can have it too, for screen readers.
pub fn focus_page() {
    for selector in FALLBACKS {
        if nothing_is_focused() {
            if selector == HEADING {
                focus_heading();
            } else {
                focus_in_place(selector);
            }
        }
    }
}

/// Focuses the heading of a page, without scrolling, so that screen readers say where one is.
pub fn focus_heading() {
    focus_text(HEADING);
}

/// Focuses the first element that matches, also if it is a text, without scrolling.
pub fn focus_text(selector: &str) {
    let found = document().and_then(|it| it.query_selector(selector).ok().flatten());
    if let Some(text) = found {
        let _ = text.set_attribute("tabindex", "-1");
    }
    focus_in_place(selector);
}

/// Reloads the page from the server.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Selects the text of the first element that matches, so that the user can copy it.
pub fn select_content(selector: &str) {
    let found = document().and_then(|it| it.query_selector(selector).ok().flatten());
    let selection = web_sys::window().and_then(|it| it.get_selection().ok().flatten());
    if let (Some(element), Some(selection)) = (found, selection) {
        let _ = selection.select_all_children(&element);
    }
}

/// All that is selected, if some of it is in the first element that matches.
pub fn selection_over(selector: &str) -> Option<String> {
    let element = document()?.query_selector(selector).ok()??;
    let selection = web_sys::window()?.get_selection().ok()??;
    let reaches = selection.contains_node_with_allow_partial_containment(&element, true);
    let is_in_it = !selection.is_collapsed() && reaches.unwrap_or_default();
    is_in_it.then(|| selection.to_string().into())
}

/// Opens an address of this site in a tab of its own.
pub fn open_tab(address: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.open_with_url_and_target(address, "_blank");
    }
}

/// Whether the browser knows that there is no network, or the page has lost its connection. False on the server.
pub fn is_offline() -> bool {
    is_browser()
        && (lost_since().is_some() || web_sys::window().is_some_and(|it| !it.navigator().on_line()))
}

/// Scrolls a list up or down as far as needed to show one of its rows, and a little more.
pub fn scroll_to_row(list: &str, row: &str) {
    const MARGIN_PX: f64 = 40.0;
    let find = |selector: &str| document()?.query_selector(selector).ok().flatten();
    let (Some(list), Some(row)) = (find(list), find(row)) else {
        return;
    };
    let (view, at) = (
        list.get_bounding_client_rect(),
        row.get_bounding_client_rect(),
    );
    let above = at.top() - MARGIN_PX - view.top();
    let below = at.bottom() + MARGIN_PX - view.bottom();
    let by = if above < 0.0 { above } else { below.max(0.0) };
    #[expect(clippy::cast_possible_truncation, reason = "pixels")]
    let by = by as i32;
    list.set_scroll_top(list.scroll_top() + by);
}

/// Scrolls the first element that matches to its top.
pub fn scroll_to_top(selector: &str) {
    if let Some(element) = document().and_then(|it| it.query_selector(selector).ok().flatten()) {
        element.set_scroll_top(0);
    }
}

/// Opens the print dialog of the browser.
pub fn print() {
    if let Some(window) = web_sys::window() {
        let _ = window.print();
    }
}

/// Saves which element has the focus, before a dialog opens.
pub fn save_focus() {
    let active = document().and_then(|it| it.active_element());
    let active = active.and_then(|it| it.dyn_into().ok());
    SAVED_FOCUS.with_borrow_mut(|it| it.push(active));
}

/// Restores the focus that `save_focus` has saved, after the dialog is gone. If that element is gone too, or there was none, what
/// the page is about has it. Does nothing on the server.
pub fn restore_focus() {
    if !is_browser() {
        return;
    }
    let before = SAVED_FOCUS.with_borrow_mut(Vec::pop).flatten();
    if let Some(before) = before.filter(|it| it.is_connected()) {
        let _ = before.focus();
    }
    focus_page();
    call_waiting();
}

/// Whether a dialog or a menu is open, a field is being typed in, or something is being pressed, whose click would be lost.
fn is_busy() -> bool {
    SAVED_FOCUS.with_borrow(|it| !it.is_empty())
        || is_typing()
        || PRESSES.get().1
        || exists("details.more[open], dialog[open]")
}

fn call_waiting() {
    if !is_busy() {
        for call in WAITING.take() {
            call();
        }
    }
}

/// Calls back when nothing can be interrupted, so that a dialog which opens by itself takes no keys and no clicks that are
/// meant for something else: now, or once the dialog, the typing or the press is over. The page may be gone then.
pub fn when_free(call: impl FnOnce() + 'static) {
    if !is_busy() {
        return call();
    }
    WAITING.with_borrow_mut(|it| it.push(Box::new(call)));
    if LISTENS.replace(true) {
        return;
    }
    for event in ["focusin", "focusout", "pointerup", "click", "keyup"] {
        // The focus, or the click of the press, is settled a moment later.
        leptos::prelude::window_event_listener_untyped(event, |_| {
            if WAITING.with_borrow(|it| !it.is_empty()) {
                after(0, call_waiting);
            }
        });
    }
}
