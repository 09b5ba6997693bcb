//! What the matrix page is made of. `../release.rs` composes it from these files and from `../lazy_parts.rs`; nothing in
//! this folder imports either of them.
pub mod bulk_actions;
pub mod controller;
pub mod foreign_changes;
pub mod matrix_head;
pub mod reloader;
pub mod step_panel_host;
pub mod undo_stack;
pub mod url_state;
pub mod view_menu;
