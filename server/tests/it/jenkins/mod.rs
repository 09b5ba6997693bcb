//! Tests of runs at Jenkins (R64), with a Jenkins on loopback that answers as the sources say; none of it was recorded from a running
//! one. Starting, stopping and the console: the Remote Access API's own pages (`/api` of a job: "Perform a build", of a build:
//! "Accessing Progressive Console Output", with `X-Text-Size` and `X-More-Data`). Items of the queue and builds: the exported members of
//! jenkinsci/jenkins, core `hudson.model.Queue` (`WaitingItem`, `LeftItem`: `cancelled`, `executable`) and `hudson.model.Run` (`building`,
//! `result`, `queueId`), and of both `hudson.model.ParametersAction`, as python-jenkins and rundeck's Jenkins plugin read them.
mod fields;
mod followed;
mod refused;
mod restarts;

use crate::world::World;
use app::{
    domain::{
        id::RunId,
        jenkins::JenkinsJob,
        run::{Run, RunRequest},
        template::{StepTemplate, TemplateDraft},
        vocabulary::StepStatus,
    },
    store::runs::notices::RunNotice,
};
use axum::{
    Json, Router,
    extract::State,
    http::{Method, StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::json;
use server::{
    jenkins::{client::JenkinsClient, polls::Polls, worker::JenkinsWorker},
    ops::jenkins_settings::{InvalidJenkinsSetting, JenkinsSettings},
};
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use tokio::{
    net::TcpListener,
    sync::{broadcast, watch},
    task::JoinHandle,
    time::timeout,
};

/// How long a test waits for what must come.
const WAIT_TIMEOUT: Duration = Duration::from_mins(1);
pub const USER: &str = "rollcall";
pub const TOKEN: &str = "11abcdef0123456789";
/// `rollcall:11abcdef0123456789` in base64.
const AUTHORIZATION: &str = "Basic cm9sbGNhbGw6MTFhYmNkZWYwMTIzNDU2Nzg5";
const JOB: &str = "/jenkins/job/folder/job/deploy";

/// How far the item of the queue is.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum ItemState {
    #[default]
    Waiting,
    Cancelled,
    Left,
    /// As five minutes after it has left.
    Forgotten,
}

/// What it answers to a start.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum StartAnswer {
    #[default]
    Item,
    /// Nothing of the item, as from a proxy that drops headers.
    Bare,
}

/// What this Jenkins has: one job, and of that one build, number 7, that was item 12 of the queue.
#[derive(Default)]
struct JenkinsData {
    item: ItemState,
    /// `result` of the build, once it is over.
    result: Option<&'static str>,
    log: String,
    /// Bytes of the raw log that are no text, before all text.
    notes: usize,
    /// Whether it says at the end that there is more, for ever.
    is_endless: bool,
    /// What it answers to each request instead.
    instead: Option<(StatusCode, &'static str)>,
    /// Whether it begins what it is asked to, and never answers.
    is_silent: bool,
    start_answer: StartAnswer,
    /// Whether the job has a parameter `ROLLCALL_RUN`.
    declares_run: bool,
    /// Forms that jobs were started with.
    started: Vec<String>,
}

struct JenkinsState {
    data: Mutex<JenkinsData>,
    /// Requests so far: method, path and query.
    asked: watch::Sender<Vec<String>>,
}

/// A Jenkins, as long as the test runs.
pub struct FakeJenkins {
    pub url: String,
    state: Arc<JenkinsState>,
}

impl JenkinsState {
    fn lock(&self) -> MutexGuard<'_, JenkinsData> {
        self.data.lock().unwrap()
    }
}

async fn answer(
    State(state): State<Arc<JenkinsState>>,
    method: Method,
    uri: Uri,
    headers: axum::http::HeaderMap,
    body: String,
) -> Response {
    let response = answer_to(&state, &method, &uri, &headers, body);
    let is_silent = state.lock().is_silent;
    // Told once it is answered, so that a test that waits for it finds what it did.
    state
        .asked
        .send_modify(|it| it.push(format!("{method} {uri}")));
    if is_silent {
        std::future::pending::<()>().await;
    }
    response
}

