//! The test app: a store on a real database with the real migrations, of the engine that the run is about, and one router over
//! it, built once as the program does. Requests go through all middleware; pages may come from the page cache.
use crate::test_database::{TestDatabase, TestEngine};
use app::{
    api::context::Context,
    domain::{
        actor_stamp::ActorStamp, caller::Caller, cluster::ClusterDraft, customer::CustomerDraft,
        id::CustomerId, rancher::RancherSource,
    },
    error::AppError,
    store::{Database, Store},
};
use axum::{
    Extension, Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use migration::{Migrator, MigratorTrait};
use sea_orm::ConnectionTrait;
use serde_json::Value;
use server::live::Live;
use server::ops::{
    allowed_hosts::AllowedHosts,
    allowed_targets::AllowedTargets,
    auth_settings::{AuthMode, AuthSettings},
    oidc_settings::OidcSettings,
};
use server::outbound::{hook_gate::HookGate, secret_box::SecretBox};
use server_fn::error::FromServerFnError;
use std::sync::{
    Arc, OnceLock,
    atomic::{AtomicI64, Ordering},
};
use tempfile::TempDir;
use tower::ServiceExt;

/// A number from an environment variable, which `./dev soak` sets; `default` is for ordinary runs.
pub fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).map_or(default, |text| text.parse().unwrap())
}

/// The store as everybody has it in `open` mode.
pub fn in_open_mode(database: &Database) -> Store {
    database.as_caller(Arc::new(Caller::open("Test")))
}

/// Settings of `login` mode.
pub fn login_settings() -> AuthSettings {
    AuthSettings {
        mode: AuthMode::Login,
        is_said: true,
        ..AuthSettings::default()
    }
}

/// A store with a database, which is deleted with the test, and the router over it.
pub struct TestApp {
    /// Built for the first request: most tests of the store send none.
    router: OnceLock<Router>,
    pub database: Database,
    /// That of everybody in `open` mode.
    pub store: Store,
    /// The stream of changes, and who is here.
    pub live: Live,
    /// What reads Rancher, once a test has set it: before the first request.
    pub rancher: OnceLock<Arc<dyn RancherSource>>,
    /// Of the test's clock, since its start.
    minutes: AtomicI64,
    settings: AuthSettings,
    /// What the secrets of hooks are encrypted with.
    pub secrets: Arc<SecretBox>,
    /// Its folder.
    _keys: TempDir,
    /// Last, so that it is deleted when the connections above are closed.
    pub place: Arc<TestDatabase>,
}

impl TestApp {
    pub async fn new() -> Self {
        Self::with(AuthSettings::default()).await
    }

    /// The app in `login` mode. It has an admin who is in no event: without one it would serve only the setup.
    pub async fn with_login() -> Self {
        let this = Self::with(login_settings()).await;
        this.add_first_admin().await;
        this
    }

    /// The same, where people sign in at a provider too.
    pub async fn with_provider(provider: OidcSettings) -> Self {
        let this = Self::with_provider_and_nobody(provider).await;
        this.add_first_admin().await;
        this
    }

    /// The app where people sign in at a provider too, before anybody can.
    pub async fn with_provider_and_nobody(provider: OidcSettings) -> Self {
        let settings = AuthSettings {
            oidc: Some(provider),
            ..login_settings()
        };
        Self::with(settings).await
    }

    /// Adds the first admin: until then, `login` mode serves only the setup.
    pub async fn add_first_admin(&self) {
        const ADMIN: &str = "INSERT INTO users (login, name, role, is_active, version, created_at, updated_at) VALUES \
            ('first.admin', 'First Admin', 'admin', true, 1, '2026-06-01T08:00:00+00:00', '2026-06-01T08:00:00+00:00')";
        let writer = self.database.writer();
        writer.execute_unprepared(ADMIN).await.unwrap();
    }

    pub async fn with(settings: AuthSettings) -> Self {
        let place = TestDatabase::new(TestEngine::of_this_run()).await;
        Self::in_place(Arc::new(place), settings).await
    }

    /// The app on this engine, whichever the run is about.
    pub async fn on(engine: TestEngine) -> Self {
        let place = TestDatabase::new(engine).await;
        Self::in_place(Arc::new(place), AuthSettings::default()).await
    }

    /// Another server on the same database.
    pub async fn beside(&self) -> Self {
        Self::in_place(Arc::clone(&self.place), self.settings.clone()).await
    }

    async fn in_place(place: Arc<TestDatabase>, settings: AuthSettings) -> Self {
        let database = Database::open(&place.url()).await.unwrap();
        Migrator::up(database.writer(), None).await.unwrap();
        let store = in_open_mode(&database);
        let keys = TempDir::new().unwrap();
        let secrets = Arc::new(SecretBox::at(keys.path().join("secrets.key")));
        // Of the addresses that are not public, hooks may reach only one.
        let allowed = Arc::new(AllowedTargets::parse("127.0.0.1").unwrap());
        let gate = HookGate::new(allowed, Arc::clone(&secrets), None);
        database.set_hook_rules(Arc::new(gate));
        Self {
            router: OnceLock::new(),
            live: Live::new(database.clone()),
            rancher: OnceLock::new(),
            database,
            store,
            minutes: AtomicI64::new(0),
            settings,
            secrets,
            _keys: keys,
            place,
        }
    }

