//! Validation messages in the rows of a table that was rendered as HTML text: sets `aria-invalid` and the message of each wrong field,
//! and removes the question below a field once it is edited.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::Element;

/// A field of a row that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongField {
    /// As the row's `data-row` has it.
    pub row: u32,
    /// As the field's `data-edit` has it.
    pub field: &'static str,
    pub message: String,
}

const DESCRIBED_BY: &str = "aria-describedby";
/// How the ids of messages begin.
const MESSAGE: &str = "wrong-";

/// Marks the wrong fields of the rows in the element of this id, each with its message below it. Marks of fields that are
/// right by now go.
pub fn mark_fields(rows: &str, wrong: &[WrongField]) {
    let Some(rows) = dom::document().and_then(|it| it.get_element_by_id(rows)) else {
        return;
    };
    for message in all(&rows, ".error") {
        message.remove();
    }
    for field in all(&rows, "[aria-invalid]") {
        let _ = field.remove_attribute("aria-invalid");
        describe(&field, None);
    }
    for it in wrong {
        let selector = format!("[data-row=\"{}\"] [data-edit={}]", it.row, it.field);
        let Some(field) = rows.query_selector(&selector).ok().flatten() else {
            continue;
        };
        let Some(message) = dom::document().and_then(|it| it.create_element("p").ok()) else {
            continue;
        };
        let id = format!("{MESSAGE}{}-{}", it.row, it.field);
        message.set_id(&id);
        message.set_class_name("error");
        message.set_text_content(Some(&it.message));
        let _ = field.insert_adjacent_element("afterend", &message);
        if field.matches("input, select").unwrap_or_default() {
            let _ = field.set_attribute("aria-invalid", "true");
            describe(&field, Some(&id));
        }
    }
}

/// Takes away the question that a field answers: the element by which it is described.
pub fn remove_question(event: &web_sys::Event) {
    let Some(field) = dom::closest(event, "[data-edit]") else {
        return;
    };
    let Some(row) = dom::closest(event, "[data-row]") else {
        return;
    };
    for question in all(&row, ".alert") {
        question.remove();
    }
    let ids = field.get_attribute(DESCRIBED_BY).unwrap_or_default();
    let messages = ids.split(' ').filter(|it| it.starts_with(MESSAGE));
    set_ids(&field, &messages.collect::<Vec<_>>());
}

/// Sets the message that describes a field, beside its other descriptions.
fn describe(field: &Element, message: Option<&str>) {
    let ids = field.get_attribute(DESCRIBED_BY).unwrap_or_default();
    let others = ids.split(' ');
    let others = others.filter(|it| !it.is_empty() && !it.starts_with(MESSAGE));
    set_ids(field, &others.chain(message).collect::<Vec<_>>());
}

fn set_ids(field: &Element, ids: &[&str]) {
    let _ = if ids.is_empty() {
        field.remove_attribute(DESCRIBED_BY)
    } else {
        field.set_attribute(DESCRIBED_BY, &ids.join(" "))
    };
}

fn all(of: &Element, selector: &str) -> Vec<Element> {
    let found = of.query_selector_all(selector).ok();
    let nodes = found
        .into_iter()
        .flat_map(|it| (0..it.length()).filter_map(move |at| it.item(at)));
    nodes.filter_map(|it| it.dyn_into().ok()).collect()
}