fn answer_to(
    state: &JenkinsState,
    method: &Method,
    uri: &Uri,
    headers: &axum::http::HeaderMap,
    body: String,
) -> Response {
    let mut data = state.lock();
    let authorization = headers.get(header::AUTHORIZATION);
    if authorization.is_none_or(|it| it.as_bytes() != AUTHORIZATION.as_bytes()) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if let Some((status, body)) = data.instead {
        return (status, body).into_response();
    }
    let (path, query) = (uri.path(), uri.query().unwrap_or_default());
    let found = |location: &str| (StatusCode::FOUND, [(header::LOCATION, location.to_owned())]);
    if let Some(tail) = path.strip_prefix(JOB) {
        return match (method.as_str(), tail) {
            ("POST", "/buildWithParameters") => {
                data.started.push(body);
                if data.start_answer == StartAnswer::Bare {
                    return StatusCode::CREATED.into_response();
                }
                // Behind a proxy it calls itself otherwise.
                let item = "http://ci.invalid/jenkins/queue/item/12/";
                (StatusCode::CREATED, [(header::LOCATION, item)]).into_response()
            }
            ("GET", "/api/json") => {
                let build = json!({ "_class": "hudson.model.FreeStyleBuild", "number": 7, "actions": actions(&data),
                    "url": "https://ci.example.com/jenkins/job/folder/job/deploy/7/", "queueId": 12 });
                let other = json!({ "number": 8, "url": null, "queueId": 13 });
                let builds = if data.started.is_empty() || data.item == ItemState::Waiting {
                    vec![other]
                } else {
                    vec![other, build]
                };
                Json(json!({ "_class": "hudson.model.FreeStyleProject", "builds": builds }))
                    .into_response()
            }
            ("GET", "/7/api/json") => Json(json!({ "_class": "hudson.model.FreeStyleBuild",
                    "building": data.result.is_none(), "result": data.result }))
            .into_response(),
            ("GET", "/7/logText/progressiveText") => console(&data, query),
            ("POST", "/7/stop") => {
                data.result = data.result.or(Some("ABORTED"));
                found("http://ci.invalid/jenkins/job/folder/job/deploy/7/").into_response()
            }
            _ => StatusCode::NOT_FOUND.into_response(),
        };
    }
    match (method.as_str(), path) {
        ("POST", "/jenkins/queue/cancelItem") if query == "id=12" => {
            if data.item == ItemState::Waiting {
                data.item = ItemState::Cancelled;
            }
            StatusCode::NO_CONTENT.into_response()
        }
        ("GET", "/jenkins/queue/item/12/api/json") => item(data.item),
        ("GET", "/jenkins/queue/api/json") => {
            let is_waiting = !data.started.is_empty() && data.item == ItemState::Waiting;
            let item = json!({ "_class": "hudson.model.Queue$BuildableItem", "id": 12, "actions": actions(&data) });
            let items: Vec<_> = is_waiting.then_some(item).into_iter().collect();
            Json(json!({ "_class": "hudson.model.Queue", "items": items })).into_response()
        }
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// What Jenkins keeps of the form of the last start: only what the job declares.
fn actions(data: &JenkinsData) -> serde_json::Value {
    let form = data.started.last().filter(|_| data.declares_run);
    let mark = form.and_then(|it| {
        it.split('&')
            .find_map(|it| it.strip_prefix("ROLLCALL_RUN="))
    });
    let parameter = mark.map(|it| {
        json!({ "_class": "hudson.model.StringParameterValue", "name": "ROLLCALL_RUN", "value": it })
    });
    let parameters: Vec<_> = parameter.into_iter().collect();
    json!([{ "_class": "hudson.model.CauseAction" }, {},
        { "_class": "hudson.model.ParametersAction", "parameters": parameters }])
}

/// An item of the queue, shortened.
fn item(state: ItemState) -> Response {
    let build = json!({ "_class": "hudson.model.FreeStyleBuild", "number": 7,
        "url": "https://ci.example.com/jenkins/job/folder/job/deploy/7/" });
    let task = json!({ "_class": "hudson.model.FreeStyleProject", "name": "deploy" });
    let left = "hudson.model.Queue$LeftItem";
    Json(match state {
        ItemState::Forgotten => return StatusCode::NOT_FOUND.into_response(),
        ItemState::Waiting => json!({ "_class": "hudson.model.Queue$BuildableItem", "id": 12, "task": task,
            "why": "Waiting for next available executor", "stuck": false, "buildable": true, "pending": false }),
        ItemState::Cancelled => json!({ "_class": left, "id": 12, "task": task, "why": null, "cancelled": true,
            "executable": null }),
        ItemState::Left => json!({ "_class": left, "id": 12, "task": task, "why": null, "cancelled": false,
            "executable": build }),
    })
    .into_response()
}

/// The console from this byte of the raw log on.
fn console(data: &JenkinsData, query: &str) -> Response {
    let start: usize = query.strip_prefix("start=").unwrap().parse().unwrap();
    let from = start.saturating_sub(data.notes).min(data.log.len());
    let size = (data.notes + data.log.len()).to_string();
    let text = data.log[from..].to_owned();
    let response = ([("X-Text-Size", size)], text);
    if data.result.is_none() || data.is_endless {
        ([("X-More-Data", "true")], response).into_response()
    } else {
        response.into_response()
    }
}

impl FakeJenkins {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/jenkins", listener.local_addr().unwrap());
        let state = Arc::new(JenkinsState {
            data: Mutex::default(),
            asked: watch::Sender::new(Vec::new()),
        });
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, state }
    }

    fn set(&self, change: impl FnOnce(&mut JenkinsData)) {
        change(&mut self.state.lock());
    }

    /// The item leaves the queue, as a build.
    pub fn begin(&self) {
        self.set(|it| it.item = ItemState::Left);
    }

    /// The build ends.
    pub fn end(&self, result: &'static str) {
        self.set(|it| it.result = Some(result));
    }

    /// How often a job was started.
    pub fn n_started(&self) -> usize {
        self.state.lock().started.len()
    }

    /// Waits until a request has these words.
    pub async fn wait_for_one(&self, words: &str) {
        let mut asked = self.state.asked.subscribe();
        let has_come = |it: &Vec<String>| it.iter().any(|it| it.contains(words));
        let waited = timeout(WAIT_TIMEOUT, asked.wait_for(has_come)).await;
        waited.unwrap().unwrap();
    }

    /// Waits until `n` more requests have these words.
    pub async fn wait_for(&self, n: usize, words: &str) {
        let count = |it: &Vec<String>| it.iter().filter(|it| it.contains(words)).count();
        let mut asked = self.state.asked.subscribe();
        let wanted = count(&asked.borrow()) + n;
        let waited = timeout(WAIT_TIMEOUT, asked.wait_for(|it| count(it) >= wanted)).await;
        waited.unwrap().unwrap();
    }
}

