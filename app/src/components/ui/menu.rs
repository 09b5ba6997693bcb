//! Menu button: a button with a menu below it. The menu closes after a choice, on Escape, and when the focus leaves it, which
//! includes clicks elsewhere.
use crate::browser::menu;
use leptos::{ev, html, prelude::*};

/// An item of a menu.
#[derive(Clone)]
pub struct MenuItem {
    pub label: String,
    /// The keyboard shortcut that does the same.
    pub key: Option<&'static str>,
    /// Disables the item; shown as its title.
    pub disabled_reason: Option<String>,
    /// Whether it is the one that holds now, where items are a choice of one.
    pub is_current: Signal<bool>,
    pub on_choose: Callback<()>,
}

impl MenuItem {
    /// An enabled item without a shortcut.
    pub fn new(label: impl Into<String>, on_choose: Callback<()>) -> Self {
        Self {
            label: label.into(),
            key: None,
            disabled_reason: None,
            is_current: Signal::stored(false),
            on_choose,
        }
    }
}

/// A menu button with its menu.
#[component]
pub fn Menu(
    /// The accessible name and title of the button, if its content does not say it.
    #[prop(optional, into)]
    label: Option<String>,
    items: Vec<MenuItem>,
    /// The `data-kind` of the button.
    #[prop(optional, into)]
    kind: Signal<Option<&'static str>>,
    /// The `data-size` of the button.
    #[prop(optional, into)]
    size: Option<&'static str>,
    /// Whether the button contains only an icon.
    #[prop(optional)]
    square: bool,
    /// The content of the button.
    children: Children,
) -> impl IntoView {
    let open = RwSignal::new(false);
    let opener: NodeRef<html::Button> = NodeRef::new();
    let node: NodeRef<html::Div> = NodeRef::new();
    Effect::new(move |_| {
        if let Some(menu) = node.get() {
            menu::focus_first_item(&menu);
        }
    });
    let close = move || {
        open.set(false);
        if let Some(opener) = opener.get_untracked() {
            let _ = opener.focus();
        }
    };
    let items = StoredValue::new(items);
    let item_view = move |item: MenuItem| {
        let MenuItem {
            label,
            key,
            disabled_reason,
            is_current,
            on_choose,
        } = item;
        let is_enabled = disabled_reason.is_none();
        view! {
            <button
                type="button"
                role="menuitem"
                tabindex="-1"
                aria-disabled=(!is_enabled).then_some("true")
                aria-keyshortcuts=key
                aria-current=move || is_current.get().then_some("true")
                title=disabled_reason
                on:click=move |_| {
                    if is_enabled {
                        close();
                        on_choose.run(());
                    }
                }
            >
                {label}
                {key.map(|it| view! { " " <kbd aria-hidden="true">{it}</kbd> })}
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
            menu::move_focus(&event);
        }
        _ => {}
    };
    let name = label.clone();
    view! {
        <span
            class="menu-button"
            on:keydown=on_key
            on:focusout=move |event| { if menu::focus_leaves(&event) { open.set(false) } }
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
                            // Otherwise a press would move the focus and close the menu before the click.
                            on:mousedown=move |event| event.prevent_default()
                        >
                            {items.get_value().into_iter().map(item_view).collect_view()}
                        </div>
                    }
                })
            }}
        </span>
    }
}
