//! Runs of steps (R71, R73): a person asks for one, here or on a runner, or cancels it; what runners and `rollcall run` report is
//! taken by the `Database`, because a lease is the authentication. Nothing is ever started again by itself.
pub mod asking;
pub mod bulk_asking;
pub mod cancelling;
mod expiry;
mod finishing;
pub mod jenkins_jobs;
pub mod jenkins_work;
pub mod notices;
mod obstacles;
mod output;
pub mod queue;
pub mod run_events;
mod run_rows;
pub mod run_settings;
mod work;
