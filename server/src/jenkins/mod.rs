//! Runs at Jenkins (R64): requests to its Remote Access API, and the task that starts jobs and follows their builds. What an end means is
//! decided in `app`.
mod build_watch;
pub mod client;
mod console;
mod failure;
pub mod polls;
pub mod responses;
pub mod worker;
