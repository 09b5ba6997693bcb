//! HTTP client for requests to the provider: no redirects, answers of a bounded size, within a few seconds, and never to link-local
//! addresses or a cloud's metadata (R62). They go through the proxy that the environment names, and trust the certificates that the
//! system trusts.
use crate::outbound::{
    client::guarded_builder,
    dial_rule::{DialRefusal, OutRule},
};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Client, Url};
use std::{pin::Pin, time::Duration};

/// The timeout of one request. A sign-in makes up to four.
const PROVIDER_TIMEOUT: Duration = Duration::from_secs(6);
/// The largest body of an answer, in bytes.
const ANSWER_MAX: usize = 1024 * 1024;

/// The client.
#[derive(Clone, Debug)]
pub struct ProviderHttp(Client);

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum ProviderHttpError {
    #[error("there is no answer")]
    Request(#[from] reqwest::Error),
    #[error("the provider is not asked: {0}")]
    Refused(#[from] DialRefusal),
    #[error("the answer is longer than {ANSWER_MAX} bytes")]
    TooLong,
}

impl ProviderHttp {
    /// Errors: the system's certificates cannot be read.
    pub fn new() -> Result<Self, ProviderHttpError> {
        let builder = guarded_builder(&OutRule::Setting).timeout(PROVIDER_TIMEOUT);
        Ok(Self(builder.build()?))
    }
}

impl<'c> AsyncHttpClient<'c> for ProviderHttp {
    type Error = ProviderHttpError;
    type Future =
        Pin<Box<dyn Future<Output = Result<HttpResponse, ProviderHttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(send(self.0.clone(), request))
    }
}

async fn send(client: Client, request: HttpRequest) -> Result<HttpResponse, ProviderHttpError> {
    let (parts, body) = request.into_parts();
    let url = Url::parse(&parts.uri.to_string()).map_err(|_| DialRefusal::NoUrl)?;
    OutRule::Setting.check_url(&url)?;
    let mut response = client
        .request(parts.method, url)
        .headers(parts.headers)
        .body(body)
        .send()
        .await?;
    let (status, headers) = (response.status(), response.headers().clone());
    let mut bytes = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if bytes.len() + chunk.len() > ANSWER_MAX {
            return Err(ProviderHttpError::TooLong);
        }
        bytes.extend_from_slice(&chunk);
    }
    let mut answer = HttpResponse::new(bytes);
    *answer.status_mut() = status;
    *answer.headers_mut() = headers;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_provider_at_a_link_local_address_is_not_asked() {
        let http = ProviderHttp::new().unwrap();
        for url in ["http://169.254.169.254/", "http://[::ffff:169.254.0.1]/"] {
            let mut request = HttpRequest::new(Vec::new());
            *request.uri_mut() = url.parse().unwrap();
            let asked = http.call(request).await;
            assert!(matches!(asked, Err(ProviderHttpError::Refused(_))));
        }
    }
}
