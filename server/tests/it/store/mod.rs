//! The store, on a real file: is it remembered, atomically?
mod activity;
mod bulk;
mod clusters;
mod customers;
mod desk;
mod history;
mod matrix;
mod releases;
mod scale;
mod schema;
mod steps;
mod templates;
mod together;
pub mod transfer;
mod undo;
mod writing;
