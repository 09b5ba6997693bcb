//! Reads a page's data again after a change by others (R32), once nothing is being typed, pressed or chosen in it.
use crate::{
    browser::{
        dom,
        foreign_changes::{on_change, on_runs},
    },
    domain::foreign_change::ForeignChange,
};
use leptos::prelude::*;
use std::{cell::Cell, rc::Rc};

/// Changes within this time are read together.
const REFRESH_DELAY_MS: u32 = 300;

/// Runs `refetch` after each change that touches the page.
pub fn refresh_on_change(
    refetch: Callback<()>,
    touches: impl Fn(&ForeignChange) -> bool + 'static,
) {
    let refresh = delayed(refetch);
    on_change(move |change| {
        if touches(&change) {
            refresh();
        }
    });
}

/// Runs `refetch` after each change, and whenever a run has another state: for pages that list runs (R71).
pub fn refresh_on_runs(refetch: Callback<()>) {
    let refresh = delayed(refetch);
    let refresh_too = refresh.clone();
    on_change(move |_| refresh());
    on_runs(refresh_too);
}

/// Runs `refetch` a moment after it is called, once for all calls until then.
fn delayed(refetch: Callback<()>) -> impl Fn() + Clone + 'static {
    let waits = Rc::new(Cell::new(false));
    move || {
        if waits.replace(true) {
            return;
        }
        let waits = Rc::clone(&waits);
        dom::after(REFRESH_DELAY_MS, move || {
            dom::when_free(move || {
                waits.set(false);
                // The page may be gone by now.
                let _ = refetch.try_run(());
            });
        });
    }
}
