//! One test binary: each would link leptos and sea-orm again.
#![recursion_limit = "512"]
mod harness;
mod http;
mod store;
mod tidy;
mod world;
