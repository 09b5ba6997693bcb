//! Search field that searches while one types: what is typed is searched for a moment after the last key, or at once on Enter.
use super::ui::{follow_effect::follow, icon::Icon};
use crate::browser;
use leptos::{ev, prelude::*};

/// How long after the last key the search begins, in milliseconds.
const SEARCH_DELAY_MS: u32 = 200;

/// The field, `q` of a form.
#[component]
pub fn LiveSearch(
    label: &'static str,
    /// The text that the page's address searches for.
    in_address: Memo<String>,
    on_search: Callback<String>,
) -> impl IntoView {
    let first = in_address.get_untracked();
    let text = RwSignal::new(first.clone());
    // What is typed stays while the address follows an earlier key; any other search in the address takes its place.
    let sent = StoredValue::new(first.clone());
    follow(move |_| {
        let now = in_address.get();
        if sent.with_value(|it| *it != now) {
            sent.set_value(now.clone());
            text.set(now);
        }
    });
    let search = move || {
        let typed = text.get_untracked();
        if in_address.with_untracked(|it| *it != typed) {
            sent.set_value(typed.clone());
            on_search.run(typed);
        }
    };
    let n_keys = StoredValue::new(0_u32);
    let on_input = move |event: ev::Event| {
        text.set(event_target_value(&event));
        n_keys.update_value(|it| *it += 1);
        let key = n_keys.get_value();
        browser::dom::after(SEARCH_DELAY_MS, move || {
            // None once the page is gone.
            if n_keys.try_get_value() == Some(key) {
                search();
            }
        });
    };
    view! {
        <div class="search">
            <Icon name="i-search"/>
            <input
                class="input"
                type="search"
                id="search"
                name="q"
                autocomplete="off"
                aria-label=label
                aria-keyshortcuts="/"
                placeholder="Search"
                value=first
                prop:value=move || text.get()
                on:input=on_input
                on:change=move |_| search()
            />
            <kbd class="live-only" aria-hidden="true">"/"</kbd>
        </div>
    }
}
