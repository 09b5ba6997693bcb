//! Modules of the page of a release's matrix. `../release.rs` composes it from these files and from `../lazy_parts.rs`; nothing in
//! this folder imports either of them.
pub mod bulk_actions;
pub mod bulk_requests;
pub mod controller;
pub mod foreign_changes;
pub mod matrix_head;
mod panel_commands;
pub mod print_key;
pub mod reloader;
pub mod step_panel_host;
pub mod url_state;
pub mod view_menu;
