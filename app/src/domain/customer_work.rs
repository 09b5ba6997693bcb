//! View models of one customer's steps in a release: the work list, the step panel, and previews of custom steps and
//! promotions.
use super::{
    actor_stamp::ActorStamp,
    cluster::Cluster,
    customer::Customer,
    diff::DiffRow,
    event::{EventAction, HistoryEntry},
    evidence::Evidence,
    id::{CustomerId, EventId, ReleaseId, StepId},
    order::{self, Position},
    progress::{Counts, Progress},
    release::Release,
    run::{Run, RunOffer},
    step::CustomerStep,
    summary::StepDetail,
    template::TemplateImpact,
    vocabulary::{Category, StepStatus, StepType},
};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A step with everything its panel shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OpenStep {
    pub detail: StepDetail,
    /// Text changes and undo information of history entries; entries without either are left out.
    pub more: Vec<HistoryTextChange>,
    /// None if the template has not changed since.
    pub drift: Option<TemplateDrift>,
    /// Oldest first.
    pub evidence: Vec<Evidence>,
    /// The newest five, newest first, without their texts.
    pub runs: Vec<Run>,
    /// Whether it can be run now.
    pub offer: RunOffer,
    /// Whether its newest run can be run again now; none if that is not over, or was a success.
    pub retry: Option<RunOffer>,
}

/// What a history entry changed in the step's text, and whether the entry can be undone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryTextChange {
    pub event: EventId,
    /// What the entry did to the text; empty if nothing.
    pub diff: Vec<DiffRow>,
    /// How many rows an undo of the entry's batch would restore; 0 if it cannot be undone, since the step changed
    /// later.
    pub undoes: u32,
}

/// The template's text has changed since the step's text was based on it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateDrift {
    /// The template's text at that time; none if the audit trail does not contain it.
    pub then: Option<String>,
    /// Who changed the template last.
    pub changed_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub changed_at: Option<DateTime<Utc>>,
}

/// A row of a customer's work list.
#[expect(
    clippy::struct_excessive_bools,
    reason = "marks that stand beside each other"
)]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkRow {
    pub id: StepId,
    pub name: String,
    pub category: Category,
    pub kind: StepType,
    pub status: StepStatus,
    pub is_custom: bool,
    pub is_overridden: bool,
    pub has_notes: bool,
    /// Whether a variable of the text has no value.
    pub is_unresolved: bool,
    pub state_by: Option<String>,
    #[serde(with = "crate::domain::time_serde::option")]
    pub state_at: Option<DateTime<Utc>>,
    /// The reason of a failed, skipped or reverted step.
    pub reason: Option<String>,
}

impl WorkRow {
    /// The row of a step; `is_unresolved` says whether its text has variables without a value.
    pub fn new(step: &CustomerStep, is_unresolved: bool) -> Self {
        Self {
            id: step.id,
            name: step.name.clone(),
            category: step.category,
            kind: step.kind,
            status: step.status,
            is_custom: step.is_custom,
            is_overridden: step.is_overridden,
            has_notes: step.notes.is_some(),
            is_unresolved,
            state_by: step.state_by.clone(),
            state_at: step.state_at,
            reason: step.reason().map(str::to_owned),
        }
    }
}

/// The previous or next customer in the matrix's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeighborCustomer {
    pub id: CustomerId,
    pub name: String,
}

/// One customer's steps in one release, deploy before verify, in the customer's order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WorkList {
    pub release: Release,
    pub customer: Customer,
    pub cluster: Cluster,
    pub rows: Vec<WorkRow>,
    /// In the matrix's order.
    pub previous: Option<NeighborCustomer>,
    pub next: Option<NeighborCustomer>,
    /// The next customer whose work is not finished; behind the last one the first ones follow.
    pub next_unfinished: Option<NeighborCustomer>,
}

/// What is asked for of a customer in a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum InRelease<T> {
    /// The customer is in the release.
    Member(T),
    Absent(AbsentCustomer),
}

/// A customer that is not in a release, in place of its steps there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AbsentCustomer {
    pub release: ReleaseId,
    pub release_name: String,
    pub customer: CustomerId,
    pub name: String,
    /// Who removed it last; none if it never was in the release.
    pub removed: Option<ActorStamp>,
}

impl AbsentCustomer {
    /// "Acme is no longer in June"; of one that never was, "Acme isn't in June".
    pub fn title(&self) -> String {
        let verb = if self.removed.is_some() {
            "is no longer"
        } else {
            "isn't"
        };
        format!("{} {verb} in {}", self.name, self.release_name)
    }

    /// "Ben removed this customer from the release at 14:02."; `at` has the time of its removal.
    pub fn reason(&self, at: impl FnOnce(DateTime<Utc>) -> String) -> String {
        self.removed.as_ref().map_or_else(
            || "This customer isn't part of the release.".to_owned(),
            |it| {
                let at = at(it.at);
                format!("{} removed this customer from the release at {at}.", it.by)
            },
        )
    }
}

