//! The history in full: each batch once, with what it changed, and Undo where it still applies.
use super::{
    activity_list::{icon_of, status_of, what},
    ui::{icon::Icon, time::Time},
};
use crate::{
    browser,
    domain::{
        event::{Entity, EventAction, FieldChange, HistoryEntry},
        id::{BatchId, ClusterId, CustomerId, ReleaseId, StepId},
        step::StepStatus,
        summary::{NamedEvent, UndoState},
    },
    paths,
};
use leptos::prelude::*;

/// What the last undo came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    Done(BatchId),
    /// Why it was refused.
    Refused(BatchId, String),
}

#[component]
pub fn ActivityLog(
    lines: Vec<NamedEvent>,
    /// The events of one batch, instead of batches.
    of_one: bool,
    undid: RwSignal<Option<UndoOutcome>>,
    on_undo: Callback<BatchId>,
) -> impl IntoView {
    // The list was drawn anew: the keyboard goes back to the line that it was on.
    Effect::new(move |_| {
        if let Some(UndoOutcome::Done(batch)) = undid.get_untracked() {
            undid.set(None);
            browser::dom::after(0, move || browser::dom::focus(&format!("#batch-{batch}")));
        }
    });
    let lines = lines
        .into_iter()
        .map(|it| line(it, of_one, undid, on_undo))
        .collect_view();
    view! { <ol class="timeline log">{lines}</ol> }
}

fn line(
    it: NamedEvent,
    of_one: bool,
    undid: RwSignal<Option<UndoOutcome>>,
    on_undo: Callback<BatchId>,
) -> impl IntoView {
    let NamedEvent {
        entry: event,
        in_batch,
        subject,
        customer,
        release,
        undo,
    } = it;
    let n = if of_one { 1 } else { in_batch };
    let state = status_of(event.action).map(StepStatus::as_str);
    let (batch, all) = (event.batch_id.clone(), paths::batch(&event.batch_id));
    let id = (!of_one).then(|| format!("batch-{batch}"));
    let about = places(&event, n, subject, customer, release);
    let refused = {
        let batch = batch.clone();
        move || match undid.get() {
            Some(UndoOutcome::Refused(of, why)) if of == batch => Some(why),
            _ => None,
        }
    };
    let changed = changes(&event.changes, n);
    let reason = event.reason.clone();
    let may_undo = undo == UndoState::Open && !of_one;
    let label = if event.action == EventAction::Undo {
        "Do again"
    } else {
        "Undo"
    };
    view! {
        <li data-state=state id=id tabindex=(!of_one).then_some("-1")>
            <Icon name=icon_of(&event)/>
            <span>
                <b>{event.actor.clone()}</b>
                " "
                {what(&event, n)}
            </span>
            <Time at=event.at/>
            <p>{about}</p>
            {reason.map(|it| view! { <p>{it}</p> })}
            {changed}
            <div class="row log__do">
                {may_undo
                    .then(|| {
                        view! {
                            <button
                                class="button live-only"
                                data-size="s"
                                on:click=move |_| on_undo.run(batch.clone())
                            >
                                <Icon name="i-undo" small=true/>
                                {label}
                            </button>
                        }
                    })}
                {(undo == UndoState::Undone && !of_one).then(|| view! { <span class="badge">"Undone"</span> })}
                {(n > 1).then(|| view! { <a class="link small" href=all>{format!("All {n} changes")}</a> })}
            </div>
            {move || {
                refused().map(|why| view! { <p class="log__refused" role="alert"><Icon name="i-warn" small=true/>{why}</p> })
            }}
        </li>
    }
}

