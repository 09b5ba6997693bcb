//! Reports a run on this machine to the server: that it begins, and its output as it comes. Reports are sent by
//! a task of its own, so that a server that is slow or away holds up no step.
use super::shown::StepToRun;
use crate::{
    cli::{
        client::{actions, answers::read},
        remote::{RemoteServer, RestRefusal},
    },
    ops::failure::Failure,
    runner::output_buffer::{OUTPUT_WAIT_MAX, OutputBuffer},
};
use app::{
    api::context::now,
    domain::run::{OutputChunk, OutputStream, RunEnd, RunKind},
};
use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{
    sync::watch,
    task::JoinHandle,
    time::{Instant, sleep, timeout},
};

/// Reports within the duration of a lease.
const REPORTS_PER_LEASE: u32 = 4;

/// A run that has begun on this machine, with what its text is given.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HereRun {
    pub id: i64,
    pub kind: RunKind,
    #[serde(default)]
    pub text: String,
    pub timeout_seconds: u32,
    lease: String,
    lease_seconds: u32,
    pub customer: String,
    pub namespace: String,
    pub cluster: String,
    pub release: String,
}

/// What a refusal of the server means: a rule says no, or else the verb fails.
pub fn refused(title: &str, refusal: RestRefusal) -> Failure {
    match refusal.status {
        403 | 409 | 422 | 428 => {
            let reason = actions::reason(&refusal);
            Failure::NotRun(format!("{title} was refused: {reason}"))
        }
        _ => refusal.into(),
    }
}

/// Tells the server that this step runs here now: as it was shown, by its version and its text. Errors: it is another by now, or a
/// rule says no.
pub async fn begin(
    server: &RemoteServer,
    step: &StepToRun,
    timeout_seconds: Option<u32>,
) -> Result<HereRun, Failure> {
    let mut body = json!({
        "version": step.version,
        "textSha256": step.text_sha256,
        "here": true,
    });
    if let Some(seconds) = timeout_seconds {
        body["timeoutSeconds"] = json!(seconds);
    }
    let path = format!("/api/steps/{}/run", step.id);
    match server.try_post(&path, &body).await? {
        Ok((run, _)) => read(run),
        Err(refusal) => Err(refused(&step.title(), refusal)),
    }
}

/// Sends the output of a run to the server, and learns from the answers whether its cancellation was requested.
pub struct HereReporter {
    output: WaitingOutput,
    lease: String,
    is_cancelled: watch::Receiver<bool>,
    task: JoinHandle<()>,
}

impl HereReporter {
    /// Begins to report.
    pub fn start(server: &RemoteServer, run: &HereRun) -> Self {
        let output = WaitingOutput::default();
        let (cancel, is_cancelled) = watch::channel(false);
        let lease = Duration::from_secs(run.lease_seconds.into());
        let reports = HereReports {
            server: server.clone(),
            path: format!("/api/runs/{}/heartbeat", run.id),
            lease: run.lease.clone(),
            interval: lease / REPORTS_PER_LEASE,
            output: output.clone(),
            cancel,
        };
        Self {
            output,
            lease: run.lease.clone(),
            is_cancelled,
            task: tokio::spawn(reports.send_all()),
        }
    }

    /// Takes what the text wrote.
    pub fn push(&self, stream: OutputStream, bytes: &[u8]) {
        self.output.lock().push(stream, bytes, now());
    }

    /// Waits until the cancellation of the run is requested, possibly for ever.
    pub async fn cancelled(&mut self) {
        let heard = self.is_cancelled.wait_for(|it| *it).await.is_ok();
        if !heard {
            future::pending::<()>().await;
        }
    }

    /// Ends the reports; answers the body of the last one, with all that the server has not confirmed.
    pub fn finish(self, end: &RunEnd) -> Value {
        self.task.abort();
        let mut output = self.output.lock();
        let rest: Vec<Value> = output.rest().iter().map(piece).collect();
        let mut body = json!(end);
        body["lease"] = json!(self.lease);
        body["output"] = json!(rest);
        body["outputCut"] = json!(end.output_cut || output.is_cut());
        body["outputBytes"] = json!(output.n_pushed());
        if end.last_line.is_none() {
            body["lastLine"] = json!(output.last_line());
        }
        body
    }
}

/// Output that the server has not confirmed yet.
#[derive(Clone, Default)]
struct WaitingOutput(Arc<Mutex<OutputBuffer>>);