/// The progress over all rows.
pub fn progress(rows: &[WorkRow]) -> Progress {
    let counts: Counts = rows.iter().map(|it| it.status).collect();
    Progress::from(counts)
}

/// The next open step after `from` (or the previous one), wrapping around at the end. None if no other step is open.
pub fn next_open(rows: &[WorkRow], from: Option<StepId>, forward: bool) -> Option<StepId> {
    next_where(rows, from, forward, StepStatus::is_open)
}

/// The next step to be worked on after `from`, wrapping around at the end. A failed step is never opened on its own:
/// a person who presses "done" for one step after the other would mark it done too.
pub fn next_to_do(rows: &[WorkRow], from: Option<StepId>) -> Option<StepId> {
    next_where(rows, from, true, |it| {
        it.is_open() && it != StepStatus::Failed
    })
}

/// The step to go on to from `from`: the next one to be worked on, else the next failed one. None if no other step is open.
pub fn next_to_open(rows: &[WorkRow], from: Option<StepId>) -> Option<StepId> {
    next_to_do(rows, from).or_else(|| next_open(rows, from, true))
}

/// What is said once no step is left to be worked on: "13 of 14 done, 1 failed", or that nothing is left at all.
pub fn end_of_work(counts: Counts) -> String {
    let Counts {
        done,
        skipped,
        failed,
        ..
    } = counts;
    let total = counts.total();
    match (failed, skipped) {
        (0, _) => "All done here".to_owned(),
        (_, 0) => format!("{done} of {total} done, {failed} failed"),
        _ => format!("{done} of {total} done, {skipped} skipped, {failed} failed"),
    }
}

/// Who wrote the notes that a step has, and when; none if its history (newest first) does not tell. An undo brings back what
/// another wrote.
pub fn note_author<'a>(
    notes: &str,
    history: &'a [HistoryEntry],
) -> Option<(&'a str, DateTime<Utc>)> {
    let wrote = |entry: &&HistoryEntry| {
        let mut changes = entry.changes.iter();
        entry.action != EventAction::Undo
            && changes.any(|it| it.field == "notes" && it.after.as_deref() == Some(notes))
    };
    let entry = history.iter().find(wrote)?;
    Some((entry.actor.as_str(), entry.at))
}

fn next_where(
    rows: &[WorkRow],
    from: Option<StepId>,
    forward: bool,
    is_wanted: fn(StepStatus) -> bool,
) -> Option<StepId> {
    let here = from.and_then(|id| rows.iter().position(|it| it.id == id));
    let n = rows.len();
    let at = |distance: usize| match here {
        Some(here) if forward => (here + distance) % n,
        Some(here) => (here + n - distance) % n,
        None => distance - 1,
    };
    (1..=n)
        .map(|it| &rows[at(it)])
        .find(|it| is_wanted(it.status) && Some(it.id) != from)
        .map(|it| it.id)
}

/// The rows, with one of them moved beside another one of its category.
pub fn with_moved(rows: &[WorkRow], step: StepId, place: Position<StepId>) -> Vec<WorkRow> {
    let ids: Vec<StepId> = rows.iter().map(|it| it.id).collect();
    let order = order::insert_at(&ids, step, place).unwrap_or(ids);
    order
        .iter()
        .filter_map(|id| rows.iter().find(|it| it.id == *id).cloned())
        .collect()
}

/// Where a custom step can be inserted, and the customers that would get it through the template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustomStepPositions {
    /// The customer's steps in order: id, category, name.
    pub steps: Vec<(StepId, Category, String)>,
    /// Names.
    pub customers: Vec<String>,
}

