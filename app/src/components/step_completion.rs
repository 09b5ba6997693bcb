//! Completion of variable names in the step editor: which names are offered at the caret, the keys that choose among
//! them, and the ARIA attributes that tie the text field to the list.
use super::step_text::Completions;
use crate::browser::editor;
use leptos::{ev, html, prelude::*};

/// Elements of the editor that the completion works on.
#[derive(Clone, Copy, Default)]
pub struct EditorRefs {
    /// The text area.
    pub field: NodeRef<html::Textarea>,
    /// The coloured text below the field; the list is positioned by its lines.
    pub colors: NodeRef<html::Pre>,
    /// The list of completions; exists while it is open.
    pub list: NodeRef<html::Ul>,
}

/// Handles to the completion of one editor.
#[derive(Clone, Copy)]
pub struct VariableCompletion {
    field: NodeRef<html::Textarea>,
    /// Names that can be completed.
    known: Signal<Vec<String>>,
    offer: RwSignal<Completions>,
    /// Whether the list is open.
    pub is_offering: Memo<bool>,
    /// Set by Escape: the next Tab moves the focus instead of indenting.
    tab_leaves: RwSignal<bool>,
}

impl VariableCompletion {
    /// Completion for the field in `refs`; `list_id` is the id of the list element.
    pub fn new(refs: EditorRefs, known: Signal<Vec<String>>, list_id: String) -> Self {
        let EditorRefs {
            field,
            colors,
            list,
        } = refs;
        let offer = RwSignal::new(Completions::default());
        let this = Self {
            field,
            known,
            offer,
            tab_leaves: RwSignal::new(false),
            is_offering: Memo::new(move |_| offer.with(|it| !it.names.is_empty())),
        };
        // Names that arrive while a variable is being typed complete it.
        Effect::new(move |_| {
            known.track();
            if field
                .get_untracked()
                .is_some_and(|it| editor::has_focus(&it))
            {
                this.suggest();
            }
        });
        Effect::new(move |_| {
            let Some(field) = field.get() else { return };
            let chosen = offer.with(|it| {
                let is_open = !it.names.is_empty();
                is_open.then(|| format!("{list_id}-{}", it.chosen))
            });
            let list = chosen.as_ref().map(|_| list_id.as_str());
            editor::set_completion_attributes(&field, list, chosen.as_deref());
        });
        Effect::new(move |_| {
            if let (Some(list), Some(colors)) = (list.get(), colors.get()) {
                let (line, column) = offer.with(|it| (it.line, it.column));
                editor::place_completions(&list, &colors, line, column);
            }
        });
        this
    }

    /// Offers the names that complete what is typed before the caret.
    fn suggest(self) {
        let Some(field) = self.field.get_untracked() else {
            return;
        };
        let around = editor::text_around_caret(&field);
        self.offer.set(
            around.map_or_else(Completions::default, |(before, behind)| {
                self.known
                    .with_untracked(|known| Completions::at(&before, &behind, known))
            }),
        );
    }

    /// Closes the list. An editor that is removed while focused loses the focus after its signals are disposed.
    pub fn close(self) {
        if self.is_offering.try_get_untracked() == Some(true) {
            self.offer.set(Completions::default());
        }
    }

    /// Puts an offered name into the text.
    pub fn accept(self, index: usize) {
        let it = self.offer.get_untracked();
        let (Some(field), Some(name)) = (self.field.get_untracked(), it.names.get(index)) else {
            return;
        };
        let end = if it.is_closed { "" } else { "}}" };
        self.close();
        editor::insert_text(&field, it.typed, &format!("{name}{end}"));
    }

    /// After each change of the text.
    pub fn on_input(self) {
        self.tab_leaves.set(false);
        self.suggest();
    }

    /// When the focus leaves the editor.
    pub fn on_blur(self) {
        self.tab_leaves.set(false);
        self.close();
    }

    /// Arrow keys, Enter, Tab and Escape, as long as they concern the list or the indentation.
    pub fn on_key(self, event: &ev::KeyboardEvent) {
        let is_plain = !(event.ctrl_key() || event.meta_key() || event.alt_key());
        let is_offering = || self.is_offering.get_untracked();
        let is_handled = match event.key().as_str() {
            "ArrowDown" | "ArrowUp" if is_offering() => {
                let down = event.key() == "ArrowDown";
                self.offer.update(|it| it.step(down));
                true
            }
            "Enter" | "Tab" if is_plain && !event.shift_key() && is_offering() => {
                self.accept(self.offer.with_untracked(|it| it.chosen));
                true
            }
            "Escape" if is_offering() => {
                self.close();
                true
            }
            // A second Escape bubbles: it closes the surrounding dialog.
            "Escape" if !self.tab_leaves.get_untracked() => {
                self.tab_leaves.set(true);
                true
            }
            "Tab" if is_plain && !event.shift_key() && !self.tab_leaves.get_untracked() => {
                if let Some(field) = self.field.get_untracked() {
                    editor::insert_text(&field, 0, "\t");
                }
                true
            }
            "ArrowLeft" | "ArrowRight" | "Home" | "End" | "PageUp" | "PageDown" => {
                self.close();
                false
            }
            _ => false,
        };
        if is_handled {
            event.prevent_default();
            event.stop_propagation();
        }
    }

    /// The number of offered names, for screen readers.
    pub fn count_text(self) -> String {
        let (n, all) = self.offer.with(|it| (it.names.len(), it.n_found));
        match all {
            0 => String::new(),
            1 => "1 variable".to_owned(),
            _ if n < all => format!("{n} of {all} variables, keep typing to see more"),
            _ => format!("{n} variables"),
        }
    }

    /// The options of the list.
    pub fn options(self, list_id: &str) -> impl IntoView + use<> {
        let chosen = self.offer.with(|it| it.chosen);
        let names = self.offer.with(|it| it.names.clone());
        names
            .into_iter()
            .enumerate()
            .map(|(index, name)| {
                view! {
                    <li
                        role="option"
                        id=format!("{list_id}-{index}")
                        aria-selected=(index == chosen).to_string()
                        on:mousedown=move |event| {
                            // Keeps the focus in the text field.
                            event.prevent_default();
                            self.accept(index);
                        }
                    >
                        {name}
                    </li>
                }
            })
            .collect_view()
    }
}
