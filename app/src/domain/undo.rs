//! Undo (R16, R101): what an undo does row by row, what it leaves alone, and the questions and messages that pages show of it.
use super::{
    actor_stamp::ActorStamp,
    digit_groups::grouped,
    event::{Entity, EventAction},
    id::BatchId,
    plural::{first_of_list, pluralize},
    step::CustomerStep,
    template::{Propagation, propagation},
    vocabulary::StepStatus,
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// What would be lost if a step were deleted, in words: "done, notes". None if the step has no work: it is pending (also
/// reopened), is not overridden, and has no notes.
pub fn work(status: StepStatus, is_overridden: bool, has_notes: bool) -> Option<String> {
    let mut parts = Vec::new();
    if status != StepStatus::Pending {
        parts.push(status.in_sentence());
    }
    if propagation(status, is_overridden) == Propagation::Overridden {
        parts.push("overridden");
    }
    if has_notes {
        parts.push("notes");
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// What a step's row is again after an undo, in words: "done → pending, notes as before".
pub fn restored_in_words(now: &CustomerStep, then: &CustomerStep) -> String {
    let mut parts = Vec::new();
    if now.status != then.status {
        let (now, then) = (now.status.in_sentence(), then.status.in_sentence());
        parts.push(format!("{now} → {then}"));
    }
    let text = |it: &CustomerStep| (it.name.clone(), it.kind, it.content.clone());
    let words = [
        (text(now) != text(then), "text as before"),
        (now.notes != then.notes, "notes as before"),
        (now.is_overridden && !then.is_overridden, "not overridden"),
        (then.is_overridden && !now.is_overridden, "overridden"),
        (then.is_custom && !now.is_custom, "a custom step"),
        (now.is_custom && !then.is_custom, "a copy of the template"),
    ];
    let words = words.iter().filter(|it| it.0).map(|it| it.1.to_owned());
    parts.extend(words);
    if parts.is_empty() {
        parts.push("as before".to_owned());
    }
    parts.join(", ")
}

/// A row that an undo leaves alone: it was changed since, or it has work that would be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Conflict {
    /// The id of the row that is left alone.
    pub id: i64,
    pub reason: String,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

impl Conflict {
    /// The reason with the author of the conflicting change: "Announce, Acme was changed since by Jonas".
    pub fn in_words(&self) -> String {
        match &self.changed_by {
            Some(by) => format!("{} by {by}", self.reason),
            None => self.reason.clone(),
        }
    }
}

words! {
    /// What an undo does to a row.
    RowOutcome {
        Restored = "restored", BroughtBack = "brought-back", Deleted = "deleted", LeftAlone = "left-alone",
    }
}

/// A row of the batch, and what the undo does to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoRow {
    pub entity: Entity,
    pub id: i64,
    pub name: String,
    /// The customer of a cell.
    pub customer: Option<String>,
    pub outcome: RowOutcome,
    /// In words: "done → pending"; of a row that is left alone the reason.
    pub becomes: String,
    /// Whether it has work that the undo deletes, or would delete.
    pub has_work: bool,
    /// Of a row that is left alone or has work: who changed it last.
    pub changed_by: Option<String>,
    pub changed_at: Option<DateTime<Utc>>,
}

impl UndoRow {
    /// "Migrate schema, Acme"
    pub fn full_name(&self) -> String {
        match &self.customer {
            Some(customer) => format!("{}, {customer}", self.name),
            None => self.name.clone(),
        }
    }

    fn line(&self) -> UndoLine {
        let text = if self.outcome == RowOutcome::LeftAlone {
            self.becomes.clone()
        } else {
            format!("{}: {}", self.full_name(), self.becomes)
        };
        UndoLine {
            text,
            changed_by: self.changed_by.clone(),
            changed_at: self.changed_at,
        }
    }
}

/// What an undo would do (R101).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UndoPreview {
    /// The number of rows that would be restored.
    pub restored: u32,
    pub conflicts: Vec<Conflict>,
    /// Rows with work that are deleted if that is allowed, else are conflicts.
    pub with_work: Vec<Conflict>,
    pub rows: Vec<UndoRow>,
    /// Whether the batch is itself an undo.
    pub is_redo: bool,
}

/// The result of an undo (R16). An undo changes the record, not the Kubernetes cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoResult {
    /// The number of rows that were restored.
    pub restored: u32,
    pub conflicts: Vec<Conflict>,
    /// The batch of the undo; none if nothing was restored.
    pub batch_id: Option<BatchId>,
    /// What pages say of it.
    pub message: String,
}

