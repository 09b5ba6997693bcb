//! Dialog that lists the keyboard shortcuts of the run mode, with the switch that turns single-letter shortcuts off, and a link to
//! the guide.
use super::{
    matrix::state::LETTER_KEYS_SETTING,
    ui::{dialog::Dialog, follow_effect::follow},
};
use crate::{browser::dom, paths};
use leptos::prelude::*;

/// The shortcuts: key and effect.
const SHORTCUTS: [(&str, &str); 13] = [
    ("c", "Copy, and start if you chose so"),
    ("d", "Mark done, and open the next step"),
    ("i", "Start"),
    ("f", "Fail"),
    ("s", "Skip"),
    ("r", "Revert"),
    ("p", "Reopen"),
    ("n, N", "Next or previous open step"),
    ("Escape", "Back to steps"),
    ("Ctrl+Enter", "Save notes"),
    ("Ctrl+Z", "Undo"),
    ("Ctrl+Shift+Z", "Redo"),
    ("?", "Show shortcuts"),
];

/// The dialog.
#[component]
pub fn RunKeysDialog(open: RwSignal<bool>) -> impl IntoView {
    let is_enabled = RwSignal::new(true);
    follow(move |_| {
        if open.get() {
            is_enabled.set(dom::read_setting(LETTER_KEYS_SETTING).as_deref() != Some("off"));
        }
    });
    let switch = move |_| {
        is_enabled.update(|it| *it = !*it);
        let word = if is_enabled.get_untracked() {
            "on"
        } else {
            "off"
        };
        dom::write_setting(LETTER_KEYS_SETTING, word);
    };
    let rows = move || {
        let row = |(key, what)| view! { <dt><kbd>{key}</kbd></dt><dd>{what}</dd> };
        SHORTCUTS.into_iter().map(row).collect_view()
    };
    view! {
        <Dialog open=open title="Keyboard shortcuts">
            <div class="dialog__body stack">
                <label class="row">
                    <input type="checkbox" prop:checked=move || is_enabled.get() on:change=switch/>
                    "Enable single-key shortcuts"
                </label>
                <dl class="keys">{rows()}</dl>
                <a class="link" rel="external" target="_blank" href=paths::GUIDE>"Read the guide"</a>
            </div>
        </Dialog>
    }
}