    /// `DATABASE_URL` of the database.
    pub fn url(&self) -> String {
        self.place.url()
    }

    /// An actor, one minute after the last one.
    pub fn by(&self, who: &str) -> ActorStamp {
        let minutes = self.minutes.fetch_add(1, Ordering::Relaxed);
        let start: DateTime<Utc> = "2026-06-01T09:00:00Z".parse().unwrap();
        ActorStamp::new(who, start + TimeDelta::minutes(minutes)).unwrap()
    }

    pub fn ana(&self) -> ActorStamp {
        self.by("Ana")
    }

    /// Creates `n` customers in a new cluster.
    pub async fn customers(&self, n: usize) -> Vec<CustomerId> {
        let cluster = ClusterDraft {
            name: "many".into(),
            ..ClusterDraft::default()
        };
        let cluster = self.store.create_cluster(cluster, self.ana()).await;
        let cluster = cluster.unwrap().row.id;
        let mut customers = Vec::new();
        for n in 0..n {
            let customer = CustomerDraft {
                name: format!("customer {n}"),
                cluster_id: Some(cluster),
                namespace: format!("c{n}"),
                ..CustomerDraft::default()
            };
            let made = self.store.create_customer(customer, self.ana()).await;
            customers.push(made.unwrap().row.id);
        }
        customers
    }

    pub fn router(&self) -> Router {
        let build = || {
            let context = Context {
                database: self.database.clone(),
                default_actor: "Test".into(),
            };
            let (hosts, settings) = (AllowedHosts::default(), self.settings.clone());
            let router = server::http::router::router(context, hosts, settings, self.live.clone());
            match self.rancher.get() {
                Some(source) => router.layer(Extension(Arc::clone(source))),
                None => router,
            }
        };
        self.router.get_or_init(build).clone()
    }

    /// Requests a page as a browser does.
    pub async fn get(&self, path: &str) -> TestResponse {
        self.send(
            Request::builder()
                .uri(path)
                .header(header::ACCEPT, "text/html")
                .body(Body::empty())
                .unwrap(),
        )
        .await
    }

    /// Calls a server function with its arguments as JSON.
    pub async fn call(&self, path: &str, arguments: Value) -> TestResponse {
        let body = arguments.to_string();
        self.send(
            Request::builder()
                .method(Method::POST)
                .uri(path)
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::ACCEPT, "application/json")
                .header(header::CONTENT_LENGTH, body.len())
                .body(Body::from(body))
                .unwrap(),
        )
        .await
    }

    /// Posts a form as a browser without JavaScript does.
    pub async fn post_form(&self, path: &str, body: &str) -> TestResponse {
        self.send(
            Request::builder()
                .method(Method::POST)
                .uri(path)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .header(header::ACCEPT, "text/html")
                .body(Body::from(body.to_owned()))
                .unwrap(),
        )
        .await
    }

    /// Calls REST with a JSON body (none if it is null) and headers.
    pub async fn api(
        &self,
        method: &str,
        path: &str,
        body: Value,
        headers: &[(&str, &str)],
    ) -> TestResponse {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, value.as_bytes());
        }
        let body = if body.is_null() {
            Body::empty()
        } else {
            let body = body.to_string();
            request = request
                .header(header::CONTENT_TYPE, "application/json")
                .header(header::CONTENT_LENGTH, body.len());
            Body::from(body)
        };
        self.send(request.body(body).unwrap()).await
    }

    /// The JSON that REST answers to GET; fails unless it is 200.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.api("GET", path, Value::Null, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    /// Sends a request; one that names no host is for localhost.
    pub async fn send(&self, mut request: Request<Body>) -> TestResponse {
        let host = HeaderValue::from_static("localhost");
        request.headers_mut().entry(header::HOST).or_insert(host);
        let response = self.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = response.into_body();
        // A stream does not end by itself: of one the first event is read.
        let bytes = if is_stream(&headers) {
            let first = body.frame().await;
            first.map_or_else(Bytes::new, |it| it.unwrap().into_data().unwrap())
        } else {
            body.collect().await.unwrap().to_bytes()
        };
        // leptos writes empty comments between adjacent texts; tests read the text without them.
        let body = String::from_utf8_lossy(&bytes).replace("<!>", "");
        TestResponse {
            status,
            headers,
            bytes,
            body,
        }
    }
}

/// Whether these are the headers of a stream of events.
fn is_stream(headers: &HeaderMap) -> bool {
    let media = headers.get(header::CONTENT_TYPE);
    media.is_some_and(|it| it.as_bytes() == b"text/event-stream")
}

pub struct TestResponse {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body.
    pub bytes: Bytes,
    /// The body as text.
    pub body: String,
}

impl TestResponse {
    /// The error of a server function that failed.
    pub fn error(&self) -> AppError {
        AppError::de(self.bytes.clone())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Checks that this is a problem document (RFC 9457) with that status, and returns it.
    pub fn problem(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.body);
        assert_eq!(self.header("content-type"), "application/problem+json");
        let problem = self.json();
        assert_eq!(problem["status"], status);
        for member in ["type", "title", "detail"] {
            assert!(problem[member].is_string(), "{member}: {problem}");
        }
        problem
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .and_then(|it| it.to_str().ok())
            .unwrap_or_default()
    }
}
