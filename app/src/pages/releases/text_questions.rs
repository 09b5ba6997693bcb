//! Questions about marks that were refused because a step's text had changed (R81): each is asked once the one before it is
//! answered, and never while the person types. The step panel shows the question itself.
use crate::{
    browser::dom,
    browser::unsaved_guard,
    components::{
        matrix::messages::failure_text,
        pending_actions::FailedAction,
        ui::{follow_effect::follow, toast::Toasts},
    },
    domain::{id::StepId, vocabulary::StepAction},
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
    /// Whether the page is the one in the address. While another one is being loaded nothing is opened here.
    pub is_here: Signal<bool>,
    /// Opens a step.
    pub open: Callback<StepId>,
    /// The names of a step and its customer, and the step's address.
    pub place: Callback<StepId, Option<(String, String, String)>>,
    /// Says which step waits.
    pub toasts: Toasts,
}

impl TextQuestions {
    /// Asks one question after the other for as long as the calling component is mounted.
    pub fn ask_in_turn(self) {
        // Another page of ours tells of each question by a toast; nothing does once the tab is closed.
        unsaved_guard::guard_closing(Signal::derive(move || {
            self.waiting.with(|it| !it.is_empty())
                || self.refused.with(|it| is_question(it.as_ref()))
        }));
        let mut told = None;
        follow(move |_| {
            let is_asked = self.refused.with(|it| is_question(it.as_ref()));
            let is_writing = self.is_writing.get();
            let is_here = self.is_here.get();
            let Some(newest) = self.waiting.with(|it| it.last().cloned()) else {
                told = None;
                return;
            };
            if (is_writing || dom::is_typing()) && told.as_ref() != Some(&newest) {
                self.say_that_it_waits(&newest);
                told = Some(newest);
            }
            if is_here && !is_writing && !is_asked {
                dom::when_free(move || self.ask_next());
            }
        });
    }

    fn say_that_it_waits(self, failed: &FailedAction) {
        if let Some((name, customer, _)) = self.place.run(failed.step) {
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
        let is_here = self.is_here.try_get_untracked();
        if (is_writing, is_asked, is_here) != (Some(false), Some(false), Some(true)) {
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

    /// Tells of each question that is left when the page is, with a link to its step. Nothing is notified: views of the page
    /// that are not removed yet would read signals that are disposed.
    pub fn tell_all(self) {
        let asked = self
            .refused
            .try_maybe_update(|it| (false, it.take_if(|it| it.is_text_changed())));
        let waiting = self
            .waiting
            .try_maybe_update(|it| (false, std::mem::take(it)))
            .unwrap_or_default();
        for failed in asked.flatten().into_iter().chain(waiting) {
            if let Some((name, customer, address)) = self.place.try_run(failed.step).flatten() {
                let text = format!("{name} for {customer} {}.", failure_text(&failed));
                self.toasts.show_step(text, address);
            }
        }
    }
}

/// Whether the address is a page's own. Tracked.
pub fn is_at(path: Memo<String>, own: &str) -> bool {
    let now = path.try_get();
    now.is_some_and(|it| it.trim_end_matches('/') == own)
}

fn is_question(failed: Option<&FailedAction>) -> bool {
    failed.is_some_and(FailedAction::is_text_changed)
}

/// Whether a question is asked now. What fails meanwhile must not take its place.
pub fn is_asked(refused: RwSignal<Option<FailedAction>>) -> bool {
    refused.with_untracked(|it| is_question(it.as_ref()))
}

/// Puts a question that is asked back among those that wait, because something else takes its place. It is asked again.
pub fn put_back(refused: RwSignal<Option<FailedAction>>, waiting: RwSignal<Vec<FailedAction>>) {
    let asked = refused.get_untracked();
    if let Some(asked) = asked.filter(FailedAction::is_text_changed) {
        waiting.update(|it| it.insert(0, asked));
    }
}

/// An action on a step has succeeded: what failed of the step before is over. Questions about other actions stay. The page may
/// be gone by now.
pub fn settle(
    refused: RwSignal<Option<FailedAction>>,
    waiting: RwSignal<Vec<FailedAction>>,
    step: StepId,
    action: StepAction,
) {
    // A question that stays must not be rendered anew: it would lose the focus.
    let _ = refused.try_maybe_update(|it| {
        let over = it.take_if(|it| it.is_settled_by(step, action));
        (over.is_some(), ())
    });
    let _ = waiting.try_update(|it| it.retain(|it| !it.is_settled_by(step, action)));
}
