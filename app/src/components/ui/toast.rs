//! Toasts: short messages about what has just been done, in a polite live region, with a button to undo or restore it.
use crate::{
    browser,
    domain::id::{BatchId, ClusterId, CustomerId, ReleaseId},
};
use leptos::prelude::*;
use maud::html;

/// What was archived or deactivated, and comes back by the button of the toast that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Restorable {
    Release(ReleaseId),
    Customer(CustomerId),
    Cluster(ClusterId),
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    pub text: String,
    /// The change that its Undo button reverts. Without one there is no button.
    pub batch: Option<BatchId>,
    /// What that change is called; if there is nothing, the text says it.
    pub what: Option<String>,
    /// What its Restore button brings back. Without it there is no such button.
    pub restorable: Option<Restorable>,
    /// The address of the step that the message is about.
    pub step: Option<String>,
    number: u32,
}

/// The toasts of the page. Only the newest one is shown, and those that link to a step: what failed there is not told elsewhere.
#[derive(Clone, Copy)]
pub struct Toasts {
    shown: RwSignal<Vec<Toast>>,
    number: RwSignal<u32>,
    /// Brings the page up to date after an undo.
    on_refresh: StoredValue<Option<Callback<()>>>,
    /// Reads the page again.
    on_reload: StoredValue<Option<Callback<()>>>,
}

/// How long a toast is shown. While the user is on it, it stays for another such period.
const TOAST_DURATION_MS: u32 = 8_000;

/// Selector of a toast with the pointer or the focus on it. It is not hidden then.
const HELD: &str = ".toast:is(:hover, :focus-within)";

impl Toasts {
    /// Without a toast. To be provided as context by the shell of the page.
    pub fn new() -> Self {
        Self {
            shown: RwSignal::new(Vec::new()),
            number: RwSignal::new(0),
            on_refresh: StoredValue::new(None),
            on_reload: StoredValue::new(None),
        }
    }

    /// The toasts of the page.
    pub fn from_context() -> Self {
        use_context().unwrap_or_else(Self::new)
    }

    /// Shows a toast in place of the present one, with an Undo button for `batch` if it is given.
    pub fn show(self, text: impl Into<String>, batch: Option<BatchId>) {
        self.replace(text.into(), batch, None, None, None);
    }

    /// The same with what the change is called, as it stands beside the Undo button of the page.
    pub fn show_change(self, text: String, batch: BatchId, what: String) {
        self.replace(text, Some(batch), Some(what), None, None);
    }

    /// Shows a toast with a button that restores what was archived or deactivated.
    pub fn show_restorable(self, text: String, restorable: Restorable) {
        self.replace(text, None, None, Some(restorable), None);
    }

    /// Shows a toast with a link to the step that it is about. Later ones do not take its place, but for one about this step.
    pub fn show_step(self, text: String, address: String) {
        self.replace(text, None, None, None, Some(address));
    }

    fn replace(
        self,
        text: String,
        batch: Option<BatchId>,
        what: Option<String>,
        restorable: Option<Restorable>,
        step: Option<String>,
    ) {
        self.number.update(|it| *it += 1);
        let number = self.number.get_untracked();
        self.shown.update(|all| {
            all.retain(|it| it.step.is_some() && it.step != step);
            all.push(Toast {
                text,
                batch,
                what,
                restorable,
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
            if browser::dom::exists(HELD) {
                self.hide_later(number);
            } else {
                self.hide(number);
            }
        });
    }

    /// Sets how the page is brought up to date after an undo, so that input is kept. Other pages are reloaded.
    pub fn refresh_with(self, refresh: Callback<()>) {
        self.on_refresh.set_value(Some(refresh));
    }

    /// Sets how the page is read again after something was archived, deactivated or restored. Other pages are reloaded.
    pub fn reload_with(self, reload: Callback<()>) {
        self.on_reload.set_value(Some(reload));
    }

    /// Reads the page again. False if the whole document has to be loaded: see `refresh`.
    pub fn reload_page(self) -> bool {
        let reload = self.on_reload.get_value();
        reload.and_then(|it| it.try_run(())).is_some()
    }

    /// Brings the page up to date after an undo. False if the page has to be reloaded: it has set no callback, or it was the
    /// callback of a page that was left.
    pub fn refresh(self) -> bool {
        let refresh = self.on_refresh.get_value();
        refresh.and_then(|it| it.try_run(())).is_some()
    }
}

impl Default for Toasts {
    fn default() -> Self {
        Self::new()
    }
}

/// The attribute of what hides a toast when it is pressed: the toast's number.
const PRESSED: &str = "data-toast";

/// A toast. HTML text, because elements of leptos would be large in the WASM of every page.
fn toast_html(toast: &Toast) -> String {
    let id = format!("toast-{}", toast.number);
    let html = html! {
        div class="toast" {
            @if let Some(what) = &toast.what {
                span { (toast.text) }
                span class="toast__what" id=(id) { (what) }
            } @else {
                span id=(id) { (toast.text) }
            }
            @if let Some(step) = &toast.step {
                a class="button" data-size="s" data-toast=(toast.number) href=(step) { "View step" }
            }
            @if toast.batch.is_some() {
                button class="button" data-size="s" data-toast=(toast.number) aria-describedby=(id) { "Undo" }
            }
            @if toast.restorable.is_some() {
                button class="button" data-size="s" data-toast=(toast.number) { "Restore" }
            }
        }
    };
    html.into_string()
}

/// The region that shows the toasts of the page. `on_undo` gets the change to revert, `on_restore` what is to be restored.
#[component]
pub fn ToastRegion(on_undo: Callback<BatchId>, on_restore: Callback<Restorable>) -> impl IntoView {
    let toasts = Toasts::from_context();
    let press = move |event: leptos::ev::MouseEvent| {
        let number = browser::dom::closest_attribute(&event, PRESSED);
        let Some(number) = number.and_then(|it| it.parse().ok()) else {
            return;
        };
        let is_pressed = |it: &Toast| it.number == number;
        let toast = toasts
            .shown
            .with_untracked(|all| all.iter().find(|it| is_pressed(it)).cloned());
        toasts.hide(number);
        // The pressed button goes with its toast.
        browser::dom::after(0, browser::dom::focus_page);
        let Some(toast) = toast else { return };
        if let Some(batch) = toast.batch {
            on_undo.run(batch);
        }
        if let Some(restorable) = toast.restorable {
            on_restore.run(restorable);
        }
    };
    let html = move || {
        toasts
            .shown
            .with(|all| all.iter().map(toast_html).collect::<String>())
    };
    view! { <div class="toast-region" role="status" aria-live="polite" inner_html=html on:click=press></div> }
}
