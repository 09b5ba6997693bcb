//! HTTP client of a runner (R73): its own record, claims, and the reports about a run.
use super::reporter::{ReportError, RunReports};
use crate::ops::{config::InvalidSetting, failure::Failure};
use app::{
    domain::{
        id::RunId,
        run::{OutputChunk, RunEnd},
        runner::{ClaimedRun, RunnerHello},
    },
    store::error::chain,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{
    Client, Method, StatusCode, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue},
    redirect::Policy,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Value, json};
use std::{
    hash::{BuildHasher, RandomState},
    time::Duration,
};

/// Of one report.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);
/// Of a question for a run, which the server answers after 25 seconds at the latest.
const CLAIM_TIMEOUT: Duration = Duration::from_secs(40);
/// Of the word that a runner has ended, for which its end waits.
const GOODBYE_TIMEOUT: Duration = Duration::from_secs(5);
/// What the program calls itself.
const USER_AGENT: &str = concat!("Rollcall/", env!("CARGO_PKG_VERSION"));

/// A runner as the server knows it.
#[derive(Clone, Debug, Deserialize)]
pub struct KnownRunner {
    pub name: String,
    /// The names of its clusters.
    pub clusters: Vec<String>,
}

/// The server, asked with a runner's token.
#[derive(Clone)]
pub struct RunnerServer {
    client: Client,
    /// Without a slash at its end.
    url: String,
    /// Tells this program from others with its token.
    process: String,
}

impl RunnerServer {
    /// Asks nothing yet. Errors: a wrong address or token, or the system's certificates cannot be read.
    pub fn new(url: &str, token: &str) -> Result<Self, Failure> {
        let url = url.trim().trim_end_matches('/').to_owned();
        if !Url::parse(&url).is_ok_and(|it| matches!(it.scheme(), "http" | "https")) {
            return Err(InvalidSetting::ServerUrl(url).into());
        }
        let token = HeaderValue::try_from(format!("Bearer {}", token.trim()));
        let mut token = token.map_err(|_| {
            Failure::Usage("the token has a character that no token has: copy it anew".to_owned())
        })?;
        token.set_sensitive(true);
        // Fails if there is one already, which then is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, token)]))
            .redirect(Policy::none())
            .user_agent(USER_AGENT)
            .connect_timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(|error| Failure::Refused(chain(&error)))?;
        // Chance makes it, since in containers each program has the same number.
        let process = format!("{:016x}", RandomState::new().hash_one(0_u8));
        Ok(Self {
            client,
            url,
            process,
        })
    }

    /// Who this runner is.
    pub async fn known_runner(&self) -> Result<KnownRunner, ReportError> {
        let answer = self
            .ask(Method::GET, "/api/runner", None, REQUEST_TIMEOUT)
            .await?;
        read(answer.unwrap_or_default())
    }

    /// The next run; none if there was none for some time.
    pub async fn claim(&self, hello: &RunnerHello) -> Result<Option<ClaimedRun>, ReportError> {
        let mut body = json!(hello);
        body["process"] = json!(self.process);
        let path = "/api/runner/claim";
        let answer = self.ask(Method::POST, path, Some(body), CLAIM_TIMEOUT);
        answer.await?.map(read).transpose()
    }

    /// Says that this runner has to end, so that the question for a run which is under way is answered at once, and that it carries out so
    /// many runs still, so that it does not count as one that could take another.
    pub async fn drain(&self, n_runs: usize) -> Result<(), ReportError> {
        let body = json!({ "process": self.process, "inHand": n_runs });
        self.tell_end(body, REQUEST_TIMEOUT).await
    }

    /// Says that this runner has ended, so that it does not count as one that could take a run.
    pub async fn say_goodbye(&self) -> Result<(), ReportError> {
        let body = json!({ "process": self.process, "ended": true });
        self.tell_end(body, GOODBYE_TIMEOUT).await
    }

    async fn tell_end(&self, body: Value, timeout: Duration) -> Result<(), ReportError> {
        let path = "/api/runner/drain";
        self.ask(Method::POST, path, Some(body), timeout).await?;
        Ok(())
    }

    /// Where this run is reported to.
    pub fn reports(&self, run: &ClaimedRun) -> LeasedReports {
        LeasedReports {
            server: self.clone(),
            run: run.run.id,
            lease: run.lease.clone(),
        }
    }

