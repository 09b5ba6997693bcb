//! The side panel of a step: whom and where, the text to copy, what can be done, notes, history. Not modal: the grid
//! beside it stays usable.
use super::{
    activity_list::{icon_of, status_of},
    step_state::State,
    ui::{
        code::CodeBlock,
        dialog::Dialog,
        field::LongField,
        icon::Icon,
        notice::Failure,
        text_area::TextArea,
        time::{Clock, Time},
    },
};
use crate::{
    browser,
    domain::{
        cluster::hue,
        event::{Entity, Entry},
        refusal::{Field, Refusal},
        step::{StepAction, StepStatus},
        summary::StepDetail,
    },
    error::AppError,
};
use leptos::prelude::*;

/// What the person asks for in the panel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StepWish {
    Act {
        action: StepAction,
        reason: Option<String>,
        allow_unresolved: bool,
    },
    Notes(String),
    Override(String),
    Reset,
    Delete,
    Close,
}

/// Where the panel's neighbours are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Toward {
    PreviousStep,
    NextStep,
    PreviousCustomer,
    NextCustomer,
}

fn source(detail: &StepDetail) -> Option<(&'static str, &'static str)> {
    let behind = detail.template.as_ref().is_some_and(|it| {
        detail.step.template_version != Some(it.version) && detail.step.content != it.content
    });
    if detail.step.is_custom {
        Some(("m-custom", "Custom"))
    } else if detail.step.is_overridden {
        Some(("m-override", "Overridden"))
    } else if behind {
        Some(("i-clock", "Template edited since"))
    } else {
        None
    }
}

fn history_line(event: Entry) -> impl IntoView {
    let state = status_of(event.action).map(StepStatus::as_str);
    let what = match event.entity {
        Entity::Template => format!("{} the template", event.action.phrase()),
        _ => event.action.phrase().to_owned(),
    };
    let reason = event.reason.clone();
    let sha = event.resolved_sha256.clone();
    let text = event.resolved_text.clone();
    view! {
        <li data-state=state>
            <Icon name=icon_of(&event)/>
            <span>
                <b>{event.actor.clone()}</b>
                " "
                {what}
            </span>
            <Time at=event.at/>
            {reason.map(|it| view! { <p>{it}</p> })}
            {sha
                .zip(text)
                .map(|(sha, text)| {
                    view! {
                        <details class="kept">
                            <summary>{format!("Text as executed, SHA-256 {}…", &sha[..12.min(sha.len())])}</summary>
                            <pre tabindex="0">{text}</pre>
                        </details>
                    }
                })}
        </li>
    }
}

