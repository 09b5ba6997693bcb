//! The states of steps as the history tells them (R17): each is explained by the step's last event. Also which steps must be
//! there: those with an event, unless a later one says that they were deleted, alone or with others.
use crate::domain::vocabulary::StepStatus;
use serde::Deserialize;
use serde_json::Value;
use std::collections::{HashMap, HashSet};

/// Whose list a step is in: its release and its customer.
pub type ListOfStep = (Option<i64>, Option<i64>);

/// The state of a step according to one of its events.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedState {
    status: StepStatus,
    executed_by: Option<String>,
    state_by: Option<String>,
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

    /// The steps that must be there and are not, by their ids.
    pub fn missing(&self, is_there: &HashSet<i64>) -> Vec<i64> {
        let ids = self.states.keys().copied();
        let mut missing: Vec<i64> = ids
            .filter(|it| !is_there.contains(it) && !self.removed.contains(it))
            .collect();
        missing.sort_unstable();
        missing
    }

    /// The status that the history tells of a step, if the step is in another state.
    pub fn other_status(
        &self,
        step: i64,
        status: &str,
        executed_by: Option<&str>,
        state_by: Option<&str>,
    ) -> Option<StepStatus> {
        let untouched = RecordedState {
            status: StepStatus::Pending,
            executed_by: None,
            state_by: None,
        };
        let recorded = self.states.get(&step).map_or(&untouched, |it| &it.1);
        let is_as_recorded = status == recorded.status.as_str()
            && executed_by == recorded.executed_by.as_deref()
            && state_by == recorded.state_by.as_deref();
        (!is_as_recorded).then_some(recorded.status)
    }
}
