//! Editor of a record's variables: rows of keys and values. A number or boolean keeps its type unless its value is
//! edited. Inherited values are shown with their origin.
use super::ui::{icon::Icon, posted::Posted, text_area};
use crate::{
    browser,
    domain::{
        field_error::FieldError,
        metadata::{Metadata, Value, is_key},
        validation_errors::InvalidField,
        vocabulary::Field,
    },
};
use leptos::prelude::*;

/// A row, and the value that it began with.
#[derive(Clone, Copy)]
struct VariableRow {
    number: u32,
    key: RwSignal<String>,
    value: RwSignal<String>,
    original: StoredValue<Option<Value>>,
}

/// A variable inherited from another record; a row with the same key overrides it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InheritedVariable {
    /// The key, without `var.`.
    pub key: String,
    /// The inherited value.
    pub value: String,
    /// The name of the record that it comes from, e.g. "eu-west".
    pub from: String,
}

impl InheritedVariable {
    /// The variables of one record.
    pub fn from_metadata(metadata: &Metadata, from: &str) -> Vec<Self> {
        let values = metadata.0.iter();
        values
            .map(|(key, value)| Self {
                key: key.clone(),
                value: value.to_string(),
                from: from.to_owned(),
            })
            .collect()
    }
}

/// The rows of an editor.
#[derive(Clone, Copy)]
pub struct VariableRows {
    rows: RwSignal<Vec<VariableRow>>,
    /// The number of the next row.
    next: StoredValue<u32>,
    /// The owner of the form. Rows belong to it, not to the handler that adds them, so that they live as long as the
    /// form.
    owner: StoredValue<Option<WeakOwner>>,
    /// The variables as text, for browsers without JavaScript.
    lines: StoredValue<String>,
}

impl VariableRows {
    /// Rows that begin with a record's variables, or with what was typed before the page was posted.
    pub fn new(metadata: &Metadata, posted: Option<&Posted>) -> Self {
        let lines = Posted::field_or(posted, "variables", metadata.lines());
        let metadata = &Metadata::from_lines(&lines, metadata);
        let this = Self {
            rows: RwSignal::new(Vec::new()),
            next: StoredValue::new(0),
            owner: StoredValue::new(Owner::current().map(|it| it.downgrade())),
            lines: StoredValue::new(lines),
        };
        this.set(metadata);
        this
    }

    /// Replaces all rows, unless they say the same.
    pub fn set(self, metadata: &Metadata) {
        if untrack(|| self.metadata()) == *metadata {
            return;
        }
        self.rows.set(Vec::new());
        for (key, value) in &metadata.0 {
            self.add(key.clone(), value.to_string(), Some(value.clone()));
        }
    }

    fn add(self, key: String, value: String, original: Option<Value>) -> u32 {
        let number = self.next.get_value();
        self.next.set_value(number + 1);
        let row = move || VariableRow {
            number,
            key: RwSignal::new(key),
            value: RwSignal::new(value),
            original: StoredValue::new(original),
        };
        let owner = self.owner.get_value().and_then(|it| it.upgrade());
        let row = match owner {
            Some(owner) => owner.with(row),
            None => row(),
        };
        self.rows.update(|rows| rows.push(row));
        number
    }

    /// The typed variables, without empty rows.
    pub fn metadata(self) -> Metadata {
        let rows = self.rows.get();
        Metadata(
            rows.iter()
                .map(|row| (row.key.get().trim().to_owned(), row))
                .filter(|(key, row)| !key.is_empty() || !row.value.with(String::is_empty))
                .map(|(key, row)| {
                    let text = browser::form::to_nfc(row.value.get());
                    let untouched = row.original.get_value().filter(|it| it.to_string() == text);
                    (key, untouched.unwrap_or(Value::Text(text)))
                })
                .collect(),
        )
    }

    /// The error of two rows with the same key: saving would lose one of them.
    pub fn duplicate_key(self) -> Option<InvalidField> {
        let rows = self.rows.get();
        rows.iter().find_map(|row| {
            let problem = self.key_error(*row)?;
            let is_twice = matches!(problem, FieldError::KeyTwice { .. });
            is_twice.then_some(InvalidField {
                field: Field::Variables,
                problem,
            })
        })
    }

    /// The error of a row's key.
    fn key_error(self, row: VariableRow) -> Option<FieldError> {
        let key = row.key.get().trim().to_owned();
        if key.is_empty() {
            let is_blank = row.value.with(String::is_empty);
            return (!is_blank).then_some(FieldError::Missing);
        }
        if !is_key(&key) {
            return Some(FieldError::NotAKey { key });
        }
        let n_same = self.rows.with(|rows| {
            let same = rows.iter().filter(|it| it.key.with(|it| it.trim() == key));
            same.count()
        });
        (n_same > 1).then_some(FieldError::KeyTwice { key })
    }

