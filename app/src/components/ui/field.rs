//! Form fields: a label, the control, a hint, and what is wrong, said at the field.
use super::{icon::Icon, text_area::TextArea};
use leptos::prelude::*;

/// What is wrong with a field, under it.
#[component]
fn Wrong(id: String, #[prop(into)] error: Signal<Option<String>>) -> impl IntoView {
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

fn described(
    id: &str,
    hint: Option<&'static str>,
    error: Signal<Option<String>>,
) -> Signal<Option<String>> {
    let (hint_id, error_id) = (hint.map(|_| format!("{id}-hint")), format!("{id}-error"));
    Signal::derive(move || {
        if error.get().is_some() {
            Some(error_id.clone())
        } else {
            hint_id.clone()
        }
    })
}

/// A field of one line.
#[component]
pub fn TextField(
    #[prop(into)] label: String,
    #[prop(into)] id: String,
    value: RwSignal<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(optional, into)] hint: Option<&'static str>,
    #[prop(default = "text")] kind: &'static str,
) -> impl IntoView {
    let described_by = described(&id, hint, error);
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
            <Wrong id=format!("{id}-error") error=error/>
        </div>
    }
}

/// A field of several lines.
#[component]
pub fn LongField(
    #[prop(into)] label: String,
    #[prop(into)] id: String,
    value: RwSignal<String>,
    #[prop(into)] error: Signal<Option<String>>,
    #[prop(optional, into)] hint: Option<&'static str>,
    #[prop(default = 3)] rows: u32,
) -> impl IntoView {
    let described_by = described(&id, hint, error);
    let invalid = Signal::derive(move || error.get().is_some());
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            <TextArea value=value id=id.clone() rows=rows described_by=described_by invalid=invalid/>
            {hint.map(|text| view! { <span class="hint" id=format!("{id}-hint")>{text}</span> })}
            <Wrong id=format!("{id}-error") error=error/>
        </div>
    }
}

/// A choice from a list of values and their labels.
#[component]
pub fn SelectField(
    #[prop(into)] label: String,
    #[prop(into)] id: String,
    value: RwSignal<String>,
    options: Vec<(String, String)>,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let described_by = described(&id, None, error);
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
            <Wrong id=format!("{id}-error") error=error/>
        </div>
    }
}
