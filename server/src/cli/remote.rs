//! A server that a verb speaks to by REST. A token says who asks; without one the name of the settings is sent, which a server in
//! `open` mode takes.
use crate::ops::{
    config::{InvalidSetting, variable},
    failure::Failure,
};
use app::{api::context::ACTOR_HEADER, store::error::chain};
use reqwest::{
    Client, RequestBuilder, Response, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::Value;
use std::time::Duration;

/// Of one request.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);
/// Of a stream, which the server ends after a quarter of an hour.
const STREAM_TIMEOUT: Duration = Duration::from_hours(1);

/// The server.
#[derive(Clone)]
pub struct RemoteServer {
    client: Client,
    /// Without a slash at its end.
    url: String,
}

/// What a server answers, and the change that it made, if it made one.
pub type RestAnswer = (Value, Option<String>);

impl RemoteServer {
    /// The server that the environment names; none if it names none. Errors: a wrong setting, or the system's certificates cannot
    /// be read.
    pub fn of_environment(actor: &str) -> Result<Option<Self>, Failure> {
        let Some(url) = variable("ROLLCALL_URL")? else {
            return Ok(None);
        };
        let token = variable("ROLLCALL_TOKEN")?;
        Self::new(&url, token.as_deref(), actor).map(Some)
    }

    /// The server at this address, asked with a token or in this name. Errors: as above.
    pub fn new(url: &str, token: Option<&str>, actor: &str) -> Result<Self, Failure> {
        let url = url.trim().trim_end_matches('/').to_owned();
        let is_address = Url::parse(&url).is_ok_and(|it| matches!(it.scheme(), "http" | "https"));
        if !is_address {
            return Err(InvalidSetting::ServerUrl(url).into());
        }
        let (name, value) = match token {
            Some(token) => (AUTHORIZATION, format!("Bearer {}", token.trim())),
            None => (HeaderName::from_static(ACTOR_HEADER), actor.to_owned()),
        };
        let mut value =
            HeaderValue::from_bytes(value.as_bytes()).map_err(|_| InvalidSetting::ServerToken)?;
        value.set_sensitive(true);
        // Fails if there is one already, which then is this one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .default_headers(HeaderMap::from_iter([(name, value)]))
            .redirect(Policy::none())
            .timeout(REQUEST_TIMEOUT)
            .build()
            .map_err(|error| Failure::Refused(chain(&error)))?;
        Ok(Self { client, url })
    }

    /// The address, without a slash at its end.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Ids and names of all releases.
    pub async fn release_names(&self) -> Result<Vec<(i64, String)>, Failure> {
        let items = self.all("/api/releases").await?;
        let names = items.iter().filter_map(|it| {
            let (id, name) = (it["id"].as_i64()?, it["name"].as_str()?);
            Some((id, name.to_owned()))
        });
        Ok(names.collect())
    }

    /// All rows of a list, page by page.
    pub async fn all(&self, path: &str) -> Result<Vec<Value>, Failure> {
        let first = format!("{path}?limit=500");
        let (mut items, mut next) = (Vec::new(), first.clone());
        loop {
            let mut page = self.get(&next).await?;
            if let Some(Value::Array(rows)) = page.get_mut("items").map(Value::take) {
                items.extend(rows);
            }
            match page["nextCursor"].as_str() {
                Some(cursor) => next = format!("{first}&cursor={cursor}"),
                None => return Ok(items),
            }
        }
    }

    /// Reads JSON.
    pub async fn get(&self, path: &str) -> Result<Value, Failure> {
        Ok(self.try_ask(path, None).await??.0)
    }

    /// Reads JSON; what the server says against it is the inner error. Errors: there is no answer.
    pub async fn try_get(&self, path: &str) -> Result<Result<RestAnswer, RestRefusal>, Failure> {
        self.try_ask(path, None).await
    }

    /// The same; none if there is no such row.
    pub async fn find(&self, path: &str) -> Result<Option<Value>, Failure> {
        match self.try_ask(path, None).await? {
            Ok((answer, _)) => Ok(Some(answer)),
            Err(refusal) if refusal.is_not_found() => Ok(None),
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Sends JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<RestAnswer, Failure> {
        Ok(self.try_ask(path, Some(body)).await??)
    }

    /// Sends JSON; what the server says against it is the inner error. Errors: there is no answer.
    pub async fn try_post(
        &self,
        path: &str,
        body: &Value,
    ) -> Result<Result<RestAnswer, RestRefusal>, Failure> {
        self.try_ask(path, Some(body)).await
    }

    /// Opens a stream of events, from behind this one if it is known. Errors: as of `try_post`.
    pub async fn open_stream(
        &self,
        path: &str,
        last: Option<&str>,
    ) -> Result<Result<Response, RestRefusal>, Failure> {
        let url = format!("{}{path}", self.url);
        let mut request = self.client.get(url).timeout(STREAM_TIMEOUT);
        if let Some(last) = last {
            request = request.header("last-event-id", last);
        }
        let answer = self.send(request).await?;
        if answer.status().is_success() {
            return Ok(Ok(answer));
        }
        let status = answer.status().as_u16();
        let text = answer.text().await.map_err(|it| self.no_answer(it))?;
        Ok(Err(RestRefusal::new(status, &text)))
    }

    async fn try_ask(
        &self,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Result<RestAnswer, RestRefusal>, Failure> {
        let url = format!("{}{path}", self.url);
        let request = match body {
            None => self.client.get(url),
            Some(body) => self
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string()),
        };
        let answer = self.send(request).await?;
        let (status, headers) = (answer.status(), answer.headers());
        let batch = headers.get("x-rollcall-batch");
        let batch = batch.and_then(|it| it.to_str().ok()).map(str::to_owned);
        let text = answer.text().await.map_err(|it| self.no_answer(it))?;
        match serde_json::from_str(&text) {
            Ok(answer) if status.is_success() => Ok(Ok((answer, batch))),
            _ => Ok(Err(RestRefusal::new(status.as_u16(), &text))),
        }
    }

    async fn send(&self, request: RequestBuilder) -> Result<Response, Failure> {
        request.send().await.map_err(|it| self.no_answer(it))
    }

    fn no_answer(&self, error: reqwest::Error) -> Failure {
        let (url, cause) = (&self.url, chain(&error.without_url()));
        Failure::Refused(format!(
            "{url} does not answer: {cause}. Check ROLLCALL_URL"
        ))
    }
}

/// What a server answers when it says no.
#[derive(Debug)]
pub struct RestRefusal {
    pub status: u16,
    /// The problem document; null if the answer is none of Rollcall.
    pub problem: Value,
}

impl RestRefusal {
    fn new(status: u16, text: &str) -> Self {
        let problem = serde_json::from_str(text).unwrap_or_default();
        Self { status, problem }
    }

    /// What is wrong, in words.
    pub fn detail(&self) -> &str {
        let detail = self.problem["detail"].as_str();
        detail.unwrap_or("this is no answer of Rollcall")
    }

    /// Whether what was asked for does not exist.
    fn is_not_found(&self) -> bool {
        self.status == 404 && self.problem["detail"].is_string()
    }
}

impl From<RestRefusal> for Failure {
    fn from(refusal: RestRefusal) -> Self {
        let (status, detail) = (refusal.status, refusal.detail());
        Self::Refused(format!("the server answers {status}: {detail}"))
    }
}
