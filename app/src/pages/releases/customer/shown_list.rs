//! The work list on screen. It takes a newer reading of its rows without being rendered again, so that what is being typed in the open
//! step, and the focus, stay.
use super::{PageIds, work_controller::WorkController};
use crate::{
    api::releases::read_customer_work,
    browser::dom,
    components::ui::follow_effect::follow,
    domain::customer_work::{InRelease, NeighborCustomer, WorkList},
    error::AppError,
    pages::latest_read::LatestRead,
};
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
pub struct ShownList {
    shown: StoredValue<Option<Shown>>,
    /// How often rows have changed so far.
    n_changes: StoredValue<u32>,
    reads: LatestRead,
}

impl Default for ShownList {
    fn default() -> Self {
        Self {
            shown: StoredValue::new(None),
            n_changes: StoredValue::new(0),
            reads: LatestRead::default(),
        }
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
        let _ = self.shown.try_set_value(Some(shown));
        follow(move |_| {
            work.rows.track();
            let _ = self.n_changes.try_update_value(|it| *it += 1);
        });
    }

    /// Reads the list again and shows it in place; `render` reads and renders all of it, where more than its rows has changed or it
    /// cannot be read.
    pub fn renew(self, ids: Signal<PageIds>, render: Callback<()>) {
        let now = move || ids.try_get_untracked().flatten();
        let Some((release, customer)) = now() else {
            return;
        };
        let n_before = self.n_changes.try_get_value();
        let take = move |answer| match answer {
            _ if now() != Some((release, customer)) => {}
            // What was changed since may be missing in it.
            Ok(InRelease::Member(_)) if self.n_changes.try_get_value() != n_before => {
                self.renew(ids, render);
            }
            Ok(InRelease::Member(list)) if self.take(&list) => {}
            // The list as it is stays in place until there is a connection.
            Err(AppError::Transport(_)) if dom::is_offline() => {}
            _ => drop(render.try_run(())),
        };
        self.reads
            .run(move || read_customer_work(release, customer), take);
    }

    /// Shows a newer reading, and has the open step read again. False if another list is on screen, or more than its rows has changed.
    fn take(self, list: &WorkList) -> bool {
        let Some(shown) = self.shown.try_get_value().flatten() else {
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
