//! Says that there is more than a list shows, because rows do not move under their reader (R32): "3 new events · Show".
use leptos::prelude::*;

/// The button that shows what is new; nothing if nothing is.
#[component]
pub fn NewRows(
    /// What is new: "3 new events".
    text: RwSignal<Option<String>>,
    on_show: Callback<()>,
) -> impl IntoView {
    move || {
        text.get().map(|text| {
            view! {
                <p class="row" role="status">
                    <button class="button" type="button" on:click=move |_| on_show.run(())>
                        {format!("{text} · Show")}
                    </button>
                </p>
            }
        })
    }
}

/// Shows what is new, if that is another text than before: a line that stays is not read out again.
pub fn tell_new(text: RwSignal<Option<String>>, now: Option<String>) {
    // The page may be gone by now.
    let _ = text.try_maybe_update(|it| {
        let is_other = *it != now;
        *it = now;
        (is_other, ())
    });
}
