//! The server: settings, command line, HTTP and REST over the store, and the embedded site. Tests and the program build
//! the same router, `http::router::router`.
#![recursion_limit = "512"]

/// The command line: arguments, verbs, and how results are printed.
pub mod cli;
/// A realistic data set, made by the store's own methods.
pub mod demo;
/// Pages, forms, downloads and static files over HTTP, with their middleware.
pub mod http;
/// What an operator sees: settings, log, health, metrics, backups, start and shutdown.
pub mod ops;
/// Formats that data leaves in: CSV, Markdown, paper.
pub mod output;
/// REST: everything under `/api`.
pub mod rest;
