//! What changed in the open step's text (R81): the question before a changed text is marked, the notice about values that
//! changed, and what a done step was done with.
use super::{
    events::{Compared, ComparedNow, StepPanelEvent},
    step_detail::{StepDetailState, kept_text},
};
use crate::{
    components::{
        diff_view::{SideBySide, unified},
        pending_actions::{ActionRequest, FailedAction, ShownText},
        reason_form::verb,
        text_change::change_text,
        ui::{dialog::Dialog, icon::Icon, notice::Failure, time::Clock},
    },
    domain::text_change::{ChangedText, TextChange, TextComparison},
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
        state.on_event.run(StepPanelEvent::Compare {
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

/// Dialog that asks before a step is started or marked done if its text differs from the one that was shown.
#[component]
pub fn TextChangedDialog(state: StepDetailState) -> impl IntoView {
    let title = state.read(|it| {
        let (step, customer) = (&it.detail.step.name, &it.detail.customer.customer.name);
        format!("{step} for {customer}: the text changed since you saw it")
    });
    move || {
        let failed = state.failed().filter(FailedAction::is_text_changed)?;
        let request = failed.request;
        let label = verb(request.action);
        let shown = request.text.as_ref().map(|it| it.text.clone());
        let shown = StoredValue::new(shown.unwrap_or_default());
        let found: ComparedNow = RwSignal::new(None);
        let compare = move || {
            found.set(None);
            let text = shown.get_value();
            state.on_event.run(StepPanelEvent::CompareNow(text, found));
        };
        compare();
        let now = move || found.get().and_then(Result::ok);
        let error = Signal::derive(move || found.get().and_then(Result::err));
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                state.refused.set(None);
                state.on_event.run(StepPanelEvent::Reread);
            }
        });
        let request = StoredValue::new(request);
        let send = move |now: ChangedText| {
            let text = Some(Arc::new(ShownText {
                sha256: now.resolved_sha256,
                text: now.resolved_content,
            }));
            let request = ActionRequest {
                text,
                ..request.get_value()
            };
            state.refused.set(None);
            state.send_action(request);
        };
        let rows = RwSignal::new(None);
        Effect::new(move |_| {
            let Some(TextComparison { now, rows: found }) = now() else {
                return rows.set(None);
            };
            let shown = request.with_value(|it| it.text.as_ref().map(|it| it.sha256.clone()));
            if shown.as_ref() == Some(&now.resolved_sha256) {
                // The copied text is the present one, so there is nothing to ask, even if the screen showed another.
                return untrack(|| send(now));
            }
            rows.set(Some(found));
        });
        Some(view! {
            <Dialog open=open title=title.clone() wide=true>
                <div class="dialog__body stack">
                    <Failure error=error on_retry=Callback::new(move |()| compare())/>
                    {move || now().map(|it| change_lines(it.now.changes))}
                    <SideBySide rows=rows left="As you saw it" right="Now"/>
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
                        on:click=move |_| {
                            if let Some(found) = untrack(now) {
                                send(found.now);
                            }
                        }
                    >
                        {label}
                    </button>
                </div>
            </Dialog>
        })
    }
}
