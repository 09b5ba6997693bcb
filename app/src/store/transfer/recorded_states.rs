//! The states of steps as the history tells them (R17): each is explained by the step's last event. Also which steps must be
//! there: those with an event, unless a later one says that they were deleted, alone or with others.
use crate::domain::{
    step::CustomerStep, text::Notes, time_serde::six_decimals, vocabulary::StepStatus,
};
use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::FromQueryResult;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Whose list a step is in: its release and its customer.
pub type ListOfStep = (Option<i64>, Option<i64>);

/// The state of a step: as its row has it, or according to one of its events. In an event a member that is missing is
/// null: every version of the program left out those that are.
#[derive(Debug, Deserialize, FromQueryResult)]
#[serde(rename_all = "camelCase")]
pub struct RecordedState {
    #[serde(deserialize_with = "status_word")]
    status: String,
    executed_by: Option<String>,
    executed_at: Option<DateTime<Utc>>,
    started_by: Option<String>,
    started_at: Option<DateTime<Utc>>,
    state_by: Option<String>,
    state_at: Option<DateTime<Utc>>,
    skip_reason: Option<String>,
    fail_reason: Option<String>,
    revert_reason: Option<String>,
    notes: Option<String>,
}

/// A word that is no status tells no state.
fn status_word<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    StepStatus::deserialize(from).map(|it| it.to_string())
}

impl RecordedState {
    /// That of a step without events.
    fn untouched() -> Self {
        Self {
            status: StepStatus::Pending.to_string(),
            executed_by: None,
            executed_at: None,
            started_by: None,
            started_at: None,
            state_by: None,
            state_at: None,
            skip_reason: None,
            fail_reason: None,
            revert_reason: None,
            notes: None,
        }
    }

    /// Where another state differs from this one. Another status explains all else, so it is named alone.
    fn differences(&self, other: &Self) -> Vec<StateDifference> {
        if self.status != other.status {
            return vec![StateDifference {
                field: "status",
                told: self.status.clone(),
                has: other.status.clone(),
            }];
        }
        let texts = [
            ("executedBy", &self.executed_by, &other.executed_by),
            ("startedBy", &self.started_by, &other.started_by),
            ("stateBy", &self.state_by, &other.state_by),
            ("skipReason", &self.skip_reason, &other.skip_reason),
            ("failReason", &self.fail_reason, &other.fail_reason),
            ("revertReason", &self.revert_reason, &other.revert_reason),
            ("notes", &self.notes, &other.notes),
        ];
        let times = [
            ("executedAt", self.executed_at, other.executed_at),
            ("startedAt", self.started_at, other.started_at),
            ("stateAt", self.state_at, other.state_at),
        ];
        let texts = texts.into_iter().filter_map(|(field, told, has)| {
            let (told, has) = (told.as_deref(), has.as_deref());
            (!is_same_text(told, has)).then(|| StateDifference::of_texts(field, told, has))
        });
        let times = times
            .into_iter()
            .filter(|(_, told, has)| !is_same_time(*told, *has))
            .map(|(field, told, has)| StateDifference {
                field,
                told: shown_time(told),
                has: shown_time(has),
            });
        texts.chain(times).collect()
    }
}

impl From<&CustomerStep> for RecordedState {
    fn from(step: &CustomerStep) -> Self {
        Self {
            status: step.status.to_string(),
            executed_by: step.executed_by.clone(),
            executed_at: step.executed_at,
            started_by: step.started_by.clone(),
            started_at: step.started_at,
            state_by: step.state_by.clone(),
            state_at: step.state_at,
            skip_reason: step.skip_reason.clone(),
            fail_reason: step.fail_reason.clone(),
            revert_reason: step.revert_reason.clone(),
            notes: step.notes.clone(),
        }
    }
}

/// An import normalizes the texts of rows, and leaves events as they were hashed. Names are texts of one line.
fn is_same_text(told: Option<&str>, has: Option<&str>) -> bool {
    let stored = |text: Option<&str>| text.map_or(Ok(None), Notes::parse);
    told == has || matches!((stored(told), stored(has)), (Ok(told), Ok(has)) if told == has)
}

