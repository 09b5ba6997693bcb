//! The text field of the step editor: what stands before the caret, what is typed for the person, and the list of
//! completions under it.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDocument, HtmlElement, HtmlTextAreaElement};

/// Browsers count a text in units of UTF-16: where the unit is in bytes.
pub fn byte_at(text: &str, unit: u32) -> usize {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= unit {
            return at;
        }
        units += u32::try_from(letter.len_utf16()).unwrap_or_default();
    }
    text.len()
}

/// The text before and behind the caret; none while something is selected.
pub fn around_caret(field: &HtmlTextAreaElement) -> Option<(String, String)> {
    let start = field.selection_start().ok()??;
    if field.selection_end().ok()?? != start {
        return None;
    }
    let text = field.value();
    let (before, behind) = text.split_at(byte_at(&text, start));
    Some((before.to_owned(), behind.to_owned()))
}

/// Types a text as the person would, so that the browser's own undo knows it; `back` are the units before the caret that
/// it replaces.
pub fn type_in(field: &HtmlTextAreaElement, back: u32, text: &str) {
    let (Ok(Some(start)), Ok(Some(end))) = (field.selection_start(), field.selection_end()) else {
        return;
    };
    let _ = field.set_selection_range(start.saturating_sub(back), end);
    let document = dom::document().and_then(|it| it.dyn_into::<HtmlDocument>().ok());
    let typed = document.and_then(|it| {
        it.exec_command_with_show_ui_and_value("insertText", false, text)
            .ok()
    });
    if typed == Some(true) {
        return;
    }
    dom::insert_at_cursor(field, text);
    if let Ok(event) = web_sys::Event::new("input") {
        let _ = field.dispatch_event(&event);
    }
}

/// Types a text in place of all that is there.
pub fn replace_all(field: &HtmlTextAreaElement, text: &str) {
    let _ = field.focus();
    field.select();
    type_in(field, 0, text);
}

/// The colours scroll with the text that they lie under.
pub fn scroll_along(colours: &Element, field: &Element) {
    colours.set_scroll_left(field.scroll_left());
    colours.set_scroll_top(field.scroll_top());
}

/// Puts the list under a line of the coloured text, at a column of it.
pub fn place(list: &HtmlElement, colours: &Element, line: u32, column: u32) {
    let lines = colours.query_selector_all(".ln").ok();
    let line = lines
        .and_then(|it| it.get(line))
        .and_then(|it| it.dyn_into::<HtmlElement>().ok());
    let Some(line) = line else { return };
    let under = line.offset_top() + line.offset_height();
    let scrolled = colours.scroll_left();
    let left = format!("min(calc(2.5rem + {column}ch - {scrolled}px), calc(100% - 16rem))");
    let _ = list.style().set_property("top", &format!("{under}px"));
    let _ = list.style().set_property("left", &left);
}

/// Whether keys go into this field just now.
pub fn has_keyboard(field: &Element) -> bool {
    let active = dom::document().and_then(|it| it.active_element());
    active.is_some_and(|it| it == *field)
}

/// Says which list completes the field, and which of its lines is chosen.
pub fn set_completion(field: &Element, list: Option<&str>, chosen: Option<&str>) {
    let attributes = [
        ("aria-autocomplete", Some("list")),
        ("aria-controls", list),
        ("aria-activedescendant", chosen),
    ];
    for (name, value) in attributes {
        let _ = match value {
            Some(value) => field.set_attribute(name, value),
            None => field.remove_attribute(name),
        };
    }
}

/// The content of the file that was chosen in a field, in bytes: as text the browser would replace what is not UTF-8. None
/// if there is none.
pub async fn chosen_bytes(event: &web_sys::Event) -> Option<Vec<u8>> {
    let field: web_sys::HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = field.files()?.get(0)?;
    let content = wasm_bindgen_futures::JsFuture::from(file.array_buffer()).await;
    // The same file can then be chosen once more.
    field.set_value("");
    Some(js_sys::Uint8Array::new(&content.ok()?).to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_of_utf_16_are_found_in_bytes() {
        let text = "aé😀b";
        let at: Vec<usize> = [0, 1, 2, 4, 5, 9]
            .into_iter()
            .map(|it| byte_at(text, it))
            .collect();
        assert_eq!(at, [0, 1, 3, 7, 8, 8]);
    }
}
