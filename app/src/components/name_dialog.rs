//! Dialog in which a person enters their name; every change is recorded under it (R20).
use super::ui::{dialog::Dialog, field::TextField, notice::Failure};
use crate::{domain::vocabulary::Field, error::AppError};
use leptos::prelude::*;

/// How many names are offered.
const OFFERED_MAX: usize = 12;

/// The dialog.
#[component]
pub fn NameDialog(
    open: RwSignal<bool>,
    /// The present name; the field begins with it.
    actor: RwSignal<String>,
    /// Names used before, which are offered.
    names: RwSignal<Vec<String>>,
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
    let offered = move || {
        let all = names
            .get()
            .into_iter()
            .filter(|it| actor.with(|own| it != own));
        let all: Vec<String> = all.take(OFFERED_MAX).collect();
        (!all.is_empty()).then(|| {
            let buttons = all.into_iter().map(|it| {
                let chosen = it.clone();
                view! { <button type="button" class="chip" on:click=move |_| name.set(chosen.clone())>{it}</button> }
            });
            view! {
                <div class="names" role="group" aria-label="Names used before">
                    {buttons.collect_view()}
                </div>
            }
        })
    };
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
                    {offered}
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button" data-kind="ink" type="submit">"Save changes"</button>
                </div>
            </form>
        </Dialog>
    }
}
