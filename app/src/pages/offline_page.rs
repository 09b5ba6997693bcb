//! A link that is opened without a connection, to a page whose part of the WASM is not loaded yet: the page says so in its place,
//! and opens once it is tried again with a connection. Loading the part would fail, and the whole page with it.
use super::lazy_pages::LazyPage;
use crate::{browser, components::ui::notice::Unavailable, error::AppError};
use leptos::prelude::*;
use std::cell::Cell;

thread_local! {
    /// Whether the part with the matrix and the one with all other pages are loaded.
    static LOADED: Cell<(bool, bool)> = const { Cell::new((false, false)) };
}

/// A part was loaded.
pub fn note_loaded(is_matrix: bool) {
    let (matrix, records) = LOADED.get();
    LOADED.set((matrix || is_matrix, records || !is_matrix));
}

/// Whether a part is neither loaded nor can be. False on the server.
pub fn is_out_of_reach(is_matrix: bool) -> bool {
    let (matrix, records) = LOADED.get();
    let is_loaded = if is_matrix { matrix } else { records };
    browser::dom::is_offline() && !is_loaded
}

/// What is shown in the page's place.
#[component]
pub fn OfflinePage(page: LazyPage) -> impl IntoView {
    let tries = RwSignal::new(0_u32);
    let on_retry = Callback::new(move |()| tries.update(|it| *it += 1));
    move || {
        tries.track();
        if is_out_of_reach(page.is_matrix()) {
            let error = AppError::Transport(String::new());
            view! { <Unavailable error=error on_retry=on_retry/> }.into_any()
        } else {
            Suspend::new(page.load()).into_any()
        }
    }
}
