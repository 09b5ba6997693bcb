//! Full history of the activity page: one line per batch, or per event of one batch, with the changed fields and an
//! Undo button where undo is still possible.
use super::{
    event_text::{event_icon, event_phrase, resulting_status},
    ui::{icon::Icon, time::Time},
};
use crate::{
    browser,
    domain::{
        event::{Entity, EventAction, FieldChange, HistoryEntry},
        id::{BatchId, ClusterId, CustomerId, ReleaseId, StepId},
        summary::{NamedEvent, UndoState},
        vocabulary::StepStatus,
    },
    paths,
};
use leptos::prelude::*;

/// The result of the last undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    /// The batch was undone.
    Done(BatchId),
    /// The batch was not undone, with the reason.
    Refused(BatchId, String),
}

/// The history of one page.
#[component]
pub fn ActivityLog(
    lines: Vec<NamedEvent>,
    /// Whether the lines are the events of one batch, instead of one line per batch.
    is_single_batch: bool,
    undo_outcome: RwSignal<Option<UndoOutcome>>,
    on_undo: Callback<BatchId>,
) -> impl IntoView {
    // After an undo the list renders again; the focus goes back to the line of the batch.
    Effect::new(move |_| {
        if let Some(UndoOutcome::Done(batch)) = undo_outcome.get_untracked() {
            undo_outcome.set(None);
            browser::dom::after(0, move || browser::dom::focus(&format!("#batch-{batch}")));
        }
    });
    let lines = lines
        .into_iter()
        .map(|it| log_item(it, is_single_batch, undo_outcome, on_undo))
        .collect_view();
    view! { <ol class="timeline log">{lines}</ol> }
}

/// One line.
fn log_item(
    it: NamedEvent,
    is_single_batch: bool,
    undo_outcome: RwSignal<Option<UndoOutcome>>,
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
    let n = if is_single_batch { 1 } else { in_batch };
    let state = resulting_status(event.action).map(StepStatus::as_str);
    let (batch, all) = (event.batch_id.clone(), paths::batch(&event.batch_id));
    let id = (!is_single_batch).then(|| format!("batch-{batch}"));
    let about = subject_links(&event, n, subject, customer, release);
    let refused = {
        let batch = batch.clone();
        move || match undo_outcome.get() {
            Some(UndoOutcome::Refused(of, why)) if of == batch => Some(why),
            _ => None,
        }
    };
    let changed = changes_table(&event.changes);
    let reason = event.reason.clone();
    let may_undo = undo == UndoState::Open && !is_single_batch;
    let label = if event.action == EventAction::Undo {
        "Redo"
    } else {
        "Undo"
    };
    view! {
        <li data-state=state id=id tabindex=(!is_single_batch).then_some("-1")>
            <Icon name=event_icon(&event)/>
            <span>
                <b>{event.actor.clone()}</b>
                " "
                {event_phrase(&event, n)}
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
                {(undo == UndoState::Undone && !is_single_batch).then(|| view! { <span class="badge">"Undone"</span> })}
                {(n > 1).then(|| view! { <a class="link small" href=all>{format!("All {n} changes")}</a> })}
            </div>
            {move || {
                refused().map(|why| view! { <p class="log__refused" role="alert"><Icon name="i-warn" small=true/>{why}</p> })
            }}
        </li>
    }
}

/// The subject of a line with its customer and release, linked as far as they still exist.
fn subject_links(
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
        (_, EventAction::Delete)
        | (Entity::Database | Entity::User | Entity::Session | Entity::Token | Entity::View, _) => {
            None
        }
        (Entity::Template, _) => event.release_id.map(paths::release_steps),
        (Entity::Cluster, _) => Some(paths::cluster(ClusterId(id))),
        // A customer whose creation was undone is gone, and has no name any more.
        (Entity::Customer, _) => customer.as_ref().map(|_| paths::customer(CustomerId(id))),
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
    let mut subject = subject.unwrap_or_else(|| "deleted item".to_owned());
    if event.entity == Entity::Customer {
        subject.push_str(others);
    }
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

/// The label of a field; none for fields of internal bookkeeping, which are not shown.
fn field_label(field: &str) -> Option<&str> {
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
        "context" => "kubectl context",
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

/// The changed fields, before and after, folded.
fn changes_table(changes: &[FieldChange]) -> impl IntoView + use<> {
    let rows: Vec<_> = changes
        .iter()
        .filter_map(|it| {
            let label = field_label(&it.field)?.to_owned();
            let side = |text: &Option<String>| text.clone().unwrap_or_else(|| "empty".to_owned());
            Some((label, side(&it.before), side(&it.after)))
        })
        .collect();
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
                <summary>"Show changes"</summary>
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
    fn bookkeeping_fields_are_not_shown() {
        assert_eq!(field_label("status"), Some("State"));
        assert_eq!(field_label("stateBy"), None);
        assert_eq!(field_label("something"), Some("something"));
    }
}
