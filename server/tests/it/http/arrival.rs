//! Tests of what it costs to know who asks: the statement that finds it out tells the caches how current they have to be, so no
//! other one is needed for that; and no answer is older for it.
use crate::{
    harness::{TestApp, TestResponse},
    people::Person,
    world::World,
};
use app::{
    domain::{permission::Role, vocabulary::StepAction},
    store::{audit::last_event::ArrivalPosition, steps::transitions::TransitionOptions},
};
use axum::http::StatusCode;
use metrics::{
    Counter, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder, SharedString, Unit,
};
use serde_json::{Value, json};
use server::ops::auth_settings::AuthSettings;
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

const PROXY: &str = "10.0.0.1";

/// Counts statements: the database times each of them once.
#[derive(Default)]
struct StatementCount(AtomicUsize);

impl HistogramFn for StatementCount {
    fn record(&self, _: f64) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// A recorder that counts the statements of one thread, which a test's requests run on.
#[derive(Default)]
struct StatementRecorder(Arc<StatementCount>);

impl Recorder for StatementRecorder {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        if key.name() == "rollcall_store_query_seconds" {
            Histogram::from_arc(Arc::clone(&self.0))
        } else {
            Histogram::noop()
        }
    }
}

/// How many statements this request sends.
async fn statements(asked: impl Future<Output = TestResponse>) -> usize {
    let recorder = StatementRecorder::default();
    let guard = metrics::set_default_local_recorder(&recorder);
    let answer = asked.await;
    drop(guard);
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    recorder.0.0.load(Ordering::Relaxed)
}

/// How many statements this request sends once what it asks for is in the caches.
async fn when_cached(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> usize {
    let mut fewest = usize::MAX;
    // A page is kept for the second of the clock, which may end between two requests.
    for _ in 0..6 {
        let asked = app.api_from(PROXY, "GET", path, Value::Null, headers);
        fewest = fewest.min(statements(asked).await);
    }
    fewest
}

async fn token(app: &TestApp, person: &Person) -> String {
    let body = json!({ "name": "nightly" });
    let made = app.api_as(person, "POST", "/api/tokens", body).await;
    format!("Bearer {}", made.json()["token"].as_str().unwrap())
}

#[tokio::test]
async fn to_know_who_asks_is_the_one_statement_that_a_cached_answer_needs_anyway() {
    let proxied = AuthSettings::parse(|name| {
        let text = match name {
            "ROLLCALL_AUTH" => Some("proxy"),
            "ROLLCALL_TRUSTED_PROXIES" => Some("10.0.0.0/24"),
            _ => None,
        };
        text.map(str::to_owned)
    });
    let open = World::active().await;
    let login = World::active_in(TestApp::with_login().await).await;
    let proxied = World::active_in(TestApp::with(proxied.unwrap()).await).await;
    let person = login.app.person(Role::Manager, None).await;
    let bearer = token(&login.app, &person).await;
    let named = proxied.app.person(Role::Manager, None).await.user.login;
    for path in [
        "/clusters".to_owned(),
        format!("/api/releases/{}/matrix", open.june),
        format!("/api/releases/{}/progress", open.june),
    ] {
        let accept = ("accept", "text/html");
        assert_eq!(when_cached(&open.app, &path, &[accept]).await, 1, "{path}");
        let cookie = ("cookie", person.cookie.as_str());
        let by_session = when_cached(&login.app, &path, &[accept, cookie]).await;
        assert_eq!(by_session, 1, "{path}");
        let header = ("authorization", bearer.as_str());
        let by_token = when_cached(&login.app, &path, &[accept, header]).await;
        assert_eq!(by_token, 1, "{path}");
        let header = ("x-rollcall-user", named.as_str());
        let by_proxy = when_cached(&proxied.app, &path, &[accept, header]).await;
        assert_eq!(by_proxy, 1, "{path}");
    }
}

#[tokio::test]
async fn what_another_server_has_changed_is_in_the_next_answer_of_a_session() {
    let world = World::active_in(TestApp::with_login().await).await;
    let other = world.app.beside().await;
    let person = world.app.person(Role::Manager, None).await;
    let progress = format!("/api/releases/{}/progress", world.june);
    let page = format!("/releases/{}", world.june);
    for (n, step) in world.steps(world.acme.id).await.iter().enumerate() {
        let known = world
            .app
            .api_as(&person, "GET", &progress, Value::Null)
            .await;
        assert_eq!(known.json()["counts"]["done"], n, "{}", known.body);
        let known = world.app.api_as(&person, "GET", &page, Value::Null).await;
        let cells = r#"data-state="done" aria-label"#;
        assert_eq!(known.body.matches(cells).count(), n);
        let (action, options) = (StepAction::Done, TransitionOptions::default());
        let done = other
            .store
            .act_on_step(step.id, action, options, other.by("Mei"));
        done.await.unwrap();
    }
}

#[tokio::test]
async fn a_request_sees_what_it_changed_itself_whatever_was_last_when_it_arrived() {
    let world = World::active().await;
    let step = world.id(&world.acme, "Announce").await;
    let arrived_at = ArrivalPosition::new(world.app.database.last_event().await.unwrap());
    let store = world.app.store.clone().arrived_at(Some(arrived_at.clone()));
    let n_done = async || {
        let read = store.release_progress(world.june).await.unwrap();
        read.progress.counts.done
    };
    assert_eq!(n_done().await, 0);
    let (action, options) = (StepAction::Done, TransitionOptions::default());
    let done = store.act_on_step(step, action, options, world.app.ana());
    done.await.unwrap();
    assert_eq!((n_done().await, arrived_at.last_event()), (1, None));
}
