//! Shows in the matrix page what others changed (R32): a few cells are read one by one, everything else with the grid. Loaded lazily,
//! with the first change.
use super::{controller::MatrixController, reloader::MatrixReloader};
use crate::{
    api::steps::read_step,
    browser::dom,
    components::matrix::state::MatrixState,
    domain::{
        event::{Entity, EventAction},
        foreign_change::{ForeignChange, ForeignEvent},
        id::{ReleaseId, StepId},
    },
    pages::request_queue::send_in_order,
};
use leptos::prelude::*;

/// Whether an event changes the head of the page: name, status, or which buttons there are.
fn is_of_head(event: &ForeignEvent, release: ReleaseId) -> bool {
    event.entity == Entity::Release
        && event.id == release.0
        && !matches!(
            event.action,
            EventAction::AddCustomers | EventAction::RemoveCustomers | EventAction::Reorder
        )
}

/// Brings the page up to date after a change that may concern its release. `reload` reads the whole page.
pub fn show_change(controller: MatrixController, change: &ForeignChange, reload: Callback<()>) {
    let reloader = controller.reloader;
    let release = reloader.release;
    let _ = reloader.changed_by.try_set_value(change.by.clone());
    controller.undo_stack.reread();
    if change.may_end_undo(release) {
        controller.undo_stack.check();
    }
    // Steps of another release may be of the same batch.
    let is_here = |it: &ForeignEvent| it.entity != Entity::Step || it.release == release;
    let mut events = change.events.iter().flatten();
    // An empty grid is not on the page at all.
    let grid = controller.state.grid;
    let is_empty = grid.try_with_untracked(|it| it.columns.is_empty() || it.rows.is_empty());
    if events.any(|it| is_of_head(it, release)) || is_empty == Some(true) {
        let read_page = move || {
            // The page may be gone by now.
            let _ = reload.try_run(());
        };
        // What is written in a dialog would go with the page.
        if dom::exists("dialog[open]") {
            dom::when_free(read_page);
        } else {
            read_page();
        }
        return;
    }
    let open = controller.open_step.try_get_untracked().flatten();
    let Some(steps) = change.steps_alone(is_here) else {
        reloader.reload_by_others();
        // Also under an open dialog: its text may be what is being edited there.
        if open.is_some_and(|it| change.writes_text_of(it)) {
            reloader.force_panel();
        } else {
            reloader.reload_panel();
        }
        return;
    };
    if open.is_some_and(|it| steps.contains(&it)) {
        reloader.reload_panel();
    }
    let state = controller.state;
    for step in steps {
        send_in_order(step, Box::pin(read_cell(state, reloader, step)));
    }
}

/// Reads a step and shows its cell. It takes its turn among the requests about the step, so no older state replaces a newer one.
async fn read_cell(state: MatrixState, reloader: MatrixReloader, step: StepId) {
    let Some(n_begun) = reloader.n_begun() else {
        return;
    };
    let read = read_step(step).await;
    match read {
        Ok(open) if reloader.is_unchanged_since(n_begun) => {
            let before = state.cell_of(step);
            state.put_step(&open.detail.step, None);
            if state.cell_of(step) != before {
                state.mark_changed(vec![step]);
            }
        }
        // It was removed, or an action on many cells came between.
        _ => reloader.reload_by_others(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::CustomerId;

    #[test]
    fn another_name_or_status_is_a_change_of_the_page_s_head_and_members_are_not() {
        let of = |action| {
            let event = ForeignEvent {
                entity: Entity::Release,
                id: 1,
                action,
                release: ReleaseId(1),
                customer: CustomerId(0),
            };
            is_of_head(&event, ReleaseId(1))
        };
        assert!(of(EventAction::Archive) && of(EventAction::Update));
        assert!(!of(EventAction::AddCustomers) && !of(EventAction::RemoveCustomers));
    }
}
