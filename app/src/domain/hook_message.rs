//! Messages to hooks (R62): what they say, and which events a batch raises. Names, counts, the person, reasons and links leave
//! the program; texts of steps and values of variables never do.
use super::{
    history_chain::Head,
    id::{BatchId, ClusterId, CustomerId, EventId, ReleaseId, RunId, StepId},
    run::RunState,
    vocabulary::StepStatus,
    webhook::HookEvent,
};
use chrono::{DateTime, SubsecRound, Utc};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Steps that a message names; of more it tells the number.
pub const STEPS_NAMED_MAX: usize = 20;
/// Characters of a reason that a message carries: receivers expect less than 20 kB.
const REASON_MAX_CHARS: usize = 1_000;

/// A message, one for each batch, event and hook.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookMessage {
    #[serde(rename = "type")]
    pub message_type: HookEvent,
    /// When the change was made.
    #[serde(with = "crate::domain::time_serde")]
    pub timestamp: DateTime<Utc>,
    pub data: HookMessageData,
}

/// What a message says of a change.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookMessageData {
    /// None of a test, and of the head of the history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub batch_id: Option<BatchId>,
    pub actor: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// None if it is about no release.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub release: Option<HookRelease>,
    /// How many steps it is about, also those that are not named.
    pub count: u64,
    /// The first of them.
    pub steps: Vec<HookStep>,
    /// The newest event of the history and its hash (R89), in `history.head` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub head: Option<Head>,
    /// How a run ended (R71), in `run.finished` alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<HookRun>,
}

/// The release of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookRelease {
    pub id: ReleaseId,
    pub name: String,
    /// A path of this site; with `linked` an address, or empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// A step that a message names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HookStep {
    pub id: StepId,
    /// The step's name.
    pub step: String,
    /// The customer's name.
    pub customer: String,
    /// The cluster's name.
    pub cluster: String,
    pub status: StepStatus,
    /// A path of this site; with `linked` an address, or empty if there is none.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub url: String,
}

/// The run of a message. Its text and its output never leave the program.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HookRun {
    pub id: RunId,
    pub state: RunState,
    /// None of a run on somebody's own machine.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runner: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

impl HookMessage {
    /// The message with whole addresses, of the site that people open at `public_url`. Without that it has none: a path leads a receiver
    /// nowhere.
    #[must_use]
    pub fn linked(mut self, public_url: Option<&str>) -> Self {
        let site = public_url.map(|it| it.trim_end_matches('/'));
        let release = self.data.release.iter_mut().map(|it| &mut it.url);
        let steps = self.data.steps.iter_mut().map(|it| &mut it.url);
        for url in release.chain(steps).filter(|it| it.starts_with('/')) {
            match site {
                Some(site) => url.insert_str(0, site),
                None => url.clear(),
            }
        }
        self
    }
}

impl HookMessage {
    /// A message as it could be, for the preview of a form.
    pub fn sample(event: HookEvent, by: &str, at: DateTime<Utc>) -> Self {
        let is_about_steps = !matches!(event, HookEvent::HistoryHead | HookEvent::Test);
        let status = if matches!(event, HookEvent::StepFailed | HookEvent::ReleaseAttention) {
            StepStatus::Failed
        } else {
            StepStatus::Done
        };
        let step = |(id, customer): (i64, &str)| HookStep {
            id: StepId(id),
            step: "Migrate schema".to_owned(),
            customer: customer.to_owned(),
            cluster: "eu-west".to_owned(),
            status,
            url: format!("/releases/1?step={id}"),
        };
        let is_activation = event == HookEvent::ReleaseActivated;
        let n_named = match event {
            HookEvent::RunFinished => 1,
            _ if is_about_steps && !is_activation => 2,
            _ => 0,
        };
        let named = [(17, "Acme"), (18, "Globex")].into_iter().take(n_named);
        let steps: Vec<HookStep> = named.map(step).collect();
        let reason = (status == StepStatus::Failed).then(|| "Migration timed out".to_owned());
        Self {
            message_type: event,
            timestamp: at.trunc_subsecs(3),
            data: HookMessageData {
                batch_id: is_about_steps
                    .then(|| BatchId("019a6f2e-7c41-7d52-8d7e-3f0b5a1c2d4e".to_owned())),
                actor: by.to_owned(),
                reason,
                release: is_about_steps.then(|| HookRelease {
                    id: ReleaseId(1),
                    name: "June".to_owned(),
                    url: "/releases/1".to_owned(),
                }),
                count: if is_activation {
                    12
                } else {
                    steps.len() as u64
                },
                steps,
                head: (event == HookEvent::HistoryHead).then(|| Head {
                    id: EventId(4_711),
                    hash: "9f".repeat(32),
                }),
                run: (event == HookEvent::RunFinished).then(|| HookRun {
                    id: RunId(312),
                    state: RunState::Succeeded,
                    runner: Some("eu-1".to_owned()),
                    exit_code: Some(0),
                }),
            },
        }
    }
}

