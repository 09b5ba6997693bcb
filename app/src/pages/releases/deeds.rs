//! What is sent for many cells, or for the release itself. It is loaded with the part of the WASM that stands beside the
//! matrix: nobody needs it before having selected something.
use super::undoing::Undoing;
use crate::{
    api::{
        releases::{archive_release, restore_release},
        steps::act_on_steps,
    },
    components::{
        bulk_bar::spread,
        matrix::{state::MatrixState, wording::bulk_text},
    },
    domain::{
        id::{BatchId, ReleaseId},
        marks::{Mark, shown_reason},
        matrix::At,
        stamp::Stamp,
        step::StepAction,
    },
    pages::Sending,
};
use leptos::prelude::*;

pub struct Bulk {
    pub cells: Vec<At>,
    pub action: StepAction,
    pub reason: Option<String>,
    pub state: MatrixState,
    pub sending: Sending,
    /// It waits for this already.
    pub undoing: Undoing,
    /// What was done, in words, and as what it can be undone.
    pub said: Callback<(String, Option<BatchId>)>,
}

impl Bulk {
    pub fn send(self) {
        let Self {
            cells,
            action,
            reason,
            state,
            sending,
            undoing,
            said,
        } = self;
        let ids = state.grid.with_untracked(|grid| {
            let cells = cells.iter();
            cells.filter_map(|at| Some(grid.cell(*at)?.step)).collect()
        });
        let size = spread(&cells);
        let reason_shown = reason.as_deref().map(shown_reason);
        let sent = async move {
            let result = act_on_steps(ids, action, reason).await;
            undoing.end();
            result
        };
        sending.run(sent, move |result| {
            let text = bulk_text(action, &result, size);
            let reason = reason_shown.filter(|_| action.asks_reason());
            let mark = result.stamp.map(|Stamp { by, at }| Mark {
                by: by.into(),
                at,
                reason: reason.map(Into::into),
            });
            let mark = mark.filter(|_| action != StepAction::Reopen);
            state
                .grid
                .update(|grid| grid.set_all(&result.changed_ids, action.target(), mark.as_ref()));
            said.run((text, result.batch_id));
        });
    }
}

/// Archives a release, or restores it.
pub fn set_archived(id: ReleaseId, archived: bool, sending: Sending, done: Callback<()>) {
    if archived {
        sending.run(archive_release(id), move |_| done.run(()));
    } else {
        sending.run(restore_release(id), move |_| done.run(()));
    }
}
