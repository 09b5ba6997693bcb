//! Full history of the activity page, by day: one line per batch, or per event of one batch, and one line for what a person did in
//! a row. A line has its changed fields, and an Undo button where undo is still possible; one for several batches undoes them all.
use super::{
    event_text::{
        and_others, event_icon, event_phrase, is_of_several_customers, line_phrase, line_subject,
        names_others, resulting_status,
    },
    ui::{icon::Icon, time::Clock},
};
use crate::{
    browser,
    domain::{
        activity_days::{ActivityDay, ActivityRun, days},
        digit_groups::grouped,
        event::{Entity, EventAction, FieldChange},
        id::{BatchId, ClusterId, CustomerId, ReleaseId, StepId},
        summary::{NamedEvent, UndoState},
        vocabulary::{Category, ReleaseStatus, ReleaseType, StepStatus},
    },
    paths,
};
use chrono::{DateTime, Utc};
use leptos::prelude::*;

/// The result of the last undo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UndoOutcome {
    /// The batches of a line were undone; this is the newest.
    Done(BatchId),
    /// They were not undone, with the reason.
    Refused(Vec<BatchId>, String),
}

/// What the lines share.
#[derive(Clone, Copy)]
struct LogContext {
    /// Whether the lines are the events of one batch, instead of one line per batch.
    is_single_batch: bool,
    undo_outcome: RwSignal<Option<UndoOutcome>>,
    on_undo: Callback<Vec<BatchId>>,
    clock: Clock,
}

/// The history of one page.
#[component]
pub fn ActivityLog(
    lines: Vec<NamedEvent>,
    /// Whether the lines are the events of one batch, instead of one line per batch.
    is_single_batch: bool,
    undo_outcome: RwSignal<Option<UndoOutcome>>,
    on_undo: Callback<Vec<BatchId>>,
) -> impl IntoView {
    // After an undo the list renders again; the focus goes back to the line of the batch, or to the one that it is folded into.
    Effect::new(move |_| {
        if let Some(UndoOutcome::Done(batch)) = undo_outcome.get_untracked() {
            undo_outcome.set(None);
            let line = format!(".log__run:has(#batch-{batch}) > summary, #batch-{batch}");
            browser::dom::after(0, move || browser::dom::focus(&line));
        }
    });
    let log = LogContext {
        is_single_batch,
        undo_outcome,
        on_undo,
        clock: Clock::from_context(),
    };
    let lines = StoredValue::new(lines);
    // Drawn again once the days are the person's own.
    move || {
        days(lines.get_value(), |at| log.clock.day(at))
            .into_iter()
            .map(|it| day_section(it, log))
            .collect_view()
    }
}

/// A day with its lines.
fn day_section(it: ActivityDay, log: LogContext) -> impl IntoView {
    let ActivityDay { day, runs } = it;
    let id = format!("day-{day}");
    let labelled_by = id.clone();
    view! {
        <section aria-labelledby=labelled_by>
            <h2 class="log__day" id=id>
                <time datetime=day.to_string()>{move || log.clock.day_head(day)}</time>
            </h2>
            <ol class="log card">{runs.into_iter().map(|it| run_item(it, log)).collect_view()}</ol>
        </section>
    }
}

/// A run as one line that opens to its lines; a line alone as it is.
fn run_item(run: ActivityRun, log: LogContext) -> impl IntoView {
    let Some((phrase, (from, to))) = run.phrase().zip(run.span()) else {
        let lines = run.lines.into_iter();
        return lines.map(|it| log_item(it, log)).collect_view().into_any();
    };
    let batches = run.batches();
    let all = undo_labels(&run.lines[0]).1;
    let NamedEvent {
        entry,
        release,
        undo,
        ..
    } = run.lines[0].clone();
    let state = resulting_status(entry.action).map(StepStatus::as_str);
    let (icon, actor, reason) = (event_icon(&entry), entry.actor, entry.reason);
    let times = move || {
        let (from, to) = (log.clock.time_of_day(from), log.clock.time_of_day(to));
        if from == to {
            to
        } else {
            format!("{from}-{to}")
        }
    };
    let lines = run
        .lines
        .into_iter()
        .map(|it| log_item(it, log))
        .collect_view();
    view! {
        <li data-state=state>
            <details class="log__run">
                <summary class="log__line">
                    <Icon name=icon/>
                    <span class="log__what">
                        <b>{actor}</b>
                        " "
                        {phrase}
                        {release.map(|it| view! { <span class="quiet">", "{it}</span> })}
                        {reason.map(|it| view! { <span class="quiet">": "{it}</span> })}
                    </span>
                    {(undo == UndoState::Undone).then(|| view! { <span class="badge">"Undone"</span> })}
                    <Icon name="i-chevron" small=true/>
                    <time datetime=format!("{to:?}")>{times}</time>
                </summary>
                <ol class="log__rows">{lines}</ol>
            </details>
            // A button does not belong into a summary.
            {(undo == UndoState::Open).then(|| undo_button(all, batches.clone(), log))}
            {refusal(batches, log)}
        </li>
    }
    .into_any()
}

