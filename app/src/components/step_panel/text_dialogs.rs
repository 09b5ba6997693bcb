//! The dialogs about a step's text: to override it beside the template's, to look at what became of the template since, and
//! to make it the template's own.
use super::{
    OpenStepDialog, StepPanelEvent,
    step_detail::{StepDetailState, known_to},
};
use crate::{
    browser,
    components::{
        diff_view::SideBySide,
        step_editor::StepEditor,
        ui::{dialog::Dialog, icon::Icon, notice::Failure, time::Clock},
    },
    domain::{
        customer_work::Promotion, diff::DiffRow, template::TemplateImpact as CopyEffect,
        vocabulary::Field,
    },
};
use leptos::prelude::*;

/// So many milliseconds after the last letter the texts are compared.
const PAUSE: u32 = 300;

/// Compares two texts; they are compared on the server.
fn compare(desk: StepDetailState, before: String, after: String) -> RwSignal<Option<Vec<DiffRow>>> {
    let rows = RwSignal::new(None);
    desk.on_wish.run(StepPanelEvent::Compare {
        before,
        after,
        into: rows,
    });
    rows
}

fn names(desk: StepDetailState) -> (String, String) {
    desk.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
        )
    })
}

#[component]
pub fn OverrideDialog(desk: StepDetailState) -> impl IntoView {
    let open = desk.dialog();
    let (name, customer) = names(desk);
    let (template, content, kind) = desk.read(|it| {
        let template = it.detail.template.as_ref().map(|it| it.content.clone());
        let step = &it.detail.step;
        (
            template.unwrap_or_default(),
            step.content.clone(),
            step.kind,
        )
    });
    let mine = desk.fields().content;
    let template = StoredValue::new(template);
    let present = StoredValue::new(content);
    let rows = compare(desk, template.get_value(), mine.get_untracked());
    let asked = StoredValue::new(0_u32);
    Effect::new(move |before: Option<()>| {
        mine.track();
        if before.is_none() {
            return;
        }
        asked.update_value(|it| *it += 1);
        let number = asked.get_value();
        browser::dom::after(PAUSE, move || {
            if asked.try_get_value() == Some(number) {
                desk.on_wish.run(StepPanelEvent::Compare {
                    before: template.get_value(),
                    after: mine.get_untracked(),
                    into: rows,
                });
            }
        });
    });
    // Somebody else wrote while this was written.
    let is_overtaken = desk.fields().before.get_untracked() != present.get_value();
    let theirs = is_overtaken.then(|| compare(desk, present.get_value(), mine.get_untracked()));
    let known = desk.read(known_to);
    let customer = StoredValue::new(customer);
    view! {
        <Dialog open=open title=format!("Override {name} for {}", customer.get_value()) wide=true>
            <form on:submit=move |event| {
                event.prevent_default();
                desk.on_wish.run(StepPanelEvent::Override(mine.get_untracked()));
            }>
                <div class="dialog__body stack">
                    <Failure error=desk.unsaved/>
                    {theirs
                        .map(|rows| {
                            view! {
                                <div class="alert" role="alert">
                                    <Icon name="i-warn"/>
                                    <span>
                                        <b>"Somebody else changed this text meanwhile. "</b>
                                        "Saving replaces theirs by yours."
                                    </span>
                                </div>
                                <SideBySide rows=rows left="Theirs" right="Yours"/>
                            }
                        })}
                    <StepEditor
                        value=mine
                        kind=Signal::stored(kind)
                        known=Signal::stored(known.clone())
                        id="override-content"
                        error=Signal::derive(move || desk.unsaved.get().and_then(|it| it.message_for(Field::Content)))
                    />
                    <p class="quiet small">
                        "Only this customer's copy changes; later edits of the template leave it alone."
                    </p>
                    <SideBySide rows=rows left="Template" right=customer.get_value()/>
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                    <button class="button" data-kind="ink" type="submit">"Save changes"</button>
                </div>
            </form>
        </Dialog>
    }
}

/// That the template went on since, and what to do about it.
#[component]
pub fn DriftNotice(desk: StepDetailState) -> impl IntoView {
    let is_overridden = desk.read(|it| it.detail.step.is_overridden);
    let can_work = desk.can_work;
    let clock = Clock::here();
    desk.read(|it| it.drift.clone()).map(|drift| {
        let by = drift.changed_by.zip(drift.changed_at);
        let said = move || {
            let who = by.as_ref().map_or_else(
                || "The template was changed".to_owned(),
                |(by, at)| format!("{by} changed the template at {},", clock.time(*at)),
            );
            let after = if is_overridden {
                "after this text was overridden."
            } else {
                "after this text was taken from it."
            };
            format!("{who} {after}")
        };
        view! {
            <div class="alert">
                <Icon name="i-clock"/>
                <div>
                    <b>{said}</b>
                    <p class="row">
                        <button
                            type="button"
                            class="button"
                            data-size="s"
                            on:click=move |_| desk.ask(OpenStepDialog::Drift)
                        >
                            "Compare…"
                        </button>
                        {(can_work && is_overridden).then(|| view! { <KeepButton desk=desk/> })}
                        {can_work.then(|| view! { <TakeButton desk=desk/> })}
                    </p>
                </div>
            </div>
        }
    })
}

