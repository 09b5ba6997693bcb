//! The work list on screen. It takes a newer reading of its rows without being rendered again, so that what is being typed in the open
//! step, and the focus, stay.
use super::work_controller::WorkController;
use crate::domain::customer_work::{NeighborCustomer, WorkList};
use leptos::prelude::*;

#[derive(Clone)]
struct Shown {
    /// The list without its rows and the next customer with open steps.
    frame: WorkList,
    work: WorkController,
    next_unfinished: RwSignal<Option<NeighborCustomer>>,
}

/// Handle to the list on screen; none before the first one.
#[derive(Clone, Copy)]
pub struct ShownList(StoredValue<Option<Shown>>);

impl Default for ShownList {
    fn default() -> Self {
        Self(StoredValue::new(None))
    }
}

impl ShownList {
    /// This list is shown from now on. `frame` is without its rows.
    pub fn set(
        self,
        frame: WorkList,
        work: WorkController,
        next_unfinished: RwSignal<Option<NeighborCustomer>>,
    ) {
        let shown = Shown {
            frame,
            work,
            next_unfinished,
        };
        // The page may be gone by now.
        let _ = self.0.try_set_value(Some(shown));
    }

    /// Shows a newer reading, and has the open step read again. False if another list is on screen, or more than its rows has changed.
    pub fn take(self, list: &WorkList) -> bool {
        let Some(shown) = self.0.try_get_value().flatten() else {
            return false;
        };
        let frame = WorkList {
            rows: list.rows.clone(),
            next_unfinished: list.next_unfinished.clone(),
            ..shown.frame
        };
        let work = shown.work;
        if *list != frame || work.rows.is_disposed() {
            return false;
        }
        work.rows.set(frame.rows);
        shown.next_unfinished.set(frame.next_unfinished);
        work.reload_detail();
        true
    }
}
