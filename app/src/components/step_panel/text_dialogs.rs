//! Dialogs about the text of the open step: override it for one customer, compare it with a template that has changed
//! since (drift), and promote it to the template.
use super::{
    custom_step_dialogs::RestoredNotice,
    events::{Compared, OpenStepDialog, StepRequest},
    step_detail::{StepDetailState, known_names_of},
};
use crate::{
    browser, components::diff_view::SideBySide, components::step_editor::StepEditor,
    components::ui::dialog::Dialog, components::ui::icon::Icon, components::ui::notice::Failure,
    components::ui::time::Clock, domain::customer_work::Promotion,
    domain::digit_groups::grouped_count, domain::plural::pending_copies, domain::plural::pluralize,
    domain::template::TemplateImpact, domain::vocabulary::Field,
};
use leptos::prelude::*;

/// How long typing must pause before the texts are compared, in milliseconds.
const COMPARE_DEBOUNCE_MS: u32 = 300;

/// Two texts side by side, compared again when the right one has changed. The server compares them, so that the WASM carries
/// no diff; if it cannot be reached, that is said, with a button that tries again.
#[component]
pub fn Comparison(
    state: StepDetailState,
    #[prop(into)] before: Signal<String>,
    #[prop(into)] after: Signal<String>,
    #[prop(into)] left: String,
    #[prop(into)] right: String,
) -> impl IntoView {
    let compared = Compared::new();
    let compare = move || {
        compared.error.set(None);
        state.request(StepRequest::Compare {
            before: before.get_untracked(),
            after: after.get_untracked(),
            into: compared,
        });
    };
    compare();
    let edits = StoredValue::new(0_u32);
    Effect::new(move |was: Option<()>| {
        after.track();
        if was.is_none() {
            return;
        }
        edits.update_value(|it| *it += 1);
        let number = edits.get_value();
        browser::dom::after(COMPARE_DEBOUNCE_MS, move || {
            if edits.try_get_value() == Some(number) {
                compare();
            }
        });
    });
    view! {
        <Failure error=compared.error on_retry=Callback::new(move |()| compare())/>
        <SideBySide rows=compared.rows left=left right=right/>
    }
}

/// The names of the step and of its customer.
fn names(state: StepDetailState) -> (String, String) {
    state.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
        )
    })
}

