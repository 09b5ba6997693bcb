//! Rollcall, compiled twice: rendered by the server, then hydrated in the browser.
//!
//! The domain decides, the store remembers, the api opens the door, pages fetch, components show.
#![recursion_limit = "256"]

/// The product's rules, as plain Rust.
pub mod domain;
/// The one error that crosses the wire.
pub mod error;
/// What remembers: SQLite, on the server only.
#[cfg(feature = "ssr")]
pub mod store;
