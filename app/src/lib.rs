//! Rollcall, compiled twice: rendered by the server, then hydrated in the browser.
//!
//! The domain decides, the store remembers, the api opens the door, pages fetch, components show.
#![recursion_limit = "512"]

/// The door of the pages: server functions.
pub mod api;
/// The page as a whole, and its routes.
pub mod app;
/// The browser itself: clipboard, clock, DOM.
pub mod browser;
/// What is shown.
pub mod components;
/// The product's rules, as plain Rust.
pub mod domain;
/// The one error that crosses the wire.
pub mod error;
/// Colours for bash and sql.
pub mod highlight;
/// The pages.
pub mod pages;
/// Every address, as a function.
pub mod paths;
/// The HTML document.
pub mod shell;
/// What remembers: SQLite, on the server only.
#[cfg(feature = "ssr")]
pub mod store;
/// How data travels.
pub mod wire;
