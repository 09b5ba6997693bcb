//! DOM updates of a checkbox list that was rendered as HTML text: visibility and state are set item by item, so that a list
//! of a thousand checkboxes can be filtered with each key press.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement, NodeList};

/// The state of a group and its own checkbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupState {
    /// Whether the group is visible.
    pub is_shown: bool,
    pub is_on: bool,
    /// Whether some items of the group are on and others are off.
    pub is_mixed: bool,
    /// The text of its count.
    pub count: String,
}

fn query_all(list: &str, selector: &str) -> Option<NodeList> {
    let list = dom::document()?.query_selector(list).ok()??;
    list.query_selector_all(selector).ok()
}

fn nth(nodes: &NodeList, index: usize) -> Option<Element> {
    nodes.get(u32::try_from(index).ok()?)?.dyn_into().ok()
}

/// The checkbox of an item or group: the first element of its label, which is its own first element.
fn checkbox_of(entry: &Element) -> Option<HtmlInputElement> {
    let label = entry.first_element_child()?;
    label.first_element_child()?.dyn_into().ok()
}

fn set_shown(entry: &Element, is_shown: bool) {
    let _ = entry.toggle_attribute_with_force("hidden", !is_shown);
}

/// Updates items of the list that matches, by index. `None` hides an item; otherwise it is shown, and on or off.
pub fn update_items(list: &str, changes: &[(usize, Option<bool>)]) {
    let Some(entries) = query_all(list, "[data-item]") else {
        return;
    };
    for (index, state) in changes {
        let Some(entry) = nth(&entries, *index) else {
            continue;
        };
        set_shown(&entry, state.is_some());
        if let (Some(is_on), Some(input)) = (state, checkbox_of(&entry)) {
            input.set_checked(*is_on);
        }
    }
}

/// Updates all groups of the list that matches, in order.
pub fn update_groups(list: &str, groups: &[GroupState]) {
    let Some(entries) = query_all(list, "[data-band]") else {
        return;
    };
    for (index, group) in groups.iter().enumerate() {
        let Some(entry) = nth(&entries, index) else {
            continue;
        };
        set_shown(&entry, group.is_shown);
        if let Some(input) = checkbox_of(&entry) {
            input.set_checked(group.is_on);
            input.set_indeterminate(group.is_mixed);
        }
        if let Ok(Some(count)) = entry.query_selector(".count") {
            count.set_text_content(Some(&group.count));
        }
    }
}