/// What a line is about, with links to what is still there.
fn places(
    event: &HistoryEntry,
    n: u32,
    subject: Option<String>,
    customer: Option<String>,
    release: Option<String>,
) -> impl IntoView + use<> {
    let others = if n > 1 { " and others" } else { "" };
    let of_customer = |id: CustomerId| match event.release_id {
        Some(release) => paths::customer_steps(release, id),
        None => paths::customer(id),
    };
    let id = event.entity_id;
    let path = match (event.entity, event.action) {
        (_, EventAction::Delete) | (Entity::Database, _) => None,
        (Entity::Template, _) => event.release_id.map(paths::release_steps),
        (Entity::Cluster, _) => Some(paths::cluster(ClusterId(id))),
        (Entity::Customer, _) => Some(paths::customer(CustomerId(id))),
        (Entity::Release, _) => Some(paths::release(ReleaseId(id))),
        (Entity::Step, _) => event.release_id.map(|it| paths::step(it, StepId(id))),
    };
    let customer = customer.filter(|_| event.entity != Entity::Customer);
    let customer = customer.zip(event.customer_id).map(|(name, id)| {
        let name = format!("{name}{others}");
        view! { ", "<a class="plain" href=of_customer(id)>{name}</a> }
    });
    let release = release.filter(|_| event.entity != Entity::Release);
    let release = release.zip(event.release_id).map(|(name, id)| {
        view! { ", "<a class="plain" href=paths::release(id)>{name}</a> }
    });
    let subject = subject.unwrap_or_else(|| "what is gone now".to_owned());
    let subject = match path {
        Some(path) => view! { <a class="plain" href=path>{subject}</a> }.into_any(),
        None => subject.into_any(),
    };
    view! {
        {subject}
        {customer}
        {release}
    }
}

/// Fields as people call them; what only keeps the books has no name.
fn label(field: &str) -> Option<&str> {
    Some(match field {
        "textKey" | "executedAt" | "executedBy" | "startedAt" | "startedBy" | "stateAt"
        | "stateBy" | "templateVersion" | "templateId" | "orderIndex" | "orderedIds" | "schema"
        | "partial" | "release" | "events" | "eventsSha256" => {
            return None;
        }
        "status" => "State",
        "name" => "Name",
        "type" => "Type",
        "category" => "Category",
        "content" => "Content",
        "description" => "Description",
        "notes" => "Notes",
        "failReason" | "skipReason" | "revertReason" => "Reason",
        "isOverridden" => "Overridden",
        "isCustom" => "Custom",
        "isActive" => "Active",
        "metadata" => "Variables",
        "kubeconfigPath" => "Kubeconfig path",
        "namespace" => "Namespace",
        "clusterId" => "Cluster",
        "versionNumber" => "Version number",
        "releaseDate" => "Release date",
        "customerIds" => "Customers",
        "cells" => "Cells",
        "imported" => "Imported",
        "head" => "Head of the history",
        other => other,
    })
}

/// Each field before and after.
fn changes(changes: &[FieldChange], n: u32) -> impl IntoView + use<> {
    let rows: Vec<_> = changes
        .iter()
        .filter_map(|it| {
            let label = label(&it.field)?.to_owned();
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "empty".to_owned());
            Some((label, side(&it.before), side(&it.after)))
        })
        .collect();
    let title = if n > 1 {
        format!("What changed, in the last of {n}")
    } else {
        "What changed".to_owned()
    };
    (!rows.is_empty()).then(|| {
        let rows = rows
            .into_iter()
            .map(|(label, before, after)| {
                view! {
                    <tr>
                        <th scope="row">{label}</th>
                        <td>
                            <del>{before}</del>
                        </td>
                        <td>
                            <ins>{after}</ins>
                        </td>
                    </tr>
                }
            })
            .collect_view();
        view! {
            <details class="kept">
                <summary>{title}</summary>
                <table class="table stale">
                    <thead>
                        <tr>
                            <th scope="col">"Field"</th>
                            <th scope="col">"Before"</th>
                            <th scope="col">"After"</th>
                        </tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </details>
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_the_books_is_not_shown() {
        assert_eq!(label("status"), Some("State"));
        assert_eq!(label("stateBy"), None);
        assert_eq!(label("something"), Some("something"));
    }
}
