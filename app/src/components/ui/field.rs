//! Form fields: a label, the control, a hint, and the error of the field below it, linked for screen readers.
use super::{
    icon::Icon,
    text_area::{TextArea, TextAreaKind},
};
use leptos::prelude::*;

/// The error of a field, below it.
#[component]
fn FieldMessage(id: String, #[prop(into)] error: Signal<Option<String>>) -> impl IntoView {
    move || {
        let id = id.clone();
        error.get().map(|text| {
            view! {
                <span class="error" id=id>
                    <Icon name="i-warn" small=true/>
                    <span>{text}</span>
                </span>
            }
        })
    }
}

/// The ids of the elements that describe a field: its hint and its error.
fn description_id(
    id: &str,
    hint: Option<&'static str>,
    error: Signal<Option<String>>,
) -> Signal<Option<String>> {
    let (hint_id, error_id) = (hint.map(|_| format!("{id}-hint")), format!("{id}-error"));
    Signal::derive(move || {
        let error_id = error.with(Option::is_some).then(|| error_id.clone());
        match (&hint_id, error_id) {
            (Some(hint_id), Some(error_id)) => Some(format!("{hint_id} {error_id}")),
            (hint_id, error_id) => error_id.or_else(|| hint_id.clone()),
        }
    })
}

/// A field for one line of text.
#[component]
pub fn TextField(
    #[prop(into)] label: String,
    #[prop(into)] id: String,
    value: RwSignal<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(optional, into)] hint: Option<&'static str>,
    #[prop(default = "text")] kind: &'static str,
) -> impl IntoView {
    let described_by = description_id(&id, hint, error);
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <input
                class="input"
                type=kind
                id=id.clone()
                name=id.clone()
                autocomplete="off"
                value=value.get_untracked()
                prop:value=move || value.get()
                aria-describedby=described_by
                aria-invalid=move || error.get().is_some().then_some("true")
                on:input=move |event| value.set(event_target_value(&event))
            />
            {hint.map(|text| view! { <span class="hint" id=format!("{id}-hint")>{text}</span> })}
            <FieldMessage id=format!("{id}-error") error=error/>
        </div>
    }
}

/// A field for several lines of text.
#[component]
pub fn LongField(
    #[prop(into)] label: String,
    #[prop(into)] id: String,
    value: RwSignal<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(optional, into)] hint: Option<&'static str>,
    #[prop(default = 3)] rows: u32,
) -> impl IntoView {
    let described_by = description_id(&id, hint, error);
    let invalid = Signal::derive(move || error.get().is_some());
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <TextArea value=value id=id.clone() kind=TextAreaKind::Prose(rows) described_by=described_by invalid=invalid/>
            {hint.map(|text| view! { <span class="hint" id=format!("{id}-hint")>{text}</span> })}
            <FieldMessage id=format!("{id}-error") error=error/>
        </div>
    }
}

/// A choice from a list of options, each a value and its label.
#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    #[prop(into)] id: String,
    value: RwSignal<String>,
    options: Vec<(String, String)>,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let described_by = description_id(&id, None, error);
    let options = options
        .into_iter()
        .map(|(key, label)| {
            let is_chosen = value.get_untracked() == key;
            view! { <option value=key selected=is_chosen>{label}</option> }
        })
        .collect_view();
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <select
                class="input"
                id=id.clone()
                name=id.clone()
                prop:value=move || value.get()
                aria-describedby=described_by
                aria-invalid=move || error.get().is_some().then_some("true")
                on:change=move |event| value.set(event_target_value(&event))
            >
                {options}
            </select>
            <FieldMessage id=format!("{id}-error") error=error/>
        </div>
    }
}
