//! What has just happened, in a polite live region, with a way to undo it.
use crate::{browser, domain::id::BatchId};
use leptos::prelude::*;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    /// What Undo would undo.
    pub batch: Option<BatchId>,
    number: u32,
}

/// The page's toasts: one at a time, the newest.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Option<Toast>>,
    number: RwSignal<u32>,
    is_held: RwSignal<bool>,
    /// Draws the page anew after an undo.
    renew: StoredValue<Option<Callback<()>>>,
}

const SHOWN_FOR: u32 = 8_000;

impl Toasts {
    pub fn new() -> Self {
        Self {
            shown: RwSignal::new(None),
            number: RwSignal::new(0),
            is_held: RwSignal::new(false),
            renew: StoredValue::new(None),
        }
    }

    pub fn here() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    pub fn say(self, text: impl Into<String>, batch: Option<BatchId>) {
        self.number.update(|it| *it += 1);
        let number = self.number.get_untracked();
        self.shown.set(Some(Toast {
            text: text.into(),
            batch,
            number,
        }));
        self.expire(number);
    }

    fn expire(self, number: u32) {
        browser::dom::after(SHOWN_FOR, move || {
            if self
                .shown
                .try_get_untracked()
                .flatten()
                .is_none_or(|it| it.number != number)
            {
                return;
            }
            if self.is_held.get_untracked() {
                self.expire(number);
            } else {
                self.shown.set(None);
            }
        });
    }

    /// Whoever held it is not heard of any more.
    pub fn dismiss(self) {
        self.is_held.set(false);
        self.shown.set(None);
    }

    /// A page that draws itself anew after an undo keeps what is typed; others are loaded again.
    pub fn renewed_by(self, renew: Callback<()>) {
        self.renew.set_value(Some(renew));
    }

    /// False if the page has to be loaded again. The callback of a page that was left is gone with it.
    pub fn renew(self) -> bool {
        let renew = self.renew.get_value();
        renew.and_then(|it| it.try_run(())).is_some()
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

#[component]
pub fn ToastRegion(on_undo: Callback<BatchId>) -> impl IntoView {
    let toasts = Toasts::here();
    view! {
        <div class="toast-region" role="status" aria-live="polite">
            {move || {
                toasts.shown.get().map(|toast| {
                    let undo = toast.batch.clone();
                    view! {
                        <div
                            class="toast"
                            on:pointerenter=move |_| toasts.is_held.set(true)
                            on:pointerleave=move |_| toasts.is_held.set(false)
                            on:focusin=move |_| toasts.is_held.set(true)
                            on:focusout=move |_| toasts.is_held.set(false)
                        >
                            <span>{toast.text}</span>
                            {undo.map(|batch| {
                                view! {
                                    <button
                                        class="button"
                                        data-size="s"
                                        on:click=move |_| {
                                            toasts.dismiss();
                                            on_undo.run(batch.clone());
                                        }
                                    >
                                        "Undo"
                                    </button>
                                }
                            })}
                        </div>
                    }
                })
            }}
        </div>
    }
}
