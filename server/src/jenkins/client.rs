//! Client of Jenkins' Remote Access API: starts a job, asks how far it is, and stops it. No redirects, no proxy, answers of a bounded
//! size. A crumb is not needed: the user's API token stands for it.
use super::{
    console::ConsolePart,
    failure::JenkinsFailure,
    responses::{
        BuildAnswer, BuildsAnswer, ExecutableAnswer, JenkinsPlace, QueueAnswer, QueueItemAnswer,
        RUN_PARAMETER, build_url, has_mark, job_url, queue_id, queue_url,
    },
};
use crate::{
    ops::jenkins_settings::JenkinsSettings,
    outbound::{client::guarded_builder, dial_rule::OutRule},
};
use app::domain::jenkins::JenkinsJob;
use reqwest::{
    Client, Method, RequestBuilder, Response, StatusCode, Url,
    header::{ACCEPT, CONTENT_TYPE, LOCATION},
};
use serde::de::DeserializeOwned;
use std::{sync::OnceLock, time::Duration};

/// Timeout of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(15);
/// Timeout of a request for a part of a console.
const CONSOLE_TIMEOUT: Duration = Duration::from_secs(30);
/// The largest response in bytes, except for consoles.
const JENKINS_ANSWER_MAX_BYTES: usize = 1024 * 1024;
/// Builds that are searched for a queue item that Jenkins has discarded.
const BUILDS_SOUGHT: &str = "builds[number,url,queueId]{0,100}";
/// Items of the queue that are searched for a start that got no answer.
const MARKED_ITEMS: &str = "items[id,actions[parameters[name,value]]]";
/// Builds that are searched for one.
const MARKED_BUILDS: &str = "builds[number,url,actions[parameters[name,value]]]{0,100}";

/// How far an item of the queue is.
#[derive(Debug)]
pub enum QueuedState {
    Waiting,
    Cancelled,
    Left(ExecutableAnswer),
    /// Jenkins discards items five minutes after they have left the queue.
    Forgotten,
}

/// Jenkins, as the settings name it.
pub struct JenkinsClient {
    settings: JenkinsSettings,
    /// Without a slash at its end.
    base: String,
    /// Built with the first request, because that reads the system's certificates.
    http: OnceLock<Client>,
}

/// The client of all requests to Jenkins. Its address is a setting: of what that leads to, only link-local addresses and metadata are
/// not dialled. Each request dials, so that each is checked, and none is sent on a connection that has ended meanwhile.
fn http_client() -> Result<Client, JenkinsFailure> {
    let builder = guarded_builder(&OutRule::Setting).no_proxy();
    let builder = builder.pool_max_idle_per_host(0);
    Ok(builder.timeout(REQUEST_TIMEOUT).build()?)
}

impl JenkinsClient {
    /// Sends no request yet. None if the settings have no address or no token.
    pub fn new(settings: JenkinsSettings) -> Option<Self> {
        Some(Self {
            base: settings.url()?.to_owned(),
            settings,
            http: OnceLock::new(),
        })
    }

    /// The address that requests begin with.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// Starts a job. Answers the address of its place in the queue. To be called once for a run: each call starts a build. By `mark`,
    /// the run's, `marked` finds it again. Errors: see `may_be_done`.
    pub async fn start(&self, job: &JenkinsJob, mark: &str) -> Result<String, JenkinsFailure> {
        match self.start_with(job, mark, "buildWithParameters").await {
            // Jenkins has started nothing, because the job takes no parameters.
            Err(JenkinsFailure::NoParameters) if job.parameters.is_empty() => {
                self.start_with(job, mark, "build").await
            }
            done => done,
        }
    }

