//! Questions about marks that were refused because a step's text had changed (R81): each is asked once the one before it is
//! answered, and never over a dialog in which the person writes. The step panel shows the question itself.
use crate::{
    browser::dom,
    components::{
        pending_actions::FailedAction,
        ui::{follow_effect::follow, toast::Toasts},
    },
    domain::id::StepId,
};
use leptos::prelude::*;

/// The questions of a page.
#[derive(Clone, Copy)]
pub struct TextQuestions {
    /// The refused marks that are not asked about yet, oldest first.
    pub waiting: RwSignal<Vec<FailedAction>>,
    /// The failed action that the view of the open step shows: the question that is asked is one.
    pub refused: RwSignal<Option<FailedAction>>,
    /// Whether a reason or a text is being written in a dialog.
    pub is_writing: Signal<bool>,
    /// Opens a step.
    pub open: Callback<StepId>,
    /// The names of a step and its customer.
    pub names: Callback<StepId, Option<(String, String)>>,
    /// Says which step waits.
    pub toasts: Toasts,
}

impl TextQuestions {
    /// Asks one question after the other for as long as the calling component is mounted.
    pub fn ask_in_turn(self) {
        follow(move |_| {
            let is_asked = self.refused.with(|it| is_question(it.as_ref()));
            let is_writing = self.is_writing.get();
            let Some(newest) = self.waiting.with(|it| it.last().cloned()) else {
                return;
            };
            if is_writing {
                self.say_that_it_waits(&newest);
            } else if !is_asked {
                // Another dialog may be open, one that is no part of the step's view.
                dom::after_dialogs(move || self.ask_next());
            }
        });
    }

    fn say_that_it_waits(self, failed: &FailedAction) {
        if let Some((name, customer)) = self.names.run(failed.step) {
            let past = failed.request.action.past_tense();
            let text = format!(
                "{name} for {customer} was not {past}: its text changed. You'll be asked next."
            );
            self.toasts.show(text, None);
        }
    }

    /// Asks the question that waits longest. The page may be gone by now, or another question be asked.
    fn ask_next(self) {
        let is_writing = self.is_writing.try_get_untracked();
        let is_asked = self
            .refused
            .try_with_untracked(|it| is_question(it.as_ref()));
        if is_writing != Some(false) || is_asked != Some(false) {
            return;
        }
        let next = self.waiting.try_update(|it| {
            let is_any = !it.is_empty();
            is_any.then(|| it.remove(0))
        });
        if let Some(failed) = next.flatten() {
            self.open.run(failed.step);
            self.refused.set(Some(failed));
        }
    }
}

fn is_question(failed: Option<&FailedAction>) -> bool {
    failed.is_some_and(FailedAction::is_text_changed)
}

/// Puts a question that is asked back among those that wait, because something else takes its place. It is asked again.
pub fn put_back(refused: RwSignal<Option<FailedAction>>, waiting: RwSignal<Vec<FailedAction>>) {
    let asked = refused.get_untracked();
    if let Some(asked) = asked.filter(FailedAction::is_text_changed) {
        waiting.update(|it| it.insert(0, asked));
    }
}