    /// Asks; none if the answer is empty.
    async fn ask(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
        timeout: Duration,
    ) -> Result<Option<Value>, ReportError> {
        let url = format!("{}{path}", self.url);
        let mut request = self.client.request(method, url).timeout(timeout);
        if let Some(body) = body {
            request = request
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string());
        }
        let response = request.send().await.map_err(|it| self.away(it))?;
        let status = response.status();
        if status == StatusCode::NO_CONTENT {
            return Ok(None);
        }
        let text = response.text().await.map_err(|it| self.away(it))?;
        let answer: Option<Value> = serde_json::from_str(&text).ok();
        match answer {
            Some(answer) if status.is_success() => Ok(Some(answer)),
            answer => Err(refusal(status, &answer.unwrap_or_default())),
        }
    }

    fn away(&self, error: reqwest::Error) -> ReportError {
        let (url, cause) = (&self.url, chain(&error.without_url()));
        ReportError::Away(format!("{url} does not answer: {cause}"))
    }
}

/// Reads an answer. One that is of another form is none of Rollcall.
fn read<T: DeserializeOwned>(answer: Value) -> Result<T, ReportError> {
    serde_json::from_value(answer)
        .map_err(|error| ReportError::Away(format!("this is no answer of Rollcall: {error}")))
}

/// What a status other than a success means.
fn refusal(status: StatusCode, problem: &Value) -> ReportError {
    // Of what is between: a proxy without its server, say.
    let Some(detail) = problem["detail"].as_str() else {
        return ReportError::Away(format!("{status}, and no answer of Rollcall"));
    };
    let said = format!("the server answers {}: {detail}", status.as_u16());
    let may_pass = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    if status.is_server_error() || may_pass.contains(&status) {
        ReportError::Away(said)
    } else if problem["type"] == "urn:rollcall:problem:lease-over" {
        ReportError::LeaseOver(said)
    } else {
        ReportError::Refused(said)
    }
}

/// The reports about one run, which bear its lease.
pub struct LeasedReports {
    server: RunnerServer,
    run: RunId,
    lease: String,
}

impl LeasedReports {
    async fn tell(&self, what: &str, mut body: Value) -> Result<Value, ReportError> {
        body["lease"] = json!(self.lease);
        let path = format!("/api/runner/runs/{}/{what}", self.run);
        let answer = self
            .server
            .ask(Method::POST, &path, Some(body), REQUEST_TIMEOUT);
        Ok(answer.await?.unwrap_or_default())
    }

    /// Gives back the run, which was not begun.
    pub async fn give_back(&self) -> Result<(), ReportError> {
        self.tell("give-back", json!({})).await.map(|_| ())
    }
}

impl RunReports for LeasedReports {
    async fn begin(&self) -> Result<(), ReportError> {
        self.tell("begin", json!({})).await.map(|_| ())
    }

    async fn heartbeat(&self, output: &[OutputChunk]) -> Result<bool, ReportError> {
        let body = json!({ "output": output_json(output) });
        let answer = self.tell("heartbeat", body).await?;
        Ok(answer["cancel"] == true)
    }

    async fn finish(&self, end: &RunEnd, output: &[OutputChunk]) -> Result<(), ReportError> {
        let mut body = json!(end);
        body["output"] = output_json(output);
        self.tell("finish", body).await.map(|_| ())
    }
}

/// Output as reports bear it.
pub fn output_json(output: &[OutputChunk]) -> Value {
    output
        .iter()
        .map(|it| {
            let base64 = STANDARD.encode(&it.bytes);
            json!({ "seq": it.seq, "at": it.at, "stream": it.stream, "base64": base64 })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_server_itself_says_is_final() {
        let said =
            |status: u16, problem: Value| refusal(StatusCode::from_u16(status).unwrap(), &problem);
        let over = json!({ "type": "urn:rollcall:problem:lease-over", "detail": "over" });
        let over = said(409, over);
        assert_eq!(
            over,
            ReportError::LeaseOver("the server answers 409: over".to_owned())
        );
        let problem = json!({ "type": "x", "detail": "no" });
        for status in [401, 404, 409, 422] {
            let refused = said(status, problem.clone());
            assert!(matches!(refused, ReportError::Refused(_)), "{status}");
        }
        for status in [408, 429, 500, 503] {
            let away = said(status, problem.clone());
            assert!(matches!(away, ReportError::Away(_)), "{status}");
        }
        for status in [302, 404, 502] {
            let away = said(status, Value::Null);
            assert!(matches!(away, ReportError::Away(_)), "{status}");
        }
    }
}
