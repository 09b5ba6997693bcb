//! Browser functions of forms: Unicode normalization, the submit shortcut, and the focus on invalid fields.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

/// A text in Unicode normalization form C, so that forms can check the domain's rules. The browser normalizes, because the
/// tables would be too large for the WASM. On the server the text is unchanged.
pub fn to_nfc(text: String) -> String {
    if text.is_ascii() || !cfg!(target_family = "wasm") {
        return text;
    }
    js_sys::JsString::from(text.as_str())
        .normalize("NFC")
        .into()
}

/// Whether a key press is the submit shortcut, Ctrl+Enter or Cmd+Enter.
pub fn is_submit_shortcut(event: &KeyboardEvent) -> bool {
    event.key() == "Enter" && (event.ctrl_key() || event.meta_key())
}

/// Whether a key press is Enter in a field of one line, which would send the form.
pub fn is_enter_in_field(event: &KeyboardEvent) -> bool {
    event.key() == "Enter"
        && !event.is_composing()
        && dom::closest(event, "input:not([type=file])").is_some()
}

/// Clicks the submit button of the form around an event's target.
pub fn submit_form(event: &web_sys::Event) {
    let form = dom::closest(event, "form");
    let button = form.and_then(|it| it.query_selector("[type=submit]").ok().flatten());
    if let Some(button) = button.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        button.click();
    }
}

/// Focuses the first invalid field, after the present changes have been rendered.
pub fn focus_first_invalid() {
    dom::after(0, || dom::focus("form [aria-invalid=true]"));
}