/// A reason as a message carries it: its beginning, if it is long.
pub fn short_reason(reason: &str) -> String {
    match reason.char_indices().nth(REASON_MAX_CHARS) {
        Some((end, _)) => format!("{}…", &reason[..end]),
        None => reason.to_owned(),
    }
}

/// A step whose state a batch changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellChange {
    pub step: StepId,
    pub customer: CustomerId,
    pub cluster: ClusterId,
    pub name: String,
    pub before: StepStatus,
    pub after: StepStatus,
}

/// How a release is after a batch, as far as a hook's clusters reach.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CellsNow {
    /// Failed steps.
    pub n_failed: u64,
    /// Of the changed customers those that have open steps.
    pub open_customers: BTreeSet<CustomerId>,
    /// Of the changed clusters those that have open steps.
    pub open_clusters: BTreeSet<ClusterId>,
    /// Whether any step is open.
    pub is_open: bool,
}

/// Whether there is nothing left to do.
pub fn is_finished(status: StepStatus) -> bool {
    matches!(status, StepStatus::Done | StepStatus::Skipped)
}

/// Which events a batch raises in a release, each with the steps that it is about, in the order of the batch. `changes` are the
/// steps whose state changed, of a hook's clusters, and `now` is how these clusters are afterwards.
pub fn raised(changes: &[CellChange], now: &CellsNow) -> BTreeMap<HookEvent, Vec<CellChange>> {
    let of = |is_it: &dyn Fn(&CellChange) -> bool| -> Vec<CellChange> {
        changes.iter().filter(|it| is_it(it)).cloned().collect()
    };
    let changed = of(&|it| it.before != it.after);
    let failed = of(&|it| it.before != it.after && it.after == StepStatus::Failed);
    let done = of(&|it| it.before != it.after && it.after == StepStatus::Done);
    let closed = of(&|it| !is_finished(it.before) && is_finished(it.after));
    let was_well = changes.iter().all(|it| it.before != StepStatus::Failed)
        && u64::try_from(failed.len()) == Ok(now.n_failed);
    let attention = if was_well { failed.clone() } else { Vec::new() };
    let within = |is_it: &dyn Fn(&CellChange) -> bool| -> Vec<CellChange> {
        closed.iter().filter(|it| is_it(it)).cloned().collect()
    };
    [
        (HookEvent::StepFailed, failed),
        (HookEvent::StepDone, done),
        (HookEvent::StepsChanged, changed),
        (HookEvent::ReleaseAttention, attention),
        (HookEvent::ReleaseFinished, within(&|_| !now.is_open)),
        (
            HookEvent::CustomerFinished,
            within(&|it| !now.open_customers.contains(&it.customer)),
        ),
        (
            HookEvent::ClusterFinished,
            within(&|it| !now.open_clusters.contains(&it.cluster)),
        ),
    ]
    .into_iter()
    .filter(|(_, steps)| !steps.is_empty())
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepStatus::{Done, Failed, InProgress, Pending, Skipped};

    fn cell(step: i64, customer: i64, before: StepStatus, after: StepStatus) -> CellChange {
        CellChange {
            step: StepId(step),
            customer: CustomerId(customer),
            cluster: ClusterId(customer / 10),
            name: format!("Step {step}"),
            before,
            after,
        }
    }

    fn open(customers: &[i64], clusters: &[i64]) -> CellsNow {
        CellsNow {
            n_failed: 0,
            open_customers: customers.iter().copied().map(CustomerId).collect(),
            open_clusters: clusters.iter().copied().map(ClusterId).collect(),
            is_open: true,
        }
    }

    fn names(changes: &[CellChange], now: &CellsNow) -> Vec<&'static str> {
        raised(changes, now).keys().map(|it| it.as_str()).collect()
    }

    #[test]
    fn a_failure_needs_attention_only_if_all_was_well_before() {
        let first = [cell(1, 10, InProgress, Failed)];
        let mut now = open(&[10], &[1]);
        now.n_failed = 1;
        assert_eq!(
            names(&first, &now),
            ["step.failed", "steps.changed", "release.attention"]
        );
        now.n_failed = 2;
        assert_eq!(names(&first, &now), ["step.failed", "steps.changed"]);
        let with_a_repair = [first[0].clone(), cell(2, 10, Failed, Pending)];
        now.n_failed = 1;
        assert!(!names(&with_a_repair, &now).contains(&"release.attention"));
    }

    #[test]
    fn the_last_open_step_finishes_its_customer_its_cluster_and_the_release() {
        let last = [cell(1, 10, Pending, Done), cell(2, 11, Failed, Skipped)];
        let done = raised(&last, &CellsNow::default());
        assert_eq!(done[&HookEvent::CustomerFinished].len(), 2);
        assert_eq!(done[&HookEvent::ClusterFinished].len(), 2);
        assert_eq!(done[&HookEvent::ReleaseFinished].len(), 2);
        assert_eq!(done[&HookEvent::StepDone].len(), 1);
        let one_is_open = raised(&last, &open(&[11], &[1]));
        assert_eq!(one_is_open[&HookEvent::CustomerFinished], last[..1]);
        assert!(!one_is_open.contains_key(&HookEvent::ClusterFinished));
        assert!(!one_is_open.contains_key(&HookEvent::ReleaseFinished));
    }

    #[test]
    fn what_was_finished_before_is_not_finished_again() {
        let again = [cell(1, 10, Done, Skipped)];
        assert_eq!(names(&again, &CellsNow::default()), ["steps.changed"]);
    }

    #[test]
    fn a_batch_that_changes_no_state_raises_nothing() {
        let same = [cell(1, 10, Done, Done)];
        assert!(raised(&same, &CellsNow::default()).is_empty());
    }

    #[test]
    fn a_message_is_written_as_its_receivers_read_it() {
        let message = HookMessage {
            message_type: HookEvent::StepFailed,
            timestamp: DateTime::UNIX_EPOCH,
            data: HookMessageData {
                batch_id: Some(BatchId("b".into())),
                actor: "Ana".into(),
                reason: Some("timeout".into()),
                release: Some(HookRelease {
                    id: ReleaseId(1),
                    name: "June".into(),
                    url: "/releases/1".into(),
                }),
                count: 1,
                steps: vec![HookStep {
                    id: StepId(7),
                    step: "Migrate".into(),
                    customer: "Acme".into(),
                    cluster: "eu-west".into(),
                    status: Failed,
                    url: "/releases/1?step=7".into(),
                }],
                head: None,
                run: None,
            },
        };
        let expected = serde_json::json!({
            "type": "step.failed",
            "timestamp": "1970-01-01T00:00:00Z",
            "data": {
                "batchId": "b", "actor": "Ana", "reason": "timeout",
                "release": { "id": 1, "name": "June", "url": "https://r.example.com/releases/1" },
                "count": 1,
                "steps": [{
                    "id": 7, "step": "Migrate", "customer": "Acme", "cluster": "eu-west", "status": "failed",
                    "url": "https://r.example.com/releases/1?step=7",
                }],
            },
        });
        let bare = serde_json::to_value(message.clone().linked(None)).unwrap();
        assert_eq!(
            bare["data"]["release"],
            serde_json::json!({ "id": 1, "name": "June" })
        );
        assert_eq!(bare["data"]["steps"][0].get("url"), None);
        assert!(serde_json::from_value::<HookMessage>(bare).is_ok());
        let linked = message.linked(Some("https://r.example.com/"));
        assert_eq!(serde_json::to_value(&linked).unwrap(), expected);
        assert_eq!(
            serde_json::from_value::<HookMessage>(expected).unwrap(),
            linked
        );
    }

    #[test]
    fn a_sample_looks_like_a_message_of_its_event() {
        let of = |event| HookMessage::sample(event, "Ana", DateTime::UNIX_EPOCH).data;
        let failed = of(HookEvent::StepFailed);
        assert_eq!((failed.count, failed.steps[0].status), (2, Failed));
        assert!(failed.reason.is_some());
        let activated = of(HookEvent::ReleaseActivated);
        assert!(activated.count > 0 && activated.steps.is_empty());
        let head = of(HookEvent::HistoryHead);
        assert!(head.head.is_some() && head.release.is_none() && head.batch_id.is_none());
        let run = of(HookEvent::RunFinished);
        assert_eq!((run.count, run.steps.len()), (1, 1));
        assert_eq!(run.run.unwrap().state, RunState::Succeeded);
    }

    #[test]
    fn a_message_about_a_run_says_how_it_ended_and_nothing_of_its_text() {
        let mut data =
            HookMessage::sample(HookEvent::RunFinished, "Ana", DateTime::UNIX_EPOCH).data;
        let run = serde_json::to_value(&data.run).unwrap();
        let expected =
            serde_json::json!({ "id": 312, "state": "succeeded", "runner": "eu-1", "exitCode": 0 });
        assert_eq!(run, expected);
        let lost = HookRun {
            id: RunId(7),
            state: RunState::Lost,
            runner: None,
            exit_code: None,
        };
        data.run = Some(lost);
        let lost = serde_json::json!({ "id": 7, "state": "lost" });
        assert_eq!(serde_json::to_value(&data.run).unwrap(), lost);
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        assert_eq!(short_reason("timeout"), "timeout");
        let long = short_reason(&"ü".repeat(REASON_MAX_CHARS + 1));
        assert_eq!(long.chars().count(), REASON_MAX_CHARS + 1);
        assert!(long.ends_with("ü…"));
    }
}
