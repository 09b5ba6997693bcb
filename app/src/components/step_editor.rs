//! Editor for the content of a step: a transparent text area over the same text with syntax highlighting. Variables are
//! highlighted, unknown ones marked, and names are completed as they are typed. The text area keeps its role, because
//! ARIA allows no multi-line combobox; it references the list of completions and the chosen option by attributes.
use super::{
    step_completion::{EditorRefs, VariableCompletion},
    step_state::type_icon,
    step_text::{fixes, highlighted, unknown_variables},
    ui::{
        icon::Icon,
        text_area::{TextArea, TextAreaKind},
    },
};
use crate::{
    browser::editor,
    domain::{plural::pluralize, vocabulary::StepType},
};
use leptos::prelude::*;

/// Help on variables, as in the README but shorter.
const HELP: &str = "\
{{customer.name}} {{customer.namespace}} {{cluster.name}} {{cluster.kubeconfig}} {{release.name}} {{release.version}}
{{var.KEY}}: the customer's value, else the cluster's, else the release's.
| quote: a shell word in bash, a string literal in SQL. Put no quotes around it.
| quote_mysql (MySQL, MariaDB) or | quote_ansi (PostgreSQL, SQLite, Oracle, SQL Server): in SQL, for values with a backslash.
\\{{var.KEY}} prints the braces, \\\\{{var.KEY}} a backslash and the value. Other {{ }} (Helm, Jinja) stay as they are.";

/// The editor with its label, the remark about unknown variables, and the error of the field.
#[component]
pub fn StepEditor(
    value: RwSignal<String>,
    #[prop(into)] kind: Signal<StepType>,
    /// Names of the variables that can be used, e.g. "customer.name", "var.HOST". While the list is empty, no variable
    /// counts as unknown.
    known: Signal<Vec<String>>,
    #[prop(into)] id: String,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// Whether it is the text of one customer, whose variables alone are known then.
    #[prop(optional)]
    is_of_customer: bool,
    /// At the end of the editor's head: the field "Preview for".
    #[prop(optional, into)]
    beside: ViewFn,
) -> impl IntoView {
    let refs = EditorRefs::default();
    let EditorRefs {
        field,
        colors,
        list,
    } = refs;
    let (help_id, error_id, list_id) = (
        format!("{id}-help"),
        format!("{id}-error"),
        format!("{id}-variables"),
    );
    let completion = VariableCompletion::new(refs, known, list_id.clone());
    let on_scroll = move |_| {
        if let (Some(colors), Some(field)) = (colors.get_untracked(), field.get_untracked()) {
            editor::sync_scroll(&colors, &field);
        }
    };
    let described = {
        let (help_id, error_id) = (help_id.clone(), error_id.clone());
        Signal::derive(move || {
            let is_wrong = error.with(Option::is_some);
            Some(if is_wrong {
                format!("{error_id} {help_id}")
            } else {
                help_id.clone()
            })
        })
    };
    let n_lines = move || value.with(|it| it.lines().count().max(1));
    let count = move || format!("{}, {}", kind.get(), pluralize(n_lines(), "line"));
    let missing = move || {
        let names = value.with(|text| known.with(|known| unknown_variables(text, known)));
        (!names.is_empty()).then(|| {
            let are = if names.len() == 1 { "is" } else { "are" };
            let names = names.join(", ");
            let place = if is_of_customer { "for this customer" } else { "anywhere" };
            format!("{names} {are} not set {place}: check the spelling, or set a value before the work starts.")
        })
    };
    let found_fixes = Memo::new(move |_| value.with(|text| fixes(text, kind.get())));
    let put_right = move || {
        let fixes = found_fixes.get().into_iter().map(|fix| {
            let replace = move |_| {
                if let Some(field) = field.get_untracked() {
                    editor::replace_all(&field, &fix.text);
                }
            };
            let name = format!("Replace all: {}", fix.label);
            view! {
                <li class="row">
                    <Icon name="i-warn" small=true/>
                    <span class="grow">{fix.label}</span>
                    <button class="button" type="button" data-size="s" aria-label=name on:click=replace>
                        "Replace all"
                    </button>
                </li>
            }
        });
        let fixes = fixes.collect::<Vec<_>>();
        (!fixes.is_empty())
            .then(|| view! { <ul class="fixes" aria-label="Characters to check">{fixes}</ul> })
    };
    view! {
        <div class="field step-editor">
            <label for=id.clone()>"Content"</label>
            <div class="code editor__code" data-invalid=move || error.with(|it| it.is_some().then_some(""))>
                <div class="code__head">
                    <Icon name=Signal::derive(move || type_icon(kind.get())) small=true/>
                    <span>{count}</span>
                    <span class="push row">{beside.run()}</span>
                </div>
                <div
                    class="code__edit"
                    on:keydown=move |event| completion.on_key(&event)
                    on:input=move |_| completion.on_input()
                    // Scroll events do not bubble, so the listener captures them.
                    on:scroll:capture=on_scroll
                    on:click=move |_| completion.close()
                    on:focusout=move |_| completion.on_blur()
                >
                    <pre aria-hidden="true" node_ref=colors>
                        <code inner_html=move || {
                            value.with(|text| known.with(|known| highlighted(text, kind.get(), known)))
                        }></code>
                    </pre>
                    <TextArea
                        value=value
                        id=id
                        kind=TextAreaKind::Code(12)
                        node_ref=field
                        described_by=described
                        invalid=Signal::derive(move || error.with(Option::is_some))
                    />
                </div>
            </div>
            <Show when=move || completion.is_offering.get()>
                <ul class="menu completions" role="listbox" aria-label="Variables" id=list_id.clone() node_ref=list>
                    {
                        let list_id = list_id.clone();
                        move || completion.options(&list_id)
                    }
                </ul>
            </Show>
            <span class="sr" role="status">{move || completion.count_text()}</span>
            {move || {
                let error_id = error_id.clone();
                error.get().map(|text| {
                    view! {
                        <span class="error" id=error_id>
                            <Icon name="i-warn" small=true/>
                            <span>{text}</span>
                        </span>
                    }
                })
            }}
            {put_right}
            <span class="hint" id=help_id>
                {move || missing().map(|text| view! { <b class="missing">{text}" "</b> })}
                "Variables: {{customer.namespace}}, {{cluster.kubeconfig}}, {{release.version}}, {{var.KEY}}. Add | quote to quote a value. Press Esc, then Tab, to leave the editor."
            </span>
            <details class="hint">
                <summary>"Help on variables"</summary>
                <p class="kept-lines">{HELP}</p>
            </details>
        </div>
    }
}
