//! Sends one action for many cells, and copies the link to the view. Loaded lazily: a page that is only read needs none of it.
use super::controller::{BulkRequest, MatrixController};
use crate::{
    api::steps::act_on_steps, browser, components::bulk_bar::BulkActionState,
    components::bulk_bar::count_rows_and_columns, components::matrix::messages::bulk_text,
    components::ui::notice::sentence, components::ui::toast::Toasts,
    domain::actor_stamp::ActorStamp, domain::own_changes::action_in_words,
    domain::status_info::StatusChange, domain::status_info::reason_preview,
    domain::summary::BulkResult,
};
use leptos::prelude::*;

/// Sends the action and shows its result in the grid. The controller has set `bulk.is_busy` and has begun a change of the
/// undo stack; both end here, with the answer.
pub fn send_bulk_action(request: BulkRequest) {
    let BulkRequest {
        controller,
        cells,
        action,
        reason,
        number,
    } = request;
    let MatrixController {
        state,
        bulk: BulkActionState { is_busy, error, .. },
        undo_stack,
        toasts,
        ..
    } = controller;
    let ids = state.grid.with_untracked(|grid| {
        let cells = cells.iter();
        cells.filter_map(|at| Some(grid.cell(*at)?.step)).collect()
    });
    // Picked cells need not be each step of each customer.
    let is_rectangle = !untrack(|| state.has_picked());
    let size = if is_rectangle {
        count_rows_and_columns(&cells)
    } else {
        (1, 1)
    };
    let reason_shown = reason.as_deref().map(reason_preview);
    let show_result = move |result: BulkResult| {
        error.set(None);
        let text = bulk_text(action, &result, size);
        let what = action_in_words(action, result.changed_ids.len());
        let reason = reason_shown.filter(|_| action.accepts_reason());
        let change = result.stamp.map(|ActorStamp { by, at }| StatusChange {
            by: by.into(),
            at,
            reason: reason.map(Into::into),
        });
        state
            .grid
            .update(|grid| grid.set_all(&result.changed_ids, action.target(), change.as_ref()));
        controller.finish_bulk(text, what, result.batch_id, number);
    };
    leptos::task::spawn_local(async move {
        let answer = act_on_steps(ids, action, reason).await;
        // The page may be gone by now.
        if is_busy.try_set(false).is_some() {
            return;
        }
        match answer {
            Ok(result) => show_result(result),
            Err(failure) if controller.shows_bulk_error() => error.set(Some(failure)),
            Err(failure) => toasts.show(sentence(&failure.to_string()), None),
        }
        // An undo that waited for this action now undoes it.
        undo_stack.end_change();
    });
}

/// Copies the link to the view that is shown, and says whether that worked.
pub fn copy_link(toasts: Toasts) {
    leptos::task::spawn_local(async move {
        let is_copied = browser::clipboard::copy(&browser::dom::current_url()).await;
        let text = if is_copied {
            "Copied the link to this view"
        } else {
            "Couldn't copy the link"
        };
        toasts.show(text, None);
    });
}
