//! Lines of the history: who did what, where, when.
use super::{
    step_state::state_icon,
    ui::{icon::Icon, time::Time},
};
use crate::domain::{
    event::{Entity, EventAction, HistoryEntry},
    step::StepStatus,
    summary::NamedEvent,
};
use leptos::prelude::*;

/// The state that a step's event led to, for its drawing.
pub fn status_of(action: EventAction) -> Option<StepStatus> {
    match action {
        EventAction::Start => Some(StepStatus::InProgress),
        EventAction::Done => Some(StepStatus::Done),
        EventAction::Fail => Some(StepStatus::Failed),
        EventAction::Skip => Some(StepStatus::Skipped),
        EventAction::Revert => Some(StepStatus::Reverted),
        EventAction::Reopen => Some(StepStatus::Pending),
        _ => None,
    }
}

pub fn icon_of(event: &HistoryEntry) -> &'static str {
    match (status_of(event.action), event.action) {
        (Some(status), _) => state_icon(status),
        (None, EventAction::Undo) => "i-undo",
        (None, EventAction::Notes) => "t-text",
        (
            None,
            EventAction::Create
            | EventAction::Clone
            | EventAction::AddCustomers
            | EventAction::Import,
        ) => "i-plus",
        (None, EventAction::Delete | EventAction::RemoveCustomers | EventAction::Deactivate) => {
            "i-close"
        }
        (None, EventAction::Archive) => "i-lock",
        (None, _) => "i-copy",
    }
}

/// "marked done", "marked 12 cells done". What it was done to stands in the line below.
pub fn what(event: &HistoryEntry, in_batch: u32) -> String {
    if in_batch > 1 && event.entity == Entity::Step {
        let cells = match event.action {
            EventAction::Start => "started",
            EventAction::Skip => "skipped",
            EventAction::Revert => "reverted",
            EventAction::Reopen => "reopened",
            EventAction::Undo => "undid",
            EventAction::Done => return format!("marked {in_batch} cells done"),
            EventAction::Fail => return format!("marked {in_batch} cells failed"),
            action => return alone(action).to_owned(),
        };
        return format!("{cells} {in_batch} cells");
    }
    alone(event.action).to_owned()
}

/// What was done, without what it was done to behind it.
fn alone(action: EventAction) -> &'static str {
    match action {
        EventAction::Override => "overrode the text",
        EventAction::Notes => "changed the notes",
        EventAction::Reorder => "reordered the steps",
        EventAction::AddCustomers => "added customers",
        EventAction::RemoveCustomers => "removed customers",
        EventAction::Undo => "undid a change",
        other => other.phrase(),
    }
}

fn line(it: NamedEvent) -> impl IntoView {
    let NamedEvent {
        entry: event,
        in_batch,
        subject,
        customer,
        release,
        ..
    } = it;
    let state = status_of(event.action).map(StepStatus::as_str);
    let is_customer = event.entity == Entity::Customer;
    let customer = if is_customer { None } else { customer };
    let customer = if in_batch > 1 {
        customer.map(|it| format!("{it} and others"))
    } else {
        customer
    };
    let release = if event.entity == Entity::Release {
        None
    } else {
        release
    };
    let place: Vec<String> = [subject, customer, release].into_iter().flatten().collect();
    let reason = event.reason.clone();
    view! {
        <li data-state=state>
            <Icon name=icon_of(&event)/>
            <span>
                <b>{event.actor.clone()}</b>
                " "
                {what(&event, in_batch)}
            </span>
            <Time at=event.at/>
            <p>{place.join(", ")}</p>
            {reason.map(|it| view! { <p>{it}</p> })}
        </li>
    }
}

#[component]
pub fn ActivityList(lines: Vec<NamedEvent>) -> impl IntoView {
    view! { <ol class="timeline">{lines.into_iter().map(line).collect_view()}</ol> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{BatchId, EventId};
    use chrono::DateTime;

    #[test]
    fn a_batch_of_cells_is_told_by_its_number() {
        let event = HistoryEntry {
            id: EventId(1),
            batch_id: BatchId("b".into()),
            entity: Entity::Step,
            entity_id: 1,
            release_id: None,
            customer_id: None,
            action: EventAction::Done,
            actor: "Ana".into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
            changes: Vec::new(),
            resolved_text: None,
            resolved_sha256: None,
            undoes: None,
        };
        assert_eq!(what(&event, 12), "marked 12 cells done");
        assert_eq!(what(&event, 1), "marked done");
        let noted = HistoryEntry {
            action: EventAction::Notes,
            ..event
        };
        assert_eq!(what(&noted, 1), "changed the notes");
    }
}