/// Settings for this Jenkins.
pub fn settings(url: &str, token: &str) -> JenkinsSettings {
    let settings = JenkinsSettings::parse(|name| {
        Ok::<_, InvalidJenkinsSetting>(match name {
            "JENKINS_URL" => Some(url.to_owned()),
            "JENKINS_USER" => Some(USER.to_owned()),
            "JENKINS_TOKEN" => Some(token.to_owned()),
            _ => None,
        })
    });
    settings.unwrap()
}

/// The job of the tests.
pub fn job() -> JenkinsJob {
    let parameters = [
        ("NAMESPACE", "{{customer.namespace}}"),
        ("TEXT", "a & b = {{release.version}}"),
    ];
    JenkinsJob {
        job: "folder/deploy".into(),
        parameters: parameters
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
    }
}

/// Sets the job of a template step.
pub async fn set_job(world: &World, template: &StepTemplate, job: Option<JenkinsJob>) {
    let store = &world.app.store;
    let present = store.template_row(template.id).await.unwrap();
    let version = present.version;
    let draft = TemplateDraft {
        jenkins: job,
        ..present.into()
    };
    let updated = store.update_template(template.id, draft, version, world.app.ana());
    updated.await.unwrap();
}

/// The active world, whose steps "Check" and "Announce" name the job, and a server's task that follows this Jenkins.
pub struct JenkinsWorld {
    pub world: World,
    pub jenkins: FakeJenkins,
    stop: watch::Sender<bool>,
    working: JoinHandle<()>,
}

