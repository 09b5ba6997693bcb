//! Dialog that asks for the reason before a step is failed, skipped or reverted. It needs nothing of the step's text: it opens
//! at once, and takes what is typed, while the step is still being read.
use super::{
    events::StepPanelEvent,
    panel_session::{ShownView, StepDetailInner, StepMemory},
};
use crate::{
    components::{
        foreign_line::ForeignLine,
        pending_actions::{ActionRequest, FailedAction},
        reason_form::{ReasonForm, verb},
        ui::{dialog::Dialog, follow_effect::follow},
    },
    domain::{id::StepId, vocabulary::StepAction},
};
use leptos::prelude::*;

/// Puts the reason that was typed for an action into the field; each action has its own. It stays when the prompt is closed
/// without sending it, until the state of the step is another one; and while the prompt is open, whatever happens to the step.
/// `state_at` says when the state was set: none while the step is being read.
fn recall(inner: &StepDetailInner, step: StepId, action: StepAction, state_at: Option<i64>) {
    let unread = format!("{step} {action} ");
    let of = state_at.map_or_else(|| unread.clone(), |at| format!("{unread}{at}"));
    let before = inner.reason_of.get_untracked();
    let typed = inner.reason.get_untracked();
    let is_open = inner.is_reason_open.get_untracked() && before.starts_with(&unread);
    inner.is_reason_open.set(true);
    if is_open && (before != unread || !typed.is_empty()) {
        inner.reason_of.set(of);
    } else if before != of {
        let kept = inner.reasons.try_update(|all| {
            if !typed.is_empty() {
                all.push((before, typed));
            }
            let at = all.iter().rposition(|it| it.0 == of || it.0 == unread)?;
            Some(all.swap_remove(at).1)
        });
        inner.reason_of.set(of);
        inner.reason.set(kept.flatten().unwrap_or_default());
    }
}

/// The dialog; open while a reason is asked for.
#[component]
pub fn ReasonPrompt(
    memory: StepMemory,
    /// The action whose reason is asked for, and its step.
    asking: RwSignal<Option<(StepId, StepAction)>>,
    /// The last action that failed or was refused.
    refused: RwSignal<Option<FailedAction>>,
    /// The names of a step and of its customer.
    names: Callback<StepId, Option<(String, String)>>,
    /// Sends the action of a step whose view is not there.
    on_act: Callback<(StepId, ActionRequest)>,
    /// Whether what was sent has had no answer for so long that it is said, as without a connection. Tracked.
    waits: Callback<(StepId, ActionRequest), bool>,
) -> impl IntoView {
    let inner = memory.inner();
    let reason: RwSignal<String> = inner.reason.clone().into();
    let shown: RwSignal<Option<ShownView>> = inner.shown.clone().into();
    follow(move |_| match asking.get() {
        Some((step, action)) => {
            let view = shown.get().and_then(ShownView::step_and_time);
            let state_at = view.filter(|it| it.0 == step).map(|it| it.1);
            recall(&inner, step, action, state_at);
        }
        None => inner.is_reason_open.set(false),
    });
    move || {
        let (step, action) = asking.get()?;
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                asking.set(None);
            }
        });
        let sent = RwSignal::new(None::<ActionRequest>);
        let send = move |given: String| {
            // Others have removed the step, which is said above the reason.
            let is_refused =
                refused.with_untracked(|it| it.as_ref().is_some_and(|it| it.step == step));
            if is_refused && untrack(|| names.run(step)).is_none() {
                return;
            }
            let request = ActionRequest {
                reason: Some(given),
                ..ActionRequest::new(action)
            };
            sent.set(Some(request.clone()));
            // The step's view first saves the notes that are typed in it.
            let view = shown.get_untracked().filter(|it| it.is_of(step));
            let event = StepPanelEvent::Act(request.clone());
            if view.and_then(|it| it.on_event.try_run(event)).is_none() {
                on_act.run((step, request));
            }
        };
        let title = match (untrack(|| names.run(step)), action) {
            (Some((name, customer)), StepAction::Fail) => {
                format!("Mark {name} failed for {customer}")
            }
            (Some((name, customer)), _) => format!("{} {name} for {customer}", verb(action)),
            (None, _) => verb(action).to_owned(),
        };
        let error = Signal::derive(move || {
            let failed = refused.get().filter(|it| it.step == step);
            failed.map(|it| it.error)
        });
        Some(view! {
            <Dialog open=open title=title>
                <ForeignLine steps=vec![step]/>
                <ReasonForm
                    action=action
                    reason=reason
                    id="reason"
                    error=error
                    waits=Signal::derive(move || sent.get().is_some_and(|it| waits.run((step, it))))
                    on_reason=Callback::new(send)
                    on_cancel=Callback::new(move |()| open.set(false))
                />
            </Dialog>
        })
    }
}
