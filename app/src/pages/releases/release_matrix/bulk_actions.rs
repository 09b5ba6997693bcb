//! Sends one action for many cells, and copies the link to the view. Loaded lazily: a page that is only read needs none of it.
use super::controller::{BulkRequest, MatrixController};
use crate::{
    api::steps::act_on_steps,
    browser,
    components::{
        bulk_bar::{BulkActionState, count_rows_and_columns},
        matrix::{messages::bulk_text, state::MatrixState},
        pending_actions::PendingActions,
        ui::{notice::sentence, toast::Toasts},
    },
    domain::{
        actor_stamp::ActorStamp,
        id::StepId,
        matrix::Cell,
        own_changes::action_in_words,
        status_info::{StatusChange, reason_preview},
        summary::BulkResult,
        vocabulary::StepStatus,
    },
};
use leptos::prelude::*;

/// Sends the action and shows its result in the grid. The controller has set `bulk.is_busy` and has begun a change of the
/// undo stack; both end here, with the answer.
pub fn send_bulk_action(request: BulkRequest) {
    let BulkRequest {
        controller,
        cells,
        steps,
        is_rectangle,
        action,
        reason,
        turn,
        number,
    } = request;
    let MatrixController {
        state,
        bulk: BulkActionState { is_busy, error, .. },
        undo_stack,
        toasts,
        ..
    } = controller;
    let size = if is_rectangle {
        count_rows_and_columns(&cells)
    } else {
        (1, 1)
    };
    let reason_shown = reason.as_deref().map(reason_preview);
    let show_result = move |result: BulkResult, is_gone: bool| {
        let text = bulk_text(action, &result, size);
        let what = action_in_words(action, result.changed_ids.len());
        if is_gone {
            return controller.report(text, Some(what), result.batch_id);
        }
        error.set(None);
        let reason = reason_shown.filter(|_| action.accepts_reason());
        let change = result.stamp.map(|ActorStamp { by, at }| StatusChange {
            by: by.into(),
            at,
            reason: reason.map(Into::into),
        });
        put_result(state, &result.changed_ids, action.target(), change.as_ref());
        controller.finish_bulk(text, what, result.batch_id, number);
    };
    let sent = async move {
        let answer = act_on_steps(steps, action, reason).await;
        // The page may be gone by now: what was changed can be undone all the same.
        let is_gone = is_busy.try_set(false).is_some();
        match answer {
            Ok(result) => show_result(result, is_gone),
            Err(failure) if !is_gone && controller.shows_bulk_error(number) => {
                error.set(Some(failure));
            }
            Err(failure) => toasts.show(sentence(&failure.to_string()), None),
        }
        undo_stack.end_change();
    };
    turn.send(Box::pin(sent));
}

/// Shows the result in the grid. A cell of which a newer action is asked goes on showing that.
fn put_result(
    state: MatrixState,
    ids: &[StepId],
    status: StepStatus,
    change: Option<&StatusChange>,
) {
    let pending = state.pending_actions;
    let mut asked = pending.with_untracked(PendingActions::steps);
    asked.retain(|step| {
        let cell = state.cell_of(*step).filter(|_| ids.contains(step));
        let cell = cell.map(|it| Cell { status, ..it });
        let settled = pending.try_update(|it| Some(it.settle(cell?, None)));
        settled.flatten() == Some(false)
    });
    let mut ids = ids.to_vec();
    ids.retain(|it| !asked.contains(it));
    let grid = state.grid;
    grid.update(|grid| grid.set_all(&ids, status, change));
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
