//! What changed in the open step's text (R81): the question before a changed text is marked, the notice about values that
//! changed, and what a done step was done with.
use super::{
    events::{Compared, ComparedNow, StepPanelEvent, StepRequest},
    step_detail::{StepDetailState, kept_text},
};
use crate::{
    components::{
        diff_view::{SideBySide, unified},
        pending_actions::{ActionRequest, FailedAction},
        reason_form::verb,
        shown_texts::ShownText,
        step_state::state_set_text,
        text_change::change_text,
        ui::{dialog::Dialog, icon::Icon, notice::Failure, time::Clock},
    },
    domain::text_change::{ChangedText, TextChange},
};
use leptos::prelude::*;
use std::sync::Arc;

/// The changes, one per line.
pub fn change_lines(changes: Vec<TextChange>) -> impl IntoView {
    let clock = Clock::from_context();
    let line = move |change: TextChange| {
        view! { <p>{move || change_text(&change, &clock.time(change.at))}</p> }
    };
    changes.into_iter().map(line).collect_view()
}

/// Says that today's text of a done step is another than the one on screen, with the difference and a button that copies it.
#[component]
fn TodaysText(state: StepDetailState, kept: String) -> impl IntoView {
    let (now, can_copy) = state.read(|it| {
        let detail = &it.detail;
        (
            detail.resolved_content.clone(),
            detail.unresolved.is_empty(),
        )
    });
    let compared = Compared::new();
    let texts = StoredValue::new((kept, now));
    let compare = move || {
        let (before, after) = texts.get_value();
        compared.error.set(None);
        let into = compared;
        state.request(StepRequest::Compare {
            before,
            after,
            into,
        });
    };
    let copied = RwSignal::new(None::<bool>);
    let copy_label = move || match copied.get() {
        Some(true) => "Copied today's text",
        Some(false) => "Couldn't copy today's text",
        None => "Copy today's text",
    };
    view! {
        <p>
            <b>"Today's text differs."</b>
            " "
            <button
                type="button"
                class="link"
                on:click=move |_| compare()
                hidden=move || compared.rows.with(Option::is_some)
            >
                "Show the difference"
            </button>
            " "
            {can_copy
                .then(|| {
                    view! {
                        <button type="button" class="link" on:click=move |_| state.copy_todays(copied)>
                            {copy_label}
                        </button>
                    }
                })}
        </p>
        <Failure error=compared.error on_retry=Callback::new(move |()| compare())/>
        {move || {
            compared
                .rows
                .get()
                .map(|rows| {
                    view! { <pre class="diff" tabindex="0" role="region" aria-label="Difference" inner_html=unified(&rows)></pre> }
                })
        }}
    }
}

/// Says what changed in the text of a step after the release was activated; of a done step that today's text differs.
#[component]
pub fn ChangesNotice(state: StepDetailState) -> impl IntoView {
    let (changes, kept) = state.read(|it| {
        let kept = kept_text(it).map(|it| it.text.clone());
        (it.detail.changes.clone(), kept)
    });
    let is_empty = changes.is_empty() && kept.is_none();
    let todays = kept.map(|kept| view! { <TodaysText state=state kept=kept/> });
    (!is_empty).then(|| {
        view! {
            <div class="alert">
                <Icon name="i-clock"/>
                <div>{todays} {change_lines(changes)}</div>
            </div>
        }
    })
}

/// Dialog that asks before a step is started or marked done if its text differs from the one that was shown. It also says what
/// state somebody else has set meanwhile.
#[component]
pub fn TextChangedDialog(state: StepDetailState) -> impl IntoView {
    let clock = Clock::from_context();
    let (title, own) = state.read(|it| {
        let (step, customer) = (&it.detail.step, &it.detail.customer.customer.name);
        let title = format!(
            "{} for {customer}: the text changed since you saw it",
            step.name
        );
        (title, (step.status, step.state_at))
    });
    move || {
        let failed = state.failed().filter(FailedAction::is_text_changed)?;
        let request = failed.request;
        let label = verb(request.action);
        // Beside the text of now stands the one that was to be proved; if they are the same, what was on screen instead of it.
        let is_screen = RwSignal::new(false);
        let request = StoredValue::new(request);
        let compare = move |into: ComparedNow| {
            into.set(None);
            let shown = request.with_value(|it| {
                let shown = if is_screen.get_untracked() {
                    &it.on_screen
                } else {
                    &it.text
                };
                shown.as_ref().map(|it| it.text.clone())
            });
            let shown = shown.unwrap_or_default();
            state.request(StepRequest::CompareNow(shown, into));
        };
        let found: ComparedNow = RwSignal::new(None);
        compare(found);
        let now = move || found.get().and_then(Result::ok);
        let error = Signal::derive(move || found.get().and_then(Result::err));
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                state.refused.set(None);
                state.on_event.run(StepPanelEvent::Reread);
            }
        });
        let send = move |now: ChangedText| {
            let text = Some(Arc::new(ShownText {
                sha256: now.resolved_sha256,
                text: now.resolved_content,
            }));
            let request = ActionRequest {
                text,
                on_screen: None,
                ..request.get_value()
            };
            state.refused.set(None);
            state.send_action(request);
        };
        let rows = RwSignal::new(None);
        Effect::new(move |_| {
            let Some(answer) = now() else {
                return rows.set(None);
            };
            let (is_now, has_screen) = request.with_value(|it| {
                let shown = it.text.as_ref().map(|it| it.sha256.as_str());
                (
                    shown == Some(answer.now.resolved_sha256.as_str()),
                    it.on_screen.is_some(),
                )
            });
            let shows_screen = is_now && has_screen;
            if shows_screen != is_screen.get_untracked() {
                is_screen.set(shows_screen);
                return untrack(|| compare(found));
            }
            if is_now && !has_screen && (answer.status, answer.state_at) == own {
                // The text is again the one that was shown, so there is nothing to ask.
                return untrack(|| send(answer.now));
            }
            rows.set(Some(answer.rows));
        });
        // What is answered is the text and the state that the dialog shows: both are read once more before it is sent.
        let fresh: ComparedNow = RwSignal::new(None);
        Effect::new(move |_| {
            let Some(answer) = fresh.get() else { return };
            match (answer, untrack(now)) {
                (Ok(answer), Some(said)) if answer.agreed() == said.agreed() => {
                    untrack(|| send(answer.now));
                }
                (answer, _) => found.set(Some(answer)),
            }
        });
        let foreign = move || {
            let now = now().filter(|it| (it.status, it.state_at) != own)?;
            let at = now.state_at.map(|it| clock.time(it));
            Some(view! { <p><b>{state_set_text(&now, at.as_deref())}</b></p> })
        };
        let sides = move || {
            let (left, right) = if is_screen.get() {
                ("On screen", "Copied and now")
            } else {
                ("As you saw it", "Now")
            };
            view! { <SideBySide rows=rows left=left right=right/> }
        };
        Some(view! {
            <Dialog open=open title=title.clone() wide=true>
                <div class="dialog__body stack">
                    <Failure error=error on_retry=Callback::new(move |()| compare(found))/>
                    {foreign}
                    {move || now().map(|it| change_lines(it.now.changes))}
                    {sides}
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" data-first="" on:click=move |_| open.set(false)>
                        "Cancel"
                    </button>
                    <button
                        class="button"
                        data-kind="ink"
                        type="button"
                        disabled=move || now().is_none()
                        on:click=move |_| compare(fresh)
                    >
                        {label}
                    </button>
                </div>
            </Dialog>
        })
    }
}
