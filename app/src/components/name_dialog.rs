//! Dialog in which a person enters their name; every change is recorded under it (R20).
use super::ui::{dialog::Dialog, field::TextField, notice::Failure};
use crate::{domain::vocabulary::Field, error::AppError};
use leptos::prelude::*;

/// The dialog.
#[component]
pub fn NameDialog(
    open: RwSignal<bool>,
    /// The present name; the field begins with it.
    actor: RwSignal<String>,
    /// Why the name was not accepted.
    error: RwSignal<Option<AppError>>,
    /// Saves a name.
    on_name: Callback<String>,
) -> impl IntoView {
    let name = RwSignal::new(String::new());
    Effect::new(move |_| {
        // What was typed and not saved is still there.
        if open.get() {
            if name.with_untracked(String::is_empty) {
                name.set(actor.get_untracked());
            }
            error.set(None);
        }
    });
    view! {
        <Dialog open=open title="Your name">
            <form on:submit=move |event| {
                event.prevent_default();
                on_name.run(name.get_untracked());
            }>
                <div class="dialog__body stack">
                    <Failure error=error/>
                    <TextField
                        label="Your name"
                        id="your-name"
                        value=name
                        error=Signal::derive(move || error.get().and_then(|it| it.message_for(Field::Name)))
                        hint="Every change is recorded under this name."
                    />
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button" data-kind="ink" type="submit">"Save changes"</button>
                </div>
            </form>
        </Dialog>
    }
}