impl WaitingOutput {
    fn lock(&self) -> MutexGuard<'_, OutputBuffer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A piece of output, as the server takes it.
fn piece(chunk: &OutputChunk) -> Value {
    json!({
        "seq": chunk.seq,
        "at": chunk.at,
        "stream": chunk.stream,
        "base64": BASE64.encode(&chunk.bytes),
    })
}

/// The state of the reporting task.
struct HereReports {
    server: RemoteServer,
    path: String,
    lease: String,
    interval: Duration,
    output: WaitingOutput,
    cancel: watch::Sender<bool>,
}

impl HereReports {
    /// Reports until the task is aborted. After a connection failure it tries again; after a refusal the rest goes with the last report.
    async fn send_all(self) {
        let look = OUTPUT_WAIT_MAX.min(self.interval);
        let mut last = Instant::now();
        loop {
            sleep(look).await;
            while self.output.lock().is_due() || last.elapsed() >= self.interval {
                match self.send().await {
                    Ok(Ok(n_pieces)) => {
                        last = Instant::now();
                        // The first bytes of an incomplete UTF-8 character stay in the buffer.
                        if n_pieces == 0 {
                            break;
                        }
                    }
                    Ok(Err(refusal)) if refusal.status < 500 && refusal.status != 429 => return,
                    Ok(Err(_)) | Err(_) => break,
                }
            }
        }
    }

    /// Sends one report; answers how many chunks it had. A server that does not answer before the next report is due counts as
    /// unreachable, so that the lease does not expire while one answer is awaited.
    async fn send(&self) -> Result<Result<usize, RestRefusal>, Failure> {
        let output: Vec<Value> = self.output.lock().batch().iter().map(piece).collect();
        let body = json!({ "lease": self.lease, "output": output });
        let answer = timeout(self.interval, self.server.try_post(&self.path, &body)).await;
        let answer =
            answer.map_err(|_| Failure::Refused("the server does not answer".to_owned()))?;
        match answer? {
            Ok((answer, _)) => {
                self.output.lock().confirm();
                if answer["cancel"] == true {
                    self.cancel.send_replace(true);
                }
                Ok(Ok(output.len()))
            }
            Err(refusal) => Ok(Err(refusal)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    /// A run that has begun; its lease is given in seconds.
    fn run_json(lease: u32) -> Value {
        json!({
            "id": 12, "kind": "bash", "text": "true", "timeoutSeconds": 5, "lease": "secret", "leaseSeconds": lease,
            "customer": "Acme", "namespace": "acme", "cluster": "prod-eu", "release": "June", "state": "running",
        })
    }

    #[tokio::test]
    async fn the_last_report_bears_the_end_and_all_that_the_server_has_not_confirmed() {
        // Nobody is there.
        let server = RemoteServer::new("http://127.0.0.1:1", None, "Ana").unwrap();
        let run: HereRun = read(run_json(60)).unwrap();
        let reporter = HereReporter::start(&server, &run);
        reporter.push(OutputStream::Stdout, b"one\n");
        reporter.push(OutputStream::Stderr, b"two\n");
        let end = RunEnd {
            exit_code: Some(3),
            ..RunEnd::default()
        };
        let body = reporter.finish(&end);
        let output: Vec<[&Value; 3]> = body["output"]
            .as_array()
            .unwrap()
            .iter()
            .map(|it| ["seq", "stream", "base64"].map(|name| &it[name]))
            .collect();
        let expected = [
            [json!(1), json!("stdout"), json!("b25lCg==")],
            [json!(2), json!("stderr"), json!("dHdvCg==")],
        ];
        assert_eq!(output, expected.each_ref().map(<[Value; 3]>::each_ref));
        let told = ["lease", "exitCode", "lastLine", "outputCut", "outputBytes"];
        let told = told.map(|name| &body[name]);
        let expected = [
            json!("secret"),
            json!(3),
            json!("two"),
            json!(false),
            json!(8),
        ];
        assert_eq!(told, expected.each_ref());
    }

    #[tokio::test]
    async fn a_server_that_does_not_answer_is_asked_again_after_a_quarter_of_the_lease() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = RemoteServer::new(&url, None, "Ana").unwrap();
        let run: HereRun = read(run_json(4)).unwrap();
        let reporter = HereReporter::start(&server, &run);
        reporter.push(OutputStream::Stdout, b"one\n");
        // The first question is taken and never answered.
        let _first = listener.accept().await.unwrap();
        let second = timeout(Duration::from_secs(15), listener.accept()).await;
        assert!(second.is_ok());
        // What was not heard is told at the end.
        let body = reporter.finish(&RunEnd::default());
        assert_eq!(body["output"][0]["base64"], "b25lCg==");
    }
}
