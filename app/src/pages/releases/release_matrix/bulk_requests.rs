//! Actions on many cells as the page asks for them: one at a time, and what becomes of each is told.
use super::controller::{BulkRequest, MatrixController};
use crate::{
    components::{
        bulk_bar::{BULK_CELLS_MAX, TOO_MANY},
        pending_actions::{ActionRequest, FailedAction},
    },
    domain::{
        id::{BatchId, StepId},
        matrix::CellIndex,
        own_changes::action_verb,
        rule_violation::not_allowed,
        vocabulary::StepAction,
    },
    error::AppError,
    pages::request_queue::{QueuedSteps, start_in_order},
};
use leptos::prelude::*;

/// Said of a second bulk action, which is not sent.
const BUSY: &str = "Not sent: the last bulk change is still under way. Try again when it is saved.";

impl MatrixController {
    /// Says why an action of these cells is not begun, if it is not: before a reason is asked for.
    pub(super) fn refuses(self, cells: &[CellIndex], action: StepAction) -> bool {
        if cells.len() > BULK_CELLS_MAX {
            self.toasts.show(TOO_MANY, None);
            return true;
        }
        let cell = |at: &CellIndex| self.state.grid.with_untracked(|it| it.cell(*at).copied());
        let allows = |at: &CellIndex| cell(at).is_some_and(|it| action.allows(it.status));
        if !action.accepts_reason() || cells.is_empty() || cells.iter().any(allows) {
            return false;
        }
        let [only] = cells else {
            let nothing = format!("Nothing to {}", action_verb(action));
            self.toasts.show(nothing, None);
            return true;
        };
        let Some(cell) = cell(only) else { return false };
        let failed = FailedAction {
            step: cell.step,
            request: ActionRequest::new(action),
            error: AppError::refused(not_allowed(action, cell.status)),
        };
        self.tell_failure(failed, self.state.step_and_customer(cell.step));
        true
    }

    /// Applies an action to many cells. While another bulk action has no answer yet, as without a connection, that is said instead,
    /// and the reason stays in its dialog.
    pub fn act_on_many(self, cells: Vec<CellIndex>, action: StepAction, reason: Option<String>) {
        if self.bulk.is_busy.get_untracked() {
            if reason.is_none() {
                self.toasts.show(BUSY, None);
            } else if self.sent_from_dialog.get_value() == 0 {
                // What the bar offers to try again.
                self.bulk.action.set(Some(action));
                self.bulk
                    .error
                    .set(Some(AppError::refused(BUSY.to_owned())));
            }
            return;
        }
        self.bulk.is_busy.set(true);
        self.bulk.action.set(Some(action));
        // An undo that is requested meanwhile waits for this action.
        let number = self.reloader.begin_change();
        if reason.is_some() {
            self.sent_from_dialog.set_value(number);
        }
        // When its turn comes the selection may be another, and the page be gone.
        let is_rectangle = !untrack(|| self.state.has_picked());
        let steps: Vec<StepId> = cells.iter().filter_map(|it| self.step_at(*it)).collect();
        start_in_order(QueuedSteps::These(steps.clone()), move |turn| {
            (self.send_bulk)(BulkRequest {
                controller: self,
                cells,
                steps,
                is_rectangle,
                action,
                reason,
                turn,
                number,
            });
        });
    }

    /// Reports a bulk action that succeeded. The grid shows its result already; if other changes were sent meanwhile, it
    /// is read again, since one of them may be newer. A reason that is being written for another action stays.
    pub fn finish_bulk(self, text: String, what: String, batch: Option<BatchId>, number: u32) {
        if self.sent_from_dialog.get_value() == number {
            self.bulk_reason_action.set(None);
        }
        self.report(text, Some(what), batch);
        if self.reloader.n_changes() != number {
            self.reloader.reload_grid();
        }
        self.reloader.reload_panel();
    }

    /// Whether the bulk bar, or the reason dialog that the action was sent from, is shown, which then say why it failed.
    pub fn shows_bulk_error(self, number: u32) -> bool {
        untrack(|| match self.bulk_reason_action.get() {
            Some(_) => self.sent_from_dialog.get_value() == number,
            None => self.state.selects_many(),
        })
    }
}
