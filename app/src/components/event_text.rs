//! Text, icon and resulting status of a history event, shared by the lists of events: the dashboard's (`activity_list`), the
//! activity page's (`activity_log`) and an open step's (`step_panel::history`).
use super::step_state::state_icon;
use crate::domain::{
    event::{Entity, EventAction, HistoryEntry},
    plural::pluralize,
    summary::NamedEvent,
    undo::UndoneAction,
    vocabulary::StepStatus,
};

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

/// What an event did, without what it was done to: "marked done", "marked 12 cells done". `in_batch` is the number of events
/// in its batch. A cell is one customer's step.
pub fn event_phrase(event: &HistoryEntry, in_batch: u32) -> String {
    if in_batch > 1 && event.entity == Entity::Step {
        let cells = pluralize(in_batch, "cell");
        let phrase = match event.action {
            EventAction::Start => "started",
            EventAction::Skip => "skipped",
            EventAction::Revert => "reverted",
            EventAction::Reopen => "reopened",
            EventAction::Undo => "undid",
            EventAction::Done => return format!("marked {cells} done"),
            EventAction::Fail => return format!("marked {cells} failed"),
            action => return single_phrase(action).to_owned(),
        };
        return format!("{phrase} {cells}");
    }
    if in_batch > 1 && event.entity == Entity::Customer {
        // Only an import of customers from pasted text changes several at once.
        let customers = pluralize(in_batch, "customer");
        return match event.action {
            EventAction::Undo => format!("undid changes of {customers}"),
            _ => format!("imported {customers}"),
        };
    }
    single_phrase(event.action).to_owned()
}

/// What a line of the history did, as `event_phrase` says it; an undo says what it undid. `n` is the number of events that the
/// line stands for.
pub fn line_phrase(line: &NamedEvent, n: u32) -> String {
    let event = &line.entry;
    match (event.action, line.undid) {
        (EventAction::Undo, Some(undone)) => {
            let phrase = undone_phrase(undone);
            let noun = match event.entity {
                Entity::Step => "cell",
                Entity::Customer => "customer",
                _ => return phrase,
            };
            if n > 1 {
                format!("{phrase} on {}", pluralize(n, noun))
            } else {
                phrase
            }
        }
        _ => event_phrase(event, n),
    }
}

/// What an undo did: "undid "marked done"", or again "redid "marked done"".
pub fn undone_phrase(undone: UndoneAction) -> String {
    let verb = if undone.is_redo { "redid" } else { "undid" };
    match undone.action {
        EventAction::Undo => format!("{verb} a change"),
        action => format!("{verb} \"{}\"", single_phrase(action)),
    }
}

/// What a line is about, besides its customer and release: the name of its row, and how many others its batch made; or "100 steps,
/// 10 customers". None where the phrase says it all. `n` is the number of events that the line stands for.
pub fn line_subject(line: &NamedEvent, n: u32) -> Option<String> {
    if is_of_several_customers(line) {
        let steps = pluralize(line.steps, "step");
        return Some(format!(
            "{steps}, {}",
            pluralize(line.customers, "customer")
        ));
    }
    // Several steps of one customer have no name in common.
    if line.entry.entity == Entity::Step && n > 1 && line.customers == 1 {
        return None;
    }
    let others = if names_others(line) {
        and_others(n)
    } else {
        String::new()
    };
    Some(line.subject.clone()? + &others)
}

/// Whether the events of a line's batch are about rows of the same kind, each by itself: customers, or steps that were imported.
pub fn names_others(line: &NamedEvent) -> bool {
    let create = EventAction::Create;
    let is_made = line.entry.action == create || line.undid.is_some_and(|it| it.action == create);
    match line.entry.entity {
        Entity::Customer => true,
        Entity::Template => is_made,
        _ => false,
    }
}

/// Whether a line is about several steps of several customers.
pub fn is_of_several_customers(line: &NamedEvent) -> bool {
    line.entry.entity == Entity::Step && line.steps > 1 && line.customers > 1
}

