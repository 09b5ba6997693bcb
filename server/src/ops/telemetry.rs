//! Logging to standard error, with a span and an id for each request. A log line never has the text of a step, the value of
//! a variable, or the query of an address.
use super::{
    config::{InvalidSetting, LogFormat, variable},
    shown_path::shown_path,
};
use axum::http::{HeaderName, Request};
use std::io::{self, IsTerminal};
use tower::{
    ServiceBuilder,
    layer::util::{Identity, Stack},
};
use tower_http::{
    classify::{ServerErrorsAsFailures, SharedClassifier},
    request_id::{MakeRequestUuid, PropagateRequestIdLayer, RequestId, SetRequestIdLayer},
    trace::{DefaultOnBodyChunk, DefaultOnEos, DefaultOnRequest, DefaultOnResponse, TraceLayer},
};
use tracing::{Level, Span};
use tracing_subscriber::EnvFilter;

/// These write whole paths at trace level, and a path may have a key of CI (R63). Both are named, because the longest target wins.
const WITHOUT_PATHS: &str = "tower_http::csrf=warn,tower_http::csrf::service=warn";

/// What is logged: what was said, or else the default, without what shows keys.
fn filter(said: Option<String>, default_filter: &str) -> Result<EnvFilter, InvalidSetting> {
    let text = said.as_deref().unwrap_or(default_filter);
    let filter = EnvFilter::try_new(format!("{text},{WITHOUT_PATHS}"));
    filter.map_err(|_| InvalidSetting::Filter(said.unwrap_or_default()))
}

/// Starts the log. `RUST_LOG` is the filter; without it, `default_filter`.
pub fn init(format: LogFormat, default_filter: &str) -> Result<(), InvalidSetting> {
    let filter = filter(variable(EnvFilter::DEFAULT_ENV)?, default_filter)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // A failure to write would be told on standard error itself, which panics where that is what cannot be written to: a pipe whose
        // reader is gone would end whatever logs.
        .log_internal_errors(false)
        .with_writer(io::stderr);
    // In a file or a collector's hands the codes of colours are noise.
    let log = if io::stderr().is_terminal() {
        log
    } else {
        log.with_ansi(false)
    };
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

/// The span of a request: method, path without its query and without a key, and id.
fn span<B>(request: &Request<B>) -> Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|it| it.header_value().to_str().ok())
        .unwrap_or_default();
    let path = shown_path(request.uri().path());
    tracing::info_span!("request", method = %request.method(), path = &*path, id)
}

type LogLayers = ServiceBuilder<
    Stack<
        PropagateRequestIdLayer,
        Stack<
            TraceLayer<
                SharedClassifier<ServerErrorsAsFailures>,
                fn(&Request<axum::body::Body>) -> Span,
                DefaultOnRequest,
                DefaultOnResponse,
                DefaultOnBodyChunk,
                DefaultOnEos,
                (),
            >,
            Stack<SetRequestIdLayer<MakeRequestUuid>, Identity>,
        >,
    >,
>;

/// Gives each request an id and a span, and logs the response at debug level. Failures are logged where they happen, with
/// the cause, so `on_failure` adds nothing.
pub fn layers() -> LogLayers {
    const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
    let make_span: fn(&Request<axum::body::Body>) -> Span = span;
    ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(make_span)
                .on_response(DefaultOnResponse::new().level(Level::DEBUG))
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(REQUEST_ID))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_filter_makes_a_layer_log_whole_paths() {
        for said in [
            None,
            Some("trace"),
            Some("info,tower_http=trace"),
            Some("tower_http::csrf::service=trace,tower_http::csrf=trace"),
        ] {
            let filter = filter(said.map(str::to_owned), "info").unwrap().to_string();
            assert!(
                filter.contains("tower_http::csrf::service=warn"),
                "{filter}"
            );
            assert!(!filter.contains("service=trace"), "{filter}");
        }
        let wrong = filter(Some("info=much".to_owned()), "info").unwrap_err();
        assert!(matches!(wrong, InvalidSetting::Filter(it) if it == "info=much"));
    }
}
