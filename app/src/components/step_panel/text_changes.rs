//! What changed in the open step's text (R81): the question before a changed text is marked, the notice about values that
//! changed, and what a done step was done with.
use super::{events::StepPanelEvent, step_detail::StepDetailState};
use crate::{
    components::{
        diff_view::{SideBySide, unified},
        pending_actions::{ActionRequest, FailedAction, ShownText},
        reason_form::verb,
        text_change::change_text,
        ui::{dialog::Dialog, icon::Icon, time::Clock},
    },
    domain::text_change::{TextChange, TextComparison},
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

/// Says what changed in the text of a step after the release was activated; of a done step that today's text differs.
#[component]
pub fn ChangesNotice(state: StepDetailState) -> impl IntoView {
    let (changes, kept, now) = state.read(|it| {
        let detail = &it.detail;
        let differs = |it: &str| it != detail.resolved_sha256;
        let kept = detail.kept.as_ref().filter(|it| differs(&it.sha256));
        let kept = kept.map(|it| it.text.clone());
        (
            detail.changes.clone(),
            kept,
            detail.resolved_content.clone(),
        )
    });
    let is_empty = changes.is_empty() && kept.is_none();
    let rows = RwSignal::new(None);
    let difference = kept.map(|kept| {
        let texts = StoredValue::new((kept, now));
        let compare = move |_| {
            let (before, after) = texts.get_value();
            let into = rows;
            state.on_event.run(StepPanelEvent::Compare {
                before,
                after,
                into,
            });
        };
        view! {
            <b>"Today's text differs."</b>
            " "
            <button type="button" class="link" on:click=compare hidden=move || rows.with(Option::is_some)>
                "Show the difference"
            </button>
            {move || {
                rows.get()
                    .map(|rows| {
                        view! { <pre class="diff" tabindex="0" role="region" aria-label="Difference" inner_html=unified(&rows)></pre> }
                    })
            }}
        }
    });
    (!is_empty).then(|| {
        view! {
            <div class="alert">
                <Icon name="i-clock"/>
                <div>{difference} {change_lines(changes)}</div>
            </div>
        }
    })
}

/// Asks before a step is started or marked done whose text is another than the one that was shown.
#[component]
pub fn TextChangedDialog(state: StepDetailState) -> impl IntoView {
    move || {
        let failed = state.refused.get().filter(FailedAction::is_text_changed)?;
        let request = failed.request;
        let label = verb(request.action);
        let shown = request.text.as_ref().map(|it| it.text.clone());
        let found = RwSignal::new(None::<TextComparison>);
        let shown = shown.unwrap_or_default();
        state.on_event.run(StepPanelEvent::CompareNow(shown, found));
        let rows = RwSignal::new(None);
        Effect::new(move |_| {
            if let Some(compared) = found.get() {
                rows.set(Some(compared.rows));
            }
        });
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                state.refused.set(None);
                state.on_event.run(StepPanelEvent::Reread);
            }
        });
        let request = StoredValue::new(request);
        let send = move |_| {
            let Some(now) = found.get_untracked().map(|it| it.now) else {
                return;
            };
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
        Some(view! {
            <Dialog open=open title="The text changed since you saw it" wide=true>
                <div class="dialog__body stack">
                    {move || found.get().map(|it| change_lines(it.now.changes))}
                    <SideBySide rows=rows left="As you saw it" right="Now"/>
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button
                        class="button"
                        data-kind="ink"
                        type="button"
                        disabled=move || found.with(Option::is_none)
                        on:click=send
                    >
                        {label}
                    </button>
                </div>
            </Dialog>
        })
    }
}
