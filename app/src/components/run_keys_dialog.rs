//! Dialog that lists the keyboard shortcuts of the run mode, with the switch that turns single-letter shortcuts off, and a link to
//! the guide.
use super::{
    matrix::state::LETTER_KEYS_SETTING,
    shortcuts_dialog::{EVERYWHERE, KeyGroup, key_group},
    ui::{dialog::Dialog, follow_effect::follow},
};
use crate::{browser::dom, paths};
use leptos::prelude::*;

/// The shortcuts of the page.
const SHORTCUTS: KeyGroup = (
    "On this page",
    &[
        ("c", "Copy, and start if you chose so"),
        ("x", "Run, and go on when it is done"),
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
    ],
);

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
    view! {
        <Dialog open=open title="Keyboard shortcuts">
            <div class="dialog__body stack">
                <label class="row">
                    <input type="checkbox" prop:checked=move || is_enabled.get() on:change=switch/>
                    "Enable single-key shortcuts"
                </label>
                {key_group(SHORTCUTS)}
                {key_group(EVERYWHERE)}
                <a class="link" rel="external" target="_blank" href=paths::GUIDE>"Read the guide"</a>
            </div>
        </Dialog>
    }
}
