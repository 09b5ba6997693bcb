//! `GET /metrics`, in Prometheus' text format: requests by route and status with how long they took, how long the database
//! takes, how far the active releases are, and how large the database is.
use app::{
    domain::{
        release::ReleaseSummary,
        vocabulary::{ReleaseStatus, StepStatus},
    },
    store::{
        Store,
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
    sync::OnceLock,
    time::{Duration, Instant},
};

/// Upper bounds in seconds: from a row of the database to a whole import.
const BUCKETS: [f64; 14] = [
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0,
];
const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";
/// How often what was measured is summed up, also if nobody asks.
const UPKEEP: Duration = Duration::from_secs(5);

/// What keeps the figures: one for the whole process, however many routers it has.
fn recorder() -> &'static PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE.get_or_init(|| {
        let builder = PrometheusBuilder::new().set_buckets(&BUCKETS);
        let recorder = builder.unwrap_or_default().build_recorder();
        let handle = recorder.handle();
        if metrics::set_global_recorder(recorder).is_err() {
            tracing::warn!("somebody else keeps the figures: /metrics stays empty");
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
    metrics::describe_histogram!(
        "rollcall_store_query_seconds",
        "One statement, by what it does and its first table, in seconds."
    );
    metrics::describe_counter!("rollcall_store_failures_total", "Statements that failed.");
    metrics::describe_histogram!(
        "rollcall_store_wait_seconds",
        "Until the one writer was free, in seconds."
    );
    metrics::describe_histogram!(
        "rollcall_store_write_seconds",
        "A change from its beginning to its commit, in seconds."
    );
}

/// From now on figures are kept.
pub fn install() {
    recorder();
}

/// Sums up what was measured, so that it takes no more and more memory.
pub async fn keep_up() {
    loop {
        tokio::time::sleep(UPKEEP).await;
        recorder().run_upkeep();
    }
}

/// Counts and times every request, by the route that it took: addresses with ids would be endless.
pub async fn measure(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let method = method(request.method());
    let route = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("none", MatchedPath::as_str)
        .to_owned();
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

/// Anybody may send a method of their own invention.
fn method(method: &Method) -> &'static str {
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

/// Everything that was counted, and what the database says now.
pub async fn scrape(State(store): State<Store>) -> Response {
    let mut text = recorder().render();
    match now(&store).await {
        Ok(present) => text.push_str(&present),
        Err(error) => {
            tracing::error!(error = %chain(&error), "the database has no figures");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    }
    ([(header::CONTENT_TYPE, CONTENT_TYPE)], text).into_response()
}

async fn now(store: &Store) -> Result<String, StoreError> {
    let mut releases = store.releases().await?;
    releases.retain(|it| it.release.status == ReleaseStatus::Active);
    Ok(figures(&releases, store.size().await?))
}

/// Written here, not kept: a release that is archived or gone is told no more.
fn figures(active: &[ReleaseSummary], size: u64) -> String {
    let mut text = String::from(
        "# HELP rollcall_database_bytes The database, without its log.\n\
         # TYPE rollcall_database_bytes gauge\n",
    );
    let _ = writeln!(text, "rollcall_database_bytes {size}");
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

/// A text between quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_ends_its_quotes() {
        assert_eq!(escaped("a\"} 1\n\\"), "a\\\"} 1\\n\\\\");
    }

    #[test]
    fn without_active_releases_there_are_no_cells() {
        let text = figures(&[], 4_096);
        assert!(text.contains("\nrollcall_database_bytes 4096\n"));
        assert!(!text.contains("rollcall_cells{"));
    }
}