/// Dialog that overrides the text for one customer, with the difference to the template below the editor.
#[component]
pub fn OverrideDialog(state: StepDetailState) -> impl IntoView {
    let open = state.dialog_open();
    let (name, customer) = names(state);
    let (template, content, kind) = state.read(|it| {
        let template = it.detail.template.as_ref().map(|it| it.content.clone());
        let step = &it.detail.step;
        (
            template.unwrap_or_default(),
            step.content.clone(),
            step.kind,
        )
    });
    let mine = state.fields().content;
    let template = Signal::stored(template);
    let saved = Signal::stored(content);
    // Somebody else has saved a text while this one was typed: saving waits until the person has chosen.
    let before = state.fields().before;
    let is_overtaken = RwSignal::new(before.get_untracked() != saved.get_untracked());
    let choose = move || {
        before.set(saved.get_untracked());
        is_overtaken.set(false);
    };
    let take_theirs = move || {
        mine.set(saved.get_untracked());
        choose();
    };
    let save = move || {
        if !is_overtaken.get_untracked() {
            state.request(StepRequest::Override(mine.get_untracked()));
        }
    };
    let keep_mine = move || {
        choose();
        save();
    };
    let writer = state.read(|it| {
        let history = &it.detail.history;
        let line = history.iter().find(|it| it.action.writes_text())?;
        Some((line.actor.clone(), line.at))
    });
    let writer = StoredValue::new(writer);
    let clock = Clock::from_context();
    let shows = RwSignal::new(false);
    let comparison = move || {
        shows
            .get()
            .then(|| view! { <Comparison state=state before=saved after=mine left="Theirs" right="Yours"/> })
    };
    let overtaken = move || {
        if !is_overtaken.get() {
            return None;
        }
        let who = writer.with_value(|it| match it {
            Some((by, at)) => format!("{by} changed this at {}", clock.time(*at)),
            None => "Someone changed this since then".to_owned(),
        });
        Some(view! {
            <div class="alert" role="alert">
                <Icon name="i-warn"/>
                <div class="grow stack stack-s">
                    <b>{who}</b>
                    {comparison}
                    <p class="row">
                        <button
                            type="button"
                            class="button"
                            data-size="s"
                            aria-expanded=move || shows.get().to_string()
                            on:click=move |_| shows.update(|it| *it = !*it)
                        >
                            "Show changes"
                        </button>
                        <button type="button" class="button" data-size="s" on:click=move |_| keep_mine()>"Keep mine"</button>
                        <button type="button" class="button" data-size="s" on:click=move |_| take_theirs()>"Take theirs"</button>
                    </p>
                </div>
            </div>
        })
    };
    let known = state.read(known_names_of);
    let customer = StoredValue::new(customer);
    view! {
        <Dialog open=open title=format!("Override {name} for {}", customer.get_value()) wide=true>
            <form
                on:submit=move |event| {
                    event.prevent_default();
                    save();
                }
                on:keydown=move |event| {
                    if browser::form::is_submit_shortcut(&event) {
                        event.prevent_default();
                        save();
                    }
                }
            >
                <div class="dialog__body stack">
                    <Failure error=state.unsaved/>
                    <RestoredNotice
                        fields=state.fields()
                        on_discard=Callback::new(move |()| state.discard_typed())
                    />
                    {overtaken}
                    <StepEditor
                        value=mine
                        kind=Signal::stored(kind)
                        known=Signal::stored(known.clone())
                        id="override-content"
                        is_of_customer=true
                        error=Signal::derive(move || state.unsaved.get().and_then(|it| it.message_for(Field::Content)))
                    />
                    <p class="quiet small">
                        "Only this customer's copy changes; later edits of the template leave it alone."
                    </p>
                    <Comparison state=state before=template after=mine left="Template" right=customer.get_value()/>
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button
                        class="button"
                        data-kind="ink"
                        type="submit"
                        aria-keyshortcuts="Control+Enter"
                        aria-disabled=move || is_overtaken.get().then_some("true")
                    >
                        "Save changes"
                    </button>
                </div>
            </form>
        </Dialog>
    }
}

/// Says that the template has changed since the text was taken from it, with the choices that the person has.
#[component]
pub fn DriftNotice(state: StepDetailState) -> impl IntoView {
    let is_overridden = state.read(|it| it.detail.step.is_overridden);
    let can_work = state.can_work;
    let clock = Clock::from_context();
    state.read(|it| it.drift.clone()).map(|drift| {
        let by = drift.changed_by.zip(drift.changed_at);
        let text = move || {
            let who = by.as_ref().map_or_else(String::new, |(by, at)| {
                format!(", by {by} at {}", clock.time(*at))
            });
            let copy = if is_overridden {
                "this override"
            } else {
                "this copy"
            };
            format!("Template changed since {copy}{who}.")
        };
        view! {
            <div class="alert">
                <Icon name="i-clock"/>
                <div>
                    <b>{text}</b>
                    <p class="row">
                        <button
                            type="button"
                            class="button"
                            data-size="s"
                            on:click=move |_| state.open_dialog(OpenStepDialog::Drift)
                        >
                            "Compare…"
                        </button>
                        {(can_work && is_overridden).then(|| view! { <KeepButton state=state/> })}
                        {can_work.then(|| view! { <TakeButton state=state/> })}
                    </p>
                </div>
            </div>
        }
    })
}

/// Keeps the override.
#[component]
fn KeepButton(state: StepDetailState) -> impl IntoView {
    view! {
        <button type="button" class="button" data-size="s" on:click=move |_| state.request(StepRequest::Keep)>
            "Keep mine"
        </button>
    }
}

/// Takes the template's text.
#[component]
fn TakeButton(state: StepDetailState) -> impl IntoView {
    view! {
        <button type="button" class="button" data-size="s" on:click=move |_| state.request(StepRequest::Reset)>
            "Use the template"
        </button>
    }
}

