//! Short history, as on the dashboard: who did what, where and when. The wording of events is shared with the full
//! history.
use super::{
    step_state::state_icon,
    ui::{icon::Icon, time::Time},
};
use crate::domain::{
    event::{Entity, EventAction, HistoryEntry},
    summary::NamedEvent,
    vocabulary::StepStatus,
};
use leptos::prelude::*;

/// The state that an action on a step leads to; none for other actions. It colours the line and selects its icon.
pub fn resulting_status(action: EventAction) -> Option<StepStatus> {
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

/// The id of an event's icon in the sprite.
pub fn event_icon(event: &HistoryEntry) -> &'static str {
    match (resulting_status(event.action), event.action) {
        (Some(status), _) => state_icon(status),
        (None, EventAction::Undo) => "i-undo",
        (None, EventAction::Notes) => "t-text",
        (None, EventAction::Create | EventAction::Clone | EventAction::AddCustomers) => "i-plus",
        (None, EventAction::Delete | EventAction::RemoveCustomers | EventAction::Deactivate) => {
            "i-close"
        }
        (None, EventAction::Archive) => "i-lock",
        (None, _) => "i-copy",
    }
}

/// What an event did, without its object: "marked done", "marked 12 cells done". `in_batch` counts the events of its
/// batch.
pub fn event_phrase(event: &HistoryEntry, in_batch: u32) -> String {
    if in_batch > 1 && event.entity == Entity::Step {
        let cells = match event.action {
            EventAction::Start => "started",
            EventAction::Skip => "skipped",
            EventAction::Revert => "reverted",
            EventAction::Reopen => "reopened",
            EventAction::Undo => "undid",
            EventAction::Done => return format!("marked {in_batch} cells done"),
            EventAction::Fail => return format!("marked {in_batch} cells failed"),
            action => return single_phrase(action).to_owned(),
        };
        return format!("{cells} {in_batch} cells");
    }
    if in_batch > 1 && event.entity == Entity::Customer {
        // Only an import changes several customers at once.
        return match event.action {
            EventAction::Undo => format!("undid a change of {in_batch} customers"),
            _ => format!("imported {in_batch} customers"),
        };
    }
    single_phrase(event.action).to_owned()
}

/// The phrase for a single event.
fn single_phrase(action: EventAction) -> &'static str {
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

fn item(it: NamedEvent) -> impl IntoView {
    let NamedEvent {
        entry: event,
        in_batch,
        subject,
        customer,
        release,
        ..
    } = it;
    let state = resulting_status(event.action).map(StepStatus::as_str);
    let is_customer = event.entity == Entity::Customer;
    let customer = if is_customer { None } else { customer };
    let and_others = |name: String| {
        if in_batch > 1 {
            format!("{name} and others")
        } else {
            name
        }
    };
    let customer = customer.map(and_others);
    let subject = if is_customer {
        subject.map(and_others)
    } else {
        subject
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
            <Icon name=event_icon(&event)/>
            <span>
                <b>{event.actor.clone()}</b>
                " "
                {event_phrase(&event, in_batch)}
            </span>
            <Time at=event.at/>
            <p>{place.join(", ")}</p>
            {reason.map(|it| view! { <p>{it}</p> })}
        </li>
    }
}

/// The events as a list, one line per batch.
#[component]
pub fn ActivityList(lines: Vec<NamedEvent>) -> impl IntoView {
    view! { <ol class="timeline">{lines.into_iter().map(item).collect_view()}</ol> }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{BatchId, EventId};
    use chrono::DateTime;

    #[test]
    fn a_batch_is_described_by_its_size() {
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
        assert_eq!(event_phrase(&event, 12), "marked 12 cells done");
        assert_eq!(event_phrase(&event, 1), "marked done");
        let noted = HistoryEntry {
            action: EventAction::Notes,
            ..event.clone()
        };
        assert_eq!(event_phrase(&noted, 1), "changed the notes");
        let imported = HistoryEntry {
            entity: Entity::Customer,
            action: EventAction::Create,
            ..event
        };
        assert_eq!(event_phrase(&imported, 1), "added");
        assert_eq!(event_phrase(&imported, 3), "imported 3 customers");
    }
}
