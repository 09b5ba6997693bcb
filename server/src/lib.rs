//! The server: settings, command line, HTTP and REST over the store, and the embedded site. The program and the tests build
//! the same router, `http::router::router`. A folder imports only from those before it in this order: `demo`, `ops`,
//! `outbound`, `oidc`, `rancher`, `jenkins`, `output`, `live`, `rest`, `http`, `runner`, `cli`. A test holds that.
#![recursion_limit = "512"]

/// The command line: arguments, verbs, and how results are printed.
pub mod cli;
/// An example data set, made by the store's own methods.
pub mod demo;
/// Pages, forms, downloads and static files over HTTP, with their middleware.
pub mod http;
/// Runs at Jenkins.
pub mod jenkins;
/// The stream of changes, and who is here.
pub mod live;
/// Sign-in at a provider.
pub mod oidc;
/// Operations: settings, limits, database, log, health, metrics, backups.
pub mod ops;
/// Everything that goes out: messages to hooks, and the client and guard of all requests.
pub mod outbound;
/// Export formats: CSV, JSON lines, Markdown.
pub mod output;
/// Requests to Rancher, which clusters and customers are imported from.
pub mod rancher;
/// REST: everything under `/api`.
pub mod rest;
/// Texts that are run: processes, their output, and reports about them.
pub mod runner;