/// `PostgreSQL` keeps microseconds, and events what was given.
fn is_same_time(told: Option<DateTime<Utc>>, has: Option<DateTime<Utc>>) -> bool {
    match (told, has) {
        (Some(told), Some(has)) => (told - has).abs() < TimeDelta::microseconds(1),
        (told, has) => told == has,
    }
}

fn shown_time(at: Option<DateTime<Utc>>) -> String {
    at.map_or_else(|| "empty".to_owned(), six_decimals)
}

/// A field of a step that is another than the history tells, with both values as a finding shows them.
#[derive(Debug, PartialEq, Eq)]
pub struct StateDifference {
    /// The field's name in JSON, such as `stateAt`.
    pub field: &'static str,
    /// What the history tells.
    pub told: String,
    /// What the step has.
    pub has: String,
}

/// The number of characters of a text that a finding shows, and of those before the first that differs.
const SHOWN_MAX_CHARS: usize = 80;
const SHOWN_BEFORE_CHARS: usize = 20;

impl StateDifference {
    /// Long texts are shown where they begin to differ.
    fn of_texts(field: &'static str, told: Option<&str>, has: Option<&str>) -> Self {
        let (a, b) = (told.unwrap_or_default(), has.unwrap_or_default());
        let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b).count();
        let is_long = a.chars().count().max(b.chars().count()) > SHOWN_MAX_CHARS;
        let skipped = if is_long {
            same.saturating_sub(SHOWN_BEFORE_CHARS)
        } else {
            0
        };
        let shown = |text: Option<&str>| {
            let Some(text) = text else {
                return "empty".to_owned();
            };
            let n = text.chars().count().saturating_sub(skipped);
            let part: String = text.chars().skip(skipped).take(SHOWN_MAX_CHARS).collect();
            let start = if skipped > 0 { "…" } else { "" };
            let end = if n > SHOWN_MAX_CHARS { "…" } else { "" };
            format!("{:?}", format!("{start}{part}{end}"))
        };
        Self {
            field,
            told: shown(told),
            has: shown(has),
        }
    }
}

/// What an event about something else than a step says of steps that were deleted with it.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RemovedSteps {
    /// The copies of a template: a list each, which begins with the id.
    removed: Vec<Vec<Value>>,
    /// The customers that were removed from the release.
    customer_ids: Vec<i64>,
}

/// The state of each step that has one, by the step's id.
#[derive(Default)]
pub struct RecordedStates {
    states: HashMap<i64, (ListOfStep, RecordedState)>,
    /// Those with a state that were deleted together with others.
    removed: HashSet<i64>,
}

impl RecordedStates {
    /// The next event of a step; without a state it deleted the step.
    pub fn take(&mut self, step: i64, list: ListOfStep, state: Option<RecordedState>) {
        self.removed.remove(&step);
        match state {
            Some(state) => self.states.insert(step, (list, state)),
            None => self.states.remove(&step),
        };
    }

    /// The next event of something else, which deleted these steps of a release. Their states stay: an undo brings them back.
    pub fn take_removed(&mut self, release: Option<i64>, removed: &RemovedSteps) {
        let copies = removed.removed.iter().filter_map(|it| it.first());
        self.removed.extend(copies.filter_map(Value::as_i64));
        if removed.customer_ids.is_empty() {
            return;
        }
        let is_of_them = |list: &ListOfStep| {
            list.0 == release && list.1.is_some_and(|it| removed.customer_ids.contains(&it))
        };
        let of_them = self.states.iter().filter(|it| is_of_them(&it.1.0));
        self.removed.extend(of_them.map(|it| *it.0));
    }

    /// Whether a step is not there by now, as far as the events tell.
    pub fn is_gone(&self, step: i64) -> bool {
        self.removed.contains(&step) || !self.states.contains_key(&step)
    }

