//! HTTP client of everything that goes out (R62): no redirects, no proxy, 15 seconds, answers of a bounded size, and only to
//! addresses that may be dialled.
use super::{
    dial_rule::{DialRefusal, OutRule},
    resolver::GuardedResolver,
};
use axum::http::{HeaderMap, StatusCode, header::RETRY_AFTER};
use chrono::{DateTime, Utc};
use reqwest::{Client, ClientBuilder, RequestBuilder, Response, Url, redirect::Policy};
use std::{error::Error, sync::OnceLock, time::Duration};

/// The timeout of one request, answer and all.
pub const OUT_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes of an answer to a message that are read.
pub const ANSWER_MAX_BYTES: usize = 64 * 1024;
/// What the program calls itself.
const USER_AGENT: &str = concat!("Rollcall/", env!("CARGO_PKG_VERSION"));

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum OutError {
    #[error(transparent)]
    Refused(#[from] DialRefusal),
    #[error("there is no answer within {} seconds", OUT_TIMEOUT.as_secs())]
    Late,
    #[error("there is no answer: {}", last_cause(.0))]
    Request(reqwest::Error),
}

impl From<reqwest::Error> for OutError {
    /// Without the address, which is a secret of some hooks.
    fn from(error: reqwest::Error) -> Self {
        if error.is_timeout() {
            Self::Late
        } else {
            Self::Request(error.without_url())
        }
    }
}

/// The last cause of an error, on one line: what is before it says in a library's words that there was one.
pub fn last_cause(error: &dyn Error) -> String {
    let mut last: &dyn Error = error;
    while let Some(cause) = last.source() {
        last = cause;
    }
    last.to_string().replace(['\n', '\r'], " ")
}

/// What was answered.
#[derive(Clone, Debug)]
pub struct OutAnswer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    /// The body, or its beginning if it is longer than what was to be read.
    pub body: Vec<u8>,
}

impl OutAnswer {
    /// How long the receiver asks to be left alone, in seconds or until a time.
    pub fn retry_after(&self, now: DateTime<Utc>) -> Option<Duration> {
        let text = self.headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
        if let Ok(seconds) = text.parse() {
            return Some(Duration::from_secs(seconds));
        }
        let until = DateTime::parse_from_rfc2822(text).ok()?;
        (until.with_timezone(&Utc) - now).to_std().ok()
    }
}

/// The client of a rule.
pub struct OutClient {
    rule: OutRule,
    /// Made for the first request: the system's certificates are read then.
    http: OnceLock<Client>,
}

/// The settings that every client has: no redirects, and a resolver that asks the rule.
pub fn guarded_builder(rule: &OutRule) -> ClientBuilder {
    // Fails if a crypto provider is installed already, which can only be this one.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .redirect(Policy::none())
        .dns_resolver(GuardedResolver::new(rule.clone()))
}

impl OutClient {
    /// Asks nothing yet.
    pub fn new(rule: OutRule) -> Self {
        Self {
            rule,
            http: OnceLock::new(),
        }
    }

    /// The client, for a request that is then given to `send`. Errors: the system's certificates cannot be read.
    pub fn http(&self) -> Result<&Client, OutError> {
        if let Some(http) = self.http.get() {
            return Ok(http);
        }
        let http = guarded_builder(&self.rule)
            .no_proxy()
            .timeout(OUT_TIMEOUT)
            .user_agent(USER_AGENT)
            // Each request dials, so that each is checked.
            .pool_max_idle_per_host(0)
            .build()?;
        Ok(self.http.get_or_init(|| http))
    }

    /// Whether this address may be asked, as far as can be told without resolving its name.
    pub fn check(&self, url: &str) -> Result<Url, OutError> {
        let url = Url::parse(url).map_err(|_| DialRefusal::NoUrl)?;
        self.rule.check_url(&url)?;
        Ok(url)
    }

    /// Sends a request, and reads up to `max` bytes of the answer. Once the status is there a body that breaks off is no failure.
    pub async fn send(&self, request: RequestBuilder, max: usize) -> Result<OutAnswer, OutError> {
        let (client, request) = request.build_split();
        let request = request?;
        self.rule.check_url(request.url())?;
        let response = client.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(OutAnswer {
            status,
            headers,
            body: beginning_of(response, max).await,
        })
    }
}

/// The first bytes of a body.
async fn beginning_of(mut response: Response, max: usize) -> Vec<u8> {
    let mut body = Vec::new();
    while body.len() < max
        && let Ok(Some(chunk)) = response.chunk().await
    {
        let room = max - body.len();
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn retry_after_is_seconds_or_a_time() {
        let now = "2015-10-21T07:28:00Z".parse().unwrap();
        for (text, seconds) in [
            ("120", Some(120)),
            ("Wed, 21 Oct 2015 07:29:00 GMT", Some(60)),
            ("Wed, 21 Oct 2015 07:27:00 GMT", None),
            ("soon", None),
            ("-1", None),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, HeaderValue::from_static(text));
            let answer = OutAnswer {
                status: StatusCode::TOO_MANY_REQUESTS,
                headers,
                body: Vec::new(),
            };
            let wait = answer.retry_after(now).map(|it| it.as_secs());
            assert_eq!(wait, seconds, "{text}");
        }
    }

    #[tokio::test]
    async fn an_address_that_may_not_be_dialled_is_not_asked() {
        let client = OutClient::new(OutRule::Setting);
        for url in [
            "http://169.254.169.254/",
            "http://[fe80::1]/",
            "file:///etc",
        ] {
            assert!(matches!(client.check(url), Err(OutError::Refused(_))));
        }
        let request = client.http().unwrap().get("http://169.254.169.254/");
        let sent = client.send(request, ANSWER_MAX_BYTES).await;
        assert!(matches!(sent, Err(OutError::Refused(_))), "{sent:?}");
    }
}
