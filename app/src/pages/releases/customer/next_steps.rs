//! Where run mode goes on from the open step: to the next one, to the first failed one, to the end of the work.
use super::work_controller::WorkController;
use crate::{
    browser::dom, components::run_step::NextStep, domain::customer_work::next_open,
    domain::customer_work::next_to_do, domain::customer_work::next_to_open, domain::id::StepId,
    domain::vocabulary::StepStatus,
};
use leptos::prelude::*;

impl WorkController {
    /// The first failed step, to be tried again. Tracked.
    pub fn first_failed(self) -> Option<StepId> {
        self.rows.with(|rows| {
            let mut failed = rows.iter().filter(|it| it.status == StepStatus::Failed);
            failed.next().map(|it| it.id)
        })
    }

    /// Whether the next step may be opened now that this one is finished. Not while the person types, where its keys would be
    /// shortcuts, and not over notes that could not be saved. A reason stays in its field.
    pub(super) fn may_go_on(self, step: StepId) -> bool {
        let is_typing = dom::is_typing() && !dom::exists("dialog[open]");
        let has_notes = self.page.memory.lasting().notes.of(step).is_some();
        !is_typing && !has_notes && untrack(|| self.is_here() && !self.is_writing())
    }

    /// Opens the first failed step.
    pub fn open_failed(self) {
        if let Some(step) = untrack(|| self.first_failed()) {
            self.open.run(Some(step));
        }
    }

    /// The next step to be worked on, with its number in the list; none if no other step is left, but for failed ones.
    pub fn next_step(self) -> Option<NextStep> {
        let now = self.open_step.get();
        self.rows.with(|rows| {
            let step = next_to_do(rows, now)?;
            let at = rows.iter().position(|it| it.id == step)?;
            Some(NextStep {
                number: at + 1,
                row: rows[at].clone(),
                path: self.address_of(step),
            })
        })
    }

    /// Opens the next or the previous step with work left. Where there is none, the end of the work.
    pub fn open_next(self, forward: bool) {
        let now = self.open_step.get_untracked();
        let (found, is_last) = self.rows.with_untracked(|rows| {
            let found = if forward {
                next_to_open(rows, now)
            } else {
                next_open(rows, now, false)
            };
            let row = rows.iter().find(|it| Some(it.id) == now);
            let is_left = |it: StepStatus| it.is_open() && it != StepStatus::Failed;
            (found, row.is_some_and(|it| is_left(it.status)))
        });
        if found.is_none() && is_last {
            self.toasts.show("This is the last open step.", None);
        } else if found.is_none() && now.is_none() {
            self.toasts.show("All done here.", None);
        } else {
            self.open.run(found);
        }
    }
}
