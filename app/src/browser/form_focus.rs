//! The keyboard's place in a form that is rendered anew, with some of its fields gone: the same control, or the field that is in its
//! place now.
use super::dom;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Takes the focus from the element that has got it with this event.
pub fn refuse(event: &web_sys::Event) {
    let target = event.target();
    if let Some(element) = target.and_then(|it| it.dyn_into::<HtmlElement>().ok()) {
        let _ = element.blur();
    }
}

/// Where the keyboard was: the name of the control, and how many fields of the form come before it.
#[derive(Clone, Debug)]
pub struct FocusPlace {
    name: String,
    n_before: usize,
}

fn name_of(control: &Element) -> String {
    let label = control.get_attribute("aria-label");
    label.or_else(|| control.text_content()).unwrap_or_default()
}

fn controls(form: &str) -> Vec<HtmlElement> {
    let selector = format!("{form} :is(input, button)");
    let found = dom::document().and_then(|it| it.query_selector_all(&selector).ok());
    let nodes = found.into_iter().flat_map(|all| {
        let each = (0..all.length()).map(move |at| all.item(at));
        each.flatten()
    });
    nodes.filter_map(|it| it.dyn_into().ok()).collect()
}

fn is_field(control: &HtmlElement) -> bool {
    control.tag_name() == "INPUT"
}

/// Where the keyboard is in the form of this selector; none if it is elsewhere.
pub fn place_in(form: &str) -> Option<FocusPlace> {
    let active = dom::document()?.active_element()?;
    let mut n_before = 0;
    for control in controls(form) {
        if *control == active {
            let name = name_of(&active);
            return Some(FocusPlace { name, n_before });
        }
        n_before += usize::from(is_field(&control));
    }
    None
}

/// Puts the keyboard back if it is nowhere: to the control of the same name, else to the field in its place or the last one, and
/// without fields to the text of the selector `otherwise`.
pub fn put_back(form: &str, place: Option<&FocusPlace>, otherwise: &str) {
    if !dom::nothing_is_focused() {
        return;
    }
    let all = controls(form);
    let same = place.and_then(|place| all.iter().find(|it| name_of(it) == place.name));
    let fields: Vec<&HtmlElement> = all.iter().filter(|it| is_field(it)).collect();
    let in_place = place.and_then(|it| fields.get(it.n_before).or(fields.last()).copied());
    if let Some(control) = same.or(in_place) {
        let _ = control.focus();
    } else {
        dom::focus_text(otherwise);
    }
}