impl JenkinsWorld {
    pub async fn start() -> Self {
        let jenkins = FakeJenkins::start().await;
        Self::start_with(jenkins, TOKEN).await
    }

    pub async fn start_with(jenkins: FakeJenkins, token: &str) -> Self {
        Self::follow(Self::unfollowed().await, jenkins, token)
    }

    /// The world without the server's task.
    pub async fn unfollowed() -> World {
        let world = World::active().await;
        for template in [&world.check, &world.announce] {
            set_job(&world, template, Some(job())).await;
        }
        world.app.database.set_jenkins();
        world
    }

    /// Starts the server's task.
    pub fn follow(world: World, jenkins: FakeJenkins, token: &str) -> Self {
        let client = JenkinsClient::new(settings(&jenkins.url, token)).unwrap();
        let polls = Polls {
            first: Duration::from_millis(5),
            longest: Duration::from_millis(20),
        };
        let database = world.app.database.clone();
        let worker = JenkinsWorker::new(database, Arc::new(client), polls, true);
        let (stop, stopped) = watch::channel(false);
        let working = tokio::spawn(worker.run(stopped, WAIT_TIMEOUT));
        Self {
            world,
            jenkins,
            stop,
            working,
        }
    }

    /// What happens to runs from now on.
    pub fn notices(&self) -> broadcast::Receiver<RunNotice> {
        self.world.app.database.follow_runs()
    }

    /// Ana asks for a run of Acme's step.
    pub async fn ask(&self, step: &str) -> Run {
        let step = self.world.id(&self.world.acme, step).await;
        let (store, by) = (&self.world.app.store, self.world.app.ana());
        let asked = store.ask_run(step, RunRequest::default(), by).await;
        asked.unwrap().row
    }

    pub async fn run(&self, id: RunId) -> Run {
        self.world.app.store.run(id).await.unwrap()
    }

    /// Waits for the first notice of a run that is as wanted.
    pub async fn wait_for(
        &self,
        notices: &mut broadcast::Receiver<RunNotice>,
        is_wanted: impl Fn(&RunNotice) -> bool,
    ) {
        let wanted = async { while !is_wanted(&notices.recv().await.unwrap()) {} };
        timeout(WAIT_TIMEOUT, wanted).await.unwrap();
    }

    /// Waits until a run is over.
    pub async fn ended(&self, notices: &mut broadcast::Receiver<RunNotice>, id: RunId) -> Run {
        let is_over = |it: &RunNotice| it.run == id && it.state.is_over();
        self.wait_for(notices, is_over).await;
        self.run(id).await
    }

    /// Runs Acme's step "Check" to its end: Jenkins begins it at once, and it has this result.
    pub async fn run_to(&self, result: &'static str) -> Run {
        let mut notices = self.notices();
        self.jenkins.begin();
        self.jenkins.end(result);
        let run = self.ask("Check").await;
        self.ended(&mut notices, run.id).await
    }

    pub async fn status(&self, step: &str) -> StepStatus {
        self.world.step(&self.world.acme, step).await.status
    }

    pub async fn output(&self, id: RunId) -> String {
        let bytes = self.world.app.store.run_output_bytes(id).await;
        String::from_utf8(bytes.unwrap()).unwrap()
    }

    /// The server ends, as by SIGTERM.
    pub async fn end_server(self) -> (World, FakeJenkins) {
        self.stop.send(true).unwrap();
        self.working.await.unwrap();
        (self.world, self.jenkins)
    }
}
