//! The history as people read it (R107): under the day on which it happened, and with one line where a person did the same to one
//! customer, or to one step, several times in a row.
use super::{
    event::{Entity, EventAction},
    id::BatchId,
    plural::pluralize,
    summary::NamedEvent,
    undo::UndoneAction,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};

/// A day with its runs, newest first.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityDay {
    pub day: NaiveDate,
    pub runs: Vec<ActivityRun>,
}

/// Lines that are read as one, newest first; mostly a line alone.
#[derive(Clone, Debug, PartialEq)]
pub struct ActivityRun {
    pub lines: Vec<NamedEvent>,
    /// What the lines have in common; none for a line alone.
    shared: Option<RunSubject>,
}

/// What the lines of a run have in common, beside the person and the action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RunSubject {
    Customer,
    Step,
}

/// "Today" or "Yesterday"; none for other days.
pub fn day_word(day: NaiveDate, today: NaiveDate) -> Option<&'static str> {
    match (today - day).num_days() {
        0 => Some("Today"),
        1 => Some("Yesterday"),
        _ => None,
    }
}

/// The first day of a choice of the last days: 1 for today, 7 for a week with today.
pub fn first_of_days(today: NaiveDate, days: i64) -> NaiveDate {
    today - TimeDelta::days(days - 1)
}

/// What an action does to a step, as two halves around the step: "marked", " done". None for actions that are no transition.
fn verb(action: EventAction) -> Option<(&'static str, &'static str)> {
    Some(match action {
        EventAction::Start => ("started", ""),
        EventAction::Done => ("marked", " done"),
        EventAction::Fail => ("marked", " failed"),
        EventAction::Skip => ("skipped", ""),
        EventAction::Revert => ("reverted", ""),
        EventAction::Reopen => ("reopened", ""),
        _ => return None,
    })
}

/// What a line did to its steps, as two halves around them: "marked", " done"; of an undo what it undid: "undid "marked done" on",
/// "". None if it did something else.
fn line_verb(line: &NamedEvent) -> Option<(String, &'static str)> {
    // An undo may have events of another kind beside it, such as of a run that it ends.
    let is_undo = line.entry.action == EventAction::Undo;
    let undid = line.undid.filter(|_| is_undo);
    let Some(UndoneAction { action, is_redo }) = undid else {
        return verb(line.entry.action).map(|(verb, ending)| (verb.to_owned(), ending));
    };
    let (verb, ending) = verb(action)?;
    let did = if is_redo { "redid" } else { "undid" };
    Some((format!("{did} \"{verb}{ending}\" on"), ""))
}

/// Whether two lines are of one person who did the same to steps of one release.
fn is_alike(a: &NamedEvent, b: &NamedEvent) -> bool {
    let (one, other) = (&a.entry, &b.entry);
    one.entity == Entity::Step
        && other.entity == Entity::Step
        && one.action == other.action
        && a.undid == b.undid
        && line_verb(a).is_some()
        && one.batch_id != other.batch_id
        && one.actor == other.actor
        && one.release_id == other.release_id
        && one.reason == other.reason
        && a.undo == b.undo
}

/// Whether two lines have this in common.
fn has_shared(a: &NamedEvent, b: &NamedEvent, shared: RunSubject) -> bool {
    match shared {
        RunSubject::Customer => {
            a.customers == 1
                && b.customers == 1
                && a.customer.is_some()
                && a.entry.customer_id == b.entry.customer_id
        }
        RunSubject::Step => {
            a.in_batch == 1 && b.in_batch == 1 && a.subject.is_some() && a.subject == b.subject
        }
    }
}

impl ActivityRun {
    /// A line alone.
    fn of(line: NamedEvent) -> Self {
        Self {
            lines: vec![line],
            shared: None,
        }
    }

    /// Adds the line before the run's oldest, or gives it back if it does not belong to the run.
    fn add(&mut self, line: NamedEvent) -> Option<NamedEvent> {
        let Some(last) = self.lines.last().filter(|it| is_alike(it, &line)) else {
            return Some(line);
        };
        let choices = match self.shared {
            Some(shared) => vec![shared],
            None => vec![RunSubject::Customer, RunSubject::Step],
        };
        let shared = choices.into_iter().find(|it| has_shared(last, &line, *it));
        if shared.is_none() {
            return Some(line);
        }
        self.shared = shared;
        self.lines.push(line);
        None
    }

