//! Copies text to the clipboard. Pages over plain HTTP are no secure context and have no clipboard API, so there is a
//! fallback.
use wasm_bindgen::{JsCast, JsValue};
use web_sys::HtmlTextAreaElement;

/// Copies a text. False if the browser refuses.
pub async fn copy(text: &str) -> bool {
    let Some(window) = web_sys::window() else {
        return false;
    };
    if window.is_secure_context() {
        let copied = window.navigator().clipboard().write_text(text);
        if wasm_bindgen_futures::JsFuture::from(copied).await.is_ok() {
            return true;
        }
    }
    copy_by_selection(text).unwrap_or(false)
}

/// The fallback: selects the text in a temporary field and runs the deprecated copy command.
fn copy_by_selection(text: &str) -> Result<bool, JsValue> {
    let document = super::dom::document().ok_or(JsValue::NULL)?;
    let focused = document.active_element();
    let field: HtmlTextAreaElement = document.create_element("textarea")?.dyn_into()?;
    field.set_value(text);
    field.set_attribute("readonly", "")?;
    field.set_class_name("sr");
    // Inside an open dialog only the dialog's own fields can be selected.
    let parent = document
        .query_selector("dialog[open]")?
        .or_else(|| document.body().map(Into::into));
    let parent = parent.ok_or(JsValue::NULL)?;
    parent.append_child(&field)?;
    field.select();
    let copied = document
        .unchecked_into::<web_sys::HtmlDocument>()
        .exec_command("copy")?;
    field.remove();
    if let Some(focused) = focused.and_then(|it| it.dyn_into::<web_sys::HtmlElement>().ok()) {
        focused.focus()?;
    }
    Ok(copied)
}
