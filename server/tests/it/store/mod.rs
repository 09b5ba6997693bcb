//! Tests of the store on a real SQLite file.
mod activity;
mod bulk;
mod clusters;
mod concurrency;
mod customers;
mod dashboard;
mod history;
mod matrix;
mod releases;
mod scale;
mod schema;
mod step_panel;
mod steps;
mod template_authoring;
mod templates;
pub mod transfer;
mod undo;
mod undo_conflicts;
