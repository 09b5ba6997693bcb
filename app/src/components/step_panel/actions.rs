//! Actions on the open step: copying its text in five formats, the buttons that change its state, the menu "More", and
//! the notices about missing values and failed actions.
use super::{
    events::{OpenStepDialog, StepRequest},
    history::kept_label,
    notes::save_behind_buttons,
    step_detail::{StepDetailState, kept_text},
};
use crate::{
    browser::menu::focus_leaves,
    components::{
        pending_actions::ActionRequest,
        rights::OwnRights,
        ui::{
            icon::Icon,
            menu::{Menu, MenuItem},
            notice::Failure,
        },
    },
    domain::{
        copy::CopyFormat,
        customer_work::OpenStep,
        permission::Permission,
        variables::{Source, filled_at},
        vocabulary::{StepAction, StepStatus},
    },
    paths,
};
use leptos::prelude::*;

/// The shortcut of an action.
pub fn shortcut_of(action: StepAction) -> &'static str {
    match action {
        StepAction::Start => "i",
        StepAction::Done => "d",
        StepAction::Fail => "f",
        StepAction::Skip => "s",
        StepAction::Revert => "r",
        StepAction::Reopen => "p",
    }
}

/// Actions that have a button of their own in a state, at most three; the menu has the others.
pub fn primary_actions(status: StepStatus) -> Vec<StepAction> {
    use StepAction as A;
    let candidates = if status.is_open() {
        vec![A::Done, A::Fail, A::Skip, A::Revert, A::Reopen]
    } else {
        vec![A::Revert, A::Reopen]
    };
    let mut actions: Vec<A> = candidates
        .into_iter()
        .filter(|it| it.allows(status))
        .collect();
    actions.truncate(3);
    actions
}

/// Whether the work goes on with another step: this one is finished, or has failed.
fn goes_on(status: StepStatus) -> bool {
    !status.is_open() || status == StepStatus::Failed
}

/// The button that copies the text on screen, and the menu of its other formats.
#[component]
pub fn CopyButton(
    state: StepDetailState,
    /// What the button says before the text is copied.
    #[prop(default = Signal::stored("Copy"))]
    word: Signal<&'static str>,
    /// Further items of the menu.
    #[prop(optional)]
    choices: Vec<MenuItem>,
    /// Copies in a format, or in the one that was chosen last.
    on_copy: Callback<Option<CopyFormat>>,
) -> impl IntoView {
    let whom = state.read(|it| {
        let (customer, cluster) = (&it.detail.customer.customer, &it.detail.customer.cluster);
        format!("{} ({})", customer.name, cluster.name)
    });
    let id = state.id;
    let label = move || match state.copied.get() {
        Some((step, true)) if step == id => {
            let as_of = crate::browser::dom::lost_since().map(|at| format!(" as of {at}"));
            format!("Copied for {whom}{}", as_of.unwrap_or_default())
        }
        Some((step, false)) if step == id => "Couldn't copy. Text selected, press Ctrl+C".into(),
        _ => word.get().to_owned(),
    };
    Effect::new(move |_| state.recall_format());
    let formats = CopyFormat::ALL.iter().filter(|it| state.has_format(**it));
    let items = formats
        .map(|format| {
            let choose = Callback::new(move |()| on_copy.run(Some(*format)));
            MenuItem {
                is_current: Signal::derive(move || state.format() == *format),
                ..MenuItem::new(format.label(), choose)
            }
        })
        .chain(choices)
        .collect();
    let ink = Signal::derive(move || {
        let is_next = !goes_on(state.status) && !state.is_copied();
        is_next.then_some("ink")
    });
    view! {
        <div class="button-pair live-only">
            <button
                class="button"
                data-size="l"
                data-copy=""
                data-kind=move || ink.get()
                data-copied=move || state.is_copied().then_some("")
                aria-keyshortcuts="c"
                aria-describedby="copy-format"
                on:click=move |_| on_copy.run(None)
            >
                <Icon name=Signal::derive(move || if state.is_copied() { "g-done" } else { "i-copy" })/>
                <span class="clip">{label}</span>
                " "
                <kbd aria-hidden="true">"c"</kbd>
            </button>
            <Menu label="Copy options" items=items kind=ink size="l" square=true>
                <Icon name="i-chevron"/>
            </Menu>
        </div>
    }
}

