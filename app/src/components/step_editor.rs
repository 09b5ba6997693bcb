//! The content of a step while it is written: a real text field, transparent, over the same text in colours. Variables
//! are marked, unknown ones as such, and completed as they are typed. The field keeps its own role: a text of many lines
//! is no combobox, but it may name the list that completes it, and the line of it that is chosen.
use super::{
    step_state::type_icon,
    step_text::{Completions, coloured, unknown},
    ui::{icon::Icon, text_area::TextArea},
};
use crate::{browser::editor, domain::vocabulary::StepType};
use leptos::{ev, html, prelude::*};

#[component]
pub fn StepEditor(
    value: RwSignal<String>,
    #[prop(into)] kind: Signal<StepType>,
    /// Names of variables that can be used, e.g. "customer.name", "var.HOST". As long as there are none, none is unknown.
    known: Signal<Vec<String>>,
    #[prop(into)] id: String,
    #[prop(optional, into)] error: Signal<Option<String>>,
    /// At the end of the editor's head: "Preview for".
    #[prop(optional, into)]
    beside: ViewFn,
) -> impl IntoView {
    let field: NodeRef<html::Textarea> = NodeRef::new();
    let colours: NodeRef<html::Pre> = NodeRef::new();
    let list: NodeRef<html::Ul> = NodeRef::new();
    let offer = RwSignal::new(Completions::default());
    // After Escape the next Tab goes on instead of into the text.
    let leaves = RwSignal::new(false);
    let (help_id, error_id, list_id) = (
        format!("{id}-help"),
        format!("{id}-error"),
        format!("{id}-variables"),
    );
    let is_offering = Memo::new(move |_| offer.with(|it| !it.names.is_empty()));
    let suggest = move || {
        let Some(field) = field.get_untracked() else {
            return;
        };
        let around = editor::around_caret(&field);
        offer.set(
            around.map_or_else(Completions::default, |(before, behind)| {
                known.with_untracked(|known| Completions::at(&before, &behind, known))
            }),
        );
    };
    // Names that come late complete what is being typed.
    Effect::new(move |_| {
        known.track();
        if field
            .get_untracked()
            .is_some_and(|it| editor::has_keyboard(&it))
        {
            suggest();
        }
    });
    // An editor that is taken away while it has the keyboard loses it only once it is gone.
    let close = move || {
        if is_offering.try_get_untracked() == Some(true) {
            offer.set(Completions::default());
        }
    };
    let accept = move |index: usize| {
        let it = offer.get_untracked();
        let (Some(field), Some(name)) = (field.get_untracked(), it.names.get(index)) else {
            return;
        };
        let end = if it.is_closed { "" } else { "}}" };
        close();
        editor::type_in(&field, it.typed, &format!("{name}{end}"));
    };
    let chosen_list = list_id.clone();
    Effect::new(move |_| {
        let Some(field) = field.get() else { return };
        let chosen = offer.with(|it| {
            let is_open = !it.names.is_empty();
            is_open.then(|| format!("{chosen_list}-{}", it.chosen))
        });
        let list = chosen.as_ref().map(|_| chosen_list.as_str());
        editor::set_completion(&field, list, chosen.as_deref());
    });
    Effect::new(move |_| {
        if let (Some(list), Some(colours)) = (list.get(), colours.get()) {
            let (line, column) = offer.with(|it| (it.line, it.column));
            editor::place(&list, &colours, line, column);
        }
    });
    let on_key = move |event: ev::KeyboardEvent| {
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let handled = match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if is_offering.get_untracked() => {
                let down = event.key() == "ArrowDown";
                offer.update(|it| it.step(down));
                true
            }
            "Enter" | "Tab" if is_plain && !event.shift_key() && is_offering.get_untracked() => {
                accept(offer.with_untracked(|it| it.chosen));
                true
            }
            "Escape" if is_offering.get_untracked() => {
                close();
                true
            }
            // The second Escape belongs to whoever stands around: a dialog closes.
            "Escape" if !leaves.get_untracked() => {
                leaves.set(true);
                true
            }
            "Tab" if is_plain && !event.shift_key() && !leaves.get_untracked() => {
                if let Some(field) = field.get_untracked() {
                    editor::type_in(&field, 0, "\t");
                }
                true
            }
            "ArrowLeft" | "ArrowRight" | "Home" | "End" | "PageUp" | "PageDown" => {
                close();
                false
            }
            _ => false,
        };
        if handled {
            event.prevent_default();
            event.stop_propagation();
        }
    };
    let on_scroll = move |_| {
        // Scrolling does not bubble: it is heard on its way down.
        if let (Some(colours), Some(field)) = (colours.get_untracked(), field.get_untracked()) {
            editor::scroll_along(&colours, &field);
        }
    };
    let option_id = list_id.clone();
    let options = move || {
        let chosen = offer.with(|it| it.chosen);
        let names = offer.with(|it| it.names.clone());
        names
            .into_iter()
            .enumerate()
            .map(|(index, name)| {
                view! {
                    <li
                        role="option"
                        id=format!("{option_id}-{index}")
                        aria-selected=(index == chosen).to_string()
                        on:mousedown=move |event| {
                            // The keyboard stays in the text.
                            event.prevent_default();
                            accept(index);
                        }
                    >
                        {name}
                    </li>
                }
            })
            .collect_view()
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
    let found = move || {
        let (n, all) = offer.with(|it| (it.names.len(), it.n_found));
        match all {
            0 => String::new(),
            1 => "1 variable".to_owned(),
            _ if n < all => format!("{n} of {all} variables, type on for the others"),
            _ => format!("{n} variables"),
        }
    };
    let n_lines = move || value.with(|it| it.lines().count().max(1));
    let count = move || {
        let n = n_lines();
        let lines = if n == 1 { "line" } else { "lines" };
        format!("{}, {n} {lines}", kind.get())
    };
    let missing = move || {
        let names = value.with(|text| known.with(|known| unknown(text, known)));
        (!names.is_empty()).then(|| {
            let are = if names.len() == 1 { "is" } else { "are" };
            let names = names.join(", ");
            format!("{names} {are} not set anywhere: check the spelling, or set a value before the work starts.")
        })
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
                    on:keydown=on_key
                    on:input=move |_| {
                        leaves.set(false);
                        suggest();
                    }
                    on:scroll:capture=on_scroll
                    on:click=move |_| close()
                    on:focusout=move |_| {
                        leaves.set(false);
                        close();
                    }
                >
                    <pre aria-hidden="true" node_ref=colours>
                        <code inner_html=move || {
                            value.with(|text| known.with(|known| coloured(text, kind.get(), known)))
                        }></code>
                    </pre>
                    <TextArea
                        value=value
                        id=id
                        rows=12
                        code=true
                        node_ref=field
                        described_by=described
                        invalid=Signal::derive(move || error.with(Option::is_some))
                    />
                </div>
            </div>
            <Show when=move || is_offering.get()>
                <ul class="menu completions" role="listbox" aria-label="Variables" id=list_id.clone() node_ref=list>
                    {options.clone()}
                </ul>
            </Show>
            <span class="sr" role="status">{found}</span>
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
            <span class="hint" id=help_id>
                {move || missing().map(|text| view! { <b class="missing">{text}" "</b> })}
                "Variables: {{customer.namespace}}, {{cluster.kubeconfig}}, {{release.version}}, {{var.KEY}}; with | quote as one word. Tab indents; Escape, then Tab goes on."
            </span>
        </div>
    }
}