    /// What the run says after the person's name: "marked 6 steps done for Meridian", "marked Deploy done for 6 customers". None for
    /// a line alone.
    pub fn phrase(&self) -> Option<String> {
        let shared = self.shared?;
        let first = self.lines.first()?;
        let (verb, ending) = line_verb(first)?;
        let n: u32 = self.lines.iter().map(|it| it.in_batch).sum();
        Some(match shared {
            RunSubject::Customer => {
                let customer = first.customer.as_deref()?;
                format!("{verb} {}{ending} for {customer}", pluralize(n, "step"))
            }
            RunSubject::Step => {
                let step = first.subject.as_deref()?;
                format!("{verb} {step}{ending} for {}", pluralize(n, "customer"))
            }
        })
    }

    /// The batches of the run, newest first: what one of its lines allows, all do.
    pub fn batches(&self) -> Vec<BatchId> {
        let batches = self.lines.iter().map(|it| it.entry.batch_id.clone());
        batches.collect()
    }

    /// When the run began and when it ended.
    pub fn span(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let at = |it: &NamedEvent| it.entry.at;
        self.lines.last().map(at).zip(self.lines.first().map(at))
    }
}

/// The lines, newest first, by day and run. `day_of` says on which day a time is for the person.
pub fn days(
    lines: Vec<NamedEvent>,
    day_of: impl Fn(DateTime<Utc>) -> NaiveDate,
) -> Vec<ActivityDay> {
    let mut days: Vec<ActivityDay> = Vec::new();
    for line in lines {
        let day = day_of(line.entry.at);
        match days.last_mut().filter(|it| it.day == day) {
            Some(last) => {
                let rest = match last.runs.last_mut() {
                    Some(run) => run.add(line),
                    None => Some(line),
                };
                last.runs.extend(rest.map(ActivityRun::of));
            }
            None => days.push(ActivityDay {
                day,
                runs: vec![ActivityRun::of(line)],
            }),
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        event::HistoryEntry,
        id::{CustomerId, EventId, ReleaseId},
        summary::UndoState,
    };

    /// Ana marked a step of a customer done, at a minute after midnight.
    fn line(customer: i64, step: &str, minute: i64) -> NamedEvent {
        NamedEvent {
            entry: HistoryEntry {
                id: EventId(minute),
                batch_id: BatchId(minute.to_string()),
                entity: Entity::Step,
                entity_id: minute,
                release_id: Some(ReleaseId(1)),
                customer_id: Some(CustomerId(customer)),
                action: EventAction::Done,
                actor: "Ana".into(),
                at: DateTime::UNIX_EPOCH + TimeDelta::minutes(minute),
                reason: None,
                changes: Vec::new(),
                resolved_text: None,
                resolved_sha256: None,
                text_shown: None,
                text_changes: Vec::new(),
                undoes: None,
            },
            in_batch: 1,
            customers: 1,
            steps: 1,
            batch_size: 1,
            undid: None,
            subject: Some(step.into()),
            customer: Some(format!("Customer {customer}")),
            release: Some("June".into()),
            undo: UndoState::Open,
        }
    }

    fn phrases(lines: Vec<NamedEvent>) -> Vec<Option<String>> {
        let days = days(lines, |at| at.date_naive());
        let runs = days.iter().flat_map(|it| &it.runs);
        runs.map(ActivityRun::phrase).collect()
    }

    #[test]
    fn what_follows_the_other_for_one_customer_is_one_line() {
        let lines = vec![line(7, "C", 52), line(7, "B", 45), line(7, "A", 40)];
        let days = days(lines, |at| at.date_naive());
        let run = &days[0].runs[0];
        let said = "marked 3 steps done for Customer 7";
        assert_eq!(run.phrase().as_deref(), Some(said));
        let minutes = run.span().map(|it| (it.1 - it.0).num_minutes());
        assert_eq!((days[0].runs.len(), minutes), (1, Some(12)));
        // A batch counts with all its steps.
        let bulk = NamedEvent {
            in_batch: 4,
            ..line(7, "D", 60)
        };
        let said = "marked 5 steps done for Customer 7";
        assert_eq!(
            phrases(vec![bulk, line(7, "A", 40)]),
            [Some(said.to_owned())]
        );
    }

    #[test]
    fn one_step_over_several_customers_is_one_line_too() {
        let lines = vec![line(9, "A", 50), line(8, "A", 45), line(7, "A", 40)];
        let said = "marked A done for 3 customers";
        assert_eq!(phrases(lines), [Some(said.to_owned())]);
        // A run is about one customer or about one step, not first the one and then the other.
        let mixed = vec![line(7, "B", 50), line(7, "A", 45), line(8, "A", 40)];
        let said = "marked 2 steps done for Customer 7";
        assert_eq!(phrases(mixed), [Some(said.to_owned()), None]);
    }

    #[test]
    fn undos_of_the_same_are_one_line_apart_from_those_that_did_it_again() {
        let undo = |step, minute, is_redo| {
            let mut line = line(7, step, minute);
            line.entry.action = EventAction::Undo;
            let action = EventAction::Done;
            line.undid = Some(UndoneAction { action, is_redo });
            line
        };
        let lines = vec![
            undo("B", 55, true),
            undo("A", 54, true),
            undo("B", 53, false),
            undo("A", 52, false),
            line(7, "B", 51),
        ];
        let said = |did: &str| Some(format!("{did} \"marked done\" on 2 steps for Customer 7"));
        assert_eq!(phrases(lines), [said("redid"), said("undid"), None]);
        // An undo of something else than a mark has no phrase for several.
        let noted = |minute| {
            let mut line = undo("A", minute, false);
            let action = EventAction::Notes;
            line.undid = Some(UndoneAction {
                action,
                is_redo: false,
            });
            line
        };
        assert_eq!(phrases(vec![noted(53), noted(52)]), [None, None]);
        // What came about together with an undo is none.
        let ended = |minute| {
            let mut line = undo("A", minute, false);
            line.entry.action = EventAction::RunEnd;
            line
        };
        assert_eq!(phrases(vec![ended(53), ended(52)]), [None, None]);
    }

    #[test]
    fn a_run_has_the_batches_of_its_lines() {
        let days = days(vec![line(7, "B", 45), line(7, "A", 40)], |at| {
            at.date_naive()
        });
        let batches = days[0].runs[0].batches();
        assert_eq!(batches, [BatchId("45".into()), BatchId("40".into())]);
    }

    #[test]
    fn another_person_action_reason_or_undo_begins_another_line() {
        let first = || line(7, "B", 50);
        let others: [fn(&mut NamedEvent); 7] = [
            |it| it.entry.actor = "Jonas".into(),
            |it| it.entry.action = EventAction::Start,
            |it| it.entry.reason = Some("no pods".into()),
            |it| it.undo = UndoState::Undone,
            |it| it.entry.release_id = None,
            |it| it.customers = 2,
            // The rows of one batch are told one by one.
            |it| it.entry.batch_id = BatchId("50".into()),
        ];
        for change in others {
            let mut other = line(7, "A", 40);
            change(&mut other);
            assert_eq!(phrases(vec![first(), other]), [None, None]);
        }
        let noted = || {
            let mut line = line(7, "A", 40);
            line.entry.action = EventAction::Notes;
            line
        };
        assert_eq!(phrases(vec![noted(), noted()]), [None, None]);
    }

    #[test]
    fn days_begin_where_the_person_s_own_begin() {
        let lines = || vec![line(7, "B", 50), line(7, "A", 40)];
        assert_eq!(days(lines(), |at| at.date_naive()).len(), 1);
        // Where midnight is at 0:45 UTC.
        let own = |at: DateTime<Utc>| (at - TimeDelta::minutes(45)).date_naive();
        let days = days(lines(), own);
        assert_eq!((days.len(), days[0].runs.len()), (2, 1));
        let today = days[0].day;
        assert_eq!(day_word(today, today), Some("Today"));
        assert_eq!(day_word(days[1].day, today), Some("Yesterday"));
        assert_eq!(day_word(today, days[1].day), None);
        assert_eq!(first_of_days(today, 1), today);
        assert_eq!(first_of_days(today, 7), today - TimeDelta::days(6));
    }
}