/// Says which text the copy button copies, and in which format.
#[component]
pub fn CopiedFormat(state: StepDetailState) -> impl IntoView {
    let kept = state.read(|it| kept_text(it).map(|it| kept_label(it.is_shown)));
    view! {
        <span class="quiet small live-only" id="copy-format">
            {move || {
                let format = state.format().label();
                kept.map_or_else(|| format!("Copies: {format}"), |kept| format!("Copies: {kept}, {}", format.to_ascii_lowercase()))
            }}
        </span>
    }
}

/// The actions that the present state allows, and the menu "More".
#[component]
pub fn StateButtons(
    state: StepDetailState,
    /// Large buttons, for the run mode.
    #[prop(optional)]
    large: bool,
    /// Opens the next step: the main button once this step is finished or failed.
    on_next: Callback<()>,
) -> impl IntoView {
    let size = large.then_some("l");
    // A step that can only be read has no buttons, since none would work.
    let shown = if state.can_work {
        primary_actions(state.status)
    } else {
        Vec::new()
    };
    let next = goes_on(state.status).then(|| {
        view! {
            <button
                class="button"
                data-kind="ink"
                data-size=size
                aria-keyshortcuts="n"
                on:click=move |_| {
                    // The focus goes to the copy button, which the next step has as well.
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
        // In run mode `d` does not mark a failed step done (R105), so that its button shows no key.
        let has_key = !(large && action == StepAction::Done && state.status == StepStatus::Failed);
        let key = has_key.then(|| shortcut_of(action));
        let is_main = action == StepAction::Done && !goes_on(state.status);
        let ink = move || (is_main && state.is_copied()).then_some("ink");
        view! {
            <button
                class="button"
                data-kind=ink
                data-size=size
                aria-keyshortcuts=key
                on:click=move |_| state.request_action(action)
            >
                {action.label()}
                " "
                {key.map(|key| view! { <kbd aria-hidden="true">{key}</kbd> })}
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
        key: Some(shortcut_of(action)),
        disabled_reason: state.why_not(action),
        ..MenuItem::new(
            action.label(),
            Callback::new(move |()| state.request_action(action)),
        )
    })
    .collect();
    items.extend(state.read(|it| text_menu_items(it, state)));
    view! {
        {next}
        // Notes that are typed go along with a mark; the focus may also leave these buttons without one.
        <span
            class="contents"
            data-states=""
            on:focusout=move |event| {
                if focus_leaves(&event) && !state.open.is_disposed() {
                    save_behind_buttons(state);
                }
            }
        >
            {buttons}
        </span>
        {state
            .can_work
            .then(|| {
                view! {
                    <Menu items=items size=if large { "l" } else { "m" }>
                        "More"
                        <Icon name="i-chevron" small=true/>
                    </Menu>
                }
            })}
    }
}

/// Menu items that change the text of this step or add another one.
fn text_menu_items(open: &OpenStep, state: StepDetailState) -> Vec<MenuItem> {
    let step = &open.detail.step;
    let dialog = |label: &str, what: OpenStepDialog| {
        MenuItem::new(label, Callback::new(move |()| state.open_dialog(what)))
    };
    let mut items = Vec::new();
    if step.template_id.is_some() {
        items.push(dialog("Override", OpenStepDialog::Override));
    }
    if step.is_overridden || open.drift.is_some() {
        let reset = Callback::new(move |()| state.request(StepRequest::Reset));
        items.push(MenuItem::new("Reset to template", reset));
    }
    if step.is_custom {
        items.push(dialog("Edit", OpenStepDialog::Edit));
        items.push(dialog("Delete", OpenStepDialog::Delete));
    }
    let may_promote = OwnRights::from_context().may(Permission::Promote);
    if may_promote && (step.is_custom || step.is_overridden) {
        items.push(dialog("Promote to template…", OpenStepDialog::Promote));
    }
    items.push(dialog("Add custom step…", OpenStepDialog::AddCustom));
    items
}

/// Pages on which a missing value can be entered: the name of the record, and the URL of its form.
pub fn edit_links(name: &str, open: &OpenStep) -> Vec<(String, String)> {
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

/// Notices about the last action: which values are missing and where to enter them, or why it failed.
#[component]
pub fn ActionNotice(state: StepDetailState) -> impl IntoView {
    let may_edit = OwnRights::from_context().may(Permission::Customers);
    // While the reason prompt is open, it shows the error itself.
    let other = Signal::derive(move || {
        let is_shown_elsewhere = state.missing_values().is_some()
            || state.asked_reason().is_some()
            || state
                .failed()
                .is_some_and(|it| it.is_text_changed() || it.is_past(state.status));
        state.error().filter(|_| !is_shown_elsewhere)
    });
    let notice = move || {
        let format = state.blocked_copy.get();
        let names = match format {
            Some(_) => state.read(|it| it.detail.unresolved.clone()),
            None => state.missing_values()?,
        };
        // Values that were set after the copy was refused are left out of the notice.
        let names = state.read(|it| {
            let still = names.into_iter();
            let still = still.filter(|name| it.detail.unresolved.contains(name));
            still.collect::<Vec<String>>()
        });
        if names.is_empty() {
            return None;
        }
        // A value that is there but cannot be quoted: the template is to be changed, not the value.
        let problem = |name: &String| {
            state.read(|it| {
                let mut variables = it.detail.variables.iter();
                variables.find(|it| it.name == *name)?.problem
            })
        };
        let (unset, unquoted): (Vec<String>, Vec<String>) =
            names.into_iter().partition(|it| problem(it).is_none());
        let mut text = String::new();
        if !unset.is_empty() {
            text = format!("{} not set. ", unset.join(", "));
        }
        for name in &unquoted {
            if let Some(problem) = problem(name) {
                text.extend([name, " ", &problem.to_string(), ". "]);
            }
        }
        let mut pages: Vec<(String, String)> = Vec::new();
        for name in &unset {
            for page in state.read(|it| edit_links(name, it)) {
                if !pages.contains(&page) {
                    pages.push(page);
                }
            }
        }
        let (or, end) = if pages.is_empty() {
            ("", "")
        } else {
            (" or ", ".")
        };
        let links = pages
            .into_iter()
            .enumerate()
            .map(|(index, (name, path))| {
                let before = if index == 0 { "Set on " } else { ", " };
                view! {
                    {before}
                    <a class=may_edit.then_some("link") href=may_edit.then_some(path)>{name}</a>
                }
            })
            .collect_view();
        let proceed = move |_| {
            if let Some(format) = format {
                state.copy(format, true);
            } else {
                // The text that was proved stays the same.
                let refused = untrack(|| state.failed()).map(|it| it.request);
                state.refused.set(None);
                state.send_action(ActionRequest {
                    allow_unresolved: true,
                    ..refused.unwrap_or_else(|| ActionRequest::new(StepAction::Done))
                });
            }
        };
        Some(view! {
            <div class="alert" role="alert">
                <Icon name="i-warn"/>
                <span>
                    <b>{text}</b>
                    {links}
                    {or}
                    <button type="button" class="link" on:click=proceed>
                        {if format.is_some() { "Copy anyway" } else { "Mark done anyway" }}
                    </button>
                    {end}
                </span>
            </div>
        })
    };
    view! {
        <Failure error=other on_retry=Callback::new(move |()| state.retry())/>
        <Failure error=state.unsaved_outside/>
        {notice}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_shows_its_first_three_actions() {
        use {StepAction as A, StepStatus as S};
        assert_eq!(primary_actions(S::Pending), [A::Done, A::Fail, A::Skip]);
        assert_eq!(primary_actions(S::InProgress), [A::Done, A::Fail, A::Skip]);
        assert_eq!(primary_actions(S::Failed), [A::Done, A::Skip, A::Revert]);
        assert_eq!(primary_actions(S::Reverted), [A::Done, A::Skip, A::Reopen]);
        assert_eq!(primary_actions(S::Done), [A::Revert, A::Reopen]);
        assert_eq!(primary_actions(S::Skipped), [A::Reopen]);
    }
}
