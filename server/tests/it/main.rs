//! Integration tests, in one binary: every further binary would link leptos and sea-orm again.
#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on panics; clippy knows only functions marked as tests"
)]
#![recursion_limit = "512"]
mod anchor_file;
mod cli;
mod cli_client;
mod cli_client_follow;
mod cli_client_login;
mod cli_run;
mod cli_run_going;
mod cli_steps;
mod cluster;
mod copied;
mod databases;
mod faults;
mod fuzz;
mod harness;
mod heads;
mod http;
mod jenkins;
mod kill;
mod model;
mod oidc;
mod outbound;
mod people;
mod postgres;
mod program;
mod program_auth;
mod program_setup;
mod proxy;
mod rancher;
mod raw_http;
mod runner;
mod runners;
mod scope;
mod shells;
mod store;
mod streams;
mod test_database;
mod tidy;
mod world;