/// A row in the dialog before an undo.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoLine {
    pub text: String,
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// Rows in the dialog: how many there are, and the first of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoLines {
    /// How many rows there are.
    pub n: u32,
    pub first: Vec<UndoLine>,
}

/// How many rows of a kind the dialog lists; of more it tells the count.
const LINES_MAX: usize = 200;

impl UndoLines {
    fn of<'a>(rows: impl Iterator<Item = &'a UndoRow>) -> Self {
        let mut lines = Self::default();
        for row in rows {
            lines.n += 1;
            if lines.first.len() < LINES_MAX {
                lines.first.push(row.line());
            }
        }
        lines
    }
}

/// What the dialog before an undo asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoQuestion {
    /// Whether what it would undo is itself an undo.
    pub is_redo: bool,
    /// Whether anything can be restored without deleting work.
    pub can_restore: bool,
    pub changes: UndoLines,
    pub with_work: UndoLines,
    pub left_alone: UndoLines,
}

impl From<UndoPreview> for UndoQuestion {
    fn from(preview: UndoPreview) -> Self {
        let lines = |is_wanted: fn(&UndoRow) -> bool| {
            UndoLines::of(preview.rows.iter().filter(|it| is_wanted(it)))
        };
        Self {
            is_redo: preview.is_redo,
            can_restore: preview.restored > 0,
            changes: lines(|it| !it.has_work && it.outcome != RowOutcome::LeftAlone),
            with_work: lines(|it| it.has_work),
            left_alone: lines(|it| !it.has_work && it.outcome == RowOutcome::LeftAlone),
        }
    }
}

/// The answer to a page's undo: it is done, or the person is asked first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum UndoAnswer {
    Done(UndoResult),
    /// Nothing was changed: work would be deleted.
    Asks(UndoQuestion),
}

/// What an undo undid, or did again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UndoneAction {
    /// The first action; `Undo` if the history does not tell it.
    pub action: EventAction,
    /// Whether it was done again.
    pub is_redo: bool,
}

/// What the undo of a batch undoes. `back` leads from that batch to the first one: the action of the batch, and as long as that is an
/// undo, of the batch that it undid. Whether the first action is undone or done again changes with each undo. None if the history does
/// not tell.
pub fn undone_action(back: impl Iterator<Item = EventAction>) -> Option<UndoneAction> {
    let mut is_redo = false;
    for action in back {
        if action != EventAction::Undo {
            return Some(UndoneAction { action, is_redo });
        }
        is_redo = !is_redo;
    }
    let action = EventAction::Undo;
    is_redo.then_some(UndoneAction { action, is_redo })
}

/// What an action is called in "Undid "Mark done" on 9 cells".
fn action_name(action: EventAction) -> &'static str {
    match action {
        EventAction::Done => "Mark done",
        EventAction::Fail => "Mark failed",
        EventAction::Override => "Override",
        EventAction::Reset => "Reset to template",
        EventAction::Notes => "Edit notes",
        EventAction::Create => "Add",
        EventAction::Update => "Edit",
        EventAction::Promote => "Promote to template",
        EventAction::Reorder => "Reorder",
        EventAction::Move => "Move",
        EventAction::Delete => "Delete",
        EventAction::Start => "Start",
        EventAction::Skip => "Skip",
        EventAction::Revert => "Revert",
        EventAction::Reopen => "Reopen",
        EventAction::Import => "Import",
        other => other.label(),
    }
}

/// Which rows an undo restored: "9 cells", with the step or the customer that they have in common: "9 cells of Migrate schema",
/// "1 cell: Migrate schema for Acme".
fn rows_in_words(entity: Entity, n: u32, rows: &[UndoRow]) -> String {
    let noun = match entity {
        Entity::Step => "cell",
        Entity::Template => "step",
        Entity::Customer => "customer",
        Entity::Cluster => "cluster",
        _ => "list",
    };
    let counted = pluralize(n, noun);
    let mut restored = rows
        .iter()
        .filter(|it| it.entity == entity && it.outcome != RowOutcome::LeftAlone);
    let Some(first) = restored.next() else {
        return counted;
    };
    let (mut name, mut customer) = (Some(&first.name), first.customer.as_ref());
    for row in restored {
        name = name.filter(|it| **it == row.name);
        customer = customer.filter(|it| row.customer.as_ref() == Some(*it));
    }
    match (name, customer) {
        (Some(name), Some(customer)) if n == 1 => format!("{counted}: {name} for {customer}"),
        (Some(name), _) if n == 1 => format!("{counted}: {name}"),
        (Some(name), Some(customer)) => format!("{counted} of {name} for {customer}"),
        (Some(common), None) | (None, Some(common)) => format!("{counted} of {common}"),
        (None, None) => counted,
    }
}

