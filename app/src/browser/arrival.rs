//! Focus after a navigation within the application (R106), and in a form that was just loaded. Only to be called in the browser.
use super::dom::{
    after, after_paint, exists, focus, focus_heading, focus_in_place, is_reloaded,
    nothing_is_focused,
};
use std::cell::RefCell;
use web_sys::HtmlElement;

thread_local! {
    /// The page whose head was drawn last, as `page_here` tells it.
    static DRAWN_PAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// How the addresses of pages end that are one form.
const FORM_ENDS: [&str; 2] = ["/new", "/edit"];

/// What a query begins with if it makes another page of a path.
const VIEWS: [&str; 3] = ["?paste", "?rancher", "?view=print"];

/// The first field of a form.
const FIRST_FIELD: &str = "#main form :is(input:not([type=hidden]), select, textarea)";

/// Where a page says that one begins: what is to be done next, or the text in a part that is marked.
const START: &str = "#main :is(a[data-start], [data-start] textarea)";

/// How often, and how many times at most, it is looked whether a heading is in the document.
const MOUNT_CHECK_MS: u32 = 50;
const MOUNT_CHECKS: u32 = 200;

/// What has the focus and keeps it when a page is opened. Not its heading: `live.js` gives it a focus that went with the page before, on a
/// slow machine before the page begins.
const HAS_FOCUS: &str = "#main :focus:not(h1), dialog[open]";

/// The path of the present page, and what tells the page from others.
fn page_here() -> Option<(String, String)> {
    let location = web_sys::window()?.location();
    let (path, query) = (location.pathname().ok()?, location.search().ok()?);
    let view = VIEWS.into_iter().find(|it| query.starts_with(it));
    let page = [path.as_str(), view.unwrap_or_default()].concat();
    Some((path, page))
}

fn is_form(path: &str) -> bool {
    FORM_ENDS.iter().any(|it| path.ends_with(it))
}

/// Focuses where a page begins: what is marked so, else the first field of a form, else the heading; unless a part of the page has
/// the focus already.
fn focus_arrival(path: &str) {
    if exists(HAS_FOCUS) {
        return;
    }
    if exists(START) {
        focus(START);
    } else if is_form(path) && exists(FIRST_FIELD) {
        focus_in_place(FIRST_FIELD);
    } else {
        focus_heading();
    }
}

/// To be called with its heading when the head of a page is drawn. After a navigation inside the app the new page gets the focus,
/// also from the navigation. The first page, which the browser itself has loaded, leaves it where it is; but a form is begun with,
/// unless it was reloaded or something has the focus.
pub fn focus_new_page(heading: &HtmlElement) {
    let heading = heading.clone();
    after_paint(move || arrive_when_mounted(heading, MOUNT_CHECKS));
}

/// A page that waits for more data, as the matrix does for the step of its address, is drawn before it takes the place of the page
/// before it: until then the focus is in a page that goes.
fn arrive_when_mounted(heading: HtmlElement, checks: u32) {
    if heading.is_connected() {
        after(0, arrive);
    } else if checks > 0 {
        after(MOUNT_CHECK_MS, move || {
            arrive_when_mounted(heading, checks - 1);
        });
    }
}

fn arrive() {
    let Some((path, page)) = page_here() else {
        return;
    };
    let is_arrival = match DRAWN_PAGE.replace(Some(page.clone())) {
        Some(before) => before != page,
        None => is_form(&path) && nothing_is_focused() && !is_reloaded(),
    };
    if is_arrival {
        focus_arrival(&path);
    }
}
