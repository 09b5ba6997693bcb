//! The copy button of the run mode. It also starts the step, unless this person has chosen otherwise, and asks first if somebody else
//! has the step in progress.
use super::{
    layout::sidebar::OwnName,
    pending_actions::ActionRequest,
    step_panel::{actions::CopyButton, step_detail::StepDetailState},
    ui::{dialog::Dialog, follow_effect::follow, menu::MenuItem, time::Clock},
};
use crate::{
    browser::dom,
    domain::{
        copy::CopyFormat,
        id::StepId,
        vocabulary::{StepAction, StepStatus},
    },
};
use leptos::prelude::*;

/// Where the browser keeps whether the button also starts the step: `on` or `off`.
const STARTS_SETTING: &str = "rollcall.copy-starts";

const COPY_AND_START: &str = "Copy and start";

/// Whether the button also starts the step, as this person chose it. To be provided as context by the page, so that it stays from
/// one step to the next.
#[derive(Clone, Copy)]
pub struct CopyStarts(RwSignal<bool>);

impl CopyStarts {
    /// The choice that was made last in this browser.
    pub fn remembered() -> Self {
        let starts = RwSignal::new(true);
        follow(move |_| starts.set(dom::read_setting(STARTS_SETTING).as_deref() != Some("off")));
        Self(starts)
    }

    /// The choice of the page.
    fn from_context() -> Self {
        use_context().unwrap_or_else(|| Self(RwSignal::new(true)))
    }

    /// Keeps a choice in this browser.
    fn choose(self, starts: bool) {
        dom::write_setting(STARTS_SETTING, if starts { "on" } else { "off" });
        self.0.set(starts);
    }
}

/// Whether a copy starts a step in this state by itself. A failed step is started only if that is asked for: its text may be copied
/// to look into the failure.
fn is_started_by_copy(status: StepStatus) -> bool {
    StepAction::Start.allows(status) && status != StepStatus::Failed
}

/// Handles to the state of the button, copied into every closure that needs them.
#[derive(Clone, Copy)]
struct RunCopy {
    state: StepDetailState,
    starts: CopyStarts,
    /// The format of the copy that is being made or asked about; none for the one that was chosen last.
    format: StoredValue<Option<CopyFormat>>,
    /// What is sent once the text is on the clipboard.
    then: StoredValue<Option<ActionRequest>>,
    /// The question whether to copy what somebody else has in progress.
    asked: RwSignal<Option<String>>,
    own_name: OwnName,
    clock: Clock,
}

impl RunCopy {
    /// Copies, or asks first. `starts` says whether the step is started with it.
    fn request(self, format: Option<CopyFormat>, starts: bool) {
        let taken = format.unwrap_or_else(|| untrack(|| self.state.format()));
        let starts = starts && self.state.can_work && taken != CopyFormat::Template;
        self.format.set_value(format);
        self.then
            .set_value(starts.then(|| ActionRequest::new(StepAction::Start)));
        match self.question() {
            Some(question) => self.asked.set(Some(question)),
            None => self.copy(),
        }
    }

    /// What the button and its key do.
    fn press(self, format: Option<CopyFormat>) {
        let starts = self.starts.0.get_untracked() && is_started_by_copy(self.state.status);
        self.request(format, starts);
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

/// The button, the menu beside it, and the question that it may ask.
#[component]
pub fn RunCopyButton(
    state: StepDetailState,
    /// Whether an action on the step has no answer yet.
    is_acted_on: Signal<bool>,
    /// The step whose text is to be copied, once its view is there.
    copy_requests: RwSignal<Option<StepId>>,
) -> impl IntoView {
    let starts = CopyStarts::from_context();
    let button = RunCopy {
        state,
        starts,
        format: StoredValue::new(None),
        then: StoredValue::new(None),
        asked: RwSignal::new(None),
        own_name: OwnName::from_context(),
        clock: Clock::from_context(),
    };
    follow(move |_| {
        if copy_requests.get() == Some(state.id) {
            copy_requests.set(None);
            state.recall_format();
            untrack(|| button.press(None));
        }
    });
    follow(move |_| {
        if state.copied.get() == Some((state.id, true)) {
            let then = button.then.try_update_value(Option::take).flatten();
            // A key may have been faster than the clipboard.
            let is_free = is_acted_on.try_get_untracked() == Some(false);
            if let Some(request) = then.filter(|_| is_free) {
                untrack(|| state.send_action(request));
            }
        }
    });
    let word = Signal::derive(move || {
        let is_start = starts.0.get() && state.can_work && is_started_by_copy(state.status);
        if is_start { COPY_AND_START } else { "Copy" }
    });
    let choice = |label: &str, is_on: bool| {
        let choose = Callback::new(move |()| {
            starts.choose(is_on);
            button.request(None, is_on && StepAction::Start.allows(state.status));
        });
        MenuItem {
            is_current: Signal::derive(move || starts.0.get() == is_on),
            ..MenuItem::new(label, choose)
        }
    };
    let choices = if state.can_work {
        vec![choice(COPY_AND_START, true), choice("Copy only", false)]
    } else {
        Vec::new()
    };
    let on_copy = Callback::new(move |format: Option<CopyFormat>| button.press(format));
    view! {
        <CopyButton state=state word=word choices=choices on_copy=on_copy/>
        {move || button.asked.get().map(|text| view! { <CopyQuestion button=button text=text/> })}
    }
}

/// The dialog that asks before a text is copied that somebody else may be running.
#[component]
fn CopyQuestion(button: RunCopy, text: String) -> impl IntoView {
    let open = RwSignal::new(true);
    follow(move |_| {
        if !open.get() {
            button.asked.set(None);
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
                <button class="button" type="button" on:click=move |_| button.answer(true)>
                    "Take over and copy"
                </button>
                <button class="button" data-kind="ink" type="button" on:click=move |_| button.answer(false)>
                    "Copy anyway"
                </button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_starts_what_is_open_but_never_a_failed_step_by_itself() {
        use StepStatus::{Done, Failed, InProgress, Pending, Reverted, Skipped};
        assert!([Pending, Reverted].into_iter().all(is_started_by_copy));
        let others = [Failed, InProgress, Done, Skipped];
        assert!(!others.into_iter().any(is_started_by_copy));
    }
}
