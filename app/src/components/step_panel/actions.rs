//! What can be done with a step: copy its text in four forms, change its state, and what stands in the menu More.
use super::{
    OpenStepDialog, StepPanelEvent,
    step_detail::{CopyFormat, StepDetailState},
};
use crate::{
    components::{
        pending_actions::ActionRequest,
        reason_form::{ReasonForm, verb},
        ui::{
            dialog::Dialog,
            icon::Icon,
            menu::{Menu, MenuItem},
            notice::Failure,
        },
    },
    domain::{
        customer_work::OpenStep,
        variables::{Source, filled_at},
        vocabulary::{StepAction, StepStatus, StepType},
    },
    paths,
};
use leptos::prelude::*;

pub fn key_of(action: StepAction) -> &'static str {
    match action {
        StepAction::Start => "i",
        StepAction::Done => "d",
        StepAction::Fail => "f",
        StepAction::Skip => "s",
        StepAction::Revert => "r",
        StepAction::Reopen => "p",
    }
}

/// The buttons of a state, at most three; the others stand in the menu.
pub fn direct(status: StepStatus) -> Vec<StepAction> {
    use StepAction as A;
    let candidates = if status.is_open() {
        vec![A::Done, A::Fail, A::Skip, A::Revert, A::Reopen]
    } else {
        vec![A::Revert, A::Reopen]
    };
    let mut direct: Vec<A> = candidates
        .into_iter()
        .filter(|it| it.allows(status))
        .collect();
    direct.truncate(3);
    direct
}

/// Copy, and its other forms in a menu beside it.
#[component]
pub fn CopyButton(desk: StepDetailState) -> impl IntoView {
    let (whom, kind) = desk.read(|it| {
        let (customer, cluster) = (&it.detail.customer.customer, &it.detail.customer.cluster);
        let whom = format!("{} ({})", customer.name, cluster.name);
        (whom, it.detail.step.kind)
    });
    let id = desk.id;
    let label = move || match desk.copied.get() {
        Some((step, true)) if step == id => format!("Copied for {whom}"),
        Some((step, false)) if step == id => "Could not copy: it is selected, press Ctrl+C".into(),
        _ => "Copy".to_owned(),
    };
    let item = |label: &str, form: CopyFormat| {
        MenuItem::new(label, Callback::new(move |()| desk.copy(form, false)))
    };
    let mut items = vec![
        item("With the comment above it", CopyFormat::Headed),
        item("Plain, without the comment", CopyFormat::Plain),
        item("Raw, as it was written", CopyFormat::Raw),
    ];
    if kind == StepType::Bash {
        items.push(item(
            "With a check of the kubectl context",
            CopyFormat::Checked,
        ));
    }
    let ink = Signal::derive(move || {
        let is_next = desk.status.is_open() && !desk.is_copied();
        is_next.then_some("ink")
    });
    view! {
        <div class="button-pair">
            <button
                class="button"
                data-size="l"
                data-copy=""
                data-kind=move || ink.get()
                data-copied=move || desk.is_copied().then_some("")
                aria-keyshortcuts="c"
                on:click=move |_| desk.copy(CopyFormat::Headed, false)
            >
                <Icon name=Signal::derive(move || if desk.is_copied() { "g-done" } else { "i-copy" })/>
                <span class="clip">{label}</span>
                " "
                <kbd aria-hidden="true">"c"</kbd>
            </button>
            <Menu label="Choose the form" items=items kind=ink size="l" square=true>
                <Icon name="i-chevron"/>
            </Menu>
        </div>
    }
}

/// What is there to do in the present state, and More.
#[component]
pub fn StateButtons(
    desk: StepDetailState,
    #[prop(optional)] large: bool,
    /// To the next step: the main button once this one is finished.
    on_next: Callback<()>,
) -> impl IntoView {
    let size = large.then_some("l");
    let shown = if desk.can_work {
        direct(desk.status)
    } else {
        direct(StepStatus::Pending)
    };
    let is_finished = !desk.status.is_open();
    let next = is_finished.then(|| {
        view! {
            <button
                class="button"
                data-kind="ink"
                data-size=size
                aria-keyshortcuts="n"
                on:click=move |_| {
                    // The next step begins with its text.
                    crate::browser::dom::focus("[data-copy]");
                    on_next.run(());
                }
            >
                "Next "
                <kbd aria-hidden="true">"n"</kbd>
            </button>
        }
    });
    let button = move |action: StepAction| {
        let key = key_of(action);
        let why = desk.why_not(action);
        let can = why.is_none();
        let ink = move || (action == StepAction::Done && desk.is_copied()).then_some("ink");
        view! {
            <button
                class="button"
                data-kind=ink
                data-size=size
                aria-keyshortcuts=key
                aria-disabled=(!can).then_some("true")
                title=why
                on:click=move |_| { if can { desk.act(action) } }
            >
                {action.label()}
                " "
                <kbd aria-hidden="true">{key}</kbd>
            </button>
        }
    };
    let buttons = shown.iter().copied().map(button).collect_view();
    let mut items: Vec<MenuItem> = [
        StepAction::Start,
        StepAction::Done,
        StepAction::Fail,
        StepAction::Skip,
        StepAction::Revert,
        StepAction::Reopen,
    ]
    .into_iter()
    .filter(|it| !shown.contains(it))
    .map(|action| MenuItem {
        key: Some(key_of(action)),
        why_not: desk.why_not(action),
        ..MenuItem::new(action.label(), Callback::new(move |()| desk.act(action)))
    })
    .collect();
    if desk.can_work {
        items.extend(desk.read(|it| own_items(it, desk)));
    }
    view! {
        {next}
        {buttons}
        <Menu items=items size=if large { "l" } else { "m" }>
            "More"
            <Icon name="i-chevron" small=true/>
        </Menu>
    }
}

