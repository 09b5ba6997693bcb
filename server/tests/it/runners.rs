//! A runner for tests, as the program is one: its token, and what it asks by REST.
use crate::harness::{TestApp, TestResponse};
use app::domain::runner::RunnerDraft;
use axum::http::StatusCode;
use serde_json::{Value, json};

/// When output of tests was written.
pub const AT: &str = "2026-06-01T09:00:00Z";

/// A runner with its token.
pub struct RunnerOfTest<'a> {
    app: &'a TestApp,
    pub token: String,
}

impl<'a> RunnerOfTest<'a> {
    /// Makes a runner of these clusters.
    pub async fn new(app: &'a TestApp, name: &str, clusters: &[&str]) -> Self {
        let draft = RunnerDraft {
            name: name.to_owned(),
            clusters: clusters.iter().map(|it| (*it).to_owned()).collect(),
        };
        let made = app.store.create_runner(draft, app.ana()).await.unwrap();
        Self {
            app,
            token: made.row.token,
        }
    }

    /// Asks with its token.
    pub async fn ask(&self, method: &str, path: &str, body: Value) -> TestResponse {
        let bearer = format!("Bearer {}", self.token);
        let headers = [("authorization", bearer.as_str())];
        self.app.api(method, path, body, &headers).await
    }

    /// Asks for something to do, of all its clusters.
    pub async fn try_claim(&self) -> TestResponse {
        let hello =
            json!({ "clusters": [], "kinds": ["bash", "sql"], "maxParallel": 4, "version": "0" });
        self.ask("POST", "/api/runner/claim", hello).await
    }

    /// Fetches a run, which must be there.
    pub async fn claim(&self) -> Value {
        let claimed = self.try_claim().await;
        assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.body);
        claimed.json()
    }

    /// Reports about a run that it has claimed; `body` beside the lease.
    pub async fn report(&self, claimed: &Value, what: &str, mut body: Value) -> TestResponse {
        let path = format!("/api/runner/runs/{}/{what}", claimed["run"]["id"]);
        body["lease"] = claimed["lease"].clone();
        self.ask("POST", &path, body).await
    }

    /// The same; it must be taken.
    pub async fn reported(&self, claimed: &Value, what: &str, body: Value) -> Value {
        let answer = self.report(claimed, what, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{what}: {}", answer.body);
        answer.json()
    }

    /// Fetches a run and begins it.
    pub async fn begin(&self) -> Value {
        let claimed = self.claim().await;
        self.reported(&claimed, "begin", json!({})).await;
        claimed
    }
}

/// A piece of output as it is reported.
pub fn piece(seq: i64, text: &str) -> Value {
    json!({ "seq": seq, "at": AT, "stream": "stdout", "text": text })
}