    async fn start_with(
        &self,
        job: &JenkinsJob,
        mark: &str,
        verb: &str,
    ) -> Result<String, JenkinsFailure> {
        let url = self.of_job(job, &[verb])?;
        let mut form = url.clone();
        form.query_pairs_mut().extend_pairs(&job.parameters);
        if !is_marked_otherwise(job) {
            form.query_pairs_mut().append_pair(RUN_PARAMETER, mark);
        }
        let body = form.query().unwrap_or_default().to_owned();
        let request = self.request(Method::POST, url)?;
        let request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
        let response = request.body(body).send().await?;
        let status = response.status();
        let location = response.headers().get(LOCATION);
        let location = location.and_then(|it| it.to_str().ok());
        let item = location.and_then(queue_id);
        if status.is_success() || status.is_redirection() {
            if let Some(id) = item {
                return Ok(queue_url(&self.base, id));
            }
            let redirect = JenkinsFailure::of_status(status);
            return Err(redirect.unwrap_or(JenkinsFailure::Unreadable));
        }
        let failure = JenkinsFailure::of_status(status);
        if matches!(failure, Some(JenkinsFailure::Status(400 | 500))) {
            let body = beginning_of(response).await;
            if String::from_utf8_lossy(&body).contains("not parameterized") {
                return Err(JenkinsFailure::NoParameters);
            }
        }
        Err(failure.unwrap_or(JenkinsFailure::Unreadable))
    }

    /// How far an item of the queue is.
    pub async fn queued(&self, id: u64) -> Result<QueuedState, JenkinsFailure> {
        let id = id.to_string();
        let url = self.address(&["queue", "item", &id, "api", "json"])?;
        let item: QueueItemAnswer = match self.get(url).await {
            Ok(item) => item,
            Err(JenkinsFailure::NotFound) => return Ok(QueuedState::Forgotten),
            Err(failure) => return Err(failure),
        };
        Ok(match item.executable {
            Some(build) => QueuedState::Left(build),
            None if item.cancelled => QueuedState::Cancelled,
            None => QueuedState::Waiting,
        })
    }

    /// The build that an item of the queue became, among the newest of the job.
    pub async fn build_of(
        &self,
        job: &JenkinsJob,
        queue: u64,
    ) -> Result<Option<ExecutableAnswer>, JenkinsFailure> {
        let mut url = self.of_job(job, &["api", "json"])?;
        url.query_pairs_mut().append_pair("tree", BUILDS_SOUGHT);
        let answer: BuildsAnswer = self.get(url).await?;
        let mut builds = answer.builds.into_iter();
        let found = builds.find(|it| it.queue_id == Some(queue));
        Ok(found.map(|it| ExecutableAnswer {
            number: it.number,
            url: it.url,
        }))
    }

    /// The item of the queue or the build that was started with this mark, and its address. None if there is none, or if the job does
    /// not declare `RUN_PARAMETER`, so that Jenkins has not kept it.
    pub async fn marked(
        &self,
        job: &JenkinsJob,
        mark: &str,
    ) -> Result<Option<(JenkinsPlace, String)>, JenkinsFailure> {
        if is_marked_otherwise(job) {
            return Ok(None);
        }
        // The queue first: what leaves it meanwhile is a build then.
        let mut url = self.address(&["queue", "api", "json"])?;
        url.query_pairs_mut().append_pair("tree", MARKED_ITEMS);
        let queue: QueueAnswer = self.get(url).await?;
        let mut items = queue.items.into_iter();
        if let Some(item) = items.find(|it| has_mark(&it.actions, mark)) {
            let url = queue_url(&self.base, item.id);
            return Ok(Some((JenkinsPlace::Queue(item.id), url)));
        }
        let mut url = self.of_job(job, &["api", "json"])?;
        url.query_pairs_mut().append_pair("tree", MARKED_BUILDS);
        let answer: BuildsAnswer = self.get(url).await?;
        let mut builds = answer.builds.into_iter();
        let found = builds.find(|it| has_mark(&it.actions, mark));
        Ok(found.map(|it| {
            let url = build_url(&self.base, job, it.number, it.url);
            (JenkinsPlace::Build(it.number), url)
        }))
    }