/// What can be done with the text of this very step.
fn own_items(open: &OpenStep, desk: StepDetailState) -> Vec<MenuItem> {
    let step = &open.detail.step;
    let ask = |label: &str, what: OpenStepDialog| {
        MenuItem::new(label, Callback::new(move |()| desk.ask(what)))
    };
    let mut items = Vec::new();
    if step.template_id.is_some() {
        items.push(ask("Override", OpenStepDialog::Override));
    }
    if step.is_overridden || open.drift.is_some() {
        let reset = Callback::new(move |()| desk.on_wish.run(StepPanelEvent::Reset));
        items.push(MenuItem::new("Reset to template", reset));
    }
    if step.is_custom {
        items.push(ask("Edit", OpenStepDialog::Edit));
        items.push(ask("Delete", OpenStepDialog::Delete));
    }
    if step.is_custom || step.is_overridden {
        items.push(ask("Promote to template…", OpenStepDialog::Promote));
    }
    items.push(ask("Add custom step…", OpenStepDialog::AddCustom));
    items
}

/// Where a missing value can be filled in: what it is called, and its page.
pub fn places_of(name: &str, open: &OpenStep) -> Vec<(String, String)> {
    let (customer, cluster) = (
        &open.detail.customer.customer,
        &open.detail.customer.cluster,
    );
    let release = &open.detail.release;
    let at_customer = (customer.name.clone(), paths::edit_customer(customer.id));
    let at_cluster = (cluster.name.clone(), paths::edit_cluster(cluster.id));
    let at_release = (release.name.clone(), paths::edit_release(release.id));
    match filled_at(name) {
        Some(Source::Customer) => vec![at_customer, at_cluster, at_release],
        Some(Source::Cluster) => vec![at_cluster],
        Some(Source::Release) => vec![at_release],
        None => Vec::new(),
    }
}

/// That values are missing: where to fill them in, or to go on all the same. And whatever else was refused.
#[component]
pub fn Refused(desk: StepDetailState) -> impl IntoView {
    // While a reason is asked for, that dialog says it.
    let other = Signal::derive(move || {
        let is_said = desk.missing().is_some() || desk.asking.get().is_some();
        desk.error().filter(|_| !is_said)
    });
    let notice = move || {
        let form = desk.insists.get();
        let names = match form {
            Some(_) => desk.read(|it| it.detail.unresolved.clone()),
            None => desk.missing()?,
        };
        let mut places: Vec<(String, String)> = Vec::new();
        for name in &names {
            for place in desk.read(|it| places_of(name, it)) {
                if !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        let links = places
            .into_iter()
            .enumerate()
            .map(|(index, (name, path))| {
                let before = if index == 0 { "Fill it in at " } else { ", " };
                view! {
                    {before}
                    <a class="link" href=path>{name}</a>
                }
            })
            .collect_view();
        let go_on = move |_| {
            if let Some(form) = form {
                desk.copy(form, true);
            } else {
                desk.refused.set(None);
                desk.do_it(ActionRequest {
                    allow_unresolved: true,
                    ..ActionRequest::new(StepAction::Done)
                });
            }
        };
        Some(view! {
            <div class="alert" role="alert">
                <Icon name="i-warn"/>
                <span>
                    <b>{format!("{} not set. ", names.join(", "))}</b>
                    {links}
                    " or "
                    <button type="button" class="link" on:click=go_on>
                        {if form.is_some() { "copy it as it is" } else { "mark it done as it is" }}
                    </button>
                    "."
                </span>
            </div>
        })
    };
    view! {
        <Failure error=other on_retry=Callback::new(move |()| desk.retry())/>
        <Failure error=desk.unsaved/>
        {notice}
    }
}

/// Asks why, before a step is failed, skipped or reverted.
#[component]
pub fn ReasonPrompt(desk: StepDetailState) -> impl IntoView {
    let (name, customer) = desk.read(|it| {
        let detail = &it.detail;
        (
            detail.step.name.clone(),
            detail.customer.customer.name.clone(),
        )
    });
    move || {
        let action = desk.asking.get()?;
        let open = RwSignal::new(true);
        Effect::new(move |_| {
            if !open.get() {
                desk.asking.set(None);
            }
        });
        let send = move |reason| {
            desk.do_it(ActionRequest {
                reason: Some(reason),
                ..ActionRequest::new(action)
            });
        };
        let title = format!("{} {name} for {customer}", verb(action));
        Some(view! {
            <Dialog open=open title=title>
                <ReasonForm
                    action=action
                    id="reason"
                    error=Signal::derive(move || desk.error())
                    on_reason=Callback::new(send)
                    on_cancel=Callback::new(move |()| open.set(false))
                />
            </Dialog>
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_shows_what_it_allows_first() {
        use {StepAction as A, StepStatus as S};
        assert_eq!(direct(S::Pending), [A::Done, A::Fail, A::Skip]);
        assert_eq!(direct(S::InProgress), [A::Done, A::Fail, A::Skip]);
        assert_eq!(direct(S::Failed), [A::Done, A::Skip, A::Revert]);
        assert_eq!(direct(S::Reverted), [A::Done, A::Skip, A::Reopen]);
        assert_eq!(direct(S::Done), [A::Revert, A::Reopen]);
        assert_eq!(direct(S::Skipped), [A::Reopen]);
    }
}
