//! Shows in a customer's work list what others changed (R32).
use super::work_controller::WorkController;
use crate::{
    api::steps::read_step,
    browser::{dom, reconnection::when_back},
    components::step_panel::lost_step::LOST_STEP,
    domain::{
        event::Entity,
        foreign_change::{ForeignChange, ForeignEvent},
        id::StepId,
    },
    error::AppError,
    pages::request_queue::send_in_order,
};
use leptos::prelude::*;

/// Brings the list and the open step up to date: a few steps are read one by one, everything else with the list, once nothing is
/// being typed or chosen in it.
pub fn show_change(work: WorkController, change: &ForeignChange) {
    if !change.may_touch_release(work.release) {
        return;
    }
    let page = work.page;
    let _ = page.changed_by.try_set_value(change.by.clone());
    let open = work.open_step.try_get_untracked().flatten();
    if let Some(step) = open.filter(|it| change.may_remove(*it)) {
        let _ = page.removal.try_set_value(Some((step, change.by.clone())));
    }
    work.page.undo.reread();
    if change.may_end_undo(work.release) {
        work.page.undo.check();
    }
    let own = (work.release, work.customer);
    let is_here = |it: &ForeignEvent| it.entity != Entity::Step || (it.release, it.customer) == own;
    let steps = change.steps_alone(is_here);
    let is_open_touched = steps
        .as_ref()
        .is_none_or(|steps| open.is_some_and(|it| steps.contains(&it)));
    if open.is_some_and(|it| change.writes_text_of(it)) {
        // Also under an open dialog: its text may be what is being edited there.
        work.force_detail();
    } else if is_open_touched {
        work.reload_detail();
    }
    match steps {
        Some(steps) => {
            for step in steps {
                send_in_order(step, Box::pin(read_row(work, step)));
            }
        }
        None => dom::when_free(move || {
            // The page may be gone by now.
            if dom::exists(LOST_STEP) {
                let _ = page.is_behind.try_set_value(true);
            } else {
                let _ = work.reload.try_run(());
            }
        }),
    }
}

/// Reads a step and shows it in its row.
async fn read_row(work: WorkController, step: StepId) {
    match read_step(step).await {
        Ok(open) => work.update_row(&open.detail.step),
        // The list as it is stays in place until there is a connection.
        Err(AppError::Transport(_)) => when_back(move || {
            let _ = work.reload.try_run(());
        }),
        // It was removed.
        Err(_) => drop(work.reload.try_run(())),
    }
}
