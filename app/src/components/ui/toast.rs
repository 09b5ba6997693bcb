//! Toasts: short messages about what has just been done, in a polite live region, with a button to undo it.
use crate::{browser, domain::id::BatchId};
use leptos::prelude::*;

/// A change that was undone by its toast, and the change that the undo itself is.
pub type UndoneBatch = (BatchId, Option<BatchId>);

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    /// The change that its Undo button reverts. Without one there is no button.
    pub batch: Option<BatchId>,
    /// The address of the step that the message is about.
    pub step: Option<String>,
    number: u32,
}

/// The toasts of the page. Only the newest one is shown, and those that link to a step: what failed there is not told elsewhere.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    number: RwSignal<u32>,
    /// Whether the pointer or the focus is on the toast. It is not hidden then.
    is_held: RwSignal<bool>,
    /// Brings the page up to date after an undo.
    on_refresh: StoredValue<Option<Callback<UndoneBatch>>>,
}

/// How long a toast is shown. While the user is on it, it stays for another such period.
const TOAST_DURATION_MS: u32 = 8_000;

impl Toasts {
    /// Without a toast. To be provided as context by the shell of the page.
    pub fn new() -> Self {
        Self {
            shown: RwSignal::new(Vec::new()),
            number: RwSignal::new(0),
            is_held: RwSignal::new(false),
            on_refresh: StoredValue::new(None),
        }
    }

    /// The toasts of the page.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// Shows a toast in place of the present one, with an Undo button for `batch` if it is given.
    pub fn show(self, text: impl Into<String>, batch: Option<BatchId>) {
        self.replace(text.into(), batch, None);
    }

    /// Shows a toast with a link to the step that it is about. Later ones do not take its place, but for one about this step.
    pub fn show_step(self, text: String, address: String) {
        self.replace(text, None, Some(address));
    }

    fn replace(self, text: String, batch: Option<BatchId>, step: Option<String>) {
        self.number.update(|it| *it += 1);
        let number = self.number.get_untracked();
        self.shown.update(|all| {
            all.retain(|it| it.step.is_some() && it.step != step);
            all.push(Toast {
                text,
                batch,
                step,
                number,
            });
        });
        self.hide_later(number);
    }

    fn hide(self, number: u32) {
        self.shown
            .update(|all| all.retain(|it| it.number != number));
    }

    fn hide_later(self, number: u32) {
        browser::dom::after(TOAST_DURATION_MS, move || {
            let is_this = |it: &Toast| it.number == number;
            let is_shown = self.shown.try_with_untracked(|it| it.iter().any(is_this));
            if is_shown != Some(true) {
                return;
            }
            if self.is_held.get_untracked() {
                self.hide_later(number);
            } else {
                self.hide(number);
            }
        });
    }

    /// Hides a toast. A removed element sends no `pointerleave`, so the hold is reset here.
    fn dismiss(self, number: u32) {
        self.is_held.set(false);
        self.hide(number);
    }

    /// Sets how the page is brought up to date after an undo, so that input is kept. Other pages are reloaded.
    pub fn refresh_with(self, refresh: Callback<UndoneBatch>) {
        self.on_refresh.set_value(Some(refresh));
    }

    /// Brings the page up to date after an undo. False if the page has to be reloaded: it has set no callback, or it was the
    /// callback of a page that was left.
    pub fn refresh(self, undone: UndoneBatch) -> bool {
        let refresh = self.on_refresh.get_value();
        refresh.and_then(|it| it.try_run(undone)).is_some()
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// The region that shows the toasts of the page. `on_undo` gets the change to revert.
#[component]
pub fn ToastRegion(on_undo: Callback<BatchId>) -> impl IntoView {
    let toasts = Toasts::from_context();
    view! {
        <div class="toast-region" role="status" aria-live="polite">
            {move || {
                let toast_view = move |toast: Toast| {
                    let (undo, number) = (toast.batch.clone(), toast.number);
                    view! {
                        <div
                            class="toast"
                            on:pointerenter=move |_| toasts.is_held.set(true)
                            on:pointerleave=move |_| toasts.is_held.set(false)
                            on:focusin=move |_| toasts.is_held.set(true)
                            on:focusout=move |_| toasts.is_held.set(false)
                        >
                            <span>{toast.text}</span>
                            {toast.step.map(|step| {
                                view! {
                                    <a class="button" data-size="s" href=step on:click=move |_| toasts.dismiss(number)>
                                        "View step"
                                    </a>
                                }
                            })}
                            {undo.map(|batch| {
                                view! {
                                    <button
                                        class="button"
                                        data-size="s"
                                        on:click=move |_| {
                                            toasts.dismiss(number);
                                            on_undo.run(batch.clone());
                                        }
                                    >
                                        "Undo"
                                    </button>
                                }
                            })}
                        </div>
                    }
                };
                toasts.shown.get().into_iter().map(toast_view).collect_view()
            }}
        </div>
    }
}
