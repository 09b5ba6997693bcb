//! The states of steps as the history tells them (R17): each is explained by the step's last event.
use crate::domain::vocabulary::StepStatus;
use serde::Deserialize;
use std::collections::HashMap;

/// The state of a step according to one of its events.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RecordedState {
    status: StepStatus,
    executed_by: Option<String>,
    state_by: Option<String>,
}

/// The state of each step that has one, by the step's id.
#[derive(Default)]
pub struct RecordedStates(HashMap<i64, RecordedState>);

impl RecordedStates {
    /// The next event of a step; without a state it deleted the step.
    pub fn take(&mut self, step: i64, state: Option<RecordedState>) {
        match state {
            Some(state) => self.0.insert(step, state),
            None => self.0.remove(&step),
        };
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
        let recorded = self.0.get(&step).unwrap_or(&untouched);
        let is_as_recorded = status == recorded.status.as_str()
            && executed_by == recorded.executed_by.as_deref()
            && state_by == recorded.state_by.as_deref();
        (!is_as_recorded).then_some(recorded.status)
    }
}
