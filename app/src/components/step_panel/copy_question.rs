//! A copy of a step's text, which asks first if somebody else has the step in progress (R33): in the side panel and in the run mode.
use super::step_detail::StepDetailState;
use crate::{
    components::{
        layout::sidebar::OwnName,
        pending_actions::ActionRequest,
        ui::{dialog::Dialog, follow_effect::follow, time::Clock},
    },
    domain::{copy::CopyFormat, id::StepId, vocabulary::StepStatus},
};
use leptos::prelude::*;

/// Handles to the state of the copies of a step's view, copied into every closure that needs them.
#[derive(Clone, Copy)]
pub struct AskedCopy {
    /// The step.
    pub state: StepDetailState,
    /// The format of the copy that is being made or asked about; none for the one that was chosen last.
    format: StoredValue<Option<CopyFormat>>,
    /// What is sent once the text is on the clipboard.
    then: StoredValue<Option<ActionRequest>>,
    /// The question whether to copy what somebody else has in progress.
    asked: RwSignal<Option<String>>,
    own_name: OwnName,
    clock: Clock,
}

impl AskedCopy {
    /// Nothing is copied yet. `is_free` says whether an action may be sent with a copy once that is made.
    pub fn new(state: StepDetailState, is_free: impl Fn() -> bool + 'static) -> Self {
        let this = Self {
            state,
            format: StoredValue::new(None),
            then: StoredValue::new(None),
            asked: RwSignal::new(None),
            own_name: OwnName::from_context(),
            clock: Clock::from_context(),
        };
        follow(move |_| {
            if state.copied.get() == Some((state.id, true)) {
                let then = this.then.try_update_value(Option::take).flatten();
                if let Some(request) = then.filter(|_| is_free()) {
                    untrack(|| state.send_action(request));
                }
            }
        });
        this
    }

    /// Copies each time that the page asks for this step's text, as `copy` does. What it asks for of another step is that step's
    /// view's.
    pub fn serve(self, asked: RwSignal<Option<StepId>>, copy: impl Fn() + 'static) {
        follow(move |_| {
            if asked.get() == Some(self.state.id) {
                asked.set(None);
                self.state.recall_format();
                untrack(&copy);
            }
        });
    }

    /// Copies, or asks first. `then` is sent once the text is on the clipboard.
    pub fn request(self, format: Option<CopyFormat>, then: Option<ActionRequest>) {
        self.format.set_value(format);
        self.then.set_value(then);
        match self.question() {
            Some(question) => self.asked.set(Some(question)),
            None => self.copy(),
        }
    }

    fn copy(self) {
        match self.format.get_value() {
            Some(format) => self.state.choose_format(format),
            None => self.state.copy_as_chosen(),
        }
    }

    /// What is asked if somebody else has the step in progress: "In progress by Ben Okoro since 13:58. Copy anyway?"
    fn question(self) -> Option<String> {
        if !self.state.can_work || self.state.status != StepStatus::InProgress {
            return None;
        }
        let (by, at) = self.state.read(|it| {
            let step = &it.detail.step;
            step.state_by.clone().zip(step.state_at)
        })?;
        let is_own = self.own_name.0.with_untracked(|it| *it == by);
        let at = untrack(|| self.clock.time(at));
        (!is_own).then(|| format!("In progress by {by} since {at}. Copy anyway?"))
    }

    /// Answers the question.
    fn answer(self, takes_over: bool) {
        self.then
            .set_value(takes_over.then(ActionRequest::taking_over));
        self.asked.set(None);
        self.copy();
    }
}

/// The dialog that asks before a text is copied that somebody else may be running; nothing while nothing is asked.
#[component]
pub fn CopyQuestion(copy: AskedCopy) -> impl IntoView {
    move || copy.asked.get().map(|text| question_dialog(copy, text))
}

fn question_dialog(copy: AskedCopy, text: String) -> impl IntoView {
    let open = RwSignal::new(true);
    follow(move |_| {
        if !open.get() {
            copy.asked.set(None);
        }
    });
    view! {
        <Dialog open=open title=text>
            <div class="dialog__body">
                <p class="muted">"They may be running it right now."</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                    "Cancel"
                </button>
                <button class="button" type="button" on:click=move |_| copy.answer(true)>
                    "Take over and copy"
                </button>
                <button class="button" data-kind="ink" type="button" on:click=move |_| copy.answer(false)>
                    "Copy anyway"
                </button>
            </div>
        </Dialog>
    }
}
