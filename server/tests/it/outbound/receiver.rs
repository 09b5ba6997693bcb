//! A receiver of messages on loopback: it keeps what it got, and answers as a test says.
use super::WAIT_TIMEOUT;
use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use http_body_util::BodyExt;
use std::{
    collections::VecDeque,
    future::pending,
    sync::{Arc, Mutex},
    time::Instant,
};
use tokio::{net::TcpListener, sync::watch, time::timeout};

/// What it answers to one message. Without any it is 200.
#[derive(Clone, Debug)]
pub enum HookAnswer {
    Status(u16),
    /// A status with a header.
    Header(u16, &'static str, String),
    /// 200 with a body of so many bytes.
    Long(usize),
    /// Nothing.
    Never,
}

/// A message as it came.
#[derive(Clone, Debug)]
pub struct GotMessage {
    pub headers: HeaderMap,
    pub body: String,
    pub at: Instant,
}

impl GotMessage {
    /// A header, empty if it is missing.
    pub fn header(&self, name: &str) -> &str {
        let value = self.headers.get(name);
        value.and_then(|it| it.to_str().ok()).unwrap_or_default()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

struct ReceiverState {
    got: watch::Sender<Vec<GotMessage>>,
    answers: Mutex<VecDeque<HookAnswer>>,
}

/// The receiver, as long as the test runs.
pub struct HookReceiver {
    pub url: String,
    state: Arc<ReceiverState>,
}

impl HookReceiver {
    /// One that answers so, and then 200.
    pub async fn start(answers: Vec<HookAnswer>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let state = Arc::new(ReceiverState {
            got: watch::Sender::new(Vec::new()),
            answers: Mutex::new(answers.into()),
        });
        let router = Router::new()
            .fallback(receive)
            .with_state(Arc::clone(&state));
        tokio::spawn(axum::serve(listener, router).into_future());
        Self { url, state }
    }

    /// What it has got, once there are so many.
    pub async fn wait_for(&self, n: usize) -> Vec<GotMessage> {
        let mut got = self.state.got.subscribe();
        let enough = timeout(WAIT_TIMEOUT, got.wait_for(|it| it.len() >= n)).await;
        enough.unwrap().unwrap().clone()
    }

    /// What it has got so far.
    pub fn got(&self) -> Vec<GotMessage> {
        self.state.got.borrow().clone()
    }
}

async fn receive(State(state): State<Arc<ReceiverState>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let got = GotMessage {
        headers: parts.headers,
        body: String::from_utf8(body.to_vec()).unwrap(),
        at: Instant::now(),
    };
    let answer = state.answers.lock().unwrap().pop_front();
    state.got.send_modify(|it| it.push(got));
    let status = |it: u16| StatusCode::from_u16(it).unwrap();
    match answer.unwrap_or(HookAnswer::Status(200)) {
        HookAnswer::Status(code) => (status(code), "said").into_response(),
        HookAnswer::Header(code, name, value) => {
            (status(code), [(name, value)], "said").into_response()
        }
        HookAnswer::Long(long) => Body::from("x".repeat(long)).into_response(),
        HookAnswer::Never => pending().await,
    }
}