/// Compares three texts: the template at the time that the text was taken, the template now, and the text.
#[component]
pub fn DriftDialog(state: StepDetailState) -> impl IntoView {
    let open = state.dialog_open();
    let (name, customer) = names(state);
    let (then, now, mine, is_overridden) = state.read(|it| {
        let detail = &it.detail;
        let now = detail.template.as_ref().map(|it| it.content.clone());
        let then = it.drift.as_ref().and_then(|it| it.then.clone());
        let step = &detail.step;
        (
            then,
            now.unwrap_or_default(),
            step.content.clone(),
            step.is_overridden,
        )
    });
    let (now, mine) = (Signal::stored(now), Signal::stored(mine));
    let then = then.map(Signal::stored);
    let can_work = state.can_work;
    let customer = StoredValue::new(customer);
    view! {
        <Dialog open=open title=format!("{name}: template and {}", customer.get_value()) wide=true>
            <div class="dialog__body stack">
                <Failure error=state.unsaved/>
                {match then {
                    Some(then) => {
                        view! {
                            <Comparison state=state before=then after=now left="Template then" right="Template now"/>
                            <Comparison state=state before=then after=mine left="Template then" right=customer.get_value()/>
                        }
                            .into_any()
                    }
                    None => view! { <p class="quiet">"Earlier text unavailable."</p> }.into_any(),
                }}
                <Comparison state=state before=now after=mine left="Template now" right=customer.get_value()/>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                {can_work.then(|| view! { <TakeButton state=state/> })}
                {(can_work && is_overridden).then(|| view! { <KeepButton state=state/> })}
            </div>
        </Dialog>
    }
}

/// Says what a promotion will do.
fn promotion_text(promotion: &Promotion, is_custom: bool) -> String {
    if is_custom {
        return match promotion.customers.as_slice() {
            [] => {
                "The step goes into the template. No other customer is in this release.".to_owned()
            }
            names => format!(
                "The step goes into the template. Adds it to {} of this release: {}.",
                pluralize(names.len(), "more customer"),
                names.join(", ")
            ),
        };
    }
    let TemplateImpact { changes, keeps } = promotion.effect;
    let mut text = format!(
        "This text becomes the template's. It changes {}.",
        pending_copies(changes)
    );
    if keeps.total() > 0 {
        let reasons: Vec<String> = [
            (keeps.overridden, "overridden"),
            (keeps.started, "started"),
            (keeps.executed, "done"),
        ]
        .into_iter()
        .filter(|it| it.0 > 0)
        .map(|(n, word)| format!("{} {word}", grouped_count(n)))
        .collect();
        let (n, reasons) = (keeps.total(), reasons.join(", "));
        text.extend([
            " ",
            grouped_count(n).as_str(),
            if n == 1 {
                " keeps its text ("
            } else {
                " keep their text ("
            },
            reasons.as_str(),
            ").",
        ]);
    }
    text
}

/// Asks before the text is promoted to the template, and says whom that affects.
#[component]
pub fn PromoteDialog(state: StepDetailState) -> impl IntoView {
    let open = state.dialog_open();
    let (name, _) = names(state);
    let is_custom = state.read(|it| it.detail.step.is_custom);
    let promotion = RwSignal::new(None::<Promotion>);
    state.request(StepRequest::AskPromotion(promotion));
    view! {
        <Dialog open=open title=format!("Promote {name} to the template")>
            <div class="dialog__body stack" aria-live="polite">
                <Failure error=state.unsaved/>
                <p>
                    {move || {
                        promotion
                            .with(|it| {
                                it.as_ref()
                                    .map_or_else(|| "Checking…".to_owned(), |it| promotion_text(it, is_custom))
                            })
                    }}
                </p>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                <button
                    class="button"
                    data-kind="ink"
                    type="button"
                    on:click=move |_| state.request(StepRequest::Promote)
                >
                    "Promote"
                </button>
            </div>
        </Dialog>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::KeptCopies;

    #[test]
    fn a_promotion_says_whom_it_affects() {
        let mut promotion = Promotion {
            customers: vec!["Globex".into(), "Initech".into()],
            effect: TemplateImpact::default(),
        };
        assert_eq!(
            promotion_text(&promotion, true),
            "The step goes into the template. Adds it to 2 more customers of this release: Globex, Initech."
        );
        promotion.effect = TemplateImpact {
            changes: 1,
            keeps: KeptCopies {
                overridden: 0,
                started: 1,
                executed: 2,
            },
        };
        assert_eq!(
            promotion_text(&promotion, false),
            "This text becomes the template's. It changes 1 pending copy. 3 keep their text (1 started, 2 done)."
        );
    }
}
