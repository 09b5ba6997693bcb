//! The log, on standard error: one line for whatever fails, with the request's id. It never has the text of a step, the
//! value of a variable, or what was asked behind the `?`.
use super::config::{InvalidSetting, LogFormat};
use axum::http::{HeaderName, Request};
use std::env;
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

/// `RUST_LOG` says how much; without it, what `default` says.
pub fn init(format: LogFormat, default: &str) -> Result<(), InvalidSetting> {
    let said = env::var(EnvFilter::DEFAULT_ENV).ok();
    let filter = match said.filter(|it| !it.trim().is_empty()) {
        Some(text) => EnvFilter::try_new(&text).map_err(|_| InvalidSetting::Filter(text))?,
        None => EnvFilter::new(default),
    };
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    Ok(())
}

fn span<B>(request: &Request<B>) -> Span {
    let id = request
        .extensions()
        .get::<RequestId>()
        .and_then(|it| it.header_value().to_str().ok())
        .unwrap_or_default();
    tracing::info_span!("request", method = %request.method(), path = request.uri().path(), id)
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

/// Gives each request an id, and writes a line when it is answered (at debug). Whoever fails has said so already, with
/// the cause, so that nothing is added.
pub fn layers() -> LogLayers {
    const ID: HeaderName = HeaderName::from_static("x-request-id");
    let make_span: fn(&Request<axum::body::Body>) -> Span = span;
    ServiceBuilder::new()
        .layer(SetRequestIdLayer::new(ID, MakeRequestUuid))
        .layer(
            TraceLayer::new_for_http()
                .make_span_with(make_span)
                .on_response(DefaultOnResponse::new().level(Level::DEBUG))
                .on_failure(()),
        )
        .layer(PropagateRequestIdLayer::new(ID))
}
