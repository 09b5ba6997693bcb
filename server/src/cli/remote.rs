//! A server that a verb speaks to by REST, once `ROLLCALL_URL` names one. `ROLLCALL_TOKEN` says who asks; without it the name of the
//! settings is sent, which a server in `open` mode takes.
use crate::ops::{
    config::{InvalidSetting, variable},
    failure::Failure,
};
use app::{api::context::ACTOR_HEADER, store::error::chain};
use reqwest::{
    Client, Url,
    header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
    redirect::Policy,
};
use serde_json::Value;
use std::time::Duration;

/// Of one request.
const TIMEOUT: Duration = Duration::from_mins(1);

/// The server.
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
        let url = url.trim().trim_end_matches('/').to_owned();
        let is_address = Url::parse(&url).is_ok_and(|it| matches!(it.scheme(), "http" | "https"));
        if !is_address {
            return Err(InvalidSetting::ServerUrl(url).into());
        }
        let (name, value) = match variable("ROLLCALL_TOKEN")? {
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
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| Failure::Refused(chain(&error)))?;
        Ok(Some(Self { client, url }))
    }

    /// Ids and names of all releases.
    pub async fn release_names(&self) -> Result<Vec<(i64, String)>, Failure> {
        const FIRST: &str = "/api/releases?limit=500";
        let (mut names, mut path) = (Vec::new(), FIRST.to_owned());
        loop {
            let (page, _) = self.ask(&path, None).await?;
            let items = page["items"].as_array().into_iter().flatten();
            names.extend(items.filter_map(|it| {
                let (id, name) = (it["id"].as_i64()?, it["name"].as_str()?);
                Some((id, name.to_owned()))
            }));
            match page["nextCursor"].as_str() {
                Some(cursor) => path = format!("{FIRST}&cursor={cursor}"),
                None => return Ok(names),
            }
        }
    }

    /// Sends JSON.
    pub async fn post(&self, path: &str, body: &Value) -> Result<RestAnswer, Failure> {
        self.ask(path, Some(body)).await
    }

    /// Errors: there is no answer, or the server says no.
    async fn ask(&self, path: &str, body: Option<&Value>) -> Result<RestAnswer, Failure> {
        let url = format!("{}{path}", self.url);
        let request = match body {
            None => self.client.get(url),
            Some(body) => self
                .client
                .post(url)
                .header(CONTENT_TYPE, "application/json")
                .body(body.to_string()),
        };
        let answer = request.send().await.map_err(|it| self.no_answer(it))?;
        let (status, headers) = (answer.status(), answer.headers());
        let batch = headers.get("x-rollcall-batch");
        let batch = batch.and_then(|it| it.to_str().ok()).map(str::to_owned);
        let text = answer.text().await.map_err(|it| self.no_answer(it))?;
        let answer: Option<Value> = serde_json::from_str(&text).ok();
        match answer {
            Some(answer) if status.is_success() => Ok((answer, batch)),
            answer => {
                let detail = answer.as_ref().and_then(|it| it["detail"].as_str());
                let detail = detail.unwrap_or("this is no answer of Rollcall");
                let refused = format!("the server answers {}: {detail}", status.as_u16());
                Err(Failure::Refused(refused))
            }
        }
    }

    fn no_answer(&self, error: reqwest::Error) -> Failure {
        let (url, cause) = (&self.url, chain(&error.without_url()));
        Failure::Refused(format!(
            "{url} does not answer: {cause}. Check ROLLCALL_URL"
        ))
    }
}
