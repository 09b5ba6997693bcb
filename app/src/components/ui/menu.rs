//! A menu under its button. It closes after a choice, on Escape, and when the keyboard goes elsewhere: a press outside of it
//! takes the keyboard along.
use crate::browser::menu;
use leptos::{ev, html, prelude::*};

/// A line of a menu.
#[derive(Clone)]
pub struct MenuItem {
    pub label: String,
    /// The key that does the same.
    pub key: Option<&'static str>,
    /// Why it cannot be chosen now.
    pub why_not: Option<String>,
    pub on_choose: Callback<()>,
}

impl MenuItem {
    pub fn new(label: impl Into<String>, on_choose: Callback<()>) -> Self {
        Self {
            label: label.into(),
            key: None,
            why_not: None,
            on_choose,
        }
    }
}

#[component]
pub fn Menu(
    /// What the button is called, where its face does not say it.
    #[prop(optional, into)]
    label: Option<String>,
    items: Vec<MenuItem>,
    #[prop(optional, into)] kind: Signal<Option<&'static str>>,
    #[prop(optional, into)] size: Option<&'static str>,
    /// The face is a drawing alone.
    #[prop(optional)]
    square: bool,
    /// The button's face.
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let opener: NodeRef<html::Button> = NodeRef::new();
    let node: NodeRef<html::Div> = NodeRef::new();
    Effect::new(move |_| {
        if let Some(menu) = node.get() {
            menu::enter(&menu);
        }
    });
    let close = move || {
        open.set(false);
        if let Some(opener) = opener.get_untracked() {
            let _ = opener.focus();
        }
    };
    let items = StoredValue::new(items);
    let draw = move |item: MenuItem| {
        let MenuItem {
            label,
            key,
            why_not,
            on_choose,
        } = item;
        let can = why_not.is_none();
        view! {
            <button
                type="button"
                role="menuitem"
                tabindex="-1"
                aria-disabled=(!can).then_some("true")
                aria-keyshortcuts=key
                title=why_not
                on:click=move |_| {
                    if can {
                        close();
                        on_choose.run(());
                    }
                }
            >
                {label}
                {key.map(|it| view! { <kbd aria-hidden="true">{it}</kbd> })}
            </button>
        }
    };
    let on_key = move |event: ev::KeyboardEvent| match event.key().as_str() {
        "Escape" if open.get_untracked() => {
            event.prevent_default();
            event.stop_propagation();
            close();
        }
        "ArrowDown" if !open.get_untracked() => {
            event.prevent_default();
            open.set(true);
        }
        _ if open.get_untracked() => {
            menu::walk(&event);
        }
        _ => {}
    };
    let name = label.clone();
    view! {
        <span
            class="menu-button"
            on:keydown=on_key
            on:focusout=move |event| { if menu::leaves(&event) { open.set(false) } }
        >
            <button
                type="button"
                class="button"
                data-kind=move || kind.get()
                data-size=size
                data-square=square.then_some("")
                aria-haspopup="menu"
                aria-expanded=move || open.get().to_string()
                aria-label=label.clone()
                title=label
                node_ref=opener
                on:click=move |_| open.update(|it| *it = !*it)
            >
                {children()}
            </button>
            {move || {
                let name = name.clone().unwrap_or_else(|| "More".to_owned());
                open.get().then(|| {
                    view! {
                        <div
                            class="menu"
                            role="menu"
                            aria-label=name
                            node_ref=node
                            // The keyboard stays in the menu until the choice is made.
                            on:mousedown=move |event| event.prevent_default()
                        >
                            {items.get_value().into_iter().map(draw).collect_view()}
                        </div>
                    }
                })
            }}
        </span>
    }
}