    fn has_key(self, key: &str) -> bool {
        self.rows
            .with(|rows| rows.iter().any(|it| it.key.with(|it| it.trim() == key)))
    }

    /// Adds a row and focuses its first empty field.
    fn add_focused(self, key: String, value: String) {
        let field = if key.is_empty() { "variable" } else { "value" };
        let number = self.add(key, value, None);
        browser::dom::after(0, move || {
            browser::dom::focus(&format!("#{field}-{number}"));
        });
    }
}

/// The fields of a row.
fn row_fields(variables: VariableRows, row: VariableRow) -> impl IntoView {
    let n = row.number;
    let (key_id, value_id, error_id) = (
        format!("variable-{n}"),
        format!("value-{n}"),
        format!("variable-{n}-error"),
    );
    let problem = Memo::new(move |_| variables.key_error(row).map(|it| it.to_string()));
    let described_by = error_id.clone();
    let wrong = move || {
        problem.get().map(|text| {
            view! {
                <span class="error" id=error_id.clone()>
                    <Icon name="i-warn" small=true/>
                    <span>{text}</span>
                </span>
            }
        })
    };
    view! {
        <tr>
            <td>
                <input
                    class="input mono"
                    id=key_id
                    aria-label="Key"
                    placeholder="KEY"
                    autocomplete="off"
                    spellcheck="false"
                    aria-invalid=move || problem.with(Option::is_some).then_some("true")
                    aria-describedby=move || problem.with(Option::is_some).then(|| described_by.clone())
                    value=row.key.get_untracked()
                    prop:value=move || row.key.get()
                    on:input=move |event| row.key.set(event_target_value(&event))
                />
                {wrong}
            </td>
            <td>
                <input
                    class="input mono"
                    id=value_id
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
                    on:click=move |_| {
                        variables.rows.update(|rows| rows.retain(|it| it.number != n));
                        browser::dom::focus("#add-variable");
                    }
                >
                    <Icon name="i-close"/>
                </button>
            </td>
        </tr>
    }
}

/// The inherited variables, each with a button that overrides it.
fn inherited_rows(variables: VariableRows, values: Vec<InheritedVariable>) -> impl IntoView {
    let rows = values
        .into_iter()
        .map(|it| {
            let (key, label) = (it.key.clone(), format!("Override {}", it.key));
            let own = StoredValue::new((it.key.clone(), it.value.clone()));
            let is_replaced = Memo::new(move |_| variables.has_key(&key));
            view! {
                <tr data-off=move || is_replaced.get().then_some("")>
                    <td class="mono">{it.key}</td>
                    <td class="mono">{it.value}</td>
                    <td class="quiet small">
                        {move || if is_replaced.get() { "overrides " } else { "from " }}
                        {it.from}
                    </td>
                    <td>
                        <button
                            class="button"
                            type="button"
                            data-kind="ghost"
                            data-size="s"
                            aria-label=label
                            hidden=move || is_replaced.get()
                            on:click=move |_| {
                                let (key, value) = own.get_value();
                                variables.add_focused(key, value);
                            }
                        >
                            "Override"
                        </button>
                    </td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <table class="table inherited">
            <caption class="small quiet">"Inherited"</caption>
            <thead class="sr">
                <tr>
                    <th scope="col">"Key"</th>
                    <th scope="col">"Value"</th>
                    <th scope="col">"From"</th>
                    <th scope="col">"Override"</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
}

/// The editor; without JavaScript a text area with one variable per line.
#[component]
pub fn VariablesEditor(
    variables: VariableRows,
    #[prop(into)] error: Signal<Option<String>>,
    /// Inherited variables.
    #[prop(optional, into)]
    inherited: Signal<Vec<InheritedVariable>>,
    #[prop(default = "Used in steps as {{var.KEY}}.")] hint: &'static str,
) -> impl IntoView {
    let lines = variables.lines.get_value();
    let plain = text_area::plain_html("variables", "Variables (one KEY=value per line)", &lines);
    let inherited_table = move || {
        let values = inherited.get();
        (!values.is_empty()).then(|| inherited_rows(variables, values))
    };
    let wrong = move || {
        error.get().map(|text| {
            view! {
                <span class="error">
                    <Icon name="i-warn" small=true/>
                    <span>{text}</span>
                </span>
            }
        })
    };
    view! {
        <div class="field">
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
                    <For each=move || variables.rows.get() key=|row| row.number children=move |it| row_fields(variables, it)/>
                </tbody>
            </table>
            <div class="row">
                <button
                    class="button"
                    type="button"
                    id="add-variable"
                    data-size="s"
                    on:click=move |_| variables.add_focused(String::new(), String::new())
                >
                    <Icon name="i-plus" small=true/>
                    "Add variable"
                </button>
                <span class="hint">{hint}</span>
            </div>
            {inherited_table}
        </fieldset>
        {wrong}
        </div>
    }
}
