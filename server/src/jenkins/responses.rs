//! DTOs of Jenkins' Remote Access API, as far as they are read: items of the queue and builds as `api/json` has them, their addresses,
//! and the parameter by which a build is found whose start got no answer.
use app::domain::{jenkins::JenkinsJob, run::Run};
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

/// The parameter that each start is sent. Jenkins keeps it if the job declares it, and else passes over it.
pub const RUN_PARAMETER: &str = "ROLLCALL_RUN";
/// Characters of an address that is kept.
const URL_MAX_CHARS: usize = 2_000;

/// An item of the queue: `hudson.model.Queue$WaitingItem`, `$BlockedItem`, `$BuildableItem`, or `$LeftItem` once it has left it.
#[derive(Debug, Deserialize)]
pub struct QueueItemAnswer {
    #[serde(default)]
    pub cancelled: bool,
    pub executable: Option<ExecutableAnswer>,
}

/// The build that an item became.
#[derive(Debug, Deserialize)]
pub struct ExecutableAnswer {
    pub number: u64,
    pub url: Option<String>,
}

/// A build.
#[derive(Debug, Deserialize)]
pub struct BuildAnswer {
    #[serde(default)]
    pub building: bool,
    /// `SUCCESS`, `UNSTABLE`, `FAILURE`, `NOT_BUILT` or `ABORTED`; null until it ends.
    pub result: Option<String>,
}

/// The builds of a job, newest first.
#[derive(Debug, Deserialize)]
pub struct BuildsAnswer {
    #[serde(default)]
    pub builds: Vec<QueuedBuildAnswer>,
}

/// A build, and the item of the queue that it was.
#[derive(Debug, Deserialize)]
pub struct QueuedBuildAnswer {
    pub number: u64,
    pub url: Option<String>,
    #[serde(rename = "queueId")]
    pub queue_id: Option<u64>,
    #[serde(default)]
    pub actions: Vec<Option<ActionAnswer>>,
}

/// The queue of all jobs.
#[derive(Debug, Deserialize)]
pub struct QueueAnswer {
    #[serde(default)]
    pub items: Vec<QueuedAnswer>,
}

/// An item of the queue that has not left it.
#[derive(Debug, Deserialize)]
pub struct QueuedAnswer {
    pub id: u64,
    #[serde(default)]
    pub actions: Vec<Option<ActionAnswer>>,
}

/// An action of an item or a build: `hudson.model.ParametersAction`; of others nothing is read.
#[derive(Debug, Deserialize)]
pub struct ActionAnswer {
    #[serde(default)]
    pub parameters: Vec<ParameterAnswer>,
}

/// A parameter with its value: a text, a truth value, or nothing if it is a secret.
#[derive(Debug, Deserialize)]
pub struct ParameterAnswer {
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub value: Value,
}

/// What `RUN_PARAMETER` says of a run: its id alone may be that of another Rollcall's run.
pub fn run_mark(run: &Run) -> String {
    format!("{}-{}", run.id, run.asked_at.timestamp_millis())
}

/// Whether an item or a build was started for the run with this mark.
pub fn has_mark(actions: &[Option<ActionAnswer>], mark: &str) -> bool {
    let mut parameters = actions.iter().flatten().flat_map(|it| &it.parameters);
    parameters.any(|it| it.name == RUN_PARAMETER && it.value.as_str() == Some(mark))
}

/// Where Jenkins has a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JenkinsPlace {
    /// In its queue, by the item's id.
    Queue(u64),
    /// As a build of the job, by its number.
    Build(u64),
}

impl JenkinsPlace {
    /// The place that an address names: `…/queue/item/12/`, or `…/job/deploy/7/`. None if it is neither.
    pub fn of_url(url: &str) -> Option<Self> {
        let url = url.trim_end_matches('/');
        let (head, number) = url.rsplit_once('/')?;
        let number = number.parse().ok()?;
        let (head, last) = head.rsplit_once('/')?;
        // A build is below its job: `…/job/item/7` is none of the queue.
        Some(if last == "item" && head.ends_with("/queue") {
            Self::Queue(number)
        } else {
            Self::Build(number)
        })
    }
}

/// The id of the item of the queue that the answer to a build's request names, whatever host it names: behind a proxy Jenkins may call
/// itself otherwise.
pub fn queue_id(location: &str) -> Option<u64> {
    match JenkinsPlace::of_url(location) {
        Some(JenkinsPlace::Queue(id)) => Some(id),
        _ => None,
    }
}