#[component]
fn KeepButton(desk: StepDetailState) -> impl IntoView {
    view! {
        <button type="button" class="button" data-size="s" on:click=move |_| desk.on_wish.run(StepPanelEvent::Keep)>
            "Keep mine"
        </button>
    }
}

#[component]
fn TakeButton(desk: StepDetailState) -> impl IntoView {
    view! {
        <button type="button" class="button" data-size="s" on:click=move |_| desk.on_wish.run(StepPanelEvent::Reset)>
            "Take the template's"
        </button>
    }
}

/// The three texts: the template's then, the template's now, and this one.
#[component]
pub fn DriftDialog(desk: StepDetailState) -> impl IntoView {
    let open = desk.dialog();
    let (name, customer) = names(desk);
    let (then, now, mine, is_overridden) = desk.read(|it| {
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
    let now_mine = compare(desk, now.clone(), mine.clone());
    let then = then.map(|then| (compare(desk, then.clone(), now), compare(desk, then, mine)));
    let can_work = desk.can_work;
    let customer = StoredValue::new(customer);
    view! {
        <Dialog open=open title=format!("{name}: template and {}", customer.get_value()) wide=true>
            <div class="dialog__body stack">
                <Failure error=desk.unsaved/>
                {match then {
                    Some((then_now, then_mine)) => {
                        view! {
                            <SideBySide rows=then_now left="Template then" right="Template now"/>
                            <SideBySide rows=then_mine left="Template then" right=customer.get_value()/>
                        }
                            .into_any()
                    }
                    None => view! { <p class="quiet">"The template's text then is not in the history."</p> }.into_any(),
                }}
                <SideBySide rows=now_mine left="Template now" right=customer.get_value()/>
            </div>
            <div class="dialog__foot">
                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                {can_work.then(|| view! { <TakeButton desk=desk/> })}
                {(can_work && is_overridden).then(|| view! { <KeepButton desk=desk/> })}
            </div>
        </Dialog>
    }
}

fn copies(n: u32) -> String {
    if n == 1 {
        "1 pending copy".to_owned()
    } else {
        format!("{n} pending copies")
    }
}

/// What a promotion will do, in a sentence.
fn promotion_text(promotion: &Promotion, is_custom: bool) -> String {
    if is_custom {
        return match promotion.customers.as_slice() {
            [] => {
                "The step goes into the template. No other customer is in this release.".to_owned()
            }
            names => format!(
                "The step goes into the template. {} more get a pending copy, all in this release: {}.",
                names.len(),
                names.join(", ")
            ),
        };
    }
    let CopyEffect { changes, keeps } = promotion.effect;
    let mut text = format!(
        "This text becomes the template's. It changes {}.",
        copies(changes)
    );
    if keeps.total() > 0 {
        let reasons: Vec<String> = [
            (keeps.overridden, "overridden"),
            (keeps.started, "started"),
            (keeps.executed, "executed"),
        ]
        .into_iter()
        .filter(|it| it.0 > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
        let (n, reasons) = (keeps.total(), reasons.join(", "));
        text.extend([
            " ",
            n.to_string().as_str(),
            " keep their own text: ",
            reasons.as_str(),
            ".",
        ]);
    }
    text
}

#[component]
pub fn PromoteDialog(desk: StepDetailState) -> impl IntoView {
    let open = desk.dialog();
    let (name, _) = names(desk);
    let is_custom = desk.read(|it| it.detail.step.is_custom);
    let promotion = RwSignal::new(None::<Promotion>);
    desk.on_wish.run(StepPanelEvent::AskPromotion(promotion));
    view! {
        <Dialog open=open title=format!("Promote {name} to the template")>
            <div class="dialog__body stack" aria-live="polite">
                <Failure error=desk.unsaved/>
                <p>
                    {move || {
                        promotion
                            .with(|it| {
                                it.as_ref()
                                    .map_or_else(|| "Counting the copies…".to_owned(), |it| promotion_text(it, is_custom))
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
                    on:click=move |_| desk.on_wish.run(StepPanelEvent::Promote)
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
    fn a_promotion_says_whom_it_reaches() {
        let mut promotion = Promotion {
            customers: vec!["Globex".into(), "Initech".into()],
            effect: CopyEffect::default(),
        };
        assert_eq!(
            promotion_text(&promotion, true),
            "The step goes into the template. 2 more get a pending copy, all in this release: Globex, Initech."
        );
        promotion.effect = CopyEffect {
            changes: 1,
            keeps: KeptCopies {
                overridden: 0,
                started: 1,
                executed: 2,
            },
        };
        assert_eq!(
            promotion_text(&promotion, false),
            "This text becomes the template's. It changes 1 pending copy. 3 keep their own text: 1 started, 2 executed."
        );
    }
}