    /// The steps that must be there and are not, by their ids.
    pub fn missing(&self, is_there: &HashSet<i64>) -> Vec<i64> {
        let ids = self.states.keys().copied();
        let mut missing: Vec<i64> = ids
            .filter(|it| !is_there.contains(it) && !self.removed.contains(it))
            .collect();
        missing.sort_unstable();
        missing
    }

    /// Where a step is in another state than the history tells; empty if it is not. What no event tells of is untouched.
    pub fn differences(&self, step: i64, has: &RecordedState) -> Vec<StateDifference> {
        match self.states.get(&step) {
            Some((_, told)) => told.differences(has),
            None => RecordedState::untouched().differences(has),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn state(members: Value) -> RecordedState {
        serde_json::from_value(members).unwrap()
    }

    fn done() -> Value {
        json!({
            "status": "done",
            "executedBy": "Ana",
            "executedAt": "2026-06-01T09:00:00.123Z",
            "startedBy": "Jonas",
            "startedAt": "2026-06-01T08:00:00Z",
            "stateBy": "Ana",
            "stateAt": "2026-06-01T09:00:00.123Z",
            "notes": "noted",
        })
    }

    #[test]
    fn every_field_that_an_event_tells_is_compared_and_named_with_both_values() {
        let told = state(done());
        assert!(told.differences(&state(done())).is_empty());
        for (field, value, both) in [
            ("executedBy", json!("Eve"), ["\"Ana\"", "\"Eve\""]),
            (
                "executedAt",
                json!("2026-06-01T09:00:01Z"),
                ["2026-06-01T09:00:00.123000Z", "2026-06-01T09:00:01.000000Z"],
            ),
            ("startedBy", Value::Null, ["\"Jonas\"", "empty"]),
            (
                "startedAt",
                Value::Null,
                ["2026-06-01T08:00:00.000000Z", "empty"],
            ),
            ("stateBy", json!("Eve"), ["\"Ana\"", "\"Eve\""]),
            (
                "stateAt",
                json!("2025-06-01T09:00:00.123Z"),
                ["2026-06-01T09:00:00.123000Z", "2025-06-01T09:00:00.123000Z"],
            ),
            ("skipReason", json!("x"), ["empty", "\"x\""]),
            ("failReason", json!("x\ny"), ["empty", "\"x\\ny\""]),
            ("revertReason", json!("x"), ["empty", "\"x\""]),
            ("notes", json!("noted."), ["\"noted\"", "\"noted.\""]),
        ] {
            let mut other = done();
            other[field] = value;
            let [told_value, has] = both.map(str::to_owned);
            let expected = StateDifference {
                field,
                told: told_value,
                has,
            };
            assert_eq!(told.differences(&state(other)), [expected]);
        }
    }

    #[test]
    fn another_status_is_named_alone() {
        let told = state(done());
        let expected = StateDifference {
            field: "status",
            told: "pending".to_owned(),
            has: "done".to_owned(),
        };
        assert_eq!(RecordedState::untouched().differences(&told), [expected]);
        let no_status = serde_json::from_value::<RecordedState>(json!({ "status": "over" }));
        assert!(no_status.is_err());
    }

    #[test]
    fn what_a_database_or_an_import_makes_of_a_value_is_no_difference() {
        let with = |at: &str, reason: &str| {
            state(json!({ "status": "failed", "stateAt": at, "failReason": reason }))
        };
        let told = with("2026-06-01T09:00:00.123456789Z", "\u{feff}two\r\nlines ");
        let has = with("2026-06-01T09:00:00.123456Z", "two\nlines");
        assert!(told.differences(&has).is_empty());
        assert!(has.differences(&told).is_empty());
        let later = with("2026-06-01T09:00:00.123458Z", "two\nlines");
        assert_eq!(told.differences(&later).len(), 1);
        // Texts that no import takes are compared as they are.
        let long = |end: &str| with("2026-06-01T09:00:00Z", &("x".repeat(20_000) + end));
        let found = long("a").differences(&long("b"));
        let shown = format!("\"…{}", "x".repeat(20));
        assert_eq!(found[0].told, format!("{shown}a\""));
        assert_eq!(found[0].has, format!("{shown}b\""));
    }
}
