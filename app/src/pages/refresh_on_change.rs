//! Reads a page's data again after a change by others (R32), once nothing is being typed, pressed or chosen in it.
use crate::{
    browser::{dom, foreign_changes::on_change},
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
    let waits = Rc::new(Cell::new(false));
    on_change(move |change| {
        if !touches(&change) || waits.replace(true) {
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
    });
}
