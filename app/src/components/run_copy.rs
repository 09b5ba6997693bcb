//! The copy button of the run mode. It also starts the step, unless this person has chosen otherwise, and asks first if somebody else
//! has the step in progress.
use super::{
    pending_actions::ActionRequest,
    step_panel::{
        actions::CopyButton,
        copy_question::{AskedCopy, CopyQuestion},
        step_detail::StepDetailState,
    },
    ui::{follow_effect::follow, menu::MenuItem},
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
    copy: AskedCopy,
    starts: CopyStarts,
}

impl RunCopy {
    /// Copies, or asks first. `starts` says whether the step is started with it.
    fn request(self, format: Option<CopyFormat>, starts: bool) {
        let state = self.copy.state;
        let taken = format.unwrap_or_else(|| untrack(|| state.format()));
        let starts = starts && state.can_work && taken != CopyFormat::Template;
        let then = starts.then(|| ActionRequest::new(StepAction::Start));
        self.copy.request(format, then);
    }

    /// What the button and its key do.
    fn press(self, format: Option<CopyFormat>) {
        let starts = self.starts.0.get_untracked() && is_started_by_copy(self.copy.state.status);
        self.request(format, starts);
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
        // A key may have been faster than the clipboard.
        copy: AskedCopy::new(state, move || {
            is_acted_on.try_get_untracked() == Some(false)
        }),
        starts,
    };
    button.copy.serve(copy_requests, move || button.press(None));
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
        <CopyQuestion copy=button.copy/>
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
