//! The buttons Undo and Redo of a release's pages. What they would do stands beside them, and is their description (R101).
use super::ui::icon::Icon;
use crate::browser::dom;
use leptos::{ev, prelude::*};

/// What a button is described by when there is nothing to undo.
const NOTHING: &str = "Nothing to undo";

/// Keeps the focus in a field that is being written in: its notes would be saved as it is left, and be what is undone.
fn stay_in_field(event: &ev::MouseEvent) {
    if dom::is_in_text() {
        event.prevent_default();
    }
}

/// The buttons, and left of them what they would do. That takes the room that is left, so that the buttons stay under the pointer.
#[component]
pub fn UndoButtons(
    /// What Undo would undo: "mark done, 9 cells, 18:49"; none if there is nothing.
    undo: Signal<Option<String>>,
    /// What Redo would do again.
    redo: Signal<Option<String>>,
    /// Whether a menu has Undo too, so that narrow windows do without the button.
    has_menu: bool,
    /// Gets whether it is a redo.
    on_step: Callback<bool>,
) -> impl IntoView {
    // The tab's changes outlive the page, and can change while its view is being replaced: its signals may be gone by then.
    let now = |label: Signal<Option<String>>| label.try_get().flatten();
    let is_empty = move |label| now(label).is_none();
    view! {
        <span class="undo-what">
            <span hidden=move || is_empty(undo) id="undo-what">
                {move || now(undo).unwrap_or_else(|| NOTHING.to_owned())}
            </span>
            <span hidden=move || is_empty(redo)>"Redo: "<span id="redo-what">{move || now(redo)}</span></span>
        </span>
        <button
            class=if has_menu { "button wide" } else { "button" }
            data-kind="ghost"
            aria-keyshortcuts="Control+Z"
            aria-describedby="undo-what"
            aria-disabled=move || is_empty(undo).then_some("true")
            title=move || now(undo)
            on:mousedown=move |event| stay_in_field(&event)
            on:click=move |_| on_step.run(false)
        >
            <Icon name="i-undo"/>
            "Undo"
        </button>
        <button
            class="button"
            data-kind="ghost"
            data-square=""
            aria-label="Redo"
            aria-keyshortcuts="Control+Shift+Z"
            aria-describedby="redo-what"
            title=move || now(redo)
            hidden=move || is_empty(redo)
            on:mousedown=move |event| stay_in_field(&event)
            on:click=move |_| on_step.run(true)
        >
            <Icon name="i-undo" turn="flip"/>
        </button>
    }
}