    /// How far a build is; none if Jenkins has no such build any more.
    pub async fn build(
        &self,
        job: &JenkinsJob,
        number: u64,
    ) -> Result<Option<BuildAnswer>, JenkinsFailure> {
        let number = number.to_string();
        let mut url = self.of_job(job, &[&number, "api", "json"])?;
        url.query_pairs_mut().append_pair("tree", "building,result");
        match self.get(url).await {
            Ok(build) => Ok(Some(build)),
            Err(JenkinsFailure::NotFound) => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The console of a build from this byte offset of its raw log.
    pub async fn console(
        &self,
        job: &JenkinsJob,
        number: u64,
        start: u64,
    ) -> Result<ConsolePart, JenkinsFailure> {
        let number = number.to_string();
        let mut url = self.of_job(job, &[&number, "logText", "progressiveText"])?;
        let pair = ("start", start.to_string());
        url.query_pairs_mut().append_pair(pair.0, &pair.1);
        let request = self.request(Method::GET, url)?.timeout(CONSOLE_TIMEOUT);
        let response = request.send().await?;
        match JenkinsFailure::of_status(response.status()) {
            Some(failure) => Err(failure),
            None => Ok(ConsolePart::new(response)),
        }
    }

    /// Cancels a queue item.
    pub async fn cancel_queued(&self, id: u64) -> Result<(), JenkinsFailure> {
        let mut url = self.address(&["queue", "cancelItem"])?;
        let id = id.to_string();
        url.query_pairs_mut().append_pair("id", &id);
        self.post(url).await
    }

    /// Stops a build.
    pub async fn stop(&self, job: &JenkinsJob, number: u64) -> Result<(), JenkinsFailure> {
        let number = number.to_string();
        let url = self.of_job(job, &[&number, "stop"])?;
        self.post(url).await
    }

    fn of_job(&self, job: &JenkinsJob, tail: &[&str]) -> Result<Url, JenkinsFailure> {
        job_url(&self.base, job, tail).ok_or(JenkinsFailure::Unreadable)
    }

    fn address(&self, tail: &[&str]) -> Result<Url, JenkinsFailure> {
        let mut url = Url::parse(&self.base).map_err(|_| JenkinsFailure::Unreadable)?;
        {
            let segments = url.path_segments_mut();
            let mut segments = segments.map_err(|()| JenkinsFailure::Unreadable)?;
            segments.pop_if_empty().extend(tail);
        }
        Ok(url)
    }

    fn http(&self) -> Result<&Client, JenkinsFailure> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = http_client()?;
        Ok(self.http.get_or_init(|| http))
    }

    fn request(&self, method: Method, url: Url) -> Result<RequestBuilder, JenkinsFailure> {
        // A name is checked when it is dialled, a literal address here.
        OutRule::Setting.check_url(&url)?;
        let access = self.settings.access()?;
        let request = self.http()?.request(method, url);
        Ok(match access.user {
            Some(user) => request.basic_auth(user, Some(access.token)),
            None => request.bearer_auth(access.token),
        })
    }

    /// Jenkins answers these with a redirect to a page, which is not asked for.
    async fn post(&self, url: Url) -> Result<(), JenkinsFailure> {
        let status = self.request(Method::POST, url)?.send().await?.status();
        match JenkinsFailure::of_status(status) {
            // `cancelItem` of earlier versions answers 404 although it has cancelled.
            None | Some(JenkinsFailure::Redirect | JenkinsFailure::NotFound) => Ok(()),
            Some(failure) => Err(failure),
        }
    }

    async fn get<T: DeserializeOwned>(&self, url: Url) -> Result<T, JenkinsFailure> {
        let request = self.request(Method::GET, url)?;
        let response = request.header(ACCEPT, "application/json").send().await?;
        if let Some(failure) = JenkinsFailure::of_status(response.status()) {
            return Err(failure);
        }
        if response.status() != StatusCode::OK {
            return Err(JenkinsFailure::Unreadable);
        }
        let bytes = beginning_of(response).await;
        serde_json::from_slice(&bytes).map_err(|_| JenkinsFailure::Unreadable)
    }
}

/// Whether the step gives the parameter a value of its own, which tells no run from another.
fn is_marked_otherwise(job: &JenkinsJob) -> bool {
    job.parameters.contains_key(RUN_PARAMETER)
}

/// The first bytes of an answer.
async fn beginning_of(mut response: Response) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < JENKINS_ANSWER_MAX_BYTES
        && let Ok(Some(chunk)) = response.chunk().await
    {
        bytes.extend_from_slice(&chunk);
    }
    bytes
}