#[component]
pub fn StepPanel(
    detail: StepDetail,
    /// Where the step stands: "Step 6 of 14", "Customer 6 of 18".
    #[prop(into)]
    places: Signal<(String, String)>,
    error: RwSignal<Option<AppError>>,
    /// An action whose reason is asked for, also from the grid's keys.
    asking: RwSignal<Option<StepAction>>,
    /// Raised to copy from the grid's keys.
    copying: RwSignal<u32>,
    can_work: bool,
    on_wish: Callback<StepWish>,
    on_go: Callback<Toward>,
) -> impl IntoView {
    let step = detail.step.clone();
    let status = step.status;
    let (customer, cluster) = (
        detail.customer.customer.clone(),
        detail.customer.cluster.clone(),
    );
    let unresolved = detail.unresolved.clone();
    let copied = RwSignal::new(None::<bool>);
    let overriding = RwSignal::new(false);
    let deleting = RwSignal::new(false);
    let insisting = RwSignal::new(None::<Vec<String>>);
    let notes = RwSignal::new(step.notes.clone().unwrap_or_default());
    let saved_notes = step.notes.clone().unwrap_or_default();
    let override_text = RwSignal::new(step.content.clone());
    let reason = RwSignal::new(String::new());
    let label = format!("{}, {}", step.name, customer.name);
    let is_blocked = !unresolved.is_empty();

    let copy_text = StoredValue::new(detail.copy_text.clone());
    let missing = StoredValue::new(unresolved.clone());
    let copy = move |allow: bool| {
        if is_blocked && !allow {
            insisting.set(Some(missing.get_value()));
            return;
        }
        leptos::task::spawn_local(async move {
            let done = browser::clipboard::copy(&copy_text.get_value()).await;
            let _ = copied.try_set(Some(done));
        });
    };
    let first_copy = copying.get_untracked();
    Effect::new(move |_| {
        if copying.get() > first_copy {
            copy(false);
        }
    });
    let act = move |action: StepAction| {
        if action.asks_reason() {
            asking.set(Some(action));
        } else {
            on_wish.run(StepWish::Act {
                action,
                reason: None,
                allow_unresolved: false,
            });
        }
    };
    // A refusal because of missing values can be overruled, explicitly.
    let refused = Memo::new(move |_| match error.get() {
        Some(AppError::Refused(Refusal::Unresolved { names })) => Some(names),
        _ => None,
    });
    let button = move |action: StepAction, ink: bool| {
        let key = match action {
            StepAction::Start => "i",
            StepAction::Done => "d",
            StepAction::Fail => "f",
            StepAction::Skip => "s",
            StepAction::Revert => "r",
            StepAction::Reopen => "p",
        };
        let allowed = can_work && action.allows(status);
        let why = (!allowed).then(|| {
            if can_work {
                format!("A {} step cannot be {}", status.word(), action.past())
            } else {
                "The release is not active".into()
            }
        });
        view! {
            <button
                class="button"
                data-kind=ink.then_some("ink")
                aria-keyshortcuts=key
                aria-disabled=why.is_some().then_some("true")
                title=why.clone()
                on:click=move |_| { if allowed { act(action) } }
            >
                {action.label()}
                " "
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    };
    let copied_for = format!("Copied for {} ({})", customer.name, cluster.name);
    let copy_label = move || match copied.get() {
        Some(true) => copied_for.clone(),
        Some(false) => "Could not copy".to_owned(),
        None => "Copy".to_owned(),
    };
    let since = step.state_by.clone().zip(step.state_at).map(|(by, at)| {
        let word = if status == StepStatus::InProgress { "since" } else { "at" };
        let clock = Clock::here();
        view! { <span class="quiet small clip">{move || format!("{by} {word} {}", clock.time(at))}</span> }
    });
    let ink = |action| {
        status != StepStatus::Done && status != StepStatus::Skipped && action == StepAction::Done
    };
    let n_values = detail.variables.len();
    let values = (n_values > 0).then(|| {
        let summary = if unresolved.is_empty() {
            format!("{n_values}, all set")
        } else {
            format!("{n_values}, {} missing", unresolved.len())
        };
        let rows = detail
            .variables
            .iter()
            .cloned()
            .map(|it| {
                view! {
                    <dt class="mono">{it.name}</dt>
                    <dd class="mono">{it.value.unwrap_or_else(|| "not set".into())}</dd>
                    <dd>{it.source.map_or("", |it| it.as_str())}</dd>
                }
            })
            .collect_view();
        view! {
            <details class="fold" open=is_blocked>
                <summary>
                    <Icon name="i-chevron"/>
                    "Values"
                    <span class="count">{summary}</span>
                </summary>
                <dl class="origins">{rows}</dl>
            </details>
        }
    });
    let nav = move |toward: Toward, name: &'static str, turn: Option<&'static str>| {
        view! {
            <button
                class="button"
                data-kind="ghost"
                data-size="s"
                data-square=""
                aria-label=name
                title=name
                on:click=move |_| on_go.run(toward)
            >
                {match turn {
                    Some(turn) => view! { <Icon name="i-arrow" turn=turn/> }.into_any(),
                    None => view! { <Icon name="i-arrow"/> }.into_any(),
                }}
            </button>
        }
    };
    let shown_reason = step.reason().map(str::to_owned);
    let badge = source(&detail);
    let has_template = step.template_id.is_some();
    let (is_custom, is_overridden) = (step.is_custom, step.is_overridden);
    let name = StoredValue::new(step.name.clone());
    let customer_name = StoredValue::new(customer.name.clone());
    let edit_path = crate::paths::edit_customer(customer.id);
    view! {
        <aside class="sheet" data-aside="" aria-label=label data-cluster=hue(cluster.id)>
            <div class="place-strip">
                <span>{customer.name.clone()}</span>
                <i>"/"</i>
                <span>{cluster.name.clone()}</span>
                <i>"/"</i>
                <span class="mono">{customer.namespace.clone()}</span>
            </div>
            <div class="sheet__head">
                <div class="sheet__nav">
                    <span>{move || places.get().0}</span>
                    {nav(Toward::PreviousStep, "Previous step", None)}
                    {nav(Toward::NextStep, "Next step", Some("down"))}
                    <span class="push">{move || places.get().1}</span>
                    {nav(Toward::PreviousCustomer, "Previous customer", Some("left"))}
                    {nav(Toward::NextCustomer, "Next customer", Some("right"))}
                    <button
                        class="button"
                        data-kind="ghost"
                        data-size="s"
                        data-square=""
                        aria-label="Close the panel"
                        aria-keyshortcuts="Escape"
                        on:click=move |_| on_wish.run(StepWish::Close)
                    >
                        <Icon name="i-close"/>
                    </button>
                </div>
                <div class="sheet__title">
                    <h2>{step.name.clone()}</h2>
                </div>
                <div class="row">
                    <State status=status/>
                    {since}
                    {badge.map(|(icon, text)| view! { <span class="badge push"><Icon name=icon/>{text}</span> })}
                </div>
                {shown_reason.map(|it| view! { <p class="muted small">{it}</p> })}
            </div>
            <div class="sheet__do">
                <Failure error=error/>
                {move || {
                    refused.get().or_else(|| insisting.get()).map(|names| {
                        let from_copy = insisting.get_untracked().is_some();
                        view! {
                            <div class="alert" role="alert">
                                <Icon name="i-warn"/>
                                <span>
                                    <b>{format!("{} not set. ", names.join(", "))}</b>
                                    <a class="link" href=edit_path.clone()>"Fill it in"</a>
                                    ", or "
                                    <button
                                        class="link"
                                        on:click=move |_| {
                                            if from_copy {
                                                insisting.set(None);
                                                copy(true);
                                            } else {
                                                error.set(None);
                                                on_wish.run(StepWish::Act {
                                                    action: StepAction::Done,
                                                    reason: None,
                                                    allow_unresolved: true,
                                                });
                                            }
                                        }
                                    >
                                        {if from_copy { "copy it as it is" } else { "mark it done as it is" }}
                                    </button>
                                    "."
                                </span>
                            </div>
                        }
                    })
                }}
                <button
                    class="button"
                    data-size="l"
                    data-kind=move || copied.get().is_none().then_some("ink")
                    data-copied=move || (copied.get() == Some(true)).then_some("")
                    aria-keyshortcuts="c"
                    on:click=move |_| copy(false)
                >
                    <Icon name=Signal::derive(move || if copied.get() == Some(true) { "g-done" } else { "i-copy" })/>
                    <span class="clip">{copy_label}</span>
                    " "
                    <kbd aria-hidden="true">"c"</kbd>
                </button>
                <div class="sheet__states">
                    {button(StepAction::Done, ink(StepAction::Done))}
                    {button(StepAction::Fail, false)}
                    {button(StepAction::Skip, false)}
                </div>
                <details class="more">
                    <summary class="button">"More"<Icon name="i-chevron" small=true/></summary>
                    <div class="sheet__states">
                        {button(StepAction::Start, false)}
                        {button(StepAction::Revert, false)}
                        {button(StepAction::Reopen, false)}
                        {(has_template && can_work)
                            .then(|| {
                                view! {
                                    <button class="button" on:click=move |_| overriding.set(true)>"Override"</button>
                                }
                            })}
                        {(is_overridden && can_work)
                            .then(|| {
                                view! {
                                    <button class="button" on:click=move |_| on_wish.run(StepWish::Reset)>
                                        "Reset to template"
                                    </button>
                                }
                            })}
                        {(is_custom && can_work)
                            .then(|| {
                                view! { <button class="button" on:click=move |_| deleting.set(true)>"Delete"</button> }
                            })}
                    </div>
                </details>
            </div>
            <div class="sheet__body">
                <section aria-label="Content">
                    <CodeBlock resolved=detail.resolved.clone() raw=step.content.clone() kind=step.kind/>
                </section>
                {values}
                <section class="field">
                    <label for="notes">"Notes"</label>
                    <TextArea value=notes id="notes" rows=2/>
                    <Show when={
                        let saved = saved_notes.clone();
                        move || can_work && notes.get().trim() != saved
                    }>
                        <div class="row">
                            <button
                                class="button"
                                data-size="s"
                                on:click=move |_| on_wish.run(StepWish::Notes(notes.get_untracked()))
                            >
                                "Save notes"
                            </button>
                        </div>
                    </Show>
                </section>
                <section aria-labelledby="history-title">
                    <h3 id="history-title">"History"</h3>
                    {if detail.history.is_empty() {
                        view! { <p class="quiet small">"Nothing has been done here yet."</p> }.into_any()
                    } else {
                        view! {
                            <ol class="timeline">{detail.history.clone().into_iter().map(history_line).collect_view()}</ol>
                        }
                            .into_any()
                    }}
                </section>
            </div>
        </aside>
        {move || {
            asking.get().map(|action| {
                let open = RwSignal::new(true);
                let word = match action {
                    StepAction::Fail => "Fail",
                    StepAction::Skip => "Skip",
                    _ => "Revert",
                };
                reason.set(String::new());
                Effect::new(move |_| if !open.get() { asking.set(None) });
                view! {
                    <Dialog open=open title=format!("{word} {} for {}", name.get_value(), customer_name.get_value())>
                        <form on:submit=move |event| {
                            event.prevent_default();
                            on_wish.run(StepWish::Act {
                                action,
                                reason: Some(reason.get_untracked()),
                                allow_unresolved: false,
                            });
                        }>
                            <div class="dialog__body stack">
                                <LongField
                                    label="Reason"
                                    id="reason"
                                    value=reason
                                    hint=if action.needs_reason() { "It is kept in the history." } else { "May stay empty." }
                                    error=Signal::derive(move || error.get().and_then(|it| it.at(Field::Reason)))
                                />
                            </div>
                            <div class="dialog__foot">
                                <button class="button push" type="button" on:click=move |_| open.set(false)>"Cancel"</button>
                                <button class="button" data-kind="ink" type="submit">{word}</button>
                            </div>
                        </form>
                    </Dialog>
                }
            })
        }}
        <Dialog open=overriding title=format!("Override {} for {}", name.get_value(), customer_name.get_value()) wide=true>
            <form on:submit=move |event| {
                event.prevent_default();
                on_wish.run(StepWish::Override(override_text.get_untracked()));
            }>
                <div class="dialog__body stack">
                    <Failure error=error/>
                    <div class="field">
                        <label for="override-content">"Content"</label>
                        <TextArea value=override_text id="override-content" rows=16 code=true/>
                        <span class="hint">"Only this customer's copy changes; later edits of the template leave it alone."</span>
                    </div>
                </div>
                <div class="dialog__foot">
                    <button class="button push" type="button" on:click=move |_| overriding.set(false)>"Cancel"</button>
                    <button class="button" data-kind="ink" type="submit">"Save changes"</button>
                </div>
            </form>
        </Dialog>
        <Dialog open=deleting title=format!("Delete {}", name.get_value())>
            <div class="dialog__body">
                <p>{format!("The step leaves {}'s list. Its history stays.", customer_name.get_value())}</p>
            </div>
            <div class="dialog__foot">
                <button class="button push" on:click=move |_| deleting.set(false)>"Cancel"</button>
                <button class="button" data-kind="danger" on:click=move |_| on_wish.run(StepWish::Delete)>"Delete"</button>
            </div>
        </Dialog>
    }
}