/// The address of an item of the queue, as it is stored.
pub fn queue_url(base: &str, id: u64) -> String {
    format!("{base}/queue/item/{id}/")
}

/// The address of a job, with more behind it. None if the base is no address.
pub fn job_url(base: &str, job: &JenkinsJob, tail: &[&str]) -> Option<Url> {
    let mut url = Url::parse(base).ok()?;
    {
        let mut segments = url.path_segments_mut().ok()?;
        segments.pop_if_empty();
        for part in job.job.split('/') {
            segments.extend(["job", part]);
        }
        segments.extend(tail);
    }
    Some(url)
}

/// The address of a build that people open: Jenkins' own if it is one, else by `JENKINS_URL`.
pub fn build_url(base: &str, job: &JenkinsJob, number: u64, said: Option<String>) -> String {
    let own = said.filter(|it| {
        let is_web = it.starts_with("http://") || it.starts_with("https://");
        let is_plain = !it.chars().any(|it| it.is_control() || it.is_whitespace());
        let is_short = it.chars().count() <= URL_MAX_CHARS;
        let is_build = JenkinsPlace::of_url(it) == Some(JenkinsPlace::Build(number));
        is_web && is_plain && is_short && is_build
    });
    own.unwrap_or_else(|| {
        let number = number.to_string();
        let url = job_url(base, job, &[number.as_str(), ""]);
        url.map(String::from).unwrap_or_default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(path: &str) -> JenkinsJob {
        JenkinsJob {
            job: path.to_owned(),
            ..JenkinsJob::default()
        }
    }

    #[test]
    fn a_job_s_address_has_job_before_each_part() {
        let url = |base: &str, path: &str| {
            let url = job_url(base, &job(path), &["buildWithParameters"]);
            url.unwrap().to_string()
        };
        assert_eq!(
            url("https://ci.example.com", "folder/deploy"),
            "https://ci.example.com/job/folder/job/deploy/buildWithParameters"
        );
        assert_eq!(
            url("http://10.0.0.5:8080/jenkins", "Team A/a?b#c%2e"),
            "http://10.0.0.5:8080/jenkins/job/Team%20A/job/a%3Fb%23c%252e/buildWithParameters"
        );
    }

    #[test]
    fn an_address_of_jenkins_is_of_its_queue_or_of_a_build() {
        for (url, place) in [
            ("https://ci/queue/item/12/", Some(JenkinsPlace::Queue(12))),
            ("/jenkins/queue/item/12", Some(JenkinsPlace::Queue(12))),
            (
                "https://ci/job/a/job/deploy/7/",
                Some(JenkinsPlace::Build(7)),
            ),
            ("https://ci/job/item/7/", Some(JenkinsPlace::Build(7))),
            ("https://ci/job/deploy/", None),
            ("https://ci/login", None),
        ] {
            assert_eq!(JenkinsPlace::of_url(url), place, "{url}");
        }
        assert_eq!(queue_id(&queue_url("https://ci", 12)), Some(12));
        assert_eq!(queue_id("https://ci/job/deploy/7/"), None);
    }

    #[test]
    fn a_run_s_mark_is_found_among_the_parameters_of_a_build() {
        let read = |actions: &str| serde_json::from_str::<Vec<Option<ActionAnswer>>>(actions);
        let started = r#"[{"_class": "hudson.model.CauseAction"}, {}, null,
            {"_class": "hudson.model.ParametersAction", "parameters": [{"name": "DRY", "value": false}, {"name": "PASSWORD"},
             {"_class": "hudson.model.StringParameterValue", "name": "ROLLCALL_RUN", "value": "44-1764316800123"}]}]"#;
        let started = read(started).unwrap();
        assert!(has_mark(&started, "44-1764316800123"));
        assert!(!has_mark(&started, "44"));
        let other = read(r#"[{"parameters": [{"name": "OTHER", "value": "44"}]}]"#).unwrap();
        assert!(!has_mark(&other, "44"));
        assert!(!has_mark(&[], "44"));
    }

    #[test]
    fn a_build_is_shown_at_jenkins_own_address_if_that_is_one() {
        let shown = |said: &str| build_url("http://10.0.0.5", &job("deploy"), 7, Some(said.into()));
        let own = "https://ci.example.com/job/deploy/7/";
        assert_eq!(shown(own), own);
        for wrong in [
            "",
            "javascript:alert(1)//7/",
            "https://ci/job/deploy/8/",
            "https://ci /7/",
        ] {
            assert_eq!(shown(wrong), "http://10.0.0.5/job/deploy/7/", "{wrong}");
        }
    }
}
