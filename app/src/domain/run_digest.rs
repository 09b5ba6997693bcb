//! What the history keeps of a step's run (R71), and how it reads there: `12 on eu-1, exit code 0`.
use super::{
    id::RunId,
    run::{Run, RunState},
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// A run as an event stores it, as the member `run` of the row after the change. What is not known yet is left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RunDigest {
    pub id: RunId,
    /// None while it is queued, and of a run on somebody's own machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    /// Once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<RunState>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<String>,
    /// Why it did not succeed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// All that it wrote, once it is over.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_bytes: Option<u64>,
    /// Of the output that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_sha256: Option<String>,
}

impl RunDigest {
    /// What an event stores of a run as it is now.
    pub fn of(run: &Run) -> Self {
        Self {
            id: run.id,
            runner: run.runner.clone(),
            state: Some(run.state).filter(|it| it.is_over()),
            exit_code: run.exit_code,
            signal: run.signal.clone(),
            reason: run.reason.clone(),
            output_bytes: Some(run.output_bytes).filter(|_| run.state.is_over()),
            output_sha256: run.output_sha256.clone(),
        }
    }

    /// That of an event's row; none if it is about no run.
    pub fn read(row: &Value) -> Option<Self> {
        Self::of_member("run", row.get("run")?)
    }

    /// The value of a member of an event's row; none if that is another one.
    pub fn of_member(member: &str, value: &Value) -> Option<Self> {
        (member == "run").then(|| Self::deserialize(value).ok())?
    }
}

impl fmt::Display for RunDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(runner) = &self.runner {
            write!(f, " on {runner}")?;
        }
        match (&self.signal, self.exit_code) {
            (Some(signal), _) => write!(f, ", ended by {signal}")?,
            (None, Some(code)) => write!(f, ", exit code {code}")?,
            (None, None) => {}
        }
        match self.state {
            Some(state @ (RunState::Cancelled | RunState::Lost)) => write!(f, ", {state}"),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(run: Value) -> Option<String> {
        RunDigest::read(&json!({ "status": "done", "run": run })).map(|it| it.to_string())
    }

    #[test]
    fn a_run_reads_as_where_it_was_and_how_it_ended() {
        for (run, text) in [
            (json!({ "id": 12 }), "12"),
            (
                json!({ "id": 12, "runner": "eu-1", "state": "succeeded", "exitCode": 0 }),
                "12 on eu-1, exit code 0",
            ),
            (
                json!({ "id": 12, "runner": null, "exitCode": null, "signal": "SIGKILL" }),
                "12, ended by SIGKILL",
            ),
            (
                json!({ "id": 12, "runner": "eu-1", "state": "lost", "reason": "nobody knows" }),
                "12 on eu-1, lost",
            ),
        ] {
            assert_eq!(words(run).as_deref(), Some(text));
        }
    }

    #[test]
    fn a_row_without_a_run_has_no_digest() {
        assert_eq!(words(Value::Null), None);
        assert_eq!(words(json!("12")), None);
        assert_eq!(RunDigest::read(&json!({})), None);
    }
}
