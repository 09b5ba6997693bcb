//! A real `SQLite` file, the real migrations, the real router.
use app::{
    api::context::Context,
    domain::{
        actor_stamp::ActorStamp, cluster::ClusterDraft, customer::CustomerDraft, id::CustomerId,
    },
    error::AppError,
    store::Store,
};
use axum::{
    Router,
    body::{Body, Bytes},
    http::{Method, Request, StatusCode, header},
};
use chrono::{DateTime, TimeDelta, Utc};
use http_body_util::BodyExt;
use migration::{Migrator, MigratorTrait};
use serde_json::Value;
use server_fn::error::FromServerFnError;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;
use tower::ServiceExt;

/// How much of something: what the environment says, as `./dev soak` does, or what is enough for every day.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

fn url_in(folder: &TempDir) -> String {
    format!("sqlite://{}", folder.path().join("app.db").display())
}

/// A database of its own, gone with the test.
pub struct TestBench {
    pub store: Store,
    pub folder: TempDir,
    minutes: AtomicI64,
}

impl TestBench {
    pub async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let store = Store::open(&url_in(&folder)).await.unwrap();
        Migrator::up(store.writer(), None).await.unwrap();
        Self {
            store,
            folder,
            minutes: AtomicI64::new(0),
        }
    }

    /// Somebody, a minute later than the last one.
    pub fn url(&self) -> String {
        url_in(&self.folder)
    }

    pub fn by(&self, who: &str) -> ActorStamp {
        let minutes = self.minutes.fetch_add(1, Ordering::Relaxed);
        let start: DateTime<Utc> = "2026-06-01T09:00:00Z".parse().unwrap();
        ActorStamp::new(who, start + TimeDelta::minutes(minutes)).unwrap()
    }

    pub fn ana(&self) -> ActorStamp {
        self.by("Ana")
    }

    /// So many customers in a cluster of their own.
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
        server::http::router::router(Context {
            store: self.store.clone(),
            default_actor: "Test".into(),
        })
    }

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

    /// Calls REST with a body (null: none) and more headers.
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

    /// What REST answers to GET.
    pub async fn read(&self, path: &str) -> Value {
        let answer = self.api("GET", path, Value::Null, &[]).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.body);
        answer.json()
    }

    pub async fn send(&self, request: Request<Body>) -> TestResponse {
        let response = self.router().oneshot(request).await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.into_body().collect().await.unwrap().to_bytes();
        // leptos puts empty comments between texts.
        let body = String::from_utf8_lossy(&bytes).replace("<!>", "");
        TestResponse {
            status,
            headers,
            bytes,
            body,
        }
    }
}

pub struct TestResponse {
    pub status: StatusCode,
    pub headers: axum::http::HeaderMap,
    pub bytes: Bytes,
    /// As text.
    pub body: String,
}

impl TestResponse {
    /// What a server function answered when it failed.
    pub fn error(&self) -> AppError {
        AppError::de(self.bytes.clone())
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).unwrap_or_else(|_| panic!("no JSON: {}", self.body))
    }

    /// Checks that this is a problem of that status, as RFC 9457 has it, and answers what is wrong.
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
