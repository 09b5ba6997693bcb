//! What a form needs of the browser.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// A text in Unicode's composed form, so that the rules can be checked here too: the browser brings the tables along, and
/// the WASM need not.
pub fn composed(text: String) -> String {
    if text.is_ascii() || !cfg!(target_family = "wasm") {
        return text;
    }
    js_sys::JsString::from(text.as_str())
        .normalize("NFC")
        .into()
}

/// Whether a key means: save.
pub fn is_save(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" && (event.ctrl_key() || event.meta_key())
}

/// Presses the button that sends the form around an event.
pub fn send(event: &web_sys::Event) {
    let form = dom::closest(event, "form");
    let button = form.and_then(|it| it.query_selector("[type=submit]").ok().flatten());
    if let Some(button) = button.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}

/// Gives the keyboard to the first field that is wrong, once it is marked.
pub fn show_wrong() {
    dom::after(0, || dom::focus("form [aria-invalid=true]"));
}
