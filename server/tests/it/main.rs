//! One test binary: each would link leptos and sea-orm again.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on panics; clippy knows only functions marked as tests"
)]
#![recursion_limit = "512"]
mod cli;
mod copied;
mod faults;
mod fuzz;
mod harness;
mod heads;
mod http;
mod kill;
mod model;
mod program;
mod proxy;
mod store;
mod tidy;
mod world;
