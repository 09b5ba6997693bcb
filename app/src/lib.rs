//! Rollcall as a leptos application, compiled twice: with `ssr` for the server, with `hydrate` to WASM for the
//! browser.
//!
//! Pages call server functions (`api`), which call the `store`, which applies the rules of the `domain`.
#![recursion_limit = "512"]

/// Server functions.
pub mod api;
/// Root component and routes.
pub mod app;
/// Browser APIs: clipboard, storage, DOM.
pub mod browser;
/// View components.
pub mod components;
/// Domain model and business rules.
pub mod domain;
/// Error type of the server functions.
pub mod error;
/// Syntax highlighting for bash and sql.
pub mod highlight;
/// Pages.
pub mod pages;
/// Addresses of pages.
pub mod paths;
/// HTML document.
pub mod shell;
/// Persistence in SQLite; server only.
#[cfg(feature = "ssr")]
pub mod store;
/// Serialization between server and browser.
pub mod wire;