/// What the button says that undoes a line, alone or together with others: "Redo" for an undo.
fn undo_labels(line: &NamedEvent) -> (&'static str, &'static str) {
    let is_undo = line.entry.action == EventAction::Undo;
    if is_undo && line.undid.is_none_or(|it| !it.is_redo) {
        ("Redo", "Redo all")
    } else {
        ("Undo", "Undo all")
    }
}

/// The button that undoes these batches, newest first.
fn undo_button(label: &'static str, batches: Vec<BatchId>, log: LogContext) -> impl IntoView {
    view! {
        <button
            class="button live-only log__tool"
            data-size="s"
            data-kind="ghost"
            on:click=move |_| log.on_undo.run(batches.clone())
        >
            <Icon name="i-undo" small=true/>
            {label}
        </button>
    }
}

/// Why these batches were not undone, if that was refused just now.
fn refusal(batches: Vec<BatchId>, log: LogContext) -> impl IntoView {
    move || {
        let why = match log.undo_outcome.get() {
            Some(UndoOutcome::Refused(of, why)) if of == batches => Some(why),
            _ => None,
        };
        why.map(|why| view! { <p class="log__refused" role="alert"><Icon name="i-warn" small=true/>{why}</p> })
    }
}

/// A time of the day, with the whole of it for machines.
fn time_of_day(at: DateTime<Utc>, clock: Clock) -> impl IntoView {
    view! { <time datetime=format!("{at:?}")>{move || clock.time_of_day(at)}</time> }
}

/// One line.
fn log_item(it: NamedEvent, log: LogContext) -> impl IntoView {
    let is_single_batch = log.is_single_batch;
    let phrase = if is_single_batch {
        event_phrase(&it.entry, 1)
    } else {
        line_phrase(&it, it.in_batch)
    };
    // A count of customers is followed by their names.
    let is_list = !is_single_batch && it.in_batch > 1 && it.entry.entity == Entity::Customer;
    let about = subject_links(&it, is_single_batch);
    let label = undo_labels(&it).0;
    let NamedEvent {
        entry: event,
        batch_size,
        undo,
        ..
    } = it;
    let state = resulting_status(event.action).map(StepStatus::as_str);
    let (batch, all) = (event.batch_id.clone(), paths::batch(&event.batch_id));
    let id = (!is_single_batch).then(|| format!("batch-{batch}"));
    let reason = event.reason.clone();
    let can_undo = undo == UndoState::Open && !is_single_batch;
    let undo_button = can_undo.then(|| undo_button(label, vec![batch.clone()], log));
    let is_whole_batch = batch_size > 1 && !is_single_batch;
    let all_text = format!("All {} changes", grouped(batch_size as usize));
    view! {
        <li data-state=state id=id tabindex=(!is_single_batch).then_some("-1")>
            <div class="log__line">
                <Icon name=event_icon(&event)/>
                <span class="log__what">
                    <b>{event.actor.clone()}</b>
                    " "
                    {phrase}
                    {if is_list { ": " } else { " " }}
                    <span class="quiet">
                        {about}
                        {reason.map(|it| view! { ": "{it} })}
                    </span>
                </span>
                {is_whole_batch.then(|| view! { <a class="link small" href=all>{all_text}</a> })}
                {(undo == UndoState::Undone && !is_single_batch).then(|| view! { <span class="badge">"Undone"</span> })}
                {undo_button}
                {time_of_day(event.at, log.clock)}
            </div>
            {changes_table(&event.changes)}
            {refusal(vec![batch], log)}
        </li>
    }
}

/// The subject of a line with its customer and release, linked as far as they still exist.
fn subject_links(line: &NamedEvent, is_single_batch: bool) -> impl IntoView + use<> {
    let event = &line.entry;
    let (n, customers) = if is_single_batch {
        (1, 1)
    } else {
        (line.in_batch, line.customers)
    };
    let of_customer = |id: CustomerId| match event.release_id {
        Some(release) => paths::customer_steps(release, id),
        None => paths::customer(id),
    };
    // Several steps of one customer have no name in common.
    let is_of_steps = event.entity == Entity::Step && n > 1 && customers == 1;
    let is_several = n > 1 && is_of_several_customers(line);
    let subject = if is_of_steps {
        None
    } else if is_several {
        line_subject(line, n).map(IntoAny::into_any)
    } else {
        Some(subject_link(line, n))
    };
    let customer = line.customer.as_deref();
    let customer = customer.filter(|_| event.entity != Entity::Customer && !is_several);
    let customer = customer.zip(event.customer_id).map(|(name, id)| {
        let name = format!("{name}{}", and_others(customers));
        let path = of_customer(id);
        view! { {(!is_of_steps).then_some(", ")}<a class="plain" href=path>{name}</a> }
    });
    let release = line.release.clone();
    let release = release.filter(|_| event.entity != Entity::Release);
    let release = release.zip(event.release_id).map(|(name, id)| {
        view! { ", "<a class="plain" href=paths::release(id)>{name}</a> }
    });
    view! {
        {subject}
        {customer}
        {release}
    }
}

