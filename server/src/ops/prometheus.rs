//! Metrics in Prometheus' text format, `GET /metrics`: requests by route and status with their latency, open streams, latency of the
//! database, cells of active releases by state, and the size of the database.
use super::shown_path::shown_path;
use app::{
    domain::{
        caller::Caller,
        release::ReleaseSummary,
        via::Via,
        vocabulary::{ReleaseStatus, StepStatus},
    },
    store::{
        Database,
        error::{StoreError, chain},
    },
};
use axum::{
    extract::{MatchedPath, Request, State},
    http::{Method, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use std::{
    fmt::Write,
    sync::{Arc, OnceLock},
    time::{Duration, Instant},
};

/// Upper bounds of the latency buckets, in seconds: from one row of the database to a whole import.
const LATENCY_BUCKETS_SECONDS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How often samples are folded into the histograms, also if nobody scrapes.
const UPKEEP_INTERVAL: Duration = Duration::from_secs(5);

/// The metrics recorder. There is one in a process, however many routers it has.
fn recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&LATENCY_BUCKETS_SECONDS);
        let recorder = builder.unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("another metrics recorder is installed: /metrics stays empty");
        }
        describe();
        handle
    })
}

fn describe() {
    metrics::describe_counter!("rollcall_http_requests_total", "Requests answered.");
    metrics::describe_histogram!(
        "rollcall_http_request_seconds",
        "Until the answer began, in seconds."
    );
    metrics::describe_gauge!("rollcall_open_streams", "Open streams of changes.");
    metrics::describe_histogram!(
        "rollcall_store_query_seconds",
        "One statement, by what it does and its first table, in seconds."
    );
    metrics::describe_counter!("rollcall_store_failures_total", "Statements that failed.");
    metrics::describe_counter!(
        "rollcall_anchor_failures_total",
        "Heads that were not added to the anchor file, and times that it had lost lines."
    );
    metrics::describe_histogram!(
        "rollcall_store_wait_seconds",
        "Until the one writer was free, in seconds."
    );
    metrics::describe_histogram!(
        "rollcall_store_write_seconds",
        "A change from its beginning to its commit, in seconds."
    );
}

/// Starts recording metrics.
pub fn install() {
    recorder();
}

/// Folds samples into the histograms as long as the server runs, so that they do not pile up in memory.
pub async fn run_upkeep() {
    loop {
        tokio::time::sleep(UPKEEP_INTERVAL).await;
        recorder().run_upkeep();
    }
}

/// Middleware: counts and times every request, by its route pattern. Full addresses hold ids, so they would be endless.
pub async fn measure_request(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method_label(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str);
    let route = shown_path(route).into_owned();
    let response = next.run(request).await;
    let status = response.status().as_u16().to_string();
    metrics::counter!(
        "rollcall_http_requests_total",
        "method" => method, "route" => route.clone(), "status" => status
    )
    .increment(1);
    metrics::histogram!("rollcall_http_request_seconds", "method" => method, "route" => route)
        .record(began.elapsed());
    response
}

/// The label of a method. A client may send any word as a method, so unknown ones share one label.
fn method_label(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PATCH" => "PATCH",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// `GET /metrics`: what was recorded, and gauges that are read from the database now.
pub async fn scrape(State(database): State<Database>) -> Response {
    let mut text = recorder().render();
    match gauges(&database).await {
        Ok(gauges) => text.push_str(&gauges),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the gauges could not be read from the database");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

async fn gauges(database: &Database) -> Result<String, StoreError> {
    // The metrics count all customers, so a scoped caller may not read them.
    let store = database.as_caller(Arc::new(Caller::program(Via::Cli, "metrics")));
    let mut releases = store.releases().await?;
    releases.retain(|it| it.release.status == ReleaseStatus::Active);
    Ok(render_gauges(&releases, database.size().await?))
}

/// Gauges are written here and not kept in the recorder: a release that is archived or deleted must disappear.
fn render_gauges(active: &[ReleaseSummary], database_bytes: u64) -> String {
    let mut text = String::from(
        "# HELP rollcall_database_bytes The database, without its log.\n\
         # TYPE rollcall_database_bytes gauge\n",
    );
    let _ = writeln!(text, "rollcall_database_bytes {database_bytes}");
    text.push_str(
        "# HELP rollcall_cells Steps of the customers of an active release, by state.\n\
         # TYPE rollcall_cells gauge\n",
    );
    for it in active {
        let (id, name) = (it.release.id, escaped(&it.release.name));
        for status in StepStatus::ALL {
            let n = it.progress.counts.of(*status);
            let _ = writeln!(
                text,
                "rollcall_cells{{release_id=\"{id}\",release=\"{name}\",status=\"{status}\"}} {n}"
            );
        }
    }
    text
}

/// Escapes the value of a label.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_cannot_end_its_label() {
        assert_eq!(escaped("a\"} 1\n\\"), "a\\\"} 1\\n\\\\");
    }

    #[test]
    fn without_active_releases_there_are_no_cells() {
        let text = render_gauges(&[], 4_096);
        assert!(text.contains("\nrollcall_database_bytes 4096\n"));
        assert!(!text.contains("rollcall_cells{"));
    }
}
