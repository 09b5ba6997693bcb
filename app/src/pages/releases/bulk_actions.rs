//! What is sent for many cells, or for the release itself. It is loaded with the part of the WASM that stands beside the
//! matrix: nobody needs it before having selected something.
use super::undo_stack::UndoStack;
use crate::{
    api::{
        releases::{archive_release, restore_release},
        steps::act_on_steps,
    },
    components::{
        bulk_bar::{BulkActionState, spread},
        matrix::{messages::bulk_text, state::MatrixState},
        ui::{notice::sentence, toast::Toasts},
    },
    domain::{
        actor_stamp::ActorStamp,
        id::{BatchId, ReleaseId},
        matrix::CellIndex,
        status_info::{StatusChange, reason_preview},
        step::StepAction,
        summary::BulkResult,
    },
};
use leptos::prelude::*;

pub struct BulkRequest {
    pub cells: Vec<CellIndex>,
    pub action: StepAction,
    pub reason: Option<String>,
    pub state: MatrixState,
    pub doing: BulkActionState,
    /// Whether the bar, or the dialog, is there to say why it failed.
    pub is_heard: Signal<bool>,
    pub toasts: Toasts,
    /// It waits for this already.
    pub undoing: UndoStack,
    /// What was done, in words, and as what it can be undone.
    pub said: Callback<(String, Option<BatchId>)>,
}

impl BulkRequest {
    pub fn send(self) {
        let Self {
            cells,
            action,
            reason,
            state,
            doing,
            is_heard,
            toasts,
            undoing,
            said,
        } = self;
        let ids = state.grid.with_untracked(|grid| {
            let cells = cells.iter();
            cells.filter_map(|at| Some(grid.cell(*at)?.step)).collect()
        });
        let size = spread(&cells);
        let reason_shown = reason.as_deref().map(reason_preview);
        let take_in = move |result: BulkResult| {
            doing.error.set(None);
            let text = bulk_text(action, &result, size);
            let reason = reason_shown.filter(|_| action.asks_reason());
            let mark = result.stamp.map(|ActorStamp { by, at }| StatusChange {
                by: by.into(),
                at,
                reason: reason.map(Into::into),
            });
            state
                .grid
                .update(|grid| grid.set_all(&result.changed_ids, action.target(), mark.as_ref()));
            said.run((text, result.batch_id));
        };
        leptos::task::spawn_local(async move {
            let answer = act_on_steps(ids, action, reason).await;
            // The page may be gone by now.
            if doing.is_busy.try_set(false).is_some() {
                return;
            }
            match answer {
                Ok(result) => take_in(result),
                Err(error) if is_heard.get_untracked() => doing.error.set(Some(error)),
                Err(error) => toasts.say(sentence(&error.to_string()), None),
            }
            // An undo that waited for this undoes this.
            undoing.end();
        });
    }
}

/// Archives a release, or restores it.
pub fn set_archived(id: ReleaseId, archived: bool, toasts: Toasts, done: Callback<()>) {
    leptos::task::spawn_local(async move {
        let answer = if archived {
            archive_release(id).await
        } else {
            restore_release(id).await
        };
        match answer {
            // The page may be gone by now.
            Ok(_) => drop(done.try_run(())),
            Err(error) => toasts.say(sentence(&error.to_string()), None),
        }
    });
}
