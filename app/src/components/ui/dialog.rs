//! Modal dialog, on the `dialog` element of the browser, which keeps the focus inside while it is open.
use super::icon::Icon;
use crate::browser::dom;
use leptos::{html, prelude::*};

/// What gets the focus when a dialog opens: a field, or what is marked as the first. Else the browser decides.
const FIRST_FIELD: &str = "dialog[open] :is(input, textarea, select, [data-first])";

/// A dialog with a title and a close button. Its content is created when it opens, so it is in its first state each time.
#[component]
pub fn Dialog(
    /// Opens and closes the dialog. Set to false when the user closes it.
    open: RwSignal<bool>,
    #[prop(into)] title: String,
    #[prop(optional)] wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let node: NodeRef<html::Dialog> = NodeRef::new();
    // The dialog is removed instead of closed, so the browser does not restore the focus.
    Effect::new(move |_| {
        let Some(dialog) = node.get() else { return };
        if open.get() && !dialog.open() {
            dom::save_focus();
            on_cleanup(|| dom::after(0, dom::restore_focus));
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
                // By its text: with two dialogs, one over the other, an id would name the first for both.
                aria-label=title.get_value()
                on:close=move |_| open.set(false)
            >
                <div class="dialog__head">
                    <h2 class="grow">{title.get_value()}</h2>
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
