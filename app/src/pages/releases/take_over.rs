//! Asks whether a step is taken over that somebody else has in progress (R33): the server has answered a start without a change.
use crate::{
    components::{layout::sidebar::OwnName, take_over_dialog::TakeOverQuestion, ui::time::Clock},
    domain::{
        step::CustomerStep,
        vocabulary::{StepAction, StepStatus},
    },
};
use leptos::prelude::*;

/// The question of a page.
#[derive(Clone, Copy)]
pub struct TakeOver {
    /// What is asked now.
    pub asked: RwSignal<Option<TakeOverQuestion>>,
    own_name: OwnName,
    /// The clock of the page.
    pub clock: Clock,
}

impl TakeOver {
    /// Nothing is asked yet.
    pub fn new() -> Self {
        Self {
            asked: RwSignal::new(None),
            own_name: OwnName::from_context(),
            clock: Clock::from_context(),
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
        if !is_start || is_own {
            return false;
        }
        let at = untrack(|| self.clock.time(at));
        // The page may be gone by now.
        let asked = self.asked.try_set(Some(TakeOverQuestion {
            step: row.id,
            text: format!("In progress by {by} since {at}. Take over?"),
        }));
        asked.is_none()
    }
}

impl Default for TakeOver {
    fn default() -> Self {
        Self::new()
    }
}
