//! Dialog that lists the keyboard shortcuts of the matrix, with the switch that turns single-letter shortcuts off, and a link to the
//! guide.
use super::{matrix::state::MatrixState, ui::dialog::Dialog};
use crate::paths;
use leptos::prelude::*;

/// The shortcuts by group: key and effect.
const SHORTCUTS: [KeyGroup; 5] = [
    (
        "Move",
        &[
            ("Arrows", "One cell"),
            ("Home, End", "Start or end of the row"),
            ("Ctrl+Home, Ctrl+End", "First or last cell"),
            ("Page Up, Page Down", "Ten rows"),
            ("n, N", "Next or previous open cell"),
        ],
    ),
    (
        "Select",
        &[
            ("Shift+Arrows", "Extend"),
            ("Space", "Add or remove the cell"),
            ("Shift+Space", "The row"),
            ("Ctrl+Space", "The column"),
            ("Ctrl+A", "All visible"),
            ("Escape", "Clear selection"),
        ],
    ),
    (
        "Work",
        &[
            ("Enter", "Open the step"),
            ("c", "Copy the text"),
            ("x", "Run"),
            ("e, F2", "Override the text"),
            ("i", "Start"),
            ("d", "Mark done"),
            ("f", "Fail"),
            ("s", "Skip"),
            ("r", "Revert"),
            ("p", "Reopen"),
        ],
    ),
    (
        "Other",
        &[
            ("Ctrl+Z", "Undo"),
            ("Ctrl+Shift+Z", "Redo"),
            ("/", "Filter"),
            ("Ctrl+P", "Print"),
            ("?", "Show shortcuts"),
        ],
    ),
    EVERYWHERE,
];

/// A group of shortcuts: its head, and of each one key and effect.
pub type KeyGroup = (&'static str, &'static [(&'static str, &'static str)]);

/// The shortcuts that every page has.
pub const EVERYWHERE: KeyGroup = (
    "Everywhere",
    &[
        ("Ctrl+K", "Search, or choose a command"),
        ("g d", "Dashboard"),
        ("g r", "Releases"),
        ("g c", "Customers"),
        ("g k", "Clusters"),
        ("g a", "Activity"),
    ],
);

/// A group under its head.
pub fn key_group((head, keys): KeyGroup) -> impl IntoView {
    let row = |(key, what): &(&'static str, &'static str)| {
        view! { <dt><kbd>{*key}</kbd></dt><dd>{*what}</dd> }
    };
    view! {
        <section>
            <h3>{head}</h3>
            <dl class="keys">{keys.iter().map(row).collect_view()}</dl>
        </section>
    }
}

/// The dialog.
#[component]
pub fn ShortcutsDialog(open: RwSignal<bool>, state: MatrixState) -> impl IntoView {
    view! {
        <Dialog open=open title="Keyboard shortcuts">
            <div class="dialog__body stack">
                // First, because it gets the focus: below the lists it would scroll them out of sight.
                <label class="row">
                    <input
                        type="checkbox"
                        prop:checked=move || state.letter_keys_enabled.get()
                        on:change=move |_| state.set_letter_keys(!state.letter_keys_enabled.get_untracked())
                    />
                    "Enable single-key shortcuts"
                </label>
                {SHORTCUTS.into_iter().map(key_group).collect_view()}
                <a class="link" rel="external" target="_blank" href=paths::GUIDE>"Read the guide"</a>
            </div>
        </Dialog>
    }
}
