//! A list of boxes that was drawn as text: which are shown and which are on is set through the DOM, box by box, so that a
//! thousand of them are quick to filter.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, NodeList};

/// What a group's own box shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupState {
    pub is_shown: bool,
    pub is_on: bool,
    pub is_mixed: bool,
    pub count: String,
}

fn all(list: &str, what: &str) -> Option<NodeList> {
    let list = dom::document()?.query_selector(list).ok()??;
    list.query_selector_all(what).ok()
}

fn nth(nodes: &NodeList, index: usize) -> Option<Element> {
    nodes.get(u32::try_from(index).ok()?)?.dyn_into().ok()
}

/// The box of an entry: the first thing in its label, which is the first thing in it.
fn box_of(entry: &Element) -> Option<HtmlInputElement> {
    let label = entry.first_element_child()?;
    label.first_element_child()?.dyn_into().ok()
}

fn show(entry: &Element, is_shown: bool) {
    let _ = entry.toggle_attribute_with_force("hidden", !is_shown);
}

/// Entries by their place: hidden, or shown and on or off.
pub fn paint(list: &str, changes: &[(usize, Option<bool>)]) {
    let Some(entries) = all(list, "[data-item]") else {
        return;
    };
    for (index, state) in changes {
        let Some(entry) = nth(&entries, *index) else {
            continue;
        };
        show(&entry, state.is_some());
        if let (Some(is_on), Some(input)) = (state, box_of(&entry)) {
            input.set_checked(*is_on);
        }
    }
}

pub fn paint_groups(list: &str, groups: &[GroupState]) {
    let Some(entries) = all(list, "[data-band]") else {
        return;
    };
    for (index, group) in groups.iter().enumerate() {
        let Some(entry) = nth(&entries, index) else {
            continue;
        };
        show(&entry, group.is_shown);
        if let Some(input) = box_of(&entry) {
            input.set_checked(group.is_on);
            input.set_indeterminate(group.is_mixed);
        }
        if let Ok(Some(count)) = entry.query_selector(".count") {
            count.set_text_content(Some(&group.count));
        }
    }
}
