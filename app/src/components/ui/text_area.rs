//! Text area. Leptos does not escape the content of a `textarea` on the server, so it is escaped here.
use super::html::escape;
use crate::browser::dom;
use leptos::{html, prelude::*};

/// The HTML of a labelled text area, for forms that are shown only without JavaScript.
pub fn plain_html(id: &str, label: &str, text: &str) -> String {
    let (label, text) = (escape(label), escape(text));
    format!(
        "<label for=\"{id}\">{label}</label><textarea class=\"input mono\" id=\"{id}\" name=\"{id}\" rows=\"6\">\n{text}</textarea>"
    )
}

/// What a text area is for, with its visible height in lines of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TextAreaKind {
    /// Prose, with spell checking.
    Prose(u32),
    /// Code: monospaced, without spell checking.
    Code(u32),
}

/// A text area.
#[component]
pub fn TextArea(
    value: RwSignal<String>,
    /// The id, and the name in a form.
    #[prop(into)]
    id: String,
    kind: TextAreaKind,
    /// The id of the element that describes the field.
    #[prop(optional, into)]
    described_by: Signal<Option<String>>,
    #[prop(optional, into)] invalid: Signal<bool>,
    #[prop(optional)] node_ref: NodeRef<html::Textarea>,
) -> impl IntoView {
    let (code, rows) = match kind {
        TextAreaKind::Prose(rows) => (false, rows),
        TextAreaKind::Code(rows) => (true, rows),
    };
    // Once the field is on the page only its value is written, not its content. HTML parsers drop a line break directly after the
    // start tag.
    let initial = if dom::is_browser() {
        String::new()
    } else {
        format!("\n{}", escape(&value.get_untracked()))
    };
    // Not by `prop:value`: where a view is rendered again, leptos first sets the properties of the elements that it keeps to
    // `undefined`, which moves the caret to the end. Writing the value that a field has already leaves its caret alone.
    Effect::new(move |_| {
        if let Some(field) = node_ref.get() {
            value.with(|it| field.set_value(it));
        }
    });
    view! {
        <textarea
            node_ref=node_ref
            class=if code { "input mono" } else { "input" }
            id=id.clone()
            name=id
            rows=rows
            spellcheck=if code { "false" } else { "true" }
            aria-describedby=described_by
            aria-invalid=move || invalid.get().then_some("true")
            inner_html=initial
            on:input=move |event| value.set(event_target_value(&event))
        ></textarea>
    }
}