/// The suffix after the first name of a list: " and 8 others"; empty if there are no others.
pub fn and_others(n: u32) -> String {
    match n.saturating_sub(1) {
        0 => String::new(),
        n => format!(" and {}", pluralize(n, "other")),
    }
}

/// The phrase for a single event.
pub fn single_phrase(action: EventAction) -> &'static str {
    match action {
        EventAction::Override => "overrode the text",
        EventAction::Notes => "changed the notes",
        EventAction::Reorder => "reordered the steps",
        EventAction::AddCustomers => "added customers",
        EventAction::RemoveCustomers => "removed customers",
        EventAction::Undo => "undid a change",
        EventAction::Attach => "added evidence",
        EventAction::Detach => "removed evidence",
        EventAction::RunLost => "lost its runner",
        EventAction::RunCancel => "asked to cancel the run",
        EventAction::RunEnd => "ended the run",
        other => other.phrase(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        id::{BatchId, EventId},
        summary::UndoState,
    };
    use chrono::DateTime;

    fn step_done() -> HistoryEntry {
        HistoryEntry {
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
            text_shown: None,
            text_changes: Vec::new(),
            undoes: None,
        }
    }

    #[test]
    fn a_batch_is_described_by_its_size() {
        let event = step_done();
        assert_eq!(event_phrase(&event, 12), "marked 12 cells done");
        assert_eq!(event_phrase(&event, 1_000), "marked 1,000 cells done");
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

    #[test]
    fn a_line_of_many_names_its_steps_and_customers_by_number() {
        let mut line = NamedEvent {
            entry: step_done(),
            in_batch: 1_000,
            customers: 10,
            steps: 100,
            batch_size: 1_000,
            undid: None,
            subject: Some("Queue drained".into()),
            customer: Some("Acme".into()),
            release: None,
            undo: UndoState::Open,
        };
        let said = |line: &NamedEvent, n| line_subject(line, n).unwrap_or_default();
        assert_eq!(said(&line, 1_000), "100 steps, 10 customers");
        line.steps = 1;
        assert_eq!(said(&line, 10), "Queue drained");
        line.customers = 1;
        assert_eq!([said(&line, 6), said(&line, 1)], ["", "Queue drained"]);
        line.entry.entity = Entity::Template;
        assert_eq!(said(&line, 6), "Queue drained");
        line.entry.action = EventAction::Create;
        assert_eq!(said(&line, 6), "Queue drained and 5 others");
        line.entry.entity = Entity::Customer;
        assert_eq!(said(&line, 2), "Queue drained and 1 other");
    }

    #[test]
    fn an_undo_says_what_it_undid_and_others_are_counted() {
        let line = |undid| NamedEvent {
            steps: 1,
            entry: HistoryEntry {
                action: EventAction::Undo,
                ..step_done()
            },
            in_batch: 1,
            customers: 1,
            batch_size: 1,
            undid,
            subject: None,
            customer: None,
            release: None,
            undo: UndoState::Open,
        };
        let of = |action, is_redo| line(Some(UndoneAction { action, is_redo }));
        let done = of(EventAction::Done, false);
        assert_eq!(line_phrase(&done, 1), "undid \"marked done\"");
        assert_eq!(line_phrase(&done, 9), "undid \"marked done\" on 9 cells");
        let redone = of(EventAction::Done, true);
        assert_eq!(line_phrase(&redone, 1), "redid \"marked done\"");
        assert_eq!(line_phrase(&redone, 9), "redid \"marked done\" on 9 cells");
        let untold = of(EventAction::Undo, true);
        assert_eq!(line_phrase(&untold, 1), "redid a change");
        assert_eq!(line_phrase(&line(None), 1), "undid a change");
        assert_eq!([and_others(1), and_others(2)], ["", " and 1 other"]);
        assert_eq!(and_others(9), " and 8 others");
    }
}