/// The name of what a line is about, with a link to it if it still exists.
fn subject_link(line: &NamedEvent, n: u32) -> AnyView {
    let event = &line.entry;
    let id = event.entity_id;
    let path = match (event.entity, event.action) {
        (_, EventAction::Delete)
        | (
            Entity::Database
            | Entity::User
            | Entity::Session
            | Entity::Token
            | Entity::View
            | Entity::IncomingHook
            | Entity::Webhook
            | Entity::Runner,
            _,
        ) => None,
        (Entity::Template, _) => event.release_id.map(paths::release_steps),
        (Entity::Cluster, _) => Some(paths::cluster(ClusterId(id))),
        // A customer whose creation was undone is gone, and has no name any more.
        (Entity::Customer, _) => line
            .customer
            .as_ref()
            .map(|_| paths::customer(CustomerId(id))),
        (Entity::Release, _) => Some(paths::release(ReleaseId(id))),
        (Entity::Step, _) => event.release_id.map(|it| paths::step(it, StepId(id))),
    };
    let subject = line.subject.clone();
    let mut subject = subject.unwrap_or_else(|| "deleted item".to_owned());
    if names_others(line) {
        subject.push_str(&and_others(n));
    }
    match path {
        Some(path) => view! { <a class="plain" href=path>{subject}</a> }.into_any(),
        None => subject.into_any(),
    }
}

/// The label of a field; none for fields of internal bookkeeping, which are not shown.
fn field_label(field: &str) -> Option<String> {
    let label = match field {
        "textKey" | "executedAt" | "executedBy" | "startedAt" | "startedBy" | "stateAt"
        | "stateBy" | "templateVersion" | "templateId" | "orderIndex" | "orderedIds" | "schema"
        | "partial" | "release" | "releaseId" | "copies" | "events" | "eventsSha256" => {
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
        "maxParallel" => "Runs at once",
        "jenkins" => "Job at Jenkins",
        "namespace" => "Namespace",
        "clusterId" => "Cluster",
        "versionNumber" => "Version number",
        "releaseDate" => "Release date",
        "customerIds" => "Customers",
        "cells" => "Cells",
        "imported" => "Imported",
        "head" => "Head of the history",
        "run" => "Run",
        other => return Some(spaced(other)),
    };
    Some(label.to_owned())
}

/// "timeoutSeconds" as "Timeout seconds".
fn spaced(name: &str) -> String {
    let mut label = String::with_capacity(name.len() + 2);
    for letter in name.chars() {
        if label.is_empty() {
            label.extend(letter.to_uppercase());
        } else if letter.is_uppercase() {
            label.push(' ');
            label.extend(letter.to_lowercase());
        } else {
            label.push(letter);
        }
    }
    label
}

/// The value of a field in the words of the pages.
fn field_value(field: &str, value: &str) -> String {
    let label = match (field, value) {
        ("status", it) => {
            let of_step = it.parse().map(StepStatus::label).ok();
            of_step.or_else(|| it.parse().map(ReleaseStatus::label).ok())
        }
        ("category", it) => it.parse().map(Category::label).ok(),
        ("type", it) => it.parse().map(ReleaseType::label).ok(),
        (_, "") | ("metadata", "{}") | ("customerIds" | "cells", "[]") => Some("empty"),
        (it, "true") if it.starts_with("is") => Some("Yes"),
        (it, "false") if it.starts_with("is") => Some("No"),
        _ => None,
    };
    label.unwrap_or(value).to_owned()
}

/// The changed fields, before and after, folded.
fn changes_table(changes: &[FieldChange]) -> impl IntoView + use<> {
    let rows: Vec<_> = changes
        .iter()
        .filter_map(|it| {
            let label = field_label(&it.field)?;
            let side = |text: &Option<String>| {
                let value = text.as_deref().unwrap_or_default();
                field_value(&it.field, value)
            };
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
        assert_eq!(field_label("status").as_deref(), Some("State"));
        assert_eq!(field_label("stateBy"), None);
        let label = field_label("timeoutSeconds");
        assert_eq!(label.as_deref(), Some("Timeout seconds"));
    }

    #[test]
    fn values_are_told_in_the_words_of_the_pages() {
        let told = [
            ("status", "in_progress", "In progress"),
            ("status", "archived", "Archived"),
            ("category", "verify", "Verify"),
            ("type", "hotfix", "Hotfix"),
            ("type", "bash", "bash"),
            ("isCustom", "true", "Yes"),
            ("metadata", "{}", "empty"),
            ("content", "true", "true"),
            ("name", "Ana", "Ana"),
        ];
        for (field, value, expected) in told {
            assert_eq!(field_value(field, value), expected, "{field} {value}");
        }
    }
}
