//! Asks whether a step is taken over that somebody else has in progress (R33): the server has answered a start without a change.
//! By then the person may be typing elsewhere, so the question waits for that, and several are asked one after the other.
use crate::{
    browser::dom,
    components::{
        layout::sidebar::OwnName,
        take_over_dialog::TakeOverQuestion,
        ui::{time::Clock, toast::Toasts},
    },
    domain::{
        step::CustomerStep,
        vocabulary::{StepAction, StepStatus},
    },
};
use leptos::prelude::*;

/// The questions of a page.
#[derive(Clone, Copy)]
pub struct TakeOver {
    /// What is asked now comes first.
    pub asked: RwSignal<Vec<TakeOverQuestion>>,
    own_name: OwnName,
    /// The clock of the page.
    pub clock: Clock,
    toasts: Toasts,
}

impl TakeOver {
    /// Nothing is asked yet.
    pub fn new() -> Self {
        Self {
            asked: RwSignal::new(Vec::new()),
            own_name: OwnName::from_context(),
            clock: Clock::from_context(),
            toasts: Toasts::from_context(),
        }
    }

    /// Asks after an action that changed nothing, if it was a start of what somebody else has in progress. False if there is nothing
    /// to ask.
    pub fn ask(self, action: StepAction, row: &CustomerStep) -> bool {
        let is_start = action == StepAction::Start && row.status == StepStatus::InProgress;
        let (Some(by), Some(at)) = (&row.state_by, row.state_at) else {
            return false;
        };
        let is_own = self.own_name.0.with_untracked(|it| it == by);
        // The page may be gone by now.
        if !is_start || is_own || self.asked.is_disposed() {
            return false;
        }
        let at = untrack(|| self.clock.time(at));
        if dom::is_typing() {
            let name = &row.name;
            let text = format!("{name} is in progress by {by}. You'll be asked next.");
            self.toasts.show(text, None);
        }
        let question = TakeOverQuestion {
            step: row.id,
            text: format!("In progress by {by} since {at}. Take over?"),
        };
        dom::when_free(move || {
            let _ = self.asked.try_update(|it| {
                if !it.contains(&question) {
                    it.push(question);
                }
            });
        });
        true
    }
}

impl Default for TakeOver {
    fn default() -> Self {
        Self::new()
    }
}
