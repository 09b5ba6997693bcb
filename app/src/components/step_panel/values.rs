//! The variables of the open step with their values, and a field for each that is missing (R103). Part of the panel and of the run
//! mode.
use super::{actions::edit_links, events::StepPanelEvent, step_detail::StepDetailState};
use crate::{
    browser::dom,
    components::{
        rights::OwnRights,
        ui::{follow_effect::follow, icon::Icon},
        value_field::{ValueField, ValueProblem},
    },
    domain::{
        customer_work::OpenStep,
        permission::Permission,
        value_edit::{ValueEdit, ValuePlace, settable_at},
        variables::{Source, Variable},
        vocabulary::ReleaseStatus,
    },
};
use leptos::prelude::*;

/// Selector of the first field for a missing value.
const VALUE_FIELD: &str = ".origins .value-field input";

/// The records that a variable of the open step can be set at, with their names.
fn places(variable: &str, open: &OpenStep) -> Vec<(ValuePlace, String)> {
    let detail = &open.detail;
    let (of, release) = (&detail.customer, &detail.release);
    let place = |source: &Source| match source {
        Source::Customer => (
            ValuePlace::Customer(of.customer.id),
            of.customer.name.clone(),
        ),
        Source::Cluster => (ValuePlace::Cluster(of.cluster.id), of.cluster.name.clone()),
        Source::Release => (ValuePlace::Release(release.id), release.name.clone()),
    };
    settable_at(variable).iter().map(place).collect()
}

/// The keyboard goes on to the next missing value once one is saved, and to the copy button after the last one.
fn focus_next() {
    follow(|_| {
        dom::after(0, || {
            if !dom::is_typing() {
                let next = if dom::exists(VALUE_FIELD) {
                    VALUE_FIELD
                } else {
                    "[data-copy]"
                };
                dom::focus(next);
            }
        });
    });
}

/// "Set on Acme, eu-west, June", for a person who cannot set it here: without the right, or without JavaScript.
fn set_on(name: &str, open: &OpenStep, may_edit: bool) -> impl IntoView + use<> {
    let links = edit_links(name, open);
    let is_unknown = links.is_empty();
    let links = links
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
    view! {
        {is_unknown.then_some("Unknown variable")}
        {links}
    }
}

/// The variables of the text: name, value and where the value comes from, or a field where it is missing.
#[component]
pub fn VariableValues(state: StepDetailState) -> impl IntoView {
    let (variables, n_missing, is_archived) = state.read(|it| {
        let detail = &it.detail;
        (
            detail.variables.clone(),
            detail.unresolved.len(),
            detail.release.status == ReleaseStatus::Archived,
        )
    });
    let may_edit = OwnRights::from_context().may(Permission::Customers);
    let drafts = state.memory.lasting().values;
    let is_saved = drafts.take_saved();
    if is_saved {
        focus_next();
    }
    let on_save = Callback::new(move |edits: Vec<ValueEdit>| {
        state.on_event.run(StepPanelEvent::SetValues(edits));
    });
    let n = variables.len();
    let count = if n_missing == 0 {
        format!("{n}, all set")
    } else {
        format!("{n_missing} of {n} missing")
    };
    let row = |it: Variable| {
        let Variable {
            name,
            value,
            source,
            problem,
        } = it;
        let Some(value) = value else {
            let fill = state.read(|open| {
                let can_set = may_edit && !is_archived;
                let places = if can_set {
                    places(&name, open)
                } else {
                    Vec::new()
                };
                let field = (!places.is_empty()).then(|| {
                    let key = format!("{} {name}", open.detail.customer.customer.id);
                    let (drafts, variable) = (drafts.clone(), name.clone());
                    view! { <ValueField drafts=drafts field=key variable=variable places=places on_save=on_save/> }
                });
                let class = field.is_some().then_some("script-free");
                view! {
                    {field}
                    <span class=class>{set_on(&name, open, may_edit)}</span>
                }
            });
            return view! {
                <dt class="mono">{name}</dt>
                <dd class="mono missing">"not set"</dd>
                <dd class="fill">{fill}</dd>
            }
            .into_any();
        };
        view! {
            <dt class="mono">{name}</dt>
            <dd class="mono">{value}</dd>
            <dd title=problem.map(|it| it.to_string())>
                {problem.map(|_| "cannot be quoted, ")}
                {source.map(Source::as_str)}
            </dd>
        }
        .into_any()
    };
    let rows = variables.into_iter().map(row).collect_view();
    // Collapsed if all values are set, but not while a person is setting them.
    let is_open = n_missing > 0 || is_saved || drafts.is_refused();
    (n > 0).then(|| {
        view! {
            <details class="fold" open=is_open>
                <summary>
                    <Icon name="i-chevron"/>
                    "Values"
                    <span class="count">{count}</span>
                </summary>
                <ValueProblem drafts=drafts on_save=on_save/>
                <dl class="origins">{rows}</dl>
            </details>
        }
    })
}
