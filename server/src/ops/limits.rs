//! Limits of HTTP requests: size of the body, time until the response begins, time of a streamed response, and time left at
//! shutdown. `POST /api/import` takes a whole database (not a runbook, not customers), so its limits are larger.
use axum::http::Method;
use std::time::Duration;

/// The path of the import of a whole database, which has limits of its own.
pub const IMPORT_PATH: &str = "/api/import";
/// The address of the forms that import a whole database, or load the demo.
pub const IMPORT_FORM_PATH: &str = "/";
/// The largest body of any other request: 8 MiB.
pub const REQUEST_BODY_MAX_BYTES: usize = 8 * 1024 * 1024;
/// The largest body of an import: 256 MiB.
pub const IMPORT_BODY_MAX_BYTES: usize = 256 * 1024 * 1024;
/// How long any other request may take until its response begins; then it is answered with 503.
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// The same for an import.
pub const IMPORT_TIMEOUT: Duration = Duration::from_mins(10);
/// When a request that is answered with 503 may be sent again, in seconds.
pub const RETRY_AFTER_SECONDS: u64 = 5;
/// The same for a stream that is one too many: others end by themselves.
pub const STREAM_RETRY_AFTER_SECONDS: u64 = 30;
/// How much of a body beyond its limit is read and discarded: 1 MiB. A client that is still sending would otherwise see a
/// closed connection instead of the 413.
pub const BODY_OVERRUN_MAX_BYTES: usize = 1024 * 1024;
/// How long a body beyond its limit is read and discarded, for the same reason.
pub const BODY_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a streamed response waits for a client that reads nothing.
pub const CLIENT_STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a streamed response may take in all: it holds a snapshot of the database, and SQLite's log grows meanwhile.
pub const STREAM_TIMEOUT: Duration = Duration::from_mins(15);
/// How long running requests may take after the server was asked to end.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// The largest body that a path takes, in bytes.
pub fn body_max_bytes(path: &str) -> usize {
    if path == IMPORT_PATH || path == IMPORT_FORM_PATH {
        IMPORT_BODY_MAX_BYTES
    } else {
        REQUEST_BODY_MAX_BYTES
    }
}

/// How long a request to a path may take until its response begins.
pub fn timeout(method: &Method, path: &str) -> Duration {
    if path == IMPORT_PATH || (method == Method::POST && path == IMPORT_FORM_PATH) {
        IMPORT_TIMEOUT
    } else {
        REQUEST_TIMEOUT
    }
}
