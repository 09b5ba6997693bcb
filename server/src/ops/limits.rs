//! Limits of every request: how large its body may be, and how long it may take. An import is a whole database, so
//! its limits are larger.
use std::time::Duration;

/// The address of the import, which has limits of its own.
pub const IMPORT_PATH: &str = "/api/import";
/// 8 MiB.
pub const REQUEST_BODY_MAX_BYTES: usize = 8 * 1024 * 1024;
/// 256 MiB.
pub const IMPORT_BODY_MAX_BYTES: usize = 256 * 1024 * 1024;
pub const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
pub const IMPORT_TIMEOUT: Duration = Duration::from_mins(10);
/// How much of a body behind its limit is read and discarded, so that a client which is sending gets the answer: 1 MiB.
pub const BODY_OVERRUN_MAX_BYTES: usize = 1024 * 1024;
/// How long a body that is too large is still read, so that a client which is sending gets the answer.
pub const BODY_DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a streamed response waits for a client that takes nothing.
pub const CLIENT_STALL_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a streamed response may take in all: it holds a snapshot of the database, and SQLite's log grows meanwhile.
pub const STREAM_TIMEOUT: Duration = Duration::from_mins(15);
/// How long running requests may take after the server was asked to end.
pub const SHUTDOWN_GRACE: Duration = Duration::from_secs(10);

/// The largest body that an address takes, in bytes.
pub fn body_max_bytes(path: &str) -> usize {
    if path == IMPORT_PATH {
        IMPORT_BODY_MAX_BYTES
    } else {
        REQUEST_BODY_MAX_BYTES
    }
}

/// How long a request to an address may take.
pub fn timeout(path: &str) -> Duration {
    if path == IMPORT_PATH {
        IMPORT_TIMEOUT
    } else {
        REQUEST_TIMEOUT
    }
}
