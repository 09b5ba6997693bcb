//! Variables: rows of keys and values. A number or boolean that nobody touches keeps its type.
use super::ui::{icon::Icon, posted::Posted, text_area};
use crate::domain::text::{Metadata, Value, is_key};
use leptos::prelude::*;

/// A row being edited, and the value that it came with.
#[derive(Clone, Copy)]
struct Row {
    number: u32,
    key: RwSignal<String>,
    value: RwSignal<String>,
    original: StoredValue<Option<Value>>,
}

/// The rows of an editor.
#[derive(Clone, Copy)]
pub struct Variables {
    rows: RwSignal<Vec<Row>>,
    next: StoredValue<u32>,
    /// For a browser without JavaScript.
    lines: StoredValue<String>,
}

impl Variables {
    pub fn new(metadata: &Metadata, posted: Option<&Posted>) -> Self {
        let lines = Posted::typed(posted, "variables", metadata.lines());
        let metadata = &Metadata::from_lines(&lines, metadata);
        let this = Self {
            rows: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            lines: StoredValue::new(lines),
        };
        for (key, value) in &metadata.0 {
            this.add(key.clone(), value.to_string(), Some(value.clone()));
        }
        this
    }

    fn add(self, key: String, value: String, original: Option<Value>) -> u32 {
        let number = self.next.get_value();
        self.next.set_value(number + 1);
        self.rows.update(|rows| {
            rows.push(Row {
                number,
                key: RwSignal::new(key),
                value: RwSignal::new(value),
                original: StoredValue::new(original),
            });
        });
        number
    }

    /// What is typed in. Rows without key and value do not count.
    pub fn metadata(self) -> Metadata {
        let rows = self.rows.get_untracked();
        Metadata(
            rows.iter()
                .map(|row| (row.key.get_untracked().trim().to_owned(), row))
                .filter(|(key, row)| !key.is_empty() || !row.value.get_untracked().is_empty())
                .map(|(key, row)| {
                    let text = row.value.get_untracked();
                    let untouched = row.original.get_value().filter(|it| it.to_string() == text);
                    (key, untouched.unwrap_or(Value::Text(text)))
                })
                .collect(),
        )
    }
}

#[component]
pub fn VariablesEditor(
    variables: Variables,
    #[prop(into)] error: Signal<Option<String>>,
) -> impl IntoView {
    let draw = move |row: Row| {
        let n = row.number;
        let id = format!("variable-{n}");
        let invalid = move || {
            let key = row.key.get();
            (!key.trim().is_empty() && !is_key(key.trim())).then_some("true")
        };
        view! {
            <tr>
                <td>
                    <input
                        class="input mono"
                        id=id
                        aria-label="Key"
                        placeholder="KEY"
                        autocomplete="off"
                        spellcheck="false"
                        aria-invalid=invalid
                        value=row.key.get_untracked()
                        prop:value=move || row.key.get()
                        on:input=move |event| row.key.set(event_target_value(&event))
                    />
                </td>
                <td>
                    <input
                        class="input mono"
                        aria-label=move || format!("Value of {}", row.key.get())
                        autocomplete="off"
                        spellcheck="false"
                        value=row.value.get_untracked()
                        prop:value=move || row.value.get()
                        on:input=move |event| row.value.set(event_target_value(&event))
                    />
                </td>
                <td>
                    <button
                        class="button"
                        type="button"
                        data-kind="ghost"
                        data-size="s"
                        data-square=""
                        aria-label=move || format!("Remove {}", row.key.get())
                        on:click=move |_| variables.rows.update(|rows| rows.retain(|it| it.number != n))
                    >
                        <Icon name="i-close"/>
                    </button>
                </td>
            </tr>
        }
    };
    let lines = variables.lines.get_value();
    let plain = text_area::plain("variables", "Variables, a line each: KEY=value", &lines);
    view! {
        <noscript inner_html=plain></noscript>
        <fieldset class="field variables-editor">
            <legend class="label">"Variables"</legend>
            <table class="table variables">
                <thead class="sr">
                    <tr>
                        <th scope="col">"Key"</th>
                        <th scope="col">"Value"</th>
                        <th scope="col">"Remove"</th>
                    </tr>
                </thead>
                <tbody>
                    <For each=move || variables.rows.get() key=|row| row.number children=draw/>
                </tbody>
            </table>
            {move || error.get().map(|text| view! { <span class="error">{text}</span> })}
            <div class="row">
                <button
                    class="button"
                    type="button"
                    data-size="s"
                    on:click=move |_| {
                        let number = variables.add(String::new(), String::new(), None);
                        crate::browser::dom::after(0, move || crate::browser::dom::focus(&format!("#variable-{number}")));
                    }
                >
                    <Icon name="i-plus" small=true/>
                    "Add variable"
                </button>
                <span class="hint">"Used in steps as {{var.KEY}}."</span>
            </div>
        </fieldset>
    }
}
