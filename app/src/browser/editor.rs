//! DOM access for the text area of the step editor: the text around the caret, inserted text that undo knows about, and the
//! position and ARIA attributes of the completion list.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlDocument, HtmlElement, HtmlTextAreaElement};

/// Converts an offset in UTF-16 units, which browsers count in, to one in bytes. At most the length of the text.
pub fn byte_offset(text: &str, unit: u32) -> usize {
    let mut units = 0;
    for (at, letter) in text.char_indices() {
        if units >= unit {
            return at;
        }
        units += u32::try_from(letter.len_utf16()).unwrap_or_default();
    }
    text.len()
}

/// The text before and after the caret. `None` while text is selected.
pub fn text_around_caret(field: &HtmlTextAreaElement) -> Option<(String, String)> {
    let start = field.selection_start().ok()??;
    if field.selection_end().ok()?? != start {
        return None;
    }
    let text = field.value();
    let (before, behind) = text.split_at(byte_offset(&text, start));
    Some((before.to_owned(), behind.to_owned()))
}

/// Inserts a text like typed input, so that the browser's undo includes it. It replaces `replaced_units` UTF-16 units
/// before the caret, and the selection.
pub fn insert_text(field: &HtmlTextAreaElement, replaced_units: u32, text: &str) {
    let (Ok(Some(start)), Ok(Some(end))) = (field.selection_start(), field.selection_end()) else {
        return;
    };
    let _ = field.set_selection_range(start.saturating_sub(replaced_units), end);
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

/// Scrolls the highlighted text under the field to the position of the field.
pub fn sync_scroll(colours: &Element, field: &Element) {
    colours.set_scroll_left(field.scroll_left());
    colours.set_scroll_top(field.scroll_top());
}

/// Places the completion list under a line and column of the highlighted text, both counted from 0.
pub fn place_completions(list: &HtmlElement, colours: &Element, line: u32, column: u32) {
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

/// Whether the field has the focus.
pub fn has_focus(field: &Element) -> bool {
    let active = dom::document().and_then(|it| it.active_element());
    active.is_some_and(|it| it == *field)
}

/// Links the field to its completion list and the selected option, by their ids. `None` removes the link.
pub fn set_completion_attributes(field: &Element, list: Option<&str>, chosen: Option<&str>) {
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

/// The text of the file that was selected in a file field. `None` if there is no file, or it cannot be read.
pub async fn selected_file_text(event: &web_sys::Event) -> Option<String> {
    let field: web_sys::HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file = field.files()?.get(0)?;
    let text = wasm_bindgen_futures::JsFuture::from(file.text()).await;
    // Otherwise selecting the same file again would send no event.
    field.set_value("");
    text.ok()?.as_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_16_units_are_converted_to_bytes() {
        let text = "aé😀b";
        let at: Vec<usize> = [0, 1, 2, 4, 5, 9]
            .into_iter()
            .map(|it| byte_offset(text, it))
            .collect();
        assert_eq!(at, [0, 1, 3, 7, 8, 8]);
    }
}
