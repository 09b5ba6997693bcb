//! A modal dialog: the browser's own, which keeps the keyboard inside and gives it back.
use super::icon::Icon;
use crate::browser::dom;
use leptos::{html, prelude::*};

/// Where the keyboard begins; in a dialog without fields the browser decides.
const FIRST_FIELD: &str = "dialog[open] :is(input, textarea, select)";

/// Drawn only while it is open, so that it is fresh each time.
#[component]
pub fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: String,
    #[prop(optional)] wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let node: NodeRef<html::Dialog> = NodeRef::new();
    // It is taken away rather than closed, and so the keyboard has to be given back here.
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            dom::lend_keyboard();
            on_cleanup(|| dom::after(0, dom::give_keyboard_back));
            let _ = dialog.show_modal();
            dom::focus(FIRST_FIELD);
        }
    });
    let title = StoredValue::new(title);
    let children = StoredValue::new(children);
    view! {
        <Show when=move || open.get()>
            <dialog
                class="dialog"
                data-size=(!wide).then_some("s")
                node_ref=node
                aria-labelledby="dialog-title"
                on:close=move |_| open.set(false)
            >
                <div class="dialog__head">
                    <h2 class="grow" id="dialog-title">
                        {title.get_value()}
                    </h2>
                    <button
                        class="button"
                        data-kind="ghost"
                        data-square=""
                        aria-label="Close"
                        on:click=move |_| open.set(false)
                    >
                        <Icon name="i-close"/>
                    </button>
                </div>
                {children.with_value(|children| children())}
            </dialog>
        </Show>
    }
}