/// The message of an undo or redo of this action (`undone_action`), which restored `n` rows of this kind, among `rows`: "Undid "Mark
/// done" on 9 cells of Deploy api. The record changed; clusters are not affected. 1 left alone: Announce, Acme was changed since by Jonas".
pub fn message(
    undone: UndoneAction,
    entity: Entity,
    n: u32,
    rows: &[UndoRow],
    conflicts: &[Conflict],
) -> String {
    let done = match undone.action {
        EventAction::Undo => "Redone".to_owned(),
        action if undone.is_redo => format!("Redid \"{}\"", action_name(action)),
        action => format!("Undid \"{}\"", action_name(action)),
    };
    let rows = rows_in_words(entity, n, rows);
    let text = format!("{done} on {rows}. The record changed; clusters are not affected");
    if conflicts.is_empty() {
        return text;
    }
    let left: Vec<String> = conflicts.iter().map(Conflict::in_words).collect();
    let left: Vec<&str> = left.iter().map(String::as_str).collect();
    let named = first_of_list(&left, "; ");
    format!("{text}. {} left alone: {named}", grouped(left.len()))
}

/// The latest of the changes that conflicts name.
pub fn latest_change(conflicts: &[Conflict]) -> Option<ActorStamp> {
    let stamps = conflicts.iter().filter_map(|it| {
        Some(ActorStamp {
            by: it.changed_by.clone()?,
            at: it.changed_at?,
        })
    });
    stamps.max_by_key(|it| it.at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::id::{CustomerId, ReleaseId};

    #[test]
    fn work_is_any_state_but_pending_notes_and_overrides() {
        use StepStatus::{Done, InProgress, Pending};
        assert_eq!(work(Pending, false, false), None);
        let says = |status, is_overridden, has_notes| {
            work(status, is_overridden, has_notes).unwrap_or_default()
        };
        assert_eq!(says(InProgress, false, false), "in progress");
        assert_eq!(says(Pending, true, false), "overridden");
        assert_eq!(says(Pending, false, true), "notes");
        assert_eq!(says(Done, true, true), "done, overridden, notes");
    }

    #[test]
    fn what_a_step_is_again_is_said_in_words() {
        let done = CustomerStep {
            status: StepStatus::Done,
            notes: Some("took 40 s".into()),
            ..CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH)
        };
        let pending = CustomerStep {
            status: StepStatus::Pending,
            notes: None,
            ..done.clone()
        };
        let says = restored_in_words(&done, &pending);
        assert_eq!(says, "done → pending, notes as before");
        assert_eq!(restored_in_words(&done, &done), "as before");
        let overridden = CustomerStep {
            content: "mine".into(),
            is_overridden: true,
            ..done.clone()
        };
        let says = restored_in_words(&overridden, &done);
        assert_eq!(says, "text as before, not overridden");
    }

    fn row(name: &str, customer: &str, outcome: RowOutcome) -> UndoRow {
        UndoRow {
            entity: Entity::Step,
            id: 1,
            name: name.into(),
            customer: Some(customer.into()),
            outcome,
            becomes: String::new(),
            has_work: false,
            changed_by: None,
            changed_at: None,
        }
    }

    #[test]
    fn a_message_names_the_action_the_count_and_what_was_left_alone() {
        let of = |action, is_redo| UndoneAction { action, is_redo };
        let done = of(EventAction::Done, false);
        let text = message(done, Entity::Step, 9, &[], &[]);
        let record = "The record changed; clusters are not affected";
        assert_eq!(text, format!("Undid \"Mark done\" on 9 cells. {record}"));
        let conflict = |customer: &str| Conflict {
            id: 1,
            reason: format!("Announce, {customer} was changed since"),
            changed_by: Some("Jonas".into()),
            changed_at: Some(DateTime::UNIX_EPOCH),
        };
        let one = [conflict("Acme")];
        let redone = of(EventAction::Create, true);
        let text = message(redone, Entity::Template, 1, &[], &one);
        let left = "1 left alone: Announce, Acme was changed since by Jonas";
        assert_eq!(text, format!("Redid \"Add\" on 1 step. {record}. {left}"));
        let text = message(of(EventAction::Undo, true), Entity::Step, 1, &[], &[]);
        assert_eq!(text, format!("Redone on 1 cell. {record}"));
        let many = ["Acme", "Globex", "Hooli", "Initech", "Umbrella"].map(conflict);
        let text = message(done, Entity::Step, 1, &[], &many);
        let left = "5 left alone: Announce, Acme was changed since by Jonas; Announce, Globex";
        assert!(text.contains(left), "{text}");
        assert!(text.ends_with("by Jonas and 2 more"), "{text}");
    }

    #[test]
    fn a_message_of_an_undo_names_the_step_and_the_customer_that_its_rows_have_in_common() {
        let says = |n, rows: &[UndoRow]| {
            let (action, is_redo) = (EventAction::Done, false);
            let text = message(UndoneAction { action, is_redo }, Entity::Step, n, rows, &[]);
            let of = text.split(". ").next().unwrap_or_default();
            of.replace("Undid \"Mark done\" on ", "")
        };
        let back = |name, customer| row(name, customer, RowOutcome::Restored);
        let left = row("Check", "Hooli", RowOutcome::LeftAlone);
        let one = [back("Deploy api", "Acme"), left];
        assert_eq!(says(1, &one), "1 cell: Deploy api for Acme");
        let of_step = [back("Deploy api", "Acme"), back("Deploy api", "Globex")];
        assert_eq!(says(2, &of_step), "2 cells of Deploy api");
        let of_customer = [back("Deploy api", "Acme"), back("Check", "Acme")];
        assert_eq!(says(2, &of_customer), "2 cells of Acme");
        let others = [back("Deploy api", "Acme"), back("Check", "Globex")];
        assert_eq!(says(2, &others), "2 cells");
    }

    #[test]
    fn an_undo_of_a_redo_undoes_the_first_action() {
        use EventAction::{Done, Undo};
        let undone = |back: &[EventAction]| {
            undone_action(back.iter().copied()).map(|it| (it.action, it.is_redo))
        };
        assert_eq!(undone(&[Done]), Some((Done, false)));
        assert_eq!(undone(&[Undo, Done]), Some((Done, true)));
        assert_eq!(undone(&[Undo, Undo, Done]), Some((Done, false)));
        assert_eq!(undone(&[Undo, Undo, Undo, Done]), Some((Done, true)));
        assert_eq!(undone(&[Undo]), Some((Undo, true)));
        assert_eq!(undone(&[Undo, Undo]), None);
        assert_eq!(undone(&[]), None);
    }

    #[test]
    fn a_question_has_the_first_rows_of_each_kind_and_their_counts() {
        let row = |id, outcome, has_work| UndoRow {
            entity: Entity::Step,
            id,
            name: "Announce".into(),
            customer: Some(format!("Customer {id}")),
            outcome,
            becomes: "done → pending".into(),
            has_work,
            changed_by: None,
            changed_at: None,
        };
        let mut rows: Vec<UndoRow> = (0..300)
            .map(|id| row(id, RowOutcome::Restored, false))
            .collect();
        rows.push(row(300, RowOutcome::LeftAlone, false));
        rows.push(row(301, RowOutcome::LeftAlone, true));
        rows.push(row(302, RowOutcome::Deleted, true));
        let question = UndoQuestion::from(UndoPreview {
            restored: 300,
            conflicts: Vec::new(),
            with_work: Vec::new(),
            rows,
            is_redo: false,
        });
        assert_eq!(
            (question.changes.n, question.changes.first.len()),
            (300, LINES_MAX)
        );
        let line = &question.changes.first[7].text;
        assert_eq!(line, "Announce, Customer 7: done → pending");
        assert_eq!((question.with_work.n, question.left_alone.n), (2, 1));
        assert!(question.can_restore);
    }

    #[test]
    fn the_latest_change_is_named() {
        let conflict = |by: &str, seconds| Conflict {
            id: 1,
            reason: String::new(),
            changed_by: Some(by.into()),
            changed_at: DateTime::from_timestamp(seconds, 0),
        };
        let latest = latest_change(&[conflict("Ana", 5), conflict("Jonas", 9), conflict("Mei", 1)]);
        assert_eq!(latest.map(|it| it.by).as_deref(), Some("Jonas"));
        assert_eq!(latest_change(&[]), None);
    }
}