/// What promoting a step would do (R8, R9): a custom step is added for `customers`; an overridden text changes the
/// template's pending copies (`effect`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promotion {
    /// Names.
    pub customers: Vec<String>,
    pub effect: TemplateImpact,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::{Entity, FieldChange},
        id::{BatchId, ReleaseId},
    };

    fn rows(states: &[StepStatus]) -> Vec<WorkRow> {
        let blank = CustomerStep::blank(ReleaseId(1), CustomerId(1), DateTime::UNIX_EPOCH);
        states
            .iter()
            .zip(1..)
            .map(|(status, id)| WorkRow {
                id: StepId(id),
                status: *status,
                ..WorkRow::new(&blank, false)
            })
            .collect()
    }

    #[test]
    fn the_next_open_step_is_behind_this_one_or_at_the_start_again() {
        use StepStatus::{Done, Failed, Pending, Skipped};
        let rows = rows(&[Pending, Done, Failed, Skipped]);
        let next = |from| next_open(&rows, Some(StepId(from)), true).map(|it| it.0);
        assert_eq!((next(1), next(2), next(3)), (Some(3), Some(3), Some(1)));
        let before = |from| next_open(&rows, Some(StepId(from)), false).map(|it| it.0);
        assert_eq!(
            (before(4), before(3), before(1)),
            (Some(3), Some(1), Some(3))
        );
        assert_eq!(next_open(&rows, None, true), Some(StepId(1)));
        assert_eq!(next_open(&rows, Some(StepId(99)), true), Some(StepId(1)));
    }

    #[test]
    fn a_failed_step_is_never_the_next_one_by_itself() {
        use StepStatus::{Done, Failed, InProgress, Pending, Reverted};
        let all = rows(&[Failed, Pending, Failed, InProgress, Reverted]);
        let next = |from| next_to_do(&all, Some(StepId(from))).map(|it| it.0);
        assert_eq!((next(2), next(4), next(5)), (Some(4), Some(5), Some(2)));
        assert_eq!(next_to_do(&all, None), Some(StepId(2)));
        let finished = rows(&[Failed, Done]);
        assert_eq!(next_to_do(&finished, Some(StepId(2))), None);
        assert_eq!(next_open(&finished, Some(StepId(2)), true), Some(StepId(1)));
    }

    #[test]
    fn a_failed_step_is_gone_on_to_only_where_nothing_else_is_left() {
        use StepStatus::{Done, Failed, Pending};
        let next = |states: &[StepStatus], from| {
            next_to_open(&rows(states), Some(StepId(from))).map(|it| it.0)
        };
        assert_eq!(next(&[Pending, Failed, Failed, Done], 3), Some(1));
        assert_eq!(next(&[Done, Failed, Failed, Done], 3), Some(2));
        assert_eq!(next(&[Done, Done, Failed, Done], 3), None);
    }

    #[test]
    fn a_customer_that_is_not_in_a_release_says_so_and_who_removed_it() {
        let mut absent = AbsentCustomer {
            release: ReleaseId(1),
            release_name: "June".into(),
            customer: CustomerId(4),
            name: "Acme".into(),
            removed: None,
        };
        let reason = |it: &AbsentCustomer| it.reason(|_| "14:02".into());
        assert_eq!(absent.title(), "Acme isn't in June");
        assert_eq!(reason(&absent), "This customer isn't part of the release.");
        absent.removed = Some(ActorStamp {
            by: "Ben".into(),
            at: DateTime::UNIX_EPOCH,
        });
        assert_eq!(absent.title(), "Acme is no longer in June");
        assert_eq!(
            reason(&absent),
            "Ben removed this customer from the release at 14:02."
        );
    }

    #[test]
    fn the_end_of_the_work_counts_what_failed() {
        let counts = |done, skipped, failed| Counts {
            done,
            failed,
            skipped,
            ..Counts::default()
        };
        assert_eq!(end_of_work(counts(13, 0, 1)), "13 of 14 done, 1 failed");
        assert_eq!(
            end_of_work(counts(11, 2, 1)),
            "11 of 14 done, 2 skipped, 1 failed"
        );
        assert_eq!(end_of_work(counts(13, 1, 0)), "All done here");
    }

    #[test]
    fn a_note_is_by_the_person_who_wrote_it_and_not_by_who_brought_it_back() {
        let entry = |action, actor: &str, after: Option<&str>| HistoryEntry {
            id: EventId(1),
            batch_id: BatchId("b".into()),
            entity: Entity::Step,
            entity_id: 1,
            release_id: None,
            customer_id: None,
            action,
            actor: actor.into(),
            at: DateTime::UNIX_EPOCH,
            reason: None,
            changes: vec![FieldChange {
                field: "notes".into(),
                before: None,
                after: after.map(str::to_owned),
            }],
            resolved_text: None,
            resolved_sha256: None,
            text_shown: None,
            text_changes: Vec::new(),
            undoes: None,
        };
        let history = [
            entry(EventAction::Undo, "Ana", Some("slow")),
            entry(EventAction::Notes, "Ana", None),
            entry(EventAction::Done, "Jonas", Some("slow")),
            entry(EventAction::Notes, "Ana", Some("fast")),
        ];
        let by = |notes| note_author(notes, &history).map(|it| it.0);
        assert_eq!((by("slow"), by("fast")), (Some("Jonas"), Some("Ana")));
        assert_eq!(by("quick"), None);
    }

    #[test]
    fn only_the_rows_of_a_category_change_their_order() {
        let mut rows = rows(&[StepStatus::Pending; 4]);
        rows[3].category = Category::Verify;
        let after = with_moved(&rows, StepId(3), Position::Before(StepId(1)));
        let ids: Vec<i64> = after.iter().map(|it| it.id.0).collect();
        assert_eq!(ids, [3, 1, 2, 4]);
    }

    #[test]
    fn a_step_that_is_open_alone_has_no_next() {
        use StepStatus::{Done, Pending};
        assert_eq!(
            next_open(&rows(&[Done, Pending]), Some(StepId(2)), true),
            None
        );
        assert_eq!(next_open(&[], None, true), None);
    }
}
