//! The store, on a real file: is it remembered, atomically?
mod activity;
mod bulk;
mod clusters;
mod concurrency;
mod customers;
mod history;
mod history_chain;
mod matrix;
mod releases;
mod scale;
mod schema;
mod step_panel;
mod steps;
mod template_authoring;
mod templates;
pub mod transfer;
mod transfer_chain;
mod undo;
