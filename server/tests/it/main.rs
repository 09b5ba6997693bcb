//! One test binary: each would link leptos and sea-orm again.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on panics; clippy knows only functions marked as tests"
)]
#![recursion_limit = "512"]
mod copied;
mod harness;
mod http;
mod kill;
mod model;
mod store;
mod tidy;
mod world;
